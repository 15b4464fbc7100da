// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PackedSource: parts of a file that come only once and will be asked for again, its movie
// header above all. The sample tables in it are packed.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/source.h"
#include "core/table/packed_table.h"

namespace iso {

/// Bytes are put in from the front of the file to its back; what is left out reads as zeros.
/// What was put in comes out to the bit, whatever it is: which boxes are recognized in it
/// only decides how well it is packed. Filled by one thread; from Finish() on any thread may
/// read.
class PackedSource final : public ByteSource {
 public:
  PackedSource();
  ~PackedSource() override;

  /// Bytes from `offset` on, never less than end(). They go on where the ones before ended, or
  /// a box begins with them.
  void Append(uint64_t offset, Bytes bytes);

  /// Nothing more comes.
  void Finish();

  /// One past the last byte that was put in.
  uint64_t end() const { return end_; }

  /// Whether the byte at `offset` was put in.
  bool Holds(uint64_t offset) const;

  Status Read(uint64_t offset, std::span<uint8_t> out) override;

  std::optional<uint64_t> size() const override { return end_; }

  /// What it takes in memory.
  size_t bytes() const;

 private:
  struct Extent;

  enum class Phase : uint8_t { kHeader, kFields, kEntries, kRest };

  size_t Take(Bytes bytes);
  size_t TakeHead(Bytes bytes);
  size_t TakeEntries(Bytes bytes);
  size_t TakeRest(Bytes bytes);
  void BeginBox();
  void BeginEntries();
  void EndEntries();
  void StoreBlock();
  void StoreRaw(Bytes bytes);
  const Extent* Find(uint64_t offset) const;

  std::vector<Extent> extents_;  ///< by offset
  uint64_t end_ = 0;

  // The walk over the boxes.
  Phase phase_ = Phase::kHeader;
  std::vector<uint8_t> head_;  ///< the box's header, or the fixed fields of its table
  size_t head_size_ = 8;       ///< how many bytes that will be
  uint64_t left_ = 0;          ///< bytes of the box that have not come
  uint32_t type_ = 0;
  std::vector<uint8_t> block_;  ///< entries that do not make a block yet
};

}  // namespace iso
