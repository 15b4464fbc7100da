// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/protection/traf_protection.h"

#include <algorithm>

#include "core/box/sample_table_boxes.h"

namespace iso {
namespace {

/// All auxiliary information of one traf.
constexpr uint64_t kMostRecordBytes = 16u << 20;

/// Entries of saio: one a track run.
constexpr uint64_t kMostOffsets = 65536;

constexpr size_t kGroupRunBytes = 8;

/// Of a record whose length depends on parameters that are not known.
constexpr uint64_t kUnknownBytes = UINT64_MAX;

/// The bytes of a table whose box is in memory.
Bytes TableIn(const BoxHeader& box, Bytes body, const TableRef& table) {
  const auto start = static_cast<size_t>(table.offset - box.body);
  return body.subspan(start, static_cast<size_t>(table.count) * table.stride);
}

}  // namespace

TrafProtectionReader::TrafProtectionReader(std::shared_ptr<const TrackProtection> track)
    : scheme_(track->scheme()) {
  traf_.track = std::move(track);
}

void TrafProtectionReader::Add(const BoxHeader& box, Bytes body, Diagnostics* diagnostics) {
  Status added;
  // Only what there is can be taken in, wherever the box says it ends.
  BoxHeader whole = box;
  whole.end = box.body + body.size();
  if (box.type == FourCC("saiz")) {
    added = AddSizes(whole, body, diagnostics);
  } else if (box.type == FourCC("saio")) {
    added = AddOffsets(whole, body, diagnostics);
  } else if (box.type == FourCC("senc") || box.uuid == kPiffSampleEncryption) {
    added = AddSenc(whole, body, diagnostics);
  } else if (box.type == FourCC("sgpd") || box.type == FourCC("sbgp")) {
    added = AddGroups(whole, body, diagnostics);
  }
  if (!added.ok() && diagnostics != nullptr) diagnostics->Report(added.error());
}

Status TrafProtectionReader::AddSizes(const BoxHeader& box, Bytes body, Diagnostics* diagnostics) {
  ISO_TRY(const SaizBox saiz, ParseBox<SaizBox>(box, body, diagnostics));
  if (traf_.has_sizes || !IsEncryptionAuxiliary(saiz.type, scheme_)) return {};
  traf_.has_sizes = true;
  traf_.default_size = saiz.default_size;
  const Bytes sizes = saiz.default_size == 0 ? TableIn(box, body, saiz.sizes) : Bytes();
  traf_.sizes.assign(sizes.begin(), sizes.end());
  if (!has_senc_) {
    traf_.record_count = saiz.default_size != 0 ? saiz.sample_count : sizes.size();
  }
  return {};
}

Status TrafProtectionReader::AddOffsets(const BoxHeader& box,
                                        Bytes body,
                                        Diagnostics* diagnostics) {
  ISO_TRY(const SaioBox saio, ParseBox<SaioBox>(box, body, diagnostics));
  if (!offsets_.empty() || !IsEncryptionAuxiliary(saio.type, scheme_)) return {};
  together_ = saio.entry_count == 1;
  Reader r(TableIn(box, body, saio.offsets));
  for (uint64_t i = 0; i < std::min(saio.offsets.count, kMostOffsets); ++i) {
    offsets_.push_back(saio.offsets.stride == 8 ? r.U64() : r.U32());
  }
  return {};
}

/// PIFF's own box may stand beside senc and says the same.
Status TrafProtectionReader::AddSenc(const BoxHeader& box, Bytes body, Diagnostics* diagnostics) {
  if (has_senc_) return {};
  ISO_TRY(const SencBox senc, ParseBox<SencBox>(box, body, diagnostics));
  has_senc_ = true;
  traf_.has_subsamples = (senc.flags & SencBox::kSubsamples) != 0;
  traf_.piff_override = OverrideOf(senc);
  traf_.record_count = senc.sample_count;
  const Bytes records = TableIn(box, body, senc.records);
  traf_.records.assign(records.begin(), records.end());
  return {};
}

Status TrafProtectionReader::AddGroups(const BoxHeader& box, Bytes body, Diagnostics* diagnostics) {
  if (box.type == FourCC("sgpd")) {
    KeyGroups groups = ParseKeyGroups(box, body, diagnostics);
    if (traf_.groups.entries.empty()) traf_.groups = std::move(groups);
    return {};
  }
  ISO_TRY(const SbgpBox runs, ParseBox<SbgpBox>(box, body, diagnostics));
  if (runs.grouping_type != FourCC("seig") || !traf_.group_runs.empty()) return {};
  const Bytes entries = TableIn(box, body, runs.entries);
  traf_.group_runs.assign(entries.begin(), entries.end());
  return {};
}

/// Of the records of some samples, by saiz.
uint64_t TrafProtectionReader::BytesOf(uint64_t first, uint64_t count) const {
  if (traf_.default_size != 0) return count * traf_.default_size;
  const uint64_t begin = std::min<uint64_t>(traf_.sizes.size(), first);
  const uint64_t end = begin + std::min<uint64_t>(traf_.sizes.size() - begin, count);
  uint64_t sum = 0;
  for (uint64_t i = begin; i < end; ++i) {
    sum += traf_.sizes[static_cast<size_t>(i)];
  }
  return sum;
}

Result<std::shared_ptr<const TrafProtection>> TrafProtectionReader::Finish(const TrafPlace& place,
                                                                           ByteSource& source) {
  if (has_senc_) {
    // The sizes are as good as the records themselves, but only where they agree with them.
    const uint64_t sized = BytesOf(0, traf_.record_count);
    traf_.has_sizes = traf_.has_sizes && sized == traf_.records.size();
  } else if (traf_.has_sizes) {
    ISO_CHECK(ReadRecords(place, source));
  }
  return std::make_shared<const TrafProtection>(std::move(traf_));
}

/// By saiz and saio: one offset, or one a track run. What cannot be had is left out, and
/// with it all that follows.
Status TrafProtectionReader::ReadRecords(const TrafPlace& place, ByteSource& source) {
  traf_.records.clear();
  uint64_t first = 0;
  for (size_t i = 0; i < offsets_.size(); ++i) {
    const uint64_t left = traf_.record_count - std::min(first, traf_.record_count);
    const bool last = together_ || i >= place.run_samples.size();
    const uint64_t samples = last ? left : std::min<uint64_t>(left, place.run_samples[i]);
    const uint64_t bytes = BytesOf(first, samples);
    if (bytes > kMostRecordBytes - traf_.records.size()) return {};
    const Status read = ReadRun(place.data_base + offsets_[i], bytes, source);
    if (!read.ok()) return IsSourceError(read.error().code) ? read : Status();
    first += samples;
    if (last) break;
  }
  return {};
}

Status TrafProtectionReader::ReadRun(uint64_t offset, uint64_t bytes, ByteSource& source) {
  const auto size = source.size();
  if (size && (offset > *size || bytes > *size - offset)) {
    return Error{Errc::kEndOfData, FourCC("saio"), offset, bytes};
  }
  const size_t before = traf_.records.size();
  traf_.records.resize(before + static_cast<size_t>(bytes));
  const Status read = source.Read(offset, std::span(traf_.records).subspan(before));
  if (!read.ok()) traf_.records.resize(before);
  return read;
}

TrafCrypto::TrafCrypto(std::shared_ptr<const TrafProtection> traf) : traf_(std::move(traf)) {
}

/// Samples that no run maps have the default group, should there be one.
uint32_t TrafCrypto::GroupOf(uint64_t n) {
  const auto& runs = traf_->group_runs;
  if (n < run_first_) run_ = run_first_ = 0;
  for (; (run_ + 1) * kGroupRunBytes <= runs.size(); ++run_) {
    const uint8_t* entry = &runs[run_ * kGroupRunBytes];
    if (n - run_first_ < LoadBE32(entry)) return LoadBE32(entry + 4);
    run_first_ += LoadBE32(entry);
  }
  const uint32_t own = traf_->groups.default_index;
  if (own == 0) return traf_->track->groups().default_index;
  return own > TrackProtection::kLocalGroups ? own : TrackProtection::kLocalGroups + own;
}

void TrafCrypto::Resolve(uint64_t n, uint32_t description, SampleProtection* protection) {
  const auto& piff_override = traf_->piff_override;
  traf_->track->Resolve(description,
                        GroupOf(n),
                        &traf_->groups,
                        piff_override ? &*piff_override : nullptr,
                        protection);
}

Status TrafCrypto::At(const CryptoQuery& sample, SampleProtection* protection) {
  using State = SampleProtection::State;
  const bool found = AdvanceTo(sample);
  Resolve(sample.number, sample.description, protection);
  if (found) bytes_ = RecordBytes(protection->parameters);
  if (protection->state != State::kEncrypted) return {};
  if (!found || *bytes_ > traf_->records.size() - position_) {
    protection->state = State::kLost;
    return {};
  }
  const Bytes records = traf_->records;
  ReadRecord(records.subspan(position_, static_cast<size_t>(*bytes_)), sample.bytes, protection);
  return {};
}

/// Of the record at position_, whose sample has these parameters.
uint64_t TrafCrypto::RecordBytes(const EncryptionParameters* parameters) const {
  if (number_ >= traf_->record_count) return 0;
  if (traf_->has_sizes) {
    if (traf_->default_size != 0) return traf_->default_size;
    return number_ < traf_->sizes.size() ? traf_->sizes[static_cast<size_t>(number_)] : 0;
  }
  if (parameters == nullptr) return kUnknownBytes;
  const size_t iv_size = parameters->iv_size;
  if (!traf_->has_subsamples) return iv_size;
  Reader r(Bytes(traf_->records).subspan(position_));
  r.Skip(iv_size);
  return iv_size + 2 + uint64_t{r.U16()} * kSubsampleBytes;
}

/// All samples on the way are taken to have the entry of this one. False: the records end
/// before it.
bool TrafCrypto::AdvanceTo(const CryptoQuery& sample) {
  if (sample.number < number_) {
    number_ = position_ = 0;
    bytes_.reset();
  }
  while (number_ < sample.number) {
    if (!bytes_) {
      SampleProtection passed;
      Resolve(number_, sample.description, &passed);
      bytes_ = RecordBytes(passed.parameters);
    }
    if (*bytes_ > traf_->records.size() - position_) return false;
    const uint64_t steps = IsUniform() && *bytes_ == 0 ? sample.number - number_ : 1;
    position_ += static_cast<size_t>(*bytes_);
    number_ += steps;
    bytes_.reset();
  }
  return true;
}

/// Whether all records are as long as the first.
bool TrafCrypto::IsUniform() const {
  const bool sized = traf_->has_sizes;
  return sized ? traf_->default_size != 0 : !traf_->has_subsamples && traf_->group_runs.empty();
}

}  // namespace iso
