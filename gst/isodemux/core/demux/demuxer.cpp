// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/demux/demuxer.h"

#include <algorithm>

#include "core/movie/box_loader.h"

namespace iso {
namespace {

/// Samples outside the file passed over in one call: whoever calls may want to stop.
constexpr int kMostLostAtOnce = 1024;

/// A track that has handed out this much gives way: what holds the data downstream is limited
/// in bytes, too.
constexpr uint64_t kMostRunBytes = 256 << 10;

}  // namespace

Demuxer::Demuxer(std::shared_ptr<ByteSource> source,
                 const MovieOptions& options,
                 Diagnostics* diagnostics)
    : stream_(options.streamed
                  ? std::make_shared<StreamSource>(
                        std::move(source), options.limits, options.segments.has_value())
                  : nullptr),
      growing_(options.growing && !stream_ ? std::make_shared<GrowingSource>(source) : nullptr),
      source_(stream_    ? std::shared_ptr<ByteSource>(stream_)
              : growing_ ? std::shared_ptr<ByteSource>(growing_)
                         : std::move(source)),
      options_(options),
      diagnostics_(diagnostics) {
}

Status Demuxer::Open() {
  if (options_.segments && options_.segments->headerless) {
    stream_->GatherNothing();
  } else if (stream_) {
    ISO_CHECK(stream_->Gather());
  }
  if (growing_) growing_->SetSized(false);
  ISO_TRY(movie_, ReadMovie(source_, options_, diagnostics_));
  if (stream_) stream_->Release();
  lost_.assign(movie_->tracks.size(), false);
  players_.clear();
  players_.reserve(movie_->tracks.size());
  for (size_t i = 0; i < movie_->tracks.size(); ++i) {
    players_.emplace_back(movie_->tracks[i], i);
  }
  if (!growing_) return {};
  growing_->SetSized(true);  // until the seek
  known_end_.emplace(*movie_);
  return LookForEnd();
}

int64_t Demuxer::end_ns() const {
  const bool known = !known_end_ || movie_->duration_ns != kTimeMax;
  return known ? movie_->duration_ns : known_end_->end_ns();
}

Status Demuxer::LookForEnd() {
  if (!known_end_) return {};
  const GrowingSource::Sized sized(*growing_);
  return known_end_->Look(growing_->present_size().value_or(0));
}

void Demuxer::SetEnded(bool ended) {
  if (growing_) growing_->SetEnded(ended);
  waits_at_size_.reset();
}

void Demuxer::SetTrackOptions(size_t track, const TrackOptions& options) {
  players_[track].SetOptions(options);
}

const TrackPlayer* Demuxer::Reference() const {
  for (const MediaKind kind : {MediaKind::kVideo, MediaKind::kAudio}) {
    for (size_t i = 0; i < players_.size(); ++i) {
      if (players_[i].options().active && movie_->tracks[i].kind == kind) return &players_[i];
    }
  }
  return nullptr;
}

Result<PlayRange> Demuxer::Seek(const SeekRequest& request) {
  ISO_TRY(const PlayRange range, Resolve(request));
  // Only what is played on and on follows a growing file.
  if (growing_) growing_->SetSized(request.mode.reverse || request.mode.key_units);
  StartPlayers(range);
  range_ = range;
  return range;
}

void Demuxer::Suspend(size_t track) {
  std::erase_if(queue_, [&](const Due& due) { return due.player == track; });
  std::sort(queue_.begin(), queue_.end());
}

void Demuxer::Resume(size_t track, int64_t from_ns) {
  Suspend(track);
  PlayRange range = range_;
  int64_t& beginning = range.mode.reverse ? range.to_ns : range.from_ns;
  beginning = std::clamp(from_ns, range.from_ns, range.to_ns);
  players_[track].Start(range);
  queue_.push_back(Due{players_[track].due(), static_cast<uint32_t>(track)});
  std::sort(queue_.begin(), queue_.end());
}

Result<PlayRange> Demuxer::Resolve(const SeekRequest& request) const {
  std::optional<StreamSource::Shown> shown;
  if (stream_) shown.emplace(*stream_);
  std::optional<GrowingSource::Sized> sized;
  if (growing_) sized.emplace(*growing_);
  const int64_t end = end_ns();
  PlayRange range;
  range.mode = request.mode;
  const int64_t start = std::min(movie_->start_ns, end);
  range.from_ns = std::clamp<int64_t>(request.start_ns, start, end);
  range.to_ns = std::max(range.from_ns, request.stop_ns);
  if (range.mode.reverse) range.to_ns = std::min(range.to_ns, end);
  int64_t& beginning = range.mode.reverse ? range.to_ns : range.from_ns;
  const TrackPlayer* reference = Reference();
  if (request.key_unit && reference != nullptr) {
    const SyncFinder finder(reference->track());
    ISO_TRY(beginning, finder.Land(beginning, request.snap));
    range.to_ns = std::max(range.from_ns, range.to_ns);
  }
  return range;
}

Result<uint64_t> Demuxer::LeastNeededFor(const PlayRange& range) const {
  std::optional<StreamSource::Shown> shown;
  if (stream_) shown.emplace(*stream_);
  uint64_t least = UINT64_MAX;
  for (size_t i = 0; i < players_.size(); ++i) {
    if (!players_[i].options().active) continue;
    TrackPlayer probe(movie_->tracks[i], i);
    probe.SetOptions(players_[i].options());
    probe.Start(range);
    ISO_TRY(const uint64_t needed, probe.LeastNeeded());
    least = std::min(least, needed);
  }
  return least;
}

void Demuxer::StartPlayers(const PlayRange& range) {
  queue_.clear();
  for (size_t i = 0; i < players_.size(); ++i) {
    if (!players_[i].options().active) continue;
    players_[i].Start(range);
    const int64_t due = stream_ ? 0 : players_[i].due();
    queue_.push_back(Due{due, static_cast<uint32_t>(i)});
  }
  std::sort(queue_.begin(), queue_.end());  // a sorted list is a heap
  reached_ns_ = kTimeMin;
  gap_ns_ = kTimeMax;
  window_ns_ = 0;
  run_bytes_ = 0;
}

Status Demuxer::Next(Event* event) {
  if (growing_) TryWaiting();
  for (int tries = 0; tries < kMostLostAtOnce; ++tries) {
    ISO_CHECK(PrepareTop());
    if (queue_.empty()) {
      event->kind = Event::Kind::kAllEnded;
      return {};
    }
    if (stream_ && TakeGap(event)) return {};
    TrackPlayer& player = players_[queue_.front().player];
    player.Take(event);
    queue_.front().stale = true;
    run_bytes_ += event->kind == Event::Kind::kSample ? event->size : 0;
    if (event->kind != Event::Kind::kSample || Keep(event)) return {};
  }
  event->kind = Event::Kind::kNothing;
  return {};
}

/// The track that was served last finds out what it has next and takes its place among
/// the others. One that turns out damaged ends there, the others go on.
Status Demuxer::PrepareTop() {
  while (!queue_.empty() && queue_.front().stale) {
    Due& top = queue_.front();
    if (top.waits) return waits_for_;
    TrackPlayer& player = players_[top.player];
    if (const Status status = Prepare(player); !status.ok()) {
      const bool not_yet = status.error().code == Errc::kNotYet;
      if (not_yet && (Defer(status.error()) || SetAside(status.error()))) continue;
      if (IsSourceError(status.error().code)) return status;
      if (diagnostics_ != nullptr) diagnostics_->Report(status.error());
      player.Abandon();
    }
    SiftTop();
  }
  if (search_) EndSearch();
  return {};
}

Status Demuxer::Prepare(TrackPlayer& player) {
  if (growing_) {
    const GrowingSource::Sized sized(*growing_);
    ISO_CHECK(player.PrepareStart());
  }
  return player.Prepare();
}

/// A track that has come to the end of a growing file waits until the others have, too.
bool Demuxer::SetAside(const Error& not_yet) {
  if (!growing_) return false;
  const bool first =
      std::none_of(queue_.begin(), queue_.end(), [](const Due& due) { return due.waits; });
  if (first || not_yet.offset + not_yet.length < waits_for_.offset + waits_for_.length) {
    waits_for_ = not_yet;
  }
  Due moving = queue_.front();
  moving.due = kTimeMax;
  moving.waits = true;
  SiftDown(moving);
  return true;
}

/// Once the file has grown those who waited take their places again.
void Demuxer::TryWaiting() {
  const auto size = growing_->present_size();
  if (size == waits_at_size_) return;
  waits_at_size_ = size;
  for (Due& due : queue_) {
    if (due.waits) due.due = players_[due.player].due();
    due.waits = false;
  }
  std::sort(queue_.begin(), queue_.end());
}

/// What a track needs may lie behind what others need: then it is theirs to go first. Not so for
/// what is needed to decrypt: that may lie anywhere, and its samples' turn is now.
bool Demuxer::Defer(const Error& not_yet) {
  if (not_yet.box == kAuxiliaryInformation) return false;
  Due moving = queue_.front();
  const auto offset = static_cast<int64_t>(std::min<uint64_t>(not_yet.offset, INT64_MAX));
  if (!stream_ || search_ || offset <= moving.due) return false;
  moving.due = offset;
  SiftDown(moving);
  return true;
}

void Demuxer::BeginSearch() {
  if (stream_ && !search_) search_.emplace(*stream_);
}

/// Where it begins is known once every track has found its start.
void Demuxer::EndSearch() {
  const bool looking = std::any_of(queue_.begin(), queue_.end(), [this](const Due& due) {
    return players_[due.player].looks_for_start();
  });
  if (!looking) search_.reset();
}

void Demuxer::SiftTop() {
  Due moving = queue_.front();
  const TrackPlayer& player = players_[moving.player];
  if (player.over()) {
    moving = queue_.back();
    queue_.pop_back();
  } else {
    moving.due = stream_ ? static_cast<int64_t>(player.offset()) : player.due();
    moving.stale = false;
    if (player.gap_due()) gap_ns_ = std::min(gap_ns_, player.due());
    queue_.front() = moving;
    if (StaysOnTop()) return;
  }
  SiftDown(moving);
}

/// Puts `moving` in the place that the top leaves.
void Demuxer::SiftDown(Due moving) {
  run_bytes_ = 0;
  size_t hole = 0;
  const size_t n = queue_.size();
  while (2 * hole + 1 < n) {
    size_t child = 2 * hole + 1;
    if (child + 1 < n && queue_[child + 1] < queue_[child]) ++child;
    if (!(queue_[child] < moving)) break;
    queue_[hole] = queue_[child];
    hole = child;
  }
  // A track served later may be on top now: it has been prepared when it was put in.
  if (n > 0) queue_[hole] = moving;
}

/// Whether the track served last may go on, though another one may be due before it.
bool Demuxer::StaysOnTop() const {
  if (window_ns_ == 0 || run_bytes_ > kMostRunBytes) return false;
  int64_t next = kTimeMax;
  for (size_t child = 1; child < std::min<size_t>(3, queue_.size()); ++child) {
    next = std::min(next, queue_[child].due);
  }
  return queue_.front().due <= SaturatingAdd(next, window_ns_);
}

/// In the order of the file a gap has no place: it is due once other tracks have got there.
bool Demuxer::TakeGap(Event* event) {
  const TrackPlayer& top = players_[queue_.front().player];
  if (top.due() != kTimeMax) reached_ns_ = std::max(reached_ns_, top.due());
  if (reached_ns_ < gap_ns_) return false;
  for (TrackPlayer& player : players_) {
    if (!player.options().active || !player.gap_due() || player.due() > reached_ns_) continue;
    player.Take(event);
    PlanGaps();
    return true;
  }
  PlanGaps();
  return false;
}

void Demuxer::PlanGaps() {
  gap_ns_ = kTimeMax;
  for (const TrackPlayer& player : players_) {
    if (player.options().active && player.gap_due()) gap_ns_ = std::min(gap_ns_, player.due());
  }
}

uint64_t Demuxer::LeastNeeded() {
  if (movie_ == nullptr) return stream_ ? stream_->LeastNeeded() : 0;
  uint64_t least = UINT64_MAX;
  for (const Due& due : queue_) {
    const Result<uint64_t> needed = players_[due.player].LeastNeeded();
    least = std::min(least, needed.ok() ? *needed : 0);
  }
  return least;
}

/// False: nothing is left of the sample, and it has been counted.
bool Demuxer::Keep(Event* event) {
  if (!TrimToFile(event)) return false;
  const SampleProtection* protection = event->protection;
  if (protection == nullptr || protection->state != SampleProtection::State::kLost) return true;
  TellLoss(*event, Errc::kSampleUndecryptable, FourCC("senc"));
  stats_.lost_samples += event->count;
  stats_.lost_bytes += event->size;
  lost_[event->track] = true;
  return false;
}

/// Only the first loss is told; the others are counted.
void Demuxer::TellLoss(const Event& event, Errc why, FourCC box) {
  if (stats_.lost_samples > 0 || diagnostics_ == nullptr) return;
  diagnostics_->Report(Error{why, box, event.sample.offset, event.size});
}

/// Samples outside the file are left out.
bool Demuxer::TrimToFile(Event* event) {
  const auto file_size = source_->size();
  if (!file_size) return true;
  const uint64_t offset = event->sample.offset;
  const bool too_large = event->size > options_.limits.max_sample_bytes;
  const uint64_t room = offset < *file_size && !too_large ? *file_size - offset : 0;
  const bool follows_loss = lost_[event->track] != 0;
  lost_[event->track] = event->size > room;
  event->discont = event->discont || follows_loss;
  if (event->size <= room) return true;
  const uint64_t one = event->size / event->count;
  const bool divisible = event->count > 1 && one * event->count == event->size;
  const auto kept = static_cast<uint32_t>(divisible ? room / one : 0);
  if (!too_large && source_->may_grow()) return false;
  TellLoss(*event, too_large ? Errc::kSampleTooLarge : Errc::kSampleBeyondFile, FourCC("stco"));
  stats_.lost_samples += event->count - kept;
  stats_.lost_bytes += event->size - kept * one;
  if (kept == 0) return false;
  event->duration_ns = event->duration_ns / event->count * kept +
                       event->duration_ns % event->count * kept / event->count;
  event->count = kept;
  event->size = kept * one;
  return true;
}

}  // namespace iso
