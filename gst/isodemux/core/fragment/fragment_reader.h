// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ReadFragment: from a moof box to a Fragment.

#pragma once

#include <memory>
#include <span>

#include "core/base/limits.h"
#include "core/box/header.h"
#include "core/fragment/fragment.h"

namespace iso {

/// What a fragment needs to know of a track of its movie.
struct FragmentTrack {
  uint32_t id = 0;
  bool any_id = false;  ///< the only track there is, whatever number its fragments give it
  uint32_t timescale = 1;
  SampleDefaults defaults;     ///< of trex
  int64_t table_duration = 0;  ///< of the samples in moov: where its fragments begin if they
                               ///< do not say
  std::array<GroupTable, kRollKinds> rolls;  ///< of its tables; runs do not matter
};

struct FragmentContext {
  std::span<const FragmentTrack> tracks;
  const Limits& limits;
  Diagnostics* diagnostics;
  /// Decode time behind the fragment before this one for each track; empty: not known.
  std::span<const int64_t> decode_times;
  /// Data offsets that point into the moof itself mean what follows it (Smooth Streaming
  /// servers that insert boxes into a moof leave such offsets behind).
  bool mend_offsets = false;
};

/// Reads the moof at `box`. What is damaged in it costs the track fragment at most; an error is
/// only the source's, or one of the box as a whole.
Result<std::shared_ptr<Fragment>> ReadFragment(const BoxHeader& box,
                                               ByteSource& source,
                                               const FragmentContext& context);

}  // namespace iso
