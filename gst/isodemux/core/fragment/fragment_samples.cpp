// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/fragment_samples.h"

#include <algorithm>

namespace iso {
namespace {

/// Fragments that a search for a sample of one track looks through at most. A track that has
/// nothing for longer is taken to have nothing there.
constexpr int kMostFragments = 32;

/// Samples that a picture may be reordered across; no codec reorders more than 16.
constexpr uint64_t kMostReordered = 48;

}  // namespace

FragmentSamples::FragmentSamples(std::shared_ptr<const FragmentIndex> fragments,
                                 std::shared_ptr<const SampleTable> table,
                                 size_t track)
    : fragments_(std::move(fragments)), table_(std::move(table)), track_(track) {
  const Result<uint64_t> count = table_->SampleCount();
  if (count.ok()) table_count_ = *count;
}

std::unique_ptr<SampleCursor> FragmentSamples::NewCursor() const {
  return std::make_unique<FragmentCursor>(*this);
}

Result<uint64_t> FragmentSamples::SampleCount() const {
  return Error{Errc::kEndOfTable};
}

// Numbers.

uint64_t FragmentSamples::NumberOf(const Fragment& fragment, uint32_t i) {
  return kFirstFragmentNumber + (fragment.offset / FragmentIndex::kPlaceBytes << kIndexBits) + i;
}

Result<FragmentSamples::Place> FragmentSamples::PlaceOf(uint64_t n) const {
  Place place;
  if (n == kPastLastSample) {
    ISO_TRY(place.fragment, LastWith());
    place.i = place.fragment->Of(track_)->count;
    return place;
  }
  const uint64_t key = n - kFirstFragmentNumber;
  ISO_TRY(place.fragment, fragments_->AtPlace((key >> kIndexBits) * FragmentIndex::kPlaceBytes));
  const TrackFragment* track = place.fragment->Of(track_);
  const auto i = static_cast<uint32_t>(key & ((1u << kIndexBits) - 1));
  place.i = track != nullptr ? std::min(i, track->count) : 0;
  return place;
}

// Fragments that have samples of this track.

Result<FragmentRef> FragmentSamples::FirstWith() const {
  ISO_TRY(const FragmentRef first, fragments_->First());
  if (first->Of(track_) != nullptr) return first;
  return AfterWith(*first);
}

Result<FragmentRef> FragmentSamples::LastWith() const {
  ISO_TRY(const FragmentRef last, fragments_->Last());
  if (last->Of(track_) != nullptr) return last;
  return BeforeWith(*last);
}

Result<FragmentRef> FragmentSamples::AfterWith(const Fragment& fragment) const {
  ISO_TRY(FragmentRef next, fragments_->After(fragment));
  for (int steps = 0; next->Of(track_) == nullptr; ++steps) {
    if (steps == kMostFragments) return Error{Errc::kEndOfTable};
    ISO_TRY(next, fragments_->After(*next));
  }
  return next;
}

Result<FragmentRef> FragmentSamples::BeforeWith(const Fragment& fragment) const {
  ISO_TRY(FragmentRef before, fragments_->Before(fragment));
  for (int steps = 0; before->Of(track_) == nullptr; ++steps) {
    if (steps == kMostFragments) return Error{Errc::kEndOfTable};
    ISO_TRY(before, fragments_->Before(*before));
  }
  return before;
}

Result<uint64_t> FragmentSamples::First() const {
  if (table_count_ > 0) return uint64_t{0};
  ISO_TRY(const FragmentRef first, fragments_->First());
  return NumberOf(*first, 0);
}

Result<uint64_t> FragmentSamples::Back(uint64_t n, uint64_t steps) const {
  if (IsInTable(n)) return table_->Back(n, steps);
  const Result<Place> place = PlaceOf(n);
  if (!place.ok()) {
    // Nothing but the samples of moov.
    if (place.error().code == Errc::kEndOfTable) return table_->Back(n, steps);
    return place.error();
  }
  FragmentRef at = place->fragment;
  uint32_t i = place->i;
  for (int passed = 0; i < steps; ++passed) {
    // Nothing has to be decoded from that far away, whatever is said of it.
    if (passed == kMostFragments) return NumberOf(*at, 0);
    steps -= i;
    const Result<FragmentRef> before = BeforeWith(*at);
    if (!before.ok() && before.error().code == Errc::kEndOfTable) {
      return table_count_ > 0 ? table_->Back(table_count_, steps) : NumberOf(*at, 0);
    }
    if (!before.ok()) return before.error();
    at = *before;
    i = at->Of(track_)->count;
  }
  return NumberOf(*at, i - static_cast<uint32_t>(steps));
}

Result<Sample> FragmentSamples::At(uint64_t n) const {
  if (IsInTable(n)) return table_->At(n);
  ISO_TRY(const Place place, PlaceOf(n));
  const TrackFragment* track = place.fragment->Of(track_);
  if (track == nullptr || place.i >= track->count) return Error{Errc::kEndOfTable};
  RunWalker walker(*place.fragment, *track);
  walker.SeekTo(place.i);
  Sample sample;
  walker.Next(&sample);
  sample.index = NumberOf(*place.fragment, place.i);
  return sample;
}

Result<uint64_t> FragmentSamples::LeastOffsetBehind(uint64_t n) const {
  if (IsInTable(n)) return table_->LeastOffsetBehind(n);
  ISO_TRY(const Place place, PlaceOf(n));
  uint64_t least = fragments_->ReadsOnFrom(*place.fragment);
  const TrackFragment* track = place.fragment->Of(track_);
  for (size_t i = 0; track != nullptr && i < track->runs.size(); ++i) {
    if (track->runs[i].first > place.i) least = std::min(least, track->runs[i].offset);
  }
  return least;
}

// By presentation time.

/// The best answer so far: of the samples that are on display by a time the one that was put
/// on display last, and the one that is put on display first of all.
struct FragmentSamples::Shown {
  std::optional<Sample> best;
  std::optional<Sample> first;

  void Take(const Sample& sample, int64_t t) {
    const auto later = [](const Sample& a, const Sample& b) {
      return a.pts != b.pts ? a.pts > b.pts : a.index > b.index;
    };
    if (sample.pts <= t && (!best || later(sample, *best))) best = sample;
    if (!first || later(*first, sample)) first = sample;
  }

  uint64_t number() const { return best ? best->index : first->index; }
};

void FragmentSamples::Look(const Fragment& fragment, int64_t t, Shown* shown) const {
  const TrackFragment& track = *fragment.Of(track_);
  RunWalker walker(fragment, track);
  Sample sample;
  const auto take = [&](uint32_t i) {
    walker.Next(&sample);
    sample.index = NumberOf(fragment, i);
    shown->Take(sample, t);
  };
  for (const TrackRun& run : track.runs) {
    uint32_t i = run.first;
    const uint32_t end = run.first + run.count;
    if (run.stride == 0) {
      // Without entries they follow each other evenly: the first one and the one at the time do.
      walker.SeekTo(i);
      take(i);
      const int64_t into = SaturatingSubtract(t, sample.pts);
      const int64_t duration = run.defaults.duration;
      const int64_t steps = duration == 0 ? INT64_MAX : into / duration;
      i += static_cast<uint32_t>(std::clamp<int64_t>(into < 0 ? 0 : steps, 0, run.count - 1));
      walker.SeekTo(i);
      take(i);
      continue;
    }
    walker.SeekTo(i);
    for (; i < end; ++i) {
      take(i);
    }
  }
}

/// Pictures are reordered across fragments that do not begin with a sync sample.
Status FragmentSamples::LookBack(const Fragment& fragment, int64_t t, Shown* shown) const {
  FragmentRef at;
  const Fragment* last = &fragment;
  for (uint64_t looked = 0; looked < kMostReordered;) {
    if (shown->best && last->Of(track_)->starts_with_sync) return {};
    const Result<FragmentRef> before = BeforeWith(*last);
    if (!before.ok() && before.error().code == Errc::kEndOfTable) return {};
    if (!before.ok()) return before.error();
    at = *before;
    last = at.get();
    looked += last->Of(track_)->count;
    Look(*last, t, shown);
  }
  return {};
}

/// With negative offsets what is decoded later may be on display already.
Status FragmentSamples::LookOn(const Fragment& fragment, int64_t t, Shown* shown) const {
  FragmentRef at;
  const Fragment* last = &fragment;
  for (uint64_t looked = 0; looked < kMostReordered;) {
    const TrackFragment& track = *last->Of(track_);
    if (track.least_offset >= 0 || track.base + track.least_offset > t) return {};
    const Result<FragmentRef> next = AfterWith(*last);
    if (!next.ok() && next.error().code == Errc::kEndOfTable) return {};
    if (!next.ok()) return next.error();
    at = *next;
    last = at.get();
    looked += last->Of(track_)->count;
    Look(*last, t, shown);
  }
  return {};
}

Result<uint64_t> FragmentSamples::ShownInFragments(int64_t t) const {
  ISO_TRY(FragmentRef fragment, fragments_->Find(track_, t));
  if (fragment->Of(track_) == nullptr) {
    const Result<FragmentRef> next = AfterWith(*fragment);
    if (!next.ok() && next.error().code == Errc::kEndOfTable) return NumberOf(*fragment, 0);
    if (!next.ok()) return next.error();
    fragment = *next;
  }
  Shown shown;
  Look(*fragment, t, &shown);
  ISO_CHECK(LookBack(*fragment, t, &shown));
  ISO_CHECK(LookOn(*fragment, t, &shown));
  return shown.number();
}

Result<uint64_t> FragmentSamples::SampleAtPresentationTime(int64_t t) const {
  if (table_count_ == 0) return ShownInFragments(t);
  const int64_t table_end = fragments_->tracks()[track_].table_duration;
  if (t >= table_end) {
    const Result<uint64_t> shown = ShownInFragments(t);
    if (!shown.ok() && shown.error().code != Errc::kEndOfTable) return shown;
    if (shown.ok()) {
      ISO_TRY(const Sample sample, At(*shown));
      if (sample.pts <= t) return shown;
    }
  }
  return table_->SampleAtPresentationTime(t);
}

// Sync samples.

/// The last sync sample before sample `end` of a fragment.
std::optional<uint32_t> FragmentSamples::LastSync(const Fragment& fragment, uint32_t end) const {
  const TrackFragment* track = fragment.Of(track_);
  return track != nullptr ? LastSyncBefore(fragment, *track, end) : std::nullopt;
}

std::optional<uint32_t> FragmentSamples::FirstSync(const Fragment& fragment, uint32_t from) const {
  const TrackFragment* track = fragment.Of(track_);
  return track != nullptr ? FirstSyncFrom(fragment, *track, from) : std::nullopt;
}

Result<std::optional<uint64_t>> FragmentSamples::SyncInTable(uint64_t n) const {
  if (table_count_ == 0) return std::optional<uint64_t>();
  return table_->SyncAtOrBefore(std::min(n, table_count_ - 1));
}

Result<std::optional<uint64_t>> FragmentSamples::SyncAtOrBefore(uint64_t n) const {
  if (IsInTable(n)) return SyncInTable(n);
  ISO_TRY(const Place place, PlaceOf(n));
  FragmentRef at = place.fragment;
  std::optional<uint32_t> sync = LastSync(*at, place.i + 1);
  for (int steps = 0; !sync; ++steps) {
    // Where nothing is a sync sample for that long, decoding can start anywhere.
    if (steps == kMostFragments) return std::optional<uint64_t>(NumberOf(*place.fragment, 0));
    const Result<FragmentRef> before = BeforeWith(*at);
    if (!before.ok() && before.error().code == Errc::kEndOfTable) return SyncInTable(n);
    if (!before.ok()) return before.error();
    at = *before;
    sync = LastSync(*at, UINT32_MAX);
  }
  return std::optional<uint64_t>(NumberOf(*at, *sync));
}

Result<std::optional<uint64_t>> FragmentSamples::SyncAtOrAfter(uint64_t n) const {
  if (n == kPastLastSample) return std::optional<uint64_t>();
  FragmentRef at;
  std::optional<uint32_t> sync;
  if (IsInTable(n)) {
    ISO_TRY(const std::optional<uint64_t> in_table, table_->SyncAtOrAfter(n));
    if (in_table) return in_table;
    const Result<FragmentRef> first = FirstWith();
    if (!first.ok() && first.error().code == Errc::kEndOfTable) return std::optional<uint64_t>();
    if (!first.ok()) return first.error();
    at = *first;
    sync = FirstSync(*at, 0);
  } else {
    ISO_TRY(const Place place, PlaceOf(n));
    at = place.fragment;
    sync = FirstSync(*at, place.i);
  }
  for (int steps = 0; !sync && steps < kMostFragments; ++steps) {
    const Result<FragmentRef> next = AfterWith(*at);
    if (!next.ok() && next.error().code == Errc::kEndOfTable) return std::optional<uint64_t>();
    if (!next.ok()) return next.error();
    at = *next;
    sync = FirstSync(*at, 0);
  }
  return sync ? std::optional<uint64_t>(NumberOf(*at, *sync)) : std::optional<uint64_t>();
}

Result<uint32_t> FragmentSamples::RollDistance(uint64_t n) const {
  if (IsInTable(n)) return table_->RollDistance(n);
  ISO_TRY(const Place place, PlaceOf(n));
  const TrackFragment* track = place.fragment->Of(track_);
  uint32_t most = 0;
  for (size_t kind = 0; track != nullptr && kind < kRollKinds; ++kind)
    most = std::max(most, track->rolls[kind].At(place.i));
  return most;
}

// The cursor.

FragmentCursor::FragmentCursor(const FragmentSamples& samples)
    : samples_(samples), table_(samples.table_count() > 0 ? samples.table().NewCursor() : nullptr) {
}

Status FragmentCursor::SeekTo(uint64_t n) {
  if (samples_.IsInTable(n)) {
    std::unique_ptr<SampleCursor> table;
    if (samples_.table_count() > 0) {
      table = samples_.table().NewCursor();
      ISO_CHECK(table->SeekTo(n));
    }
    table_ = std::move(table);
    fragment_ = nullptr;
    walker_ = RunWalker();
    return {};
  }
  ISO_TRY(const FragmentSamples::Place place, samples_.PlaceOf(n));
  table_ = nullptr;
  Enter(place.fragment, place.i);
  discont_ = false;
  return {};
}

void FragmentCursor::Enter(const FragmentRef& fragment, uint32_t i) {
  const TrackFragment* track = fragment->Of(samples_.track());
  walker_ = track != nullptr ? RunWalker(*fragment, *track) : RunWalker();
  fragment_ = fragment;
  if (track != nullptr) walker_.SeekTo(i);
}

/// On to the next fragment.
Status FragmentCursor::Advance() {
  ISO_TRY(const FragmentRef next,
          fragment_ ? samples_.fragments().After(*fragment_) : samples_.fragments().First());
  discont_ = discont_ || (fragment_ && fragment_->loss_follows.load(std::memory_order_relaxed));
  Enter(next, 0);
  if (!walker_.AtEnd()) return {};
  const auto& tracks = samples_.fragments().tracks();
  const int64_t start_ns = next->start_ns == kTimeMax ? 0 : next->start_ns;
  nothing_before_ =
      RescaleFloor(start_ns, kNanosecondsPerSecond, tracks[samples_.track()].timescale);
  return Error{Errc::kNothingInFragment};
}

Status FragmentCursor::Next(Sample* sample) {
  if (table_ != nullptr) {
    const Status next = table_->Next(sample);
    if (next.ok() || next.error().code != Errc::kEndOfTable) return next;
    table_ = nullptr;
  }
  if (walker_.AtEnd()) ISO_CHECK(Advance());
  const uint32_t i = walker_.position();
  walker_.Next(sample);
  sample->index = FragmentSamples::NumberOf(*fragment_, i);
  sample->discont = discont_;
  discont_ = false;
  return {};
}

Status FragmentCursor::NextRun(uint32_t max, Sample* sample, uint32_t* count) {
  ISO_CHECK(Next(sample));
  *count = 1;
  Sample next;
  while (*count < max && !walker_.AtEnd() && sample->pts == sample->dts) {
    const RunWalker before = walker_;
    walker_.Next(&next);
    const bool follows = next.offset == sample->offset + uint64_t{sample->size} * *count &&
                         next.size == sample->size && next.duration == sample->duration &&
                         next.pts == next.dts && next.description == sample->description;
    if (!follows) {
      walker_ = before;
      break;
    }
    ++*count;
  }
  return {};
}

uint64_t FragmentCursor::position() const {
  if (table_ != nullptr) return table_->position();
  return fragment_ ? FragmentSamples::NumberOf(*fragment_, walker_.position())
                   : samples_.table_count();
}

}  // namespace iso
