// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/sample_description.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "core/codec/box_list.h"

namespace iso {
namespace {

constexpr size_t kBoxHeaderBytes = 8;
constexpr size_t kMaxChildren = 256;
constexpr double kMaxSampleRate = 10'000'000;

/// What lies between the six reserved bytes and data_reference_index every entry
/// starts with and its boxes, where that is not empty.
struct EntryLayout {
  FourCC format;
  uint8_t fixed_bytes;
  uint8_t strings;  ///< zero-terminated, after the fixed bytes
};

constexpr std::array kLayouts = {
    EntryLayout{"tx3g", 30, 0},   // 3GPP TS 26.245 5.16
    EntryLayout{"text", 255, 0},  // QTFF: text media; ends with a font name, has no boxes
    EntryLayout{"stpp", 0, 3},    // 14496-12 12.6.3
    EntryLayout{"sbtt", 0, 2},    // 12.6.3
    EntryLayout{"stxt", 0, 2},    // 12.5.3
    EntryLayout{"mett", 0, 2},    // 12.3.3
    EntryLayout{"metx", 0, 3},    // 12.3.3
    EntryLayout{"tmcd", 18, 0},   // QTFF: timecode media
    EntryLayout{"rtp ", 8, 0},    // 9.1.2
    EntryLayout{"srtp", 8, 0},    // 9.1.2
};

/// Skips a zero-terminated string.
void SkipString(Reader& r) {
  while (r.ok() && r.U8() != 0) {
  }
}

/// Reads one entry: its fixed fields by kind, then its boxes.
class EntryParser {
 public:
  EntryParser(SampleDescription& entry, uint8_t stsd_version)
      : entry_(entry), stsd_version_(stsd_version), r_(entry.bytes) {}

  /// False when the entry ends before its fields do.
  bool Parse() {
    r_.Skip(kBoxHeaderBytes + 6);
    entry_.data_reference_index = r_.U16();
    switch (entry_.kind) {
      case MediaKind::kVideo:
        ReadVisual();
        break;
      case MediaKind::kAudio:
        ReadAudio();
        break;
      default:
        SkipOtherFields();
        break;
    }
    const bool complete = r_.ok();
    ReadChildren();
    return complete;
  }

 private:
  void ReadVisual();
  void SkipColorTable();
  void ReadAudio();
  void ReadSoundVersion1();
  void ReadSoundVersion2();
  void SkipOtherFields();
  void ReadChildren();
  void AddChildren(Bytes boxes);
  void HonourSamplingRateBox();
  void FindOriginalFormat();

  SampleDescription& entry_;
  uint8_t stsd_version_;
  Reader r_;
};

void EntryParser::ReadVisual() {
  VisualFields& v = entry_.video;
  v.version = r_.U16();
  r_.Skip(2 + 12);  // revision; vendor and qualities, zero in ISO files
  v.width = r_.U16();
  v.height = r_.U16();
  r_.Skip(4 + 4 + 4 + 2 + 32);  // resolutions, data size, frame count, compressor's name
  v.depth = r_.U16();
  v.color_table_id = r_.I16();
  if (v.color_table_id == 0) SkipColorTable();
}

/// QTFF, video sample description: with the ID 0 a table follows at once, without a
/// box header. ISO files may have the 0 and no table, so it must look like one.
void EntryParser::SkipColorTable() {
  const size_t from = r_.position();
  const Bytes rest = Bytes(entry_.bytes).subspan(from);
  if (!r_.ok() || BoxList::LooksLikeBox(rest)) return;
  Reader table(rest);
  table.Skip(4);  // seed
  const uint16_t flags = table.U16();
  const uint16_t last = table.U16();
  table.Skip((static_cast<size_t>(last) + 1) * 8);
  if (!table.ok() || last > 255 || (flags != 0 && flags != 0x8000)) return;
  entry_.video.color_table_offset = static_cast<uint32_t>(from);
  entry_.video.color_table_colors = static_cast<uint16_t>(last + 1);
  r_.Skip(table.position());
}

void EntryParser::ReadAudio() {
  AudioFields& a = entry_.audio;
  a.version = r_.U16();
  r_.Skip(6);  // revision, vendor
  a.channels = r_.U16();
  a.sample_size = r_.U16();
  r_.Skip(4);  // compression ID, packet size
  a.sample_rate = r_.U32() >> 16;
  // With stsd version 1 an entry of version 1 is ISO's AudioSampleEntryV1, which adds
  // only a box (12.2.3); else it is QuickTime's, which adds fields.
  if (stsd_version_ != 0 || !r_.ok()) {
    a.version = 0;
  } else if (a.version == 1) {
    ReadSoundVersion1();
  } else if (a.version == 2) {
    ReadSoundVersion2();
  }
}

void EntryParser::ReadSoundVersion1() {
  constexpr size_t kFields = 16;
  AudioFields& a = entry_.audio;
  const Bytes rest = Bytes(entry_.bytes).subspan(r_.position());
  const bool boxes_at_once = BoxList::LooksLikeBox(rest);
  const bool boxes_after_fields =
      rest.size() >= kFields &&
      (rest.size() < kFields + kBoxHeaderBytes || BoxList::LooksLikeBox(rest.subspan(kFields)));
  if (boxes_at_once && !boxes_after_fields) {
    // Some writers of ISO files put a 1 here and no fields.
    a.version = 0;
    return;
  }
  a.samples_per_packet = r_.U32();
  a.bytes_per_packet = r_.U32();
  a.bytes_per_frame = r_.U32();
  a.bytes_per_sample = r_.U32();
}

void EntryParser::ReadSoundVersion2() {
  AudioFields& a = entry_.audio;
  const uint32_t struct_bytes = r_.U32();
  const double rate = std::bit_cast<double>(r_.U64());
  a.sample_rate =
      rate >= 1 && rate <= kMaxSampleRate ? static_cast<uint32_t>(std::lround(rate)) : 0;
  a.channels = r_.U32();
  r_.Skip(4);  // always 0x7f000000
  a.sample_size = r_.U32();
  a.lpcm_flags = r_.U32();
  a.bytes_per_frame = r_.U32();
  a.samples_per_packet = r_.U32();
  if (struct_bytes > r_.position()) r_.Skip(std::min(struct_bytes - r_.position(), r_.left()));
}

void EntryParser::SkipOtherFields() {
  for (const EntryLayout& layout : kLayouts) {
    if (layout.format != entry_.format) continue;
    r_.Skip(std::min<size_t>(layout.fixed_bytes, r_.left()));
    for (int i = 0; i < layout.strings; ++i) {
      SkipString(r_);
    }
  }
}

void EntryParser::ReadChildren() {
  AddChildren(r_.TakeRest());
  HonourSamplingRateBox();
  FindOriginalFormat();
}

void EntryParser::AddChildren(Bytes boxes) {
  BoxList list(boxes);
  for (BoxView box; entry_.children.size() < kMaxChildren && list.Next(&box);) {
    const auto offset = static_cast<uint32_t>(box.body.data() - entry_.bytes.data());
    entry_.children.push_back({box.type, offset, static_cast<uint32_t>(box.body.size())});
    // QTFF, siDecompressionParam: the boxes of a sound entry may lie one level deeper.
    if (box.type == FourCC("wave") && entry_.kind == MediaKind::kAudio) {
      BoxList inner(box.body);
      for (BoxView sub; entry_.children.size() < kMaxChildren && inner.Next(&sub);) {
        const auto sub_offset = static_cast<uint32_t>(sub.body.data() - entry_.bytes.data());
        entry_.children.push_back({sub.type, sub_offset, static_cast<uint32_t>(sub.body.size())});
      }
    }
  }
}

/// SamplingRateBox, 12.2.3.2: the rate where 16 bits do not hold it.
void EntryParser::HonourSamplingRateBox() {
  if (entry_.kind != MediaKind::kAudio) return;
  Reader srat(entry_.Child("srat"));
  srat.Skip(4);
  const uint32_t rate = srat.U32();
  if (srat.ok() && rate != 0 && rate <= kMaxSampleRate) entry_.audio.sample_rate = rate;
}

/// OriginalFormatBox (8.12.3) in sinf (protected) or rinf (restricted, 8.15.3).
void EntryParser::FindOriginalFormat() {
  for (const ChildBox& child : entry_.children) {
    if (child.type != FourCC("sinf") && child.type != FourCC("rinf")) continue;
    const Bytes body = Bytes(entry_.bytes).subspan(child.body_offset, child.body_size);
    Reader frma(BoxList::Find(body, "frma"));
    const FourCC format = frma.Code();
    if (!frma.ok()) continue;
    entry_.original_format = format;
    return;
  }
}

void Report(Diagnostics* diagnostics, Errc code, FourCC box, uint64_t offset) {
  if (diagnostics != nullptr) diagnostics->Report(Error{code, box, offset});
}

}  // namespace

Bytes SampleDescription::Child(FourCC type) const {
  for (const ChildBox& child : children) {
    if (child.type == type) return Bytes(bytes).subspan(child.body_offset, child.body_size);
  }
  return {};
}

bool SampleDescription::HasChild(FourCC type) const {
  return std::any_of(children.begin(), children.end(), [type](const ChildBox& child) {
    return child.type == type;
  });
}

Result<std::vector<SampleDescription>> ParseSampleDescriptions(Bytes stsd,
                                                               MediaKind kind,
                                                               uint64_t file_offset,
                                                               const Limits& limits,
                                                               Diagnostics* diagnostics) {
  Reader r(stsd);
  const uint8_t version = r.U8();
  r.Skip(3);
  const uint32_t count = r.U32();
  std::vector<SampleDescription> entries;
  while (entries.size() < std::min(count, limits.max_sample_entries) &&
         r.left() >= kBoxHeaderBytes) {
    const size_t start = r.position();
    const uint64_t offset = file_offset + start;
    const uint32_t size = LoadBE32(stsd.data() + start);
    const FourCC format(LoadBE32(stsd.data() + start + 4));
    if (size != 0 && size < kBoxHeaderBytes) {
      Report(diagnostics, Errc::kBoxTooSmall, format, offset);
      break;
    }
    if (size > r.left()) Report(diagnostics, Errc::kBoxExceedsParent, format, offset);
    const Bytes raw = r.Take(size == 0 ? r.left() : std::min<size_t>(size, r.left()));
    SampleDescription& entry = entries.emplace_back();
    entry.format = entry.original_format = format;
    entry.kind = kind;
    entry.bytes.assign(raw.begin(), raw.end());
    if (!EntryParser(entry, version).Parse()) {
      Report(diagnostics, Errc::kEntryTruncated, format, offset);
    }
  }
  if (entries.empty()) return Error{Errc::kTrackNoDescription, "stsd", file_offset};
  return entries;
}

}  // namespace iso
