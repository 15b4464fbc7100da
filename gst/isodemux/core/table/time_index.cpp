// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TimeIndex and TimeWalker: ISO/IEC 14496-12 8.6.1.2.

#include "core/table/time_index.h"

#include <algorithm>

namespace iso {

TimeIndex::TimeIndex(const TableRef& durations, PageCache& cache, uint64_t samples)
    : runs_(durations,
            cache,
            std::make_unique<RunFormatOf<DurationRule>>(DurationRule{samples}),
            CountedRuns::Tail::kRepeat) {
}

Result<TimeIndex::Place> TimeIndex::At(uint64_t n) const {
  RunReader reader(runs_.column());
  ISO_TRY(const CountedRun run, runs_.Find(&RunState::units, n, reader));
  const uint32_t delta = SampleDelta(run.value);
  return Place{static_cast<int64_t>(run.total + (n - run.first) * delta), delta};
}

Result<TimeIndex::Hit> TimeIndex::SampleAt(int64_t t, uint64_t count) const {
  RunReader reader(runs_.column());
  return SampleAt(t, count, reader);
}

Result<TimeIndex::Hit> TimeIndex::SampleAt(int64_t t, uint64_t count, RunReader& reader) const {
  if (count == 0) return Error{Errc::kEndOfTable};
  if (t < 0) return Hit{0, 0};
  const uint64_t target = static_cast<uint64_t>(t);
  ISO_TRY(const CountedRun run, runs_.Find(&RunState::total, target, reader));
  const uint32_t delta = SampleDelta(run.value);
  const uint64_t into = delta ? (target - run.total) / delta : kForever - run.first;
  const uint64_t n = std::min(run.first + into, count - 1);
  return Hit{n, static_cast<int64_t>(run.total + (n - run.first) * delta)};
}

Status TimeWalker::Seek(uint64_t n) {
  ISO_TRY(run_, runs_->Find(&RunState::units, n, reader_));
  delta_ = SampleDelta(run_.value);
  dts_ = static_cast<int64_t>(run_.total + (n - run_.first) * delta_);
  return {};
}

Status TimeWalker::Cover(uint64_t n) {
  if (Reach(n)) return {};
  ISO_TRY(run_, runs_->After(run_, reader_));
  delta_ = SampleDelta(run_.value);
  return {};
}

}  // namespace iso
