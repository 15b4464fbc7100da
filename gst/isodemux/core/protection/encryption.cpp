// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/protection/encryption.h"

#include <algorithm>
#include <cstring>

#include "core/box/sample_table_boxes.h"
#include "core/codec/box_list.h"
#include "core/codec/protection_scheme.h"

namespace iso {

const Uuid kPiffTrackEncryption = {
    0x89, 0x74, 0xdb, 0xce, 0x7b, 0xe7, 0x4c, 0x51, 0x84, 0xf9, 0x71, 0x48, 0xf9, 0x88, 0x25, 0x54};
const Uuid kPiffSampleEncryption = {
    0xa2, 0x39, 0x4f, 0x52, 0x5a, 0x9b, 0x4f, 0x14, 0xa2, 0x44, 0x6c, 0x42, 0x7c, 0x64, 0x8d, 0xf4};
const Uuid kPiffProtectionSystem = {
    0xd0, 0x8a, 0x4f, 0x18, 0x10, 0xf3, 0x4a, 0x82, 0xb6, 0xc8, 0x32, 0xd8, 0xab, 0xa1, 0x83, 0xd3};

namespace {

/// A group index has 16 bits.
constexpr size_t kMostGroups = 65535;

constexpr uint32_t kPiffCtr = 1;
constexpr uint32_t kPiffCbc = 2;

bool IsIvSize(uint8_t size) {
  return size == 8 || size == 16;
}

/// What tenc and seig have in common from the pattern on.
std::optional<EncryptionParameters> ParseParameters(Reader& r, bool has_pattern) {
  EncryptionParameters p;
  const uint8_t pattern = r.U8();
  if (has_pattern) {
    p.crypt_blocks = pattern >> 4;
    p.skip_blocks = pattern & 15;
  }
  p.is_protected = r.U8() == 1;
  p.iv_size = r.U8();
  const Bytes key = r.Take(kKeyIdBytes);
  std::copy(key.begin(), key.end(), p.key_id.begin());
  if (p.is_protected && p.iv_size == 0) {
    p.constant_iv_size = r.U8();
    if (!IsIvSize(p.constant_iv_size)) return std::nullopt;
    const Bytes iv = r.Take(p.constant_iv_size);
    std::copy(iv.begin(), iv.end(), p.constant_iv.begin());
  }
  const bool known = p.iv_size == 0 || IsIvSize(p.iv_size);
  return r.ok() && known ? std::optional(p) : std::nullopt;
}

std::optional<EncryptionParameters> PiffParameters(uint32_t algorithm, uint8_t iv_size, Bytes key) {
  if (algorithm > kPiffCbc || !(IsIvSize(iv_size) || algorithm == 0)) return std::nullopt;
  EncryptionParameters p;
  p.is_protected = algorithm != 0;
  p.iv_size = p.is_protected ? iv_size : 0;
  p.piff_algorithm = static_cast<uint8_t>(algorithm);
  std::copy(key.begin(), key.end(), p.key_id.begin());
  return p;
}

std::optional<EncryptionParameters> ParsePiffTenc(Bytes body) {
  Reader r(body);
  r.Skip(4);
  const uint32_t algorithm = r.U24();
  const uint8_t iv_size = r.U8();
  const Bytes key = r.Take(kKeyIdBytes);
  return r.ok() ? PiffParameters(algorithm, iv_size, key) : std::nullopt;
}

/// The extended type stands right before the body.
bool HasUuid(const BoxView& box, const Uuid& uuid) {
  return box.type == FourCC("uuid") &&
         std::memcmp(box.body.data() - uuid.size(), uuid.data(), uuid.size()) == 0;
}

std::optional<EncryptionParameters> ParseTenc(Bytes body) {
  Reader r(body);
  const uint8_t version = r.U8();
  r.Skip(3 + 1);
  return ParseParameters(r, version >= 1);
}

/// Of schi: tenc, or PIFF's own box.
std::optional<EncryptionParameters> ParametersIn(Bytes scheme_information) {
  BoxList boxes(scheme_information);
  for (BoxView box; boxes.Next(&box);) {
    if (box.type == FourCC("tenc")) return ParseTenc(box.body);
    if (HasUuid(box, kPiffTrackEncryption)) return ParsePiffTenc(box.body);
  }
  return std::nullopt;
}

bool IsCommonEncryption(FourCC scheme) {
  return scheme == FourCC("cenc") || scheme == FourCC("cens") || scheme == FourCC("cbc1") ||
         scheme == FourCC("cbcs") || scheme == FourCC("piff");
}

}  // namespace

EntryEncryption EncryptionOf(const SampleDescription& entry) {
  EntryEncryption result;
  const FourCC scheme = SchemeOf(entry);
  if (ProtectionOf(entry) != Protection::kCommonEncryption || !IsCommonEncryption(scheme)) {
    return result;
  }
  result.scheme = scheme;
  result.parameters = ParametersIn(BoxList::Find(entry.Child("sinf"), "schi"));
  if (scheme == FourCC("piff")) {
    const bool cbc = result.parameters && result.parameters->piff_algorithm == kPiffCbc;
    result.scheme = cbc ? FourCC("cbc1") : FourCC("cenc");
  }
  return result;
}

EntryEncryption PiffDefaults() {
  EncryptionParameters parameters;
  parameters.is_protected = true;
  parameters.iv_size = 8;
  parameters.piff_algorithm = kPiffCtr;
  parameters.has_key_id = false;
  return {FourCC("cenc"), parameters};
}

std::optional<EncryptionParameters> ParseSeig(Reader& r) {
  r.Skip(1);
  return ParseParameters(r, true);
}

std::optional<EncryptionParameters> OverrideOf(const SencBox& senc) {
  if ((senc.flags & SencBox::kOverrides) == 0) return std::nullopt;
  return PiffParameters(senc.algorithm, senc.iv_size, senc.key_id);
}

KeyGroups ParseKeyGroups(const BoxHeader& header, Bytes sgpd, Diagnostics* diagnostics) {
  KeyGroups groups;
  const auto box = ParseBox<SgpdBox>(header, sgpd, diagnostics);
  if (!box.ok() || box->grouping_type != FourCC("seig")) return groups;
  groups.default_index = box->version >= 2 ? box->default_index : 0;
  Reader r(box->entries);
  while (groups.entries.size() < std::min<size_t>(box->entry_count, kMostGroups) && r.left() > 0) {
    if (box->version == 0) {
      groups.entries.push_back(ParseSeig(r));
      continue;
    }
    Reader entry(r.Take(box->default_length != 0 ? box->default_length : r.U32()));
    groups.entries.push_back(ParseSeig(entry));
  }
  return groups;
}

}  // namespace iso
