// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Anchors: places in a file where fragments begin, and when, as far as anybody has said or
// seen. A bounded list.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace iso {

/// A place where a fragment begins, or a box in front of one.
struct Anchor {
  uint64_t offset = 0;  ///< bytes from the start of the file
  int64_t time_ns = 0;  ///< about when it starts: decode time, before any edit list
};

/// Sorted by offset. Never more than kMost: when there are, every second one goes. Not
/// thread-safe.
class Anchors {
 public:
  static constexpr size_t kMost = 65536;

  /// Several, in any order. Those that contradict the order of the others are left out.
  void Add(std::vector<Anchor> anchors);

  void Add(const Anchor& anchor);

  /// The last one that starts at or before the time, and the first one behind it.
  std::optional<Anchor> AtOrBefore(int64_t time_ns) const;
  std::optional<Anchor> After(int64_t time_ns) const;

  /// The last one that begins before a byte.
  std::optional<Anchor> BeforeByte(uint64_t offset) const;

  const std::vector<Anchor>& list() const { return list_; }

  size_t Bytes() const { return list_.capacity() * sizeof(Anchor); }

 private:
  void Thin();

  std::vector<Anchor> list_;
};

}  // namespace iso
