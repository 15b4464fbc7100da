// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Adaptive streams of which upstream sends key units alone: moofs, and samples out of their data.

#include <gtest/gtest.h>

#include "segmented_stream.h"

namespace iso::test {
namespace {

/// Where samples of a track lie in the whole file, by number.
std::vector<uint64_t> PlacesOf(const Stream& stream, size_t segment) {
  std::vector<uint64_t> places;
  uint64_t at = stream.movie.places[segment].mdat + 8;
  for (const TrackPart& part : stream.movie.places[segment].parts) {
    for (size_t i = part.first; i < part.first + part.count; ++i) {
      places.push_back(at);
      at += stream.spec.movie.tracks[part.track].samples[i].size;
    }
  }
  return places;
}

/// The video alone, with a key unit every four frames.
FragmentedSpec ManyKeyUnits() {
  FragmentedSpec spec = OneTrack(0);
  for (size_t i = 0; i < spec.movie.tracks[0].samples.size(); ++i)
    spec.movie.tracks[0].samples[i].sync = i % 4 == 0;
  return spec;
}

/// Upstream that goes from key unit to key unit: what it sends is DISCONT, and has its place in the
/// file for OFFSET.
class KeyUnits : public testing::Test {
 protected:
  void SendHeader(double rate = 1.0) {
    feeder_.StartStream("stream");
    feeder_.SendCaps("video/quicktime");
    feeder_.SendSegment(0, 30 * GST_SECOND, rate);
    feeder_.Push(stream_.Header(), SIZE_MAX, {.discont = true, .offset = 0});
  }

  GstFlowReturn PushFrom(uint64_t from, uint64_t to, size_t chunk = SIZE_MAX) {
    return feeder_.Push(stream_.Part(from, to), chunk, {.discont = true, .offset = from});
  }

  /// `with_mdat`: its header as well.
  void PushMoof(size_t segment, bool with_mdat) {
    const FragmentPlace& place = stream_.movie.places[segment];
    EXPECT_EQ(PushFrom(place.start, place.mdat + (with_mdat ? 8 : 0)), GST_FLOW_OK);
  }

  void PushSample(size_t segment, size_t i) {
    const std::vector<uint64_t> places = PlacesOf(stream_, segment);
    const uint64_t end = i + 1 < places.size() ? places[i + 1] : stream_.movie.places[segment].end;
    EXPECT_EQ(PushFrom(places[i], end, 60), GST_FLOW_OK);
    const std::vector<Expected> all = SamplesIn(stream_, 0, {segment});
    expected_.push_back(all[i]);
  }

  void ExpectThem(const std::vector<size_t>& breaks) {
    ExpectBuffers(BuffersOf(feeder_.PadNamed(kVideo)), expected_, kVideo);
    EXPECT_EQ(BreaksIn(feeder_.PadNamed(kVideo)), breaks);
    EXPECT_EQ(PadNames(feeder_), Names{kVideo});
    EXPECT_EQ(feeder_.recorder().errors(), Names{});
    EXPECT_EQ(EventsOf(feeder_.PadNamed(kVideo), GST_EVENT_CAPS).size(), 1u);
    EXPECT_EQ(LostSamples(), 0u) << "what was left out is not lost";
  }

  uint64_t LostSamples() {
    GstStructure* stats = nullptr;
    guint64 lost = 0;
    g_object_get(feeder_.recorder().demuxer(), "stats", &stats, nullptr);
    EXPECT_TRUE(gst_structure_get_uint64(stats, "lost-samples", &lost));
    gst_structure_free(stats);
    return lost;
  }

  const Stream stream_{ManyKeyUnits()};
  SegmentFeeder feeder_;
  std::vector<Expected> expected_;
};

TEST_F(KeyUnits, OneBehindTheOther) {
  SendHeader();
  for (const size_t segment : {0, 1, 2}) {
    PushMoof(segment, true);
    for (const size_t i : {4, 8, 16})
      PushSample(segment, i);
  }
  ExpectThem({0, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_F(KeyUnits, Backwards) {
  SendHeader(-1.0);
  for (const size_t segment : {2, 1}) {
    PushMoof(segment, true);
    for (const size_t i : {16, 8, 0})
      PushSample(segment, i);
  }
  ExpectThem({0, 1, 2, 3, 4, 5});
}

TEST_F(KeyUnits, BehindAMoofThatCameAlone) {
  SendHeader();
  PushMoof(1, false);
  for (const size_t i : {0, 3, 6})
    PushSample(1, i);
  ExpectThem({0, 1, 2});
}

/// The first one comes with its moof; behind the last one the stream goes on as it is.
TEST_F(KeyUnits, FromAndToTheWholeStream) {
  SendHeader();
  const std::vector<uint64_t> places = PlacesOf(stream_, 1);
  PushFrom(stream_.movie.places[1].start, places[1], 100);
  const std::vector<Expected> of_segment = SamplesIn(stream_, 0, {1});
  expected_.push_back(of_segment[0]);
  PushFrom(places[8], stream_.movie.places[1].end, 100);
  expected_.insert(expected_.end(), of_segment.begin() + 8, of_segment.end());
  feeder_.Push(stream_.Segment(2), 100);
  expected_ = Joined(expected_, SamplesIn(stream_, 0, {2}));
  ExpectThem({0, 1});
}

/// Files of their own are counted from 0.
TEST_F(KeyUnits, ASegmentThatIsCountedFromItsOwnBeginning) {
  SendHeader();
  for (const size_t segment : {0, 1}) {
    const FragmentPlace& place = stream_.movie.places[segment];
    const uint64_t sample = PlacesOf(stream_, segment)[4];
    feeder_.Push(stream_.Part(place.start, place.mdat + 8), 50, {.discont = true, .offset = 0});
    feeder_.Push(stream_.Part(sample, PlacesOf(stream_, segment)[5]),
                 50,
                 {.discont = true, .offset = sample - place.start});
    expected_.push_back(SamplesIn(stream_, 0, {segment})[4]);
  }
  ExpectBuffers(BuffersOf(feeder_.PadNamed(kVideo)), expected_, kVideo);
}

}  // namespace
}  // namespace iso::test
