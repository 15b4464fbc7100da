// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SyncIndex and SyncWalker: which samples are sync samples, from stss and stps.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/result.h"
#include "core/table/column.h"

namespace iso {

/// One table of rising sample numbers (from 1), searched in place. A fence keeps the first
/// entries of some pages once they are read, so that later searches read fewer pages; the
/// search takes the same path with or without it, so that even a table that is out of
/// order has one answer. Thread-safe.
class SyncTable {
 public:
  SyncTable(const TableRef& table, PageCache& cache);

  const Column& column() const { return column_; }

  /// The first entry that is >= value: its number, or the count when there is none.
  Result<uint64_t> LowerBound(uint32_t value, ColumnReader& reader) const;

  size_t IndexBytes() const { return slots_ * sizeof(std::atomic<uint32_t>); }

 private:
  Result<uint64_t> FirstPage(
      uint32_t value, uint64_t step, uint64_t low, uint64_t high, ColumnReader& reader) const;
  Result<uint32_t> FirstOf(uint64_t page, ColumnReader& reader) const;

  Column column_;
  uint64_t pages_;
  uint64_t step_;  ///< pages from one slot of the fence to the next
  uint64_t slots_;
  std::unique_ptr<std::atomic<uint32_t>[]> fence_;  ///< 0: not read yet
};

/// Thread-safe. Without stss every sample is a sync sample, whatever stps says; an stss
/// without entries says that none is.
class SyncIndex {
 public:
  SyncIndex(const TableRef& syncs, const TableRef& partial_syncs, PageCache& cache);

  bool all() const { return all_; }

  Result<bool> IsSync(uint64_t n) const;

  /// The last sync sample <= n; n < count.
  Result<std::optional<uint64_t>> AtOrBefore(uint64_t n) const;

  /// The first sync sample >= n and < count.
  Result<std::optional<uint64_t>> AtOrAfter(uint64_t n, uint64_t count) const;

  size_t IndexBytes() const { return full_.IndexBytes() + partial_.IndexBytes(); }

 private:
  friend class SyncWalker;

  bool all_;
  SyncTable full_;
  SyncTable partial_;
};

/// Sync flags in sample order. Not thread-safe.
class SyncWalker {
 public:
  explicit SyncWalker(const SyncIndex& index)
      : all_(index.all()), full_(index.full_), partial_(index.partial_) {}

  Status Seek(uint64_t n);

  bool Covers(uint64_t n) const { return all_ || (n < full_.next && n < partial_.next); }

  uint64_t end() const { return all_ ? UINT64_MAX : std::min(full_.next, partial_.next); }

  /// Makes IsSync(n) right for a sample at or behind the last one. After an error nothing
  /// has changed.
  Status Cover(uint64_t n);

  bool IsSync(uint64_t n) const { return all_ || full_.value == n + 1 || partial_.value == n + 1; }

 private:
  /// One of the tables: the entry that is at or behind the current sample.
  struct Place {
    explicit Place(const SyncTable& t) : table(&t), reader(t.column()) {}

    Status Seek(uint64_t n);
    Status Cover(uint64_t n);
    Status Take(uint64_t i);

    const SyncTable* table;
    ColumnReader reader;
    uint64_t entry = 0;
    uint64_t value = 0;  ///< of the entry
    uint64_t next = 0;   ///< the sample from which on the place does not hold
  };

  bool all_;
  Place full_;
  Place partial_;
};

}  // namespace iso
