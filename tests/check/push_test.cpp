// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pushed in chunks of any size, a file gives the same as when it is pulled: every pad, event
// and buffer. Real files where there are any, and generated ones.

#include <algorithm>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "chunk_source.h"
#include "encrypted_fragments.h"
#include "fragment_catalog.h"
#include "media_files.h"
#include "movie_catalog.h"
#include "outside_records.h"
#include "protection_forms.h"
#include "push_compare.h"
#include "recorder.h"

namespace iso::test {
namespace {

using SharedBytes = std::shared_ptr<const std::vector<uint8_t>>;

constexpr size_t kWhole = size_t{1} << 30;

/// Files up to this size are pushed byte by byte; AddressSanitizer makes each buffer cost a lot.
#ifdef __SANITIZE_ADDRESS__
constexpr size_t kByteByByte = 16 << 10;
#else
constexpr size_t kByteByByte = 100 << 10;
#endif

Played Push(const SharedBytes& bytes, const ChunkOptions& options) {
  Recorder recorder(MakeChunkSource(bytes, options));
  g_object_set(recorder.demuxer(), "max-buffered-bytes", guint64{1} << 40, nullptr);
  return Play(&recorder, "");
}

void ExpectSameInAllChunks(const std::string& path) {
  const Watchdog watchdog(path, 300);
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(ReadFile(path));
  const Played pulled = Pull(path);
  for (const size_t chunk :
       {size_t{1}, size_t{7}, size_t{188}, size_t{4096}, size_t{65536}, kWhole}) {
    if (chunk < 188 && bytes->size() > chunk * kByteByByte) continue;
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

/// Whether a track was known to be over before what was played.
bool AnyOver(const Played& pulled) {
  return std::any_of(pulled.pads.begin(), pulled.pads.end(), [](const RecordedPad& pad) {
    return pad.buffers == 0;
  });
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
    // Nor where one of its tracks does.
    if (fragments && AnyOver(pulled)) continue;
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

class RealFragmented : public testing::TestWithParam<std::string> {};

TEST_P(RealFragmented, PushedIsAsPulled) {
  if (GetParam().empty()) GTEST_SKIP() << "no real media next to the source tree";
  ExpectSameInAllChunks(MediaRoot() + "/" + GetParam());
}

/// A seek finds the second moof, which lies inside of what the first one's mdat claims.
constexpr const char* kTwoMoofsInOnePlace = "shaka-player/media.mp4";

TEST_P(RealFragmented, AfterSeeksToo) {
  if (GetParam().empty()) GTEST_SKIP() << "no real media next to the source tree";
  if (GetParam().find(kTwoMoofsInOnePlace) != std::string::npos) GTEST_SKIP() << "damaged";
  ExpectSameAfterSeeks(MediaRoot() + "/" + GetParam(), 4096, true);
}

INSTANTIATE_TEST_SUITE_P(Files,
                         RealFragmented,
                         testing::ValuesIn(RealFragments()),
                         [](const auto& test) {
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

/// Files that end too early, and in what layout.
struct CutCase {
  const char* name;
  Bytes (*build)();
};

void PrintTo(const CutCase& c, std::ostream* out) {
  *out << c.name;
}

template <class Change>
Bytes CutFragmentsWith(const Change& change) {
  FragmentedSpec spec = PlainFragments();
  change(&spec);
  return BuildFragments(spec).bytes;
}

MovieSpec MoovLast() {
  MovieSpec spec = PlainMovie();
  spec.moov_first = false;
  return spec;
}

constexpr CutCase kCutCases[] = {
    {"moov_first", [] { return BuildMovie(PlainMovie()); }},
    {"moov_last", [] { return BuildMovie(MoovLast()); }},
    {"fragments", [] { return CutFragmentsWith([](FragmentedSpec*) {}); }},
    {"mdat_first",
     [] {
       return CutFragmentsWith([](FragmentedSpec* spec) {
         for (FragmentSpec& fragment : spec->fragments)
           fragment.mdat_first = true;
       });
     }},
    {"moof_for_each_track",
     [] {
       return CutFragmentsWith(
           [](FragmentedSpec* spec) { spec->fragments = CutFragmentsByTrack(*spec, 1.04); });
     }},
    {"sidx", [] { return CutFragmentsWith([](FragmentedSpec* s) { s->sidx = SidxForm::kFlat; }); }},
};

/// A place every so often, and those around the beginning of boxes.
std::vector<size_t> CutsOf(const Bytes& bytes) {
  std::vector<size_t> cuts;
  for (size_t i = 1; i < 24; ++i)
    cuts.push_back(bytes.size() * i / 24 + i % 5);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const char* code : {"moof", "mdat", "moov", "trun"}) {
    const size_t at = text.rfind(code);
    if (at == text.npos) continue;
    for (const size_t behind : {0, 3, 5, 20, 60, 400})
      cuts.push_back(std::min(at - 1 + behind, bytes.size() - 1));
  }
  return cuts;
}

size_t Warnings(const Recorder& recorder) {
  const std::vector<MessagePtr> messages = recorder.messages(GST_MESSAGE_WARNING);
  return static_cast<size_t>(std::count_if(messages.begin(), messages.end(), [](const auto& each) {
    return GST_MESSAGE_TYPE(each.get()) == GST_MESSAGE_WARNING;
  }));
}

class Cut : public testing::TestWithParam<CutCase> {};

/// The same to the last whole sample, and the same is said of it. The source may know no size, the
/// one that is, or that which should be.
TEST_P(Cut, IsPlayedAsWhenPulled) {
  const Watchdog watchdog(GetParam().name, 300);
  const Bytes whole = GetParam().build();
  size_t warned = 0;
  for (const size_t size : CutsOf(whole)) {
    const auto bytes = std::make_shared<const std::vector<uint8_t>>(
        whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    const TempFile file(*bytes);
    Recorder puller;
    const Played pulled = Play(&puller, file.path());
    warned += Warnings(puller);
    ChunkOptions longer{4096, false, true};
    longer.announced = whole.size();
    for (const ChunkOptions& how : {ChunkOptions{188, false, false},
                                    ChunkOptions{65536, false, true},
                                    ChunkOptions{4096, true, true},
                                    longer}) {
      const std::string name = std::to_string(size) + " of " + std::to_string(whole.size()) +
                               " bytes in chunks of " + std::to_string(how.chunk);
      Recorder pusher(MakeChunkSource(bytes, how));
      EXPECT_EQ(Difference(pulled, Play(&pusher, "")), "") << name;
      EXPECT_EQ(Warnings(pusher), Warnings(puller)) << name;
    }
  }
  EXPECT_EQ(warned > 0, GetParam().name != std::string("moov_last"));
}

INSTANTIATE_TEST_SUITE_P(Movies, Cut, testing::ValuesIn(kCutCases), [](const auto& test) {
  return std::string(test.param.name);
});

std::optional<gint64> DurationOf(GstElement* element) {
  gint64 duration = -1;
  const bool told = gst_element_query_duration(element, GST_FORMAT_TIME, &duration);
  return told && duration >= 0 ? std::optional(duration) : std::nullopt;
}

/// Where the segments that were pushed on a pad end, as far as they say.
std::vector<guint64> Stops(const RecordedPad& pad) {
  std::vector<guint64> stops;
  for (const RecordedItem& item : pad.items) {
    if (!item.event || GST_EVENT_TYPE(item.event.get()) != GST_EVENT_SEGMENT) continue;
    const GstSegment* segment = nullptr;
    gst_event_parse_segment(item.event.get(), &segment);
    if (segment->stop != GST_CLOCK_TIME_NONE) stops.push_back(segment->stop);
  }
  return stops;
}

/// An index that does not reach to the end of the file (that of the first of several segments)
/// says nothing of how long all of it is.
TEST(Duration, IsRightOrUnknown) {
  constexpr int64_t kPacket = 22 * GST_MSECOND;  // an index tells of one track, here the pictures

  const struct {
    SidxForm form;
    bool tells;
  } forms[] = {{SidxForm::kNone, false},
               {SidxForm::kFlat, true},
               {SidxForm::kFlatEachTrack, true},
               {SidxForm::kHierarchical, true},
               {SidxForm::kChained, true},
               {SidxForm::kEachSegment, false},
               {SidxForm::kFirstSegment, false}};

  for (const auto& form : forms) {
    FragmentedSpec spec = PlainFragments();
    spec.sidx = form.form;
    const auto bytes = std::make_shared<const std::vector<uint8_t>>(BuildFragments(spec).bytes);
    const TempFile file(*bytes);
    Recorder puller;
    const Played pulled = Play(&puller, file.path());
    const auto right = DurationOf(puller.demuxer());
    ASSERT_TRUE(right);
    for (const ChunkOptions& how : {ChunkOptions{4096, false, false},
                                    ChunkOptions{65536, false, true},
                                    ChunkOptions{188, true, true}}) {
      const std::string name = std::to_string(static_cast<int>(form.form)) + " in chunks of " +
                               std::to_string(how.chunk);
      Recorder pusher(MakeChunkSource(bytes, how));
      const Played pushed = Play(&pusher, "");
      EXPECT_EQ(Difference(pulled, pushed), "") << name;
      const auto told = DurationOf(pusher.demuxer());
      EXPECT_EQ(told.has_value(), form.tells && how.size_known) << name;
      EXPECT_NEAR(told.value_or(*right), *right, kPacket) << name;
      for (const RecordedPad& pad : pushed.pads)
        EXPECT_EQ(Stops(pad), std::vector<guint64>()) << name << " " << pad.name;
    }
  }
}

Bytes AsTheyAre(const std::string&, const SampleTruth&, const Bytes& clear) {
  return clear;
}

class Encrypted : public testing::TestWithParam<NamedEncryption> {};

/// Wherever what a decryptor needs is stored.
TEST_P(Encrypted, PushedIsAsPulled) {
  const TempFile file(BuildEncrypted(PlainMovie(), GetParam().spec, AsTheyAre).file);
  ExpectSameInAllChunks(file.path());
  const TempFile fragments(BuildEncryptedFragments(GetParam().spec).file);
  ExpectSameInAllChunks(fragments.path());
}

INSTANTIATE_TEST_SUITE_P(Forms,
                         Encrypted,
                         testing::ValuesIn(EncryptionForms()),
                         [](const auto& test) { return test.param.name; });

EncryptionSpec RecordsElsewhere() {
  EncryptionSpec spec;
  spec.form = RecordForm::kSaio;
  spec.subsamples = true;
  return spec;
}

/// Also where the window has been trimmed by then.
TEST(EncryptedElsewhere, OutsideOfMoofs) {
  for (const auto where : {RecordsPlace::kBeforeSamples, RecordsPlace::kBehindSamples}) {
    const Bytes bytes = BuildOutsideRecords(RecordsElsewhere(), where, 9000);
    const TempFile file(bytes);
    ExpectSameInAllChunks(file.path());
    ExpectSameAfterSeeks(file.path(), 1000, true);
  }
}

MovieSpec MovieOf(uint32_t sample_bytes) {
  MovieSpec spec = PlainMovie();
  for (SampleSpec& sample : spec.tracks[0].samples)
    sample.size = sample_bytes;
  return spec;
}

/// At the end of the file: there and back again, not through all of it.
TEST(EncryptedElsewhere, AtTheEndOfTheFile) {
  const Watchdog watchdog("records at the end", 60);
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(
      BuildEncrypted(MovieOf(200'000), RecordsElsewhere(), AsTheyAre).file);
  const TempFile file(*bytes);
  const Played pulled = Pull(file.path());
  Recorder recorder(MakeChunkSource(bytes, {65536, true, true}));
  recorder.HoldAtFirstBuffers();
  recorder.Start("");
  ASSERT_TRUE(recorder.WaitStarted());
  EXPECT_LT(CountsOf(recorder.source()).bytes, uint64_t{2} << 20);
  recorder.Release();
  Played pushed;
  pushed.outcome = recorder.WaitEos();
  pushed.pads = recorder.pads();
  EXPECT_EQ(Difference(pulled, pushed), "");
  EXPECT_LE(CountsOf(recorder.source()).seeks, 8u);
}

TEST(EncryptedElsewhere, AtTheEndOfAFileThatIsTooLargeToKeep) {
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(
      BuildEncrypted(MovieOf(20'000), RecordsElsewhere(), AsTheyAre).file);
  const TempFile file(*bytes);
  for (const bool seekable : {true, false}) {
    Recorder recorder(MakeChunkSource(bytes, {4096, seekable, true}));
    g_object_set(recorder.demuxer(), "max-buffered-bytes", guint64{1} << 18, nullptr);
    const Played pushed = Play(&recorder, "");
    if (seekable) {
      EXPECT_EQ(Difference(Pull(file.path()), pushed), "");
    } else {
      EXPECT_EQ(pushed.outcome, Outcome::kError);
      ASSERT_FALSE(pushed.errors.empty());
      EXPECT_NE(pushed.errors[0].find("max-buffered-bytes"), std::string::npos);
    }
  }
}

/// A minute in fragments of which some are ten times as large as others: about 20 MB.
FragmentedSpec UnevenFragments(double seconds, bool each_track, bool empty_ones) {
  FragmentedSpec spec = PlainFragments();
  spec.movie.tracks = {VideoTrack(1, 60), AudioTrack(2, 60)};
  std::mt19937 random(4711);
  uint32_t most = 0;
  for (SampleSpec& sample : spec.movie.tracks[0].samples) {
    if (sample.sync) most = 1000 << random() % 7;
    sample.size = most / 2 + random() % most;
  }
  spec.fragments = each_track ? CutFragmentsByTrack(spec, seconds) : CutFragments(spec, seconds);
  for (size_t i = 3; empty_ones && i < spec.fragments.size(); i += 5)
    spec.fragments.insert(spec.fragments.begin() + static_cast<ptrdiff_t>(i), FragmentSpec());
  return spec;
}

/// Nothing leads there but guesses, each of which may need bytes that the last one threw away.
TEST(Seeking, InUnevenFragmentsTakesFewRequests) {
  const struct {
    double seconds;
    bool each_track;
    bool empty_ones;
    size_t chunk;
  } forms[] = {{1.04, false, false, 4096},
               {1.04, false, true, 65536},
               {0.4, false, false, 1000},
               {0.4, true, false, 16384},
               {3.12, true, true, 4096}};

  std::mt19937 random(99);
  for (const auto& form : forms) {
    const Watchdog watchdog("uneven fragments", 120);
    const auto bytes = std::make_shared<const std::vector<uint8_t>>(
        BuildFragments(UnevenFragments(form.seconds, form.each_track, form.empty_ones)).bytes);
    const TempFile file(*bytes);
    Recorder puller;
    puller.KeepData(false);
    puller.Start(file.path());
    ASSERT_EQ(puller.WaitEos(60), Outcome::kEos);
    Recorder pusher(MakeChunkSource(bytes, {form.chunk, true, true}));
    pusher.KeepData(false);
    pusher.Start("");
    ASSERT_TRUE(pusher.WaitFor([](const auto& pads) {
      return pads.size() == 2 && pads[0]->buffers > 0 && pads[1]->buffers > 0;
    }));
    for (int i = 0; i < 25; ++i) {
      const int flags = i % 3 == 2 ? GST_SEEK_FLAG_KEY_UNIT : GST_SEEK_FLAG_ACCURATE;
      const int64_t start = random() % 59'000 * GST_MSECOND;
      const Played pulled = SeekAndPlay(&puller, flags, start, start + GST_SECOND / 2);
      const uint64_t before = CountsOf(pusher.source()).seeks;
      const Played pushed = SeekAndPlay(&pusher, flags, start, start + GST_SECOND / 2);
      ASSERT_EQ(Difference(pulled, pushed), "")
          << form.seconds << "s, seek " << i << " to " << start << ", flags " << flags;
      EXPECT_LE(CountsOf(pusher.source()).seeks - before, 48u) << start;
    }
  }
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
