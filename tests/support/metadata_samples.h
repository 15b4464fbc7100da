// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Writers of metadata boxes: iTunes lists, keys, QuickTime and 3GPP user data.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "byte_writer.h"

namespace iso::test {

inline Bytes Join(const std::vector<Bytes>& parts) {
  ByteWriter w;
  for (const Bytes& part : parts)
    w.Add(part);
  return w.bytes();
}

inline Bytes TextBytes(std::string_view text) {
  return ByteWriter().Text(text).bytes();
}

/// A `data` box as in an item of ilst.
inline Bytes Data(uint32_t type, const Bytes& value) {
  return Box("data", ByteWriter().U32(type).U32(0).Add(value).bytes());
}

inline Bytes Data(uint32_t type, std::string_view text) {
  return Data(type, TextBytes(text));
}

/// An item of ilst with one text.
inline Bytes TextItem(std::string_view code, std::string_view text) {
  return Box(code, Data(1, text));
}

inline Bytes FreeformItem(std::string_view mean, std::string_view name, const Bytes& data) {
  return Box(
      "----",
      Join({FullBox("mean", 0, 0, TextBytes(mean)), FullBox("name", 0, 0, TextBytes(name)), data}));
}

inline Bytes FreeformText(std::string_view name, std::string_view text) {
  return FreeformItem("com.apple.iTunes", name, Data(1, text));
}

inline Bytes MetaHandler(std::string_view type) {
  return FullBox("hdlr", 0, 0, ByteWriter().U32(0).Text(type).Zeros(13).bytes());
}

/// The body of a meta box with iTunes' items, as an ISO FullBox.
inline Bytes ItunesMeta(const std::vector<Bytes>& items) {
  return Join({Bytes(4, 0), MetaHandler("mdir"), Box("ilst", Join(items))});
}

struct KeyedText {
  std::string_view key;
  Bytes data;
};

/// The body of a meta box with keys, in QuickTime's form.
inline Bytes KeysMeta(const std::vector<KeyedText>& values) {
  ByteWriter keys;
  ByteWriter items;
  keys.U32(0).U32(values.size());
  uint32_t index = 0;
  for (const KeyedText& value : values) {
    keys.Add(Box("mdta", TextBytes(value.key)));
    items.U32(value.data.size() + 8).U32(++index).Add(value.data);
  }
  return Join({MetaHandler("mdta"), Box("keys", keys.bytes()), Box("ilst", items.bytes())});
}

/// One text of a '(c)xxx' box.
inline Bytes LanguageText(uint16_t language, std::string_view text) {
  return ByteWriter().U16(text.size()).U16(language).Text(text).bytes();
}

constexpr uint16_t kEnglish = 0x15c7;  // 'eng', packed

/// A 3GPP asset box with a language.
inline Bytes AssetBox(std::string_view code, const Bytes& value) {
  return FullBox(code, 0, 0, ByteWriter().U16(kEnglish).Add(value).bytes());
}

inline Bytes AssetBox(std::string_view code, std::string_view text) {
  return AssetBox(code, ByteWriter().Text(text).U8(0).bytes());
}

constexpr std::string_view kXmpType =
    "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";

}  // namespace iso::test
