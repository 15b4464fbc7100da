// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Boxes that describe the file, the movie and its tracks. ISO/IEC 14496-12 clauses 4.3
// and 8.2 to 8.6.6, and the QuickTime File Format (QTFF).

#pragma once

#include <array>

#include "core/box/box.h"

namespace iso {

/// A transformation matrix, row by row: 16.16 but for the third column, which is 2.30.
using Matrix = std::array<int32_t, 9>;

constexpr Matrix kIdentityMatrix = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};

template <class V>
void MatrixFields(V& f, Matrix& m) {
  static constexpr std::array kNames = {"a", "b", "u", "c", "d", "v", "x", "y", "w"};
  for (size_t i = 0; i < m.size(); ++i) f.I32(kNames[i], m[i]);
}

struct FtypBox {
  static constexpr BoxInfo kInfo{"ftyp", "FileTypeBox", "12:4.3", "file", BoxForm::kBox};
  FourCC major_brand;
  uint32_t minor_version = 0;
  std::vector<FourCC> compatible_brands;

  template <class V>
  void Fields(V& f) {
    f.Code("major_brand", major_brand);
    f.U32("minor_version", minor_version);
    f.Codes("compatible_brands", compatible_brands);
  }
};

struct StypBox : FtypBox {
  static constexpr BoxInfo kInfo{"styp", "SegmentTypeBox", "12:8.16.2", "file", BoxForm::kBox};
};

struct MvhdBox : FullBox {
  static constexpr BoxInfo kInfo{
      "mvhd", "MovieHeaderBox", "12:8.2.2", "moov", BoxForm::kFullBox, 1};
  uint64_t creation_time = 0;      ///< seconds since 1904-01-01 UTC
  uint64_t modification_time = 0;
  uint32_t timescale = 0;          ///< ticks a second
  uint64_t duration = 0;           ///< movie ticks; UINT64_MAX unknown
  int32_t rate = 0x10000;          ///< 16.16
  int16_t volume = 0x100;          ///< 8.8
  Matrix matrix = kIdentityMatrix;
  uint32_t next_track_id = 0;

  template <class V>
  void Fields(V& f) {
    f.Time("creation_time", creation_time);
    f.Time("modification_time", modification_time);
    f.U32("timescale", timescale);
    f.Time("duration", duration);
    f.I32("rate", rate);
    f.I16("volume", volume);
    f.Reserved(10);
    MatrixFields(f, matrix);
    f.Reserved(24);
    f.U32("next_track_ID", next_track_id);
  }
};

struct TkhdBox : FullBox {
  static constexpr BoxInfo kInfo{
      "tkhd", "TrackHeaderBox", "12:8.3.2", "trak", BoxForm::kFullBox, 1};
  static constexpr uint32_t kEnabled = 1;
  uint64_t creation_time = 0;
  uint64_t modification_time = 0;
  uint32_t track_id = 0;
  uint64_t duration = 0;  ///< movie ticks
  int16_t layer = 0;
  int16_t alternate_group = 0;
  int16_t volume = 0;
  Matrix matrix = kIdentityMatrix;
  uint32_t width = 0;   ///< 16.16
  uint32_t height = 0;  ///< 16.16

  template <class V>
  void Fields(V& f) {
    f.Time("creation_time", creation_time);
    f.Time("modification_time", modification_time);
    f.U32("track_ID", track_id);
    f.Reserved(4);
    f.Time("duration", duration);
    f.Reserved(8);
    f.I16("layer", layer);
    f.I16("alternate_group", alternate_group);
    f.I16("volume", volume);
    f.Reserved(2);
    MatrixFields(f, matrix);
    f.U32("width", width);
    f.U32("height", height);
  }
};

struct MdhdBox : FullBox {
  static constexpr BoxInfo kInfo{
      "mdhd", "MediaHeaderBox", "12:8.4.2", "mdia", BoxForm::kFullBox, 1};
  uint64_t creation_time = 0;
  uint64_t modification_time = 0;
  uint32_t timescale = 0;
  uint64_t duration = 0;   ///< ticks of this timescale; UINT64_MAX unknown
  uint16_t language = 0;   ///< packed ISO 639-2/T, or a Macintosh code below 0x400
  uint16_t quality = 0;

  template <class V>
  void Fields(V& f) {
    f.Time("creation_time", creation_time);
    f.Time("modification_time", modification_time);
    f.U32("timescale", timescale);
    f.Time("duration", duration);
    f.U16("language", language);
    f.U16("quality", quality);
  }
};

struct HdlrBox : FullBox {
  static constexpr BoxInfo kInfo{
      "hdlr", "HandlerBox", "12:8.4.3", "mdia minf meta", BoxForm::kFullBox};
  FourCC component_type;  ///< QTFF: mhlr or dhlr
  FourCC handler;
  std::vector<uint8_t> name;  ///< UTF-8 with a NUL, or a Pascal string (QTFF)

  template <class V>
  void Fields(V& f) {
    f.Code("component_type", component_type);
    f.Code("handler_type", handler);
    f.Reserved(12);
    f.Rest("name", name);
  }
};

struct ElngBox : FullBox {
  static constexpr BoxInfo kInfo{
      "elng", "ExtendedLanguageBox", "12:8.4.6", "mdia", BoxForm::kFullBox};
  std::vector<uint8_t> language;  ///< BCP 47, with a NUL

  template <class V>
  void Fields(V& f) {
    f.Rest("extended_language", language);
  }
};

/// Entries are walked by EditEntryAt: their width depends on the version.
struct ElstBox : FullBox {
  static constexpr BoxInfo kInfo{
      "elst", "EditListBox", "12:8.6.6", "edts", BoxForm::kFullBox, 1};
  TableRef entries;

  template <class V>
  void Fields(V& f) {
    f.CountedTable("entries", entries, version == 1 ? 20 : 12);
  }
};

struct DrefBox : FullBox {
  static constexpr BoxInfo kInfo{
      "dref", "DataReferenceBox", "12:8.7.2", "dinf", BoxForm::kFullBox};
  uint32_t entry_count = 0;
  std::vector<uint8_t> entries;  ///< boxes: url, urn, alis, rsrc ...

  template <class V>
  void Fields(V& f) {
    f.U32("entry_count", entry_count);
    f.Rest("entries", entries);
  }
};

struct StsdBox : FullBox {
  static constexpr BoxInfo kInfo{
      "stsd", "SampleDescriptionBox", "12:8.5.2", "stbl", BoxForm::kFullBox, 1};
  uint32_t entry_count = 0;

  template <class V>
  void Fields(V& f) {
    f.U32("entry_count", entry_count);
  }
};

struct VmhdBox : FullBox {
  static constexpr BoxInfo kInfo{
      "vmhd", "VideoMediaHeaderBox", "12:12.1.2", "minf", BoxForm::kFullBox};
  uint16_t graphics_mode = 0;

  template <class V>
  void Fields(V& f) {
    f.U16("graphicsmode", graphics_mode);
  }
};

struct SmhdBox : FullBox {
  static constexpr BoxInfo kInfo{
      "smhd", "SoundMediaHeaderBox", "12:12.2.2", "minf", BoxForm::kFullBox};
  int16_t balance = 0;

  template <class V>
  void Fields(V& f) {
    f.I16("balance", balance);
  }
};

struct MehdBox : FullBox {
  static constexpr BoxInfo kInfo{
      "mehd", "MovieExtendsHeaderBox", "12:8.8.2", "mvex", BoxForm::kFullBox, 1};
  uint64_t fragment_duration = 0;

  template <class V>
  void Fields(V& f) {
    f.Time("fragment_duration", fragment_duration);
  }
};

struct TrexBox : FullBox {
  static constexpr BoxInfo kInfo{
      "trex", "TrackExtendsBox", "12:8.8.3", "mvex", BoxForm::kFullBox};
  uint32_t track_id = 0;
  uint32_t default_description = 0;
  uint32_t default_duration = 0;
  uint32_t default_size = 0;
  uint32_t default_flags = 0;

  template <class V>
  void Fields(V& f) {
    f.U32("track_ID", track_id);
    f.U32("default_sample_description_index", default_description);
    f.U32("default_sample_duration", default_duration);
    f.U32("default_sample_size", default_size);
    f.U32("default_sample_flags", default_flags);
  }
};

/// Compressed movie header: how (QTFF).
struct DcomBox {
  static constexpr BoxInfo kInfo{"dcom", "DataCompressionAtom", "QTFF", "cmov", BoxForm::kBox};
  FourCC algorithm;  ///< zlib

  template <class V>
  void Fields(V& f) {
    f.Code("algorithm", algorithm);
  }
};

/// Compressed movie header: the data (QTFF).
struct CmvdBox {
  static constexpr BoxInfo kInfo{
      "cmvd", "CompressedMovieDataAtom", "QTFF", "cmov", BoxForm::kBox};
  uint32_t inflated_size = 0;
  std::vector<uint8_t> data;

  template <class V>
  void Fields(V& f) {
    f.U32("uncompressed_size", inflated_size);
    f.Rest("data", data);
  }
};

}  // namespace iso
