// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/pcm.h"

#include <cstring>

#include "core/codec/codec_table.h"

namespace iso {
namespace {

/// formatSpecificFlags of 'lpcm' (QTFF, sound sample description version 2).
enum LpcmFlags : uint32_t {
  kFloat = 1,
  kBigEndian = 2,
  kSigned = 4,
  kPacked = 8,
  kAlignedHigh = 16,
  kNonInterleaved = 32,
};

PcmFormat Integer(uint32_t bits, bool big_endian) {
  PcmFormat format;
  format.big_endian = big_endian;
  format.bits = static_cast<uint8_t>(bits);
  format.container_bits = static_cast<uint8_t>((bits + 7) / 8 * 8);
  return format;
}

/// Bits a sample of QuickTime's old codes: version 1 entries have 16 in the field for
/// the sample size even where there are more, and say it in bytes.
uint32_t StoredBits(const AudioFields& audio) {
  if (audio.version == 1 && audio.bytes_per_packet >= 1 && audio.bytes_per_packet <= 4) {
    return audio.bytes_per_packet * 8;
  }
  return audio.sample_size == 0 ? 16 : audio.sample_size;
}

/// QTFF 'enda': a codec that is big-endian by default is little-endian here.
bool SaysLittleEndian(const SampleDescription& entry) {
  Reader enda(entry.Child("enda"));
  return enda.U16() != 0 && enda.ok();
}

PcmFormat Fixed(const SampleDescription& entry, const char* variant) {
  // "F64", "S24", "S16LE": kind, bits, and the byte order where the code settles it.
  const uint32_t bits = static_cast<uint32_t>((variant[1] - '0') * 10 + (variant[2] - '0'));
  const bool little = variant[3] == 'L' || SaysLittleEndian(entry);
  PcmFormat format = Integer(bits, !little);
  format.is_float = variant[0] == 'F';
  return format;
}

PcmFormat Linear(const AudioFields& audio) {
  if (audio.version != 2) return Integer(StoredBits(audio), false);
  PcmFormat format = Integer(audio.sample_size, audio.lpcm_flags & kBigEndian);
  format.is_float = audio.lpcm_flags & kFloat;
  format.is_signed = audio.lpcm_flags & kSigned;
  format.interleaved = !(audio.lpcm_flags & kNonInterleaved);
  if (audio.lpcm_flags & kPacked) return format;
  const uint32_t samples = format.interleaved && audio.channels > 0 ? audio.channels : 1;
  const uint32_t container_bits = audio.bytes_per_frame / samples * 8;
  if (container_bits > format.container_bits && container_bits <= 64) {
    format.container_bits = static_cast<uint8_t>(container_bits);
    format.high_aligned = audio.lpcm_flags & kAlignedHigh;
  }
  return format;
}

/// PCMConfig, ISO/IEC 23003-5.
PcmFormat Iso(const SampleDescription& entry) {
  Reader r(entry.Child("pcmC"));
  r.Skip(4);
  const bool little = r.U8() & 1;
  const uint8_t bits = r.U8();
  PcmFormat format = r.ok() ? Integer(bits, !little) : Integer(entry.audio.sample_size, true);
  format.is_float = entry.original_format == FourCC("fpcm");
  return format;
}

PcmFormat FormatOf(const SampleDescription& entry, const CodecInfo& codec) {
  const AudioFields& audio = entry.audio;
  switch (codec.id) {
    case CodecId::kPcmUnsigned8: {
      PcmFormat format = Integer(StoredBits(audio), true);
      format.is_signed = format.bits != 8;
      return format;
    }
    case CodecId::kPcmBigEndian:
      return Integer(StoredBits(audio), true);
    case CodecId::kPcmLittleEndian:
      return Integer(StoredBits(audio), false);
    case CodecId::kPcmFixed:
      return Fixed(entry, codec.variant);
    case CodecId::kPcmLinear:
      return Linear(audio);
    case CodecId::kPcmIso:
      return Iso(entry);
    default:
      return {};
  }
}

bool IsPossible(const PcmFormat& format) {
  if (format.is_float) return format.bits == 32 || format.bits == 64;
  return format.bits >= 1 && format.bits <= 32 && format.container_bits <= 32;
}

/// Codecs whose packets have one size, for one channel unless all share a packet.
struct FixedPackets {
  const char* variant;
  CodecId id;
  uint8_t bytes;
  uint8_t frames;
  bool a_channel;
};

constexpr FixedPackets kFixedPackets[] = {
    {"", CodecId::kMulaw, 1, 1, true},
    {"", CodecId::kAlaw, 1, 1, true},
    {"3", CodecId::kMace, 2, 6, true},
    {"6", CodecId::kMace, 1, 6, true},
    {"", CodecId::kGsm, 33, 160, false},
};

/// Codecs whose packets have the size that a version 1 entry says.
bool TakesPacketsFromEntry(CodecId id) {
  return id == CodecId::kAdpcm || id == CodecId::kRiff || id == CodecId::kQdm ||
         id == CodecId::kQdm2 || id == CodecId::kQcelp;
}

}  // namespace

std::optional<PcmFormat> PcmFormatOf(const SampleDescription& entry) {
  const CodecInfo* codec = FindCodec(entry.original_format, MediaKind::kAudio);
  if (codec == nullptr) return std::nullopt;
  const PcmFormat format = FormatOf(entry, *codec);
  if (!IsPossible(format)) return std::nullopt;
  return format;
}

PacketLayout PacketLayoutOf(const SampleDescription& entry) {
  const AudioFields& audio = entry.audio;
  const CodecInfo* codec = FindCodec(entry.original_format, MediaKind::kAudio);
  if (entry.kind != MediaKind::kAudio || codec == nullptr || audio.channels > 0xffff) return {};
  if (const auto pcm = PcmFormatOf(entry)) return {pcm->container_bits / 8u * audio.channels, 1};
  for (const FixedPackets& packets : kFixedPackets) {
    if (packets.id != codec->id || std::strcmp(packets.variant, codec->variant) != 0) continue;
    return {packets.bytes * (packets.a_channel ? audio.channels : 1), packets.frames};
  }
  if (entry.original_format == FourCC("ima4")) return {34 * audio.channels, 64};
  const bool constant = audio.version == 1 && audio.bytes_per_frame != 0;
  if (!constant || audio.samples_per_packet == 0 || !TakesPacketsFromEntry(codec->id)) return {};
  return {audio.bytes_per_frame, audio.samples_per_packet};
}

}  // namespace iso
