// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FourCC: a four-character code as a value, with a literal and a printable form.

#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace iso {

/// A four-character code, the first character in the most significant byte. Codes
/// made of bytes that do not print are legal (QuickTime has many).
struct FourCC {
  uint32_t value = 0;

  constexpr FourCC() = default;

  constexpr explicit FourCC(uint32_t v) : value(v) {}

  /// From a literal: FourCC("moov").
  consteval FourCC(const char (&text)[5])  // NOLINT(google-explicit-constructor)
      : value(static_cast<uint32_t>(static_cast<uint8_t>(text[0])) << 24 |
              static_cast<uint32_t>(static_cast<uint8_t>(text[1])) << 16 |
              static_cast<uint32_t>(static_cast<uint8_t>(text[2])) << 8 |
              static_cast<uint32_t>(static_cast<uint8_t>(text[3]))) {}

  constexpr auto operator<=>(const FourCC&) const = default;

  constexpr explicit operator bool() const { return value != 0; }

  constexpr char at(int i) const { return static_cast<char>(value >> (24 - 8 * i) & 0xff); }

  /// Four printable characters: what does not print in ASCII becomes '.'.
  std::string Text() const {
    std::string text(4, '.');
    for (int i = 0; i < 4; ++i) {
      const char c = at(i);
      if (c >= 0x20 && c < 0x7f) text[static_cast<size_t>(i)] = c;
    }
    return text;
  }
};

}  // namespace iso
