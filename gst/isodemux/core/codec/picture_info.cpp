// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/picture_info.h"

#include <algorithm>

namespace iso {
namespace {

/// A 0.16 fixed point chromaticity (VP9's boxes) in units of 0.00002.
uint16_t ScaleChromaticity(uint32_t v) {
  return static_cast<uint16_t>(std::min<uint32_t>((v * 50000 + 32768) >> 16, 65535));
}

/// A fixed point luminance with `fraction_bits` in units of 0.0001.
uint32_t ScaleLuminance(uint64_t v, int fraction_bits) {
  const uint64_t half = uint64_t{1} << (fraction_bits - 1);
  return static_cast<uint32_t>(std::min<uint64_t>((v * 10000 + half) >> fraction_bits, UINT32_MAX));
}

MasteringDisplay::Point ReadPoint(Reader& r) {
  const uint16_t x = r.U16();
  return {x, r.U16()};
}

MasteringDisplay::Point ReadScaledPoint(Reader& r) {
  const uint16_t x = ScaleChromaticity(r.U16());
  return {x, ScaleChromaticity(r.U16())};
}

/// SMPTE 2086 metadata of the VP codec binding: a FullBox with fixed point numbers.
std::optional<MasteringDisplay> ParseSmDm(Bytes body) {
  Reader r(body);
  r.Skip(4);
  MasteringDisplay m;
  m.red = ReadScaledPoint(r);
  m.green = ReadScaledPoint(r);
  m.blue = ReadScaledPoint(r);
  m.white = ReadScaledPoint(r);
  m.max_luminance = ScaleLuminance(r.U32(), 8);
  m.min_luminance = ScaleLuminance(r.U32(), 14);
  if (!r.ok()) return std::nullopt;
  return m;
}

std::optional<LightLevel> ParseLightLevel(Bytes body, size_t skip) {
  Reader r(body);
  r.Skip(skip);
  LightLevel level = {};
  level.max_content = r.U16();
  level.max_frame_average = r.U16();
  if (!r.ok()) return std::nullopt;
  return level;
}

}  // namespace

std::optional<PixelAspect> PixelAspectOf(const SampleDescription& entry) {
  Reader r(entry.Child("pasp"));
  const uint32_t horizontal = r.U32();
  const uint32_t vertical = r.U32();
  if (!r.ok() || horizontal == 0 || vertical == 0) return std::nullopt;
  return PixelAspect{horizontal, vertical};
}

std::optional<ColorCodes> ColorCodesOf(const SampleDescription& entry) {
  for (const ChildBox& child : entry.children) {
    if (child.type != FourCC("colr")) continue;
    Reader r(Bytes(entry.bytes).subspan(child.body_offset, child.body_size));
    const FourCC kind = r.Code();
    if (kind != FourCC("nclx") && kind != FourCC("nclc")) continue;
    ColorCodes codes = {};
    codes.primaries = r.U16();
    codes.transfer = r.U16();
    codes.matrix = r.U16();
    if (!r.ok()) continue;
    // Writers exist that leave nclx's last byte out.
    codes.full_range = kind == FourCC("nclx") && r.left() > 0 && (r.U8() & 0x80);
    return codes;
  }
  return std::nullopt;
}

std::optional<FieldInfo> FieldInfoOf(const SampleDescription& entry) {
  Reader r(entry.Child("fiel"));
  const uint8_t fields = r.U8();
  const uint8_t detail = r.U8();
  if (!r.ok() || fields < 1 || fields > 2) return std::nullopt;
  // QTFF: 1 and 6 say which field is stored first, 9 and 14 which is shown first.
  return FieldInfo{fields == 2, fields == 2 && detail == 9, fields == 2 && detail == 14};
}

std::optional<MasteringDisplay> MasteringDisplayOf(const SampleDescription& entry) {
  if (!entry.HasChild("mdcv")) return ParseSmDm(entry.Child("SmDm"));
  Reader r(entry.Child("mdcv"));
  MasteringDisplay m;
  // Green comes first, as in HEVC's SEI message.
  m.green = ReadPoint(r);
  m.blue = ReadPoint(r);
  m.red = ReadPoint(r);
  m.white = ReadPoint(r);
  m.max_luminance = r.U32();
  m.min_luminance = r.U32();
  if (!r.ok()) return std::nullopt;
  return m;
}

std::optional<LightLevel> LightLevelOf(const SampleDescription& entry) {
  if (entry.HasChild("clli")) return ParseLightLevel(entry.Child("clli"), 0);
  return ParseLightLevel(entry.Child("CoLL"), 4);
}

}  // namespace iso
