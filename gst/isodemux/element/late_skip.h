// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LateSkip: what becomes of QoS events on a video pad. Pictures that downstream is sure to
// throw away are not even read, when a key unit that is late as well comes after them.

#pragma once

#include <atomic>
#include <cstdint>

#include <gst/gst.h>

#include "core/demux/event.h"
#include "core/movie/movie.h"

namespace iso::gst {

class LateSkip {
 public:
  explicit LateSkip(const Track& track) : track_(&track) {}

  /// The pad goes on with another track. Streaming thread.
  void Follow(const Track& track) { track_ = &track; }

  /// A QoS event came. Any thread.
  void Report(GstEvent* qos);

  /// After a flush nothing is late any more. Streaming thread, as all that follows.
  void Reset();

  /// A new segment: sample numbers start anew.
  void BeginSegment();

  /// Whether the sample is passed over. `segment` is the pad's. `*began`: it is the first one.
  bool Skips(const Event& event, const GstSegment& segment, bool* began);

  uint64_t skipped() const { return skipped_; }

  /// How late downstream last was, nanoseconds; for messages.
  int64_t jitter() const { return jitter_.load(std::memory_order_relaxed); }

 private:
  static constexpr int64_t kNothing = -1;

  bool AimAtKeyUnitAfter(uint64_t sample, const GstSegment& segment, int64_t late_before);

  const Track* track_;
  std::atomic<int64_t> late_before_{kNothing};  ///< running time; kNothing: nothing is late
  std::atomic<int64_t> jitter_{0};
  int64_t considered_ = kNothing;  ///< the late_before_ that led nowhere last
  uint64_t key_unit_ = 0;          ///< samples before this one are passed over
  int64_t key_unit_pts_ = kTimeMin;  ///< so are those that follow it and are shown before it
  uint64_t skipped_ = 0;
};

}  // namespace iso::gst
