// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/track_reader.h"

#include <algorithm>
#include <string_view>

#include "core/box/sample_table_boxes.h"
#include "core/codec/codec_table.h"
#include "core/codec/pcm.h"
#include "core/movie/group_reader.h"

namespace iso {
namespace {

/// Compositions shifted by more than this are a damaged file's, not an encoder's.
constexpr int64_t kMaxCompositionShift = int64_t{1} << 31;

/// Up to this many stts runs the media's duration is summed from them; beyond, opening
/// must not read them all and mdhd is believed.
constexpr uint64_t kMaxRunsToSum = 1024;

/// A handler's or language's text: up to the first NUL, without a Pascal length byte.
std::string TextFrom(Bytes bytes) {
  if (!bytes.empty() && bytes[0] != 0 && bytes[0] < 0x20 && bytes[0] <= bytes.size() - 1) {
    bytes = bytes.subspan(1, bytes[0]);
  }
  const auto end = std::find(bytes.begin(), bytes.end(), uint8_t{0});
  return std::string(bytes.begin(), end);
}

bool IsTable(FourCC type) {
  static constexpr FourCC kTables[] = {
      "stts", "ctts", "stss", "stps", "sdtp", "stsz", "stz2", "stsc", "stco", "co64"};
  return std::find(std::begin(kTables), std::end(kTables), type) != std::end(kTables);
}

constexpr size_t kMostChapterTracks = 16;

/// Frames or bytes of one packet at most.
constexpr uint32_t kMostPacked = 65536;

/// Up to this many ctts entries are looked through for where the last picture ends; opening
/// must not read more.
constexpr uint64_t kMaxOffsetsToSearch = 65536;

/// What a sample size of 1 stands for; nothing for a codec whose samples are what they seem.
PacketLayout PackingOf(const SampleDescription& description) {
  const PacketLayout layout = PacketLayoutOf(description);
  const bool plain =
      layout.frames == 0 || layout.bytes == 0 || (layout.frames == 1 && layout.bytes == 1);
  const bool sane = layout.frames <= kMostPacked && layout.bytes <= kMostPacked;
  return plain || !sane ? PacketLayout() : layout;
}

class TrackReader {
 public:
  TrackReader(const TrackContext& context, BoxLoader& loader)
      : context_(context), loader_(loader) {}

  Result<Track> Read(const BoxHeader& trak);

 private:
  Status VisitTrack(const BoxHeader& box);
  Status VisitMedia(const BoxHeader& box);
  Status VisitMediaInformation(const BoxHeader& box);
  Status VisitSampleTable(const BoxHeader& box);
  Status VisitTable(const BoxHeader& box);
  Status ReadHeader(const BoxHeader& box);
  Status ReadMediaHeader(const BoxHeader& box);
  Status ReadHandler(const BoxHeader& box);
  Status ReadLanguage(const BoxHeader& box);
  Status ReadEdits(const BoxHeader& edts);
  Status ReadEditList(const BoxHeader& box);
  Status ReadTrackReferences(const BoxHeader& tref);
  Status ReadReferences(const BoxHeader& dinf);
  Status ReadReferenceList(const BoxHeader& box);
  template <class B>
  Status ReadEntries(const BoxHeader& box, TableRef* table);
  Status ReadSizes(const BoxHeader& box);
  Status ReadCompactSizes(const BoxHeader& box);

  Status Check(const BoxHeader& trak) const;
  Status Finish(const BoxHeader& trak);
  Status ReadDescriptions();
  Status FindDuration();
  Status FindMediaEnd();
  Status FindCompositionShift();
  bool HasExternalData() const;

  Status Descend(const BoxHeader& box, Status (TrackReader::*visit)(const BoxHeader&)) {
    return loader_.ForEachChild(
        box, [this, visit](const BoxHeader& child) { return (this->*visit)(child); });
  }

  const TrackContext& context_;
  BoxLoader& loader_;
  Track track_;
  SampleTableLayout layout_;
  GroupReader groups_;
  std::optional<BoxHeader> descriptions_box_;
  std::optional<CslgBox> composition_;
  ProtectionReader protection_;
  std::vector<EditEntry> edits_;
  std::vector<bool> external_references_;
  bool has_header_ = false;
  bool has_media_ = false;
  bool has_sizes_ = false;
};

Result<Track> TrackReader::Read(const BoxHeader& trak) {
  ISO_CHECK(Descend(trak, &TrackReader::VisitTrack));
  ISO_CHECK(Check(trak));
  ISO_CHECK(Finish(trak));
  return std::move(track_);
}

Status TrackReader::VisitTrack(const BoxHeader& box) {
  if (box.type == FourCC("tkhd") && !has_header_) return loader_.Tolerate(ReadHeader(box));
  if (box.type == FourCC("mdia")) return Descend(box, &TrackReader::VisitMedia);
  if (box.type == FourCC("edts")) return loader_.Tolerate(ReadEdits(box));
  if (box.type == FourCC("tref")) return loader_.Tolerate(ReadTrackReferences(box));
  if (box.type == FourCC("udta")) return ReadUserData(box, loader_, &track_.metadata);
  if (box.type == FourCC("meta")) return ReadMetaBox(box, loader_, &track_.metadata);
  return {};
}

Status TrackReader::ReadHeader(const BoxHeader& box) {
  ISO_TRY(const TkhdBox header, loader_.Load<TkhdBox>(box));
  has_header_ = true;
  track_.id = header.track_id;
  track_.enabled = (header.flags & TkhdBox::kEnabled) != 0;
  track_.alternate_group = header.alternate_group;
  track_.matrix = header.matrix;
  track_.width = header.width;
  track_.height = header.height;
  if (track_.id == 0) loader_.Report(Error{Errc::kTrackNoId, box.type, box.offset});
  return {};
}

Status TrackReader::ReadEdits(const BoxHeader& edts) {
  return loader_.ForEachChild(edts, [this](const BoxHeader& box) -> Status {
    if (box.type != FourCC("elst")) return {};
    return loader_.Tolerate(ReadEditList(box));
  });
}

Status TrackReader::ReadEditList(const BoxHeader& box) {
  if (!edits_.empty()) return Error{Errc::kDuplicateBox, box.type, box.offset};
  ISO_TRY(const std::vector<uint8_t> body, loader_.Body(box));
  ISO_TRY(const ElstBox list, ParseBox<ElstBox>(box, body, loader_.diagnostics()));
  if (list.entries.count > loader_.limits().max_edits) {
    return Error{Errc::kEditListTooLong, box.type, box.offset};
  }
  Reader r(Bytes(body).subspan(static_cast<size_t>(list.entries.offset - box.body)));
  for (uint64_t i = 0; i < list.entries.count; ++i) {
    EditEntry entry;
    entry.duration = list.version == 1 ? r.U64() : r.U32();
    entry.media_time = list.version == 1 ? r.I64() : r.I32();
    entry.rate_integer = r.I16();
    entry.rate_fraction = r.I16();
    edits_.push_back(entry);
  }
  return {};
}

/// Of the tracks it refers to those that hold its chapters (QTFF).
Status TrackReader::ReadTrackReferences(const BoxHeader& tref) {
  return loader_.ForEachChild(tref, [this](const BoxHeader& box) -> Status {
    if (box.type != FourCC("chap")) return {};
    ISO_TRY(const std::vector<uint8_t> body, loader_.Body(box));
    Reader r(body);
    while (r.left() >= 4 && track_.chapter_tracks.size() < kMostChapterTracks) {
      track_.chapter_tracks.push_back(r.U32());
    }
    return {};
  });
}

Status TrackReader::VisitMedia(const BoxHeader& box) {
  if (box.type == FourCC("mdhd") && !has_media_) return loader_.Tolerate(ReadMediaHeader(box));
  if (box.type == FourCC("hdlr")) return loader_.Tolerate(ReadHandler(box));
  if (box.type == FourCC("elng")) return loader_.Tolerate(ReadLanguage(box));
  if (box.type == FourCC("minf")) return Descend(box, &TrackReader::VisitMediaInformation);
  return {};
}

Status TrackReader::ReadMediaHeader(const BoxHeader& box) {
  ISO_TRY(const MdhdBox header, loader_.Load<MdhdBox>(box));
  has_media_ = true;
  track_.timescale = header.timescale;
  track_.language = header.language;
  if (header.duration <= INT64_MAX) {
    track_.media_duration = static_cast<int64_t>(header.duration);
  }
  return {};
}

Status TrackReader::ReadHandler(const BoxHeader& box) {
  ISO_TRY(const HdlrBox handler, loader_.Load<HdlrBox>(box));
  track_.handler = handler.handler;
  track_.name = TextFrom(handler.name);
  return {};
}

Status TrackReader::ReadLanguage(const BoxHeader& box) {
  ISO_TRY(const ElngBox language, loader_.Load<ElngBox>(box));
  track_.extended_language = TextFrom(language.language);
  return {};
}

Status TrackReader::VisitMediaInformation(const BoxHeader& box) {
  if (box.type == FourCC("dinf")) return loader_.Tolerate(ReadReferences(box));
  if (box.type == FourCC("stbl")) return Descend(box, &TrackReader::VisitSampleTable);
  return {};
}

Status TrackReader::ReadReferences(const BoxHeader& dinf) {
  return loader_.ForEachChild(dinf, [this](const BoxHeader& box) -> Status {
    if (box.type != FourCC("dref")) return {};
    return ReadReferenceList(box);
  });
}

/// Flag 1 of a reference means "in this file". A reference without a name cannot point
/// anywhere else either, whatever its flag says.
Status TrackReader::ReadReferenceList(const BoxHeader& box) {
  constexpr uint64_t kDrefFields = 8;
  return loader_.ForEachChild(
      box,
      [this](const BoxHeader& entry) -> Status {
        ISO_TRY(const Bytes head, loader_.window().Peek(entry.body, 4));
        Reader r(head);
        const bool self_contained = (r.U32() & 1) != 0 || entry.body_size() <= 5;
        external_references_.push_back(!self_contained);
        return {};
      },
      kDrefFields);
}

Status TrackReader::VisitSampleTable(const BoxHeader& box) {
  if (box.type == FourCC("stsd") && !descriptions_box_) descriptions_box_ = box;
  if (box.type == FourCC("cslg")) {
    auto shift = loader_.Load<CslgBox>(box);
    if (!shift.ok()) return loader_.Tolerate(shift.error());
    composition_ = *shift;
  }
  if (ProtectionReader::Wants(box.type)) {
    ISO_CHECK(loader_.Tolerate(protection_.Visit(box, loader_)));
  }
  if (box.type == FourCC("sgpd")) return loader_.Tolerate(groups_.ReadDescriptions(box, loader_));
  if (box.type == FourCC("sbgp")) return loader_.Tolerate(groups_.ReadRuns(box, loader_));
  if (box.type == FourCC("svmi")) {
    auto body = loader_.Body(box);
    if (!body.ok()) return loader_.Tolerate(body.error());
    track_.stereo_video = std::move(*body);
  }
  return IsTable(box.type) ? loader_.Tolerate(VisitTable(box)) : Status();
}

template <class B>
Status TrackReader::ReadEntries(const BoxHeader& box, TableRef* table) {
  if (table->present) {
    return Error{Errc::kDuplicateBox, box.type, box.offset};
  }
  ISO_TRY(const B parsed, loader_.LoadTable<B>(box));
  *table = parsed.entries;
  return {};
}

Status TrackReader::VisitTable(const BoxHeader& box) {
  if (box.type == FourCC("stts")) return ReadEntries<SttsBox>(box, &layout_.durations);
  if (box.type == FourCC("ctts")) return ReadEntries<CttsBox>(box, &layout_.compositions);
  if (box.type == FourCC("stss")) return ReadEntries<StssBox>(box, &layout_.syncs);
  if (box.type == FourCC("stps")) return ReadEntries<StpsBox>(box, &layout_.partial_syncs);
  if (box.type == FourCC("sdtp")) return ReadEntries<SdtpBox>(box, &layout_.dependencies);
  if (box.type == FourCC("stsc")) return ReadEntries<StscBox>(box, &layout_.chunk_runs);
  if (box.type == FourCC("stco")) return ReadEntries<StcoBox>(box, &layout_.chunk_offsets);
  if (box.type == FourCC("co64")) return ReadEntries<Co64Box>(box, &layout_.chunk_offsets);
  if (box.type == FourCC("stz2")) return has_sizes_ ? Status() : ReadCompactSizes(box);
  return ReadSizes(box);
}

Status TrackReader::ReadSizes(const BoxHeader& box) {
  ISO_TRY(const StszBox sizes, loader_.LoadTable<StszBox>(box));
  has_sizes_ = true;
  layout_.constant_size = sizes.sample_size;
  layout_.size_bits = 32;
  layout_.sizes = sizes.entries;
  layout_.sample_count = sizes.sample_size != 0 ? sizes.sample_count : sizes.entries.count;
  return {};
}

Status TrackReader::ReadCompactSizes(const BoxHeader& box) {
  ISO_TRY(const Stz2Box sizes, loader_.LoadTable<Stz2Box>(box));
  if (sizes.field_size != 4 && sizes.field_size != 8 && sizes.field_size != 16) {
    return Error{Errc::kSampleSizeField, box.type, box.offset};
  }
  has_sizes_ = true;
  layout_.size_bits = sizes.field_size;
  layout_.sizes = sizes.entries;
  layout_.sample_count = sizes.entries.count;
  return {};
}

/// What a track cannot be without.
Status TrackReader::Check(const BoxHeader& trak) const {
  const auto fail = [&](Errc code) { return Error{code, trak.type, trak.offset}; };
  if (!has_header_) return fail(Errc::kTrackNoHeader);
  if (!has_media_) return fail(Errc::kTrackNoMedia);
  if (track_.timescale == 0) return fail(Errc::kTrackNoTimescale);
  if (!descriptions_box_) return fail(Errc::kTrackNoDescription);
  if (context_.fragmented) return {};
  if (!has_sizes_) return fail(Errc::kTrackNoSampleTable);
  if (!layout_.chunk_runs.present || !layout_.chunk_offsets.present) {
    return fail(Errc::kTableMissing);
  }
  return {};
}

Status TrackReader::Finish(const BoxHeader& trak) {
  ISO_CHECK(ReadDescriptions());
  if (HasExternalData()) return Error{Errc::kTrackExternalData, trak.type, trak.offset};
  groups_.Fill(&layout_);
  // Sound that depends on what came before still starts anywhere, after its lead-in.
  if (track_.kind != MediaKind::kVideo) layout_.dependencies = {};
  track_.table = std::make_shared<SampleTable>(layout_, context_.pages);
  track_.samples = track_.table;
  track_.protection = protection_.Finish(track_.descriptions, layout_, context_.pages, loader_);
  ISO_TRY(const uint64_t count, track_.table->SampleCount());
  if (count == 0 && !context_.fragmented) {
    return Error{Errc::kTrackEmpty, trak.type, trak.offset};
  }
  if (track_.kind == MediaKind::kAudio && track_.table->IsUniform() && layout_.constant_size == 1) {
    track_.packing = PackingOf(track_.descriptions.front());
  }
  ISO_CHECK(FindDuration());
  ISO_CHECK(FindMediaEnd());
  ISO_CHECK(FindCompositionShift());
  if (context_.fragmented) {
    track_.edit_list = std::move(edits_);
  } else if (!edits_.empty()) {
    track_.timeline = Timeline::Build(edits_,
                                      context_.movie_timescale,
                                      track_.timescale,
                                      track_.media_end,
                                      loader_.diagnostics());
  }
  return {};
}

Status TrackReader::ReadDescriptions() {
  ISO_TRY(const std::vector<uint8_t> body, loader_.Body(*descriptions_box_));
  track_.kind = KindOfTrack(track_.handler, FirstFormat(body));
  ISO_TRY(track_.descriptions,
          ParseSampleDescriptions(
              body, track_.kind, descriptions_box_->body, loader_.limits(), loader_.diagnostics()));
  if (track_.descriptions.empty()) {
    return Error{Errc::kTrackNoDescription, FourCC("stsd"), descriptions_box_->offset};
  }
  return {};
}

bool TrackReader::HasExternalData() const {
  return std::all_of(
      track_.descriptions.begin(), track_.descriptions.end(), [this](const auto& description) {
        const size_t index = description.data_reference_index;
        return index >= 1 && index <= external_references_.size() &&
               external_references_[index - 1];
      });
}

Status TrackReader::FindDuration() {
  if (layout_.durations.count > kMaxRunsToSum) return {};
  ISO_TRY(const uint64_t count, track_.table->SampleCount());
  ISO_TRY(const int64_t duration, track_.table->DecodeTime(count));
  if (count > 0) {
    ISO_TRY(const int64_t first_end, track_.table->DecodeTime(1));
    track_.packet_duration = static_cast<uint32_t>(first_end);
  }
  if (duration <= 0) return {};
  track_.media_duration = duration;
  track_.duration_is_exact = true;
  return {};
}

/// Composition offsets that are never negative show the last picture after the media has
/// been decoded.
Status TrackReader::FindMediaEnd() {
  track_.media_end = track_.media_duration;
  const uint64_t offsets = layout_.compositions.count;
  if (!track_.duration_is_exact || offsets == 0 || offsets > kMaxOffsetsToSearch) return {};
  ISO_TRY(const uint64_t last, track_.table->SampleAtPresentationTime(kTimeMax / 4));
  ISO_TRY(const Sample sample, track_.table->At(last));
  const int64_t end = SaturatingAdd(sample.pts, sample.duration);
  if (end > 0) track_.media_end = end;
  return {};
}

Status TrackReader::FindCompositionShift() {
  ISO_TRY(const int32_t least, track_.table->LeastCompositionOffset());
  int64_t shift = std::max<int64_t>(0, -static_cast<int64_t>(least));
  if (composition_ && composition_->composition_to_dts_shift <= kMaxCompositionShift) {
    shift = std::max(shift, composition_->composition_to_dts_shift);
  }
  track_.composition_shift = shift;
  return {};
}

}  // namespace

Result<Track> ReadTrack(const BoxHeader& trak, const TrackContext& context, BoxLoader& loader) {
  return TrackReader(context, loader).Read(trak);
}

int64_t PresentationEnd(const Track& track) {
  return PresentationEndAt(track, track.media_end);
}

int64_t PresentationEndAt(const Track& track, int64_t media_end) {
  const Edit& last = track.timeline.edits().back();
  if (last.end_ns != kTimeMax) return last.end_ns;
  if (media_end == kTimeMax) return kTimeMax;
  const int64_t media_ns = ToNanoseconds(media_end, track.timescale) -
                           ToNanoseconds(last.media_start, track.timescale);
  const int64_t span_ns =
      last.rate == Edit().rate
          ? media_ns
          : RescaleFloor(media_ns, static_cast<uint32_t>(last.rate), Edit().rate);
  return SaturatingAdd(last.start_ns, std::max<int64_t>(0, span_ns));
}

Status ReadUserData(const BoxHeader& box, BoxLoader& loader, Metadata* metadata) {
  const auto body = loader.Body(box, loader.limits().max_metadata_bytes);
  if (!body.ok()) return loader.Tolerate(body.error());
  metadata->Append(ParseUserData(*body, box.body, loader.limits(), loader.diagnostics()));
  return {};
}

Status ReadMetaBox(const BoxHeader& box, BoxLoader& loader, Metadata* metadata) {
  const auto body = loader.Body(box, loader.limits().max_metadata_bytes);
  if (!body.ok()) return loader.Tolerate(body.error());
  metadata->Append(ParseMeta(*body, box.body, loader.limits(), loader.diagnostics()));
  return {};
}

Status ReadUuidBox(const BoxHeader& box, BoxLoader& loader, Metadata* metadata) {
  // The type's 16 bytes belong to the header here and to the body there.
  BoxHeader with_type = box;
  with_type.body = box.body - sizeof(Uuid);
  const auto body = loader.Body(with_type, loader.limits().max_metadata_bytes);
  if (!body.ok()) return loader.Tolerate(body.error());
  metadata->Append(ParseUuid(*body, with_type.body, loader.limits(), loader.diagnostics()));
  return {};
}

}  // namespace iso
