// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Bytes from a file and how they are read: big-endian loads and Reader, a bounds-checked
// cursor. Nothing that parses untrusted input reads it in any other way.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/fourcc.h"

namespace iso {

using Bytes = std::span<const uint8_t>;

inline uint16_t LoadBE16(const uint8_t* p) {
  return static_cast<uint16_t>(p[0] << 8 | p[1]);
}

inline uint32_t LoadBE32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 |
         static_cast<uint32_t>(p[2]) << 8 | static_cast<uint32_t>(p[3]);
}

inline uint64_t LoadBE64(const uint8_t* p) {
  return static_cast<uint64_t>(LoadBE32(p)) << 32 | LoadBE32(p + 4);
}

/// A cursor over bytes that cannot leave them. A read past the end yields zero and
/// makes ok() false for good, so that a parser reads straight through and asks once.
/// Values are big-endian, as everywhere in ISO/IEC 14496-12.
class Reader {
 public:
  Reader() = default;

  explicit Reader(Bytes data) : data_(data) {}

  uint8_t U8() {
    const uint8_t* p = Need(1);
    return p ? p[0] : 0;
  }

  uint16_t U16() {
    const uint8_t* p = Need(2);
    return p ? LoadBE16(p) : 0;
  }

  uint32_t U24() {
    const uint8_t* p = Need(3);
    return p ? static_cast<uint32_t>(p[0] << 16 | p[1] << 8 | p[2]) : 0;
  }

  uint32_t U32() {
    const uint8_t* p = Need(4);
    return p ? LoadBE32(p) : 0;
  }

  uint64_t U64() {
    const uint8_t* p = Need(8);
    return p ? LoadBE64(p) : 0;
  }

  int16_t I16() { return static_cast<int16_t>(U16()); }

  int32_t I32() { return static_cast<int32_t>(U32()); }

  int64_t I64() { return static_cast<int64_t>(U64()); }

  FourCC Code() { return FourCC(U32()); }

  /// The next `n` bytes, or an empty span and failure when there are fewer.
  Bytes Take(size_t n) {
    const uint8_t* p = Need(n);
    return p ? Bytes(p, n) : Bytes();
  }

  void Skip(size_t n) { Need(n); }

  /// All bytes that are left; the cursor moves to the end.
  Bytes TakeRest() { return Take(left()); }

  /// Bytes not read yet (0 after a failure).
  size_t left() const { return ok_ ? data_.size() - position_ : 0; }

  size_t position() const { return position_; }

  /// False once any read went past the end.
  bool ok() const { return ok_; }

 private:
  const uint8_t* Need(size_t n) {
    if (n > left()) {
      ok_ = false;
      return nullptr;
    }
    const uint8_t* p = data_.data() + position_;
    position_ += n;
    return p;
  }

  Bytes data_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace iso
