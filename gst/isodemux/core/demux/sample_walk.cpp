// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/demux/sample_walk.h"

#include <algorithm>

namespace iso {
namespace {

/// Samples of a track without groups of its own (audio, text) played together backwards.
constexpr uint64_t kReverseGroup = 16;

/// Frames of packed sound in one step, about.
constexpr uint32_t kPackedFrames = 4096;

/// Samples left out in a row at most: then one is handed out, so that a walk is never stuck.
constexpr int kMostPassedOver = 1024;

/// Past every sample, and far enough from overflowing.
constexpr int64_t kFarthestPts = kTimeMax / 4;

}  // namespace

SampleWalk::SampleWalk(const Track& track)
    : track_(track),
      finder_(track),
      clock_(track),
      cursor_(track.samples->NewCursor()),
      uniform_(track.samples->IsUniform()) {
  SetMaxRun(1);
}

/// Packed sound is played in whole packets, several at a time.
void SampleWalk::SetMaxRun(uint32_t max) {
  max_run_ = uniform_ || track_.fragments ? max : 1;
  const uint32_t frames = track_.packing.frames;
  if (frames > 0) max_run_ = frames * std::max<uint32_t>(2, std::max(max, kPackedFrames) / frames);
}

Status SampleWalk::Start(int64_t first_pts,
                         int64_t last_pts,
                         uint32_t lead_in,
                         const PlayMode& mode) {
  mode_ = mode;
  mode_.key_units = mode.key_units && by_sync();
  mode_.predicted = mode.predicted && by_sync();
  fresh_ = true;
  key_unit_.reset();
  entered_.reset();
  passed_over_ = 0;
  if (mode_.reverse) return StartReverse(first_pts, last_pts);
  if (track_.in_segments) {
    // All that comes is wanted, and may go on from what came before.
    fresh_ = false;
    ISO_TRY(const uint64_t first, track_.samples->First());
    return SeekTo(first);
  }
  ISO_TRY(key_start_, finder_.DecodeStart(first_pts, lead_in));
  return SeekTo(key_start_);
}

Status SampleWalk::StartReverse(int64_t first_pts, int64_t last_pts) {
  const Samples& samples = *track_.samples;
  ISO_TRY(lowest_, finder_.DecodeStart(first_pts, 0));
  last_pts = std::min(last_pts, kFarthestPts);
  ISO_TRY(const uint64_t last, samples.SampleAtPresentationTime(last_pts));
  group_end_pts_ = kTimeMax;
  runs_.clear();
  if (!by_sync()) return EnterGroupBefore(last + 1);
  // The last group goes on in decoding order until nothing of it can be shown before the
  // stop: that is for whoever calls EndGroup() to see.
  ISO_TRY(key_start_, finder_.DecodeStart(last_pts, 0));
  reference_ = kNone;
  return EnterGroup(key_start_, kPastLastSample);
}

Status SampleWalk::Next(Walked* walked) {
  if (mode_.key_units) return NextKeyUnit(walked);
  if (!mode_.reverse) return NextForward(walked);
  return max_run_ > 1 ? NextRawReverse(walked) : NextReverse(walked);
}

/// Packets begin where their chunk does.
Status SampleWalk::SeekTo(uint64_t n) {
  ISO_CHECK(cursor_->SeekTo(n));
  if (track_.packing.frames <= 1) return {};
  const uint64_t into_packet = (n - cursor_->chunk().sample) % track_.packing.frames;
  return into_packet == 0 ? Status() : cursor_->SeekTo(n - into_packet);
}

Status SampleWalk::NextOne(Walked* walked) {
  Status next = cursor_->Next(&walked->sample);
  // A group may lie on both sides of a fragment without samples of this track.
  while (mode_.reverse && !next.ok() && next.error().code == Errc::kNothingInFragment) {
    next = cursor_->Next(&walked->sample);
  }
  if (!next.ok()) return next;
  walked->count = 1;
  walked->bytes = walked->sample.size;
  return {};
}

Status SampleWalk::NextRun(uint32_t max, Walked* walked) {
  ISO_CHECK(cursor_->NextRun(max, &walked->sample, &walked->count));
  const PacketLayout packing = track_.packing;
  if (packing.frames == 0) {
    walked->bytes = uint64_t{walked->sample.size} * walked->count;
    return {};
  }
  const SampleCursor::ChunkStart chunk = cursor_->chunk();
  const uint64_t before = (walked->sample.index - chunk.sample) / packing.frames;
  const uint64_t packets = (uint64_t{walked->count} + packing.frames - 1) / packing.frames;
  walked->sample.offset = static_cast<uint64_t>(SaturatingAdd(
      static_cast<int64_t>(chunk.offset), static_cast<int64_t>(before * packing.bytes)));
  walked->bytes = packets * packing.bytes;
  return {};
}

Status SampleWalk::NextForward(Walked* walked) {
  do {
    ISO_CHECK(max_run_ > 1 ? NextRun(max_run_, walked) : NextOne(walked));
  } while (by_sync() && IsPassedOver(walked->sample));
  walked->starts_group = fresh_ || walked->sample.discont;
  walked->reference = false;
  fresh_ = false;
  return {};
}

/// Whether the picture is left out: it cannot be decoded from where decoding began, or nothing
/// needs it and the mode does not want it.
bool SampleWalk::IsPassedOver(const Sample& sample) {
  if (fresh_) {
    entered_.reset();
    // Backwards what leads it has its group, unless there is none below.
    if (sample.sync && (!mode_.reverse || group_begin_ <= lowest_)) entered_ = sample;
    passed_over_ = 0;
    return false;
  }
  if (sample.sync) entered_.reset();
  const bool lost = entered_ && SyncFinder::IsLostAfter(*entered_, sample);
  const bool unwanted = mode_.predicted && sample.droppable() && !sample.sync;
  const bool passed = (lost || unwanted) && passed_over_ < kMostPassedOver;
  passed_over_ = passed ? passed_over_ + 1 : 0;
  return passed;
}

void SampleWalk::EndGroup() {
  group_left_ = false;
}

/// The group that ends before sample `end`: from the sync sample before it, or some
/// samples of a track where each one can be decoded by itself.
Status SampleWalk::EnterGroupBefore(uint64_t end) {
  const Samples& samples = *track_.samples;
  ISO_TRY(const uint64_t last, samples.Back(end, 1));
  if (last >= end) return Error{Errc::kEndOfTable};
  if (by_sync()) return EnterPicturesBefore(end, last);
  ISO_TRY(uint64_t begin, samples.Back(end, max_run_ > 1 ? max_run_ : kReverseGroup));
  begin = std::max(begin, std::min(lowest_, last));
  if (!uniform_) {
    ISO_TRY(const std::optional<uint64_t> sync, samples.SyncAtOrBefore(begin));
    ISO_TRY(const uint64_t first, samples.First());
    begin = sync.value_or(first);
  }
  ISO_TRY(const Sample latest, samples.At(last));
  ISO_CHECK(EnterGroup(begin, end));
  group_end_pts_ = SaturatingAdd(latest.pts, latest.duration);
  return {};
}

/// Pictures that lead sample `end`, the sync sample of the group above, were left out there and
/// come at the end of this one.
Status SampleWalk::EnterPicturesBefore(uint64_t end, uint64_t last) {
  const Samples& samples = *track_.samples;
  ISO_TRY(const std::optional<uint64_t> sync, samples.SyncAtOrBefore(last));
  ISO_TRY(const uint64_t first, samples.First());
  ISO_TRY(const Sample above, samples.At(end));
  ISO_TRY(const std::optional<uint64_t> leading_end, finder_.LeadingEnd(above));
  ISO_CHECK(EnterGroup(sync.value_or(first), leading_end.value_or(end)));
  reference_ = leading_end ? end : kNone;
  group_end_pts_ = above.pts;
  return {};
}

Status SampleWalk::EnterGroup(uint64_t begin, uint64_t end) {
  uint64_t leading_end = begin;
  if (by_sync() && begin > lowest_) {
    ISO_TRY(const Sample sync, track_.samples->At(begin));
    ISO_TRY(const std::optional<uint64_t> leading, finder_.LeadingEnd(sync));
    leading_end = leading.value_or(begin);
  }
  ISO_CHECK(SeekTo(begin));
  group_begin_ = begin;
  group_end_ = end;
  leading_end_ = leading_end;
  group_left_ = true;
  fresh_ = true;
  return {};
}

/// Sees to it that the cursor is at the next sample, of this group or the one below.
Status SampleWalk::GoOnInGroup() {
  if (!group_left_ || cursor_->position() >= group_end_) {
    group_left_ = false;
    if (group_begin_ <= lowest_) return Error{Errc::kEndOfTable};
    return EnterGroupBefore(group_begin_);
  }
  const bool at_leading =
      cursor_->position() == group_begin_ + 1 && cursor_->position() < leading_end_;
  return at_leading ? SeekTo(leading_end_) : Status();
}

/// The next sample of this group or the one below. Where a group ends shows only when the sample
/// behind it comes, or none.
Status SampleWalk::NextOfGroups(Walked* walked) {
  ISO_CHECK(GoOnInGroup());
  const Status next = NextOne(walked);
  if (next.ok() && walked->sample.index < group_end_) return {};
  if (!next.ok() && next.error().code != Errc::kEndOfTable) return next;
  group_left_ = false;
  ISO_CHECK(GoOnInGroup());
  return NextOne(walked);
}

Status SampleWalk::NextReverse(Walked* walked) {
  do {
    ISO_CHECK(NextOfGroups(walked));
  } while (by_sync() && IsPassedOver(walked->sample));
  walked->starts_group = fresh_;
  walked->reference = walked->sample.index == reference_;
  // A decoder would take another sync sample for the start of another group.
  if (by_sync() && !fresh_) walked->sample.sync = false;
  fresh_ = false;
  return {};
}

/// Raw audio has no decoder that would put a group in order: its runs come last first.
Status SampleWalk::NextRawReverse(Walked* walked) {
  if (runs_.empty()) {
    if (!group_left_) {
      if (group_begin_ <= lowest_) return Error{Errc::kEndOfTable};
      ISO_CHECK(EnterGroupBefore(group_begin_));
    }
    ISO_CHECK(GatherRuns(group_begin_, group_end_));
    group_left_ = false;
  }
  *walked = runs_.back();
  runs_.pop_back();
  return {};
}

Status SampleWalk::GatherRuns(uint64_t begin, uint64_t end) {
  std::vector<Walked> runs;
  ISO_CHECK(SeekTo(begin));
  while (cursor_->position() < end) {
    Walked run;
    run.starts_group = true;
    const uint64_t left = std::min<uint64_t>(max_run_, end - cursor_->position());
    ISO_CHECK(NextRun(static_cast<uint32_t>(left), &run));
    runs.push_back(run);
  }
  runs_ = std::move(runs);
  return {};
}

Status SampleWalk::NextKeyUnit(Walked* walked) {
  uint64_t next = key_start_;
  if (key_unit_) {
    ISO_TRY(const std::optional<uint64_t> sync, SyncFurtherOn(*key_unit_));
    if (!sync || (mode_.reverse && *sync < lowest_)) return Error{Errc::kEndOfTable};
    next = *sync;
  }
  ISO_CHECK(SeekTo(next));
  ISO_CHECK(NextOne(walked));
  walked->starts_group = true;
  walked->reference = false;
  group_end_pts_ = SaturatingAdd(walked->sample.pts, walked->sample.duration);
  key_unit_ = walked->sample;
  return {};
}

/// The next sync sample in the direction of play, at least the interval away as far as the
/// order of presentation goes with that of decoding.
Result<std::optional<uint64_t>> SampleWalk::SyncFurtherOn(const Sample& from) const {
  const Samples& samples = *track_.samples;
  const int64_t ticks = RescaleCeil(mode_.interval_ns, kNanosecondsPerSecond, track_.timescale);
  if (mode_.reverse) {
    ISO_TRY(const uint64_t previous, samples.Back(from.index, 1));
    if (previous >= from.index) return std::optional<uint64_t>();
    const int64_t before = SaturatingSubtract(from.pts, ticks);
    ISO_TRY(const uint64_t away, samples.SampleAtPresentationTime(before));
    // Before the first one the first one is named, which is not that far away.
    ISO_TRY(const Sample shown, samples.At(away));
    if (shown.pts > before) return std::optional<uint64_t>();
    return samples.SyncAtOrBefore(std::min(away, previous));
  }
  // The sample on display just before the interval is over, and then on.
  const int64_t end = std::min(SaturatingAdd(from.pts, ticks), kFarthestPts);
  ISO_TRY(const uint64_t away, samples.SampleAtPresentationTime(end - 1));
  return samples.SyncAtOrAfter(std::max(away, from.index) + 1);
}

}  // namespace iso
