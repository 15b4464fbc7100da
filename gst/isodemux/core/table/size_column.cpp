// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SizeColumn: ISO/IEC 14496-12 8.7.3.

#include "core/table/size_column.h"

#include <algorithm>
#include <utility>

namespace iso {
namespace {

constexpr uint64_t kShortDistance = 1024;  ///< samples whose sizes are simply added up
constexpr size_t kKeptSums = 2;
/// Sums begin where groups of pages do in any width, so that both use the same pages.
constexpr uint64_t kSumAlignment = 2048;

constexpr SparseIndex::Options kSumOptions = {.max_checkpoints = 2048, .fine_bytes = 16u << 10};

/// The layout's table of sizes as one whose entries are whole bytes.
TableRef EntriesOf(const SampleTableLayout& layout) {
  TableRef table = layout.sizes;
  table.present = layout.sizes.present && layout.constant_size == 0;
  table.stride = std::max(layout.size_bits / 8, 1u);
  if (layout.size_bits == 4) table.count = table.count / 2 + table.count % 2;
  return table;
}

bool IsKnownWidth(uint32_t bits) {
  return bits == 4 || bits == 8 || bits == 16 || bits == 32;
}

uint64_t CountOf(const SampleTableLayout& layout) {
  const uint64_t count = std::min<uint64_t>(layout.sample_count, UINT32_MAX);
  if (layout.constant_size != 0) return count;
  if (!layout.sizes.present || !IsKnownWidth(layout.size_bits)) return 0;
  return std::min(count, layout.sizes.count);
}

std::unique_ptr<const RunFormat> FormatOf(uint32_t bits) {
  if (bits == 4) return std::make_unique<RunFormatOf<SizeRule<4>>>(SizeRule<4>());
  if (bits == 8) return std::make_unique<RunFormatOf<SizeRule<8>>>(SizeRule<8>());
  if (bits == 16) return std::make_unique<RunFormatOf<SizeRule<16>>>(SizeRule<16>());
  return std::make_unique<RunFormatOf<SizeRule<32>>>(SizeRule<32>());
}

/// The entries of `table` from number `first` on, as a table of their own.
TableRef From(const TableRef& table, uint64_t first) {
  return {table.offset + first * table.stride, table.count - first, table.stride, true};
}

}  // namespace

/// Sums of sizes from sample `base` on.
struct SizeColumn::Sums {
  Sums(const Column& whole, uint32_t bits, uint64_t first)
      : base(first),
        column(From(whole.table(), bits == 4 ? first / 2 : first), whole.cache()),
        index(column, FormatOf(bits), kSumOptions) {
    IndexMemory& memory = whole.cache().memory();
    if (!memory.Reserve(kBytes)) memory.meter()->Add(kBytes);
    charge = MemoryCharge(*memory.meter(), kBytes);
  }

  static constexpr uint64_t kBytes = 768;  ///< of this and its rule

  const uint64_t base;
  const Column column;
  const SparseIndex index;
  MemoryCharge charge;
};

SizeColumn::SizeColumn(const SampleTableLayout& layout, PageCache& cache)
    : constant_(layout.constant_size),
      bits_(layout.size_bits),
      count_(CountOf(layout)),
      column_(EntriesOf(layout), cache) {
}

SizeColumn::~SizeColumn() = default;

Result<uint32_t> SizeColumn::At(uint64_t n) const {
  SizeReader reader(*this);
  ISO_CHECK(reader.Cover(n));
  return reader.At(n);
}

Result<uint64_t> SizeColumn::Sum(uint64_t first, uint64_t end) const {
  if (constant_ != 0) return (end - first) * constant_;
  ColumnReader reader(column_);
  if (end - first <= kShortDistance) return Add(first, end, reader);
  const uint64_t base = first / kSumAlignment * kSumAlignment;
  ISO_TRY(const uint64_t before, Add(base, first, reader));
  ISO_TRY(const uint64_t all, SumFrom(*SumsFor(base), end));
  return all - before;
}

Result<uint64_t> SizeColumn::Add(uint64_t first, uint64_t end, ColumnReader& reader) const {
  uint64_t sum = 0;
  for (uint64_t n = first; n < end; ++n) {
    ISO_TRY(const uint8_t* entry, reader.At(bits_ == 4 ? n / 2 : n));
    sum += SizeReader::Decode(entry, bits_, n);
  }
  return sum;
}

Result<uint64_t> SizeColumn::SumFrom(const Sums& sums, uint64_t end) const {
  RunReader reader(sums.column);
  const uint64_t target = end - sums.base;
  ISO_TRY(const RunState state, sums.index.Find(&RunState::units, target, reader));
  if (state.units == target) return state.total;
  // Half of a byte is left.
  ISO_TRY(const uint8_t* entry, reader.At(state.consumed));
  return state.total + SizeReader::Decode(entry, bits_, 0);
}

std::shared_ptr<const SizeColumn::Sums> SizeColumn::SumsFor(uint64_t base) const {
  const std::lock_guard lock(mutex_);
  const auto hit = std::find_if(
      sums_.begin(), sums_.end(), [&](const auto& sums) { return sums->base == base; });
  if (hit != sums_.end()) {
    std::rotate(sums_.begin(), hit, hit + 1);
  } else {
    sums_.insert(sums_.begin(), std::make_shared<const Sums>(column_, bits_, base));
    if (sums_.size() > kKeptSums) sums_.resize(kKeptSums);
  }
  return sums_.front();
}

size_t SizeColumn::IndexBytes() const {
  const std::lock_guard lock(mutex_);
  size_t bytes = 0;
  for (const auto& sums : sums_)
    bytes += static_cast<size_t>(sums->charge.bytes()) + sums->index.Bytes();
  return bytes;
}

}  // namespace iso
