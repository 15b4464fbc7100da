// SPDX-License-Identifier: LGPL-2.1-or-later
//
// EncryptionParameters: how samples are encrypted under common encryption (ISO/IEC 23001-7),
// as a sample entry or a sample group says it.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/box/header.h"
#include "core/box/protection_boxes.h"
#include "core/codec/sample_description.h"

namespace iso {

constexpr size_t kKeyIdBytes = 16;
constexpr size_t kMaxIvBytes = 16;

/// Of tenc (8.2) or a `seig` group (6).
struct EncryptionParameters {
  bool is_protected = false;
  uint8_t iv_size = 0;       ///< of each sample's own IV: 8, 16, or 0
  uint8_t crypt_blocks = 0;  ///< of a pattern, in blocks of 16 bytes; both 0: no pattern
  uint8_t skip_blocks = 0;
  uint8_t constant_iv_size = 0;  ///< 8 or 16 where iv_size is 0
  uint8_t piff_algorithm = 0;    ///< of PIFF: 1 is AES-CTR, 2 AES-CBC; 0: not PIFF
  bool has_key_id = true;
  std::array<uint8_t, kKeyIdBytes> key_id = {};
  std::array<uint8_t, kMaxIvBytes> constant_iv = {};

  bool operator==(const EncryptionParameters&) const = default;

  Bytes ConstantIv() const { return Bytes(constant_iv).first(constant_iv_size); }
};

/// What one sample entry says.
struct EntryEncryption {
  FourCC scheme;  ///< cenc, cens, cbc1 or cbcs; 0: samples are not under common encryption
  std::optional<EncryptionParameters> parameters;  ///< nothing: damaged or missing
};

/// The scheme and parameters of sinf (14496-12 8.12), those of PIFF included. A scheme
/// that is not of common encryption gives scheme 0.
EntryEncryption EncryptionOf(const SampleDescription& entry);

/// What PIFF's samples are encrypted with where no track encryption box says: AES-CTR, IVs of 8
/// bytes, and a key that is not named.
EntryEncryption PiffDefaults();

/// One entry of a `seig` group description; nothing where it is damaged.
std::optional<EncryptionParameters> ParseSeig(Reader& r);

/// The override that PIFF allows a senc box; nothing where it has none or a damaged one.
std::optional<EncryptionParameters> OverrideOf(const SencBox& senc);

/// The entries of one `seig` sgpd.
struct KeyGroups {
  std::vector<std::optional<EncryptionParameters>> entries;
  uint32_t default_index = 0;  ///< from 1, for samples that no sbgp maps; 0: none
};

/// `sgpd` is the whole body. Another grouping type gives no entries.
KeyGroups ParseKeyGroups(const BoxHeader& header, Bytes sgpd, Diagnostics* diagnostics);

/// The extended types of PIFF's boxes.
extern const Uuid kPiffTrackEncryption;
extern const Uuid kPiffSampleEncryption;
extern const Uuid kPiffProtectionSystem;

}  // namespace iso
