// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The sample groups that tell where decoding can and must start, and what their descriptions say.
// ISO/IEC 14496-12 8.9 and 10, 14496-15 8.4 (`sync`).

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/fourcc.h"
#include "core/base/result.h"
#include "core/box/sample_table_boxes.h"

namespace iso {

enum class GroupKind : uint8_t {
  kAccessPoints,  ///< `rap `
  kSyncKinds,     ///< `sync`
  kRolls,         ///< `roll`
  kPrerolls,      ///< `prol`
};

constexpr size_t kGroupKinds = 4;

std::optional<GroupKind> GroupKindOf(FourCC type);

/// What the descriptions say, as GroupTable::values has it; `header` is the box's. Errors: there
/// are more than `most`, or the box ends before they do.
Result<std::vector<uint32_t>> GroupValues(GroupKind kind,
                                          const SgpdBox& box,
                                          const BoxHeader& header,
                                          size_t most);

}  // namespace iso
