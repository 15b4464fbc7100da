// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CountedRuns: finding a run and stepping to the next one.

#include "core/table/counted_runs.h"

#include <utility>

namespace iso {

CountedRuns::CountedRuns(const TableRef& table,
                         PageCache& cache,
                         std::unique_ptr<const RunFormat> format,
                         Tail tail)
    : column_(table, cache), index_(column_, std::move(format)), tail_(tail) {
}

Result<CountedRun> CountedRuns::Find(RunAxis axis, uint64_t target, RunReader& reader) const {
  ISO_TRY(const RunState state, index_.Find(axis, target, reader));
  if (index_.AtEnd(state)) return TailAt(state.units, state.total, state.carry);
  ISO_TRY(const uint8_t* entry, reader.At(state.consumed));
  return CountedRun{
      state.consumed, state.units, state.units + LoadBE32(entry), state.total, LoadBE32(entry + 4)};
}

Result<CountedRun> CountedRuns::After(const CountedRun& run, RunReader& reader) const {
  for (uint64_t i = run.number + 1; i < column_.count(); ++i) {
    ISO_TRY(const uint8_t* entry, reader.At(i));
    const uint32_t samples = LoadBE32(entry);
    if (samples == 0) continue;
    return CountedRun{i, run.end, run.end + samples, 0, LoadBE32(entry + 4)};
  }
  return TailAt(run.end, 0, run.value);
}

CountedRun CountedRuns::TailAt(uint64_t first, uint64_t total, uint32_t last_value) const {
  return {column_.count(), first, kForever, total, tail_ == Tail::kRepeat ? last_value : 0};
}

}  // namespace iso
