// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Charsets of metadata text. What is valid UTF-8 is taken for it, since many writers
// disregard what the format asks for.

#include "element/tag_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string_view>

#include <gst/gst.h>
#include <gst/tag/tag.h>

#include "element/languages.h"
#include "element/ref.h"

namespace iso::gst {
namespace {

constexpr size_t kMaxTextBytes = 1 << 20;
constexpr uint16_t kFirstPackedLanguage = 0x800;
constexpr const char* kRomanCharset = "MACINTOSH";
const char* const kEncodingVariables[] = {"GST_QT_TAG_ENCODING", "GST_TAG_ENCODING", nullptr};

std::string_view View(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool IsUtf8(std::string_view text) {
  return g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr);
}

/// Up to the first NUL, without white space around. `text` is UTF-8 with perhaps NULs.
std::string Trim(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && blank(text.back()))
    text.remove_suffix(1);
  return std::string(text);
}

std::string Convert(std::string_view text, const char* charset) {
  gsize size = 0;
  const GCharPtr utf8(g_convert(
      text.data(), static_cast<gssize>(text.size()), "UTF-8", charset, nullptr, &size, nullptr));
  return utf8 && IsUtf8({utf8.get(), strnlen(utf8.get(), size)}) ? Trim({utf8.get(), size}) : "";
}

std::string Freeform(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  if (text.empty()) return {};
  const GCharPtr utf8(gst_tag_freeform_string_to_utf8(
      text.data(), static_cast<int>(text.size()), const_cast<const gchar**>(kEncodingVariables)));
  return utf8 ? Trim(utf8.get()) : "";
}

bool HasByteOrderMark(Bytes bytes) {
  if (bytes.size() < 2) return false;
  const uint16_t mark = LoadBE16(bytes.data());
  return mark == 0xfeff || mark == 0xfffe;
}

/// Big-endian where no byte order mark says otherwise.
std::string Utf16(Bytes bytes) {
  bytes = bytes.first(bytes.size() & ~size_t{1});
  if (!HasByteOrderMark(bytes)) return Convert(View(bytes), "UTF-16BE");
  const bool big = bytes[0] == 0xfe;
  return Convert(View(bytes.subspan(2)), big ? "UTF-16BE" : "UTF-16LE");
}

bool EncodingIsChosen() {
  return std::any_of(std::begin(kEncodingVariables), std::end(kEncodingVariables), [](auto* name) {
    return name && g_getenv(name);
  });
}

/// QTFF "Language Code Values": text with a Macintosh language has its charset.
std::string International(Bytes bytes, uint16_t language) {
  const std::string_view text = View(bytes);
  if (HasByteOrderMark(bytes)) return Utf16(bytes);
  if (language >= kFirstPackedLanguage || IsUtf8(text.substr(0, text.find('\0'))) ||
      EncodingIsChosen()) {
    return Freeform(text);
  }
  const MacLanguage* row = FindMacLanguage(language);
  std::string utf8 = row ? Convert(text, row->charset) : "";
  if (utf8.empty()) utf8 = Convert(text, kRomanCharset);
  return utf8.empty() ? Freeform(text) : utf8;
}

std::string Typed(Bytes bytes, uint32_t type) {
  switch (static_cast<DataType>(type)) {
    case DataType::kImplicit:
    case DataType::kUtf8:
    case DataType::kUtf8Sort:
      return Freeform(View(bytes));
    case DataType::kUtf16:
    case DataType::kUtf16Sort:
      return Utf16(bytes);
    case DataType::kShiftJis:
      return Convert(View(bytes), "SHIFT_JIS");
    default:
      return {};
  }
}

}  // namespace

std::string AssetText(Bytes bytes) {
  return TakeAssetText(bytes);
}

std::string TakeAssetText(Bytes& bytes) {
  const bool wide = HasByteOrderMark(bytes);
  const size_t unit = wide ? 2 : 1;
  size_t end = 0;
  while (end + unit <= bytes.size() && (wide ? LoadBE16(&bytes[end]) : bytes[end]) != 0) {
    end += unit;
  }
  const Bytes text = bytes.first(end);
  bytes = bytes.subspan(std::min(end + unit, bytes.size()));
  if (text.size() > kMaxTextBytes) return {};
  return wide ? Utf16(text) : Freeform(View(text));
}

std::string TextOf(const MetadataItem& item) {
  if (item.value.size() > kMaxTextBytes) return {};
  switch (item.source) {
    case MetadataSource::kItunes:
    case MetadataSource::kFreeform:
    case MetadataSource::kKeys:
      return Typed(item.value, item.type);
    case MetadataSource::kQuickTime:
      return International(item.value, item.language);
    case MetadataSource::k3gpp:
      return AssetText(item.value);
    case MetadataSource::kRaw:
      return Freeform(View(item.value));
  }
  return {};
}

}  // namespace iso::gst
