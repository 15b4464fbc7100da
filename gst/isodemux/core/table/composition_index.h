// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CompositionIndex and CompositionWalker: composition offsets of samples, from ctts.

#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>

#include "core/base/result.h"
#include "core/table/counted_runs.h"

namespace iso {

/// Smallest and greatest offset of some samples.
struct OffsetBounds {
  int32_t least = std::numeric_limits<int32_t>::max();
  int32_t greatest = std::numeric_limits<int32_t>::min();

  void Add(int32_t offset) {
    least = std::min(least, offset);
    greatest = std::max(greatest, offset);
  }
};

/// Thread-safe. Offsets are signed in both versions of the box; samples behind the table
/// have 0.
///
/// A long table with as many entries as there are samples can only be one entry a sample,
/// so entry n is taken for sample n without an index. That is checked for the page of
/// entry n: if any of it holds another count than 1, samples of that page are looked up
/// as runs. A table that breaks the rule elsewhere and still has as many entries as there
/// are samples contradicts itself; it is read consistently, not as written.
class CompositionIndex {
 public:
  /// Tables up to this many entries are known as a whole once somebody asks for bounds.
  static constexpr uint64_t kExactEntries = 65536;

  /// `samples` as the table of sizes says; at most 2^32 - 1.
  CompositionIndex(const TableRef& compositions, PageCache& cache, uint64_t samples);

  /// Whether every offset is 0 for want of a table.
  bool none() const { return runs_.column().count() == 0; }

  bool exact() const { return runs_.column().count() <= kExactEntries; }

  Result<int32_t> At(uint64_t n) const;

  /// Bounds of samples [0, count), `count` the same in every call: of all of them where
  /// exact(), else of those in the first 4,096 entries.
  Result<OffsetBounds> Bounds(uint64_t count) const;

  const Column& column() const { return runs_.column(); }

  size_t IndexBytes() const { return runs_.IndexBytes(); }

 private:
  friend class CompositionWalker;

  /// The run of sample n, cut to what may be taken for granted.
  Result<CountedRun> Find(uint64_t n, RunReader& reader) const;
  Result<CountedRun> After(const CountedRun& run, RunReader& reader) const;

  /// Steps to the next run if its entry is at hand. In a dense table it must also be of the
  /// page that has been checked, and be the next sample's.
  bool Step(CountedRun* run, const RunReader& reader) const {
    if (dense_ && (run->first != run->number || run->number + 1 != run->end ||
                   run->end % kPageEntries == 0)) {
      return false;
    }
    return CountedRuns::Step(run, reader);
  }

  Result<CountedRun> FindDense(uint64_t n, RunReader& reader) const;
  Result<OffsetBounds> Measure(uint64_t count) const;

  CountedRuns runs_;
  bool dense_;
  mutable std::mutex mutex_;
  mutable std::optional<OffsetBounds> bounds_;  ///< guarded by mutex_
};

/// Offsets in sample order. Not thread-safe.
class CompositionWalker {
 public:
  explicit CompositionWalker(const CompositionIndex& index)
      : index_(&index), reader_(index.runs_.column()) {}

  Status Seek(uint64_t n);

  /// Takes in sample n, to which the walker has come, if that needs no reading.
  bool Reach(uint64_t n) { return n < run_.end || index_->Step(&run_, reader_); }

  /// Takes in sample n in any case. After an error nothing has changed.
  Status Cover(uint64_t n);

  uint64_t end() const { return run_.end; }

  int32_t offset() const { return static_cast<int32_t>(run_.value); }

 private:
  const CompositionIndex* index_;
  RunReader reader_;
  CountedRun run_;
};

}  // namespace iso
