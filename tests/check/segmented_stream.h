// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A fragmented movie as an adaptive stream in pieces, and what of it should come out.

#pragma once

#include <string>
#include <vector>

#include "fragment_builder.h"
#include "segment_feeder.h"

namespace iso::test {

using Names = std::vector<std::string>;

constexpr const char* kVideo = "video_0";
constexpr const char* kAudio = "audio_0";

/// A fragmented movie that is sent in pieces.
struct Stream {
  explicit Stream(FragmentedSpec of) : spec(std::move(of)), movie(BuildFragments(spec)) {}

  Bytes Part(uint64_t from, uint64_t to) const {
    return Bytes(movie.bytes.begin() + static_cast<ptrdiff_t>(from),
                 movie.bytes.begin() + static_cast<ptrdiff_t>(to));
  }

  Bytes Header() const { return Part(0, movie.init_size); }

  Bytes Segment(size_t i) const { return Part(movie.places[i].start, movie.places[i].end); }

  size_t segments() const { return movie.places.size(); }

  FragmentedSpec spec;
  FragmentedMovie movie;
};

/// A sample as it should come out: times in nanoseconds, rounded down.
struct Expected {
  GstClockTime pts;
  GstClockTime dts;
  bool sync;
  Bytes data;
};

/// What a track has in these segments.
std::vector<Expected> SamplesIn(const Stream& stream,
                                size_t track,
                                const std::vector<size_t>& segments);

std::vector<size_t> All(const Stream& stream);

void ExpectBuffers(const std::vector<RecordedItem>& buffers,
                   const std::vector<Expected>& expected,
                   const std::string& what);

/// Places among the buffers that are marked DISCONT.
std::vector<size_t> BreaksIn(const RecordedPad& pad);

std::vector<std::string> PadNames(SegmentFeeder& feeder);

/// One after the other.
std::vector<Expected> Joined(std::vector<Expected> first, const std::vector<Expected>& second);

/// Only one of the plain movie's tracks.
FragmentedSpec OneTrack(size_t track);

/// A stream's beginning: its header, then these segments.
void Play(SegmentFeeder& feeder, const Stream& stream, const std::vector<size_t>& segments);

}  // namespace iso::test
