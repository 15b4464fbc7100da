// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CompositionIndex and CompositionWalker: ISO/IEC 14496-12 8.6.1.3.

#include "core/table/composition_index.h"

#include <algorithm>
#include <limits>

namespace iso {
namespace {

constexpr uint64_t kSampledEntries = 4096;

bool AllRunsAreOne(const uint8_t* entries, uint64_t n) {
  uint32_t odd = 0;
  for (uint64_t i = 0; i < n; ++i)
    odd |= LoadBE32(entries + 8 * i) ^ 1;
  return odd == 0;
}

}  // namespace

CompositionIndex::CompositionIndex(const TableRef& compositions, PageCache& cache, uint64_t samples)
    : runs_(compositions,
            cache,
            std::make_unique<RunFormatOf<CompositionRule>>(CompositionRule{samples}),
            CountedRuns::Tail::kZero),
      dense_(runs_.column().count() == samples && !exact()) {
}

Result<int32_t> CompositionIndex::At(uint64_t n) const {
  if (none()) return 0;
  RunReader reader(runs_.column());
  ISO_TRY(const CountedRun run, Find(n, reader));
  return static_cast<int32_t>(run.value);
}

Result<CountedRun> CompositionIndex::Find(uint64_t n, RunReader& reader) const {
  if (dense_ && n < runs_.column().count()) return FindDense(n, reader);
  return runs_.Find(&RunState::units, n, reader);
}

Result<CountedRun> CompositionIndex::FindDense(uint64_t n, RunReader& reader) const {
  const uint64_t begin = n / kPageEntries * kPageEntries;
  const uint64_t end = std::min(begin + kPageEntries, runs_.column().count());
  ISO_TRY(const uint8_t* entries, reader.At(begin));
  if (AllRunsAreOne(entries, end - begin)) {
    return CountedRun{n, n, n + 1, 0, LoadBE32(entries + 8 * (n - begin) + 4)};
  }
  ISO_TRY(CountedRun run, runs_.Find(&RunState::units, n, reader));
  run.end = std::min(run.end, end);
  return run;
}

Result<CountedRun> CompositionIndex::After(const CountedRun& run, RunReader& reader) const {
  return dense_ ? Find(run.end, reader) : runs_.After(run, reader);
}

Result<OffsetBounds> CompositionIndex::Bounds(uint64_t count) const {
  if (none() || count == 0) return OffsetBounds{0, 0};
  {
    const std::lock_guard lock(mutex_);
    if (bounds_) return *bounds_;
  }
  ISO_TRY(const OffsetBounds bounds, Measure(count));
  const std::lock_guard lock(mutex_);
  bounds_ = bounds;
  return bounds;
}

Result<OffsetBounds> CompositionIndex::Measure(uint64_t count) const {
  const uint64_t entries = exact() ? kForever : kSampledEntries;
  OffsetBounds bounds;
  RunReader reader(runs_.column());
  ISO_TRY(CountedRun run, runs_.Find(&RunState::units, 0, reader));
  while (run.first < count && run.number < entries) {
    bounds.Add(static_cast<int32_t>(run.value));
    if (run.end >= count) break;
    ISO_TRY(run, runs_.After(run, reader));
  }
  return bounds.least > bounds.greatest ? OffsetBounds{0, 0} : bounds;
}

Status CompositionWalker::Seek(uint64_t n) {
  run_ = {0, 0, kForever, 0, 0};
  if (index_->none()) return {};
  ISO_TRY(run_, index_->Find(n, reader_));
  return {};
}

Status CompositionWalker::Cover(uint64_t n) {
  if (Reach(n)) return {};
  ISO_TRY(run_, index_->After(run_, reader_));
  return {};
}

}  // namespace iso
