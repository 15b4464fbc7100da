// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Uncompressed video of ISO/IEC 23001-17 (uncC, cmpd, cpat): which of the well-known
// pixel formats it is, and how its rows are padded.

#pragma once

#include "core/codec/sample_description.h"

namespace iso {

struct UncompressedFormat {
  const char* name = "";       ///< as FourCC.org and GStreamer call it; "" when it is none
  const char* bayer = "";      ///< order of a 2 x 2 filter array, such as "rggb"
  uint8_t bits = 0;            ///< a component
  bool little_endian = false;  ///< components of more than 8 bits
  uint32_t row_align = 1;      ///< bytes that rows are padded to a multiple of
};

UncompressedFormat UncompressedFormatOf(const SampleDescription& entry);

}  // namespace iso
