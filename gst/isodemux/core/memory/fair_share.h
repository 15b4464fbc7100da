// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FairShare: one sum for many who want different amounts of it.

#pragma once

#include <cstdint>
#include <vector>

namespace iso {

/// The most that each may have so that all together stay within `total`: who wants less
/// gets all of it, and what that leaves is shared by the others alike. UINT64_MAX when
/// there is enough for all.
uint64_t FairShare(uint64_t total, std::vector<uint64_t> wants);

}  // namespace iso
