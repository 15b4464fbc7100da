// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SyncIndex and SyncWalker: ISO/IEC 14496-12 8.6.2; stps is QuickTime's.

#include "core/table/sync_index.h"

#include <algorithm>

#include "core/table/counted_runs.h"

namespace iso {
namespace {

/// Pages [low, high) of a table, and the numbers that stand before and behind them.
struct Stretch {
  uint64_t low;
  uint64_t high;
  uint64_t before;
  uint64_t behind;

  uint64_t Middle() const { return low + (high - low) / 2; }

  /// The page of `value` if the numbers rise evenly.
  uint64_t Guess(uint64_t value) const {
    if (value <= before) return low;
    if (value >= behind) return high - 1;
    return low + (value - before) * (high - low) / (behind - before);
  }
};

/// The first of `n` entries that is >= value, or n.
uint64_t FirstOf(const uint8_t* entries, uint64_t n, uint32_t value) {
  uint64_t low = 0;
  for (uint64_t high = n; low < high;) {
    const uint64_t middle = (low + high) / 2;
    if (LoadBE32(entries + 4 * middle) < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

SyncTable::SyncTable(const TableRef& table, PageCache& cache, uint64_t samples)
    : column_(table, cache),
      pages_((column_.count() + kPageEntries - 1) / kPageEntries),
      samples_(samples) {
}

/// Sync samples are spread about evenly, so that the first guess or the second is right most
/// often. Where guesses leave more than half they take turns with halving.
Result<uint64_t> SyncTable::LowerBound(uint32_t value, ColumnReader& reader) const {
  Stretch left{0, pages_, 0, samples_ + 1};
  int vain = 0;
  while (left.low < left.high) {
    const uint64_t pages = left.high - left.low;
    const bool halve = vain == 2;
    const uint64_t page = halve ? left.Middle() : left.Guess(value);
    const uint64_t begin = page * kPageEntries;
    const uint64_t n = std::min<uint64_t>(column_.count() - begin, kPageEntries);
    ISO_TRY(const uint8_t* entries, reader.At(begin));
    const uint32_t first = LoadBE32(entries);
    const uint32_t last = LoadBE32(entries + 4 * (n - 1));
    if (value <= first) {
      left.high = page;
      left.behind = first;
    } else if (value > last) {
      left.low = page + 1;
      left.before = last;
    } else {
      return begin + FirstOf(entries, n, value);
    }
    vain = halve ? 1 : left.high - left.low <= pages / 2 ? 0 : vain + 1;
  }
  return std::min(left.low * kPageEntries, column_.count());
}

SyncIndex::SyncIndex(const TableRef& syncs,
                     const TableRef& partial_syncs,
                     PageCache& cache,
                     uint64_t samples)
    : all_(!syncs.present), full_(syncs, cache, samples), partial_(partial_syncs, cache, samples) {
}

Result<bool> SyncIndex::IsSync(uint64_t n) const {
  if (all_) return true;
  ISO_TRY(const bool full, Lists(full_, n));
  return full ? Result<bool>(true) : Lists(partial_, n);
}

Result<bool> SyncIndex::IsPartial(uint64_t n) const {
  if (all_ || partial_.column().count() == 0) return false;
  ISO_TRY(const bool full, Lists(full_, n));
  return full ? Result<bool>(false) : Lists(partial_, n);
}

Result<bool> SyncIndex::Lists(const SyncTable& table, uint64_t n) const {
  const auto number = static_cast<uint32_t>(n + 1);
  ColumnReader reader(table.column());
  ISO_TRY(const uint64_t i, table.LowerBound(number, reader));
  if (i == table.column().count()) return false;
  ISO_TRY(const uint8_t* entry, reader.At(i));
  return LoadBE32(entry) == number;
}

Result<std::optional<uint64_t>> SyncIndex::AtOrBefore(uint64_t n) const {
  if (all_) return std::optional(n);
  uint32_t last = 0;
  for (const SyncTable* table : {&full_, &partial_}) {
    ColumnReader reader(table->column());
    const uint64_t after = n + 2;  // as the tables count, from 1
    uint64_t i = table->column().count();
    if (after <= UINT32_MAX) {
      ISO_TRY(i, table->LowerBound(static_cast<uint32_t>(after), reader));
    }
    if (i == 0) continue;
    ISO_TRY(const uint8_t* entry, reader.At(i - 1));
    last = std::max(last, LoadBE32(entry));
  }
  return last ? std::optional<uint64_t>(last - 1) : std::nullopt;
}

Result<std::optional<uint64_t>> SyncIndex::AtOrAfter(uint64_t n, uint64_t count) const {
  if (all_) return n < count ? std::optional(n) : std::nullopt;
  uint64_t best = count;
  for (const SyncTable* table : {&full_, &partial_}) {
    ColumnReader reader(table->column());
    ISO_TRY(const uint64_t i, table->LowerBound(static_cast<uint32_t>(n + 1), reader));
    if (i == table->column().count()) continue;
    ISO_TRY(const uint8_t* entry, reader.At(i));
    best = std::min<uint64_t>(best, LoadBE32(entry) - 1);
  }
  return best < count ? std::optional(best) : std::nullopt;
}

Status SyncWalker::Seek(uint64_t n) {
  if (all_) return {};
  ISO_CHECK(full_.Seek(n));
  return partial_.Seek(n);
}

Status SyncWalker::Cover(uint64_t n) {
  if (n >= full_.next) ISO_CHECK(full_.Cover(n));
  if (n >= partial_.next) ISO_CHECK(partial_.Cover(n));
  return {};
}

Status SyncWalker::Place::Seek(uint64_t n) {
  ISO_TRY(const uint64_t i, table->LowerBound(static_cast<uint32_t>(n + 1), reader));
  return Take(i);
}

/// Most often the next entry is the one. Where it is not, the table is searched.
Status SyncWalker::Place::Cover(uint64_t n) {
  ISO_CHECK(Take(entry + 1));
  return n < next ? Status() : Seek(n);
}

Status SyncWalker::Place::Take(uint64_t i) {
  uint64_t number = kForever;
  if (i < table->column().count()) {
    ISO_TRY(const uint8_t* bytes, reader.At(i));
    number = LoadBE32(bytes);
  }
  entry = i;
  value = number;
  next = number;
  return {};
}

}  // namespace iso
