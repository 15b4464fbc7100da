// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/roll_runs.h"

#include <algorithm>

namespace iso {
namespace {

/// From here on numbers of descriptions are of those in the traf. 8.9.4.
constexpr uint32_t kOwnDescriptions = 0x10000;

/// Descriptions count from 1.
uint32_t ValueOf(const GroupTable& groups, uint32_t number) {
  return number >= 1 && number <= groups.values.size() ? groups.values[number - 1] : 0;
}

}  // namespace

void RollRuns::Add(uint32_t samples, uint32_t roll) {
  const uint32_t end = End();
  const uint32_t more = std::min(samples, UINT32_MAX - end);
  if (more == 0) return;
  if (!runs_.empty() && runs_.back().roll == roll) {
    runs_.back().end += more;
  } else {
    runs_.push_back({end + more, roll});
  }
}

void RollRuns::Append(const RollRuns& next, uint32_t first) {
  while (!runs_.empty() && runs_.back().end > first) {
    const size_t before = runs_.size() - 1;
    const uint32_t begin = before == 0 ? 0 : runs_[before - 1].end;
    if (begin < first) {
      runs_.back().end = first;
    } else {
      runs_.pop_back();
    }
  }
  Add(first - End(), rest_);
  uint32_t begin = 0;
  for (const Run& run : next.runs_) {
    Add(run.end - begin, run.roll);
    begin = run.end;
  }
  rest_ = next.rest_;
}

uint32_t RollRuns::At(uint32_t i) const {
  const auto run = std::upper_bound(
      runs_.begin(), runs_.end(), i, [](uint32_t at, const Run& each) { return at < each.end; });
  return run == runs_.end() ? rest_ : run->roll;
}

RollRuns RollGroups::Resolve(const GroupTable& shared) const {
  RollRuns rolls;
  const bool own_default = own.default_description != 0;
  rolls.SetRest(own_default ? ValueOf(own, own.default_description)
                            : ValueOf(shared, shared.default_description));
  Reader r(runs);
  while (r.left() >= 8) {
    const uint32_t samples = r.U32();
    const uint32_t number = r.U32();
    rolls.Add(samples,
              number > kOwnDescriptions ? ValueOf(own, number - kOwnDescriptions)
                                        : ValueOf(shared, number));
  }
  return rolls;
}

}  // namespace iso
