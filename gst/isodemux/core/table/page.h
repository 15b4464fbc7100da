// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Page: the raw bytes of up to 256 consecutive entries of a table, and the count of
// bytes that all living pages of a cache take together.

#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <utility>

#include "core/base/bytes.h"

namespace iso {

/// Immutable. Adds itself to the shared counter while it lives, so that pages which a
/// reader still holds are counted after the cache has dropped them, or is gone itself.
class Page {
 public:
  using Counter = std::atomic<uint64_t>;

  Page(Bytes bytes, std::shared_ptr<Counter> resident)
      : size_(bytes.size()), data_(new uint8_t[bytes.size()]), resident_(std::move(resident)) {
    std::memcpy(data_.get(), bytes.data(), size_);
    resident_->fetch_add(footprint(), std::memory_order_relaxed);
  }

  ~Page() { resident_->fetch_sub(footprint(), std::memory_order_relaxed); }

  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  Bytes bytes() const { return Bytes(data_.get(), size_); }

  /// What the page takes in memory: its bytes, itself, and its place in the cache.
  size_t footprint() const { return size_ + kOverheadBytes; }

  static constexpr size_t kOverheadBytes = 200;  ///< of the allocations around the bytes

 private:
  size_t size_;
  std::unique_ptr<uint8_t[]> data_;
  std::shared_ptr<Counter> resident_;
};

}  // namespace iso
