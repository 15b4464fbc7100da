// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/table/group_kinds.h"

#include "core/table/table_ref.h"

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

/// By GroupKind.
constexpr Kind kKinds[kGroupKinds] = {
    {FourCC("rap "), 1, AccessPointValue},
    {FourCC("sync"), 1, SyncKindValue},
    {FourCC("roll"), 2, RollValue},
    {FourCC("prol"), 2, RollValue},
};

}  // namespace

std::optional<GroupKind> GroupKindOf(FourCC type) {
  for (size_t i = 0; i < kGroupKinds; ++i) {
    if (kKinds[i].type == type) return static_cast<GroupKind>(i);
  }
  return std::nullopt;
}

Result<std::vector<uint32_t>> GroupValues(GroupKind kind,
                                          const SgpdBox& box,
                                          const BoxHeader& header,
                                          size_t most) {
  const Kind& form = kKinds[static_cast<size_t>(kind)];
  std::vector<uint32_t> values;
  Reader r(box.entries);
  for (uint32_t i = 0; i < box.entry_count && r.left() > 0; ++i) {
    if (values.size() == most) return Error{Errc::kTooManyGroups, header.type, header.offset};
    uint32_t length = form.bytes;
    if (box.version > 0) length = box.default_length != 0 ? box.default_length : r.U32();
    const Reader entry(r.Take(length));
    if (!r.ok() || length < form.bytes) {
      return Error{Errc::kBoxTruncated, header.type, header.offset};
    }
    values.push_back(form.value(entry));
  }
  return values;
}

}  // namespace iso
