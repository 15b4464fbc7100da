// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/demux/track_player.h"

#include <algorithm>

#include "core/fragment/fragment_crypto.h"
#include "core/movie/track_reader.h"

namespace iso {
namespace {

/// A sparse track that has nothing to show says so about once a second of presentation.
constexpr int64_t kGapStepNs = kNanosecondsPerSecond;

/// ... and where that is for very long, in this many steps.
constexpr int64_t kMostGapSteps = 3600;

/// Tracks of neighbouring fragments do not start further apart than this.
constexpr int64_t kApartNs = int64_t{10} * kNanosecondsPerSecond;

/// Edits yet to come that are looked at to find out which bytes they need.
constexpr size_t kMostEditsAhead = 1024;

}  // namespace

TrackPlayer::TrackPlayer(const Track& track, size_t index)
    : track_(track),
      index_(index),
      clock_(track),
      clips_(track.kind == MediaKind::kAudio && !track.samples->IsUniform()),
      presentation_end_ns_(PresentationEnd(track)),
      walk_(track),
      crypto_(NewSampleCrypto(track)) {
}

void TrackPlayer::SetOptions(const TrackOptions& options) {
  options_ = options;
  walk_.SetMaxRun(options.max_run);
}

void TrackPlayer::Start(const PlayRange& range) {
  range_ = range;
  later_than_ = SIZE_MAX;
  fragment_ = 0;
  const size_t last = track_.timeline.edits().size() - 1;
  const int64_t first_ns = reverse() && range.to_ns != kTimeMin ? range.to_ns - 1 : range.from_ns;
  edit_ = std::min(track_.timeline.EditAt(first_ns), last);
  BeginEdit();
}

/// Presentation time at which the edit ends; kTimeMax: unknown.
int64_t TrackPlayer::EndOfEdit() const {
  const bool last = edit_ + 1 == track_.timeline.edits().size();
  // A single picture may have no duration: then nothing lies past its end.
  return last && presentation_end_ns_ > edit().start_ns ? presentation_end_ns_ : edit().end_ns;
}

/// Where the media ends that an edit plays to its end. Sound stops there to the sample, even
/// if its last packet decodes to more; of pictures the last one simply stays.
int64_t TrackPlayer::MediaEndNs() const {
  const bool exact = track_.kind == MediaKind::kAudio && track_.duration_is_exact;
  return exact ? std::max(segment_.start_ns, clock_.PtsNs(track_.media_end)) : kTimeMax;
}

/// Which part of this edit is presented, and what it is mapped onto.
void TrackPlayer::BeginEdit() {
  const Edit& now = edit();
  const bool last = edit_ + 1 == track_.timeline.edits().size();
  const int64_t end = EndOfEdit();
  const int64_t start = std::clamp(range_.from_ns, now.start_ns, end);
  // Durations are rounded to movie ticks: the last edit lets its media end by itself.
  const bool to_media_end =
      last && start < end && now.kind == Edit::Kind::kMedia && now.media_end == kTimeMax;
  const int64_t open_end = to_media_end && !reverse() ? kTimeMax : end;
  const int64_t stop = std::max(start, std::min(open_end, range_.to_ns));
  segment_.time_ns = start;
  segment_.end_time_ns = stop;
  segment_.start_ns = clock_.MediaNs(now, start);
  segment_.stop_ns = stop == kTimeMax ? MediaEndNs() : clock_.MediaNs(now, stop);
  if (stop == now.end_ns) FitStop();
  segment_.rate = now.kind == Edit::Kind::kMedia ? now.rate : Edit().rate;
  covered_ns_ = segment_.start_ns;
  waits_until_ns_ = kTimeMin;
  loaded_ = false;
  begun_ = false;
  gap_due_ = false;
  phase_ = Phase::kSegment;
  SetDue(reverse() ? stop : start);
}

/// The end of an edit in movie time and the first tick past it in media time are rounded
/// apart from each other: what starts there must not be on display for a nanosecond.
void TrackPlayer::FitStop() {
  if (edit().kind != Edit::Kind::kMedia || edit().media_end == kTimeMax) return;
  const int64_t past_ns = clock_.PtsNs(edit().media_end);
  segment_.stop_ns = std::max(segment_.start_ns, std::min(segment_.stop_ns, past_ns));
}

Status TrackPlayer::PrepareStart() {
  if (phase_ != Phase::kFindStart) return {};
  ISO_CHECK(FindStart());
  phase_ = Phase::kSamples;
  return {};
}

Status TrackPlayer::Prepare() {
  ISO_CHECK(PrepareStart());
  if (phase_ == Phase::kSamples && !loaded_ && waits_until_ns_ == kTimeMin) {
    protection_known_ = false;
    ISO_CHECK(PrepareSample());
  }
  return loaded_ && crypto_ && !protection_known_ ? PrepareProtection() : Status();
}

Status TrackPlayer::FindStart() {
  if (edit().kind == Edit::Kind::kDwell) {
    const int64_t held = edit().media_start;
    ISO_TRY(dwell_on_, track_.samples->SampleAtPresentationTime(held));
    return walk_.Start(held, held, options_.lead_in, {});
  }
  const int64_t first = clock_.PtsShownAt(edit(), segment_.time_ns);
  const int64_t last = segment_.end_time_ns == kTimeMax
                           ? kTimeMax
                           : clock_.PtsShownAt(edit(), segment_.end_time_ns - 1);
  return walk_.Start(first, std::max(first, last), options_.lead_in, range_.mode);
}

Status TrackPlayer::PrepareSample() {
  const Status status = LoadSample();
  if (!status.ok() && status.error().code == Errc::kNothingInFragment) {
    Wait();
    return {};
  }
  if (!status.ok() && status.error().code == Errc::kEndOfTable) {
    EndEdit();
    return {};
  }
  if (!status.ok()) return status;
  loaded_ = true;
  begun_ = true;
  if (edit().kind == Edit::Kind::kDwell) FitDwell();
  PlanNext();
  return {};
}

/// The next sample of the edit, or kEndOfTable when nothing is left of it.
Status TrackPlayer::LoadSample() {
  while (true) {
    ISO_CHECK(walk_.Next(&walked_));
    SetTimes();
    if (track_.in_segments) LowerDts();
    if (!PastEdit()) return {};
    // In reverse what is past the stop ends a group, and others follow.
    if (!reverse() || range_.mode.key_units) return Error{Errc::kEndOfTable};
    walk_.EndGroup();
  }
}

/// The track has nothing in a fragment: other tracks go on meanwhile, and it looks again then.
void TrackPlayer::Wait() {
  const int64_t until_ns = clock_.DtsNs(walk_.nothing_before());
  if (SaturatingSubtract(until_ns, kApartNs) >= segment_.stop_ns) return EndEdit();
  // What was presented before a run of segments is nothing that it knows of.
  if (track_.in_segments && !begun_) covered_ns_ = std::max(until_ns, covered_ns_);
  waits_until_ns_ = std::max(until_ns, covered_ns_);
  SetDue(clock_.PresentationNs(edit(), covered_ns_));
}

void TrackPlayer::NoteFragment(Event* event) {
  const uint64_t number = event->sample.index;
  const uint64_t fragment = FragmentSamples::FragmentOf(number);
  if (fragment == fragment_) return;
  fragment_ = fragment;
  const auto place = static_cast<const FragmentSamples&>(*track_.samples).PlaceOf(number);
  if (fragment != 0 && place.ok() && !place->fragment->before.empty()) {
    event->fragment = place->fragment;
  }
}

/// Runs of many samples are for raw audio only, which is not encrypted.
Status TrackPlayer::PrepareProtection() {
  const Sample& sample = walked_.sample;
  const Status known = crypto_->At({sample.index, sample.description, sample.size}, &protection_);
  protection_known_ = known.ok();
  protection_from_ = known.ok() ? UINT64_MAX : known.error().offset;
  return known;
}

/// Decode times only rise and presentation times are never before them: nothing that
/// follows in decoding order can be shown before the stop.
bool TrackPlayer::PastEdit() {
  if (edit().kind == Edit::Kind::kDwell) return walked_.sample.index > dwell_on_;
  if (reverse() && range_.mode.key_units) return end_ns_ <= segment_.start_ns;
  return segment_.stop_ns != kTimeMax && dts_ns_ >= segment_.stop_ns;
}

void TrackPlayer::SetTimes() {
  const Sample& sample = walked_.sample;
  const int64_t duration = static_cast<int64_t>(sample.duration) * walked_.count;
  dts_ns_ = sample.dts == end_ticks_ ? end_ticks_ns_ : clock_.DtsNs(sample.dts);
  end_ticks_ = SaturatingAdd(sample.dts, duration);
  end_ticks_ns_ = clock_.DtsNs(end_ticks_);
  decode_only_ = walked_.reference;
  if (sample.pts == sample.dts && !clock_.shifted()) {
    pts_ns_ = dts_ns_;
    end_ns_ = end_ticks_ns_;
    return;
  }
  pts_ns_ = clock_.PtsNs(sample.pts);
  end_ns_ = clock_.PtsNs(SaturatingAdd(sample.pts, duration));
  dts_ns_ = std::min(dts_ns_, pts_ns_);
}

/// How far offsets go below zero is only known as fragments come. Presentation times cannot be
/// moved any more then, but decode times can.
void TrackPlayer::LowerDts() {
  const Sample& sample = walked_.sample;
  const uint64_t fragment = FragmentSamples::FragmentOf(sample.index);
  if (fragment != lowered_for_) {
    lowered_for_ = fragment;
    const auto place = static_cast<const FragmentSamples&>(*track_.samples).PlaceOf(sample.index);
    const TrackFragment* in = place.ok() ? place->fragment->Of(index_) : nullptr;
    if (in != nullptr) lowered_by_ = std::max(lowered_by_, -int64_t{in->least_offset});
  }
  if (lowered_by_ > 0) dts_ns_ = clock_.DtsNs(SaturatingSubtract(sample.dts, lowered_by_));
}

/// Holds one picture: what has to be decoded for it is not shown, and it lasts. Before the
/// first picture that one is held.
void TrackPlayer::FitDwell() {
  decode_only_ = walked_.sample.index != dwell_on_;
  if (decode_only_) return;
  pts_ns_ = std::min(pts_ns_, segment_.start_ns);
  dts_ns_ = std::min(dts_ns_, pts_ns_);
  end_ns_ = std::max(end_ns_, segment_.stop_ns);
}

/// When what is loaded is due. In reverse a group is due where it ends, all of it at once;
/// a sparse track's next sample may be far away: what is between is told in steps.
void TrackPlayer::PlanNext() {
  if (reverse()) {
    const int64_t end_pts = walk_.group_end_pts();
    const int64_t end_ns =
        end_pts == kTimeMax ? segment_.stop_ns : std::min(segment_.stop_ns, clock_.PtsNs(end_pts));
    SetDue(clock_.PresentationNs(edit(), end_ns));
    return;
  }
  gap_due_ = options_.sparse && pts_ns_ > covered_ns_;
  SetDue(clock_.PresentationNs(edit(), gap_due_ ? covered_ns_ : pts_ns_));
}

void TrackPlayer::EndEdit() {
  loaded_ = false;
  const auto& edits = track_.timeline.edits();
  const bool more = reverse()
                        ? edit_ > 0 && edits[edit_ - 1].end_ns > range_.from_ns
                        : edit_ + 1 < edits.size() && edits[edit_ + 1].start_ns < range_.to_ns;
  if (!more) {
    phase_ = Phase::kEnd;
    return;
  }
  edit_ += reverse() ? size_t{0} - 1 : 1;
  BeginEdit();
}

void TrackPlayer::Abandon() {
  loaded_ = false;
  gap_due_ = false;
  waits_until_ns_ = kTimeMin;
  phase_ = Phase::kEnd;
}

void TrackPlayer::Take(Event* event) {
  event->track = index_;
  switch (phase_) {
    case Phase::kSegment:
      TakeSegment(event);
      return;
    case Phase::kGap:
      TakeGap(event, segment_.start_ns, SaturatingSubtract(segment_.stop_ns, segment_.start_ns));
      EndEdit();
      return;
    case Phase::kFindStart:
    case Phase::kSamples:
      if (waits_until_ns_ != kTimeMin) {
        TakeWait(event);
      } else if (gap_due_) {
        const int64_t length = pts_ns_ - covered_ns_;
        TakeGap(event, covered_ns_, std::min(length, std::max(kGapStepNs, length / kMostGapSteps)));
        covered_ns_ += event->gap_duration_ns;
        PlanNext();
      } else {
        TakeSample(event);
      }
      return;
    case Phase::kEnd:
    case Phase::kOver:
      event->kind = Event::Kind::kEnd;
      phase_ = Phase::kOver;
      due_ = kTimeMax;
      return;
  }
}

void TrackPlayer::TakeSegment(Event* event) {
  event->kind = Event::Kind::kSegment;
  event->segment = segment_;
  const bool picture_held = edit().kind == Edit::Kind::kDwell && track_.kind == MediaKind::kVideo;
  const bool plays = edit().kind == Edit::Kind::kMedia || picture_held;
  phase_ = plays && !silent() ? Phase::kFindStart : Phase::kGap;
  if (segment_.start_ns == segment_.stop_ns) EndEdit();
}

void TrackPlayer::TakeGap(Event* event, int64_t start_ns, int64_t duration_ns) {
  event->kind = Event::Kind::kGap;
  event->gap_start_ns = start_ns;
  event->gap_duration_ns = duration_ns;
}

/// Sinks that have waited for long must be told that there is nothing.
void TrackPlayer::TakeWait(Event* event) {
  const int64_t length_ns = waits_until_ns_ - covered_ns_;
  if (length_ns > 0 && (options_.sparse || length_ns >= kGapStepNs)) {
    TakeGap(event, covered_ns_, length_ns);
  } else {
    event->kind = Event::Kind::kNothing;
  }
  covered_ns_ = waits_until_ns_;
  waits_until_ns_ = kTimeMin;
}

/// What of an audio sample lies outside its edit: encoders put frames in front and behind
/// that were never in the sound.
void TrackPlayer::SetClipping(Event* event) const {
  const Edit& now = edit();
  const int64_t duration = static_cast<int64_t>(walked_.sample.duration) * walked_.count;
  const int64_t pts = walked_.sample.pts;
  const int64_t before = SaturatingSubtract(now.media_start, pts);
  const int64_t behind = SaturatingSubtract(SaturatingAdd(pts, duration), now.media_end);
  event->clip_start = static_cast<uint32_t>(std::clamp<int64_t>(before, 0, duration));
  event->clip_end =
      static_cast<uint32_t>(std::clamp<int64_t>(behind, 0, duration - event->clip_start));
  if ((event->clip_start | event->clip_end) != 0) {
    const int64_t end_pts = pts + duration - event->clip_end;
    event->pts_ns = clock_.PtsNs(pts + event->clip_start);
    event->dts_ns = std::min(event->dts_ns, event->pts_ns);
    event->duration_ns = clock_.PtsNs(end_pts) - event->pts_ns;
  }
  // Packets decode to one length. A last one that lasts less is padded behind.
  if (duration < track_.packet_duration && track_.duration_is_exact &&
      pts + duration == track_.media_duration) {
    event->clip_end += track_.packet_duration - static_cast<uint32_t>(duration);
  }
}

void TrackPlayer::TakeSample(Event* event) {
  event->kind = Event::Kind::kSample;
  event->sample = walked_.sample;
  event->count = walked_.count;
  event->size = walked_.bytes;
  event->dts_ns = dts_ns_;
  event->pts_ns = pts_ns_;
  event->duration_ns = end_ns_ - pts_ns_;
  event->fragment.reset();
  if (track_.fragments != nullptr) NoteFragment(event);
  event->protection = protection_.exists() ? &protection_ : nullptr;
  event->discont = walked_.starts_group;
  event->decode_only = decode_only_;
  event->clip_start = event->clip_end = 0;
  if (clips_) SetClipping(event);
  covered_ns_ = std::max(covered_ns_, end_ns_);
  loaded_ = false;
}

Result<uint64_t> TrackPlayer::LeastNeeded() {
  if (phase_ == Phase::kOver || phase_ == Phase::kEnd) return UINT64_MAX;
  ISO_TRY(const uint64_t now, LeastNeededNow());
  ISO_TRY(const uint64_t later, LeastNeededLater());
  return std::min(now, later);
}

Result<uint64_t> TrackPlayer::LeastNeededNow() const {
  if (phase_ == Phase::kGap) return UINT64_MAX;
  if (!begun_) return LeastNeededBy(edit());
  ISO_TRY(const uint64_t behind, track_.samples->LeastOffsetBehind(walked_.sample.index));
  const uint64_t protection = loaded_ && crypto_ ? protection_from_ : UINT64_MAX;
  return std::min({walked_.sample.offset, behind, protection});
}

Result<uint64_t> TrackPlayer::LeastNeededLater() {
  if (later_than_ == edit_) return later_;
  const auto& edits = track_.timeline.edits();
  if (edits.size() - edit_ > kMostEditsAhead) return 0;
  uint64_t least = UINT64_MAX;
  for (size_t i = edit_ + 1; i < edits.size() && edits[i].start_ns < range_.to_ns; ++i) {
    ISO_TRY(const uint64_t needed, LeastNeededBy(edits[i]));
    least = std::min(least, needed);
  }
  later_ = least;
  later_than_ = edit_;
  return least;
}

Result<uint64_t> TrackPlayer::LeastNeededBy(const Edit& edit) const {
  const bool picture_held = edit.kind == Edit::Kind::kDwell && track_.kind == MediaKind::kVideo;
  if (edit.kind != Edit::Kind::kMedia && !picture_held) return UINT64_MAX;
  // Packets begin somewhere before their frames.
  if (track_.packing.frames > 0) return 0;
  const int64_t first = picture_held ? edit.media_start
                                     : clock_.PtsShownAt(edit, std::max(range_.from_ns, edit.start_ns));
  ISO_TRY(const uint64_t n, SyncFinder(track_).DecodeStart(first, options_.lead_in));
  ISO_TRY(const Sample sample, track_.samples->At(n));
  ISO_TRY(const uint64_t behind, track_.samples->LeastOffsetBehind(n));
  return std::min(sample.offset, behind);
}

}  // namespace iso
