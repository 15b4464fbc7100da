// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SparseIndex: where in a long table of runs a sum is reached, from few checkpoints.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/result.h"
#include "core/memory/counted_list.h"
#include "core/memory/index_memory.h"
#include "core/table/column.h"
#include "core/table/run_format.h"

namespace iso {

/// A reader that also keeps what the entries before those at hand add up to: another question
/// about the same page needs no index.
class RunReader : public ColumnReader {
 public:
  using ColumnReader::ColumnReader;

 private:
  friend class SparseIndex;

  /// Whether `before_` is still about the entries at hand.
  bool Knows() const { return before_.consumed >= begin() && before_.consumed < end(); }

  RunState before_;
};

/// Level 1 is one checkpoint every `stride` entries from the start of the table as far as
/// anybody has asked: at first several a page, as adding up what lies between is most of the
/// cost of an answer. When they become too many, or memory is short, every second one goes
/// and the stride doubles. Level 2 is one checkpoint a page (of very long intervals: every
/// few pages), for the level-1 intervals used last. Dropping any of it changes no answer.
///
/// Thread-safe. The mutex guards the checkpoints and is never held while the source is
/// read: a thread works on a copy and publishes what it has found, and what another thread
/// has published meanwhile is the same.
class SparseIndex final : private IndexMemory::Holder {
 public:
  struct Options {
    uint32_t max_checkpoints = 8192;  ///< of level 1, 16 bytes each
    uint32_t fine_bytes = 48u << 10;  ///< of level 2, where memory allows
  };

  /// Bytes that building needs at least while it works.
  static constexpr uint64_t kWorkingBytes = 20u << 10;

  /// `column` must outlive the index.
  SparseIndex(const Column& column, std::unique_ptr<const RunFormat> format, Options options);
  SparseIndex(const Column& column, std::unique_ptr<const RunFormat> format);
  ~SparseIndex() override;

  SparseIndex(const SparseIndex&) = delete;
  SparseIndex& operator=(const SparseIndex&) = delete;

  /// The last state, going by entries, that is at or before `target` on `axis`: entry
  /// `consumed` is the one that passes the target, if there is one. `reader` must be one
  /// of the index's column.
  Result<RunState> Find(RunAxis axis, uint64_t target, RunReader& reader) const;

  /// The state after the whole table (or as far as it matters, see RunFormat::Done).
  Result<RunState> End() const;

  /// Whether a state is at the end of what matters.
  bool AtEnd(const RunState& state) const;

  /// Bytes held by both levels.
  size_t Bytes() const;

 private:
  static constexpr uint64_t kFinestStride = 32;  ///< divides a page

  struct Checkpoint {
    uint64_t total;
    uint32_t units;
    uint32_t carry;
  };

  struct Interval {
    uint64_t begin;   ///< entry
    uint64_t end;     ///< entry
    uint64_t stride;  ///< entries from one checkpoint to the next
    std::vector<Checkpoint> checkpoints;
    MemoryCharge charge;
  };

  using IntervalRef = std::shared_ptr<const Interval>;
  using Walked = std::vector<RunState>;

  size_t Want() const override;
  void SetRoom(size_t bytes) const override;
  void TrimFine() const;
  void JoinMemory() const;

  RunState SeekInPage(RunAxis axis, uint64_t target, const RunReader& reader) const;
  Result<RunState> Start(RunAxis axis, uint64_t target) const;
  bool Known(RunAxis axis, uint64_t target) const;
  Status Extend(uint64_t entries) const;
  void Publish(const Walked& walked) const;
  void Thin() const;
  Status Walk(RunState* state, uint64_t end, uint64_t step, Walked* walked) const;

  Result<RunState> Refine(const RunState& coarse,
                          uint64_t end,
                          RunAxis axis,
                          uint64_t target) const;
  Result<IntervalRef> Build(const RunState& coarse, uint64_t end) const;
  uint64_t FineStride(uint64_t entries) const;
  IntervalRef Recall(uint64_t begin, uint64_t end) const;
  void Remember(IntervalRef interval) const;

  IndexMemory& memory() const { return column_.cache().memory(); }

  static RunState StateOf(const Checkpoint& checkpoint, uint64_t consumed);
  static Checkpoint CheckpointOf(const RunState& state);
  static size_t LastUpTo(const std::vector<Checkpoint>& list, RunAxis axis, uint64_t target);

  const Column& column_;
  const std::unique_ptr<const RunFormat> format_;
  const Options options_;

  mutable std::once_flag joined_;

  mutable std::mutex mutex_;  ///< guards all that follows
  mutable size_t most_coarse_;
  mutable size_t fine_room_;
  mutable uint64_t stride_ = kFinestStride;
  mutable CountedList<Checkpoint> coarse_;  ///< i: the state at entry i * stride_
  mutable RunState head_;                   ///< as far as level 1 has come
  mutable std::vector<IntervalRef> fine_;   ///< most recently used first
};

}  // namespace iso
