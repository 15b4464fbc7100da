// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ProtectionSystem: one pssh box (ISO/IEC 23001-7 8.1), what a DRM system needs to get keys.

#pragma once

#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/box/header.h"

namespace iso {

struct ProtectionSystem {
  Uuid system_id = {};
  std::vector<uint8_t> box;  ///< the whole pssh box, header included
};

/// Whether this is a pssh box, or PIFF's form of one.
bool IsProtectionSystem(const BoxHeader& box);

/// `body` is all of it. PIFF's box becomes the pssh it stands for. Nothing where it is cut.
std::optional<ProtectionSystem> ParseProtectionSystem(const BoxHeader& box, Bytes body);

}  // namespace iso
