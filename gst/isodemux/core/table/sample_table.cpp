// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleTable: hands each question to the index that knows.

#include "core/table/sample_table.h"

#include <algorithm>

#include "core/table/presentation.h"
#include "core/table/sample_table_impl.h"

namespace iso {

SampleTable::SampleTable(const SampleTableLayout& layout, PageCache& cache)
    : impl_(std::make_unique<Impl>(layout, cache)) {
}

SampleTable::~SampleTable() = default;

const SampleTableLayout& SampleTable::layout() const {
  return impl_->layout;
}

Result<uint64_t> SampleTable::SampleCount() const {
  return impl_->chunks.SampleCount();
}

std::unique_ptr<SampleCursor> SampleTable::NewCursor() const {
  return std::make_unique<Cursor>(*this);
}

Result<uint64_t> SampleTable::First() const {
  ISO_CHECK(impl_->CheckNumber(0));
  return uint64_t{0};
}

Result<uint64_t> SampleTable::Back(uint64_t n, uint64_t steps) const {
  ISO_TRY(const uint64_t count, SampleCount());
  if (count == 0) return Error{Errc::kEndOfTable};
  n = std::min(n, count);
  return n - std::min(n, steps);
}

Result<Sample> SampleTable::At(uint64_t n) const {
  ISO_CHECK(impl_->CheckNumber(n));
  ISO_TRY(const Chunk chunk, impl_->chunks.ChunkOf(n));
  ISO_TRY(const uint64_t before, impl_->sizes.Sum(chunk.first_sample, n));
  ISO_TRY(const TimeIndex::Place time, impl_->times.At(n));
  ISO_TRY(const int32_t offset, impl_->offsets.At(n));
  Sample sample;
  sample.index = n;
  sample.offset = std::min(chunk.offset + std::min(before, kFarthestByte), kFarthestByte);
  ISO_TRY(sample.size, impl_->sizes.At(n));
  sample.duration = time.duration;
  sample.dts = time.dts;
  sample.pts = time.dts + offset;
  sample.description = chunk.description;
  ISO_TRY(const Access access, impl_->accesses.At(n));
  sample.sync = access.sync;
  sample.open_gop = access.open_gop;
  sample.dependency = access.dependency;
  return sample;
}

Result<uint64_t> SampleTable::LeastOffsetBehind(uint64_t n) const {
  ISO_CHECK(impl_->CheckNumber(n));
  ISO_TRY(const Chunk chunk, impl_->chunks.ChunkOf(n));
  return impl_->chunks.LeastOffsetBehind(chunk);
}

Result<int64_t> SampleTable::DecodeTime(uint64_t n) const {
  if (n > 0) ISO_CHECK(impl_->CheckNumber(n - 1));
  ISO_TRY(const TimeIndex::Place place, impl_->times.At(n));
  return place.dts;
}

Result<uint64_t> SampleTable::SampleAtDecodeTime(int64_t t) const {
  ISO_TRY(const uint64_t count, SampleCount());
  ISO_TRY(const TimeIndex::Hit hit, impl_->times.SampleAt(t, count));
  return hit.sample;
}

Result<int32_t> SampleTable::CompositionOffset(uint64_t n) const {
  ISO_CHECK(impl_->CheckNumber(n));
  return impl_->offsets.At(n);
}

Result<uint64_t> SampleTable::SampleAtPresentationTime(int64_t t) const {
  ISO_TRY(const uint64_t count, SampleCount());
  return PresentationSearch(impl_->times, impl_->offsets, count).Find(t);
}

Result<std::optional<uint64_t>> SampleTable::SyncAtOrBefore(uint64_t n) const {
  ISO_CHECK(impl_->CheckNumber(n));
  return impl_->accesses.AtOrBefore(n);
}

Result<std::optional<uint64_t>> SampleTable::SyncAtOrAfter(uint64_t n) const {
  ISO_TRY(const uint64_t count, SampleCount());
  if (n >= count) return std::optional<uint64_t>();
  return impl_->accesses.AtOrAfter(n, count);
}

Result<uint32_t> SampleTable::RollDistance(uint64_t n) const {
  ISO_TRY(const uint32_t roll, impl_->rolls.At(n));
  ISO_TRY(const uint32_t preroll, impl_->prerolls.At(n));
  return std::max(roll, preroll);
}

Result<int32_t> SampleTable::LeastCompositionOffset() const {
  ISO_TRY(const uint64_t count, SampleCount());
  ISO_TRY(const OffsetBounds bounds, impl_->offsets.Bounds(count));
  return bounds.least;
}

bool SampleTable::IsUniform() const {
  const SampleTableLayout& layout = impl_->layout;
  return layout.constant_size != 0 && (!layout.durations.present || layout.durations.count <= 1) &&
         impl_->offsets.none() && impl_->accesses.all();
}

size_t SampleTable::IndexBytes() const {
  return impl_->sizes.IndexBytes() + impl_->times.IndexBytes() + impl_->offsets.IndexBytes() +
         impl_->chunks.IndexBytes() + impl_->accesses.IndexBytes() + impl_->rolls.IndexBytes() +
         impl_->prerolls.IndexBytes();
}

}  // namespace iso
