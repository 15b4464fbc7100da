// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Event: what the demuxer hands out, one at a time. Here ticks become nanoseconds.

#pragma once

#include <cstdint>
#include <memory>

#include "core/base/rational.h"
#include "core/protection/sample_protection.h"
#include "core/table/sample_table.h"

namespace iso {

struct Fragment;

/// How the media times of the samples that follow map onto the presentation: a sample
/// with pts_ns in [start_ns, stop_ns) is on display from time_ns + (pts_ns - start_ns) / rate.
struct Segment {
  int64_t start_ns = 0;
  int64_t stop_ns = kTimeMax;   ///< kTimeMax: until the media ends
  int64_t time_ns = 0;          ///< of the presentation, at start_ns
  int64_t end_time_ns = kTimeMax;  ///< of the presentation, at stop_ns
  int32_t rate = 0x10000;       ///< of the media against the presentation, 16.16 (media_rate)

  bool operator==(const Segment&) const = default;
};

struct Event {
  enum class Kind : uint8_t {
    kSegment,  ///< `segment` begins on `track`
    kGap,      ///< nothing on `track` from gap_start_ns for gap_duration_ns
    kSample,   ///< `sample`, or `count` samples that follow each other in the file
    kEnd,      ///< `track` is over
    kNothing,  ///< not this time: ask again; `track` means nothing
    kAllEnded, ///< so are all others; `track` means nothing
  };

  Kind kind = Kind::kAllEnded;
  size_t track = 0;  ///< index into Movie::tracks

  Segment segment;

  int64_t gap_start_ns = 0;
  int64_t gap_duration_ns = 0;

  Sample sample;           ///< the first one, when count > 1
  uint32_t count = 1;      ///< more than 1 only for tracks with max_run > 1
  uint64_t size = 0;       ///< bytes of all of them
  int64_t dts_ns = 0;      ///< media time, never after pts_ns
  int64_t pts_ns = 0;      ///< media time, with the track's composition shift
  int64_t duration_ns = 0; ///< to where the next one starts; of all `count` together
  uint32_t clip_start = 0; ///< ticks at its start that the timeline does not present (audio);
                           ///< pts_ns is where what is presented starts
  uint32_t clip_end = 0;   ///< ticks at its end likewise
  std::shared_ptr<const Fragment> fragment;  ///< of the first sample of a track in it, where
                                             ///< something stands before it that is to be told
  const SampleProtection* protection = nullptr;  ///< null: not under common encryption; good
                                                 ///< until the next event is asked for
  bool discont = false;    ///< does not follow the sample before it (groups in reverse ...)
  bool decode_only = false;  ///< needed to decode others, not to be shown
};

}  // namespace iso
