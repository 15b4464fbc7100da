// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/protection/track_protection.h"

#include <algorithm>

#include "core/box/sample_table_boxes.h"
#include "core/protection/table_crypto.h"

namespace iso {
namespace {

/// Kinds of auxiliary information looked at.
constexpr size_t kMostKinds = 16;

/// The samples that a group or chunk table may count.
uint64_t SamplesOf(const SampleTableLayout& samples) {
  return std::min<uint64_t>(samples.sample_count, UINT32_MAX);
}

std::unique_ptr<const RunFormat> GroupFormat(const SampleTableLayout& samples) {
  const CompositionRule rule{SamplesOf(samples)};
  return std::make_unique<RunFormatOf<CompositionRule>>(rule);
}

}  // namespace

bool IsEncryptionAuxiliary(FourCC type, FourCC scheme) {
  return !type || type == scheme || type == FourCC("cenc") || type == FourCC("piff");
}

TrackProtection::TrackProtection(std::vector<EntryEncryption> entries,
                                 KeyGroups groups,
                                 std::optional<EncryptionParameters> piff_override,
                                 const AuxiliaryLayout& auxiliary,
                                 const SampleTableLayout& samples,
                                 PageCache& pages,
                                 ByteSource& source)
    : entries_(std::move(entries)),
      groups_(std::move(groups)),
      piff_override_(std::move(piff_override)),
      auxiliary_(auxiliary),
      source_(&source),
      sizes_(auxiliary.sizes, pages),
      offsets_(auxiliary.offsets, pages),
      chunks_(samples.chunk_runs, samples.chunk_offsets, pages, SamplesOf(samples)),
      group_runs_(auxiliary.groups, pages, GroupFormat(samples), CountedRuns::Tail::kZero) {
}

FourCC TrackProtection::scheme() const {
  for (const EntryEncryption& entry : entries_) {
    if (entry.scheme) return entry.scheme;
  }
  return {};
}

/// Some writers number a fragment's own groups from 1, too: with none in the track that is
/// what they can only mean.
const EncryptionParameters* TrackProtection::InGroup(uint32_t group, const KeyGroups* local) const {
  const bool is_local = local != nullptr && (group > kLocalGroups || groups_.entries.empty());
  const auto& entries = is_local ? local->entries : groups_.entries;
  const uint32_t index = group > kLocalGroups ? group - kLocalGroups : group;
  if (index == 0 || index > entries.size() || !entries[index - 1]) return nullptr;
  return &*entries[index - 1];
}

void TrackProtection::Resolve(uint32_t description,
                              uint32_t group,
                              const KeyGroups* local,
                              const EncryptionParameters* piff_override,
                              SampleProtection* protection) const {
  using State = SampleProtection::State;
  *protection = {};
  const size_t index = description >= 1 && description <= entries_.size() ? description - 1 : 0;
  const EntryEncryption& entry = entries_[index];
  if (!entry.scheme) return;
  protection->scheme = entry.scheme;
  if (group != 0) {
    protection->parameters = InGroup(group, local);
  } else if (piff_override != nullptr) {
    protection->parameters = piff_override;
  } else if (entry.parameters) {
    protection->parameters = &*entry.parameters;
  }
  if (protection->parameters == nullptr) {
    protection->state = State::kLost;
  } else {
    protection->state = protection->parameters->is_protected ? State::kEncrypted : State::kClear;
  }
}

std::unique_ptr<SampleCrypto> TrackProtection::NewTableCrypto() const {
  return std::make_unique<TableCrypto>(*this);
}

std::shared_ptr<const TrackProtection> AssumeProtection(const EntryEncryption& entry,
                                                        PageCache& pages,
                                                        ByteSource& source) {
  return std::make_shared<const TrackProtection>(std::vector{entry},
                                                 KeyGroups(),
                                                 std::nullopt,
                                                 AuxiliaryLayout(),
                                                 SampleTableLayout(),
                                                 pages,
                                                 source);
}

bool ProtectionReader::Wants(FourCC type) {
  static constexpr FourCC kWanted[] = {"saiz", "saio", "senc", "uuid", "sgpd", "sbgp"};
  return std::find(std::begin(kWanted), std::end(kWanted), type) != std::end(kWanted);
}

Status ProtectionReader::Visit(const BoxHeader& box, BoxLoader& loader) {
  if (box.type == FourCC("saiz") && sizes_.size() < kMostKinds) {
    ISO_TRY(sizes_.emplace_back(), loader.LoadTable<SaizBox>(box));
  } else if (box.type == FourCC("saio") && offsets_.size() < kMostKinds) {
    ISO_TRY(offsets_.emplace_back(), loader.LoadTable<SaioBox>(box));
  } else if (box.type == FourCC("senc") || box.uuid == kPiffSampleEncryption) {
    return ReadSenc(box, loader);
  } else if (box.type == FourCC("sgpd") || box.type == FourCC("sbgp")) {
    return ReadGroups(box, loader);
  }
  return {};
}

Status ProtectionReader::ReadSenc(const BoxHeader& box, BoxLoader& loader) {
  if (senc_) return {};
  ISO_TRY(const SencBox senc, loader.LoadTable<SencBox>(box));
  senc_ = SencRecords{senc.records.offset,
                      senc.records.offset + senc.records.count,
                      senc.sample_count,
                      (senc.flags & SencBox::kSubsamples) != 0};
  piff_override_ = OverrideOf(senc);
  return {};
}

Status ProtectionReader::ReadGroups(const BoxHeader& box, BoxLoader& loader) {
  if (box.type == FourCC("sgpd")) {
    ISO_TRY(const std::vector<uint8_t> body, loader.Body(box));
    KeyGroups groups = ParseKeyGroups(box, body, nullptr);
    if (groups_.entries.empty()) groups_ = std::move(groups);
    return {};
  }
  ISO_TRY(const SbgpBox runs, loader.LoadTable<SbgpBox>(box));
  const bool wanted = runs.grouping_type == FourCC("seig") && !group_runs_.present;
  if (wanted) group_runs_ = runs.entries;
  return {};
}

AuxiliaryLayout ProtectionReader::LayoutFor(FourCC scheme) const {
  AuxiliaryLayout layout;
  layout.senc = senc_;
  layout.groups = group_runs_;
  const auto ours = [scheme](const auto& box) { return IsEncryptionAuxiliary(box.type, scheme); };
  const auto sizes = std::find_if(sizes_.begin(), sizes_.end(), ours);
  const auto offsets = std::find_if(offsets_.begin(), offsets_.end(), ours);
  if (sizes != sizes_.end() && (offsets != offsets_.end() || senc_)) {
    layout.has_sizes = true;
    layout.sizes.sample_count = sizes->sample_count;
    layout.sizes.constant_size = sizes->default_size;
    layout.sizes.size_bits = 8;
    layout.sizes.sizes = sizes->sizes;
  }
  if (layout.has_sizes && offsets != offsets_.end()) {
    layout.offsets = offsets->offsets;
    layout.together = offsets->entry_count == 1;
  }
  return layout;
}

std::shared_ptr<const TrackProtection> ProtectionReader::Finish(
    std::span<const SampleDescription> descriptions,
    const SampleTableLayout& samples,
    PageCache& pages,
    BoxLoader& loader) const {
  std::vector<EntryEncryption> entries;
  FourCC scheme;
  for (const SampleDescription& description : descriptions) {
    const EntryEncryption& entry = entries.emplace_back(EncryptionOf(description));
    if (!scheme) scheme = entry.scheme;
    if (entry.scheme && !entry.parameters) {
      loader.Report(Error{Errc::kEncryptionInvalid, description.format});
    }
  }
  if (!scheme) return nullptr;
  return std::make_shared<const TrackProtection>(std::move(entries),
                                                 groups_,
                                                 piff_override_,
                                                 LayoutFor(scheme),
                                                 samples,
                                                 pages,
                                                 loader.window().source());
}

}  // namespace iso
