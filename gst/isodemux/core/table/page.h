// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Page: the raw bytes of up to 256 consecutive entries of a table.

#pragma once

#include <cstring>
#include <memory>
#include <utility>

#include "core/base/bytes.h"
#include "core/memory/memory_meter.h"

namespace iso {

/// Immutable. Counted at the meter before it is made and until it goes, so that pages which
/// a reader still holds are counted after the cache has dropped them, or is gone itself.
class Page {
 public:
  Page(Bytes bytes, std::shared_ptr<MemoryMeter> meter)
      : size_(bytes.size()), data_(new uint8_t[bytes.size()]), meter_(std::move(meter)) {
    std::memcpy(data_.get(), bytes.data(), size_);
  }

  ~Page() { meter_->Remove(footprint()); }

  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  Bytes bytes() const { return Bytes(data_.get(), size_); }

  /// What the page takes in memory: its bytes, itself, and its place in the cache.
  size_t footprint() const { return FootprintOf(size_); }

  static constexpr size_t FootprintOf(size_t bytes) { return bytes + kOverheadBytes; }

  static constexpr size_t kOverheadBytes = 200;  ///< of the allocations around the bytes

 private:
  size_t size_;
  std::unique_ptr<uint8_t[]> data_;
  std::shared_ptr<MemoryMeter> meter_;
};

}  // namespace iso
