// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleDescription: one entry of a track's stsd, as neutral facts: what the samples
// are, their dimensions, and the boxes that extend the entry. No codec is interpreted
// here beyond what every entry of its kind has in common.

#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/fourcc.h"
#include "core/base/limits.h"
#include "core/base/result.h"

namespace iso {

/// What a track carries, from its handler (hdlr, ISO/IEC 14496-12 8.4.3) and, where
/// that is odd or missing, from its sample entry.
enum class MediaKind : uint8_t { kVideo, kAudio, kText, kMetadata, kOther };

/// A box inside a sample entry. `body` starts after the box header (and after the
/// extended type of a uuid box) and points into SampleDescription::bytes.
struct ChildBox {
  FourCC type;
  uint32_t body_offset;  ///< into SampleDescription::bytes
  uint32_t body_size;
};

/// VisualSampleEntry, 12.1.3.
struct VisualFields {
  uint16_t version = 0;  ///< QuickTime: version of the codec's data
  uint16_t width = 0;    ///< pixels; 0 when absent
  uint16_t height = 0;   ///< pixels
  uint16_t depth = 0;    ///< bits a pixel; 33..40 are grey scales (QTFF)
  int16_t color_table_id = -1;
  uint32_t color_table_offset = 0;  ///< into SampleDescription::bytes; see color_table.h
  uint16_t color_table_colors = 0;  ///< 0: the entry has no table of its own
};

/// AudioSampleEntry, 12.2.3, and the sound descriptions of QuickTime (versions 0 to 2).
struct AudioFields {
  uint16_t version = 0;             ///< sound description version 0, 1 or 2
  uint32_t channels = 0;            ///< 0 when unknown
  uint32_t sample_size = 0;         ///< bits
  uint32_t sample_rate = 0;         ///< Hz, 0 when unknown; srat honoured
  uint32_t samples_per_packet = 0;  ///< version 1 and 2 (frames a packet); else 0
  uint32_t bytes_per_packet = 0;    ///< version 1: a channel's; version 2: 0 unless constant
  uint32_t bytes_per_frame = 0;   ///< version 1: all channels; version 2: constBytesPerAudioPacket
  uint32_t bytes_per_sample = 0;  ///< version 1
  uint32_t lpcm_flags = 0;        ///< version 2: formatSpecificFlags of 'lpcm'
};

/// One sample entry. Owns its bytes.
struct SampleDescription {
  FourCC format;           ///< the entry's own code, such as encv for protected video
  FourCC original_format;  ///< frma's code for a protected entry, else the same as format
  MediaKind kind = MediaKind::kOther;
  uint16_t data_reference_index = 0;
  VisualFields video;              ///< meaningful when kind is kVideo
  AudioFields audio;               ///< meaningful when kind is kAudio
  std::vector<uint8_t> bytes;      ///< the whole entry with its box header
  std::vector<ChildBox> children;  ///< in file order, those of a QuickTime 'wave' included

  /// The body of the first child of this type, or an empty span.
  Bytes Child(FourCC type) const;

  bool HasChild(FourCC type) const;
};

/// Reads the entries of an stsd box. `stsd` is its body, version and flags first;
/// `file_offset` is where that body lies (for error reports). An entry that is damaged
/// stays in the list (description indexes count) with what could be read.
Result<std::vector<SampleDescription>> ParseSampleDescriptions(Bytes stsd,
                                                               MediaKind kind,
                                                               uint64_t file_offset,
                                                               const Limits& limits,
                                                               Diagnostics* diagnostics);

}  // namespace iso
