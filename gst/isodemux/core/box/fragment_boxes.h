// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The boxes of movie fragments and of indexes over them.
// ISO/IEC 14496-12 clauses 8.8.5 to 8.8.12 and 8.16.

#pragma once

#include <bit>

#include "core/box/box.h"

namespace iso {

struct MfhdBox : FullBox {
  static constexpr BoxInfo kInfo{
      "mfhd", "MovieFragmentHeaderBox", "12:8.8.5", "moof", BoxForm::kFullBox};
  uint32_t sequence_number = 0;

  template <class V>
  void Fields(V& f) {
    f.U32("sequence_number", sequence_number);
  }
};

struct TfhdBox : FullBox {
  static constexpr BoxInfo kInfo{
      "tfhd", "TrackFragmentHeaderBox", "12:8.8.7", "traf", BoxForm::kFullBox};
  static constexpr uint32_t kBaseDataOffset = 0x000001;
  static constexpr uint32_t kDescription = 0x000002;
  static constexpr uint32_t kDuration = 0x000008;
  static constexpr uint32_t kSize = 0x000010;
  static constexpr uint32_t kFlags = 0x000020;
  static constexpr uint32_t kDurationIsEmpty = 0x010000;
  static constexpr uint32_t kBaseIsMoof = 0x020000;

  uint32_t track_id = 0;
  uint64_t base_data_offset = 0;
  uint32_t description = 0;
  uint32_t default_duration = 0;
  uint32_t default_size = 0;
  uint32_t default_flags = 0;

  template <class V>
  void Fields(V& f) {
    f.U32("track_ID", track_id);
    if (flags & kBaseDataOffset) f.U64("base_data_offset", base_data_offset);
    if (flags & kDescription) f.U32("sample_description_index", description);
    if (flags & kDuration) f.U32("default_sample_duration", default_duration);
    if (flags & kSize) f.U32("default_sample_size", default_size);
    if (flags & kFlags) f.U32("default_sample_flags", default_flags);
  }
};

struct TfdtBox : FullBox {
  static constexpr BoxInfo kInfo{
      "tfdt", "TrackFragmentBaseMediaDecodeTimeBox", "12:8.8.12", "traf", BoxForm::kFullBox, 1};
  uint64_t base_media_decode_time = 0;

  template <class V>
  void Fields(V& f) {
    // Not Time(): all ones are a time like any other here.
    if (version == 1) {
      f.U64("baseMediaDecodeTime", base_media_decode_time);
    } else {
      uint32_t narrow = static_cast<uint32_t>(base_media_decode_time);
      f.U32("baseMediaDecodeTime", narrow);
      base_media_decode_time = narrow;
    }
  }
};

struct TrunBox : FullBox {
  static constexpr BoxInfo kInfo{"trun", "TrackRunBox", "12:8.8.8", "traf", BoxForm::kFullBox, 1};
  static constexpr uint32_t kDataOffset = 0x000001;
  static constexpr uint32_t kFirstFlags = 0x000004;
  static constexpr uint32_t kDuration = 0x000100;
  static constexpr uint32_t kSize = 0x000200;
  static constexpr uint32_t kFlags = 0x000400;
  static constexpr uint32_t kCompositionOffset = 0x000800;
  static constexpr uint32_t kPerSample = 0x000f00;

  uint32_t sample_count = 0;
  int32_t data_offset = 0;
  uint32_t first_flags = 0;
  TableRef entries;  ///< u32 for each field that the flags name; absent where they name none

  uint32_t stride() const { return 4u * static_cast<uint32_t>(std::popcount(flags & kPerSample)); }

  template <class V>
  void Fields(V& f) {
    f.U32("sample_count", sample_count);
    if (flags & kDataOffset) f.I32("data_offset", data_offset);
    if (flags & kFirstFlags) f.U32("first_sample_flags", first_flags);
    if (stride() != 0) f.Table("entries", entries, sample_count, stride());
  }
};

struct SidxBox : FullBox {
  static constexpr BoxInfo kInfo{
      "sidx", "SegmentIndexBox", "12:8.16.3", "file", BoxForm::kFullBox, 1};
  uint32_t reference_id = 0;
  uint32_t timescale = 0;
  uint64_t earliest_presentation_time = 0;
  uint64_t first_offset = 0;
  uint16_t reference_count = 0;
  TableRef references;  ///< u1 type, u31 size; u32 duration; u1 starts with SAP, u31 type, delta

  template <class V>
  void Fields(V& f) {
    f.U32("reference_ID", reference_id);
    f.U32("timescale", timescale);
    f.Time("earliest_presentation_time", earliest_presentation_time);
    f.Time("first_offset", first_offset);
    f.Reserved(2);
    f.U16("reference_count", reference_count);
    f.Table("references", references, reference_count, 12);
  }
};

struct TfraBox : FullBox {
  static constexpr BoxInfo kInfo{
      "tfra", "TrackFragmentRandomAccessBox", "12:8.8.10", "mfra", BoxForm::kFullBox, 1};
  uint32_t track_id = 0;
  uint32_t number_lengths = 0;  ///< bytes less 1 of traf, trun and sample numbers, 2 bits each
  TableRef entries;             ///< time and moof offset (u32; version 1: u64), three numbers

  uint32_t time_bytes() const { return version == 1 ? 8 : 4; }

  uint32_t stride() const {
    return 2 * time_bytes() + 3 + (number_lengths >> 4 & 3) + (number_lengths >> 2 & 3) +
           (number_lengths & 3);
  }

  template <class V>
  void Fields(V& f) {
    f.U32("track_ID", track_id);
    f.U32("length_sizes", number_lengths);
    f.CountedTable("entries", entries, stride());
  }
};

struct MfroBox : FullBox {
  static constexpr BoxInfo kInfo{
      "mfro", "MovieFragmentRandomAccessOffsetBox", "12:8.8.11", "mfra", BoxForm::kFullBox};
  uint32_t mfra_size = 0;

  template <class V>
  void Fields(V& f) {
    f.U32("parent_size", mfra_size);
  }
};

}  // namespace iso
