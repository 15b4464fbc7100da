// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CountedList: what an index knows in one list whose memory is counted before it is allocated,
// and which can do with less of it.

#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/memory/index_memory.h"

namespace iso {

/// A list of rows of `width` items each. Not thread-safe; the memory must outlive it.
template <typename Item>
class CountedList {
 public:
  explicit CountedList(IndexMemory& memory, size_t width = 1) : memory_(memory), width_(width) {}

  ~CountedList() { MoveTo(0); }

  CountedList(const CountedList&) = delete;
  CountedList& operator=(const CountedList&) = delete;

  size_t rows() const { return items_.size() / width_; }

  size_t bytes() const { return items_.capacity() * sizeof(Item); }

  const Item* row(size_t i) const { return items_.data() + i * width_; }

  Item* row(size_t i) { return items_.data() + i * width_; }

  /// All of them, one behind the other.
  const std::vector<Item>& items() const { return items_; }

  /// Rows for which there is memory.
  size_t capacity() const { return items_.capacity() / width_; }

  bool IsFull() const { return rows() == capacity(); }

  /// Room for twice as many rows, but for `most` in all. False where that is none more, or where
  /// the memory has none; up to `fewest` are there whatever it has.
  bool Grow(size_t fewest, size_t most) {
    const size_t capacity =
        std::min(std::max(2 * items_.capacity(), kFirst * width_), most * width_);
    if (capacity <= items_.capacity()) return false;
    if (!memory_.Reserve(capacity * sizeof(Item))) {
      if (rows() >= fewest) return false;
      memory_.meter()->Add(capacity * sizeof(Item));
    }
    MoveTo(capacity);
    return true;
  }

  /// Only where it is not full. The row's items are for the caller to fill in.
  Item* InsertRow(size_t i) {
    const auto place = items_.begin() + static_cast<ptrdiff_t>(i * width_);
    items_.insert(place, width_, Item());
    return row(i);
  }

  Item* AppendRow() { return InsertRow(rows()); }

  /// Drops the rows from this one on.
  void Truncate(size_t rows) { items_.resize(rows * width_); }

  /// Drops every second row.
  void Thin() {
    for (size_t i = 1; 2 * i < rows(); ++i)
      std::copy_n(row(2 * i), width_, row(i));
    Truncate((rows() + 1) / 2);
  }

  /// Gives back what is for more rows than that, of which there are none.
  void GiveBack(size_t most) {
    const size_t capacity = most * width_;
    if (capacity >= items_.capacity()) return;
    const size_t bytes = capacity * sizeof(Item);
    if (!memory_.Reserve(bytes)) memory_.meter()->Add(bytes);
    MoveTo(capacity);
  }

 private:
  static constexpr size_t kFirst = 64;

  /// To memory for so many, which is counted.
  void MoveTo(size_t capacity) {
    const size_t before = bytes();
    std::vector<Item> moved;
    moved.reserve(capacity);
    const size_t kept = std::min(capacity, items_.size());
    moved.assign(items_.begin(), items_.begin() + static_cast<ptrdiff_t>(kept));
    items_ = std::move(moved);
    memory_.meter()->Remove(before);
  }

  IndexMemory& memory_;
  const size_t width_;
  std::vector<Item> items_;
};

}  // namespace iso
