// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Metadata: what udta, meta/ilst, meta/keys, 3GPP asset boxes and their like say about
// a movie or a track, as neutral key/value items. The element turns them into tags.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/limits.h"
#include "core/base/result.h"

namespace iso {

/// Where an item was found: the value's encoding and meaning depend on it.
enum class MetadataSource : uint8_t {
  kItunes,     ///< ilst item of a `data` value each: iTunes' codes
  kFreeform,   ///< ilst '----': mean + name, typed `data` value
  kKeys,       ///< ilst item whose code counts into meta/keys: com.apple.quicktime.title
  kQuickTime,  ///< udta '(c)xxx' international text: text with Macintosh or ISO language
  k3gpp,       ///< udta asset boxes of 3GPP TS 26.244 clause 8, and cprt
  kRaw,        ///< any other child of udta or meta, and XMP from a uuid box: the body
};

/// `data` box value types (QTFF, well-known types).
enum class DataType : uint32_t {
  kImplicit = 0,
  kUtf8 = 1,
  kUtf16 = 2,
  kShiftJis = 3,
  kUtf8Sort = 4,
  kUtf16Sort = 5,
  kJpeg = 13,
  kPng = 14,
  kSigned = 21,
  kUnsigned = 22,
  kFloat32 = 23,
  kFloat64 = 24,
  kBmp = 27,
};

/// One value. What it points to lives as long as a Metadata that has the item.
struct MetadataItem {
  MetadataSource source = MetadataSource::kRaw;
  FourCC code;            ///< the item's or box's code: '----' for freeform, 'mdta' for keys
  std::string_view mean;  ///< freeform: such as com.apple.iTunes
  std::string_view name;  ///< freeform: the name; keys: the whole key
  uint32_t type = 0;      ///< DataType of the value; kItunes, kFreeform and kKeys only
  uint16_t language = 0;  ///< packed ISO 639-2/T or Macintosh code; kQuickTime and k3gpp only
  bool first = true;      ///< false for the 2nd and later values of one box
  Bytes value;            ///< the value, encoded as the source says
  Bytes box;              ///< the whole box, its header included
};

struct Metadata {
  std::vector<MetadataItem> items;  ///< in file order

  /// What the items point to. Shared, so that a copy costs no bytes.
  std::vector<std::shared_ptr<const uint8_t[]>> storage;

  void Append(Metadata other);
};

/// Reads the children of a `udta` box (body given, without its header).
Metadata ParseUserData(Bytes udta, uint64_t file_offset, const Limits&, Diagnostics*);

/// Reads a `meta` box's body, as an ISO FullBox or in QuickTime's form without version.
Metadata ParseMeta(Bytes meta, uint64_t file_offset, const Limits&, Diagnostics*);

/// Reads a `uuid` box's body (the 16 bytes of the type first). XMP is one item with the
/// code 'XMP_'; of any other type there is none.
Metadata ParseUuid(Bytes uuid, uint64_t file_offset, const Limits&, Diagnostics*);

}  // namespace iso
