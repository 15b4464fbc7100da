// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Growth: waits for what somebody else appends to the file that is pulled, and knows when
// that is over.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "element/pull_source.h"

namespace iso::gst {

/// Streaming thread only, but for what is named below.
class Growth {
 public:
  enum class Answer { kGrown, kOver, kInterrupted };

  /// It is over when the file has not grown for `timeout_ns`.
  Growth(PullSource& source, uint64_t timeout_ns);

  /// Until byte `end` of the file is near: as many bytes are there, or (with 0) any more than there
  /// were.
  Answer Wait(uint64_t end);

  /// Asks upstream how much there is now, at most once a second unless `at_once`. True when it has
  /// become more; then it is not over any more.
  bool Look(bool at_once);

  /// Any thread.
  bool over() const { return over_; }

  /// From now on Wait() answers kInterrupted, until each Interrupt() has had its Resume(). Any
  /// thread.
  void Interrupt();
  void Resume();

 private:
  using Clock = std::chrono::steady_clock;

  bool Rest(Clock::duration at_most);

  PullSource& source_;
  const std::chrono::nanoseconds timeout_;
  Clock::time_point looked_at_;
  std::atomic<bool> over_{false};

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable interrupted_;
  unsigned interruptions_ = 0;
};

}  // namespace iso::gst
