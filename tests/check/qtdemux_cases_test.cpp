// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files that qtdemux (1.22 to 1.29) plays wrongly or not at all, one test each, by the names
// that docs/compatibility.md uses. Caps, tags, chapters, encryption and adaptive streams have
// tests of their own.

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "chunk_source.h"
#include "fragment_catalog.h"
#include "movie_catalog.h"
#include "oracle.h"
#include "presented.h"
#include "recorder.h"

namespace iso::test {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int kExact = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE;

enum class Way { kPulled, kPushed };

/// Null where the file is pulled.
GstElement* Pusher(Way way, const std::vector<uint8_t>& bytes) {
  if (way == Way::kPulled) return nullptr;
  return MakeChunkSource(std::make_shared<const std::vector<uint8_t>>(bytes), {1000, true, true});
}

class Played {
 public:
  explicit Played(std::vector<uint8_t> bytes, Way way = Way::kPulled, bool keep_data = true)
      : bytes_(std::move(bytes)),
        file_(bytes_),
        movie_(*ExpandMovie(bytes_)),
        recorder_(Pusher(way, bytes_)) {
    recorder_.KeepData(keep_data);
    recorder_.Start(way == Way::kPulled ? file_.path() : "");
    ended_ = recorder_.WaitEos() == Outcome::kEos;
  }

  explicit Played(const MovieSpec& spec, Way way = Way::kPulled, bool keep_data = true)
      : Played(BuildMovie(spec), way, keep_data) {}

  explicit Played(const FragmentedSpec& spec) : Played(BuildFragments(spec).bytes) {}

  bool ended() const { return ended_; }

  RecordedPad Pad(const std::string& name) const {
    for (const RecordedPad& pad : recorder_.pads()) {
      if (pad.name == name) return pad;
    }
    ADD_FAILURE() << "no pad " << name;
    return {};
  }

  std::vector<RecordedItem> Buffers(const std::string& name) const {
    std::vector<RecordedItem> buffers;
    for (const RecordedItem& item : Pad(name).items) {
      if (!item.event) buffers.push_back(item);
    }
    return buffers;
  }

  std::vector<GstSegment> Segments(const std::string& name) const {
    std::vector<GstSegment> segments;
    for (const RecordedItem& item : Pad(name).items) {
      if (!item.event || GST_EVENT_TYPE(item.event.get()) != GST_EVENT_SEGMENT) continue;
      segments.emplace_back();
      gst_event_copy_segment(item.event.get(), &segments.back());
    }
    return segments;
  }

  /// Numbers of the samples presented by a track, and whether that went right.
  std::vector<size_t> Presented(double rate, const SeekRange& range, size_t track = 0) const {
    const NaiveTimeline whole = Expand(movie_.tracks[track], EditsOf(movie_.tracks[track]));
    const PadPresentation got =
        PresentedOn(recorder_.pads()[track], movie_.tracks[track], whole, rate, range, 0);
    EXPECT_EQ(got.errors, std::vector<std::string>());
    std::vector<size_t> samples;
    for (const Shown& shown : got.shown)
      samples.push_back(shown.index);
    return samples;
  }

  void PlayAgain(double rate, int flags, int64_t start, int64_t stop) {
    const unsigned before = recorder_.pads()[0].flushes;
    EXPECT_TRUE(recorder_.Seek(
        rate, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET, start, GST_SEEK_TYPE_SET, stop));
    EXPECT_TRUE(recorder_.WaitFor([&](const auto& pads) {
      return std::all_of(pads.begin(), pads.end(), [&](const RecordedPad* pad) {
        return pad->flushes > before && pad->eos;
      });
    }));
  }

  Recorder& recorder() { return recorder_; }

 private:
  std::vector<uint8_t> bytes_;
  TempFile file_;
  OracleMovie movie_;
  Recorder recorder_;
  bool ended_ = false;
};

std::vector<size_t> FromTo(size_t first, size_t end) {
  std::vector<size_t> numbers;
  for (; first < end; ++first)
    numbers.push_back(first);
  return numbers;
}

/// Pictures without reordering, 40 ms each.
TrackSpec PlainVideo(double seconds) {
  TrackSpec track = VideoTrack(1, seconds);
  track.ctts = CttsForm::kNone;
  for (SampleSpec& sample : track.samples)
    sample.cts = 0;
  return track;
}

MovieSpec Edited(const std::vector<EditSpec>& edits) {
  MovieSpec spec;
  spec.tracks = {PlainVideo(4)};
  spec.tracks[0].has_edits = true;
  spec.tracks[0].edits = edits;
  return spec;
}

TEST(QtdemuxFails, OnASampleOver32MiB) {
  MovieSpec spec = PlainMovie();
  spec.tracks[0].samples[20].size = 33u << 20;
  const Played played(spec, Way::kPulled, false);
  ASSERT_TRUE(played.ended());
  const std::vector<RecordedItem> buffers = played.Buffers("video_0");
  ASSERT_EQ(buffers.size(), 100u);
  EXPECT_EQ(buffers[20].size, 33u << 20);
}

MovieSpec TwoDescriptions() {
  MovieSpec spec = PlainMovie();
  spec.tracks[0].entries = {Avc1Entry(320, 180), Avc1Entry(160, 90)};
  for (size_t i = 52; i < 100; ++i)
    spec.tracks[0].samples[i].description = 2;
  return spec;
}

/// Each picture comes under the caps of its own description.
void ExpectCapsOfTwoDescriptions(const Played& played, const std::string& when) {
  const std::vector<RecordedItem> buffers = played.Buffers("video_0");
  EXPECT_FALSE(buffers.empty()) << when;
  for (const RecordedItem& buffer : buffers) {
    const bool second = buffer.dts >= 52 * 40 * GST_MSECOND;
    ASSERT_NE(buffer.caps.find(second ? "width=(int)160" : "width=(int)320"), std::string::npos)
        << when << ": " << buffer.caps;
  }
}

TEST(QtdemuxFails, OnCapsOfSeveralDescriptionsAfterASeek) {
  for (const Way way : {Way::kPulled, Way::kPushed}) {
    Played played(TwoDescriptions(), way);
    ASSERT_TRUE(played.ended());
    ExpectCapsOfTwoDescriptions(played, "played");
    for (const int64_t at : {0, 3000, 0, 1900, 3900, 100}) {
      played.PlayAgain(1.0, kExact, at * kMs, -1);
      ExpectCapsOfTwoDescriptions(played, "after a seek to " + std::to_string(at) + " ms");
    }
  }
}

TEST(QtdemuxFails, OnCapsOfSeveralDescriptionsBackwards) {
  Played played(TwoDescriptions());
  for (const int64_t from : {4000, 1000, 3000}) {
    played.PlayAgain(-1.0, kExact, 0, from * kMs);
    ExpectCapsOfTwoDescriptions(played, "backwards from " + std::to_string(from) + " ms");
  }
}

TEST(QtdemuxFails, OnATrackShorterThanAFifthOfTheMovie) {
  MovieSpec spec;
  spec.tracks = {VideoTrack(1, 20), AudioTrack(2, 3)};
  const Played played(spec);
  ASSERT_TRUE(played.ended());
  EXPECT_EQ(played.Buffers("audio_0").size(), spec.tracks[1].samples.size());
}

TEST(QtdemuxFails, OnCompactSampleSizes) {
  MovieSpec spec = PlainMovie();
  for (TrackSpec& track : spec.tracks)
    track.size_form = SizeForm::kStz2Short;
  const Played played(spec);
  ASSERT_TRUE(played.ended());
  EXPECT_EQ(played.Buffers("video_0").size(), 100u);
}

/// Half a second at rate 2 is one second of media.
TEST(QtdemuxFails, OnEditsThatPlayFaster) {
  const Played played(Edited({{500, 0, 2}, {1000, 1200, 1}}));
  ASSERT_TRUE(played.ended());
  std::vector<size_t> expected = FromTo(0, 25);
  const std::vector<size_t> rest = FromTo(50, 75);
  expected.insert(expected.end(), rest.begin(), rest.end());
  EXPECT_EQ(played.Presented(1.0, {}), expected);
  const std::vector<GstSegment> segments = played.Segments("video_0");
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[0].rate, 2.0);
  EXPECT_EQ(segments[0].applied_rate, 0.5);
  EXPECT_EQ(segments[1].base, 500u * GST_MSECOND);
}

TEST(QtdemuxFails, OnEditsThatHoldAPicture) {
  const Played played(Edited({{400, 0}, {1600, 240, 0}, {400, 240}}));
  ASSERT_TRUE(played.ended());
  std::vector<size_t> expected = FromTo(0, 10);
  expected.push_back(10);
  const std::vector<size_t> rest = FromTo(10, 20);
  expected.insert(expected.end(), rest.begin(), rest.end());
  EXPECT_EQ(played.Presented(1.0, {}), expected);
  EXPECT_EQ(played.Segments("video_0").at(2).base, 2000u * GST_MSECOND);
}

TEST(QtdemuxFails, OnNothingAfterTheLastMedia) {
  const Played played(Edited({{1000, 0}, {500, -1}}));
  ASSERT_TRUE(played.ended());
  EXPECT_EQ(played.Presented(1.0, {}), FromTo(0, 25));
  EXPECT_EQ(played.Segments("video_0").size(), 2u);
}

TEST(QtdemuxFails, OnAnEditPastTheMedia) {
  const Played played(Edited({{500, 60000}, {400, 0}}));
  ASSERT_TRUE(played.ended());
  EXPECT_EQ(played.Presented(1.0, {}), FromTo(0, 10));
}

TEST(QtdemuxFails, OnAnEditOfNoDurationThatPresentsNothing) {
  const Played played(Edited({{0, -1}, {400, 600}}));
  ASSERT_TRUE(played.ended());
  EXPECT_EQ(played.Presented(1.0, {}), FromTo(25, 35));
}

/// More than an hour into media of ten million ticks a second, and backwards.
TEST(QtdemuxFails, OnMediaTimesOf33BitsBackwards) {
  constexpr int64_t kTick = int64_t{1} << 28;
  MovieSpec spec;
  TrackSpec track = PlainVideo(2);
  track.timescale = 10'000'000;
  track.wide_headers = true;
  for (SampleSpec& sample : track.samples)
    sample.duration = static_cast<uint32_t>(kTick);
  track.has_edits = true;
  track.elst_version = 1;
  track.edits = {{static_cast<uint64_t>(kTick * 10 / 10'000), kTick * 33}};
  spec.tracks = {track};
  Played played(spec);
  ASSERT_TRUE(played.ended());
  std::vector<size_t> shown = played.Presented(1.0, {});
  EXPECT_EQ(shown.front(), 33u);
  EXPECT_GE(shown.size(), 10u);
  gint64 end = 0;
  ASSERT_TRUE(gst_element_query_duration(played.recorder().demuxer(), GST_FORMAT_TIME, &end));
  played.PlayAgain(-1.0, kExact, 0, end);
  std::vector<size_t> backwards = played.Presented(-1.0, {0, end});
  std::sort(backwards.begin(), backwards.end());
  EXPECT_EQ(backwards, shown);
}

TEST(QtdemuxFails, OnMoreThan100000Edits) {
  std::vector<EditSpec> edits(100'001, {40, 0});
  edits.back().media_time = 1200;
  MovieSpec spec = Edited(edits);
  const std::vector<uint8_t> bytes = BuildMovie(spec);
  const TempFile file(bytes);
  Recorder recorder;
  recorder.SkipPads([](const std::string&) { return true; });
  recorder.Start(file.path(), GST_STATE_PAUSED);
  gint64 end = 0;
  for (int i = 0; i < 20000 && end <= 0; ++i) {
    g_usleep(1000);
    gst_element_query_duration(recorder.demuxer(), GST_FORMAT_TIME, &end);
  }
  EXPECT_EQ(end, 100'001 * 40 * kMs);
}

/// Pictures shown much later than they are decoded are no reason to forget the offsets.
TEST(QtdemuxFails, OnLargeCompositionOffsets) {
  MovieSpec spec;
  spec.tracks = {PlainVideo(1)};
  TrackSpec& track = spec.tracks[0];
  track.ctts = CttsForm::kVersion0;
  for (SampleSpec& sample : track.samples)
    sample.cts = 600 * 3;
  const Played played(spec);
  ASSERT_TRUE(played.ended());
  for (const RecordedItem& buffer : played.Buffers("video_0"))
    ASSERT_EQ(buffer.pts - buffer.dts, 3u * GST_SECOND);
}

/// An empty list of sync samples says that there is none (14496-12 8.6.2.1).
TEST(QtdemuxFails, OnASyncTableWithoutEntries) {
  MovieSpec spec;
  spec.tracks = {PlainVideo(1)};
  for (SampleSpec& sample : spec.tracks[0].samples)
    sample.sync = false;
  const Played played(spec);
  ASSERT_TRUE(played.ended());
  for (const RecordedItem& buffer : played.Buffers("video_0"))
    ASSERT_NE(buffer.flags & GST_BUFFER_FLAG_DELTA_UNIT, 0u);
}

TEST(QtdemuxFails, ByGapsBehindTheEnd) {
  MovieSpec spec;
  spec.tracks = {VideoTrack(1, 12), AudioTrack(2, 5), TextTrack(3, 4)};
  const Played played(spec);
  ASSERT_TRUE(played.ended());
  for (const char* name : {"video_0", "audio_0", "subtitle_0"}) {
    const RecordedPad pad = played.Pad(name);
    const GstEvent* last = pad.items.back().event.get();
    ASSERT_NE(last, nullptr) << name;
    EXPECT_EQ(GST_EVENT_TYPE(last), GST_EVENT_EOS) << name;
  }
}

TEST(QtdemuxFails, ToConvert) {
  MovieSpec spec;
  spec.tracks = {PlainVideo(4)};
  Played played(spec);
  ASSERT_TRUE(played.ended());
  GstPad* pad = played.recorder().SourcePad("video_0");
  gint64 frame = -1;
  EXPECT_TRUE(gst_pad_query_convert(
      pad, GST_FORMAT_TIME, static_cast<gint64>(2 * GST_SECOND), GST_FORMAT_DEFAULT, &frame));
  EXPECT_EQ(frame, 50);
  gst_object_unref(pad);
}

/// 30,000 / 1,001 frames a second: hardly any begins at a whole nanosecond.
TEST(QtdemuxFails, ToLandOnATimeThatWasRoundedDown) {
  MovieSpec spec;
  spec.tracks = {PlainVideo(4)};
  spec.tracks[0].timescale = 30'000;
  for (SampleSpec& sample : spec.tracks[0].samples)
    sample.duration = 1001;
  Played played(spec);
  for (const int64_t n : {1, 2, 4, 13, 40, 77, 98}) {
    const int64_t at = n * 1001 * 1'000'000'000 / 30'000;
    played.PlayAgain(1.0, kExact, at, at + 1);
    EXPECT_EQ(played.Presented(1.0, {at, at + 1}),
              FromTo(static_cast<size_t>(n), static_cast<size_t>(n) + 1));
  }
}

/// Key units 520 ms apart, the fourth shown from 1,640 ms on.
TEST(QtdemuxFails, ToSnapToTheNearest) {
  Played played(PlainMovie());
  const int flags = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_NEAREST;

  struct {
    int64_t at, lands;
  } const cases[] = {{1600, 1640}, {1381, 1640}, {1379, 1120}, {1640, 1640}};

  for (const auto& [at, lands] : cases) {
    played.PlayAgain(1.0, flags, at * kMs, at * kMs + 1);
    EXPECT_EQ(played.Segments("video_0").at(0).time, static_cast<uint64_t>(lands * kMs)) << at;
  }
}

/// What one track's open group of pictures needs lies before its key unit.
TEST(QtdemuxFails, ToBeginBeforeAnOpenGroup) {
  MovieSpec spec;
  spec.tracks = {VideoTrack(1, 4)};
  TrackSpec& track = spec.tracks[0];
  // Display order b b I P of each four, decoded I b b P.
  for (size_t i = 0; i < track.samples.size(); ++i) {
    constexpr int32_t kOffset[4] = {3, 0, 0, 1};
    track.samples[i].cts = 24 * kOffset[i % 4];
    track.samples[i].sync = i % 4 == 0;
  }
  Played played(spec);
  // Sample 9 leads sample 8, the third key unit, and is shown first of the two.
  const int64_t at = 9 * 40 * kMs;
  played.PlayAgain(1.0, kExact, at, at + 1);
  ASSERT_FALSE(played.Buffers("video_0").empty());
  EXPECT_EQ(played.Buffers("video_0")[0].dts, 4u * 40 * GST_MSECOND);
}

TEST(QtdemuxFails, OnPrimingByAnEditList) {
  MovieSpec spec;
  spec.timescale = 48000;
  spec.tracks = {AudioTrack(1, 2)};
  spec.tracks[0].has_edits = true;
  spec.tracks[0].edits = {{48000, 2112}};
  const Played played(spec);
  ASSERT_TRUE(played.ended());
  uint64_t frames = 0;
  for (const RecordedItem& buffer : played.Buffers("audio_0"))
    frames += 1024 - std::min<uint64_t>(1024, buffer.clip_start + buffer.clip_end);
  EXPECT_EQ(frames, 48000u);
}

/// What has no time of its own lasts as long as the one before.
TEST(QtdemuxFails, OnATimeTableThatEndsEarly) {
  MovieSpec spec;
  spec.tracks = {PlainVideo(2)};
  spec.tracks[0].stts_missing = 20;
  const Played played(spec);
  ASSERT_TRUE(played.ended());
  const std::vector<RecordedItem> buffers = played.Buffers("video_0");
  ASSERT_EQ(buffers.size(), 50u);
  for (size_t i = 0; i < buffers.size(); ++i) {
    ASSERT_EQ(buffers[i].pts, i * 40 * GST_MSECOND);
    ASSERT_EQ(buffers[i].duration, 40 * GST_MSECOND);
  }
}

// Pushed.

TEST(QtdemuxFails, OnNothingAfterTheLastMediaWhenPushed) {
  const Played played(Edited({{1000, 0}, {500, -1}}), Way::kPushed);
  ASSERT_TRUE(played.ended());
  EXPECT_EQ(played.Presented(1.0, {}), FromTo(0, 25));
  EXPECT_EQ(played.Segments("video_0").size(), 2u);
}

TEST(QtdemuxFails, OnSeveralEditsWhenPushed) {
  const Played played(Edited({{400, 0}, {400, 1200}, {200, -1}, {400, 600}}), Way::kPushed);
  ASSERT_TRUE(played.ended());
  std::vector<size_t> expected = FromTo(0, 10);
  for (const size_t first : {50, 25}) {
    const std::vector<size_t> more = FromTo(first, first + 10);
    expected.insert(expected.end(), more.begin(), more.end());
  }
  EXPECT_EQ(played.Presented(1.0, {}), expected);
}

TEST(QtdemuxFails, OnASampleOfNoSizeWhenPushed) {
  MovieSpec spec = PlainMovie();
  spec.tracks[0].samples[30].size = 0;
  const Played played(spec, Way::kPushed);
  ASSERT_TRUE(played.ended());
  const std::vector<RecordedItem> buffers = played.Buffers("video_0");
  ASSERT_EQ(buffers.size(), 100u);
  EXPECT_EQ(buffers[30].size, 0u);
  EXPECT_EQ(buffers[99].size, spec.tracks[0].samples[99].size);
}

TEST(QtdemuxFails, OnChunksInAnotherOrderWhenPushed) {
  MovieSpec spec = PlainMovie();
  spec.reverse_chunks = true;
  const Played played(spec, Way::kPushed);
  ASSERT_TRUE(played.ended());
  EXPECT_EQ(played.Buffers("video_0").size(), spec.tracks[0].samples.size());
  EXPECT_EQ(played.Buffers("audio_0").size(), spec.tracks[1].samples.size());
}

// In fragments.

TEST(QtdemuxFails, OnSeveralEditsInFragments) {
  FragmentedSpec spec = PlainFragments();
  TrackSpec& track = spec.movie.tracks[0];
  track.has_edits = true;
  track.edits = {{1000, 0}, {2000, 6 * 600}, {500, -1}, {1000, 600}};
  const Played played(spec);
  ASSERT_TRUE(played.ended());
  const std::vector<GstSegment> segments = played.Segments("video_0");
  ASSERT_EQ(segments.size(), 4u);
  EXPECT_EQ(segments[3].base, 3500u * GST_MSECOND);
  EXPECT_FALSE(played.Presented(1.0, {}).empty());
}

/// Each fragment reaches back further than the last one.
TEST(QtdemuxFails, OnCompositionOffsetsThatDifferBetweenFragments) {
  FragmentedSpec spec;
  spec.movie.tracks = {PlainVideo(4)};
  std::vector<SampleSpec>& samples = spec.movie.tracks[0].samples;
  for (size_t i = 0; i < samples.size(); ++i)
    samples[i].cts = -static_cast<int32_t>(i / 25) * 24;
  spec.fragments = CutFragments(spec, 1.0);
  for (FragmentSpec& fragment : spec.fragments) {
    fragment.trafs[0].runs[0].version = 1;
    fragment.trafs[0].runs[0].offsets = true;
  }
  const Played played(spec);
  ASSERT_TRUE(played.ended());
  EXPECT_EQ(played.Buffers("video_0").size(), samples.size());
  const std::vector<RecordedItem> buffers = played.Buffers("video_0");
  for (size_t i = 0; i < buffers.size(); ++i) {
    const uint64_t shown =
        gst_segment_to_stream_time(&buffers[i].segment, GST_FORMAT_TIME, buffers[i].pts);
    ASSERT_EQ(shown, (i - i / 25) * 40 * GST_MSECOND) << i;
    ASSERT_GE(buffers[i].pts, buffers[i].dts) << i;
  }
}

/// Every track begins where the seek went, not at the start.
TEST(QtdemuxFails, ToSeekEveryTrackWithoutAnIndex) {
  Played played(PlainFragments());
  for (const int64_t at : {9000, 1500, 6100, 500, 11000}) {
    played.PlayAgain(1.0, kExact, at * kMs, at * kMs + 1);
    for (const size_t track : {0, 1}) {
      const SeekRange range{at * kMs, at * kMs + 1};
      EXPECT_FALSE(played.Presented(1.0, range, track).empty()) << at << " track " << track;
    }
  }
}

TEST(QtdemuxFails, ToPlayFragmentsBackwards) {
  FragmentedSpec spec = PlainFragments();
  for (const int tfra_version : {-1, 1}) {
    spec.tfra_version = tfra_version;
    Played played(spec);
    const size_t pictures = played.Presented(1.0, {}).size();
    gint64 end = 0;
    ASSERT_TRUE(gst_element_query_duration(played.recorder().demuxer(), GST_FORMAT_TIME, &end));
    played.PlayAgain(-1.0, kExact, 0, end);
    EXPECT_EQ(played.Presented(-1.0, {0, end}).size(), pictures);
  }
}

/// Key units within a fragment as well as at its start.
TEST(QtdemuxFails, ToSnapInFragments) {
  FragmentedSpec spec;
  spec.movie.tracks = {PlainVideo(8)};
  spec.fragments = CutFragments(spec, 4.0);
  Played played(spec);
  const std::vector<RecordedItem> buffers = played.Buffers("video_0");
  const auto is_key = [](const RecordedItem& item) {
    return (item.flags & GST_BUFFER_FLAG_DELTA_UNIT) == 0;
  };
  for (const int64_t at : {100, 700, 1380, 3900, 4100, 6700}) {
    const auto after = std::find_if(buffers.begin(), buffers.end(), [&](const RecordedItem& item) {
      return is_key(item) && static_cast<int64_t>(item.pts) >= at * kMs;
    });
    ASSERT_NE(after, buffers.end());
    auto before = after;
    do
      --before;
    while (!is_key(*before));
    const int key_unit = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT;
    played.PlayAgain(1.0, key_unit | GST_SEEK_FLAG_SNAP_BEFORE, at * kMs, -1);
    EXPECT_EQ(played.Segments("video_0").at(0).time, before->pts) << at;
    played.PlayAgain(1.0, key_unit | GST_SEEK_FLAG_SNAP_AFTER, at * kMs, -1);
    EXPECT_EQ(played.Segments("video_0").at(0).time, after->pts) << at;
  }
}

}  // namespace
}  // namespace iso::test
