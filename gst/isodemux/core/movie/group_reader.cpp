// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/group_reader.h"

#include <utility>

#include "core/box/sample_table_boxes.h"

namespace iso {
namespace {

/// Distances of `roll` and `prol` are signed; those ahead are of gradual refresh, where decoding
/// starts at the sample itself.
uint32_t RollValue(Reader entry) {
  const int16_t distance = entry.I16();
  return distance < 0 ? static_cast<uint32_t>(-distance) : 0;
}

/// One bit "the number is known", seven of the number of leading samples.
uint32_t AccessPointValue(Reader entry) {
  constexpr uint8_t kKnownToBeNone = 0x80;
  return entry.U8() == kKnownToBeNone ? kClosedAccess : kOpenAccess;
}

/// The type of the sample's NAL units.
uint32_t SyncKindValue(Reader entry) {
  constexpr uint8_t kBrokenLinkWithLeading = 16;
  constexpr uint8_t kCleanRandomAccess = 21;
  const uint8_t type = entry.U8() & 0x3f;
  const bool open = type == kCleanRandomAccess || type == kBrokenLinkWithLeading;
  return open ? kOpenAccess : kClosedAccess;
}

struct Kind {
  FourCC type;
  uint32_t bytes;  ///< of a description, at least
  uint32_t (*value)(Reader);
};

constexpr Kind kKinds[] = {
    {FourCC("rap "), 1, AccessPointValue},
    {FourCC("sync"), 1, SyncKindValue},
    {FourCC("roll"), 2, RollValue},
    {FourCC("prol"), 2, RollValue},
};

const Kind* KindOf(FourCC type) {
  for (const Kind& kind : kKinds) {
    if (kind.type == type) return &kind;
  }
  return nullptr;
}

}  // namespace

GroupTable* GroupReader::TableOf(FourCC type) {
  if (type == FourCC("rap ")) return &access_points_;
  if (type == FourCC("sync")) return &sync_kinds_;
  return type == FourCC("roll") ? &rolls_ : &prerolls_;
}

Status GroupReader::ReadDescriptions(const BoxHeader& box, BoxLoader& loader) {
  ISO_TRY(const std::vector<uint8_t> body, loader.Body(box));
  ISO_TRY(const SgpdBox groups, ParseBox<SgpdBox>(box, body, loader.diagnostics()));
  const Kind* kind = KindOf(groups.grouping_type);
  if (kind == nullptr) return {};
  GroupTable* table = TableOf(kind->type);
  if (!table->values.empty()) return Error{Errc::kDuplicateBox, box.type, box.offset};
  std::vector<uint32_t> values;
  Reader r(groups.entries);
  for (uint32_t i = 0; i < groups.entry_count && r.left() > 0; ++i) {
    if (values.size() == loader.limits().max_group_descriptions) {
      return Error{Errc::kTooManyGroups, box.type, box.offset};
    }
    uint32_t length = kind->bytes;
    if (groups.version > 0) length = groups.default_length != 0 ? groups.default_length : r.U32();
    const Reader entry(r.Take(length));
    if (!r.ok() || length < kind->bytes) return Error{Errc::kBoxTruncated, box.type, box.offset};
    values.push_back(kind->value(entry));
  }
  table->values = std::move(values);
  table->default_description = groups.default_index;
  return {};
}

Status GroupReader::ReadRuns(const BoxHeader& box, BoxLoader& loader) {
  ISO_TRY(const SbgpBox runs, loader.LoadTable<SbgpBox>(box));
  if (KindOf(runs.grouping_type) == nullptr) return {};
  GroupTable* table = TableOf(runs.grouping_type);
  if (table->runs.present) return Error{Errc::kDuplicateBox, box.type, box.offset};
  table->runs = runs.entries;
  return {};
}

void GroupReader::Fill(SampleTableLayout* layout) const {
  layout->access_points = access_points_;
  layout->sync_kinds = sync_kinds_;
  layout->rolls = rolls_;
  layout->prerolls = prerolls_;
}

}  // namespace iso
