// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How much is asked of a source that says it is slow or had rather be read in order
// (GST_SCHEDULING_FLAG_BANDWIDTH_LIMITED, ..._SEQUENTIAL): pulls are counted.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "chunk_source.h"
#include "fragment_catalog.h"
#include "movie_catalog.h"
#include "play_compare.h"
#include "recorder.h"

namespace iso::test {
namespace {

constexpr int kLimited = GST_SCHEDULING_FLAG_BANDWIDTH_LIMITED;
constexpr int kSequential = GST_SCHEDULING_FLAG_SEQUENTIAL;

using SharedBytes = std::shared_ptr<const std::vector<uint8_t>>;

GstElement* Source(const SharedBytes& bytes, int flags, size_t bad_byte = SIZE_MAX) {
  ChunkOptions options{4096, true, true};
  options.pullable = true;
  options.flags = flags;
  options.bad_byte = bad_byte;
  return MakeChunkSource(bytes, options);
}

ChunkCounts operator-(const ChunkCounts& a, const ChunkCounts& b) {
  return {a.seeks - b.seeks, a.bytes - b.bytes, a.reads - b.reads, a.end};
}

/// A movie of a few minutes, some megabytes.
FragmentedSpec LongMovie(SidxForm sidx, int mehd_version) {
  FragmentedSpec spec = PlainFragments();
  spec.movie.tracks = {VideoTrack(1, 120), AudioTrack(2, 120)};
  for (SampleSpec& sample : spec.movie.tracks[0].samples)
    sample.size = 2000;
  spec.sidx = sidx;
  spec.mehd_version = mehd_version;
  spec.fragments = CutFragments(spec, 2.08);
  return spec;
}

Bytes Progressive(bool moov_first) {
  FragmentedSpec spec = LongMovie(SidxForm::kNone, -1);
  spec.movie.moov_first = moov_first;
  return BuildMovie(spec.movie);
}

Bytes Fragmented(SidxForm sidx, int mehd_version) {
  return BuildFragments(LongMovie(sidx, mehd_version)).bytes;
}

/// What is read at most.
struct Case {
  const char* name;
  Bytes (*build)();
  uint64_t start_reads;  ///< to the first buffers
  uint64_t seek_reads;
  uint64_t all_reads;  ///< to play it all
  bool end;            ///< the end of the file, to start
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class Limited : public testing::TestWithParam<Case> {
 protected:
  static bool SeekTo(Recorder* recorder, int64_t target) {
    return recorder->Seek(1.0,
                          GST_FORMAT_TIME,
                          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                          GST_SEEK_TYPE_SET,
                          target,
                          GST_SEEK_TYPE_NONE,
                          -1);
  }

  const SharedBytes bytes_ = std::make_shared<const std::vector<uint8_t>>(GetParam().build());
};

TEST_P(Limited, IsPulledInFewWideReads) {
  const Watchdog watchdog(GetParam().name, 60);
  Recorder recorder(Source(bytes_, kLimited));
  recorder.HoldAtFirstBuffers();
  recorder.Start("");
  ASSERT_TRUE(recorder.WaitStarted());
  EXPECT_TRUE(IsPulled(recorder.source()));
  ChunkCounts before = CountsOf(recorder.source());
  EXPECT_LE(before.reads, GetParam().start_reads);
  EXPECT_LT(before.bytes, uint64_t{700} << 10);
  EXPECT_EQ(before.end == bytes_->size(), GetParam().end);
  for (const int64_t second : {60, 110, 3}) {
    ASSERT_TRUE(SeekTo(&recorder, second * GST_SECOND));
    ASSERT_TRUE(recorder.WaitFirstBuffers());
    const ChunkCounts after = CountsOf(recorder.source());
    EXPECT_LE((after - before).reads, GetParam().seek_reads) << second;
    before = after;
  }
}

TEST_P(Limited, GivesTheSame) {
  const Watchdog watchdog(GetParam().name, 60);
  Recorder recorder(Source(bytes_, kLimited));
  recorder.Start("");
  const Outcome outcome = recorder.WaitEos();
  ExpectNone(ComparePlayed(recorder, outcome, *ExpandMovie(*bytes_), *bytes_), GetParam().name);
  const ChunkCounts counts = CountsOf(recorder.source());
  EXPECT_LE(counts.reads, GetParam().all_reads);
  EXPECT_LT(counts.bytes, bytes_->size() * 9 / 8);
}

constexpr Case kCases[] = {
    {"moov_first", [] { return Progressive(true); }, 3, 1, 14, false},
    {"moov_last", [] { return Progressive(false); }, 4, 1, 15, true},
    {"sidx", [] { return Fragmented(SidxForm::kFlat, -1); }, 3, 3, 21, false},
    {"mehd", [] { return Fragmented(SidxForm::kNone, 0); }, 3, 5, 21, false},
    {"no_index", [] { return Fragmented(SidxForm::kNone, -1); }, 6, 5, 24, true},
};

INSTANTIATE_TEST_SUITE_P(Movies, Limited, testing::ValuesIn(kCases), [](const auto& test) {
  return std::string(test.param.name);
});

/// A byte that cannot be read, in the middle of a file of one track.
class BadByte : public testing::TestWithParam<int> {};

TEST_P(BadByte, AllThatLiesBeforeItIsPlayed) {
  MovieSpec spec = PlainMovie();
  spec.tracks = {VideoTrack(1, 60)};
  for (SampleSpec& sample : spec.tracks[0].samples)
    sample.size = 2000;
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(BuildMovie(spec));
  const size_t bad_byte = bytes->size() / 2;
  Recorder recorder(Source(bytes, GetParam(), bad_byte));
  recorder.Start("");
  EXPECT_NE(recorder.WaitEos(), Outcome::kTimeout);
  const std::vector<OracleSample> samples = ExpandMovie(*bytes)->tracks[0].samples;
  const auto before = std::count_if(samples.begin(), samples.end(), [&](const auto& sample) {
    return sample.offset + sample.size <= bad_byte;
  });
  ASSERT_GT(before, 100);
  EXPECT_EQ(recorder.pads()[0].buffers, static_cast<size_t>(before));
}

INSTANTIATE_TEST_SUITE_P(Sources, BadByte, testing::Values(0, kLimited, kSequential));

uint64_t Stat(const Recorder& recorder, const char* name) {
  GstStructure* stats = nullptr;
  g_object_get(recorder.demuxer(), "stats", &stats, nullptr);
  guint64 value = 0;
  EXPECT_TRUE(gst_structure_get_uint64(stats, name, &value)) << name;
  gst_structure_free(stats);
  return value;
}

/// An hour, a few bytes a sample.
Bytes Hour() {
  MovieSpec spec = PlainMovie();
  spec.tracks = {VideoTrack(1, 3600), AudioTrack(2, 3600)};
  for (TrackSpec& track : spec.tracks) {
    for (SampleSpec& sample : track.samples)
      sample.size = 4;
  }
  return BuildMovie(spec);
}

TEST(LimitedHour, IsPulledInFewReadsBackwardsToo) {
  const Watchdog watchdog("an hour", 60);
  const auto bytes = std::make_shared<const Bytes>(Hour());
  uint64_t reads[2] = {};
  for (const bool backward : {false, true}) {
    Recorder recorder(Source(bytes, kLimited));
    recorder.KeepData(false);
    recorder.HoldAtFirstBuffers();
    recorder.Start("");
    ASSERT_TRUE(recorder.WaitStarted());
    recorder.Release();
    ASSERT_TRUE(recorder.Seek(backward ? -1 : 1,
                              GST_FORMAT_TIME,
                              GST_SEEK_FLAG_FLUSH,
                              GST_SEEK_TYPE_SET,
                              1800 * GST_SECOND,
                              GST_SEEK_TYPE_SET,
                              3500 * GST_SECOND));
    const uint64_t before = CountsOf(recorder.source()).reads;
    ASSERT_EQ(recorder.WaitEos(60), Outcome::kEos);
    reads[backward] = CountsOf(recorder.source()).reads - before;
  }
  EXPECT_LE(reads[false], 30u);
  EXPECT_LE(reads[true], 3 * reads[false]);  // not one for each group of pictures
}

/// Two long tracks, with tables of many pages.
MovieSpec TwoTracks() {
  MovieSpec spec = PlainMovie();
  spec.tracks = {VideoTrack(1, 4), AudioTrack(2, 4)};
  std::vector<SampleSpec>& samples = spec.tracks[1].samples;
  while (samples.size() < 60'000)
    samples.push_back({20, static_cast<uint32_t>(30 + samples.size() % 7)});
  spec.tracks[1].stts_dense = true;
  return spec;
}

bool IsAudio(const std::string& pad) {
  return pad == "audio_0";
}

/// Nobody listens to the sound: what its tables say is not asked.
TEST(Unselected, TablesAreNotRead) {
  const TempFile file(BuildMovie(TwoTracks()));
  uint64_t reads[2] = {};
  for (const bool selected : {true, false}) {
    Recorder recorder;
    if (!selected) recorder.SkipPads(IsAudio);
    recorder.KeepData(false);
    recorder.Start(file.path());
    ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
    reads[selected] = Stat(recorder, "index-reads");
  }
  EXPECT_GT(reads[true], 100u);
  EXPECT_LT(reads[false], 20u);
}

TEST(Unselected, NorInSeeks) {
  const TempFile file(BuildMovie(TwoTracks()));
  Recorder recorder;
  recorder.SkipPads(IsAudio);
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const uint64_t before = Stat(recorder, "index-reads");
  for (const int64_t second : {1, 3, 2}) {
    ASSERT_TRUE(recorder.Seek(1.0,
                              GST_FORMAT_TIME,
                              GST_SEEK_FLAG_FLUSH,
                              GST_SEEK_TYPE_SET,
                              second * GST_SECOND,
                              GST_SEEK_TYPE_NONE,
                              -1));
    ASSERT_TRUE(recorder.WaitFirstBuffers());
    ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  }
  EXPECT_LE(Stat(recorder, "index-reads"), before + 3);
}

/// What the first buffer on a pad says, and the segment before it.
struct FirstBuffer {
  std::mutex mutex;
  std::condition_variable came;
  bool any = false;
  GstSegment segment;
  GstClockTime pts = GST_CLOCK_TIME_NONE;
};

GstPadProbeReturn NoteFirst(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto* first = static_cast<FirstBuffer*>(data);
  GstEvent* event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
  const std::lock_guard lock(first->mutex);
  gst_event_copy_segment(event, &first->segment);
  gst_event_unref(event);
  first->pts = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
  first->any = true;
  first->came.notify_all();
  return GST_PAD_PROBE_REMOVE;
}

/// A pad that is linked while the others play goes on where they are.
TEST(Unselected, GoesOnWhereTheOthersAreOnceItIsLinked) {
  const Watchdog watchdog("linked later", 60);
  MovieSpec spec = PlainMovie();
  spec.tracks = {VideoTrack(1, 8), AudioTrack(2, 8)};
  const TempFile file(BuildMovie(spec));
  Recorder recorder;
  recorder.SkipPads(IsAudio);
  recorder.SetDelay(1000);
  recorder.Start(file.path());
  const auto played = [](const auto& pads) { return !pads.empty() && pads[0]->buffers >= 100; };
  ASSERT_TRUE(recorder.WaitFor(played));
  GstElement* sink = gst_element_factory_make("fakesink", nullptr);
  g_object_set(sink, "sync", FALSE, "async", FALSE, nullptr);
  gst_bin_add(GST_BIN(recorder.pipeline()), sink);
  gst_element_sync_state_with_parent(sink);
  GstPad* pad = recorder.SourcePad("audio_0");
  FirstBuffer first;
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, NoteFirst, &first, nullptr);
  GstPad* sink_pad = gst_element_get_static_pad(sink, "sink");
  ASSERT_EQ(gst_pad_link(pad, sink_pad), GST_PAD_LINK_OK);
  {
    std::unique_lock lock(first.mutex);
    ASSERT_TRUE(first.came.wait_for(lock, std::chrono::seconds(10), [&] { return first.any; }));
    EXPECT_GE(first.segment.time, 3900 * GST_MSECOND);
    EXPECT_LT(first.segment.time, 8 * GST_SECOND);
    EXPECT_EQ(first.segment.base, first.segment.time);
    EXPECT_LE(first.pts, first.segment.start);
    EXPECT_GT(first.pts + GST_SECOND / 10, first.segment.start);
  }
  EXPECT_EQ(recorder.WaitEos(), Outcome::kEos);
  recorder.Stop();
  gst_object_unref(sink_pad);
  gst_object_unref(pad);
}

// As downloadbuffer passes it on of what it downloads from.
TEST(Sequential, IsPulledInFewReads) {
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(Progressive(true));
  Recorder recorder(Source(bytes, kSequential));
  recorder.Start("");
  EXPECT_TRUE(IsPulled(recorder.source()));
  const Outcome outcome = recorder.WaitEos();
  ExpectNone(ComparePlayed(recorder, outcome, *ExpandMovie(*bytes), *bytes), "sequential");
  EXPECT_LE(CountsOf(recorder.source()).reads, 3 + bytes->size() / (128 << 10));
}

}  // namespace
}  // namespace iso::test
