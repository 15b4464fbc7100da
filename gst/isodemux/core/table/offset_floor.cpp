// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/table/offset_floor.h"

#include <algorithm>
#include <utility>

namespace iso {

Result<uint64_t> OffsetFloor::From(uint64_t chunk) const {
  const TableRef& table = offsets_.table();
  if (chunk >= table.count) return UINT64_MAX;
  ISO_CHECK(Build());
  {
    const std::lock_guard lock(mutex_);
    if (!minima_.empty()) return minima_[static_cast<size_t>(chunk / stride_)];
  }
  ColumnReader reader(offsets_);
  return At(chunk, reader);
}

Status OffsetFloor::Build() const {
  {
    const std::lock_guard lock(mutex_);
    if (built_) return {};
  }
  ISO_TRY(const bool rising, Rises());
  Minima built;
  if (!rising) {
    ISO_TRY(built, FindMinima());
  }
  const std::lock_guard lock(mutex_);
  if (built_) return {};
  minima_ = std::move(built.values);
  charge_ = std::move(built.charge);
  stride_ = built.stride;
  built_ = true;
  return {};
}

Result<bool> OffsetFloor::Rises() const {
  uint64_t before = 0;
  ColumnReader reader(offsets_);
  for (uint64_t i = 0; i < offsets_.count(); ++i) {
    ISO_TRY(const uint64_t offset, At(i, reader));
    if (offset < before) return false;
    before = offset;
  }
  return true;
}

/// There is always room for these: whoever cannot go back cannot do without.
Result<OffsetFloor::Minima> OffsetFloor::FindMinima() const {
  const uint64_t count = offsets_.count();
  Minima found;
  found.stride = (count + kMostMinima - 1) / kMostMinima;
  const auto size = static_cast<size_t>((count + found.stride - 1) / found.stride);
  IndexMemory& memory = offsets_.cache().memory();
  const size_t bytes = size * sizeof(uint64_t);
  std::call_once(floor_raised_, [&] { memory.RaiseFloor(bytes, 0); });
  if (!memory.Reserve(bytes)) memory.meter()->Add(bytes);
  found.charge = MemoryCharge(*memory.meter(), bytes);
  found.values.assign(size, UINT64_MAX);
  ColumnReader reader(offsets_);
  for (uint64_t i = 0; i < count; ++i) {
    ISO_TRY(const uint64_t offset, At(i, reader));
    uint64_t& least = found.values[static_cast<size_t>(i / found.stride)];
    least = std::min(least, offset);
  }
  for (size_t i = size; i-- > 1;)
    found.values[i - 1] = std::min(found.values[i - 1], found.values[i]);
  return found;
}

Result<uint64_t> OffsetFloor::At(uint64_t chunk, ColumnReader& reader) const {
  ISO_TRY(const uint8_t* entry, reader.At(chunk));
  return offsets_.table().stride == 8 ? LoadBE64(entry) : uint64_t{LoadBE32(entry)};
}

}  // namespace iso
