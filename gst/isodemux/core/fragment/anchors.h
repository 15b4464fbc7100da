// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Anchors: places in a file where fragments begin, and when, as far as anybody has said or
// seen. A bounded list.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/memory/counted_list.h"

namespace iso {

/// A place where a fragment begins, or a box in front of one.
struct Anchor {
  uint64_t offset = 0;  ///< bytes from the start of the file
  int64_t time_ns = 0;  ///< about when it starts: decode time, before any edit list
};

/// Keeps one of so many.
void ThinOut(size_t every, std::vector<Anchor>* anchors);

/// Sorted by offset. When there are more than there is room for, every second one goes, or of many
/// that come at once as many as it takes. Not thread-safe; the memory must outlive them.
class Anchors {
 public:
  static constexpr size_t kMost = 65536;
  static constexpr size_t kFewest = 16;  ///< for these there is room always

  explicit Anchors(IndexMemory& memory) : list_(memory) {}

  /// Keeps at most so many bytes from now on, or kFewest.
  void SetRoom(size_t bytes);

  /// Several, in any order. Those that contradict the order of the others are left out.
  void Add(std::vector<Anchor> anchors);

  void Add(const Anchor& anchor);

  /// The last one that starts at or before the time, and the first one behind it.
  std::optional<Anchor> AtOrBefore(int64_t time_ns) const;
  std::optional<Anchor> After(int64_t time_ns) const;

  const std::vector<Anchor>& list() const { return list_.items(); }

 private:
  void MakeRoomFor(std::vector<Anchor>* anchors);
  void Merge(const std::vector<Anchor>& anchors);

  size_t most_ = kMost;
  CountedList<Anchor> list_;
};

}  // namespace iso
