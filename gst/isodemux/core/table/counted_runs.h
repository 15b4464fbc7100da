// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CountedRuns: a table whose entries each say "so many samples have this value" (stts and
// ctts), as a function from sample to value.

#pragma once

#include <cstdint>
#include <limits>
#include <memory>

#include "core/base/result.h"
#include "core/table/column.h"
#include "core/table/sparse_index.h"

namespace iso {

constexpr uint64_t kForever = std::numeric_limits<uint64_t>::max();

/// Samples [first, end) that have the same value.
struct CountedRun {
  uint64_t number = 0;  ///< of the entry; the table's count stands for what lies behind it
  uint64_t first = 0;
  uint64_t end = 0;    ///< kForever behind the table
  uint64_t total = 0;  ///< before the run, where the rule sums it; only Find knows
  uint32_t value = 0;  ///< as stored
};

/// Thread-safe.
class CountedRuns {
 public:
  /// What samples behind the last run have: the last run's value, or 0.
  enum class Tail { kRepeat, kZero };

  CountedRuns(const TableRef& table,
              PageCache& cache,
              std::unique_ptr<const RunFormat> format,
              Tail tail);

  const Column& column() const { return column_; }

  /// The run that holds the unit or total (of samples alike in both: the last).
  Result<CountedRun> Find(RunAxis axis, uint64_t target, RunReader& reader) const;

  /// The next run that is not empty.
  Result<CountedRun> After(const CountedRun& run, RunReader& reader) const;

  /// Steps to the next run if its entry is at hand.
  static bool Step(CountedRun* run, const RunReader& reader) {
    const uint8_t* entry = reader.Peek(run->number + 1);
    const uint32_t samples = entry ? LoadBE32(entry) : 0;
    if (samples == 0) return false;
    *run = {run->number + 1, run->end, run->end + samples, 0, LoadBE32(entry + 4)};
    return true;
  }

  size_t IndexBytes() const { return index_.Bytes(); }

 private:
  CountedRun TailAt(uint64_t first, uint64_t total, uint32_t last_value) const;

  Column column_;
  SparseIndex index_;
  Tail tail_;
};

}  // namespace iso
