// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/fragment_crypto.h"

#include <algorithm>
#include <iterator>

#include "core/codec/box_list.h"

namespace iso {
namespace {

/// pssh boxes of one moof.
constexpr size_t kMostSystems = 64;

constexpr size_t kUuidBytes = sizeof(Uuid);

/// The header of a box that is in memory, as far as parsers look at it. Its body begins at 0.
BoxHeader HeaderOf(const BoxView& box) {
  BoxHeader header;
  header.type = box.type;
  header.end = box.body.size();
  if (box.type == FourCC("uuid")) {
    std::copy_n(box.body.data() - kUuidBytes, kUuidBytes, header.uuid.begin());
  }
  return header;
}

/// What of a traf's header matters here.
struct TrafHeader {
  uint32_t track_id = 0;
  uint64_t data_base = 0;
  std::vector<uint32_t> run_samples;
};

TrafHeader ReadHeader(Bytes traf, uint64_t moof) {
  constexpr uint32_t kHasBase = 1;
  TrafHeader header;
  header.data_base = moof;
  BoxList boxes(traf);
  for (BoxView box; boxes.Next(&box);) {
    Reader r(box.body);
    const uint32_t flags = r.U32() & 0xffffff;
    if (box.type == FourCC("tfhd")) {
      header.track_id = r.U32();
      if ((flags & kHasBase) != 0) header.data_base = r.U64();
    } else if (box.type == FourCC("trun")) {
      header.run_samples.push_back(r.U32());
    }
  }
  return header;
}

}  // namespace

FragmentCrypto::FragmentCrypto(const FragmentSamples& samples,
                               std::optional<uint32_t> id,
                               std::shared_ptr<const TrackProtection> protection)
    : samples_(samples),
      id_(id),
      protection_(std::move(protection)),
      table_(protection_->NewTableCrypto()) {
}

Status FragmentCrypto::At(const CryptoQuery& sample, SampleProtection* protection) {
  if (samples_.IsInTable(sample.number)) return table_->At(sample, protection);
  const uint64_t key = FragmentSamples::FragmentOf(sample.number);
  if (fragment_ == nullptr || key != key_) {
    ISO_TRY(const FragmentSamples::Place place, samples_.PlaceOf(sample.number));
    ISO_CHECK(Enter(place.fragment));
    key_ = key;
  }
  const auto i = static_cast<uint32_t>(sample.number - FragmentSamples::NumberOf(*fragment_, 0));
  const auto behind = std::upper_bound(
      parts_.begin(), parts_.end(), i, [](uint32_t n, const Part& part) { return n < part.first; });
  if (behind == parts_.begin()) {
    *protection = {};
    protection->state = SampleProtection::State::kLost;
    return {};
  }
  Part& part = *std::prev(behind);
  CryptoQuery inside = sample;
  inside.number = i - part.first;
  ISO_CHECK(part.crypto->At(inside, protection));
  protection->systems = systems_;
  protection->systems_from = fragment_->offset;
  return {};
}

/// Nothing has changed when it fails.
Status FragmentCrypto::Enter(const FragmentRef& fragment) {
  std::vector<Part> parts;
  std::vector<ProtectionSystem> systems;
  uint32_t first = 0;
  BoxView moof;
  BoxList whole(fragment->bytes);
  BoxList boxes(whole.Next(&moof) ? moof.body : Bytes());
  for (BoxView box; boxes.Next(&box);) {
    const BoxHeader header = HeaderOf(box);
    if (box.type == FourCC("traf")) {
      ISO_CHECK(AddPart(*fragment, box.body, &first, &parts));
    } else if (IsProtectionSystem(header) && systems.size() < kMostSystems) {
      auto system = ParseProtectionSystem(header, box.body);
      if (system) systems.push_back(std::move(*system));
    }
  }
  parts_ = std::move(parts);
  systems_ = std::move(systems);
  fragment_ = fragment;
  return {};
}

Status FragmentCrypto::AddPart(const Fragment& fragment,
                               Bytes traf,
                               uint32_t* first,
                               std::vector<Part>* parts) {
  const TrafHeader header = ReadHeader(traf, fragment.offset);
  if (id_ && header.track_id != *id_) return {};
  TrafProtectionReader reader(protection_);
  BoxList boxes(traf);
  for (BoxView box; boxes.Next(&box);) {
    if (TrafProtectionReader::Wants(box.type)) reader.Add(HeaderOf(box), box.body, nullptr);
  }
  const TrafPlace place{header.data_base, header.run_samples};
  ISO_TRY(auto read, reader.Finish(place, protection_->source()));
  parts->push_back({*first, std::make_unique<TrafCrypto>(std::move(read))});
  for (const uint32_t samples : header.run_samples) {
    *first += samples;
  }
  return {};
}

std::unique_ptr<SampleCrypto> NewSampleCrypto(const Track& track) {
  if (track.protection == nullptr) return nullptr;
  if (track.fragments == nullptr) return track.protection->NewTableCrypto();
  const auto& samples = static_cast<const FragmentSamples&>(*track.samples);
  const auto id = track.any_id ? std::nullopt : std::optional(track.id);
  return std::make_unique<FragmentCrypto>(samples, id, track.protection);
}

}  // namespace iso
