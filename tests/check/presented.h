// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a pad's buffers present, mapped through their segments to stream and running time
// with GStreamer's own arithmetic.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "naive_timeline.h"
#include "recorder.h"
#include "seek_model.h"

namespace iso::test {

/// The samples of a track by where they lie. Empty if two lie in one place.
std::map<uint64_t, uint64_t> SamplesByOffset(const OracleTrack& track);

struct PadPresentation {
  std::vector<Shown> shown;         ///< in stream time, in the order of the buffers
  std::vector<Shown> gaps;
  std::vector<uint64_t> order;      ///< sample numbers, as they came
  std::vector<std::string> errors;  ///< running times, segments, flags that are not right
  std::optional<uint64_t> first;    ///< the sample that came before anything else was said
  std::optional<uint64_t> last;     ///< the last sample,
  uint64_t last_pts = 0;            ///< its buffer's time,
  size_t last_edit = 0;             ///< and what it was played for
  GstSegment last_segment;
};

/// What the pad got since its last flush, played at `rate` from or to the ends of `range`.
/// `seqnum`: of every event; 0: any.
PadPresentation PresentedOn(const RecordedPad& pad,
                            const OracleTrack& track,
                            const NaiveTimeline& whole,
                            double rate,
                            const SeekRange& range,
                            uint32_t seqnum);

/// The range that the pads' first segments say is played.
SeekRange PlayedRange(const std::vector<RecordedPad>& pads, const SeekAsk& ask, int64_t end_ns);

/// The movie's edit list as a TrackSpec.
TrackSpec EditsOf(const OracleTrack& track);

}  // namespace iso::test
