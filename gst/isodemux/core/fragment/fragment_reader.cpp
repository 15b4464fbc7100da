// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/fragment_reader.h"

#include <algorithm>

#include "core/box/fragment_boxes.h"
#include "core/codec/box_list.h"
#include "core/table/group_kinds.h"

namespace iso {
namespace {

/// Samples of one track in one fragment at most: their numbers have 24 bits (see
/// FragmentSamples).
constexpr uint32_t kMostSamples = (1u << 24) - 1;

constexpr uint64_t kFarthestByte = INT64_MAX;

/// Smooth Streaming's box with the time of a fragment: [MS-SSTR] 2.2.4.4.
constexpr Uuid kTfxd = {
    0x6d, 0x1d, 0x9b, 0x05, 0x42, 0xd5, 0x44, 0xe6, 0x80, 0xe2, 0x14, 0x1d, 0xaf, 0xf7, 0x57, 0xb2};

uint64_t Moved(uint64_t offset, int64_t by) {
  const int64_t moved = SaturatingAdd(static_cast<int64_t>(std::min(offset, kFarthestByte)), by);
  return static_cast<uint64_t>(std::max<int64_t>(0, moved));
}

/// Parses one moof that is in memory.
class FragmentReader {
 public:
  FragmentReader(const BoxHeader& moof, const FragmentContext& context, Fragment* fragment)
      : moof_(moof), context_(context), fragment_(*fragment), next_base_(moof.offset) {}

  void Read();

 private:
  /// One traf while it is read.
  struct Traf {
    TfhdBox header;
    TrackFragment track;
    SampleDefaults defaults;
    uint64_t base = 0;      ///< what data offsets count from
    uint64_t position = 0;  ///< where the next run lies, if it does not say
    std::array<RollGroups, kRollKinds> rolls;
  };

  BoxHeader HeaderOf(const BoxView& box) const;
  void Report(Errc code, const BoxView& box) const;
  void ReadTraf(const BoxView& box);
  bool Begin(const BoxView& box, Traf* traf);
  void ReadChild(const BoxView& box, Traf* traf);
  void ReadTime(const BoxView& box, Traf* traf);
  void ReadRun(const BoxView& box, Traf* traf);
  void ReadDescriptions(const BoxView& box, Traf* traf);
  void ReadGroups(const BoxView& box, Traf* traf);
  uint64_t DataOf(const TrunBox& run, const Traf& traf) const;
  void Sum(TrackRun* run, Traf* traf);
  void SumUniform(const TrackRun& run, Traf* traf);
  void SumEntries(TrackRun* run, Traf* traf);
  void Keep(Traf traf);

  uint64_t OffsetOf(const uint8_t* p) const {
    return moof_.offset + static_cast<uint64_t>(p - fragment_.bytes.data());
  }

  const BoxHeader& moof_;
  const FragmentContext& context_;
  Fragment& fragment_;
  uint64_t next_base_;  ///< of the next traf that does not say
};

void FragmentReader::Read() {
  const Bytes body = Bytes(fragment_.bytes).subspan(static_cast<size_t>(moof_.body - moof_.offset));
  BoxList boxes(body);
  uint32_t left = context_.limits.max_boxes_per_parent;
  for (BoxView box; left > 0 && boxes.Next(&box); --left) {
    if (box.type == FourCC("mfhd")) {
      const auto header = ParseBox<MfhdBox>(HeaderOf(box), box.body, nullptr);
      if (header.ok()) fragment_.sequence_number = header->sequence_number;
    } else if (box.type == FourCC("traf")) {
      ReadTraf(box);
    }
  }
}

BoxHeader FragmentReader::HeaderOf(const BoxView& box) const {
  BoxHeader header;
  header.type = box.type;
  header.body = OffsetOf(box.body.data());
  header.offset = header.body - 8;
  header.end = header.body + box.body.size();
  header.cut = box.cut;
  return header;
}

void FragmentReader::Report(Errc code, const BoxView& box) const {
  if (context_.diagnostics == nullptr) return;
  context_.diagnostics->Report(Error{code, box.type, HeaderOf(box).offset});
}

void FragmentReader::ReadTraf(const BoxView& box) {
  Traf traf;
  if (!Begin(box, &traf)) return;
  BoxList boxes(box.body);
  uint32_t left = context_.limits.max_boxes_per_parent;
  for (BoxView child; left > 0 && boxes.Next(&child); --left) {
    ReadChild(child, &traf);
  }
  next_base_ = traf.position;
  Keep(std::move(traf));
}

/// False for a traf of no use: without a header, or of a track that is not the movie's.
bool FragmentReader::Begin(const BoxView& box, Traf* traf) {
  BoxList boxes(box.body);
  BoxView child;
  while (boxes.Next(&child) && child.type != FourCC("tfhd")) {
  }
  if (child.type != FourCC("tfhd")) return false;
  const auto header = ParseBox<TfhdBox>(HeaderOf(child), child.body, nullptr);
  if (!header.ok()) {
    Report(header.error().code, child);
    return false;
  }
  const auto& tracks = context_.tracks;
  const auto track = std::find_if(tracks.begin(), tracks.end(), [&](const FragmentTrack& each) {
    return each.id == header->track_id || each.any_id;
  });
  if (track == tracks.end()) return false;
  traf->header = *header;
  traf->track.track = static_cast<size_t>(track - tracks.begin());
  traf->track.traf = HeaderOf(box).offset;
  SampleDefaults& defaults = traf->defaults;
  defaults = track->defaults;
  if (header->flags & TfhdBox::kDescription) defaults.description = header->description;
  if (header->flags & TfhdBox::kDuration) defaults.duration = header->default_duration;
  if (header->flags & TfhdBox::kSize) defaults.size = header->default_size;
  if (header->flags & TfhdBox::kFlags) defaults.flags = header->default_flags;
  traf->base = next_base_;
  if (header->flags & TfhdBox::kBaseDataOffset) {
    traf->base = std::min(header->base_data_offset, kFarthestByte);
  } else if (header->flags & TfhdBox::kBaseIsMoof) {
    traf->base = moof_.offset;
  }
  traf->position = traf->base;
  return true;
}

void FragmentReader::ReadChild(const BoxView& box, Traf* traf) {
  if (box.type == FourCC("tfdt") || box.type == FourCC("uuid")) {
    ReadTime(box, traf);
  } else if (box.type == FourCC("trun")) {
    ReadRun(box, traf);
  } else if (box.type == FourCC("sgpd")) {
    ReadDescriptions(box, traf);
  } else if (box.type == FourCC("sbgp")) {
    ReadGroups(box, traf);
  }
}

/// Sync samples are told by their flags, so that only groups that say how far before them decoding
/// has to start are of use.
std::optional<size_t> RollKindOf(FourCC type) {
  const auto kind = GroupKindOf(type);
  if (kind == GroupKind::kRolls) return size_t{0};
  return kind == GroupKind::kPrerolls ? std::optional<size_t>(1) : std::nullopt;
}

/// Of each kind of group the first of either box counts.
void FragmentReader::ReadDescriptions(const BoxView& box, Traf* traf) {
  const BoxHeader header = HeaderOf(box);
  const auto parsed = ParseBox<SgpdBox>(header, box.body, nullptr);
  if (!parsed.ok()) return Report(parsed.error().code, box);
  const auto kind = RollKindOf(parsed->grouping_type);
  if (!kind || !traf->rolls[*kind].own.values.empty()) return;
  GroupTable& own = traf->rolls[*kind].own;
  auto values = GroupValues(
      *GroupKindOf(parsed->grouping_type), *parsed, header, context_.limits.max_group_descriptions);
  if (!values.ok()) return Report(values.error().code, box);
  own.values = std::move(*values);
  own.default_description = parsed->default_index;
}

void FragmentReader::ReadGroups(const BoxView& box, Traf* traf) {
  const auto parsed = ParseBox<SbgpBox>(HeaderOf(box), box.body, nullptr);
  if (!parsed.ok()) return Report(parsed.error().code, box);
  const auto kind = RollKindOf(parsed->grouping_type);
  if (!kind || !traf->rolls[*kind].runs.empty()) return;
  const TableRef& entries = parsed->entries;
  traf->rolls[*kind].runs = Bytes(fragment_.bytes)
                                .subspan(static_cast<size_t>(entries.offset - moof_.offset),
                                         static_cast<size_t>(entries.count) * entries.stride);
}

void FragmentReader::ReadTime(const BoxView& box, Traf* traf) {
  uint64_t time = 0;
  if (box.type == FourCC("tfdt")) {
    const auto tfdt = ParseBox<TfdtBox>(HeaderOf(box), box.body, nullptr);
    if (!tfdt.ok()) return Report(tfdt.error().code, box);
    time = tfdt->base_media_decode_time;
  } else {
    const uint8_t* id = box.body.data() - kTfxd.size();
    if (traf->track.decode_time || !std::equal(kTfxd.begin(), kTfxd.end(), id)) return;
    Reader r(box.body);
    const uint8_t version = r.U8();
    r.Skip(3);
    time = version == 1 ? r.U64() : r.U32();
    if (!r.ok()) return;
  }
  // A time that large is a damaged one; half the range keeps all sums inside 64 bits.
  if (time <= static_cast<uint64_t>(kTimeMax / 4)) {
    traf->track.decode_time = static_cast<int64_t>(time);
  }
}

uint64_t FragmentReader::DataOf(const TrunBox& run, const Traf& traf) const {
  if (!(run.flags & TrunBox::kDataOffset)) {
    // Writers of old Smooth Streaming files leave it out, meaning the mdat that follows.
    const bool first = traf.track.count == 0 && traf.position == moof_.offset;
    return first && context_.mend_offsets ? moof_.end + 8 : traf.position;
  }
  const uint64_t at = Moved(traf.base, run.data_offset);
  const bool inside = at > moof_.offset && at < moof_.end;
  return inside && context_.mend_offsets ? moof_.end + 8 : at;
}

void FragmentReader::ReadRun(const BoxView& box, Traf* traf) {
  const auto parsed = ParseBox<TrunBox>(HeaderOf(box), box.body, context_.diagnostics);
  if (!parsed.ok()) return Report(parsed.error().code, box);
  TrackRun run;
  run.first = traf->track.count;
  run.stride = parsed->stride();
  const uint64_t stored = run.stride != 0 ? parsed->entries.count : parsed->sample_count;
  run.count = static_cast<uint32_t>(std::min<uint64_t>(stored, kMostSamples - run.first));
  if (run.count < stored) Report(Errc::kFragmentTooLong, box);
  run.fields = parsed->flags & TrunBox::kPerSample;
  if (run.stride != 0) run.entries = static_cast<size_t>(parsed->entries.offset - moof_.offset);
  run.offset = DataOf(*parsed, *traf);
  run.dts = traf->track.duration;
  run.defaults = traf->defaults;
  const bool first_flags = (parsed->flags & TrunBox::kFirstFlags) != 0;
  run.first_flags = first_flags ? parsed->first_flags : traf->defaults.flags;
  traf->position = run.offset;
  if (run.count == 0) return;
  Sum(&run, traf);
  traf->track.count += run.count;
  traf->track.runs.push_back(std::move(run));
}

/// Adds up what the run's samples say.
void FragmentReader::Sum(TrackRun* run, Traf* traf) {
  if (run->stride == 0) {
    SumUniform(*run, traf);
  } else {
    SumEntries(run, traf);
  }
  traf->track.data_end = std::max(traf->track.data_end, traf->position);
}

void FragmentReader::SumUniform(const TrackRun& run, Traf* traf) {
  TrackFragment& track = traf->track;
  if (track.count == 0) track.starts_with_sync = (run.first_flags & kSampleIsNonSync) == 0;
  track.least_pts = std::min(track.least_pts, run.dts);
  track.duration = run.dts + int64_t{run.count} * run.defaults.duration;
  track.end_pts = std::max(track.end_pts, track.duration);
  track.least_offset = std::min(track.least_offset, 0);
  traf->position = std::min(run.offset + uint64_t{run.count} * run.defaults.size, kFarthestByte);
}

void FragmentReader::SumEntries(TrackRun* run, Traf* traf) {
  TrackFragment& track = traf->track;
  TrackFragment alone;  // of this run only, from 0 on
  TrackRun as_first = *run;
  as_first.first = 0;
  as_first.dts = 0;
  alone.count = run->count;
  alone.runs.push_back(std::move(as_first));
  RunWalker walker(fragment_, alone);
  Sample sample;
  for (uint32_t i = 0; i < run->count; ++i) {
    if (i % TrackRun::kCheckpointEntries == 0 && i > 0) {
      run->checkpoints.push_back({run->dts + sample.dts + sample.duration, traf->position});
    }
    walker.Next(&sample);
    if (track.count == 0 && i == 0) track.starts_with_sync = sample.sync;
    const int64_t pts = run->dts + sample.pts;
    track.least_pts = std::min(track.least_pts, pts);
    track.end_pts = std::max(track.end_pts, pts + sample.duration);
    const auto offset = static_cast<int32_t>(sample.pts - sample.dts);
    track.least_offset = std::min(track.least_offset, offset);
    traf->position = std::min(sample.offset + sample.size, kFarthestByte);
  }
  track.duration = run->dts + sample.dts + sample.duration;
}

void FragmentReader::Keep(Traf traf) {
  const bool empty = traf.track.count == 0;
  if (empty && !(traf.header.flags & TfhdBox::kDurationIsEmpty)) return;
  // A duration that is empty lasts as long as one default sample. 8.8.7.1.
  if (empty) traf.track.duration = traf.defaults.duration;
  const FragmentTrack& track = context_.tracks[traf.track.track];
  for (size_t kind = 0; kind < kRollKinds; ++kind) {
    traf.track.rolls[kind] = traf.rolls[kind].Resolve(track.rolls[kind]);
  }
  fragment_.data_end = std::max(fragment_.data_end, traf.track.data_end);
  fragment_.tracks.push_back(std::move(traf.track));
}

/// Several trafs of one track follow each other in time. Where the first one of a track has no
/// time of its own, the fragment before it says; until that is known it begins at 0.
void PlaceTrack(TrackFragment* track, std::vector<int64_t>* times, bool* known) {
  int64_t& next = (*times)[track->track];
  if (track->decode_time) {
    track->base = *track->decode_time;
  } else {
    *known = *known && next != kTimeMin;
    track->base = next == kTimeMin ? 0 : next;
  }
  next = SaturatingAdd(track->base, track->duration);
}

/// Samples of several trafs of a track as those of one.
void Merge(Fragment* fragment) {
  std::vector<TrackFragment> merged;
  for (TrackFragment& next : fragment->tracks) {
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const TrackFragment& each) {
      return each.track == next.track;
    });
    if (same == merged.end()) {
      merged.push_back(std::move(next));
      continue;
    }
    const int64_t later = next.base - same->base;
    for (TrackRun& run : next.runs) {
      run.first += same->count;
      run.dts += later;
      for (TrackRun::Checkpoint& checkpoint : run.checkpoints) {
        checkpoint.dts += later;
      }
      if (run.first < kMostSamples - run.count) same->runs.push_back(std::move(run));
    }
    for (size_t kind = 0; kind < kRollKinds; ++kind) {
      same->rolls[kind].Append(next.rolls[kind], same->count);
    }
    if (!same->runs.empty()) same->count = same->runs.back().first + same->runs.back().count;
    if (next.count > 0) {
      same->least_pts = std::min(same->least_pts, later + next.least_pts);
      same->end_pts = std::max(same->end_pts, later + next.end_pts);
      same->least_offset = std::min(same->least_offset, next.least_offset);
    }
    same->duration = std::max(same->duration, later + next.duration);
    same->data_end = std::max(same->data_end, next.data_end);
  }
  std::erase_if(merged, [](const TrackFragment& track) { return track.count == 0; });
  fragment->tracks = std::move(merged);
}

/// Lays the fragment behind one that ends at these decode times, as far as it does not say
/// itself where it lies.
void Place(Fragment* fragment,
           std::span<const FragmentTrack> tracks,
           std::span<const int64_t> decode_times) {
  std::vector<int64_t> times(tracks.size(), kTimeMin);
  std::copy_n(decode_times.begin(), std::min(times.size(), decode_times.size()), times.begin());
  for (TrackFragment& track : fragment->tracks) {
    PlaceTrack(&track, &times, &fragment->times_known);
  }
  Merge(fragment);
  for (const TrackFragment& track : fragment->tracks) {
    const uint32_t timescale = tracks[track.track].timescale;
    const int64_t end = SaturatingAdd(track.base, track.duration);
    fragment->start_ns = std::min(fragment->start_ns, ToNanoseconds(track.base, timescale));
    fragment->end_ns = std::max(fragment->end_ns, ToNanoseconds(end, timescale));
  }
  if (fragment->times_known) fragment->next_decode_times = std::move(times);
}

}  // namespace

Result<std::shared_ptr<Fragment>> ReadFragment(const BoxHeader& box,
                                               ByteSource& source,
                                               const FragmentContext& context) {
  const uint64_t size = box.end - box.offset;
  if (size > context.limits.max_fragment_bytes) {
    return Error{Errc::kBoxTooLarge, box.type, box.offset};
  }
  auto fragment = std::make_shared<Fragment>();
  fragment->offset = box.offset;
  fragment->end = box.end;
  fragment->data_end = box.end;
  fragment->bytes.resize(static_cast<size_t>(size));
  if (const Status read = source.Read(box.offset, fragment->bytes); !read.ok()) {
    return Error{read.error().code, box.type, box.offset, size};
  }
  FragmentReader(box, context, fragment.get()).Read();
  Place(fragment.get(), context.tracks, context.decode_times);
  return fragment;
}

}  // namespace iso
