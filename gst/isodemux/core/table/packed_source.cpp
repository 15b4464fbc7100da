// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/table/packed_source.h"

#include <algorithm>
#include <array>

namespace iso {
namespace {

constexpr size_t kCompactHeader = 8;
constexpr size_t kLargeHeader = 16;

/// Tables with fewer bytes than this are not worth it.
constexpr uint64_t kWorthPacking = 512;

struct TableForm {
  FourCC type;
  uint8_t fields;  ///< bytes before the entries
  EntryShape shape;
};

/// ISO/IEC 14496-12 8.6, 8.7 and 8.9.2.
constexpr TableForm kTables[] = {
    {FourCC("stts"), 8, {2, 4}},
    {FourCC("ctts"), 8, {2, 4}},
    {FourCC("stsc"), 8, {3, 4}},
    {FourCC("stsz"), 12, {1, 4}},
    {FourCC("stz2"), 12, {1, 2}},  // or 1: see BeginEntries()
    {FourCC("stco"), 8, {1, 4}},
    {FourCC("co64"), 8, {1, 8}},
    {FourCC("stss"), 8, {1, 4}},
    {FourCC("stps"), 8, {1, 4}},
    {FourCC("sdtp"), 4, {1, 1}},
    {FourCC("sbgp"), 12, {2, 4}},
};

const TableForm* FindTable(FourCC type) {
  const auto found = std::find_if(
      std::begin(kTables), std::end(kTables), [&](const TableForm& f) { return f.type == type; });
  return found == std::end(kTables) ? nullptr : found;
}

bool IsOnTheWayToTables(FourCC type) {
  static constexpr FourCC kContainers[] = {"moov", "trak", "mdia", "minf", "stbl"};
  return std::find(std::begin(kContainers), std::end(kContainers), type) != std::end(kContainers);
}

}  // namespace

/// Bytes that lie together: as they are, or the entries of one table.
struct PackedSource::Extent {
  uint64_t offset = 0;
  uint64_t size = 0;
  std::vector<uint8_t> raw;
  std::unique_ptr<PackedTable> table;

  void Read(uint64_t from, std::span<uint8_t> out) const;
};

PackedSource::PackedSource() = default;
PackedSource::~PackedSource() = default;

void PackedSource::Append(uint64_t offset, Bytes bytes) {
  if (offset != end_) {
    EndEntries();
    phase_ = Phase::kHeader;
    head_.clear();
    head_size_ = kCompactHeader;
    end_ = offset;
  }
  while (!bytes.empty()) {
    bytes = bytes.subspan(Take(bytes));
  }
}

/// Takes in some of the bytes, which go on at end_; at least one.
size_t PackedSource::Take(Bytes bytes) {
  switch (phase_) {
    case Phase::kEntries:
      return TakeEntries(bytes);
    case Phase::kRest:
      return TakeRest(bytes);
    case Phase::kHeader:
    case Phase::kFields:
      break;
  }
  return TakeHead(bytes);
}

size_t PackedSource::TakeHead(Bytes bytes) {
  const size_t taken = std::min(bytes.size(), head_size_ - head_.size());
  StoreRaw(bytes.first(taken));
  head_.insert(head_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(taken));
  if (head_.size() < head_size_) return taken;
  if (phase_ == Phase::kFields) {
    left_ -= head_.size();
    BeginEntries();
  } else if (head_size_ == kCompactHeader && LoadBE32(head_.data()) == 1) {
    head_size_ = kLargeHeader;
  } else {
    BeginBox();
  }
  return taken;
}

/// A header is complete.
void PackedSource::BeginBox() {
  const FourCC type(LoadBE32(head_.data() + 4));
  uint64_t size = LoadBE32(head_.data());
  if (head_.size() == kLargeHeader) size = LoadBE64(head_.data() + 8);
  if (size == 0) size = UINT64_MAX;
  left_ = size - std::min<uint64_t>(size, head_.size());
  type_ = type.value;
  head_.clear();
  head_size_ = kCompactHeader;
  const TableForm* form = FindTable(type);
  if (form != nullptr && left_ >= form->fields + kWorthPacking) {
    phase_ = Phase::kFields;
    head_size_ = form->fields;
  } else {
    phase_ = left_ == 0 || IsOnTheWayToTables(type) ? Phase::kHeader : Phase::kRest;
  }
}

/// The fields before a table's entries are complete.
void PackedSource::BeginEntries() {
  const TableForm* form = FindTable(FourCC(type_));
  EntryShape shape = form->shape;
  if (form->type == FourCC("stz2") && head_[7] != 16) shape.width = 1;
  Extent extent;
  extent.offset = end_;
  extent.table = std::make_unique<PackedTable>(shape);
  extents_.push_back(std::move(extent));
  head_.clear();
  head_size_ = kCompactHeader;
  phase_ = Phase::kEntries;
}

size_t PackedSource::TakeEntries(Bytes bytes) {
  const uint32_t stride = extents_.back().table->stride();
  const uint64_t entries_left = left_ / stride * stride;
  const size_t room = size_t{PackedTable::kBlockEntries} * stride - block_.size();
  const auto taken =
      static_cast<size_t>(std::min<uint64_t>({bytes.size(), room, entries_left - block_.size()}));
  block_.insert(block_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(taken));
  end_ += taken;
  const bool last = block_.size() == entries_left;
  if (last || taken == room) {
    left_ -= block_.size();
    StoreBlock();
  }
  if (last) EndEntries();
  return taken;
}

void PackedSource::StoreBlock() {
  Extent& extent = extents_.back();
  extent.table->AppendBlock(block_);
  extent.size += block_.size();
  block_.clear();
}

/// The table is over, or the bytes are.
void PackedSource::EndEntries() {
  if (phase_ != Phase::kEntries) return;
  PackedTable& table = *extents_.back().table;
  const size_t whole = block_.size() / table.stride() * table.stride();
  const std::vector<uint8_t> rest(block_.begin() + static_cast<ptrdiff_t>(whole), block_.end());
  block_.resize(whole);
  StoreBlock();
  table.Finish();
  phase_ = left_ > 0 ? Phase::kRest : Phase::kHeader;
  end_ -= rest.size();
  StoreRaw(rest);
}

size_t PackedSource::TakeRest(Bytes bytes) {
  const auto taken = static_cast<size_t>(std::min<uint64_t>(bytes.size(), left_));
  StoreRaw(bytes.first(taken));
  left_ -= taken;
  if (left_ == 0) phase_ = Phase::kHeader;
  return taken;
}

void PackedSource::StoreRaw(Bytes bytes) {
  if (bytes.empty()) return;
  const bool goes_on = !extents_.empty() && !extents_.back().table &&
                       extents_.back().offset + extents_.back().size == end_;
  if (!goes_on) {
    extents_.emplace_back();
    extents_.back().offset = end_;
  }
  Extent& extent = extents_.back();
  extent.raw.insert(extent.raw.end(), bytes.begin(), bytes.end());
  extent.size += bytes.size();
  end_ += bytes.size();
}

void PackedSource::Finish() {
  EndEntries();
  extents_.shrink_to_fit();
  for (Extent& extent : extents_)
    extent.raw.shrink_to_fit();
}

/// The last extent that begins at or before `offset`; null when there is none.
const PackedSource::Extent* PackedSource::Find(uint64_t offset) const {
  const auto behind = std::upper_bound(
      extents_.begin(), extents_.end(), offset, [](uint64_t at, const Extent& extent) {
        return at < extent.offset;
      });
  return behind == extents_.begin() ? nullptr : &*std::prev(behind);
}

bool PackedSource::Holds(uint64_t offset) const {
  const Extent* extent = Find(offset);
  return extent != nullptr && offset - extent->offset < extent->size;
}

Status PackedSource::Read(uint64_t offset, std::span<uint8_t> out) {
  if (offset > end_ || out.size() > end_ - offset) {
    return Error{Errc::kEndOfData, {}, offset, out.size()};
  }
  std::fill(out.begin(), out.end(), uint8_t{0});
  const Extent* extent = Find(offset);
  if (extent == nullptr) extent = extents_.data();
  const uint64_t stop = offset + out.size();
  for (; extent != extents_.data() + extents_.size() && extent->offset < stop; ++extent) {
    const uint64_t from = std::max(offset, extent->offset);
    const uint64_t to = std::min(stop, extent->offset + extent->size);
    if (from >= to) continue;
    extent->Read(from - extent->offset,
                 out.subspan(static_cast<size_t>(from - offset), static_cast<size_t>(to - from)));
  }
  return {};
}

/// Whole blocks are unpacked where they are wanted, others beside it.
void PackedSource::Extent::Read(uint64_t from, std::span<uint8_t> out) const {
  if (!table) {
    std::copy_n(raw.begin() + static_cast<ptrdiff_t>(from), out.size(), out.begin());
    return;
  }
  const uint64_t block_bytes = uint64_t{PackedTable::kBlockEntries} * table->stride();
  while (!out.empty()) {
    const auto block = static_cast<size_t>(from / block_bytes);
    const auto into = static_cast<size_t>(from % block_bytes);
    size_t copied = 0;
    if (into == 0 && out.size() >= block_bytes) {
      copied = table->ReadBlock(block, out.data());
    } else {
      std::array<uint8_t, size_t{PackedTable::kBlockEntries} * PackedTable::kMaxStride> unpacked;
      const size_t held = table->ReadBlock(block, unpacked.data());
      copied = std::min(out.size(), held - into);
      std::copy_n(unpacked.begin() + static_cast<ptrdiff_t>(into), copied, out.begin());
    }
    out = out.subspan(copied);
    from += copied;
  }
}

size_t PackedSource::bytes() const {
  size_t sum = extents_.capacity() * sizeof(Extent) + block_.capacity();
  for (const Extent& extent : extents_) {
    sum += extent.raw.capacity() + (extent.table ? extent.table->bytes() : 0);
  }
  return sum;
}

}  // namespace iso
