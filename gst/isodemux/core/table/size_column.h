// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SizeColumn and SizeReader: sample sizes and their sums, from stsz or stz2 in any width.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/result.h"
#include "core/table/column.h"
#include "core/table/sparse_index.h"

namespace iso {

/// Thread-safe. Sizes of 4 bits lie two in a byte, the first one in the upper half: their
/// table is read as one of bytes.
class SizeColumn {
 public:
  SizeColumn(const SampleTableLayout& layout, PageCache& cache);
  ~SizeColumn();

  /// Samples whose size is known, at most 2^32 - 1.
  uint64_t count() const { return count_; }

  uint32_t constant() const { return constant_; }

  const Column& column() const { return column_; }

  Result<uint32_t> At(uint64_t n) const;

  /// Bytes of samples [first, end). Short distances are added up; for long ones there are
  /// checkpoints from about `first` on (which should be the same in many calls, such as
  /// the first sample of a long chunk).
  Result<uint64_t> Sum(uint64_t first, uint64_t end) const;

  size_t IndexBytes() const;

 private:
  friend class SizeReader;
  struct Sums;

  Result<uint64_t> Add(uint64_t first, uint64_t end, ColumnReader& reader) const;
  Result<uint64_t> SumFrom(const Sums& sums, uint64_t end) const;
  std::shared_ptr<const Sums> SumsFor(uint64_t base) const;

  uint32_t constant_;
  uint32_t bits_;
  uint64_t count_;
  Column column_;
  mutable std::mutex mutex_;
  mutable std::vector<std::shared_ptr<const Sums>> sums_;  ///< last used first; by mutex_
};

/// Sizes one by one. Not thread-safe.
class SizeReader {
 public:
  explicit SizeReader(const SizeColumn& column)
      : constant_(column.constant_), bits_(column.bits_), reader_(column.column_) {}

  /// Whether the size of sample n is at hand.
  bool Covers(uint64_t n) const { return constant_ != 0 || reader_.Peek(EntryOf(n)); }

  /// Makes it so.
  Status Cover(uint64_t n) {
    if (Covers(n)) return {};
    ISO_CHECK(reader_.At(EntryOf(n)));
    return {};
  }

  /// The sample behind those that are covered.
  uint64_t end() const {
    if (constant_ != 0) return UINT64_MAX;
    return bits_ == 4 ? reader_.end() * 2 : reader_.end();
  }

  /// The size of a sample that is covered.
  uint32_t At(uint64_t n) const {
    return constant_ != 0 ? constant_ : Decode(reader_.Peek(EntryOf(n)), bits_, n);
  }

  /// The size of sample n from its entry.
  static uint32_t Decode(const uint8_t* entry, uint32_t bits, uint64_t n) {
    if (bits == 32) return LoadBE32(entry);
    if (bits == 16) return LoadBE16(entry);
    if (bits == 8) return entry[0];
    return n % 2 ? entry[0] & 15u : entry[0] >> 4u;
  }

 private:
  uint64_t EntryOf(uint64_t n) const { return bits_ == 4 ? n / 2 : n; }

  uint32_t constant_;
  uint32_t bits_;
  ColumnReader reader_;
};

}  // namespace iso
