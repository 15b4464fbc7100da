// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PresentationSearch: the sample on display at a presentation time.

#pragma once

#include <cstdint>

#include "core/base/rational.h"
#include "core/base/result.h"
#include "core/table/composition_index.h"
#include "core/table/time_index.h"

namespace iso {

/// Answers one question. A sample's presentation time is its decode time plus an offset,
/// so it lies within the window of decode times that the least and the greatest offset
/// leave. A window is searched, and then checked: if the offsets allow that a sample
/// outside of it is the right one, it is moved and widened. The offsets are those of the
/// whole track where their table is short, else those of the window itself.
class PresentationSearch {
 public:
  /// `count` is the track's number of samples.
  PresentationSearch(const TimeIndex& times, const CompositionIndex& offsets, uint64_t count)
      : offsets_(offsets), count_(count), time_(times), offset_(offsets) {}

  /// Of the samples with pts <= t the one with the greatest pts (of equals the last); when
  /// there is none, the first of those with the smallest pts.
  Result<uint64_t> Find(int64_t t);

 private:
  /// Samples [first, end).
  struct Window {
    uint64_t first;
    uint64_t end;
  };

  /// What the samples of a window are like.
  struct Scan {
    uint64_t shown = kForever;  ///< on display at t
    int64_t shown_pts = kTimeMin;
    uint64_t earliest = 0;  ///< presented before all others
    int64_t earliest_pts = kTimeMax;
    OffsetBounds bounds;
    int64_t first_dts = 0;
    int64_t end_dts = 0;
  };

  struct Span;

  Result<OffsetBounds> KnownBounds() const;
  Result<Scan> ScanWindow(const Window& window, int64_t t);
  static void ScanSpan(const Span& span, int64_t t, Scan* scan);
  bool IsProven(const Window& window,
                const Scan& scan,
                const OffsetBounds& bounds,
                int64_t t) const;
  Result<Window> WindowFor(int64_t t, const OffsetBounds& bounds);
  Window Padded(const Window& window) const;
  Result<uint64_t> Earliest();

  const CompositionIndex& offsets_;
  uint64_t count_;
  TimeWalker time_;
  CompositionWalker offset_;
};

}  // namespace iso
