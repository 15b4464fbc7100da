// SPDX-License-Identifier: LGPL-2.1-or-later
//
// View: bytes as the oracle reads them. It trusts them, but never reads outside: missing
// bytes read as zero, and counts are held to what the bytes could hold.

#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace iso::test {

/// A byte range with big-endian reads that give 0 outside of it.
class View {
 public:
  View() = default;

  View(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  uint64_t Read(size_t at, int width) const {
    uint64_t v = 0;
    for (int i = 0; i < width; ++i) {
      const size_t k = at + static_cast<size_t>(i);
      v = v << 8 | (k < size_ ? data_[k] : 0u);
    }
    return v;
  }

  uint64_t U32(size_t at) const { return Read(at, 4); }

  std::string Text(size_t at, size_t n) const {
    std::string s;
    for (size_t i = 0; i < n; ++i)
      s.push_back(static_cast<char>(Read(at + i, 1)));
    return s;
  }

  View Sub(size_t from, size_t to) const {
    from = std::min(from, size_);
    to = std::clamp(to, from, size_);
    return {data_ + from, to - from};
  }

  /// How many entries a table of `stride` from `at` on can hold, at most `claimed`.
  uint64_t Count(size_t at, size_t stride, uint64_t claimed) const {
    return at >= size_ ? 0 : std::min<uint64_t>(claimed, (size_ - at) / stride);
  }

  const uint8_t* data() const { return data_; }

  size_t size() const { return size_; }

 private:
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

struct Child {
  std::string type;
  View body;
  size_t start = 0;
  bool whole = true;  ///< false: cut short by the end of what it is in
};

inline std::vector<Child> Children(const View& v) {
  std::vector<Child> out;
  size_t pos = 0;
  while (pos + 8 <= v.size()) {
    uint64_t size = v.U32(pos);
    size_t head = 8;
    if (size == 1) {
      size = v.Read(pos + 8, 8);
      head = 16;
    } else if (size == 0) {
      size = v.size() - pos;
    }
    if (size < head) break;
    const size_t end = size > v.size() - pos ? v.size() : pos + static_cast<size_t>(size);
    out.push_back({v.Text(pos + 4, 4), v.Sub(pos + head, end), pos, size <= v.size() - pos});
    pos = end;
  }
  return out;
}

inline std::optional<View> Find(const View& v, std::initializer_list<const char*> path) {
  View at = v;
  for (const char* name : path) {
    bool found = false;
    for (const Child& child : Children(at)) {
      if (child.type == name) {
        at = child.body;
        found = true;
        break;
      }
    }
    if (!found) return std::nullopt;
  }
  return at;
}

}  // namespace iso::test
