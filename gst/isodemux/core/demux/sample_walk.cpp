// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/demux/sample_walk.h"

#include <algorithm>

namespace iso {
namespace {

/// Samples of a track without groups of its own (audio, text) played together backwards.
constexpr uint64_t kReverseGroup = 16;

/// Frames of packed sound in one step, about.
constexpr uint32_t kPackedFrames = 4096;

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
  fresh_ = true;
  key_unit_.reset();
  if (mode_.reverse) return StartReverse(first_pts, last_pts);
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
  group_end_ = kPastLastSample;
  ISO_CHECK(SeekTo(key_start_));
  group_begin_ = key_start_;
  group_left_ = true;
  fresh_ = true;
  return {};
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
  walked->sample.offset = SaturatingAdd(static_cast<int64_t>(chunk.offset),
                                        static_cast<int64_t>(before * packing.bytes));
  walked->bytes = packets * packing.bytes;
  return {};
}

Status SampleWalk::NextForward(Walked* walked) {
  ISO_CHECK(max_run_ > 1 ? NextRun(max_run_, walked) : NextOne(walked));
  walked->starts_group = fresh_ || walked->sample.discont;
  fresh_ = false;
  return {};
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
  uint64_t begin = last;
  if (!by_sync()) {
    ISO_TRY(begin, samples.Back(end, max_run_ > 1 ? max_run_ : kReverseGroup));
    begin = std::max(begin, std::min(lowest_, last));
  }
  if (!uniform_) {
    ISO_TRY(const std::optional<uint64_t> sync, samples.SyncAtOrBefore(begin));
    ISO_TRY(const uint64_t first, samples.First());
    begin = sync.value_or(first);
  }
  ISO_TRY(const Sample final_one, samples.At(last));
  int64_t end_pts = SaturatingAdd(final_one.pts, final_one.duration);
  if (by_sync()) {
    ISO_TRY(const Sample above, samples.At(end));
    end_pts = above.pts;
  }
  ISO_CHECK(SeekTo(begin));
  group_begin_ = begin;
  group_end_ = end;
  group_end_pts_ = end_pts;
  group_left_ = true;
  fresh_ = true;
  return {};
}

Status SampleWalk::NextReverse(Walked* walked) {
  ISO_CHECK(NextOfGroup(walked));
  if (!group_left_) {
    if (group_begin_ <= lowest_) return Error{Errc::kEndOfTable};
    ISO_CHECK(EnterGroupBefore(group_begin_));
    ISO_CHECK(NextOne(walked));
  }
  walked->starts_group = fresh_;
  fresh_ = false;
  return {};
}

/// The group's next sample; group_left_ says whether there was one.
Status SampleWalk::NextOfGroup(Walked* walked) {
  if (!group_left_) return {};
  group_left_ = cursor_->position() < group_end_;
  if (!group_left_) return {};
  const Status next = NextOne(walked);
  if (!next.ok() && next.error().code != Errc::kEndOfTable) return next;
  group_left_ = next.ok() && walked->sample.index < group_end_;
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
