// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SyncIndex and SyncWalker: which samples are sync samples, from stss and stps.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/base/result.h"
#include "core/table/column.h"

namespace iso {

/// One table of rising sample numbers (from 1), searched in place. The path of a search
/// follows from the entries alone, so that even a table that is out of order has one
/// answer. Thread-safe.
class SyncTable {
 public:
  /// `samples` of the track: where a search begins depends on it.
  SyncTable(const TableRef& table, PageCache& cache, uint64_t samples);

  const Column& column() const { return column_; }

  /// The first entry that is >= value: its number, or the count when there is none.
  Result<uint64_t> LowerBound(uint32_t value, ColumnReader& reader) const;

 private:
  Column column_;
  uint64_t pages_;
  uint64_t samples_;
};

/// Thread-safe. Without stss every sample is a sync sample, whatever stps says; an stss
/// without entries says that none is.
class SyncIndex {
 public:
  SyncIndex(const TableRef& syncs,
            const TableRef& partial_syncs,
            PageCache& cache,
            uint64_t samples);

  bool all() const { return all_; }

  const Column& full() const { return full_.column(); }
  const Column& partial() const { return partial_.column(); }

  Result<bool> IsSync(uint64_t n) const;

  /// Whether stps lists the sample (and stss does not).
  Result<bool> IsPartial(uint64_t n) const;

  /// The last sync sample <= n; n < count.
  Result<std::optional<uint64_t>> AtOrBefore(uint64_t n) const;

  /// The first sync sample >= n and < count.
  Result<std::optional<uint64_t>> AtOrAfter(uint64_t n, uint64_t count) const;

 private:
  friend class SyncWalker;

  Result<bool> Lists(const SyncTable& table, uint64_t n) const;

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

  bool IsPartial(uint64_t n) const {
    return !all_ && full_.value != n + 1 && partial_.value == n + 1;
  }

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
