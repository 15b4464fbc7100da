// SPDX-License-Identifier: LGPL-2.1-or-later
//
// MemoryMeter and MemoryCharge: bytes held, counted before they are allocated.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace iso {

/// Bytes held and the most there may be. Thread-safe, without locks.
class MemoryMeter {
 public:
  explicit MemoryMeter(uint64_t limit) : limit_(limit) {}

  /// Counts the bytes if they fit below the limit.
  bool TryAdd(uint64_t bytes) {
    uint64_t held = held_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit() || held > limit() - bytes) return false;
    } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
    NotePeak(held + bytes);
    return true;
  }

  /// Counts them even if they do not: for what cannot be done without.
  void Add(uint64_t bytes) { NotePeak(held_.fetch_add(bytes, std::memory_order_relaxed) + bytes); }

  void Remove(uint64_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }

  uint64_t held() const { return held_.load(std::memory_order_relaxed); }

  uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }

  void SetLimit(uint64_t bytes) { limit_.store(bytes, std::memory_order_relaxed); }

  /// The most that was ever held.
  uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }

 private:
  void NotePeak(uint64_t held) {
    uint64_t peak = peak_.load(std::memory_order_relaxed);
    while (peak < held && !peak_.compare_exchange_weak(peak, held, std::memory_order_relaxed)) {
    }
  }

  std::atomic<uint64_t> held_{0};
  std::atomic<uint64_t> limit_;
  std::atomic<uint64_t> peak_{0};
};

/// Bytes counted at a meter until this object goes. The meter must outlive it.
class MemoryCharge {
 public:
  MemoryCharge() = default;

  /// Takes over bytes that have been counted.
  MemoryCharge(MemoryMeter& meter, uint64_t bytes) : meter_(&meter), bytes_(bytes) {}

  ~MemoryCharge() { Reset(); }

  MemoryCharge(MemoryCharge&& other) noexcept
      : meter_(other.meter_), bytes_(std::exchange(other.bytes_, 0)) {}

  MemoryCharge& operator=(MemoryCharge&& other) noexcept {
    Reset();
    meter_ = other.meter_;
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }

  uint64_t bytes() const { return bytes_; }

 private:
  void Reset() {
    if (bytes_ > 0) meter_->Remove(std::exchange(bytes_, 0));
  }

  MemoryMeter* meter_ = nullptr;
  uint64_t bytes_ = 0;
};

}  // namespace iso
