// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ByteWriter and the two box wrappers: all that a test needs to write big-endian boxes by
// hand. On purpose not the core's writer: what builds test files must not share its errors.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace iso::test {

using Bytes = std::vector<uint8_t>;

class ByteWriter {
 public:
  ByteWriter& U8(uint64_t v) { return Put(v, 1); }

  ByteWriter& U16(uint64_t v) { return Put(v, 2); }

  ByteWriter& U24(uint64_t v) { return Put(v, 3); }

  ByteWriter& U32(uint64_t v) { return Put(v, 4); }

  ByteWriter& U64(uint64_t v) { return Put(v, 8); }

  ByteWriter& Zeros(size_t n) {
    bytes_.insert(bytes_.end(), n, uint8_t{0});
    return *this;
  }

  ByteWriter& Text(std::string_view text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return *this;
  }

  ByteWriter& Add(const Bytes& more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return *this;
  }

  /// `bits` wide: 32 or 64, for fields whose width depends on the box version.
  ByteWriter& Wide(uint64_t v, bool wide) { return Put(v, wide ? 8 : 4); }

  size_t size() const { return bytes_.size(); }

  const Bytes& bytes() const { return bytes_; }

 private:
  ByteWriter& Put(uint64_t v, int n) {
    for (int i = n - 1; i >= 0; --i)
      bytes_.push_back(static_cast<uint8_t>(v >> (8 * i)));
    return *this;
  }

  Bytes bytes_;
};

/// A box; `large` writes the 64-bit form of the size.
inline Bytes Box(std::string_view type, const Bytes& body, bool large = false) {
  ByteWriter w;
  w.U32(large ? 1 : body.size() + 8).Text(type);
  if (large) w.U64(body.size() + 16);
  return w.Add(body).bytes();
}

inline Bytes FullBox(std::string_view type, int version, uint32_t flags, const Bytes& body) {
  return Box(type, ByteWriter().U8(static_cast<uint64_t>(version)).U24(flags).Add(body).bytes());
}

}  // namespace iso::test
