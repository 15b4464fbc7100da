// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a file says about where its fragments are: segment indexes (sidx) in front of them and
// random access tables (mfra) at its end. ISO/IEC 14496-12 8.16.3, 8.8.9.

#pragma once

#include <span>
#include <vector>

#include "core/base/limits.h"
#include "core/box/header.h"
#include "core/fragment/anchors.h"
#include "core/fragment/fragment_reader.h"

namespace iso {

/// What indexes say.
struct FragmentHints {
  std::vector<Anchor> anchors;
  int64_t end_ns = 0;  ///< where the last of what they list ends; 0: they do not say
  uint64_t end = 0;    ///< and at which byte. What follows that is more than they know of
};

/// From the sidx boxes between `begin` (a box boundary) and the first moof. An index of indexes
/// is taken as it is: where a sidx begins, a fragment is not far.
Result<FragmentHints> ReadSegmentIndexes(uint64_t begin, ByteSource& source, const Limits& limits);

/// From the mfra at the end of the source, if there is one.
Result<FragmentHints> ReadRandomAccess(std::span<const FragmentTrack> tracks,
                                       ByteSource& source,
                                       const Limits& limits);

}  // namespace iso
