// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Esds: the MPEG-4 elementary stream descriptor in an esds box (ISO/IEC 14496-1 7.2.6),
// and bit rates as it and the btrt box give them.

#pragma once

#include "core/base/bytes.h"

namespace iso {

/// Bits a second; 0 when not known.
struct Bitrates {
  uint32_t maximum = 0;
  uint32_t average = 0;
};

struct Esds {
  uint8_t object_type = 0;  ///< objectTypeIndication, 14496-1 table 5
  uint8_t stream_type = 0;  ///< 4: visual, 5: audio
  Bitrates bitrates;
  Bytes specific;  ///< DecoderSpecificInfo, may be empty; part of the box's bytes
};

/// False when there is no DecoderConfigDescriptor.
bool ParseEsds(Bytes body, Esds* esds);

/// BitRateBox, 14496-12 8.5.2.2. Some writers swap the two: the greater is the maximum.
Bitrates ParseBtrt(Bytes body);

}  // namespace iso
