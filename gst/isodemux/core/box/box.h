// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How a box is described: one struct with a BoxInfo and a Fields() function. Parser,
// dumper and the tests' writer are visitors of Fields(), so they cannot drift apart.

#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/box/header.h"
#include "core/table/table_ref.h"

namespace iso {

enum class BoxForm : uint8_t {
  kContainer,      ///< boxes right after the header
  kFullContainer,  ///< version and flags, then boxes
  kBox,            ///< fields
  kFullBox,        ///< version and flags, then fields
};

/// What is known of a box without reading one.
struct BoxInfo {
  FourCC type;
  const char* name;
  const char* source;      ///< "12:8.6.1.2" is ISO/IEC 14496-12, clause 8.6.1.2
  const char* parents;     ///< codes, space separated; "file" is the top level
  BoxForm form;
  uint8_t max_version = 0;
};

/// Version and flags of a FullBox, ISO/IEC 14496-12 4.2.2.
struct FullBox {
  uint8_t version = 0;
  uint32_t flags = 0;  ///< 24 bits
};

template <class B>
concept HasVersion = std::derived_from<B, FullBox>;

/// Bytes that are enough to read any box of sample tables up to its first entry.
constexpr size_t kTablePrefixBytes = 64;

/// Reads the fields of a box from the first bytes of its body.
class ParseVisitor {
 public:
  ParseVisitor(const BoxHeader& header, Bytes prefix) : header_(header), r_(prefix) {}

  void Version(FullBox& box) {
    box.version = r_.U8();
    box.flags = r_.U24();
    version_ = box.version;
  }

  void U8(const char*, uint8_t& v) { v = r_.U8(); }

  void U16(const char*, uint16_t& v) { v = r_.U16(); }

  void I16(const char*, int16_t& v) { v = r_.I16(); }

  void U24(const char*, uint32_t& v) { v = r_.U24(); }

  void U32(const char*, uint32_t& v) { v = r_.U32(); }

  void I32(const char*, int32_t& v) { v = r_.I32(); }

  void U64(const char*, uint64_t& v) { v = r_.U64(); }

  void Code(const char*, FourCC& v) { v = r_.Code(); }

  void Id(const char*, Uuid& v) {
    const Bytes id = r_.Take(v.size());
    std::copy(id.begin(), id.end(), v.begin());
  }

  /// 64 bits in version 1, 32 bits (all ones becoming 64 ones: "unknown") in version 0.
  void Time(const char*, uint64_t& v) {
    if (version_ == 1) {
      v = r_.U64();
    } else {
      const uint32_t narrow = r_.U32();
      v = narrow == UINT32_MAX ? UINT64_MAX : narrow;
    }
  }

  /// 64 bits in version 1, 32 bits in version 0; signed, sign-extended.
  void SignedTime(const char*, int64_t& v) { v = version_ == 1 ? r_.I64() : r_.I32(); }

  void Reserved(size_t bytes) { r_.Skip(bytes); }

  /// All that is left of the body (the caller must have passed it whole).
  void Rest(const char*, std::vector<uint8_t>& v) {
    const Bytes rest = r_.TakeRest();
    v.assign(rest.begin(), rest.end());
  }

  /// Codes up to the end of the body.
  void Codes(const char*, std::vector<FourCC>& v) {
    while (r_.left() >= 4) {
      v.push_back(r_.Code());
    }
  }

  /// `count` entries of `stride` bytes from here on: where they lie, not what they say.
  void Table(const char*, TableRef& table, uint64_t count, uint32_t stride) {
    table.present = r_.ok();
    table.stride = stride;
    table.offset = header_.body + r_.position();
    const uint64_t room = table.present ? (header_.end - table.offset) / stride : 0;
    table.count = std::min(count, room);
    short_table_ = short_table_ || table.count < count;
  }

  /// Likewise for entries of 4, 8 or 16 bits; count is in entries.
  void BitTable(const char* name, TableRef& table, uint64_t count, uint32_t bits) {
    const uint64_t room = room_for_bits(bits);
    short_table_ = short_table_ || room < count;
    Table(name, table, 0, bits < 8 ? 1 : bits / 8);
    table.count = std::min(count, room);
  }

  /// A 32-bit entry count, then that many entries.
  void CountedTable(const char* name, TableRef& table, uint32_t stride) {
    const uint64_t count = r_.U32();
    Table(name, table, count, stride);
  }

  /// Bytes of the body that are not read yet, beyond the prefix too.
  uint64_t room() const { return header_.end - header_.body - r_.position(); }

  bool ok() const { return r_.ok(); }

  /// A table's box ends before its count says.
  bool short_table() const { return short_table_; }

  static constexpr bool kParsing = true;

 private:
  uint64_t room_for_bits(uint32_t bits) const { return bits == 0 ? 0 : room() * 8 / bits; }

  const BoxHeader& header_;
  Reader r_;
  uint8_t version_ = 0;
  bool short_table_ = false;
};

/// Writes "name: value" for each field.
class DumpVisitor {
 public:
  using Line = std::vector<std::pair<std::string, std::string>>;

  void Version(FullBox& box) {
    if (box.version != 0) Add("version", box.version);
    if (box.flags != 0) Add("flags", box.flags);
  }

  void U8(const char* name, uint8_t& v) { Add(name, v); }

  void U16(const char* name, uint16_t& v) { Add(name, v); }

  void I16(const char* name, int16_t& v) { Add(name, v); }

  void U24(const char* name, uint32_t& v) { Add(name, v); }

  void U32(const char* name, uint32_t& v) { Add(name, v); }

  void I32(const char* name, int32_t& v) { Add(name, v); }

  void U64(const char* name, uint64_t& v) { Add(name, v); }

  void Code(const char* name, FourCC& v) { fields_.emplace_back(name, v.Text()); }

  void Id(const char* name, Uuid& v) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    for (const uint8_t byte : v) {
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
    fields_.emplace_back(name, text);
  }

  void Time(const char* name, uint64_t& v) {
    if (v == UINT64_MAX) {
      fields_.emplace_back(name, "unknown");
    } else {
      Add(name, v);
    }
  }

  void SignedTime(const char* name, int64_t& v) { Add(name, v); }

  void Reserved(size_t) {}

  void Rest(const char* name, std::vector<uint8_t>& v) { AddBytes(name, v.size()); }

  void Codes(const char* name, std::vector<FourCC>& v) {
    std::string text;
    for (const FourCC code : v) {
      if (!text.empty()) text += ' ';
      text += code.Text();
    }
    fields_.emplace_back(name, text);
  }

  void Table(const char* name, TableRef& table, uint64_t, uint32_t stride) {
    fields_.emplace_back(name,
                         std::to_string(table.count) + " x " + std::to_string(stride) +
                             " bytes at " + std::to_string(table.offset));
  }

  void BitTable(const char* name, TableRef& table, uint64_t, uint32_t bits) {
    fields_.emplace_back(name,
                         std::to_string(table.count) + " x " + std::to_string(bits) + " bits at " +
                             std::to_string(table.offset));
  }

  void CountedTable(const char* name, TableRef& table, uint32_t stride) {
    Table(name, table, table.count, stride);
  }

  static constexpr bool kParsing = false;

  Line TakeFields() { return std::move(fields_); }

 private:
  template <class T>
  void Add(const char* name, T v) {
    fields_.emplace_back(name, std::to_string(v));
  }

  void AddBytes(const char* name, size_t n) {
    fields_.emplace_back(name, std::to_string(n) + " bytes");
  }

  Line fields_;
};

/// Reads a box of type B. `prefix` is the start of its body: all of it, but for sample
/// tables kTablePrefixBytes. A table shorter than its count is cut to what there is and
/// reported; a box that ends before its fields is an error.
template <class B>
Result<B> ParseBox(const BoxHeader& header, Bytes prefix, Diagnostics* diagnostics) {
  B box;
  ParseVisitor visitor(header, prefix);
  if constexpr (HasVersion<B>) visitor.Version(box);
  box.Fields(visitor);
  if (!visitor.ok()) {
    return Error{Errc::kBoxTruncated, header.type, header.offset};
  }
  if (diagnostics != nullptr && visitor.short_table()) {
    diagnostics->Report(Error{Errc::kTableShort, header.type, header.offset});
  }
  if constexpr (HasVersion<B>) {
    if (diagnostics != nullptr && box.version > B::kInfo.max_version) {
      diagnostics->Report(Error{Errc::kBoxVersion, header.type, header.offset});
    }
  }
  return box;
}

}  // namespace iso
