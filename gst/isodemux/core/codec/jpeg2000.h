// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The JP2 header of Motion JPEG 2000 entries (ISO/IEC 15444-1 annex I, 15444-3).

#pragma once

#include <vector>

#include "core/codec/sample_description.h"

namespace iso {

struct Jpeg2000Header {
  uint16_t components = 0;        ///< 0 when not known
  uint32_t color_space = 0;       ///< enumerated: 16 sRGB, 17 grey, 18 sYCC; 0 else
  std::vector<uint32_t> mapping;  ///< cmap: type << 24 | palette column << 16 | component
  std::vector<int> definitions;   ///< cdef, by channel: its colour from 1; 0 alpha; negative: none
};

Jpeg2000Header ParseJpeg2000(const SampleDescription& entry);

}  // namespace iso
