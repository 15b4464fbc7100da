// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The colours of QuickTime's indexed pictures: the entry's own table, a ctab box, or the
// table that QuickTime takes by default for a depth.

#pragma once

#include <vector>

#include "core/codec/sample_description.h"

namespace iso {

/// Colours as 0x00RRGGBB, 2 to the power of the depth of them; empty when the depth is
/// not one of 1, 2, 4, 8 (colours) and 33, 34, 36, 40 (greys).
std::vector<uint32_t> ColorTableOf(const SampleDescription& entry);

}  // namespace iso
