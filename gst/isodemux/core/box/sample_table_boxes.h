// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The boxes of stbl that are tables. Only where their entries lie is read.
// ISO/IEC 14496-12 clauses 8.6.1 to 8.7.5, and QTFF (stps).

#pragma once

#include "core/box/box.h"

namespace iso {

struct SttsBox : FullBox {
  static constexpr BoxInfo kInfo{
      "stts", "TimeToSampleBox", "12:8.6.1.2", "stbl", BoxForm::kFullBox};
  TableRef entries;  ///< u32 sample_count, u32 sample_delta

  template <class V>
  void Fields(V& f) {
    f.CountedTable("entries", entries, 8);
  }
};

struct CttsBox : FullBox {
  static constexpr BoxInfo kInfo{
      "ctts", "CompositionOffsetBox", "12:8.6.1.3", "stbl", BoxForm::kFullBox, 1};
  TableRef entries;  ///< u32 sample_count, i32 sample_offset

  template <class V>
  void Fields(V& f) {
    f.CountedTable("entries", entries, 8);
  }
};

struct CslgBox : FullBox {
  static constexpr BoxInfo kInfo{
      "cslg", "CompositionToDecodeBox", "12:8.6.1.4", "stbl trep", BoxForm::kFullBox, 1};
  int64_t composition_to_dts_shift = 0;
  int64_t least_offset = 0;
  int64_t greatest_offset = 0;
  int64_t composition_start = 0;
  int64_t composition_end = 0;

  template <class V>
  void Fields(V& f) {
    f.SignedTime("compositionToDTSShift", composition_to_dts_shift);
    f.SignedTime("leastDecodeToDisplayDelta", least_offset);
    f.SignedTime("greatestDecodeToDisplayDelta", greatest_offset);
    f.SignedTime("compositionStartTime", composition_start);
    f.SignedTime("compositionEndTime", composition_end);
  }
};

struct StssBox : FullBox {
  static constexpr BoxInfo kInfo{"stss", "SyncSampleBox", "12:8.6.2", "stbl", BoxForm::kFullBox};
  TableRef entries;  ///< u32 sample_number, from 1, rising

  template <class V>
  void Fields(V& f) {
    f.CountedTable("entries", entries, 4);
  }
};

/// Partial sync samples: random access points of open GOPs (QTFF).
struct StpsBox : StssBox {
  static constexpr BoxInfo kInfo{
      "stps", "PartialSyncSampleAtom", "QTFF", "stbl", BoxForm::kFullBox};
};

struct StszBox : FullBox {
  static constexpr BoxInfo kInfo{"stsz", "SampleSizeBox", "12:8.7.3.2", "stbl", BoxForm::kFullBox};
  uint32_t sample_size = 0;  ///< of every sample, or 0
  uint32_t sample_count = 0;
  TableRef entries;  ///< u32 entry_size, when sample_size is 0

  template <class V>
  void Fields(V& f) {
    f.U32("sample_size", sample_size);
    f.U32("sample_count", sample_count);
    if (sample_size == 0) f.Table("entries", entries, sample_count, 4);
  }
};

struct Stz2Box : FullBox {
  static constexpr BoxInfo kInfo{
      "stz2", "CompactSampleSizeBox", "12:8.7.3.3", "stbl", BoxForm::kFullBox};
  uint8_t field_size = 0;  ///< bits of an entry: 4, 8 or 16
  uint32_t sample_count = 0;
  TableRef entries;

  template <class V>
  void Fields(V& f) {
    f.Reserved(3);
    f.U8("field_size", field_size);
    f.U32("sample_count", sample_count);
    f.BitTable("entries", entries, sample_count, field_size);
  }
};

struct StscBox : FullBox {
  static constexpr BoxInfo kInfo{"stsc", "SampleToChunkBox", "12:8.7.4", "stbl", BoxForm::kFullBox};
  TableRef entries;  ///< u32 first_chunk, u32 samples_per_chunk, u32 sample_description_index

  template <class V>
  void Fields(V& f) {
    f.CountedTable("entries", entries, 12);
  }
};

struct StcoBox : FullBox {
  static constexpr BoxInfo kInfo{"stco", "ChunkOffsetBox", "12:8.7.5", "stbl", BoxForm::kFullBox};
  TableRef entries;  ///< u32 chunk_offset

  template <class V>
  void Fields(V& f) {
    f.CountedTable("entries", entries, 4);
  }
};

struct Co64Box : FullBox {
  static constexpr BoxInfo kInfo{
      "co64", "ChunkLargeOffsetBox", "12:8.7.5", "stbl", BoxForm::kFullBox};
  TableRef entries;  ///< u64 chunk_offset

  template <class V>
  void Fields(V& f) {
    f.CountedTable("entries", entries, 8);
  }
};

/// Entries are walked by whoever knows the group: their form depends on it.
struct SgpdBox : FullBox {
  static constexpr BoxInfo kInfo{
      "sgpd", "SampleGroupDescriptionBox", "12:8.9.3", "stbl traf", BoxForm::kFullBox, 2};
  FourCC grouping_type;
  uint32_t default_length = 0;  ///< version 1: of each entry; 0: each has its own before it
  uint32_t default_index = 0;   ///< version 2: for samples without a group
  uint32_t entry_count = 0;
  std::vector<uint8_t> entries;

  template <class V>
  void Fields(V& f) {
    f.Code("grouping_type", grouping_type);
    if (version >= 1) f.U32("default_length", default_length);
    if (version >= 2) f.U32("default_group_description_index", default_index);
    f.U32("entry_count", entry_count);
    f.Rest("entries", entries);
  }
};

struct SbgpBox : FullBox {
  static constexpr BoxInfo kInfo{
      "sbgp", "SampleToGroupBox", "12:8.9.2", "stbl traf", BoxForm::kFullBox, 1};
  FourCC grouping_type;
  uint32_t grouping_type_parameter = 0;
  TableRef entries;  ///< u32 sample_count, u32 group_description_index (0: no group)

  template <class V>
  void Fields(V& f) {
    f.Code("grouping_type", grouping_type);
    if (version >= 1) f.U32("grouping_type_parameter", grouping_type_parameter);
    f.CountedTable("entries", entries, 8);
  }
};

/// One byte a sample, as many as the track has samples: no count of its own.
struct SdtpBox : FullBox {
  static constexpr BoxInfo kInfo{
      "sdtp", "SampleDependencyTypeBox", "12:8.6.4", "stbl traf", BoxForm::kFullBox};
  TableRef entries;

  template <class V>
  void Fields(V& f) {
    // As many entries as the box has bytes: the sample count is in stsz.
    if constexpr (V::kParsing)
      f.Table("entries", entries, f.room(), 1);
    else
      f.Table("entries", entries, entries.count, 1);
  }
};

}  // namespace iso
