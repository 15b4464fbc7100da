// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/fragment_index.h"

#include <algorithm>
#include <utility>

#include "core/fragment/fragment_hints.h"
#include "core/fragment/stored_anchors.h"

namespace iso {
namespace {

constexpr uint64_t kMostHashed = 64 << 10;  ///< bytes by which a movie header is known again

/// Fragments in use, kept as a whole: each track may be in one of its own. Small ones more than
/// that: going back to a sync sample may lead over many, and where bytes come only once each of
/// them would have to be gone back to with each try.
constexpr size_t kMostInUse = 6;
constexpr size_t kMostRecent = 64;
constexpr size_t kMostKeptBytes = 256 << 10;

/// Probes in one search at most. Each third one halves the bytes that are left, so that this
/// is enough for any file.
constexpr int kMostProbes = 160;

/// So many fragments are rather walked through than bisected, or so many bytes.
constexpr uint64_t kNearFragments = 4;
constexpr uint64_t kNearBytes = 64 << 10;

/// Where the time should be after all, if guesses were right, this many fragments before it is
/// where to look: the one looked for is then the next, and not the last.
constexpr double kEarlyFragments = 1.125;

/// An mfra larger than this is not read: what it is to spare would be less.
constexpr uint64_t kMostAccessBytes = 8u << 20;

/// A fragment that holds nothing to speak of.
constexpr uint64_t kShortFragment = 1024;

uint64_t LengthOf(const Fragment& fragment) {
  return std::max(fragment.data_end - fragment.offset, kShortFragment);
}

/// Searches for a time that are remembered: each track may have one of its own.
constexpr size_t kMostSearches = 8;

/// Fragments remembered with their times where they do not say them.
constexpr size_t kMostSteps = 1024;
constexpr size_t kFewestSteps = 16;

/// What a row of steps begins with.
constexpr size_t kStepOffset = 0;
constexpr size_t kStepStart = 1;
constexpr size_t kStepTimes = 2;

/// Fragments that a search goes back over at most, one by one.
constexpr int kMostStepsBack = 16;

}  // namespace

FragmentIndex::FragmentIndex(FragmentFile file, std::vector<FragmentTrack> tracks, uint64_t begin)
    : file_(std::move(file)),
      tracks_(std::move(tracks)),
      begin_(begin),
      mend_offsets_(std::any_of(
          tracks_.begin(), tracks_.end(), [](const auto& track) { return track.any_id; })),
      scanner_(*file_.source, file_.limits),
      kept_room_(kMostKeptBytes),
      anchors_(memory()),
      steps_(memory(), kStepTimes + tracks_.size()),
      most_steps_(kMostSteps) {
  for (const FragmentTrack& track : tracks_) {
    first_times_.push_back(track.table_duration);
  }
  memory().RaiseFloor(Anchors::kFewest * sizeof(Anchor) + kFewestSteps * StepBytes(), 0);
  memory().Join(this);
}

FragmentIndex::~FragmentIndex() {
  memory().Leave(this);
  CountKept(0);
}

// Memory.

size_t FragmentIndex::StepBytes() const {
  return (kStepTimes + tracks_.size()) * sizeof(int64_t);
}

size_t FragmentIndex::Want() const {
  const size_t kept = file_.comes_once ? 0 : kMostKeptBytes;
  return Anchors::kMost * sizeof(Anchor) + kMostSteps * StepBytes() + kept;
}

void FragmentIndex::SetRoom(size_t bytes) const {
  std::vector<FragmentRef> dropped;  // freed after the lock
  std::vector<TimeSearch> forgotten;
  const std::lock_guard lock(mutex_);
  room_ = bytes;
  ShareRoom();
  if (file_.comes_once) return;
  dropped = TrimRecent();
  forgotten.swap(searches_);
}

/// A sixteenth is for whole fragments. Of the rest nearly all is for anchors or, where fragments do
/// not say when they start, for steps. The mutex is held.
void FragmentIndex::ShareRoom() const {
  if (!file_.comes_once) kept_room_ = std::min(room_ / 16, kMostKeptBytes);
  const size_t few = room_ / 32;
  const size_t many = room_ - room_ / 16 - few;
  anchors_.SetRoom(in_order_only_ ? few : many);
  most_steps_ = std::clamp((in_order_only_ ? many : few) / StepBytes(), kFewestSteps, kMostSteps);
  while (steps_.rows() > most_steps_)
    ThinSteps();
  steps_.GiveBack(most_steps_);
}

/// Drops the fragments used longest ago for which there is no room. The mutex is held.
std::vector<FragmentRef> FragmentIndex::TrimRecent() const {
  size_t end = std::min(recent_.size(), kMostInUse);
  size_t bytes = 0;
  while (end < std::min(recent_.size(), kMostRecent)) {
    const size_t more = recent_[end]->Footprint();
    if (bytes + more > kept_room_) break;
    bytes += more;
    ++end;
  }
  if (!CountKept(bytes)) {
    end = std::min(recent_.size(), kMostInUse);
    CountKept(0);
  }
  const auto from = recent_.begin() + static_cast<ptrdiff_t>(end);
  std::vector<FragmentRef> dropped(from, recent_.end());
  recent_.erase(from, recent_.end());
  return dropped;
}

/// False where the memory has no room for that. What comes only once is kept all the same, and is
/// not counted. The mutex is held.
bool FragmentIndex::CountKept(size_t bytes) const {
  if (file_.comes_once) return true;
  if (bytes > kept_bytes_ && !memory().Reserve(bytes - kept_bytes_)) return false;
  if (bytes < kept_bytes_) memory().meter()->Remove(kept_bytes_ - bytes);
  kept_bytes_ = bytes;
  return true;
}

size_t FragmentIndex::BytesInUse() const {
  const std::lock_guard lock(mutex_);
  std::vector<const Fragment*> all;
  if (first_) all.push_back(first_.get());
  for (const FragmentRef& each : recent_)
    all.push_back(each.get());
  for (const TimeSearch& each : searches_)
    all.push_back(each.bracket.low.get());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  size_t bytes = 0;
  for (const Fragment* each : all)
    bytes += each->Footprint();
  return bytes - std::min(bytes, kept_bytes_);
}

// Reading fragments.

Result<FragmentRef> FragmentIndex::Load(const FoundFragment& found, const Times& times) const {
  const bool placed = !times.empty();
  const FragmentRef recent = Recall(found.moof.offset);
  const bool complete = recent && (recent->followed || !found.followed);
  if (complete && (recent->times_known || !placed)) return recent;
  const FragmentContext context{tracks_, file_.limits, file_.diagnostics, times, mend_offsets_};
  ISO_TRY(const std::shared_ptr<Fragment> fragment,
          ReadFragment(found.moof, *file_.source, context));
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
  std::vector<FragmentRef> dropped;  // freed after the lock
  const std::lock_guard lock(mutex_);
  std::erase_if(recent_, [&](const FragmentRef& each) { return each->offset == fragment->offset; });
  recent_.insert(recent_.begin(), fragment);
  dropped = TrimRecent();
}

/// The first fragment from a box boundary on, which follows one that ends at these times.
Result<FragmentRef> FragmentIndex::FollowedFrom(uint64_t offset,
                                                uint64_t data_end,
                                                const Times& times,
                                                bool* loss) const {
  while (true) {
    uint64_t at_end = 0;
    ISO_TRY(const std::optional<FoundFragment> found, scanner_.Next(offset, data_end, &at_end));
    if (at_end > 0 && !file_.source->may_grow())
      Forget(at_end, file_.source->stated_size().value_or(0));
    if (!found) return Error{Errc::kEndOfTable, FourCC("moof"), offset};
    *loss = *loss || found->lost_bytes > 0;
    if (found->lost_bytes > 0) Forget(found->lost_bytes, found->moof.offset);
    const Result<FragmentRef> fragment = Load(*found, times);
    if (!fragment.ok() && fragment.error().code == Errc::kEndOfData) {
      // A stream has ended in the middle of it, sooner than anybody knew.
      const uint64_t end = file_.source->stated_size().value_or(found->moof.end);
      Forget(end - std::min(end, found->moof.offset), end);
      return Error{Errc::kEndOfTable, FourCC("moof"), found->moof.offset};
    }
    if (fragment.ok() || fragment.error().code != Errc::kBoxTooLarge) return fragment;
    if (file_.diagnostics != nullptr) file_.diagnostics->Report(fragment.error());
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
  if (file_.diagnostics != nullptr) {
    file_.diagnostics->Report(Error{Errc::kFragmentDamaged, FourCC("moof"), offset - lost, lost});
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
  ISO_TRY(
      const FragmentRef next,
      FollowedFrom(
          resume ? resume : fragment.end, fragment.data_end, fragment.next_decode_times, &loss));
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
  const auto offset = static_cast<int64_t>(fragment.offset);
  const size_t rows = steps_.rows();
  if (times.empty() || (rows > 0 && offset <= steps_.row(rows - 1)[kStepOffset])) return;
  if (++steps_passed_ < step_stride_) return;
  steps_passed_ = 0;
  if (rows == 0) ShareRoom();
  if (steps_.IsFull() && !steps_.Grow(kFewestSteps, most_steps_)) ThinSteps();
  int64_t* const step = steps_.AppendRow();
  step[kStepOffset] = offset;
  step[kStepStart] = fragment.start_ns;
  std::copy(times.begin(), times.end(), step + kStepTimes);
}

void FragmentIndex::ThinSteps() const {
  steps_.Thin();
  step_stride_ *= 2;
}

/// The last fragment remembered that begins before a byte and starts by a time; else the first.
Result<FragmentRef> FragmentIndex::InOrderFrom(uint64_t end, int64_t time_ns) const {
  uint64_t offset = begin_;
  Times times = first_times_;
  {
    const std::lock_guard lock(mutex_);
    size_t i = 0;
    const auto follows = [&](const int64_t* step) {
      return static_cast<uint64_t>(step[kStepOffset]) < end && step[kStepStart] <= time_ns;
    };
    while (i < steps_.rows() && follows(steps_.row(i)))
      ++i;
    if (i > 0) {
      const int64_t* const step = steps_.row(i - 1);
      offset = static_cast<uint64_t>(step[kStepOffset]);
      times.assign(step + kStepTimes, step + kStepTimes + tracks_.size());
    }
  }
  bool loss = false;
  return FollowedFrom(offset, offset, times, &loss);
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
  const auto size = file_.source->size();
  if (!size) return Error{Errc::kEndOfTable};
  ISO_TRY(const FragmentRef last, LastBefore(*size));
  NoteAnchor(*last);
  return last;
}

// By time.

Result<FragmentRef> FragmentIndex::Find(size_t track, int64_t decode_time) const {
  const int64_t time_ns = ToNanoseconds(decode_time, tracks_[track].timescale);
  if (in_order_only_) {
    ISO_TRY(const FragmentRef step, InOrderFrom(UINT64_MAX, time_ns));
    return WalkTo(step, track, decode_time);
  }
  ISO_TRY(TimeSearch search, BeginSearch(time_ns));
  ISO_CHECK(Bisect(&search));
  if (in_order_only_) return Find(track, decode_time);
  return WalkTo(search.bracket.low, track, decode_time);
}

Result<FragmentIndex::TimeSearch> FragmentIndex::BeginSearch(int64_t time_ns) const {
  const auto size = file_.source->size();
  TimeSearch search{time_ns, size.value_or(0), {}};
  if (RecallSearch(&search)) return search;
  ISO_TRY(search.bracket, BracketOf(time_ns));
  const Bracket& bracket = search.bracket;
  const bool near = bracket.low->end_ns > time_ns || bracket.high_ns != kTimeMax;
  if (!near && !accesses_read_ && size) {
    ISO_CHECK(ReadAccesses());
    ISO_TRY(search.bracket, BracketOf(time_ns));
  }
  return search;
}

/// Unless others have come nearer meanwhile.
bool FragmentIndex::RecallSearch(TimeSearch* search) const {
  const std::lock_guard lock(mutex_);
  const auto before = std::find_if(searches_.begin(), searches_.end(), [&](const auto& each) {
    return each.time_ns == search->time_ns && each.file_size == search->file_size;
  });
  if (before == searches_.end()) return false;
  const auto low = anchors_.AtOrBefore(search->time_ns);
  const auto high = anchors_.After(search->time_ns);
  const Bracket& bracket = before->bracket;
  if (low && low->offset > bracket.low->offset) return false;
  *search = *before;
  if (high && high->offset < bracket.high) {
    search->bracket.high = high->offset;
    search->bracket.high_ns = high->time_ns;
  }
  return true;
}

void FragmentIndex::RememberSearch(const TimeSearch& search) const {
  TimeSearch dropped;  // freed after the lock
  const std::lock_guard lock(mutex_);
  const auto same = std::find_if(searches_.begin(), searches_.end(), [&](const TimeSearch& each) {
    return each.time_ns == search.time_ns;
  });
  if (same != searches_.end()) {
    dropped = std::exchange(*same, search);
    return;
  }
  searches_.insert(searches_.begin(), search);
  if (searches_.size() <= kMostSearches) return;
  dropped = std::move(searches_.back());
  searches_.pop_back();
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
  bracket.high = high ? high->offset : file_.source->size().value_or(0);
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
Status FragmentIndex::Bisect(TimeSearch* search) const {
  Bracket* const bracket = &search->bracket;
  const int64_t time_ns = search->time_ns;
  for (; search->tries < kMostProbes; ++search->tries) {
    if (search->file_size > 0) RememberSearch(*search);
    const Fragment& low = *bracket->low;
    if (low.end_ns > time_ns || bracket->high <= low.data_end) break;
    const uint64_t guess = Guess(*search);
    if (guess <= low.data_end) break;
    const Result<FragmentRef> probe = Probe(*bracket, guess);
    if (!probe.ok() && probe.error().code != Errc::kEndOfTable) return probe.error();
    if (in_order_only_) return {};
    if (!probe.ok() || (*probe)->start_ns > time_ns) {
      search->stale = !probe.ok() || bracket->high_ns == (*probe)->start_ns;
      if (probe.ok()) bracket->high_ns = (*probe)->start_ns;
      bracket->high = guess;
    } else {
      search->stale = false;
      bracket->low = *probe;
    }
  }
  return {};
}

/// A little before where the time should be, if it passes evenly; the middle where that has led
/// to nothing new, and now and then. The end of the fragment below: it is not far behind that.
uint64_t FragmentIndex::Guess(const TimeSearch& search) const {
  const Bracket& bracket = search.bracket;
  const Fragment& low = *bracket.low;
  const uint64_t begin = low.data_end;
  const uint64_t span = bracket.high - begin;
  const bool near =
      span <= kNearBytes || (bracket.high - low.offset) / LengthOf(low) <= kNearFragments;
  const double rate = BytesPerNs(bracket, search.time_ns);
  if (rate <= 0 || search.stale || search.tries % 3 == 2) return near ? begin : begin + span / 2;
  const double ahead = rate * static_cast<double>(search.time_ns - low.start_ns) -
                       kEarlyFragments * static_cast<double>(LengthOf(low)) -
                       static_cast<double>(begin - low.offset);
  const bool soon =
      SaturatingSubtract(search.time_ns, low.end_ns) / static_cast<int64_t>(kNearFragments) <=
      SaturatingSubtract(low.end_ns, low.start_ns);
  const double least = near || soon ? 0 : static_cast<double>(span) / 64;
  const double most = static_cast<double>(span) * 63 / 64;
  return begin + static_cast<uint64_t>(std::clamp(ahead, least, most));
}

/// How much there is of each nanosecond up to what starts too late; else up to the end as headers
/// tell it, if the time lies before that; else in what lies before. 0: nothing tells.
double FragmentIndex::BytesPerNs(const Bracket& bracket, int64_t time_ns) const {
  const Fragment& low = *bracket.low;
  const auto rate = [](uint64_t bytes, int64_t from_ns, int64_t to_ns) {
    return to_ns > from_ns ? static_cast<double>(bytes) / static_cast<double>(to_ns - from_ns) : 0;
  };
  if (bracket.high_ns != kTimeMax) {
    return rate(bracket.high - low.offset, low.start_ns, bracket.high_ns);
  }
  const std::lock_guard lock(mutex_);
  const Fragment& first = first_ ? *first_ : low;
  const int64_t end_ns = SaturatingAdd(first.start_ns, stated_length_ns_);
  if (end_ns > time_ns) return rate(bracket.high - low.offset, low.start_ns, end_ns);
  if (first.offset == low.offset) return rate(low.data_end - low.offset, low.start_ns, low.end_ns);
  return rate(low.offset - first.offset, first.start_ns, low.start_ns);
}

/// The first fragment from a guess on, inside the bracket.
Result<FragmentRef> FragmentIndex::Probe(const Bracket& bracket, uint64_t guess) const {
  ISO_TRY(const std::optional<BoxHeader> moof, scanner_.Search(guess, bracket.high));
  if (!moof) return Error{Errc::kEndOfTable, FourCC("moof"), guess};
  ISO_TRY(const FragmentRef fragment, Load({*moof}, {}));
  NoteAnchor(*fragment);
  return fragment;
}

void FragmentIndex::NoteAnchor(const Fragment& fragment) const {
  if (!fragment.times_known || fragment.start_ns == kTimeMax) return;
  const std::lock_guard lock(mutex_);
  anchors_.Add(Anchor{fragment.offset, fragment.start_ns});
}

/// Also where a source that only comes once has to be sent there and back: the file's last 16
/// bytes say where its index is.
Status FragmentIndex::ReadAccesses() const {
  Limits limits = file_.limits;
  limits.max_small_box_bytes = std::min(limits.max_small_box_bytes, kMostAccessBytes);
  const auto hints = ReadRandomAccess(tracks_, *file_.source, limits);
  if (!hints.ok() && hints.error().code != Errc::kEndOfData) return hints.error();
  if (hints.ok()) AddAnchors(hints->anchors);
  accesses_read_ = true;
  return {};
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
    // Those behind it start later: what would be needed to see that may not be there.
    const bool holds =
        samples != nullptr && at->times_known && decode_time - samples->base < samples->duration;
    if (holds) break;
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

std::vector<Anchor> FragmentIndex::KnownAnchors() const {
  const std::lock_guard lock(mutex_);
  return anchors_.list();
}

Result<uint64_t> FragmentIndex::HeaderHash() const {
  std::vector<uint8_t> header(static_cast<size_t>(std::min(begin_, kMostHashed)));
  ISO_CHECK(file_.source->Read(begin_ - header.size(), header));
  return HashOf(header);
}

FragmentStats FragmentIndex::stats() const {
  return {resyncs_.load(std::memory_order_relaxed), lost_bytes_.load(std::memory_order_relaxed)};
}

}  // namespace iso
