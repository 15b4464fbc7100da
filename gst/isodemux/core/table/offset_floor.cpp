// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/table/offset_floor.h"

#include <algorithm>

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
  ISO_TRY(const uint8_t* entry, reader.At(chunk));
  return table.stride == 8 ? LoadBE64(entry) : uint64_t{LoadBE32(entry)};
}

Status OffsetFloor::Build() const {
  {
    const std::lock_guard lock(mutex_);
    if (built_) return {};
  }
  const TableRef& table = offsets_.table();
  const uint64_t stride = (table.count + kMostMinima - 1) / kMostMinima;
  std::vector<uint64_t> minima(static_cast<size_t>((table.count + stride - 1) / stride),
                               UINT64_MAX);
  bool rising = true;
  uint64_t before = 0;
  ColumnReader reader(offsets_);
  for (uint64_t i = 0; i < table.count; ++i) {
    ISO_TRY(const uint8_t* entry, reader.At(i));
    const uint64_t offset = table.stride == 8 ? LoadBE64(entry) : LoadBE32(entry);
    uint64_t& least = minima[static_cast<size_t>(i / stride)];
    least = std::min(least, offset);
    rising = rising && offset >= before;
    before = offset;
  }
  for (size_t i = minima.size(); i-- > 1;)
    minima[i - 1] = std::min(minima[i - 1], minima[i]);
  const std::lock_guard lock(mutex_);
  stride_ = stride;
  if (!rising) minima_ = std::move(minima);
  built_ = true;
  return {};
}

}  // namespace iso
