// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PackedTable: the entries of a sample table, kept in about a quarter of their bytes, in
// blocks that are unpacked by themselves.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/bytes.h"

namespace iso {

/// How an entry is made up: unsigned big-endian numbers of 1, 2, 4 or 8 bytes.
struct EntryShape {
  uint8_t columns = 0;  ///< at most 3
  uint8_t width = 0;    ///< bytes of each

  uint32_t stride() const { return uint32_t{columns} * width; }
};

/// A column of a block is coded in the fewest bits that hold (value - least) / step or, where
/// that takes fewer, the same of the differences from one value to the next; `step` is the
/// greatest common divisor. Any content comes back to the bit. Not thread-safe while it
/// grows; from then on any thread may read.
class PackedTable {
 public:
  static constexpr uint32_t kBlockEntries = 256;
  static constexpr uint32_t kMaxStride = 12;

  explicit PackedTable(EntryShape shape) : shape_(shape) {}

  uint32_t stride() const { return shape_.stride(); }

  /// Adds up to kBlockEntries entries, whole ones; fewer only at the end.
  void AppendBlock(Bytes entries);

  /// Nothing more comes: gives back what was kept for growing.
  void Finish();

  size_t blocks() const { return places_.size(); }

  /// Unpacks a block: kBlockEntries entries, fewer in the last one. `out` holds as many bytes
  /// as that takes; returns how many.
  size_t ReadBlock(size_t block, uint8_t* out) const;

  /// What it takes in memory.
  size_t bytes() const;

 private:
  /// Blocks are stored one behind the other in pieces of memory of this size.
  static constexpr size_t kPieceBytes = 64 << 10;

  void AppendColumn(const uint64_t* values, uint32_t count);
  void Append(const uint8_t* bytes, size_t size);
  void EndPiece();

  EntryShape shape_;
  std::vector<uint32_t> places_;  ///< of each block: its piece << 16 | where it begins there
  std::vector<std::unique_ptr<uint8_t[]>> pieces_;
  std::vector<uint8_t> growing_;  ///< the last piece
  size_t stored_ = 0;             ///< bytes of all but the last piece
};

}  // namespace iso
