// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/audio_config.h"

#include <algorithm>
#include <bit>

namespace iso {
namespace {

constexpr uint16_t kAmrRates[] = {4750, 5150, 5900, 6700, 7400, 7950, 10200, 12200};
constexpr uint16_t kAmrWidebandRates[] = {
    6600, 8850, 12650, 14250, 15850, 18250, 19850, 23050, 23850};

uint16_t LittleU16(Reader& r) {
  const uint16_t v = r.U16();
  return static_cast<uint16_t>(v << 8 | v >> 8);
}

uint32_t LittleU32(Reader& r) {
  const uint32_t low = LittleU16(r);
  return low | static_cast<uint32_t>(LittleU16(r)) << 16;
}

/// Each bit stands for one or two speakers.
uint8_t TrueHdChannels(uint32_t assignment) {
  constexpr uint32_t kPairs = 0b0'0110'0111'1001;
  const int channels = std::popcount(assignment) + std::popcount(assignment & kPairs);
  return static_cast<uint8_t>(channels == 0 ? 2 : channels);
}

}  // namespace

std::optional<OpusConfig> ParseDOps(Bytes body) {
  Reader r(body);
  const uint8_t version = r.U8();
  OpusConfig config;
  config.channels = r.U8();
  config.pre_skip = r.U16();
  config.input_rate = r.U32();
  config.gain = r.I16();
  config.mapping_family = r.U8();
  config.coupled_streams = config.channels > 1 ? 1 : 0;
  if (config.mapping_family != 0) {
    config.streams = r.U8();
    config.coupled_streams = r.U8();
    config.mapping = r.Take(config.channels);
  }
  if (!r.ok() || version != 0 || config.channels == 0) return std::nullopt;
  if (config.mapping_family == 0 && config.channels > 2) return std::nullopt;
  return config;
}

std::optional<FlacConfig> ParseDfLa(Bytes body) {
  constexpr size_t kStreamInfoBytes = 34;
  constexpr size_t kBlockHeaderBytes = 4;
  Reader r(body);
  r.Skip(4);  // version and flags
  FlacConfig config;
  bool last = false;
  while (!last && r.left() >= kBlockHeaderBytes) {
    const size_t start = r.position();
    last = r.U8() & 0x80;
    const uint32_t length = r.U24();
    r.Skip(length);
    if (!r.ok()) break;
    config.blocks.push_back(body.subspan(start, kBlockHeaderBytes + length));
  }
  if (config.blocks.empty()) return std::nullopt;
  Reader info(config.blocks[0]);
  const bool is_stream_info = (info.U8() & 0x7f) == 0 && info.U24() >= kStreamInfoBytes;
  info.Skip(10);  // block and frame sizes
  const uint32_t rate_channels = info.U24();
  if (!is_stream_info) return std::nullopt;
  config.sample_rate = rate_channels >> 4;
  config.channels = static_cast<uint8_t>((rate_channels >> 1 & 7) + 1);
  return config;
}

std::optional<AlacConfig> ParseAlac(Bytes body) {
  Reader r(body);
  r.Skip(4);      // version and flags
  r.Skip(4 + 1);  // frame length, compatible version
  AlacConfig config;
  config.bit_depth = r.U8();
  r.Skip(3);  // tuning
  config.channels = r.U8();
  r.Skip(2 + 4 + 4);  // run, frame bytes, bit rate
  config.sample_rate = r.U32();
  if (!r.ok()) return std::nullopt;
  return config;
}

std::optional<TrueHdConfig> ParseDmlp(Bytes body) {
  Reader r(body);
  const uint32_t info = r.U32();
  if (!r.ok()) return std::nullopt;
  const uint32_t rate = info >> 28;
  const uint32_t six_channels = info >> 15 & 0x1f;
  const uint32_t eight_channels = info & 0x1fff;
  TrueHdConfig config;
  config.sample_rate = (rate & 8 ? 44100u : 48000u) << std::min(rate & 7, 2u);
  config.channels = TrueHdChannels(eight_channels != 0 ? eight_channels : six_channels);
  return config;
}

uint32_t MaximumAmrBitrate(Bytes damr, bool wideband) {
  Reader r(damr);
  r.Skip(4 + 1);  // vendor, decoder version
  const uint16_t modes = r.U16();
  const std::span<const uint16_t> rates = wideband ? std::span<const uint16_t>(kAmrWidebandRates)
                                                   : std::span<const uint16_t>(kAmrRates);
  if (!r.ok()) return 0;
  for (size_t i = rates.size(); i-- > 0;) {
    if (modes >> i & 1) return rates[i];
  }
  return 0;
}

std::optional<MpegHConfig> ParseMhaC(Bytes body) {
  Reader r(body);
  const uint8_t version = r.U8();
  MpegHConfig config;
  config.profile_level = r.U8();
  config.reference_layout = r.U8();
  config.config = r.Take(r.U16());
  if (!r.ok() || version != 1) return std::nullopt;
  return config;
}

std::optional<WaveFormat> ParseWaveFormat(Bytes body) {
  Reader r(body);
  WaveFormat wave;
  wave.tag = LittleU16(r);
  wave.channels = LittleU16(r);
  wave.sample_rate = LittleU32(r);
  wave.bytes_per_second = LittleU32(r);
  wave.block_align = LittleU16(r);
  if (!r.ok()) return std::nullopt;
  if (r.left() >= 2) wave.bits_per_sample = LittleU16(r);
  if (r.left() >= 2) wave.extra = r.Take(std::min<size_t>(LittleU16(r), r.left()));
  return wave;
}

}  // namespace iso
