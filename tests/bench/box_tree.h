// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Boxes to be written: fields, then children, then a table whose entries are made only while
// it is written. Knows its size before anything is written. Shares no code with the demuxer,
// so that the two cannot be wrong together.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iso::bench {

/// Big-endian bytes, a field at a time.
class Fields {
 public:
  Fields& U8(uint8_t value) { return Put(value, 1); }

  Fields& U16(uint16_t value) { return Put(value, 2); }

  Fields& U32(uint32_t value) { return Put(value, 4); }

  Fields& U64(uint64_t value) { return Put(value, 8); }

  Fields& Text(std::string_view text) {
    bytes_.append(text);
    return *this;
  }

  Fields& Zeros(size_t count) {
    bytes_.append(count, '\0');
    return *this;
  }

  std::string Take() { return std::move(bytes_); }

 private:
  Fields& Put(uint64_t value, int bytes) {
    while (bytes-- > 0) {
      bytes_.push_back(static_cast<char>(value >> (8 * bytes)));
    }
    return *this;
  }

  std::string bytes_;
};

/// Takes the bytes in order; a full disk shows as false from Finish().
class ByteSink {
 public:
  explicit ByteSink(int fd);

  void Write(const void* data, size_t size);
  bool Finish();

 private:
  void Flush();

  int fd_;
  bool failed_ = false;
  std::vector<char> buffer_;
};

struct Table {
  uint64_t count = 0;
  uint32_t stride = 0;
  /// Writes entries [first, first + count) to `out`.
  std::function<void(uint64_t first, uint64_t count, uint8_t* out)> fill;

  uint64_t Bytes() const { return count * stride; }
};

struct Box {
  std::string type;
  std::string fields;
  std::vector<Box> children = {};
  Table table = {};

  uint64_t Size() const;
  void Write(ByteSink& sink) const;

 private:
  uint64_t BodySize() const;
};

/// The header of a box of `size` bytes; 64-bit where it must be, or `wide`.
std::string BoxHeader(std::string_view type, uint64_t size, bool wide);

}  // namespace iso::bench
