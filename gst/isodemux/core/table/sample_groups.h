// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleGroup and GroupWalker: what a kind of sample group says of each sample, from its
// runs as they lie in the file.

#pragma once

#include <cstdint>
#include <optional>

#include "core/base/result.h"
#include "core/table/counted_runs.h"

namespace iso {

/// Thread-safe. Samples have the value 0 where the group says nothing of them.
class SampleGroup {
 public:
  /// `samples` as the table of sizes says; at most 2^32 - 1.
  SampleGroup(const GroupTable& table, PageCache& cache, uint64_t samples);

  /// Whether every sample has the value 0.
  bool none() const { return none_; }

  Result<uint32_t> At(uint64_t n) const;

  /// The last sample <= n whose value is not 0, as far as 4,096 runs before it.
  Result<std::optional<uint64_t>> MemberAtOrBefore(uint64_t n) const;

  /// The first sample >= n and < count whose value is not 0, as far as 4,096 runs behind it.
  Result<std::optional<uint64_t>> MemberAtOrAfter(uint64_t n, uint64_t count) const;

  size_t IndexBytes() const { return runs_.IndexBytes(); }

 private:
  friend class GroupWalker;

  /// Of a run. Runs store numbers of descriptions from 1; 0 is none of them.
  uint32_t ValueOf(const CountedRun& run) const {
    if (run.number >= runs_.column().count()) return Described(default_description_);
    return Described(run.value);
  }

  /// Numbers from 2^16 on are of descriptions in a fragment, which a track does not have.
  uint32_t Described(uint32_t number) const {
    return number - 1 < values_.size() ? values_[number - 1] : 0;
  }

  CountedRuns runs_;
  std::vector<uint32_t> values_;
  uint32_t default_description_;
  bool none_;
};

/// Values in sample order. Not thread-safe.
class GroupWalker {
 public:
  explicit GroupWalker(const SampleGroup& group) : group_(&group), reader_(group.runs_.column()) {}

  Status Seek(uint64_t n);

  bool Covers(uint64_t n) const { return n < run_.end; }

  uint64_t end() const { return run_.end; }

  /// Takes in sample n, to which the walker has come. After an error nothing has changed.
  Status Cover(uint64_t n);

  uint32_t value() const { return value_; }

 private:
  void Take(const CountedRun& run) {
    run_ = run;
    value_ = group_->ValueOf(run);
  }

  const SampleGroup* group_;
  RunReader reader_;
  CountedRun run_;
  uint32_t value_ = 0;
};

}  // namespace iso
