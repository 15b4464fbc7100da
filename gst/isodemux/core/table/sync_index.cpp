// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SyncIndex and SyncWalker: ISO/IEC 14496-12 8.6.2; stps is QuickTime's.

#include "core/table/sync_index.h"

#include <algorithm>

#include "core/table/counted_runs.h"

namespace iso {
namespace {

constexpr uint64_t kMaxSlots = 1024;

}  // namespace

SyncTable::SyncTable(const TableRef& table, PageCache& cache)
    : column_(table, cache), pages_((column_.count() + kPageEntries - 1) / kPageEntries) {
  step_ = (pages_ + kMaxSlots - 1) / kMaxSlots;
  slots_ = pages_ ? (pages_ + step_ - 1) / step_ : 0;
  fence_ = std::make_unique<std::atomic<uint32_t>[]>(static_cast<size_t>(slots_));
}

Result<uint64_t> SyncTable::LowerBound(uint32_t value, ColumnReader& reader) const {
  // First among the pages of the fence, then among those between two of them.
  ISO_TRY(const uint64_t slot, FirstPage(value, step_, 0, slots_, reader));
  const uint64_t from = slot ? (slot - 1) * step_ + 1 : 0;
  ISO_TRY(const uint64_t page, FirstPage(value, 1, from, std::min(slot * step_, pages_), reader));
  if (page == 0) return uint64_t{0};
  const uint64_t begin = (page - 1) * kPageEntries;
  ISO_TRY(const uint8_t* entries, reader.At(begin));
  uint64_t low = 0;
  uint64_t high = std::min<uint64_t>(column_.count() - begin, kPageEntries);
  while (low < high) {
    const uint64_t middle = (low + high) / 2;
    if (LoadBE32(entries + 4 * middle) < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return begin + low;
}

/// The first i of [low, high) such that page i * step begins with `value` or more, or high.
Result<uint64_t> SyncTable::FirstPage(
    uint32_t value, uint64_t step, uint64_t low, uint64_t high, ColumnReader& reader) const {
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    ISO_TRY(const uint32_t first, FirstOf(middle * step, reader));
    if (first < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Result<uint32_t> SyncTable::FirstOf(uint64_t page, ColumnReader& reader) const {
  std::atomic<uint32_t>* slot = page % step_ == 0 ? &fence_[page / step_] : nullptr;
  if (slot) {
    if (const uint32_t known = slot->load(std::memory_order_relaxed)) return known;
  }
  ISO_TRY(const uint8_t* entry, reader.At(page * kPageEntries));
  const uint32_t first = LoadBE32(entry);
  if (slot) slot->store(first, std::memory_order_relaxed);
  return first;
}

SyncIndex::SyncIndex(const TableRef& syncs, const TableRef& partial_syncs, PageCache& cache)
    : all_(!syncs.present), full_(syncs, cache), partial_(partial_syncs, cache) {
}

Result<bool> SyncIndex::IsSync(uint64_t n) const {
  if (all_) return true;
  const auto number = static_cast<uint32_t>(n + 1);
  for (const SyncTable* table : {&full_, &partial_}) {
    ColumnReader reader(table->column());
    ISO_TRY(const uint64_t i, table->LowerBound(number, reader));
    if (i == table->column().count()) continue;
    ISO_TRY(const uint8_t* entry, reader.At(i));
    if (LoadBE32(entry) == number) return true;
  }
  return false;
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
