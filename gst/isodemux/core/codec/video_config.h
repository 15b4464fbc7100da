// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Video decoder configuration records: avcC, hvcC, vvcC (ISO/IEC 14496-15), av1C, vpcC.

#pragma once

#include <optional>

#include "core/base/bytes.h"

namespace iso {

/// Whether the parameter sets a record announces are all there. Only such a record is
/// given to a decoder.
bool IsConsistentAvcC(Bytes body);
bool IsConsistentHvcC(Bytes body);

/// The parameter sets of vvcC's record and what its profile says.
struct VvcConfig {
  Bytes record;  ///< VvcDecoderConfigurationRecord: vvcC without version and flags
  bool has_profile = false;
  uint8_t profile = 0;  ///< general_profile_idc
  uint8_t level = 0;    ///< general_level_idc
  bool high_tier = false;
};

std::optional<VvcConfig> ParseVvcC(Bytes body);

/// AV1CodecConfigurationBox, AV1-ISOBMFF 2.3.
struct Av1Config {
  uint8_t profile = 0;
  bool has_presentation_delay = false;
  uint8_t presentation_delay = 0;  ///< frames, as caps want it (the file has one less)
};

std::optional<Av1Config> ParseAv1C(Bytes body);

/// VPCodecConfigurationBox, version 1.
struct VpxConfig {
  uint8_t profile = 0;
  uint8_t level = 0;  ///< ten times the level; 0 when unknown
  uint8_t bit_depth = 0;
  uint8_t chroma = 0;  ///< 0: 4:2:0 vertical, 1: 4:2:0 colocated, 2: 4:2:2, 3: 4:4:4
  bool full_range = false;
  uint8_t primaries = 2;  ///< ISO/IEC 23001-8; 2: unspecified
  uint8_t transfer = 2;
  uint8_t matrix = 2;
};

std::optional<VpxConfig> ParseVpcC(Bytes body);

}  // namespace iso
