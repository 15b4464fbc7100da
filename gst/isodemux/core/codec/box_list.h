// SPDX-License-Identifier: LGPL-2.1-or-later
//
// BoxList: the boxes inside a span that is in memory, such as those of a sample entry.
// Lenient where writers are sloppy: what is too long is cut, a box of size 0 is stepped
// over, fewer than 8 bytes at the end are ignored.

#pragma once

#include <cstddef>

#include "core/base/bytes.h"
#include "core/base/fourcc.h"

namespace iso {

struct BoxView {
  FourCC type;
  Bytes body;        ///< without the header, and without the extended type of a uuid box
  bool cut = false;  ///< announced more bytes than there are
};

class BoxList {
 public:
  explicit BoxList(Bytes boxes) : rest_(boxes) {}

  /// The next box; false at the end or where no box can be.
  bool Next(BoxView* box);

  /// The first box of this type, or an empty body.
  static Bytes Find(Bytes boxes, FourCC type);

  /// Whether the bytes start like a box that ends within them.
  static bool LooksLikeBox(Bytes bytes);

 private:
  Bytes rest_;
};

}  // namespace iso
