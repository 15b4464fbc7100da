// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/protection/table_crypto.h"

#include <algorithm>

namespace iso {
namespace {

/// Read at once where the records of all samples lie together, and where those of each
/// chunk do.
constexpr size_t kWindowBytes = 16 << 10;
constexpr size_t kChunkWindowBytes = 1 << 10;

/// Places of records remembered, at a distance that doubles when they become too many.
constexpr size_t kMostCheckpoints = 2048;
constexpr uint64_t kFirstStride = 256;

size_t WindowFor(const AuxiliaryLayout& layout) {
  return layout.together ? kWindowBytes : kChunkWindowBytes;
}

/// Told apart from samples that have not come: whoever waits may go there and come back, since a
/// window of records is good for many samples.
Error Missing(const Error& error) {
  return {error.code, kAuxiliaryInformation, error.offset, error.length};
}

}  // namespace

Result<uint32_t> KeyGroupWalker::At(uint64_t n) {
  const bool begun = run_.end != 0;
  if (!begun || n < run_.first || n > run_.end) {
    ISO_TRY(run_, runs_->Find(&RunState::units, n, reader_));
  } else if (n == run_.end) {
    ISO_TRY(run_, runs_->After(run_, reader_));
  }
  return run_.end == kForever ? otherwise_ : run_.value;
}

TableCrypto::TableCrypto(const TrackProtection& track)
    : track_(track),
      layout_(track.auxiliary_),
      window_(*track.source_, WindowFor(layout_)),
      groups_(track.group_runs_, track.groups_.default_index),
      sizes_(track.sizes_),
      offsets_(track.offsets_),
      walk_groups_(track.group_runs_, track.groups_.default_index),
      position_(layout_.senc ? layout_.senc->begin : 0),
      stride_(kFirstStride) {
}

Status TableCrypto::At(const CryptoQuery& sample, SampleProtection* protection) {
  ISO_TRY(const uint32_t group, groups_.At(sample.number));
  const auto& piff_override = track_.piff_override_;
  track_.Resolve(
      sample.description, group, nullptr, piff_override ? &*piff_override : nullptr, protection);
  if (protection->state != SampleProtection::State::kEncrypted) return {};
  const Result<Bytes> record = RecordOf(sample);
  if (!record.ok()) {
    if (IsSourceError(record.error().code)) return Missing(record.error());
    protection->state = SampleProtection::State::kLost;
    return {};
  }
  ReadRecord(*record, sample.bytes, protection);
  return {};
}

/// Empty where the sample has none. Any error that is not the source's means damage.
Result<Bytes> TableCrypto::RecordOf(const CryptoQuery& sample) {
  if (layout_.has_sizes) return SizedRecord(sample.number);
  if (layout_.senc) return SencRecord(sample);
  return Bytes();
}

Result<Bytes> TableCrypto::Peek(uint64_t offset, size_t size) {
  ISO_TRY(const Bytes bytes, window_.Peek(offset, size));
  if (bytes.size() < size) return Error{Errc::kEndOfData, {}, offset, size};
  return bytes;
}

Result<Bytes> TableCrypto::SizedRecord(uint64_t n) {
  if (n >= track_.sizes_.count()) return Bytes();
  if (n < run_.first || n >= run_.end) ISO_CHECK(FindRun(n));
  if (n != next_) {
    ISO_TRY(const uint64_t before, track_.sizes_.Sum(run_.first, n));
    next_position_ = run_.offset + before;
    next_ = n;
  }
  ISO_CHECK(sizes_.Cover(n));
  const uint32_t size = sizes_.At(n);
  if (size == 0) {
    ++next_;
    return Bytes();
  }
  ISO_TRY(const Bytes record, Peek(next_position_, size));
  ++next_;
  next_position_ += size;
  return record;
}

/// All records lie behind each other, or those of each chunk do.
Status TableCrypto::FindRun(uint64_t n) {
  Run run{0, kForever, 0};
  if (!layout_.offsets.present && layout_.senc) {
    run.offset = layout_.senc->begin;
  } else {
    uint64_t entry = 0;
    if (!layout_.together) {
      ISO_TRY(const Chunk chunk, track_.chunks_.ChunkOf(n));
      run.first = chunk.first_sample;
      run.end = chunk.first_sample + chunk.samples;
      entry = chunk.number;
    }
    ISO_TRY(const uint8_t* offset, offsets_.At(entry));
    run.offset = layout_.offsets.stride == 8 ? LoadBE64(offset) : LoadBE32(offset);
    run.offset = std::min(run.offset, kFarthestByte);
  }
  run_ = run;
  next_ = run.first;
  next_position_ = run.offset;
  return {};
}

Result<uint8_t> TableCrypto::IvSizeAt(uint64_t n, uint32_t description) {
  ISO_TRY(const uint32_t group, walk_groups_.At(n));
  SampleProtection protection;
  const auto& piff_override = track_.piff_override_;
  track_.Resolve(
      description, group, nullptr, piff_override ? &*piff_override : nullptr, &protection);
  if (protection.parameters == nullptr) return Error{Errc::kEncryptionInvalid, FourCC("seig")};
  return protection.parameters->iv_size;
}

Result<uint32_t> TableCrypto::SizeOfRecord(uint64_t position, uint8_t iv_size) {
  if (!layout_.senc->has_subsamples) return iv_size;
  ISO_TRY(const Bytes head, Peek(position, iv_size + size_t{2}));
  return static_cast<uint32_t>(iv_size + 2 + LoadBE16(&head[iv_size]) * kSubsampleBytes);
}

/// All samples before it are taken to have its sample entry.
Result<Bytes> TableCrypto::SencRecord(const CryptoQuery& sample) {
  const SencRecords& senc = *layout_.senc;
  if (sample.number >= senc.count) return Bytes();
  ISO_CHECK(WalkTo(sample.number, sample.description));
  ISO_TRY(const uint8_t iv_size, IvSizeAt(sample.number, sample.description));
  ISO_TRY(const uint32_t size, SizeOfRecord(position_, iv_size));
  if (position_ > senc.end || size > senc.end - position_) {
    return Error{Errc::kBoxTruncated, FourCC("senc"), position_};
  }
  return Peek(position_, size);
}

/// Where subsamples make records differ in size, each one on the way has to be looked at.
Status TableCrypto::WalkTo(uint64_t n, uint32_t description) {
  const SencRecords& senc = *layout_.senc;
  if (n < walked_ || n - walked_ > stride_) {
    const uint64_t last = std::min<uint64_t>(n / stride_, checkpoints_.size());
    const uint64_t known = last == 0 ? 0 : last * stride_;
    if (n < walked_ || known > walked_) {
      walked_ = known;
      position_ = last == 0 ? senc.begin : checkpoints_[last - 1];
    }
  }
  while (walked_ < n) {
    if (position_ > senc.end) return Error{Errc::kBoxTruncated, FourCC("senc"), position_};
    ISO_TRY(const uint8_t iv_size, IvSizeAt(walked_, description));
    if (!senc.has_subsamples) {
      const uint64_t records = std::min(walk_groups_.end(), n) - walked_;
      walked_ += records;
      position_ += records * iv_size;
      continue;
    }
    ISO_TRY(const uint32_t size, SizeOfRecord(position_, iv_size));
    position_ += size;
    ++walked_;
    Remember();
  }
  return {};
}

void TableCrypto::Remember() {
  if (walked_ != (checkpoints_.size() + 1) * stride_) return;
  checkpoints_.push_back(position_);
  if (checkpoints_.size() < kMostCheckpoints) return;
  for (size_t i = 0; i < kMostCheckpoints / 2; ++i) {
    checkpoints_[i] = checkpoints_[2 * i + 1];
  }
  checkpoints_.resize(kMostCheckpoints / 2);
  stride_ *= 2;
}

}  // namespace iso
