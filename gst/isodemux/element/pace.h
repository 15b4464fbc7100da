// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pace: whether downstream takes media as fast as it comes, or in its own time.

#pragma once

#include <chrono>
#include <cstdint>

namespace iso::gst {

/// Streaming thread only.
class Pace {
 public:
  /// From here on; not in a hurry.
  void Restart() { *this = Pace(); }

  /// To be told of every sample pushed: where in the presentation it is, and at which rate
  /// that is played. True now and then, when IsHurried() has been found out anew.
  bool Note(int64_t position_ns, double rate) {
    if (++samples_ < kSamples) return false;
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::nano> passed = now - since_;
    const auto played = static_cast<double>(position_ns - position_ns_);
    hurried_ = position_ns_ >= 0 && played > kHurry * rate * passed.count();
    samples_ = 0;
    since_ = now;
    position_ns_ = position_ns;
    return true;
  }

  /// Media goes several times faster than it would if it were shown.
  bool IsHurried() const { return hurried_; }

 private:
  static constexpr uint32_t kSamples = 64;
  static constexpr double kHurry = 4;

  uint32_t samples_ = 0;
  std::chrono::steady_clock::time_point since_;
  int64_t position_ns_ = -1;
  bool hurried_ = false;
};

}  // namespace iso::gst
