// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PcmFormat: what uncompressed audio looks like in memory; and PacketLayout, how codecs
// with packets of one size pack audio frames, which decides where a sample lies.

#pragma once

#include <optional>

#include "core/codec/sample_description.h"

namespace iso {

/// One PCM sample (of one channel).
struct PcmFormat {
  bool is_float = false;
  bool is_signed = true;
  bool big_endian = true;
  bool interleaved = true;
  bool high_aligned = false;   ///< the significant bits are the upper ones of the container
  uint8_t bits = 0;            ///< that count
  uint8_t container_bits = 0;  ///< that are stored, a multiple of 8
};

/// Nothing when the entry is no PCM, or none that makes sense.
std::optional<PcmFormat> PcmFormatOf(const SampleDescription& entry);

/// A packet of all channels: `bytes` hold `frames` audio frames. QuickTime counts frames
/// as the samples of such tracks (stsz says 1 for each), so sample n of a chunk lies at
/// n / frames * bytes, and only whole packets can be decoded.
struct PacketLayout {
  uint32_t bytes = 0;  ///< 0: the codec has no packets of one size, samples are samples
  uint32_t frames = 0;
};

PacketLayout PacketLayoutOf(const SampleDescription& entry);

}  // namespace iso
