// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Cursor: one walker for each table, all at the same sample.

#include <algorithm>
#include <optional>
#include <utility>

#include "core/table/sample_table_impl.h"

namespace iso {

class Cursor::Impl {
 public:
  explicit Impl(const SampleTable::Impl& table) : table_(&table) {}

  Status SeekTo(uint64_t n);
  Status Next(Sample* sample);
  Status NextRun(uint32_t max, Sample* sample, uint32_t* count);

  uint64_t position() const { return position_; }

  ChunkStart chunk() const {
    if (!place_) return {};
    return {place_->chunk.chunk().first_sample, place_->chunk.chunk().offset};
  }

 private:
  struct Place {
    explicit Place(const SampleTable::Impl& table)
        : chunk(table.chunks),
          size(table.sizes),
          time(table.times),
          offset(table.offsets),
          access(table.accesses) {}

    Status Seek(const SizeColumn& sizes, uint64_t n);

    /// Goes to sample n if that needs no reading.
    bool Reach(uint64_t n) {
      return chunk.Covers(n) && size.Covers(n) && time.Reach(n) && offset.Reach(n) &&
             access.Covers(n);
    }

    Status Cover(uint64_t n);

    /// The first sample after n that some table must be moved on for.
    uint64_t end() const {
      const uint64_t data = std::min(chunk.end(), size.end());
      return std::min(std::min(data, access.end()), std::min(time.end(), offset.end()));
    }

    ChunkWalker chunk;
    SizeReader size;
    TimeWalker time;
    CompositionWalker offset;
    AccessWalker access;
    uint64_t byte = 0;  ///< where the sample lies
  };

  Status Prepare();
  void Fill(Sample* sample) const;
  void Step(uint64_t samples, uint64_t bytes);

  const SampleTable::Impl* table_;
  uint64_t position_ = 0;
  uint64_t count_ = 0;
  uint64_t ready_ = 0;          ///< samples from position_ up to here need no table to be moved on
  std::optional<Place> place_;  ///< none until sought
};

Status Cursor::Impl::Place::Seek(const SizeColumn& sizes, uint64_t n) {
  ISO_CHECK(chunk.Seek(n));
  ISO_TRY(const uint64_t before, sizes.Sum(chunk.chunk().first_sample, n));
  byte = std::min(chunk.chunk().offset + std::min(before, kFarthestByte), kFarthestByte);
  ISO_CHECK(time.Seek(n));
  ISO_CHECK(offset.Seek(n));
  return access.Seek(n);
}

/// Each walker is left either as it was or at sample n, so that this can be made again.
Status Cursor::Impl::Place::Cover(uint64_t n) {
  ISO_CHECK(time.Cover(n));
  ISO_CHECK(offset.Cover(n));
  if (!access.Covers(n)) ISO_CHECK(access.Cover(n));
  if (!size.Covers(n)) ISO_CHECK(size.Cover(n));
  if (!chunk.Covers(n)) {
    ISO_CHECK(chunk.Cover(n));
    byte = chunk.chunk().offset;
  }
  return {};
}

Status Cursor::Impl::SeekTo(uint64_t n) {
  ISO_TRY(const uint64_t count, table_->chunks.SampleCount());
  std::optional<Place> place;
  if (n < count) {
    place.emplace(*table_);
    ISO_CHECK(place->Seek(table_->sizes, n));
  }
  place_ = std::move(place);
  count_ = count;
  position_ = n;
  ready_ = 0;
  return {};
}

/// Makes the cursor ready for its sample, or says why it cannot be.
Status Cursor::Impl::Prepare() {
  if (!place_) ISO_CHECK(SeekTo(position_));
  if (position_ >= count_) return Error{Errc::kEndOfTable};
  if (!place_->Reach(position_)) ISO_CHECK(place_->Cover(position_));
  ready_ = std::min(place_->end(), count_);
  return {};
}

/// Everything about the sample at the cursor, which is ready for it.
void Cursor::Impl::Fill(Sample* sample) const {
  const Place& place = *place_;
  sample->index = position_;
  sample->offset = place.byte;
  sample->size = place.size.At(position_);
  sample->duration = place.time.duration();
  sample->dts = place.time.dts();
  sample->pts = sample->dts + place.offset.offset();
  sample->description = place.chunk.chunk().description;
  const Access access = place.access.At(position_);
  sample->sync = access.sync;
  sample->open_gop = access.open_gop;
  sample->dependency = access.dependency;
  sample->discont = false;
}

void Cursor::Impl::Step(uint64_t samples, uint64_t bytes) {
  position_ += samples;
  place_->time.Step(samples);
  place_->byte = std::min(place_->byte + bytes, kFarthestByte);
}

Status Cursor::Impl::Next(Sample* sample) {
  if (position_ >= ready_) ISO_CHECK(Prepare());
  Fill(sample);
  Step(1, sample->size);
  return {};
}

Status Cursor::Impl::NextRun(uint32_t max, Sample* sample, uint32_t* count) {
  if (position_ >= ready_) ISO_CHECK(Prepare());
  Fill(sample);
  const uint64_t end = std::min(place_->chunk.end(), count_);
  *count = static_cast<uint32_t>(std::min<uint64_t>(max, end - position_));
  Step(*count, uint64_t{*count} * sample->size);
  return {};
}

Cursor::Cursor(const SampleTable& table) : impl_(std::make_unique<Impl>(*table.impl_)) {
}

Cursor::~Cursor() = default;
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;

Status Cursor::SeekTo(uint64_t n) {
  return impl_->SeekTo(n);
}

Status Cursor::Next(Sample* sample) {
  return impl_->Next(sample);
}

Status Cursor::NextRun(uint32_t max, Sample* sample, uint32_t* count) {
  return impl_->NextRun(max, sample, count);
}

uint64_t Cursor::position() const {
  return impl_->position();
}

Cursor::ChunkStart Cursor::chunk() const {
  return impl_->chunk();
}

}  // namespace iso
