// SPDX-License-Identifier: LGPL-2.1-or-later
//
// OffsetFloor: how far back in the file any chunk from one on lies. Whoever cannot go back
// has to keep the bytes from there on.

#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "core/base/result.h"
#include "core/memory/memory_meter.h"
#include "core/table/column.h"

namespace iso {

/// Looks through the whole table when first asked; keeps nothing of one whose offsets rise, of
/// others at most kMostMinima numbers, at any memory pressure. Thread-safe.
class OffsetFloor {
 public:
  /// `offsets`: stco or co64; must outlive this.
  explicit OffsetFloor(const Column& offsets) : offsets_(offsets) {}

  /// The least offset of the chunks [chunk, ...), or less where the table has more chunks than
  /// minima are kept; UINT64_MAX when there are none.
  Result<uint64_t> From(uint64_t chunk) const;

 private:
  static constexpr uint64_t kMostMinima = 8192;

  struct Minima {
    std::vector<uint64_t> values;
    uint64_t stride = 1;
    MemoryCharge charge;
  };

  Status Build() const;
  Result<bool> Rises() const;
  Result<Minima> FindMinima() const;
  Result<uint64_t> At(uint64_t chunk, ColumnReader& reader) const;

  const Column& offsets_;
  mutable std::once_flag floor_raised_;
  mutable std::mutex mutex_;  ///< guards what follows; not held while the source is read
  mutable bool built_ = false;
  mutable uint64_t stride_ = 1;           ///< chunks
  mutable std::vector<uint64_t> minima_;  ///< i: from chunk i * stride_ on; empty: they rise
  mutable MemoryCharge charge_;           ///< for these
};

}  // namespace iso
