// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RollRuns: how many samples before one decoding has to start, for the samples of a track in one
// fragment. RollGroups: where its traf says so. ISO/IEC 14496-12 8.9 and 10.1.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/table/table_ref.h"

namespace iso {

/// `roll` and `prol`.
constexpr size_t kRollKinds = 2;

class RollRuns {
 public:
  /// The next `samples` samples.
  void Add(uint32_t samples, uint32_t roll);

  /// All that follow.
  void SetRest(uint32_t roll) { rest_ = roll; }

  /// Sample `first` and those that follow are those of `next`.
  void Append(const RollRuns& next, uint32_t first);

  uint32_t At(uint32_t i) const;

  size_t Bytes() const { return runs_.capacity() * sizeof(Run); }

 private:
  struct Run {
    uint32_t end;  ///< number of the sample behind it
    uint32_t roll;
  };

  uint32_t End() const { return runs_.empty() ? 0 : runs_.back().end; }

  std::vector<Run> runs_;  ///< without empty ones; neighbours differ
  uint32_t rest_ = 0;
};

/// What a traf says of one kind of group.
struct RollGroups {
  GroupTable own;  ///< of its sgpd; without runs
  Bytes runs;      ///< entries of its sbgp

  /// `shared`: what the track's tables describe.
  RollRuns Resolve(const GroupTable& shared) const;
};

}  // namespace iso
