// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pushed in chunks of any size, a file gives the same as when it is pulled: every pad, event
// and buffer. Real files where there are any, and generated ones.

#include <sstream>

#include <gtest/gtest.h>

#include "chunk_source.h"
#include "fragment_catalog.h"
#include "media_files.h"
#include "movie_catalog.h"
#include "recorder.h"

namespace iso::test {
namespace {

using SharedBytes = std::shared_ptr<const std::vector<uint8_t>>;

constexpr size_t kWhole = size_t{1} << 30;

/// Files up to this size are pushed byte by byte.
constexpr size_t kByteByByte = 100 << 10;

struct Played {
  Outcome outcome = Outcome::kTimeout;
  std::vector<std::string> errors;
  std::vector<RecordedPad> pads;
};

Played Play(Recorder* recorder, const std::string& path) {
  recorder->Start(path);
  Played played;
  played.outcome = recorder->WaitEos(60);
  played.errors = recorder->errors();
  played.pads = recorder->pads();
  return played;
}

Played Pull(const std::string& path) {
  Recorder recorder;
  return Play(&recorder, path);
}

Played Push(const SharedBytes& bytes, const ChunkOptions& options) {
  Recorder recorder(MakeChunkSource(bytes, options));
  g_object_set(recorder.demuxer(), "max-buffered-bytes", guint64{1} << 40, nullptr);
  return Play(&recorder, "");
}

std::string TextOf(const GstSegment& s) {
  std::ostringstream out;
  out << s.rate << ' ' << s.applied_rate << ' ' << s.start << ' ' << s.stop << ' ' << s.time << ' '
      << s.base << ' ' << s.flags;
  return out.str();
}

std::string TextOf(const RecordedItem& item) {
  std::ostringstream out;
  if (item.event) {
    out << GST_EVENT_TYPE_NAME(item.event.get());
    if (GST_EVENT_TYPE(item.event.get()) == GST_EVENT_SEGMENT) {
      const GstSegment* segment = nullptr;
      gst_event_parse_segment(item.event.get(), &segment);
      out << ' ' << TextOf(*segment);
    }
    return out.str();
  }
  out << "buffer pts " << item.pts << " dts " << item.dts << " duration " << item.duration
      << " offset " << item.offset << " flags " << (item.flags & ~GST_BUFFER_FLAG_TAG_MEMORY)
      << " bytes " << item.data.size() << " clip " << item.clip_start << '+' << item.clip_end
      << " caps " << item.caps;
  return out.str();
}

/// Gaps have their place in time, of which a file has no order, and what is pushed has no stream
/// collection: neither is compared.
std::vector<const RecordedItem*> Comparable(const RecordedPad& pad) {
  std::vector<const RecordedItem*> items;
  for (const RecordedItem& item : pad.items) {
    const GstEventType type = item.event ? GST_EVENT_TYPE(item.event.get()) : GST_EVENT_UNKNOWN;
    if (type == GST_EVENT_GAP || type == GST_EVENT_STREAM_COLLECTION) continue;
    items.push_back(&item);
  }
  return items;
}

/// A segment of no length: the track is known to be over by then.
bool IsOver(const RecordedItem& item) {
  if (!item.event || GST_EVENT_TYPE(item.event.get()) != GST_EVENT_SEGMENT) return false;
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(item.event.get(), &segment);
  return segment->start == segment->stop;
}

/// Where a movie in fragments ends is not told beforehand when it is pushed.
bool OnlyEndUnknown(const RecordedItem& pulled, const RecordedItem& pushed) {
  const auto is_segment = [](const RecordedItem& item) {
    return item.event && GST_EVENT_TYPE(item.event.get()) == GST_EVENT_SEGMENT;
  };
  if (!is_segment(pulled) || !is_segment(pushed)) return false;
  GstSegment a;
  GstSegment b;
  gst_event_copy_segment(pulled.event.get(), &a);
  gst_event_copy_segment(pushed.event.get(), &b);
  if (b.stop != GST_CLOCK_TIME_NONE) return false;
  a.stop = b.stop;
  return TextOf(a) == TextOf(b);
}

std::string Difference(const RecordedPad& pulled, const RecordedPad& pushed, bool failed) {
  if (pulled.name != pushed.name) return pulled.name + " became " + pushed.name;
  const auto a = Comparable(pulled);
  const auto b = Comparable(pushed);
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const std::string expected = TextOf(*a[i]);
    const std::string got = TextOf(*b[i]);
    // When that is not known, what leads in to nothing is pushed.
    if (expected != got && IsOver(*a[i])) return "";
    if (expected != got && !OnlyEndUnknown(*a[i], *b[i])) {
      return pulled.name + " item " + std::to_string(i) + ": " + expected + " became " + got;
    }
    if (a[i]->data != b[i]->data) return pulled.name + " item " + std::to_string(i) + ": content";
  }
  // After an error there may still be events on their way.
  if (a.size() == b.size() || failed) return "";
  return pulled.name + ": " + std::to_string(a.size()) + " items became " +
         std::to_string(b.size());
}

std::string Difference(const Played& pulled, const Played& pushed) {
  if (pulled.outcome != pushed.outcome) {
    return "outcome " + std::to_string(static_cast<int>(pulled.outcome)) + " became " +
           std::to_string(static_cast<int>(pushed.outcome)) + " " +
           (pushed.errors.empty() ? "" : pushed.errors[0]);
  }
  if (pulled.pads.size() != pushed.pads.size()) return "number of pads";
  for (size_t i = 0; i < pulled.pads.size(); ++i) {
    const std::string difference =
        Difference(pulled.pads[i], pushed.pads[i], pulled.outcome == Outcome::kError);
    if (!difference.empty()) return difference;
  }
  return "";
}

void ExpectSameInAllChunks(const std::string& path) {
  const Watchdog watchdog(path, 300);
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(ReadFile(path));
  const Played pulled = Pull(path);
  for (const size_t chunk :
       {size_t{1}, size_t{7}, size_t{188}, size_t{4096}, size_t{65536}, kWhole}) {
    if (chunk == 1 && bytes->size() > kByteByByte) continue;
    if (chunk == 7 && bytes->size() > 7 * kByteByByte) continue;
    EXPECT_EQ(Difference(pulled, Push(bytes, {chunk, false, false})), "") << "chunks of " << chunk;
  }
  EXPECT_EQ(Difference(pulled, Push(bytes, {4096, true, true})), "") << "seekable";
}

/// A flushing seek, and all that comes of it up to EOS on every pad.
Played SeekAndPlay(Recorder* recorder, int flags, int64_t start, int64_t stop) {
  const std::vector<RecordedPad> before = recorder->pads();
  Played played;
  if (!recorder->Seek(1.0,
                      GST_FORMAT_TIME,
                      GST_SEEK_FLAG_FLUSH | flags,
                      GST_SEEK_TYPE_SET,
                      start,
                      GST_SEEK_TYPE_SET,
                      stop)) {
    return played;
  }
  const bool ended = recorder->WaitFor([&](const auto& pads) {
    for (size_t i = 0; i < pads.size(); ++i) {
      if (pads[i]->flushes <= before[i].flushes || !pads[i]->eos) return false;
    }
    return true;
  });
  played.outcome = ended ? Outcome::kEos : Outcome::kTimeout;
  played.pads = recorder->pads();
  return played;
}

void ExpectSameAfterSeeks(const std::string& path, size_t chunk, bool fragments) {
  const Watchdog watchdog(path, 120);
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(ReadFile(path));
  Recorder puller;
  Recorder pusher(MakeChunkSource(bytes, {chunk, true, true}));
  if (Play(&puller, path).outcome != Outcome::kEos) return;
  ASSERT_EQ(Play(&pusher, "").outcome, Outcome::kEos);
  gint64 end = 0;
  if (!gst_element_query_duration(puller.demuxer(), GST_FORMAT_TIME, &end)) return;

  const struct {
    int flags;
    int64_t start;
    int64_t stop;
  } seeks[] = {
      {GST_SEEK_FLAG_ACCURATE, end / 2, -1},
      {GST_SEEK_FLAG_KEY_UNIT, end * 3 / 4, -1},
      {GST_SEEK_FLAG_ACCURATE, end / 5, end / 3},
      {GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_AFTER, end / 4, -1},
      {GST_SEEK_FLAG_TRICKMODE_KEY_UNITS, end / 8, -1},
      {0, end, -1},
      {0, 0, -1},
  };

  for (const auto& seek : seeks) {
    // Where a movie in fragments ends may not be known when it is pushed, and all of it is played.
    if (fragments && (seek.start == end || seek.flags == GST_SEEK_FLAG_TRICKMODE_KEY_UNITS))
      continue;
    const Played pulled = SeekAndPlay(&puller, seek.flags, seek.start, seek.stop);
    const Played pushed = SeekAndPlay(&pusher, seek.flags, seek.start, seek.stop);
    ASSERT_EQ(Difference(pulled, pushed), "") << seek.flags << " to " << seek.start;
  }
}

class Generated : public testing::TestWithParam<CatalogMovie> {};

TEST_P(Generated, PushedIsAsPulled) {
  const TempFile file(BuildMovie(GetParam().spec));
  ExpectSameInAllChunks(file.path());
}

TEST_P(Generated, AfterSeeksToo) {
  const TempFile file(BuildMovie(GetParam().spec));
  ExpectSameAfterSeeks(file.path(), 4096, false);
}

INSTANTIATE_TEST_SUITE_P(Movies,
                         Generated,
                         testing::ValuesIn(CatalogMovies()),
                         [](const auto& test) { return TestName(test.param.name); });

class Real : public testing::TestWithParam<std::string> {};

TEST_P(Real, PushedIsAsPulled) {
  if (GetParam().empty()) GTEST_SKIP() << "no real media next to the source tree";
  ExpectSameInAllChunks(MediaRoot() + "/" + GetParam());
}

TEST_P(Real, AfterSeeksToo) {
  if (GetParam().empty()) GTEST_SKIP() << "no real media next to the source tree";
  ExpectSameAfterSeeks(MediaRoot() + "/" + GetParam(), 4096, false);
}

INSTANTIATE_TEST_SUITE_P(Files, Real, testing::ValuesIn(RealMovies()), [](const auto& test) {
  return std::to_string(test.index) + "_" + TestName(test.param);
});

class Fragments : public testing::TestWithParam<CatalogFragments> {};

TEST_P(Fragments, PushedIsAsPulled) {
  const TempFile file(BuildFragments(GetParam().spec).bytes);
  ExpectSameInAllChunks(file.path());
}

TEST_P(Fragments, AfterSeeksToo) {
  const TempFile file(BuildFragments(GetParam().spec).bytes);
  ExpectSameAfterSeeks(file.path(), 4096, true);
}

INSTANTIATE_TEST_SUITE_P(Movies,
                         Fragments,
                         testing::ValuesIn(FragmentCatalog()),
                         [](const auto& test) { return TestName(test.param.name); });

/// Some megabytes, with the movie header at the end.
MovieSpec LargeMovie() {
  MovieSpec spec = PlainMovie();
  spec.moov_first = false;
  for (SampleSpec& sample : spec.tracks[0].samples)
    sample.size = 20000;
  return spec;
}

SharedBytes Shared(const MovieSpec& spec) {
  return std::make_shared<const std::vector<uint8_t>>(BuildMovie(spec));
}

bool IsSeekable(GstElement* element) {
  GstQuery* query = gst_query_new_seeking(GST_FORMAT_TIME);
  gboolean seekable = FALSE;
  if (gst_element_query(element, query)) {
    gst_query_parse_seeking(query, nullptr, &seekable, nullptr, nullptr);
  }
  gst_query_unref(query);
  return seekable;
}

TEST(MoovLast, TakesThreeRequestsAndNoByteTwice) {
  const SharedBytes bytes = Shared(LargeMovie());
  Recorder recorder(MakeChunkSource(bytes, {4096, true, true}));
  ASSERT_EQ(Play(&recorder, "").outcome, Outcome::kEos);
  const ChunkCounts counts = CountsOf(recorder.source());
  EXPECT_LE(counts.seeks, 3u);
  EXPECT_LE(counts.bytes, bytes->size() + 100000);
}

TEST(MoovLast, IsAnErrorThatSaysWhatToDoWhereNothingGoesBack) {
  Recorder recorder(MakeChunkSource(Shared(LargeMovie()), {4096, false, false}));
  g_object_set(recorder.demuxer(), "max-buffered-bytes", guint64{1} << 20, nullptr);
  const Played played = Play(&recorder, "");
  EXPECT_EQ(played.outcome, Outcome::kError);
  ASSERT_FALSE(played.errors.empty());
  EXPECT_NE(played.errors[0].find("max-buffered-bytes"), std::string::npos) << played.errors[0];
}

TEST(MoovLast, BackAndForthWhenEvenThatIsTooMuchToKeep) {
  MovieSpec spec = LargeMovie();
  spec.reverse_chunks = true;
  const TempFile file(BuildMovie(spec));
  Recorder recorder(MakeChunkSource(Shared(spec), {4096, true, true}));
  g_object_set(recorder.demuxer(), "max-buffered-bytes", guint64{1} << 18, nullptr);
  EXPECT_EQ(Difference(Pull(file.path()), Play(&recorder, "")), "");
}

TEST(Seeking, IsAnsweredTruly) {
  for (const bool seekable : {false, true}) {
    Recorder recorder(MakeChunkSource(Shared(PlainMovie()), {4096, seekable, true}));
    ASSERT_EQ(Play(&recorder, "").outcome, Outcome::kEos);
    EXPECT_EQ(IsSeekable(recorder.demuxer()), seekable);
    EXPECT_EQ(SeekAndPlay(&recorder, 0, GST_SECOND, -1).outcome == Outcome::kEos, seekable);
  }
}

TEST(Seeking, BackwardsIsRefused) {
  Recorder recorder(MakeChunkSource(Shared(PlainMovie()), {4096, true, true}));
  ASSERT_EQ(Play(&recorder, "").outcome, Outcome::kEos);
  EXPECT_FALSE(recorder.Seek(-1.0,
                             GST_FORMAT_TIME,
                             GST_SEEK_FLAG_FLUSH,
                             GST_SEEK_TYPE_SET,
                             0,
                             GST_SEEK_TYPE_SET,
                             GST_SECOND));
}

TEST(Seeking, EventsCarryTheNumberOfTheSeek) {
  Recorder recorder(MakeChunkSource(Shared(LargeMovie()), {4096, true, true}));
  ASSERT_EQ(Play(&recorder, "").outcome, Outcome::kEos);
  uint32_t seqnum = 0;
  ASSERT_TRUE(recorder.Seek(1.0,
                            GST_FORMAT_TIME,
                            GST_SEEK_FLAG_FLUSH,
                            GST_SEEK_TYPE_SET,
                            GST_SECOND,
                            GST_SEEK_TYPE_NONE,
                            -1,
                            &seqnum));
  ASSERT_TRUE(recorder.WaitFirstBuffers());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  for (const RecordedPad& pad : recorder.pads()) {
    EXPECT_EQ(pad.flush_start_seqnum, seqnum);
    EXPECT_EQ(pad.flushes, 1u) << "those of the way to the movie header are not to be seen";
    for (const RecordedItem& item : pad.items) {
      if (!item.event) continue;
      const GstEventType type = GST_EVENT_TYPE(item.event.get());
      if (type == GST_EVENT_SEGMENT || type == GST_EVENT_EOS || type == GST_EVENT_FLUSH_STOP) {
        EXPECT_EQ(gst_event_get_seqnum(item.event.get()), seqnum)
            << GST_EVENT_TYPE_NAME(item.event.get());
      }
    }
  }
}

TEST(Seeking, ManyWhilePlaying) {
  const Watchdog watchdog("many seeks", 60);
  Recorder recorder(MakeChunkSource(Shared(LargeMovie()), {4096, true, true}));
  recorder.SetDelay(500);
  recorder.Start("");
  ASSERT_TRUE(
      recorder.WaitFor([](const auto& pads) { return pads.size() == 2 && pads[0]->buffers > 0; }));
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(recorder.Seek(1.0,
                              GST_FORMAT_TIME,
                              GST_SEEK_FLAG_FLUSH,
                              GST_SEEK_TYPE_SET,
                              i * 997 % 4 * GST_SECOND,
                              GST_SEEK_TYPE_NONE,
                              -1));
    if (i % 4 == 0) {
      ASSERT_TRUE(recorder.WaitFirstBuffers());
    }
  }
  recorder.SetDelay(0);
  EXPECT_EQ(recorder.WaitEos(), Outcome::kEos);
}

/// Looping without a flush, as players do: the segment ends with a message, not with EOS.
TEST(Seeking, WithoutAFlushAndInSegments) {
  const Watchdog watchdog("segments", 60);
  Recorder recorder(MakeChunkSource(Shared(PlainMovie()), {4096, true, true}));
  ASSERT_EQ(Play(&recorder, "").outcome, Outcome::kEos);
  const auto segment_done = [&](size_t times) {
    for (int i = 0; i < 1000; ++i) {
      if (recorder.messages(GST_MESSAGE_SEGMENT_DONE).size() == times) return true;
      g_usleep(10000);
    }
    return false;
  };
  ASSERT_TRUE(recorder.Seek(1.0,
                            GST_FORMAT_TIME,
                            GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_SEGMENT,
                            GST_SEEK_TYPE_SET,
                            0,
                            GST_SEEK_TYPE_SET,
                            GST_SECOND));
  ASSERT_TRUE(segment_done(1));
  ASSERT_TRUE(recorder.Seek(1.0,
                            GST_FORMAT_TIME,
                            GST_SEEK_FLAG_SEGMENT,
                            GST_SEEK_TYPE_SET,
                            GST_SECOND,
                            GST_SEEK_TYPE_SET,
                            2 * GST_SECOND));
  ASSERT_TRUE(segment_done(2));
  for (const RecordedPad& pad : recorder.pads()) {
    EXPECT_EQ(pad.segment.base, GST_SECOND) << pad.name;
    EXPECT_FALSE(pad.eos);
    EXPECT_GT(pad.buffers, 0u);
  }
}

/// An application may send the source to a byte of its choice: the movie goes on from there.
TEST(Seeking, UpstreamMayBeSentToAByte) {
  const SharedBytes bytes = Shared(PlainMovie());
  Recorder recorder(MakeChunkSource(bytes, {4096, true, true}));
  ASSERT_EQ(Play(&recorder, "").outcome, Outcome::kEos);
  const auto half = static_cast<gint64>(bytes->size() / 2);
  ASSERT_TRUE(gst_element_seek(recorder.source(),
                               1.0,
                               GST_FORMAT_BYTES,
                               GST_SEEK_FLAG_FLUSH,
                               GST_SEEK_TYPE_SET,
                               half,
                               GST_SEEK_TYPE_NONE,
                               -1));
  ASSERT_TRUE(
      recorder.WaitFor([](const auto& pads) { return pads[0]->flushes == 1 && pads[0]->eos; }));
  const RecordedPad video = recorder.pads()[0];
  EXPECT_GT(video.buffers, 20u);
  EXPECT_GT(video.segment.time, GST_SECOND);
  EXPECT_LT(video.segment.time, 3 * GST_SECOND);
}

}  // namespace
}  // namespace iso::test
