// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/demux/track_player.h"

#include <algorithm>

#include "core/movie/track_reader.h"

namespace iso {
namespace {

/// A sparse track that has nothing to show says so about once a second of presentation.
constexpr int64_t kGapStepNs = kNanosecondsPerSecond;

int64_t Minus(int64_t a, int64_t b) {
  int64_t difference;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a < b ? kTimeMin : kTimeMax;
}

}  // namespace

TrackPlayer::TrackPlayer(const Track& track, size_t index)
    : track_(track),
      index_(index),
      presentation_end_ns_(PresentationEnd(track)),
      uniform_(track.samples->IsUniform()),
      cursor_(*track.samples) {}

void TrackPlayer::Start(int64_t from_ns, int64_t to_ns) {
  from_ns_ = from_ns;
  to_ns_ = to_ns;
  edit_ = std::min(track_.timeline.EditAt(from_ns), track_.timeline.edits().size() - 1);
  BeginEdit();
}

int64_t TrackPlayer::PtsNs(int64_t pts) const {
  return ToNanoseconds(SaturatingAdd(pts, track_.composition_shift), track_.timescale);
}

int64_t TrackPlayer::PtsAt(int64_t media_ns) const {
  const int64_t next =
      RescaleCeil(SaturatingAdd(media_ns, 1), kNanosecondsPerSecond, track_.timescale);
  return Minus(Minus(next, 1), track_.composition_shift);
}

int64_t TrackPlayer::MediaNs(const Edit& edit, int64_t presentation_ns) const {
  if (presentation_ns == kTimeMax) return kTimeMax;
  return SaturatingAdd(PtsNs(edit.media_start), Minus(presentation_ns, edit.start_ns));
}

int64_t TrackPlayer::PresentationNs(const Edit& edit, int64_t media_ns) const {
  return SaturatingAdd(edit.start_ns, Minus(media_ns, PtsNs(edit.media_start)));
}

/// Where in this edit the presentation starts and stops, and what it is mapped onto.
void TrackPlayer::BeginEdit() {
  const Edit& now = edit();
  const bool last = edit_ + 1 == track_.timeline.edits().size();
  // A single picture may have no duration: then nothing lies past its end.
  const bool end_known = last && presentation_end_ns_ > now.start_ns;
  const int64_t end = end_known ? presentation_end_ns_ : now.end_ns;
  const int64_t start = std::clamp(from_ns_, now.start_ns, end);
  segment_.time_ns = start;
  segment_.start_ns = MediaNs(now, start);
  // Durations are rounded to movie ticks: the last edit lets its media end by itself.
  const bool to_media_end =
      last && start < end && now.kind == Edit::Kind::kMedia && now.media_end == kTimeMax;
  const int64_t stop = std::min(to_media_end ? kTimeMax : end, to_ns_);
  segment_.stop_ns = std::max(segment_.start_ns, MediaNs(now, stop));
  covered_ns_ = segment_.start_ns;
  loaded_ = false;
  gap_due_ = false;
  due_ns_ = start;
  phase_ = Phase::kSegment;
}

Status TrackPlayer::Prepare() {
  if (phase_ == Phase::kFindStart) {
    ISO_CHECK(FindStart());
    phase_ = Phase::kSamples;
  }
  if (phase_ == Phase::kSamples && !loaded_) return PrepareSample();
  return {};
}

Status TrackPlayer::FindStart() {
  ISO_TRY(const uint64_t first, FirstSampleFor(PtsAt(segment_.start_ns)));
  return cursor_.SeekTo(first);
}

Result<uint64_t> TrackPlayer::FirstSampleFor(int64_t pts) const {
  const SampleTable& samples = *track_.samples;
  if (track_.kind == MediaKind::kVideo) {
    ISO_TRY(const std::optional<uint64_t> sync, SyncDisplayedBy(pts));
    return sync.value_or(0);
  }
  ISO_TRY(uint64_t first, samples.SampleAtPresentationTime(pts));
  first -= std::min<uint64_t>(first, options_.lead_in);
  ISO_TRY(const std::optional<uint64_t> sync, samples.SyncAtOrBefore(first));
  return sync.value_or(0);
}

/// The last sync sample that is on display by `pts`. It need not be the last one before
/// the picture at `pts` in decoding order: where that picture leads a sync sample (open
/// GOP), decoding has to start a sync sample earlier.
Result<std::optional<uint64_t>> TrackPlayer::SyncDisplayedBy(int64_t pts) const {
  const SampleTable& samples = *track_.samples;
  ISO_TRY(const uint64_t shown, samples.SampleAtPresentationTime(pts));
  ISO_TRY(std::optional<uint64_t> sync, samples.SyncAtOrBefore(shown));
  while (sync) {
    ISO_TRY(const Sample sample, samples.At(*sync));
    if (sample.pts <= pts) break;
    if (*sync == 0) return std::optional<uint64_t>();
    ISO_TRY(sync, samples.SyncAtOrBefore(*sync - 1));
  }
  while (true) {
    const uint64_t from = sync ? *sync + 1 : 0;
    ISO_TRY(const std::optional<uint64_t> next, samples.SyncAtOrAfter(from));
    if (!next) return sync;
    ISO_TRY(const Sample sample, samples.At(*next));
    if (sample.pts > pts) return sync;
    sync = next;
  }
}

/// The first sync sample on display at `pts` or later, given the last one before it.
Result<std::optional<uint64_t>> TrackPlayer::SyncFrom(int64_t pts,
                                                      std::optional<uint64_t> before) const {
  const SampleTable& samples = *track_.samples;
  uint64_t from = before.value_or(0);
  while (true) {
    ISO_TRY(const std::optional<uint64_t> sync, samples.SyncAtOrAfter(from));
    if (!sync) return sync;
    ISO_TRY(const Sample sample, samples.At(*sync));
    if (sample.pts >= pts) return sync;
    from = *sync + 1;
  }
}

Result<int64_t> TrackPlayer::SnapToSync(int64_t position_ns, Snap snap) const {
  const auto& edits = track_.timeline.edits();
  const size_t index = track_.timeline.EditAt(position_ns);
  if (index == edits.size() || edits[index].kind != Edit::Kind::kMedia) return position_ns;
  const Edit& edit = edits[index];
  const int64_t target_ns = MediaNs(edit, position_ns);
  const SampleTable& samples = *track_.samples;
  // A sync sample's own time is on the grid of ticks; anything between two ticks lies
  // after the first.
  const int64_t pts = PtsAt(target_ns);
  ISO_TRY(const auto before, SyncDisplayedBy(pts));
  ISO_TRY(const auto after, SyncFrom(PtsNs(pts) < target_ns ? pts + 1 : pts, before));
  if (!before && !after) return position_ns;

  const auto landing = [&](uint64_t sync) -> Result<int64_t> {
    ISO_TRY(const Sample sample, samples.At(sync));
    return PresentationNs(edit, PtsNs(sample.pts));
  };
  int64_t earlier = 0;
  int64_t later = 0;
  if (before) {
    ISO_TRY(earlier, landing(*before));
  }
  if (after) {
    ISO_TRY(later, landing(*after));
  }
  const bool nearer = snap == Snap::kNearest && before && after &&
                      Minus(later, position_ns) < Minus(position_ns, earlier);
  const bool take_later = after && (!before || snap == Snap::kAfter || nearer) && later < edit.end_ns;
  const int64_t landed = take_later ? later : before ? earlier : position_ns;
  return std::clamp(landed, edit.start_ns, std::max(edit.start_ns, edit.end_ns - 1));
}

Status TrackPlayer::PrepareSample() {
  if (const Status status = LoadSample(); !status.ok()) {
    if (status.error().code != Errc::kEndOfTable) return status;
    EndEdit();
    return {};
  }
  // Decode times only rise and presentation times are never before them: nothing that
  // follows can be shown before the stop.
  if (dts_ns_ >= segment_.stop_ns && segment_.stop_ns != kTimeMax) {
    EndEdit();
    return {};
  }
  loaded_ = true;
  PlanGap();
  return {};
}

Status TrackPlayer::LoadSample() {
  if (uniform_ && options_.max_run > 1) {
    ISO_CHECK(cursor_.NextRun(options_.max_run, &sample_, &count_));
  } else {
    ISO_CHECK(cursor_.Next(&sample_));
    count_ = 1;
  }
  const int64_t duration = static_cast<int64_t>(sample_.duration) * count_;
  const bool plain = sample_.pts == sample_.dts && track_.composition_shift == 0;
  dts_ns_ = plain && sample_.dts == end_ticks_ ? end_ticks_ns_
                                               : ToNanoseconds(sample_.dts, track_.timescale);
  end_ticks_ = SaturatingAdd(sample_.dts, duration);
  end_ticks_ns_ = ToNanoseconds(end_ticks_, track_.timescale);
  if (plain) {
    pts_ns_ = dts_ns_;
    end_ns_ = end_ticks_ns_;
  } else {
    pts_ns_ = PtsNs(sample_.pts);
    end_ns_ = PtsNs(SaturatingAdd(sample_.pts, duration));
    dts_ns_ = std::min(dts_ns_, pts_ns_);
  }
  return {};
}

/// A sparse track's next sample may be far away: what is between is told in steps.
void TrackPlayer::PlanGap() {
  due_ns_ = PresentationNs(edit(), pts_ns_);
  gap_due_ = options_.sparse && pts_ns_ > covered_ns_;
  if (gap_due_) due_ns_ = PresentationNs(edit(), covered_ns_);
}

void TrackPlayer::EndEdit() {
  loaded_ = false;
  ++edit_;
  const bool more = edit_ < track_.timeline.edits().size() && edit().start_ns < to_ns_;
  if (more) {
    BeginEdit();
  } else {
    --edit_;
    phase_ = Phase::kEnd;
  }
}

void TrackPlayer::Abandon() {
  loaded_ = false;
  gap_due_ = false;
  phase_ = Phase::kEnd;
}

void TrackPlayer::Take(Event* event) {
  event->track = index_;
  switch (phase_) {
    case Phase::kSegment:
      event->kind = Event::Kind::kSegment;
      event->segment = segment_;
      phase_ = edit().kind == Edit::Kind::kMedia ? Phase::kFindStart : Phase::kGap;
      if (segment_.start_ns == segment_.stop_ns) EndEdit();
      return;
    case Phase::kGap:
      event->kind = Event::Kind::kGap;
      event->gap_start_ns = segment_.start_ns;
      event->gap_duration_ns =
          segment_.stop_ns == kTimeMax ? 0 : segment_.stop_ns - segment_.start_ns;
      EndEdit();
      return;
    case Phase::kFindStart:
    case Phase::kSamples:
      if (gap_due_) {
        TakeGap(event);
      } else {
        TakeSample(event);
      }
      return;
    case Phase::kEnd:
    case Phase::kOver:
      event->kind = Event::Kind::kEnd;
      phase_ = Phase::kOver;
      due_ns_ = kTimeMax;
      return;
  }
}

void TrackPlayer::TakeGap(Event* event) {
  event->kind = Event::Kind::kGap;
  event->gap_start_ns = covered_ns_;
  event->gap_duration_ns = std::min(pts_ns_ - covered_ns_, kGapStepNs);
  covered_ns_ += event->gap_duration_ns;
  PlanGap();
}

void TrackPlayer::TakeSample(Event* event) {
  event->kind = Event::Kind::kSample;
  event->sample = sample_;
  event->count = count_;
  event->size = static_cast<uint64_t>(sample_.size) * count_;
  event->dts_ns = dts_ns_;
  event->pts_ns = pts_ns_;
  event->duration_ns = end_ns_ - pts_ns_;
  covered_ns_ = std::max(covered_ns_, end_ns_);
  loaded_ = false;
}

}  // namespace iso
