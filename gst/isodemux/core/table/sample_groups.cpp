// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleGroup and GroupWalker: ISO/IEC 14496-12 8.9.

#include "core/table/sample_groups.h"

#include <algorithm>
#include <memory>

namespace iso {
namespace {

/// Runs looked through for a member: a writer joins runs that are alike, so one or two do.
constexpr int kMostRuns = 4096;

}  // namespace

SampleGroup::SampleGroup(const GroupTable& table, PageCache& cache, uint64_t samples)
    : runs_(table.runs,
            cache,
            std::make_unique<RunFormatOf<CompositionRule>>(CompositionRule{samples}),
            CountedRuns::Tail::kZero),
      values_(table.values),
      default_description_(table.default_description),
      none_((!table.runs.present && Described(default_description_) == 0) ||
            std::all_of(values_.begin(), values_.end(), [](uint32_t v) { return v == 0; })) {
}

Result<uint32_t> SampleGroup::At(uint64_t n) const {
  if (none_) return 0u;
  RunReader reader(runs_.column());
  ISO_TRY(const CountedRun run, runs_.Find(&RunState::units, n, reader));
  return ValueOf(run);
}

Result<std::optional<uint64_t>> SampleGroup::MemberAtOrBefore(uint64_t n) const {
  if (none_) return std::optional<uint64_t>();
  RunReader reader(runs_.column());
  ISO_TRY(CountedRun run, runs_.Find(&RunState::units, n, reader));
  if (ValueOf(run) != 0) return std::optional(n);
  for (int i = 0; i < kMostRuns && run.number > 0; ++i) {
    ISO_TRY(const uint8_t* entry, reader.At(run.number - 1));
    run = {run.number - 1, run.first - LoadBE32(entry), run.first, 0, LoadBE32(entry + 4)};
    if (run.first < run.end && ValueOf(run) != 0) return std::optional(run.end - 1);
  }
  return std::optional<uint64_t>();
}

Result<std::optional<uint64_t>> SampleGroup::MemberAtOrAfter(uint64_t n, uint64_t count) const {
  if (none_) return std::optional<uint64_t>();
  RunReader reader(runs_.column());
  ISO_TRY(CountedRun run, runs_.Find(&RunState::units, n, reader));
  for (int i = 0; i < kMostRuns; ++i) {
    const uint64_t first = std::max(n, run.first);
    if (first >= count) break;
    if (ValueOf(run) != 0) return std::optional(first);
    if (run.end >= count) break;
    ISO_TRY(run, runs_.After(run, reader));
  }
  return std::optional<uint64_t>();
}

Status GroupWalker::Seek(uint64_t n) {
  if (group_->none()) {
    run_.end = kForever;
    return {};
  }
  ISO_TRY(const CountedRun run, group_->runs_.Find(&RunState::units, n, reader_));
  Take(run);
  return {};
}

Status GroupWalker::Cover(uint64_t n) {
  if (Covers(n)) return {};
  ISO_TRY(const CountedRun run, group_->runs_.After(run_, reader_));
  if (n >= run.end) return Seek(n);
  Take(run);
  return {};
}

}  // namespace iso
