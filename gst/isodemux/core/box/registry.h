// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The registry of boxes: everything that is known about any box, in one sorted table.
// A box with a struct gets here by its line in registry.cpp; one whose contents are of no
// use to a demuxer by its row in known_boxes.def.

#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/box/box.h"

namespace iso {

struct KnownBox {
  BoxInfo info;

  /// The fields of such a box as text, or null when it has none to show. `body` is the
  /// start of its body: all of it, or kTablePrefixBytes.
  DumpVisitor::Line (*dump)(const BoxHeader& header, Bytes body);
};

/// All of them, by rising code.
std::span<const KnownBox> KnownBoxes();

/// Null for a code that is not known.
const KnownBox* FindBox(FourCC type);

}  // namespace iso
