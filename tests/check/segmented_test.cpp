// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Adaptive streams, pushed step by step: what comes out for each piece, and what a break, a new
// header or a seek does to the pads.

#include <algorithm>

#include <gtest/gtest.h>

#include "encrypted_fragments.h"
#include "fragment_catalog.h"
#include "segmented_stream.h"

namespace iso::test {
namespace {

/// The plain movie's two pads have played these segments since their last flush.
void ExpectPlayed(const SegmentFeeder& feeder,
                  const Stream& stream,
                  const std::vector<size_t>& segments) {
  ExpectBuffers(BuffersOf(feeder.PadNamed(kVideo)), SamplesIn(stream, 0, segments), kVideo);
  ExpectBuffers(BuffersOf(feeder.PadNamed(kAudio)), SamplesIn(stream, 1, segments), kAudio);
}

/// Of a pad on which nothing may have been pushed yet; empty where there is no such pad.
std::string CapsOf(SegmentFeeder& feeder, const std::string& name) {
  GstPad* pad = feeder.recorder().SourcePad(name);
  GstCaps* caps = pad ? gst_pad_get_current_caps(pad) : nullptr;
  gchar* text = caps ? gst_caps_to_string(caps) : nullptr;
  const std::string found = text ? text : "";
  g_free(text);
  if (caps) gst_caps_unref(caps);
  if (pad) gst_object_unref(pad);
  return found;
}

/// Its video at another size.
FragmentedSpec LargerVideo() {
  FragmentedSpec spec = PlainFragments();
  spec.movie.tracks[0].entries = {Avc1Entry(640, 360)};
  for (SampleSpec& sample : spec.movie.tracks[0].samples)
    sample.size += 100;
  return spec;
}

TEST(Header, AloneExposesPads) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  feeder.Begin();
  EXPECT_EQ(feeder.Push(stream.Header()), GST_FLOW_OK);
  EXPECT_EQ(PadNames(feeder), (Names{kVideo, kAudio}));
  EXPECT_TRUE(feeder.recorder().no_more_pads());
  EXPECT_NE(CapsOf(feeder, kVideo).find("width=(int)320"), std::string::npos);
  EXPECT_EQ(feeder.recorder().messages(GST_MESSAGE_STREAM_COLLECTION).size(), 1u);
}

class Chunks : public testing::TestWithParam<size_t> {};

INSTANTIATE_TEST_SUITE_P(
    Sizes, Chunks, testing::Values(1, 7, 1000, 4096, 100'000, SIZE_MAX), [](const auto& test) {
      return test.param == SIZE_MAX ? std::string("Whole") : std::to_string(test.param);
    });

TEST_P(Chunks, EverySampleComesOnceAndInOrder) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  feeder.Begin();
  ASSERT_EQ(feeder.Push(stream.Header(), GetParam()), GST_FLOW_OK);
  for (size_t i = 0; i < stream.segments(); ++i)
    ASSERT_EQ(feeder.Push(stream.Segment(i), GetParam()), GST_FLOW_OK);
  ExpectPlayed(feeder, stream, All(stream));
  EXPECT_EQ(BreaksIn(feeder.PadNamed(kVideo)), std::vector<size_t>{0});
  EXPECT_FALSE(feeder.PadNamed(kVideo).eos);
  feeder.SendEos();
  EXPECT_TRUE(feeder.PadNamed(kVideo).eos);
  EXPECT_TRUE(feeder.PadNamed(kAudio).eos);
  EXPECT_EQ(feeder.recorder().errors(), Names{});
}

TEST(Segments, EachGoesOutWithoutTheNext) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  Play(feeder, stream, {0});
  ExpectPlayed(feeder, stream, {0});
}

TEST(Breaks, DiscontGoesOnUnderTheSameHeader) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  Play(feeder, stream, {0});
  EXPECT_EQ(feeder.Push(stream.Segment(5), 1000, {.discont = true}), GST_FLOW_OK);
  feeder.Push(stream.Segment(6));
  ExpectPlayed(feeder, stream, {0, 5, 6});
  const size_t before = SamplesIn(stream, 0, {0}).size();
  EXPECT_EQ(BreaksIn(feeder.PadNamed(kVideo)), (std::vector<size_t>{0, before}));
  EXPECT_EQ(PadNames(feeder), (Names{kVideo, kAudio}));
}

/// What had come of the segment before the break is played as far as it goes.
TEST(Breaks, DiscontInTheMiddleOfASegment) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  Play(feeder, stream, {});
  Bytes half = stream.Segment(0);
  half.resize(stream.movie.places[0].mdat + 8 + 1000 - stream.movie.places[0].start);
  feeder.Push(half);
  const size_t played = BuffersOf(feeder.PadNamed(kVideo)).size();
  EXPECT_GT(played, 0u);
  EXPECT_LT(played, SamplesIn(stream, 0, {0}).size());
  feeder.Push(stream.Segment(3), SIZE_MAX, {.discont = true});
  auto buffers = BuffersOf(feeder.PadNamed(kVideo));
  buffers.erase(buffers.begin(), buffers.begin() + static_cast<ptrdiff_t>(played));
  ExpectBuffers(buffers, SamplesIn(stream, 0, {3}), "behind the break");
}

TEST(Breaks, FlushForgetsWhatCameAndKeepsTheHeader) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  Play(feeder, stream, {});
  Bytes half = stream.Segment(0);
  half.resize(half.size() / 2);
  feeder.Push(half);
  feeder.Flush();
  EXPECT_EQ(feeder.PadNamed(kVideo).flushes, 1u);
  feeder.SendSegment(4 * GST_SECOND);
  EXPECT_EQ(feeder.Push(stream.Segment(4), 500, {.discont = true}), GST_FLOW_OK);
  ExpectPlayed(feeder, stream, {4});
  for (const char* name : {kVideo, kAudio}) {
    const RecordedPad pad = feeder.PadNamed(name);
    EXPECT_EQ(EventsOf(pad, GST_EVENT_SEGMENT).size(), 1u) << name;
    EXPECT_EQ(pad.segment.start, 4 * GST_SECOND) << name;
    EXPECT_EQ(BreaksIn(pad), std::vector<size_t>{0}) << name;
  }
}

/// An adaptive demuxer sends the header again after each seek.
TEST(Breaks, FlushAndTheSameHeaderAgain) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  Play(feeder, stream, {0});
  feeder.Flush();
  feeder.SendSegment(4 * GST_SECOND);
  feeder.Push(stream.Header(), SIZE_MAX, {.discont = true});
  feeder.Push(stream.Segment(4));
  ExpectPlayed(feeder, stream, {4});
  EXPECT_EQ(PadNames(feeder), (Names{kVideo, kAudio}));
  EXPECT_EQ(EventsOf(feeder.PadNamed(kVideo), GST_EVENT_CAPS).size(), 0u);
}

TEST(Breaks, FlushAfterTheEnd) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  Play(feeder, stream, {0});
  feeder.SendEos();
  feeder.Flush();
  feeder.SendSegment(0);
  EXPECT_EQ(feeder.Push(stream.Segment(1), SIZE_MAX, {.discont = true}), GST_FLOW_OK);
  feeder.SendEos();
  ExpectPlayed(feeder, stream, {1});
  EXPECT_TRUE(feeder.PadNamed(kAudio).eos);
  EXPECT_EQ(feeder.recorder().errors(), Names{});
}

TEST(NewHeader, GoesOnOnTheSamePadsWithOtherCaps) {
  const Stream small(PlainFragments());
  const Stream large(LargerVideo());
  SegmentFeeder feeder;
  Play(feeder, small, {0});
  feeder.Push(large.Header());
  feeder.Push(large.Segment(1));
  EXPECT_EQ(PadNames(feeder), (Names{kVideo, kAudio}));
  const RecordedPad video = feeder.PadNamed(kVideo);
  EXPECT_EQ(EventsOf(video, GST_EVENT_CAPS).size(), 2u);
  EXPECT_EQ(EventsOf(video, GST_EVENT_SEGMENT).size(), 1u);
  EXPECT_EQ(EventsOf(feeder.PadNamed(kAudio), GST_EVENT_CAPS).size(), 1u);
  const std::vector<Expected> before = SamplesIn(small, 0, {0});
  const size_t first_large = before.size();
  const auto buffers = BuffersOf(video);
  ExpectBuffers(buffers, Joined(before, SamplesIn(large, 0, {1})), kVideo);
  EXPECT_NE(buffers[first_large - 1].caps.find("width=(int)320"), std::string::npos);
  EXPECT_NE(buffers[first_large].caps.find("width=(int)640"), std::string::npos);
}

/// Renditions number their tracks as they like.
TEST(NewHeader, TheOnlyOneOfItsKindKeepsItsPadUnderAnotherNumber) {
  const Stream first(OneTrack(0));
  FragmentedSpec renumbered = OneTrack(0);
  renumbered.movie.tracks[0].id = 77;
  const Stream second(renumbered);
  SegmentFeeder feeder;
  Play(feeder, first, {0});
  feeder.Push(second.Header());
  feeder.Push(second.Segment(1));
  EXPECT_EQ(PadNames(feeder), Names{kVideo});
  ExpectBuffers(BuffersOf(feeder.PadNamed(kVideo)),
                Joined(SamplesIn(first, 0, {0}), SamplesIn(second, 0, {1})),
                kVideo);
}

TEST(NewHeader, ATrackThatIsNewGetsAPad) {
  const Stream video(OneTrack(0));
  const Stream both(PlainFragments());
  SegmentFeeder feeder;
  Play(feeder, video, {0});
  EXPECT_EQ(PadNames(feeder), Names{kVideo});
  feeder.Push(both.Header());
  feeder.Push(both.Segment(1));
  EXPECT_EQ(PadNames(feeder), (Names{kVideo, kAudio}));
  ExpectBuffers(BuffersOf(feeder.PadNamed(kVideo)), SamplesIn(both, 0, {0, 1}), kVideo);
  ExpectBuffers(BuffersOf(feeder.PadNamed(kAudio)), SamplesIn(both, 1, {1}), kAudio);
  EXPECT_EQ(feeder.recorder().messages(GST_MESSAGE_STREAM_COLLECTION).size(), 2u);
}

TEST(NewHeader, ATrackThatIsGoneEnds) {
  const Stream both(PlainFragments());
  const Stream video(OneTrack(0));
  SegmentFeeder feeder;
  Play(feeder, both, {0});
  feeder.Push(video.Header());
  feeder.Push(video.Segment(1));
  EXPECT_TRUE(feeder.PadNamed(kAudio).eos);
  EXPECT_FALSE(feeder.PadNamed(kVideo).eos);
  ExpectBuffers(BuffersOf(feeder.PadNamed(kVideo)), SamplesIn(both, 0, {0, 1}), kVideo);
  EXPECT_EQ(CapsOf(feeder, kAudio), "") << "the pad is gone";
}

TEST(NewHeader, AnotherStreamNeedsOne) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  Play(feeder, stream, {0});
  feeder.StartStream("another");
  feeder.SendCaps("video/quicktime");
  feeder.SendSegment(0);
  EXPECT_EQ(feeder.Push(stream.Segment(1)), GST_FLOW_ERROR);
  EXPECT_EQ(feeder.recorder().errors().size(), 1u);
}

TEST(Upstream, ItsSegmentIsPassedOn) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  feeder.StartStream("stream");
  feeder.SendCaps("video/quicktime");
  feeder.SendSegment(3 * GST_SECOND, 9 * GST_SECOND, 2.0);
  feeder.Push(stream.Header());
  feeder.Push(stream.Segment(2));
  const GstSegment segment = feeder.PadNamed(kAudio).segment;
  EXPECT_EQ(segment.format, GST_FORMAT_TIME);
  EXPECT_EQ(segment.start, 3 * GST_SECOND);
  EXPECT_EQ(segment.stop, 9 * GST_SECOND);
  EXPECT_EQ(segment.time, 3 * GST_SECOND);
  EXPECT_EQ(segment.rate, 2.0);
}

/// A new segment without a flush holds for what comes after it only.
TEST(Upstream, ANewSegmentGoesBetweenTheSamples) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  Play(feeder, stream, {0});
  feeder.SendSegment(1 * GST_SECOND);
  feeder.Push(stream.Segment(1));
  ExpectPlayed(feeder, stream, {0, 1});
  const auto buffers = BuffersOf(feeder.PadNamed(kAudio));
  const size_t before = SamplesIn(stream, 1, {0}).size();
  EXPECT_EQ(buffers[before - 1].segment.start, 0u);
  EXPECT_EQ(buffers[before].segment.start, 1 * GST_SECOND);
}

TEST(Upstream, ItsGapsArePassedOn) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  Play(feeder, stream, {});
  feeder.SendGap(2 * GST_SECOND, GST_SECOND);
  for (const char* name : {kVideo, kAudio}) {
    const RecordedPad pad = feeder.PadNamed(name);
    const auto gaps = EventsOf(pad, GST_EVENT_GAP);
    ASSERT_EQ(gaps.size(), 1u) << name;
    GstClockTime start = 0;
    GstClockTime duration = 0;
    gst_event_parse_gap(gaps[0].get(), &start, &duration);
    EXPECT_EQ(start, 2 * GST_SECOND) << name;
    EXPECT_EQ(duration, GST_SECOND) << name;
    EXPECT_EQ(EventsOf(pad, GST_EVENT_SEGMENT).size(), 1u) << "needed before a gap";
  }
}

TEST(Upstream, SeeksAndTheDurationAreItsOwn) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  feeder.SetDuration(7 * GST_SECOND);
  Play(feeder, stream, {});
  uint32_t seqnum = 0;
  EXPECT_TRUE(feeder.recorder().Seek(1.0,
                                     GST_FORMAT_TIME,
                                     GST_SEEK_FLAG_FLUSH,
                                     GST_SEEK_TYPE_SET,
                                     2 * GST_SECOND,
                                     GST_SEEK_TYPE_NONE,
                                     -1,
                                     &seqnum));
  const auto seeks = feeder.seeks();
  ASSERT_EQ(seeks.size(), 1u);
  EXPECT_EQ(gst_event_get_seqnum(seeks[0].get()), seqnum);
  EXPECT_EQ(feeder.PadNamed(kVideo).flushes, 0u);
  gint64 duration = 0;
  EXPECT_TRUE(gst_element_query_duration(feeder.recorder().demuxer(), GST_FORMAT_TIME, &duration));
  EXPECT_EQ(duration, 7 * static_cast<gint64>(GST_SECOND));
}

/// Media that is presented from 80 ms on: upstream's segment is moved there, each track's by its
/// own edit list.
TEST(EditLists, MoveTheSegment) {
  FragmentedSpec spec = PlainFragments();
  spec.movie.tracks[0].has_edits = true;
  spec.movie.tracks[0].edits = {{0, 48, 1}};
  const Stream stream(spec);
  SegmentFeeder feeder;
  feeder.Begin("video/quicktime", 2 * GST_SECOND);
  feeder.Push(stream.Header());
  feeder.Push(stream.Segment(2));
  ExpectPlayed(feeder, stream, {2});
  const GstSegment video = feeder.PadNamed(kVideo).segment;
  EXPECT_EQ(video.start, 2 * GST_SECOND + 80 * GST_MSECOND);
  EXPECT_EQ(video.time, 2 * GST_SECOND);
  EXPECT_EQ(video.base, 0u);
  EXPECT_EQ(feeder.PadNamed(kAudio).segment.start, 2 * GST_SECOND);
}

/// An empty edit: the media is presented 700 ms later than its own times say.
TEST(EditLists, AnEmptyOneDelays) {
  FragmentedSpec spec = PlainFragments();
  spec.movie.tracks[1].has_edits = true;
  spec.movie.tracks[1].edits = {{700, -1, 1}, {0, 0, 1}};
  const Stream stream(spec);
  SegmentFeeder feeder;
  Play(feeder, stream, {0});
  ExpectPlayed(feeder, stream, {0});
  const GstSegment audio = feeder.PadNamed(kAudio).segment;
  EXPECT_EQ(gst_segment_to_running_time(&audio, GST_FORMAT_TIME, 0), 700 * GST_MSECOND);
  EXPECT_EQ(gst_segment_to_stream_time(&audio, GST_FORMAT_TIME, 0), 700 * GST_MSECOND);
}

/// Version 1 of trun: no edit list is needed, since offsets go below zero.
TEST(Times, PresentationIsNeverBeforeDecoding) {
  FragmentedSpec spec = PlainFragments();
  for (SampleSpec& sample : spec.movie.tracks[0].samples)
    sample.cts -= 48;
  for (FragmentSpec& fragment : spec.fragments) {
    for (RunSpec& run : fragment.trafs[0].runs)
      run.version = 1;
  }
  const Stream stream(spec);
  SegmentFeeder feeder;
  Play(feeder, stream, {0, 1, 2});
  const auto buffers = BuffersOf(feeder.PadNamed(kVideo));
  const auto expected = SamplesIn(stream, 0, {0, 1, 2});
  ASSERT_EQ(buffers.size(), expected.size());
  GstClockTime last_dts = 0;
  for (size_t i = 0; i < buffers.size(); ++i) {
    SCOPED_TRACE("sample " + std::to_string(i));
    EXPECT_EQ(buffers[i].pts, expected[i].pts);
    if (!GST_CLOCK_TIME_IS_VALID(buffers[i].dts)) {
      EXPECT_LT(i, 2u) << "only before zero there is none";
      continue;
    }
    EXPECT_LE(buffers[i].dts, buffers[i].pts);
    EXPECT_GE(buffers[i].dts, last_dts);
    last_dts = buffers[i].dts;
  }
}

TEST(MediaSource, SegmentsInAnyOrderWithoutTimes) {
  const Stream stream(PlainFragments());
  SegmentFeeder feeder;
  feeder.StartStream("stream");
  feeder.SendCaps("video/quicktime, variant=(string)mse-bytestream");
  GstSegment bytes;
  gst_segment_init(&bytes, GST_FORMAT_BYTES);
  feeder.SendEvent(gst_event_new_segment(&bytes));
  EXPECT_EQ(feeder.Push(stream.Header(), 100), GST_FLOW_OK);
  EXPECT_EQ(PadNames(feeder), (Names{kVideo, kAudio}));
  for (const size_t i : {4, 5, 1})
    EXPECT_EQ(feeder.Push(stream.Segment(i), 3000), GST_FLOW_OK);
  ExpectPlayed(feeder, stream, {4, 5, 1});
  feeder.Flush();
  feeder.SendEvent(gst_event_new_segment(&bytes));
  feeder.Push(stream.Segment(7));
  ExpectPlayed(feeder, stream, {7});
  EXPECT_EQ(feeder.PadNamed(kVideo).segment.format, GST_FORMAT_TIME);
}

/// One track in fragments that say neither when they are nor, truly, whose.
FragmentedSpec WithoutHeader(size_t track) {
  FragmentedSpec spec = OneTrack(track);
  spec.movie.tracks[0].id = 9;
  for (FragmentSpec& fragment : spec.fragments)
    fragment.trafs[0].tfdt_version = -1;
  return spec;
}

struct SmoothCase {
  const char* name;
  size_t track;
  const char* pad;
  const char* media_caps;
};

void PrintTo(const SmoothCase& c, std::ostream* out) {
  *out << c.name;
}

constexpr SmoothCase kSmoothCases[] = {
    {"Video",
     0,
     kVideo,
     "video/x-h264, width=(int)320, height=(int)180, stream-format=(string)avc"},
    {"Audio", 1, kAudio, "audio/mpeg, mpegversion=(int)4, rate=(int)48000, channels=(int)2"},
};

class Smooth : public testing::TestWithParam<SmoothCase> {
 protected:
  Smooth() : stream_(WithoutHeader(GetParam().track)) {}

  void Begin(const std::string& media_caps = GetParam().media_caps) {
    feeder_.Begin("video/quicktime, variant=(string)mss-fragmented, timescale=(guint64)" +
                  std::to_string(stream_.spec.movie.tracks[0].timescale) +
                  ", media-caps=(GstCaps)[" + media_caps + "]");
  }

  /// As upstream brings it: with its time.
  GstFlowReturn Push(size_t segment, size_t chunk = 1000, bool discont = false) {
    PieceStart start;
    start.discont = discont;
    start.pts = SamplesIn(stream_, 0, {segment}).front().dts;
    return feeder_.Push(stream_.Segment(segment), chunk, start);
  }

  void ExpectSegments(const std::vector<size_t>& segments) {
    ExpectBuffers(BuffersOf(feeder_.PadNamed(GetParam().pad)),
                  SamplesIn(stream_, 0, segments),
                  GetParam().name);
  }

  const Stream stream_;
  SegmentFeeder feeder_;
};

INSTANTIATE_TEST_SUITE_P(Tracks, Smooth, testing::ValuesIn(kSmoothCases), [](const auto& test) {
  return test.param.name;
});

TEST_P(Smooth, FragmentsNeedNoHeader) {
  Begin();
  for (size_t i = 0; i < stream_.segments(); ++i)
    ASSERT_EQ(Push(i), GST_FLOW_OK);
  ExpectSegments(All(stream_));
  const RecordedPad pad = feeder_.PadNamed(GetParam().pad);
  EXPECT_EQ(BreaksIn(pad), std::vector<size_t>{0});
  EXPECT_EQ(EventsOf(pad, GST_EVENT_CAPS).size(), 1u);
  EXPECT_EQ(EventsOf(pad, GST_EVENT_SEGMENT).size(), 1u);
  EXPECT_EQ(PadNames(feeder_), Names{GetParam().pad});
  feeder_.SendEos();
  EXPECT_TRUE(feeder_.PadNamed(GetParam().pad).eos);
  EXPECT_EQ(feeder_.recorder().errors(), Names{});
}

TEST_P(Smooth, PadsComeWithTheFirstFragment) {
  Begin();
  EXPECT_EQ(PadNames(feeder_), Names{});
  Push(0);
  EXPECT_EQ(PadNames(feeder_), Names{GetParam().pad});
}

TEST_P(Smooth, FragmentsMayBeLeftOut) {
  Begin();
  Push(0);
  Push(4, 300);
  feeder_.Flush();
  feeder_.SendSegment(2 * GST_SECOND);
  Push(2, 300, true);
  Push(3);
  ExpectSegments({2, 3});
}

TEST_P(Smooth, OtherCapsGoOnOnTheSamePad) {
  Begin();
  Push(0);
  const std::string other = std::string(GetParam().media_caps) + ", codec_data=(buffer)aa";
  feeder_.SendCaps("video/quicktime, variant=(string)mss-fragmented, timescale=(guint64)" +
                   std::to_string(stream_.spec.movie.tracks[0].timescale) +
                   ", media-caps=(GstCaps)[" + other + "]");
  Push(1);
  ExpectSegments({0, 1});
  const auto buffers = BuffersOf(feeder_.PadNamed(GetParam().pad));
  EXPECT_EQ(buffers.front().caps.find("codec_data"), std::string::npos);
  EXPECT_NE(buffers.back().caps.find("codec_data=(buffer)aa"), std::string::npos);
  EXPECT_EQ(PadNames(feeder_), Names{GetParam().pad});
}

/// Some servers count the offset as if a box that they put in afterwards were not there.
TEST_P(Smooth, DataThatWouldLieInTheMoofIsTheMdats) {
  Begin();
  Bytes segment = stream_.Segment(0);
  const char* const name = "trun";
  const auto trun = std::search(segment.begin(), segment.end(), name, name + 4) - segment.begin();
  uint8_t* const offset = &segment[static_cast<size_t>(trun) + 12];
  GST_WRITE_UINT32_BE(offset, GST_READ_UINT32_BE(offset) - 80);
  feeder_.Push(segment, SIZE_MAX, {.pts = 0});
  ExpectSegments({0});
}

Names SystemsTold(const RecordedPad& pad) {
  Names systems;
  for (const EventPtr& event : EventsOf(pad, GST_EVENT_PROTECTION)) {
    const gchar* system = nullptr;
    gst_event_parse_protection(event.get(), &system, nullptr, nullptr);
    systems.emplace_back(system);
  }
  return systems;
}

/// What of a sample's protection meta the truth knows.
void ExpectProtection(const RecordedItem& buffer, const SampleTruth& truth) {
  const GstStructure* info = buffer.protection.get();
  ASSERT_NE(info, nullptr);
  guint iv_size = 0;
  EXPECT_TRUE(gst_structure_get_uint(info, "iv_size", &iv_size));
  EXPECT_EQ(iv_size, truth.key.iv_size);
  const GValue* iv = gst_structure_get_value(info, "iv");
  ASSERT_NE(iv, nullptr);
  Bytes bytes(truth.iv.size());
  EXPECT_EQ(gst_buffer_extract(gst_value_get_buffer(iv), 0, bytes.data(), 99), bytes.size());
  EXPECT_EQ(bytes, truth.iv);
  guint subsamples = 99;
  EXPECT_TRUE(gst_structure_get_uint(info, "subsample_count", &subsamples));
  EXPECT_EQ(subsamples, truth.subsamples.size());
}

void ExpectProtected(const RecordedPad& pad, const std::vector<SampleTruth>& truth) {
  const auto buffers = BuffersOf(pad);
  ASSERT_EQ(buffers.size(), truth.size());
  for (size_t i = 0; i < buffers.size(); ++i) {
    SCOPED_TRACE(pad.name + ", sample " + std::to_string(i));
    ExpectProtection(buffers[i], truth[i]);
  }
}

TEST(Encrypted, SamplesSayHowAfterABreakToo) {
  EncryptionSpec encryption;
  encryption.subsamples = true;
  const EncryptedFragments built = BuildEncryptedFragments(encryption);
  const auto first = std::search(built.file.begin(), built.file.end(), "moof", &"moof"[4]) - 4;
  const Bytes header(built.file.begin(), first);
  const Bytes segments(first, built.file.end());
  SegmentFeeder feeder;
  feeder.Begin();
  feeder.Push(header);
  feeder.Push(segments, 1000);
  ExpectProtected(feeder.PadNamed(kVideo), built.truth[0]);
  ExpectProtected(feeder.PadNamed(kAudio), built.truth[1]);
  feeder.Flush();
  feeder.SendSegment(0);
  feeder.Push(segments, 1000, {.discont = true});
  ExpectProtected(feeder.PadNamed(kVideo), built.truth[0]);
  EXPECT_EQ(BuffersOf(feeder.PadNamed(kVideo)).front().caps.find("application/x-cenc"), 0u);
}

TEST_P(Smooth, EncryptedSamplesSayHow) {
  constexpr const char* kSystem = "9a04f079-9840-4286-ab92-e65be0885f95";
  EncryptionSpec encryption;
  encryption.form = RecordForm::kPiff;
  FragmentedSpec spec = WithoutHeader(GetParam().track);
  std::vector<SampleTruth> all;
  for (FragmentSpec& fragment : spec.fragments) {
    TrafSpec& traf = fragment.trafs[0];
    std::vector<SampleTruth> truth;
    for (size_t i = 0; i < traf.runs[0].count; ++i)
      truth.push_back(TruthOf(encryption, all.size() + i, 0));
    traf.boxes = [=, runs = traf.runs](uint64_t position) {
      return TrafBoxes(encryption, truth, runs, position);
    };
    all.insert(all.end(), truth.begin(), truth.end());
  }
  const Stream stream(spec);
  const std::string media(GetParam().media_caps);
  const size_t type_end = media.find(',');
  Begin("application/x-cenc, original-media-type=(string)" + media.substr(0, type_end) +
        ", protection-system=(string)" + kSystem + media.substr(type_end));
  GstBuffer* rights = gst_buffer_new_allocate(nullptr, 5, nullptr);
  feeder_.SendEvent(gst_event_new_protection(kSystem, rights, "smooth-streaming"));
  gst_buffer_unref(rights);
  for (size_t i = 0; i < stream.segments(); ++i) {
    const GstClockTime time = SamplesIn(stream, 0, {i}).front().dts;
    ASSERT_EQ(feeder_.Push(stream.Segment(i), 1000, {.pts = time}), GST_FLOW_OK);
  }
  const RecordedPad pad = feeder_.PadNamed(GetParam().pad);
  ExpectBuffers(BuffersOf(pad), SamplesIn(stream, 0, All(stream)), GetParam().name);
  ExpectProtected(pad, all);
  EXPECT_EQ(SystemsTold(pad), Names{kSystem});
  EXPECT_TRUE(feeder_.recorder().messages(GST_MESSAGE_NEED_CONTEXT).empty());
}

}  // namespace
}  // namespace iso::test
