// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/color_table.h"

#include <algorithm>

namespace iso {
namespace {

constexpr uint16_t kGrey = 32;  ///< added to the depth of grey pictures

constexpr uint32_t kTwoColors[] = {0xffffff, 0x000000};
constexpr uint32_t kFourColors[] = {0x93655e, 0xffffff, 0xdfd0ab, 0x000000};
constexpr uint32_t kSixteenColors[] = {0xfffbff,
                                       0xefd9bb,
                                       0xe8c9b1,
                                       0x93655e,
                                       0xfcdee8,
                                       0x9d8891,
                                       0xffffff,
                                       0xffffff,
                                       0xffffff,
                                       0x474837,
                                       0x7a5e55,
                                       0xdfd0ab,
                                       0xfffbf9,
                                       0xe8cac5,
                                       0x8a7c77,
                                       0x000000};

uint32_t Rgb(uint32_t red, uint32_t green, uint32_t blue) {
  return red << 16 | green << 8 | blue;
}

std::vector<uint32_t> Greys(uint32_t count) {
  std::vector<uint32_t> table;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t v = 255 - 255 * i / (count - 1);
    table.push_back(Rgb(v, v, v));
  }
  return table;
}

/// Macintosh's 256 colours: a cube of 6 x 6 x 6 from white down, then ramps of red,
/// green, blue and grey of the values the cube leaves out, and black.
std::vector<uint32_t> MacintoshColors() {
  std::vector<uint32_t> table;
  for (uint32_t i = 0; i < 215; ++i) {
    table.push_back(Rgb(255 - 51 * (i / 36), 255 - 51 * (i / 6 % 6), 255 - 51 * (i % 6)));
  }
  for (const uint32_t ramp : {0xff0000u, 0x00ff00u, 0x0000ffu, 0xffffffu}) {
    for (const uint32_t v :
         {0xeeu, 0xddu, 0xbbu, 0xaau, 0x88u, 0x77u, 0x55u, 0x44u, 0x22u, 0x11u}) {
      table.push_back(Rgb(v, v, v) & ramp);
    }
  }
  table.push_back(0);
  return table;
}

std::vector<uint32_t> DefaultTable(uint16_t depth) {
  const auto copy = [](std::span<const uint32_t> colors) {
    return std::vector<uint32_t>(colors.begin(), colors.end());
  };
  switch (depth) {
    case 1:
    case kGrey + 1:
      return copy(kTwoColors);
    case 2:
      return copy(kFourColors);
    case 4:
      return copy(kSixteenColors);
    case 8:
      return MacintoshColors();
    case kGrey + 2:
      return Greys(4);
    case kGrey + 4:
      return Greys(16);
    case kGrey + 8:
      return Greys(256);
    default:
      return {};
  }
}

/// Color table, QTFF: seed, flags, last index, then value (an index, or nothing of use),
/// red, green and blue with 16 bits each.
void Overwrite(std::vector<uint32_t>& table, Bytes stored) {
  Reader r(stored);
  r.Skip(4);
  const bool in_order = r.U16() & 0x8000;
  const uint32_t count = r.U16() + 1u;
  for (uint32_t i = 0; i < count && r.left() >= 8; ++i) {
    const uint32_t value = r.U16();
    const uint32_t red = r.U16() >> 8;
    const uint32_t green = r.U16() >> 8;
    const uint32_t blue = r.U16() >> 8;
    const uint32_t index = in_order ? i : value;
    if (index < table.size()) table[index] = Rgb(red, green, blue);
  }
}

}  // namespace

std::vector<uint32_t> ColorTableOf(const SampleDescription& entry) {
  const VisualFields& video = entry.video;
  std::vector<uint32_t> table = DefaultTable(video.depth);
  if (table.empty() || video.depth > kGrey) return table;
  if (video.color_table_colors != 0) {
    Overwrite(table, Bytes(entry.bytes).subspan(video.color_table_offset));
  } else if (entry.HasChild("ctab")) {
    Overwrite(table, entry.Child("ctab"));
  }
  return table;
}

}  // namespace iso
