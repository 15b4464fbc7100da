// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Column and ColumnReader: entry i of a table. Tiny tables stay in memory once read,
// all others come page by page from the cache.

#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/table/page_cache.h"
#include "core/table/table_ref.h"

namespace iso {

/// One table of a track. Thread-safe; the cache must outlive it.
class Column {
 public:
  Column(const TableRef& table, PageCache& cache);

  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  /// Where it lies; the count is 0 when the table is absent.
  const TableRef& table() const { return table_; }

  uint64_t count() const { return table_.count; }

  PageCache& cache() const { return *cache_; }

  /// What a page of it takes in memory at most; 0 where the whole table stays in memory.
  size_t page_bytes() const;

 private:
  friend class ColumnReader;

  static constexpr size_t kResidentBytes = 96;  ///< tables up to this size stay in memory

  Status LoadResident() const;

  TableRef table_;
  PageCache* cache_;
  bool is_resident_;
  mutable std::atomic<bool> loaded_ = false;  ///< resident_ is filled and will not change again
  mutable std::mutex mutex_;                  ///< guards the filling
  mutable std::array<uint8_t, kResidentBytes> resident_;
};

/// Reads a column and keeps hold of the page it reads last: going through a table in order
/// takes a lock once a page. Not thread-safe; the column must outlive it.
class ColumnReader {
 public:
  explicit ColumnReader(const Column& column) : column_(&column), stride_(column.table().stride) {}

  /// Entry i, or kEndOfTable, or why it could not be read. Good until the next call.
  Result<const uint8_t*> At(uint64_t i) {
    const uint8_t* entry = Peek(i);
    if (entry) return entry;
    return Load(i);
  }

  /// Entry i if it is at hand, else null.
  const uint8_t* Peek(uint64_t i) const {
    const uint64_t k = i - first_;
    return k < held_ ? data_ + k * stride_ : nullptr;
  }

  /// The first of the entries at hand.
  uint64_t begin() const { return first_; }

  /// The entry behind those at hand.
  uint64_t end() const { return first_ + held_; }

 private:
  Result<const uint8_t*> Load(uint64_t i);

  const Column* column_;
  uint64_t stride_;
  PageRef page_;
  const uint8_t* data_ = nullptr;
  uint64_t first_ = 0;
  uint64_t held_ = 0;
};

}  // namespace iso
