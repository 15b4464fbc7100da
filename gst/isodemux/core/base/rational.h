// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Exact time arithmetic: ticks of a timescale to ticks of another, rounded once and
// always downwards, saturating instead of overflowing.

#pragma once

#include <cstdint>
#include <limits>

namespace iso {

constexpr int64_t kTimeMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kTimeMin = std::numeric_limits<int64_t>::min();
constexpr uint32_t kNanosecondsPerSecond = 1'000'000'000;

inline int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? kTimeMin : kTimeMax;
}

inline int64_t SaturatingSubtract(int64_t a, int64_t b) {
  int64_t difference;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a < b ? kTimeMin : kTimeMax;
}

/// floor(ticks * to / from). `from` must not be 0. Without a 128-bit division wherever
/// the result fits: whole seconds and the rest are scaled apart.
inline int64_t RescaleFloor(int64_t ticks, uint32_t from, uint32_t to) {
  int64_t seconds = ticks / from;
  int64_t rest = ticks % from;
  if (rest < 0) {
    rest += from;
    --seconds;
  }
  int64_t scaled;
  if (__builtin_mul_overflow(seconds, static_cast<int64_t>(to), &scaled)) {
    return seconds < 0 ? kTimeMin : kTimeMax;
  }
  return SaturatingAdd(scaled, static_cast<int64_t>(static_cast<uint64_t>(rest) * to / from));
}

/// ceil(ticks * to / from), likewise.
inline int64_t RescaleCeil(int64_t ticks, uint32_t from, uint32_t to) {
  const int64_t floor = RescaleFloor(ticks, from, to);
  // The division was exact when scaling the remainder left none.
  int64_t rest = ticks % from;
  if (rest < 0) rest += from;
  const bool exact = static_cast<uint64_t>(rest) * to % from == 0;
  return exact ? floor : SaturatingAdd(floor, 1);
}

/// floor(ticks * 1e9 / timescale).
inline int64_t ToNanoseconds(int64_t ticks, uint32_t timescale) {
  return RescaleFloor(ticks, timescale, kNanosecondsPerSecond);
}

}  // namespace iso
