// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Column and ColumnReader: loading.

#include "core/table/column.h"

#include <algorithm>
#include <cstring>

#include "core/table/page.h"

namespace iso {

Column::Column(const TableRef& table, PageCache& cache) : table_(table), cache_(&cache) {
  if (!table_.present) table_.count = 0;
  is_resident_ = table_.count <= kResidentBytes && table_.count * table_.stride <= kResidentBytes;
}

size_t Column::page_bytes() const {
  if (is_resident_) return 0;
  const uint64_t entries = std::min<uint64_t>(table_.count, kPageEntries);
  return Page::FootprintOf(static_cast<size_t>(entries * table_.stride));
}

Status Column::LoadResident() const {
  if (loaded_.load(std::memory_order_acquire)) return {};
  std::array<uint8_t, kResidentBytes> bytes;
  const size_t size = static_cast<size_t>(table_.count) * table_.stride;
  ISO_CHECK(cache_->ReadThrough(table_.offset, std::span(bytes.data(), size)));
  const std::lock_guard lock(mutex_);
  if (!loaded_.load(std::memory_order_relaxed)) {
    std::memcpy(resident_.data(), bytes.data(), size);
    loaded_.store(true, std::memory_order_release);
  }
  return {};
}

Result<const uint8_t*> ColumnReader::Load(uint64_t i) {
  const TableRef& table = column_->table();
  if (i >= table.count) return Error{Errc::kEndOfTable, {}, table.offset};
  if (column_->is_resident_) {
    ISO_CHECK(column_->LoadResident());
    data_ = column_->resident_.data();
    held_ = table.count;
  } else {
    const bool goes_on = held_ > 0 && i == end();
    ISO_TRY(page_, column_->cache_->Get(table, i / kPageEntries, goes_on ? kReadPages : 1));
    data_ = page_->bytes().data();
    first_ = i / kPageEntries * kPageEntries;
    held_ = page_->bytes().size() / stride_;
  }
  return data_ + (i - first_) * stride_;
}

}  // namespace iso
