// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Audio decoder configuration records: dOps, dfLa, alac, dmlp, damr, mhaC, and WAVE headers.

#pragma once

#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace iso {

/// OpusSpecificBox.
struct OpusConfig {
  uint8_t channels = 0;
  uint16_t pre_skip = 0;
  uint32_t input_rate = 0;
  int16_t gain = 0;
  uint8_t mapping_family = 0;
  uint8_t streams = 1;
  uint8_t coupled_streams = 0;
  Bytes mapping;  ///< one a channel; empty for family 0
};

std::optional<OpusConfig> ParseDOps(Bytes body);

/// FLACSpecificBox.
struct FlacConfig {
  std::vector<Bytes> blocks;  ///< metadata blocks with their headers, STREAMINFO first
  uint32_t sample_rate = 0;
  uint8_t channels = 0;
};

std::optional<FlacConfig> ParseDfLa(Bytes body);

/// ALACSpecificConfig inside the alac box.
struct AlacConfig {
  uint8_t bit_depth = 0;
  uint8_t channels = 0;
  uint32_t sample_rate = 0;
};

std::optional<AlacConfig> ParseAlac(Bytes body);

/// MLPSpecificBox of Dolby TrueHD: the beginning of the stream's major sync.
struct TrueHdConfig {
  uint32_t sample_rate = 0;
  uint8_t channels = 0;  ///< of the fullest presentation
};

std::optional<TrueHdConfig> ParseDmlp(Bytes body);

/// The highest rate among the modes an AMR track uses (3GPP TS 26.244 6.7), bits a
/// second; 0 when unknown.
uint32_t MaximumAmrBitrate(Bytes damr, bool wideband);

/// MHAConfigurationBox, ISO/IEC 23008-3 20.5.
struct MpegHConfig {
  uint8_t profile_level = 0;
  uint8_t reference_layout = 0;  ///< ChannelConfiguration of ISO/IEC 23091-3
  Bytes config;                  ///< mpegh3daConfig()
};

std::optional<MpegHConfig> ParseMhaC(Bytes body);

/// WAVEFORMATEX. Little-endian, unlike all else.
struct WaveFormat {
  uint16_t tag = 0;
  uint16_t channels = 0;
  uint32_t sample_rate = 0;
  uint32_t bytes_per_second = 0;
  uint16_t block_align = 0;
  uint16_t bits_per_sample = 0;
  Bytes extra;
};

std::optional<WaveFormat> ParseWaveFormat(Bytes body);

}  // namespace iso
