// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PresentationSearch: the sample on display at a presentation time.

#pragma once

#include <cstdint>

#include "core/base/result.h"
#include "core/table/composition_index.h"
#include "core/table/time_index.h"

namespace iso {

/// Answers one question. A sample's presentation time is its decode time plus an offset,
/// so it lies within the window of decode times that the least and the greatest offset
/// leave. They are known for the whole track where the table of offsets is short; where
/// it is long, they are measured over the window itself, which is moved and widened until
/// it holds every sample that the measured offsets allow.
class PresentationSearch {
 public:
  /// `count` is the track's number of samples.
  PresentationSearch(const TimeIndex& times, const CompositionIndex& offsets, uint64_t count)
      : times_(times), offsets_(offsets), count_(count) {}

  /// Of the samples with pts <= t the one with the greatest pts (of equals the last); when
  /// there is none, the first of those with the smallest pts.
  Result<uint64_t> Find(int64_t t) const;

 private:
  /// Samples [first, end).
  struct Window {
    uint64_t first;
    uint64_t end;
  };

  Result<OffsetBounds> BoundsAround(int64_t t) const;
  Result<Window> WindowFor(int64_t t, const OffsetBounds& bounds) const;
  Window Padded(const Window& window) const;

  template <class Visit>
  Status ForEachSpan(const Window& window, Visit visit) const;

  Result<uint64_t> LastUpTo(int64_t t, const Window& window) const;
  Result<uint64_t> Smallest() const;

  const TimeIndex& times_;
  const CompositionIndex& offsets_;
  uint64_t count_;
};

}  // namespace iso
