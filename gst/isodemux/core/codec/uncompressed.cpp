// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/uncompressed.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace iso {
namespace {

constexpr size_t kMaxComponents = 16;
constexpr uint16_t kFirstUserType = 0x8000;

/// Component types 0 to 12 as letters: monochrome, Y, Cb, Cr, R, G, B, alpha, depth,
/// disparity, palette, filter array, padding.
constexpr std::string_view kTypeLetters = "MYUVRGBADSPFX";

enum Sampling : uint8_t { k444, k422, k420, k411 };

enum Interleave : uint8_t { kPlanar, kPixel, kMixed };

struct Config {
  std::string components;  ///< a letter each, in the order they are stored
  uint8_t bits = 0;        ///< the same for all; 0 when they differ
  uint8_t sampling = 0;
  uint8_t interleave = 0;
  uint8_t block_bytes = 0;
  bool little_endian = false;
  uint32_t row_align = 0;
};

struct Known {
  std::string_view components;
  Sampling sampling;
  Interleave interleave;
  uint8_t bits;
  uint8_t block_bytes;
  const char* name;
};

constexpr Known kKnown[] = {
    {"M", k444, kPlanar, 8, 0, "GRAY8"},  {"M", k444, kPixel, 8, 0, "GRAY8"},
    {"Y", k444, kPlanar, 8, 0, "GRAY8"},  {"M", k444, kPlanar, 16, 0, "GRAY16"},
    {"M", k444, kPixel, 16, 0, "GRAY16"}, {"Y", k444, kPlanar, 16, 0, "GRAY16"},
    {"RGB", k444, kPixel, 8, 0, "RGB"},   {"RGB", k444, kPlanar, 8, 0, "RGBP"},
    {"BGR", k444, kPlanar, 8, 0, "BGRP"}, {"GBR", k444, kPlanar, 8, 0, "GBR"},
    {"BGR", k444, kPixel, 8, 0, "BGR"},   {"RGBX", k444, kPixel, 8, 0, "RGBx"},
    {"BGRX", k444, kPixel, 8, 0, "BGRx"}, {"RGB", k444, kPixel, 10, 4, "r210"},
    {"YUV", k444, kPlanar, 8, 0, "Y444"}, {"YUV", k444, kPixel, 8, 0, "v308"},
    {"UYV", k444, kPixel, 8, 0, "IYU2"},  {"YUV", k422, kPlanar, 8, 0, "Y42B"},
    {"YUV", k420, kPlanar, 8, 0, "I420"}, {"YVU", k420, kPlanar, 8, 0, "YV12"},
    {"YUV", k411, kPlanar, 8, 0, "Y41B"}, {"YUV", k420, kMixed, 8, 0, "NV12"},
    {"YVU", k420, kMixed, 8, 0, "NV21"},  {"YUV", k422, kMixed, 8, 0, "NV16"},
    {"AYUV", k444, kPixel, 8, 0, "AYUV"}, {"ARGB", k444, kPixel, 8, 0, "ARGB"},
    {"BGRA", k444, kPixel, 8, 0, "BGRA"}, {"RGBA", k444, kPixel, 8, 0, "RGBA"},
    {"ABGR", k444, kPixel, 8, 0, "ABGR"},
};

struct Profile {
  FourCC code;
  const char* name;
};

/// What version 1 of uncC may say instead of listing components.
constexpr Profile kProfiles[] = {{"rgb3", "RGB"}, {"rgba", "RGBA"}, {"abgr", "ABGR"}};

/// cmpd: the types of all components.
std::string ReadTypes(Bytes cmpd) {
  Reader r(cmpd);
  std::string letters;
  const uint32_t count = r.U32();
  for (uint32_t i = 0; i < count && i < kMaxComponents && r.ok(); ++i) {
    const uint16_t type = r.U16();
    letters.push_back(type < kTypeLetters.size() ? kTypeLetters[type] : '?');
    if (type < kFirstUserType) continue;
    while (r.ok() && r.U8() != 0) {
    }
  }
  return r.ok() ? letters : std::string();
}

/// The component list of uncC. False when it is more than a pixel format can be.
bool ReadComponents(Reader& r, const std::string& types, Config& config) {
  const uint32_t count = r.U32();
  if (count == 0 || count > kMaxComponents) return false;
  for (uint32_t i = 0; i < count && r.ok(); ++i) {
    const uint16_t index = r.U16();
    const auto bits = static_cast<uint8_t>(r.U8() + 1);
    const uint8_t format = r.U8();
    const uint8_t align = r.U8();
    if (index >= types.size() || format != 0 || align != 0) return false;
    config.components.push_back(types[index]);
    if (i == 0) config.bits = bits;
    if (bits != config.bits) config.bits = 0;
  }
  return r.ok();
}

bool ReadConfig(Reader& r, const std::string& types, Config& config) {
  r.Skip(4);  // profile
  if (!ReadComponents(r, types, config)) return false;
  config.sampling = r.U8();
  config.interleave = r.U8();
  config.block_bytes = r.U8();
  config.little_endian = r.U8() & 0x80;
  r.Skip(4);  // pixel size
  config.row_align = r.U32();
  const uint32_t tile_align = r.U32();
  const uint32_t more_columns = r.U32();
  const uint32_t more_rows = r.U32();
  return r.ok() && tile_align == 0 && more_columns == 0 && more_rows == 0;
}

const char* NameOf(const Config& config) {
  for (const Known& known : kKnown) {
    if (known.components == config.components && known.sampling == config.sampling &&
        known.interleave == config.interleave && known.bits == config.bits &&
        known.block_bytes == config.block_bytes) {
      return known.name;
    }
  }
  return "";
}

/// cpat: the filter array's order, where it is one of the four usual ones.
const char* BayerOrder(Bytes cpat, const std::string& types) {
  static constexpr std::array kOrders = {"bggr", "gbrg", "grbg", "rggb"};
  Reader r(cpat);
  r.Skip(4);
  if (r.U16() != 2 || r.U16() != 2) return "";
  std::string order;
  for (int i = 0; i < 4; ++i) {
    const uint32_t index = r.U32();
    r.Skip(4);  // gain
    if (!r.ok() || index >= types.size()) return "";
    order.push_back(static_cast<char>(types[index] | 0x20));
  }
  const auto* found = std::find(kOrders.begin(), kOrders.end(), order);
  return found == kOrders.end() ? "" : *found;
}

}  // namespace

UncompressedFormat UncompressedFormatOf(const SampleDescription& entry) {
  constexpr uint32_t kMaxRowAlign = 65536;
  UncompressedFormat format;
  Reader r(entry.Child("uncC"));
  const uint8_t version = r.U8();
  r.Skip(3);
  if (version == 1) {
    const FourCC code = r.Code();
    for (const Profile& profile : kProfiles) {
      if (r.ok() && profile.code == code) format.name = profile.name;
    }
    return format;
  }
  const std::string types = ReadTypes(entry.Child("cmpd"));
  Config config;
  if (version != 0 || !ReadConfig(r, types, config) || config.row_align > kMaxRowAlign) {
    return format;
  }
  format.bits = config.bits;
  format.little_endian = config.little_endian;
  format.row_align = std::max<uint32_t>(config.row_align, 1);
  if (config.components == "F") {
    format.bayer = BayerOrder(entry.Child("cpat"), types);
  } else {
    format.name = NameOf(config);
  }
  return format;
}

}  // namespace iso
