// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TimeIndex and TimeWalker: decode times and durations of samples, from stts.

#pragma once

#include <cstdint>

#include "core/base/result.h"
#include "core/table/counted_runs.h"

namespace iso {

/// Thread-safe. A table that ends early goes on with its last delta; without any, all
/// durations are 0. Deltas of 2^31 and more count as 0.
class TimeIndex {
 public:
  /// `samples` bounds what the table may describe; at most 2^32 - 1.
  TimeIndex(const TableRef& durations, PageCache& cache, uint64_t samples);

  struct Place {
    int64_t dts;
    uint32_t duration;
  };

  Result<Place> At(uint64_t n) const;

  struct Hit {
    uint64_t sample;
    int64_t dts;
  };

  /// The last of samples [0, count) whose decode time is <= t, or the first one.
  Result<Hit> SampleAt(int64_t t, uint64_t count) const;
  Result<Hit> SampleAt(int64_t t, uint64_t count, RunReader& reader) const;

  const Column& column() const { return runs_.column(); }

  size_t IndexBytes() const { return runs_.IndexBytes(); }

 private:
  friend class TimeWalker;

  CountedRuns runs_;
};

/// Decode times in sample order. Not thread-safe.
class TimeWalker {
 public:
  explicit TimeWalker(const TimeIndex& index)
      : index_(&index), runs_(&index.runs_), reader_(runs_->column()) {}

  /// Goes to sample n.
  Status Seek(uint64_t n);

  /// Takes in sample n, to which the walker has come, if that needs no reading.
  bool Reach(uint64_t n) {
    if (n < run_.end) return true;
    if (!CountedRuns::Step(&run_, reader_)) return false;
    delta_ = SampleDelta(run_.value);
    return true;
  }

  /// Takes in sample n in any case. After an error nothing has changed.
  Status Cover(uint64_t n);

  /// Goes `samples` on, at most up to end().
  void Step(uint64_t samples) { dts_ += static_cast<int64_t>(samples * delta_); }

  /// As the index answers, which is quick about times near the last one. The walker stays
  /// where it is.
  Result<TimeIndex::Hit> SampleAt(int64_t t, uint64_t count) {
    return index_->SampleAt(t, count, reader_);
  }

  uint64_t end() const { return run_.end; }

  int64_t dts() const { return dts_; }

  uint32_t duration() const { return delta_; }

 private:
  const TimeIndex* index_;
  const CountedRuns* runs_;
  RunReader reader_;
  CountedRun run_;
  uint32_t delta_ = 0;
  int64_t dts_ = 0;
};

}  // namespace iso
