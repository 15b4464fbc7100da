// SPDX-License-Identifier: LGPL-2.1-or-later

#include "segmented_stream.h"

#include <gtest/gtest.h>

#include "fragment_catalog.h"

namespace iso::test {
namespace {

GstClockTime Nanoseconds(uint64_t ticks, uint32_t timescale) {
  return gst_util_uint64_scale(ticks, GST_SECOND, timescale);
}

}  // namespace

std::vector<Expected> SamplesIn(const Stream& stream,
                                size_t track,
                                const std::vector<size_t>& segments) {
  const TrackSpec& of = stream.spec.movie.tracks[track];
  std::vector<Expected> all;
  for (const size_t segment : segments) {
    for (const TrackPart& part : stream.movie.places[segment].parts) {
      if (part.track != track) continue;
      uint64_t time = part.time;
      for (size_t i = part.first; i < part.first + part.count; ++i) {
        const SampleSpec& s = of.samples[i];
        const auto shown = static_cast<uint64_t>(static_cast<int64_t>(time) + s.cts);
        all.push_back({Nanoseconds(shown, of.timescale),
                       Nanoseconds(time, of.timescale),
                       s.sync,
                       SamplePayload(of, i)});
        time += s.duration;
      }
    }
  }
  return all;
}

std::vector<size_t> All(const Stream& stream) {
  std::vector<size_t> all(stream.segments());
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = i;
  return all;
}

void ExpectBuffers(const std::vector<RecordedItem>& buffers,
                   const std::vector<Expected>& expected,
                   const std::string& what) {
  ASSERT_EQ(buffers.size(), expected.size()) << what;
  for (size_t i = 0; i < buffers.size(); ++i) {
    SCOPED_TRACE(what + ", sample " + std::to_string(i));
    ASSERT_EQ(buffers[i].pts, expected[i].pts);
    ASSERT_EQ(buffers[i].dts, expected[i].dts);
    ASSERT_EQ((buffers[i].flags & GST_BUFFER_FLAG_DELTA_UNIT) == 0, expected[i].sync);
    ASSERT_TRUE(buffers[i].data == expected[i].data);
  }
}

std::vector<size_t> BreaksIn(const RecordedPad& pad) {
  std::vector<size_t> breaks;
  const auto buffers = BuffersOf(pad);
  for (size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i].flags & GST_BUFFER_FLAG_DISCONT) breaks.push_back(i);
  }
  return breaks;
}

std::vector<std::string> PadNames(SegmentFeeder& feeder) {
  std::vector<std::string> names;
  for (const RecordedPad& pad : feeder.recorder().pads())
    names.push_back(pad.name);
  return names;
}

std::vector<Expected> Joined(std::vector<Expected> first, const std::vector<Expected>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

FragmentedSpec OneTrack(size_t track) {
  FragmentedSpec spec = PlainFragments();
  spec.movie.tracks = {spec.movie.tracks[track]};
  spec.fragments = CutFragments(spec, 1.04);
  return spec;
}

void Play(SegmentFeeder& feeder, const Stream& stream, const std::vector<size_t>& segments) {
  feeder.Begin();
  feeder.Push(stream.Header());
  for (const size_t i : segments)
    feeder.Push(stream.Segment(i));
}

}  // namespace iso::test
