// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/fragment_index.h"

#include <algorithm>
#include <utility>

namespace iso {
namespace {

/// Fragments kept as a whole: each track may be in one of its own.
constexpr size_t kMostRecent = 6;

/// Probes in one search at most. Each third one halves the bytes that are left, so that this
/// is enough for any file.
constexpr int kMostProbes = 160;

/// So many fragments are rather walked through than bisected.
constexpr uint64_t kNearFragments = 4;

/// Fragments remembered with their times where they do not say them.
constexpr size_t kMostSteps = 1024;

/// Fragments that a search goes back over at most, one by one.
constexpr int kMostStepsBack = 16;

}  // namespace

FragmentIndex::FragmentIndex(std::shared_ptr<ByteSource> source,
                             std::vector<FragmentTrack> tracks,
                             uint64_t begin,
                             const Limits& limits,
                             Diagnostics* diagnostics)
    : source_(std::move(source)),
      tracks_(std::move(tracks)),
      begin_(begin),
      limits_(limits),
      diagnostics_(diagnostics),
      mend_offsets_(std::any_of(
          tracks_.begin(), tracks_.end(), [](const auto& track) { return track.any_id; })),
      scanner_(*source_, limits_) {
  for (const FragmentTrack& track : tracks_) {
    first_times_.push_back(track.table_duration);
  }
}

// Reading fragments.

Result<FragmentRef> FragmentIndex::Load(const FoundFragment& found, const Times& times) const {
  const bool placed = !times.empty();
  const FragmentRef recent = Recall(found.moof.offset);
  const bool complete = recent && (recent->followed || !found.followed);
  if (complete && (recent->times_known || !placed)) return recent;
  const FragmentContext context{tracks_, limits_, diagnostics_, times, mend_offsets_};
  ISO_TRY(const std::shared_ptr<Fragment> fragment, ReadFragment(found.moof, *source_, context));
  fragment->before = found.before;
  fragment->followed = found.followed;
  const bool timed =
      std::all_of(fragment->tracks.begin(), fragment->tracks.end(), [](const TrackFragment& each) {
        return each.decode_time.has_value();
      });
  if (!timed) in_order_only_ = true;
  Remember(fragment);
  return FragmentRef(fragment);
}

FragmentRef FragmentIndex::Recall(uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  if (first_ && first_->offset == offset) return first_;
  const auto found = std::find_if(recent_.begin(), recent_.end(), [&](const FragmentRef& each) {
    return each->offset == offset;
  });
  if (found == recent_.end()) return nullptr;
  std::rotate(recent_.begin(), found, found + 1);
  return recent_.front();
}

void FragmentIndex::Remember(const FragmentRef& fragment) const {
  FragmentRef dropped;  // freed after the lock
  const std::lock_guard lock(mutex_);
  std::erase_if(recent_, [&](const FragmentRef& each) { return each->offset == fragment->offset; });
  if (recent_.size() == kMostRecent) {
    dropped = std::move(recent_.back());
    recent_.pop_back();
  }
  recent_.insert(recent_.begin(), fragment);
}

/// The first fragment from a box boundary on, which follows one that ends at these times.
Result<FragmentRef> FragmentIndex::FollowedFrom(uint64_t offset,
                                                uint64_t data_end,
                                                const Times& times,
                                                bool* loss) const {
  while (true) {
    uint64_t at_end = 0;
    ISO_TRY(const std::optional<FoundFragment> found, scanner_.Next(offset, data_end, &at_end));
    if (at_end > 0 && !source_->may_grow()) Forget(at_end, source_->size().value_or(0));
    if (!found) return Error{Errc::kEndOfTable, FourCC("moof"), offset};
    *loss = *loss || found->lost_bytes > 0;
    if (found->lost_bytes > 0) Forget(found->lost_bytes, found->moof.offset);
    const Result<FragmentRef> fragment = Load(*found, times);
    if (fragment.ok() || fragment.error().code != Errc::kBoxTooLarge) return fragment;
    if (diagnostics_ != nullptr) diagnostics_->Report(fragment.error());
    offset = found->moof.end;
  }
}

/// Counts bytes that could not be made out, each of them once.
void FragmentIndex::Forget(uint64_t lost, uint64_t offset) const {
  {
    const std::lock_guard lock(mutex_);
    if (offset <= loss_seen_to_) return;
    loss_seen_to_ = offset;
  }
  resyncs_.fetch_add(1, std::memory_order_relaxed);
  lost_bytes_.fetch_add(lost, std::memory_order_relaxed);
  if (diagnostics_ != nullptr) {
    diagnostics_->Report(Error{Errc::kFragmentDamaged, FourCC("moof"), offset - lost, lost});
  }
}

Result<FragmentRef> FragmentIndex::First() const {
  {
    const std::lock_guard lock(mutex_);
    if (first_) return first_;
  }
  bool loss = false;
  ISO_TRY(const FragmentRef first, FollowedFrom(begin_, begin_, first_times_, &loss));
  const std::lock_guard lock(mutex_);
  return first_ = first;
}

Result<FragmentRef> FragmentIndex::After(const Fragment& fragment) const {
  if (const uint64_t next = fragment.next.load(std::memory_order_relaxed)) {
    if (FragmentRef recent = Recall(next); recent && recent->followed) return recent;
  }
  bool loss = false;
  const uint64_t resume = fragment.resume.load(std::memory_order_relaxed);
  ISO_TRY(const FragmentRef next,
          FollowedFrom(resume ? resume : fragment.end,
                       fragment.data_end,
                       fragment.next_decode_times,
                       &loss));
  fragment.loss_follows.store(loss, std::memory_order_relaxed);
  if (in_order_only_) NoteStep(*next, fragment.next_decode_times);
  fragment.next.store(next->offset, std::memory_order_relaxed);
  return next;
}

uint64_t FragmentIndex::ReadsOnFrom(const Fragment& fragment) const {
  if (const uint64_t known = fragment.resume.load(std::memory_order_relaxed)) return known;
  const Result<uint64_t> behind = scanner_.BehindData(fragment.end);
  if (!behind.ok()) return fragment.end;
  fragment.resume.store(*behind, std::memory_order_relaxed);
  return *behind;
}

/// The fragment at a place where its moof is said to be, or a box in front of it.
Result<FragmentRef> FragmentIndex::LoadAt(uint64_t offset) const {
  if (FragmentRef recent = Recall(offset)) return recent;
  uint64_t at_end = 0;
  ISO_TRY(std::optional<FoundFragment> found, scanner_.Next(offset, offset, &at_end));
  if (found) found->followed = false;
  if (!found || found->lost_bytes > 0) return Error{Errc::kEndOfTable, FourCC("moof"), offset};
  return Load(*found, {});
}

Result<FragmentRef> FragmentIndex::AtPlace(uint64_t offset) const {
  {
    const std::lock_guard lock(mutex_);
    const auto is_there = [&](const FragmentRef& each) {
      return each && each->offset >= offset && each->offset - offset < kPlaceBytes;
    };
    if (is_there(first_)) return first_;
    const auto found = std::find_if(recent_.begin(), recent_.end(), is_there);
    if (found != recent_.end()) return *found;
  }
  if (!in_order_only_) {
    ISO_TRY(const std::optional<BoxHeader> moof, scanner_.Search(offset, offset + kPlaceBytes));
    if (!moof) return Error{Errc::kEndOfTable, FourCC("moof"), offset};
    ISO_TRY(const FragmentRef fragment, Load({*moof}, {}));
    if (fragment->times_known) return fragment;
  }
  ISO_TRY(const FragmentRef step, InOrderFrom(offset + kPlaceBytes, kTimeMax));
  return WalkUpTo(step, offset + kPlaceBytes);
}

// Fragments that do not say when they start.

/// Remembers that `fragment` follows one that ends at these times.
void FragmentIndex::NoteStep(const Fragment& fragment, const Times& times) const {
  const std::lock_guard lock(mutex_);
  if (times.empty() || (!steps_.empty() && fragment.offset <= steps_.back().offset)) return;
  if (++steps_passed_ < step_stride_) return;
  steps_passed_ = 0;
  steps_.push_back({fragment.offset, fragment.start_ns, times});
  if (steps_.size() < kMostSteps) return;
  for (size_t i = 0; i < steps_.size() / 2; ++i) {
    steps_[i] = std::move(steps_[2 * i]);
  }
  steps_.resize(steps_.size() / 2);
  step_stride_ *= 2;
}

/// The last fragment remembered that begins before a byte and starts by a time; else the first.
Result<FragmentRef> FragmentIndex::InOrderFrom(uint64_t end, int64_t time_ns) const {
  Step step{begin_, 0, first_times_};
  {
    const std::lock_guard lock(mutex_);
    for (const Step& each : steps_) {
      if (each.offset >= end || each.start_ns > time_ns) break;
      step = each;
    }
  }
  bool loss = false;
  return FollowedFrom(step.offset, step.offset, step.times, &loss);
}

// Backwards.

Result<FragmentRef> FragmentIndex::Before(const Fragment& fragment) const {
  ISO_TRY(const FragmentRef before, LastBefore(fragment.offset));
  before->next.store(fragment.offset, std::memory_order_relaxed);
  return before;
}

/// The last fragment that begins before byte `end`. What looks like one further back than the
/// last may be sample data; it is the one only if nothing but it lies before `end`.
Result<FragmentRef> FragmentIndex::LastBefore(uint64_t end) const {
  {
    const std::lock_guard lock(mutex_);
    for (const FragmentRef& each : recent_) {
      if (each->next.load(std::memory_order_relaxed) == end) return each;
    }
  }
  uint64_t to = end;
  while (!in_order_only_ && to > begin_) {
    ISO_TRY(const std::optional<BoxHeader> moof, scanner_.SearchLast(begin_, to));
    if (!moof) break;
    to = moof->offset;
    const Result<FragmentRef> found = Load({*moof}, {});
    if (!found.ok()) return found;
    if ((*found)->tracks.empty() || in_order_only_) continue;
    return WalkUpTo(*found, end);
  }
  ISO_TRY(const FragmentRef first, InOrderFrom(end, kTimeMax));
  return WalkUpTo(first, end);
}

/// From a fragment on to the last one that begins before byte `end`.
Result<FragmentRef> FragmentIndex::WalkUpTo(FragmentRef from, uint64_t end) const {
  if (from->offset >= end) return Error{Errc::kEndOfTable, FourCC("moof"), end};
  while (from->data_end != end) {
    const Result<FragmentRef> next = After(*from);
    if (!next.ok() && next.error().code == Errc::kEndOfTable) return from;
    if (!next.ok()) return next.error();
    if ((*next)->offset >= end) return from;
    from = *next;
  }
  return from;
}

Result<FragmentRef> FragmentIndex::Last() const {
  const auto size = source_->size();
  if (!size) return Error{Errc::kEndOfTable};
  return LastBefore(*size);
}

// By time.

Result<FragmentRef> FragmentIndex::Find(size_t track, int64_t decode_time) const {
  const int64_t time_ns = ToNanoseconds(decode_time, tracks_[track].timescale);
  if (in_order_only_) {
    ISO_TRY(const FragmentRef step, InOrderFrom(UINT64_MAX, time_ns));
    return WalkTo(step, track, decode_time);
  }
  ISO_TRY(Bracket bracket, BracketOf(time_ns));
  ISO_CHECK(Bisect(time_ns, &bracket));
  if (in_order_only_) return Find(track, decode_time);
  return WalkTo(bracket.low, track, decode_time);
}

/// What anchors say.
Result<FragmentIndex::Bracket> FragmentIndex::BracketOf(int64_t time_ns) const {
  std::optional<Anchor> low;
  std::optional<Anchor> high;
  {
    const std::lock_guard lock(mutex_);
    low = anchors_.AtOrBefore(time_ns);
    high = anchors_.After(time_ns);
  }
  Bracket bracket;
  bracket.high = high ? high->offset : source_->size().value_or(0);
  bracket.high_ns = high ? high->time_ns : kTimeMax;
  if (low) {
    Result<FragmentRef> known = LoadAt(low->offset);
    const bool borne_out = known.ok() && (*known)->start_ns <= time_ns;
    if (!known.ok() && known.error().code != Errc::kEndOfTable) return known.error();
    if (borne_out) {
      bracket.low = std::move(*known);
      return bracket;
    }
  }
  ISO_TRY(bracket.low, First());
  return bracket;
}

/// Moves both ends towards each other until few fragments are left between them.
Status FragmentIndex::Bisect(int64_t time_ns, Bracket* bracket) const {
  for (int tries = 0; tries < kMostProbes; ++tries) {
    const Fragment& low = *bracket->low;
    const uint64_t length = std::max<uint64_t>(low.data_end - low.offset, 1024);
    if (low.start_ns >= time_ns || bracket->high <= low.data_end) break;
    if ((bracket->high - low.offset) / length <= kNearFragments) break;
    const uint64_t guess = Guess(*bracket, time_ns, tries);
    const Result<FragmentRef> probe = Probe(*bracket, guess);
    if (!probe.ok() && probe.error().code != Errc::kEndOfTable) return probe.error();
    if (in_order_only_) return {};
    if (!probe.ok() || (*probe)->start_ns > time_ns) {
      if (probe.ok()) bracket->high_ns = (*probe)->start_ns;
      bracket->high = guess;
    } else {
      bracket->low = *probe;
    }
  }
  return {};
}

/// Where the time should be, if it passes evenly; now and then the middle, for when not.
uint64_t FragmentIndex::Guess(const Bracket& bracket, int64_t time_ns, int tries) {
  const uint64_t begin = bracket.low->data_end;
  const uint64_t span = bracket.high - begin;
  const int64_t low_ns = bracket.low->start_ns;
  if (tries % 3 == 2 || bracket.high_ns == kTimeMax || bracket.high_ns <= low_ns) {
    return begin + span / 2;
  }
  const double share =
      static_cast<double>(time_ns - low_ns) / static_cast<double>(bracket.high_ns - low_ns);
  // A little early, so that what is found is rather before than behind; never at an end.
  const double from_low = std::clamp(
      share - 0.5 * static_cast<double>(begin - bracket.low->offset) / static_cast<double>(span),
      1.0 / 64,
      63.0 / 64);
  return begin + static_cast<uint64_t>(from_low * static_cast<double>(span));
}

/// The first fragment from a guess on, inside the bracket.
Result<FragmentRef> FragmentIndex::Probe(const Bracket& bracket, uint64_t guess) const {
  ISO_TRY(const std::optional<BoxHeader> moof, scanner_.Search(guess, bracket.high));
  if (!moof) return Error{Errc::kEndOfTable, FourCC("moof"), guess};
  ISO_TRY(const FragmentRef fragment, Load({*moof}, {}));
  const std::lock_guard lock(mutex_);
  if (fragment->times_known && fragment->start_ns != kTimeMax) {
    anchors_.Add(Anchor{fragment->offset, fragment->start_ns});
  }
  return fragment;
}

/// From a fragment on to the last one with samples of the track that starts by a time.
Result<FragmentRef> FragmentIndex::WalkTo(FragmentRef from,
                                          size_t track,
                                          int64_t decode_time) const {
  const int64_t time_ns = ToNanoseconds(decode_time, tracks_[track].timescale);
  FragmentRef best;
  FragmentRef at = from;
  while (true) {
    const TrackFragment* samples = at->Of(track);
    if (samples != nullptr && samples->base > decode_time) break;
    if (samples == nullptr && at->start_ns != kTimeMax && at->start_ns > time_ns) break;
    if (samples != nullptr) best = at;
    const Result<FragmentRef> next = After(*at);
    if (!next.ok() && next.error().code == Errc::kEndOfTable) break;
    if (!next.ok()) return next.error();
    at = *next;
  }
  if (best) return best;
  return WalkBack(std::move(from), track, decode_time);
}

/// Tracks of one fragment need not start at the same time, nor be in each fragment.
Result<FragmentRef> FragmentIndex::WalkBack(FragmentRef from,
                                            size_t track,
                                            int64_t decode_time) const {
  FragmentRef at = from;
  for (int steps = 0; steps < kMostStepsBack; ++steps) {
    const Result<FragmentRef> before = Before(*at);
    if (!before.ok() && before.error().code == Errc::kEndOfTable) return at;
    if (!before.ok()) return before.error();
    at = *before;
    const TrackFragment* samples = at->Of(track);
    if (samples != nullptr && samples->base <= decode_time) return at;
  }
  return from;
}

void FragmentIndex::AddAnchors(std::vector<Anchor> anchors) const {
  const std::lock_guard lock(mutex_);
  anchors_.Add(std::move(anchors));
}

FragmentStats FragmentIndex::stats() const {
  return {resyncs_.load(std::memory_order_relaxed), lost_bytes_.load(std::memory_order_relaxed)};
}

size_t FragmentIndex::Bytes() const {
  const std::lock_guard lock(mutex_);
  size_t bytes = anchors_.Bytes();
  for (const FragmentRef& fragment : recent_) {
    bytes += sizeof(Fragment) + fragment->bytes.capacity();
    for (const TrackFragment& track : fragment->tracks) {
      bytes += sizeof(TrackFragment) + track.runs.capacity() * sizeof(TrackRun);
    }
  }
  return bytes;
}

}  // namespace iso
