// SPDX-License-Identifier: LGPL-2.1-or-later
//
// IndexMemory: all that the index of one file keeps in memory, under one limit: pages of
// tables, checkpoints, places of fragments.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/memory/memory_governor.h"
#include "core/memory/memory_meter.h"

namespace iso {

constexpr uint64_t kDefaultIndexBudget = 768u << 10;

/// What the memory did, for the element's stats.
struct IndexMemoryStats {
  uint64_t held_bytes = 0;
  uint64_t limit_bytes = 0;  ///< now: by the budget, the pressure, and other files
  uint64_t peak_bytes = 0;
  uint64_t shrinks = 0;           ///< times it was told to keep less, by whomever
  uint64_t bytes_given_back = 0;  ///< by all that lowered the limit
  PressureLevel level = PressureLevel::kNormal;
};

/// Thread-safe. Nothing here reads the source or waits for one who does.
///
/// Bytes are counted before they are allocated, and pages make room for whatever is wanted
/// next. The one thing that may lift the sum above the limit is what readers hold on to, and
/// what no answer can do without; for that there is a floor, below which the limit never falls:
/// two pages of each long table, and what building an index takes, up to 256 KiB.
class IndexMemory final : public MemoryGovernor::Client {
 public:
  /// Keeps what can be dropped one by one, oldest first: the pages.
  class Pages {
   public:
    virtual ~Pages() = default;

    /// False when there was none.
    virtual bool DropOldest() = 0;
  };

  /// Keeps what was computed or found, and can do with less of it: checkpoints. What it keeps is
  /// no part of what it is, so all of this is const.
  class Holder {
   public:
    virtual ~Holder() = default;

    /// The most that is of use; always the same.
    virtual size_t Want() const = 0;

    /// Keeps at most so many bytes from now on, but for a few that no answer can do
    /// without. Called with the memory's lock held; must be quick. Reserve() may be called.
    virtual void SetRoom(size_t bytes) const = 0;
  };

  /// `governor` may be null: then the budget is the limit.
  IndexMemory(uint64_t budget, std::shared_ptr<MemoryGovernor> governor, Pages* pages);
  ~IndexMemory() override;

  /// Counts `bytes` that are about to be allocated; drops pages until they fit. False when
  /// they do not: nothing is counted then.
  bool Reserve(uint64_t bytes);

  /// For what counted bytes are handed to; may outlive this object.
  const std::shared_ptr<MemoryMeter>& meter() const { return meter_; }

  /// A holder shares the part of the memory that is not for pages. It is told its room
  /// before Join returns. Must not be called with a lock that SetRoom takes.
  void Join(const Holder* holder);
  void Leave(const Holder* holder);

  /// Another track: so many bytes of it are held whatever the pressure (pages by its readers), and
  /// whoever builds an index of it works in so many, one at a time.
  void RaiseFloor(uint64_t held_bytes, uint64_t working_bytes);

  /// The most to keep when there is no pressure. At once.
  void SetBudget(uint64_t bytes);

  /// The least pressure to assume, whatever the governor says. At once.
  void SetLevel(PressureLevel level);

  /// Drops pages until at most so many bytes are held, once.
  void Shrink(uint64_t bytes);

  void SetAllowance(PressureLevel level, uint64_t bytes) override;

  PressureLevel level() const { return level_.load(std::memory_order_relaxed); }

  IndexMemoryStats stats() const;

 private:
  void Change();
  void Apply(PressureLevel level);
  void DistributeRoom(uint64_t room);
  void DropPages(uint64_t bytes);

  const std::shared_ptr<MemoryGovernor> governor_;
  Pages* const pages_;
  const std::shared_ptr<MemoryMeter> meter_;

  std::mutex settings_mutex_;  ///< guards the next two; held while talking to the governor
  uint64_t budget_;
  PressureLevel own_level_ = PressureLevel::kNormal;

  mutable std::mutex mutex_;  ///< guards all that follows
  std::vector<const Holder*> holders_;
  uint64_t wanted_ = 0;  ///< by all holders
  uint64_t allowance_;
  uint64_t held_floor_ = 0;
  uint64_t working_floor_ = 0;
  std::atomic<PressureLevel> level_{PressureLevel::kNormal};  ///< read without the mutex, too
  uint64_t shrinks_ = 0;
  uint64_t given_back_ = 0;
};

}  // namespace iso
