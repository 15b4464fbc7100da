// SPDX-License-Identifier: LGPL-2.1-or-later
//
// MediaClock: the times of one track: ticks of its media, nanoseconds of its media, and
// nanoseconds of the presentation, which an edit maps onto each other.

#pragma once

#include <cstdint>

#include "core/movie/movie.h"

namespace iso {

/// Media times in nanoseconds ("media_ns") include the track's composition shift, as the
/// timestamps of buffers do. Immutable; any thread.
class MediaClock {
 public:
  explicit MediaClock(const Track& track)
      : timescale_(track.timescale), shift_(track.composition_shift) {}

  int64_t DtsNs(int64_t dts) const { return ToNanoseconds(dts, timescale_); }

  int64_t PtsNs(int64_t pts) const {
    return ToNanoseconds(SaturatingAdd(pts, shift_), timescale_);
  }

  /// The last tick that is on display at a presentation time inside an edit. Exact: a time
  /// that was rounded down from a tick's gives that tick.
  int64_t PtsShownAt(const Edit& edit, int64_t presentation_ns) const;

  /// When a tick is on display, as the edit plays it, rounded down from the exact time.
  int64_t ShownFrom(const Edit& edit, int64_t pts) const;

  /// Media time of a presentation time inside an edit. When a tick is on display from then on,
  /// as ShownFrom() says, that tick's: the one before is not shown for a nanosecond more.
  int64_t MediaNs(const Edit& edit, int64_t presentation_ns) const;

  /// Presentation time of a media time, as the edit plays it.
  int64_t PresentationNs(const Edit& edit, int64_t media_ns) const;

  bool shifted() const { return shift_ != 0; }

 private:
  uint32_t timescale_;
  int64_t shift_;
};

}  // namespace iso
