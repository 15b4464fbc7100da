// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The boxes of common encryption (ISO/IEC 23001-7), and those of ISO/IEC 14496-12 on which
// it rests: scheme, sample groups, auxiliary information. A movie and a movie fragment have
// the same ones.

#pragma once

#include "core/box/box.h"

namespace iso {

struct SchmBox : FullBox {
  static constexpr BoxInfo kInfo{
      "schm", "SchemeTypeBox", "12:8.12.6", "sinf rinf", BoxForm::kFullBox};
  FourCC scheme;
  uint32_t scheme_version = 0;

  template <class V>
  void Fields(V& f) {
    f.Code("scheme_type", scheme);
    f.U32("scheme_version", scheme_version);
  }
};

struct TencBox : FullBox {
  static constexpr BoxInfo kInfo{
      "tenc", "TrackEncryptionBox", "23001-7:8.2", "schi", BoxForm::kFullBox, 1};
  uint8_t pattern = 0;  ///< version 1: blocks encrypted (upper half) and skipped
  uint8_t is_protected = 0;
  uint8_t iv_size = 0;
  Uuid key_id = {};
  std::vector<uint8_t> constant_iv;  ///< its size, then itself; only where iv_size is 0

  template <class V>
  void Fields(V& f) {
    f.Reserved(1);
    f.U8("pattern", pattern);
    f.U8("default_isProtected", is_protected);
    f.U8("default_Per_Sample_IV_Size", iv_size);
    f.Id("default_KID", key_id);
    f.Rest("default_constant_IV", constant_iv);
  }
};

/// How many bytes of auxiliary information each sample has.
struct SaizBox : FullBox {
  static constexpr BoxInfo kInfo{
      "saiz", "SampleAuxiliaryInformationSizesBox", "12:8.7.8", "stbl traf", BoxForm::kFullBox};
  FourCC type;  ///< 0: the scheme's own
  uint32_t parameter = 0;
  uint8_t default_size = 0;  ///< of every sample, or 0
  uint32_t sample_count = 0;
  TableRef sizes;  ///< u8, when default_size is 0

  template <class V>
  void Fields(V& f) {
    if ((flags & 1) != 0) {
      f.Code("aux_info_type", type);
      f.U32("aux_info_type_parameter", parameter);
    }
    f.U8("default_sample_info_size", default_size);
    f.U32("sample_count", sample_count);
    if (default_size == 0) f.Table("sample_info_size", sizes, sample_count, 1);
  }
};

/// Where that information lies: all of it, or that of each chunk or track run.
struct SaioBox : FullBox {
  static constexpr BoxInfo kInfo{"saio",
                                 "SampleAuxiliaryInformationOffsetsBox",
                                 "12:8.7.9",
                                 "stbl traf",
                                 BoxForm::kFullBox,
                                 1};
  FourCC type;
  uint32_t parameter = 0;
  uint32_t entry_count = 0;  ///< as the box says; 1: all of it lies together
  TableRef offsets;          ///< u32, in version 1 u64

  template <class V>
  void Fields(V& f) {
    if ((flags & 1) != 0) {
      f.Code("aux_info_type", type);
      f.U32("aux_info_type_parameter", parameter);
    }
    f.U32("entry_count", entry_count);
    f.Table("offset", offsets, entry_count, version == 0 ? 4 : 8);
  }
};

/// The auxiliary information of all samples, in one box. Flag 1 comes from PIFF, where the
/// box is a uuid one.
struct SencBox : FullBox {
  static constexpr BoxInfo kInfo{
      "senc", "SampleEncryptionBox", "23001-7:7.2", "stbl traf", BoxForm::kFullBox};
  static constexpr uint32_t kOverrides = 1;
  static constexpr uint32_t kSubsamples = 2;
  uint32_t algorithm = 0;
  uint8_t iv_size = 0;
  Uuid key_id = {};
  uint32_t sample_count = 0;
  TableRef records;  ///< bytes: for each sample its IV and, with flag 2, its subsamples

  template <class V>
  void Fields(V& f) {
    if ((flags & kOverrides) != 0) {
      f.U24("AlgorithmID", algorithm);
      f.U8("IV_size", iv_size);
      f.Id("KID", key_id);
    }
    f.U32("sample_count", sample_count);
    if constexpr (V::kParsing)
      f.Table("records", records, f.room(), 1);
    else
      f.Table("records", records, records.count, 1);
  }
};

struct PsshBox : FullBox {
  static constexpr BoxInfo kInfo{"pssh",
                                 "ProtectionSystemSpecificHeaderBox",
                                 "23001-7:8.1",
                                 "moov moof file",
                                 BoxForm::kFullBox,
                                 1};
  Uuid system_id = {};
  TableRef key_ids;
  std::vector<uint8_t> data;  ///< its size, then itself

  template <class V>
  void Fields(V& f) {
    f.Id("SystemID", system_id);
    if (version >= 1) f.CountedTable("KID", key_ids, 16);
    if constexpr (V::kParsing) f.Reserved(static_cast<size_t>(key_ids.count * 16));
    f.Rest("data", data);
  }
};

}  // namespace iso
