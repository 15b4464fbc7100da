// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/growth.h"

#include <algorithm>

namespace iso::gst {
namespace {

/// Nobody tells when a file has grown: it is asked this often while that is waited for ...
constexpr std::chrono::milliseconds kWaitStep{100};

/// ... and this often while there is still something to play.
constexpr std::chrono::seconds kLookStep{1};

/// Longer than anybody waits, and short enough to be added to a time.
constexpr uint64_t kLongestNs = uint64_t{100} * 365 * 24 * 3600 * 1'000'000'000;

}  // namespace

Growth::Growth(PullSource& source, uint64_t timeout_ns)
    : source_(source), timeout_(std::min(timeout_ns, kLongestNs)), looked_at_(Clock::now()) {
}

Growth::Answer Growth::Wait(uint64_t end) {
  if (over_) return Answer::kOver;
  Clock::time_point give_up = Clock::now() + timeout_;
  while (true) {
    if (Look(true)) {
      if (source_.size().value_or(0) >= end) return Answer::kGrown;
      give_up = Clock::now() + timeout_;
    }
    const Clock::duration left = give_up - Clock::now();
    if (left <= Clock::duration::zero()) break;
    if (!Rest(std::min<Clock::duration>(left, kWaitStep))) return Answer::kInterrupted;
  }
  over_ = true;
  return Answer::kOver;
}

bool Growth::Look(bool at_once) {
  const Clock::time_point now = Clock::now();
  if (!at_once && now - looked_at_ < kLookStep) return false;
  looked_at_ = now;
  const bool grown = source_.AskSize();
  if (grown) over_ = false;
  return grown;
}

/// False: interrupted.
bool Growth::Rest(Clock::duration at_most) {
  std::unique_lock lock(mutex_);
  return !interrupted_.wait_for(lock, at_most, [this] { return interruptions_ > 0; });
}

void Growth::Interrupt() {
  const std::lock_guard lock(mutex_);
  ++interruptions_;
  interrupted_.notify_all();
}

void Growth::Resume() {
  const std::lock_guard lock(mutex_);
  --interruptions_;
}

}  // namespace iso::gst
