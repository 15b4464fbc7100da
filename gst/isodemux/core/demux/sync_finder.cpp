// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/demux/sync_finder.h"

#include <algorithm>

#include "core/movie/box_loader.h"
#include "core/movie/track_reader.h"

namespace iso {
namespace {

/// Sync samples looked at around the one that decoding order suggests. Encoders need a few;
/// a damaged table could have one step over all its samples.
constexpr int kMostSteps = 256;

}  // namespace

Result<uint64_t> SyncFinder::DecodeStart(int64_t pts, uint32_t lead_in) const {
  const Samples& samples = *track_.samples;
  // From the beginning nothing may be left out, even if all samples share one time.
  ISO_TRY(const uint64_t begin, samples.First());
  const Result<Sample> beginning = samples.At(begin);
  if (!beginning.ok() && beginning.error().code != Errc::kEndOfTable) return beginning.error();
  if (beginning.ok() && pts <= beginning->pts) return begin;
  if (track_.kind == MediaKind::kVideo) {
    ISO_TRY(const std::optional<uint64_t> sync, DisplayedBy(pts));
    return sync.value_or(begin);
  }
  ISO_TRY(const uint64_t shown, samples.SampleAtPresentationTime(pts));
  ISO_TRY(const uint32_t roll, samples.RollDistance(shown));
  ISO_TRY(const uint64_t first, samples.Back(shown, roll > 0 ? roll : lead_in));
  ISO_TRY(const std::optional<uint64_t> sync, samples.SyncAtOrBefore(first));
  return sync.value_or(begin);
}

Result<std::optional<uint64_t>> SyncFinder::DisplayedBy(int64_t pts) const {
  const Samples& samples = *track_.samples;
  ISO_TRY(const uint64_t shown, samples.SampleAtPresentationTime(pts));
  ISO_TRY(std::optional<uint64_t> sync, samples.SyncAtOrBefore(shown));
  ISO_TRY(sync, StepBack(sync, pts));
  return StepOn(sync, pts);
}

/// From `sync` back to the first one that is on display by `pts`.
Result<std::optional<uint64_t>> SyncFinder::StepBack(std::optional<uint64_t> sync,
                                                     int64_t pts) const {
  const Samples& samples = *track_.samples;
  for (int step = 0; sync && step < kMostSteps; ++step) {
    ISO_TRY(const Sample sample, samples.At(*sync));
    if (sample.pts <= pts) break;
    ISO_TRY(const uint64_t previous, samples.Back(*sync, 1));
    if (previous >= *sync) return std::optional<uint64_t>();
    ISO_TRY(sync, samples.SyncAtOrBefore(previous));
  }
  return sync;
}

/// From `sync` on to the last one that is on display by `pts`.
Result<std::optional<uint64_t>> SyncFinder::StepOn(std::optional<uint64_t> sync,
                                                   int64_t pts) const {
  const Samples& samples = *track_.samples;
  for (int step = 0; step < kMostSteps; ++step) {
    const uint64_t from = sync ? *sync + 1 : 0;
    ISO_TRY(const std::optional<uint64_t> next, samples.SyncAtOrAfter(from));
    if (!next) return sync;
    ISO_TRY(const Sample sample, samples.At(*next));
    if (sample.pts > pts) return sync;
    sync = next;
  }
  return sync;
}

/// The first sync sample on display at `pts` or later, given the last one before it.
Result<std::optional<uint64_t>> SyncFinder::From(int64_t pts,
                                                 std::optional<uint64_t> before) const {
  const Samples& samples = *track_.samples;
  uint64_t from = before.value_or(0);
  for (int step = 0; step < kMostSteps; ++step) {
    ISO_TRY(const std::optional<uint64_t> sync, samples.SyncAtOrAfter(from));
    if (!sync) return sync;
    ISO_TRY(const Sample sample, samples.At(*sync));
    if (sample.pts >= pts) return sync;
    from = *sync + 1;
  }
  return std::optional<uint64_t>();
}

Result<std::optional<uint64_t>> SyncFinder::LeadingEnd(const Sample& sync) const {
  const std::unique_ptr<SampleCursor> cursor = track_.samples->NewCursor();
  ISO_CHECK(cursor->SeekTo(sync.index));
  Sample sample;
  int leading = -1;  // the sync sample itself comes first
  for (; leading < kMostSteps; ++leading) {
    const Status next = cursor->Next(&sample);
    if (!next.ok() && IsSourceError(next.error().code)) return next.error();
    // Pictures that lead are not in another fragment than what they lead.
    if (!next.ok()) break;
    if (leading < 0) continue;
    const bool independent =
        sample.leading() == Sample::Leading::kNo || sample.leading() == Sample::Leading::kDecodable;
    const bool leads = !sample.sync && sample.pts < sync.pts && !independent;
    if (!leads) return leading > 0 ? std::optional<uint64_t>(sample.index) : std::nullopt;
  }
  return leading > 0 ? std::optional<uint64_t>(cursor->position()) : std::nullopt;
}

Result<int64_t> SyncFinder::PresentationOf(const Edit& edit, uint64_t sync) const {
  ISO_TRY(const Sample sample, track_.samples->At(sync));
  return clock_.ShownFrom(edit, sample.pts);
}

Result<int64_t> SyncFinder::Land(int64_t position_ns, Snap snap) const {
  // Where nothing is left to play there is nothing to land on: backwards that is where
  // everything begins.
  if (position_ns >= PresentationEnd(track_)) return position_ns;
  const auto& edits = track_.timeline.edits();
  const size_t index = track_.timeline.EditAt(position_ns);
  if (index == edits.size() || edits[index].kind != Edit::Kind::kMedia) return position_ns;
  const Edit& edit = edits[index];
  // A sync sample's own time is on the grid of ticks; anything between two ticks lies
  // after the first.
  const int64_t pts = clock_.PtsShownAt(edit, position_ns);
  const bool between = clock_.ShownFrom(edit, pts) < position_ns;
  ISO_TRY(const auto before, DisplayedBy(pts));
  ISO_TRY(const auto after, From(between ? pts + 1 : pts, before));
  if (!before && !after) return position_ns;
  int64_t earlier = position_ns;
  int64_t later = kTimeMax;
  if (before) {
    ISO_TRY(earlier, PresentationOf(edit, *before));
  }
  if (after) {
    ISO_TRY(later, PresentationOf(edit, *after));
  }
  const bool nearer =
      snap == Snap::kNearest && SaturatingSubtract(later, position_ns) < position_ns - earlier;
  const bool take_later = later < edit.end_ns && (!before || snap == Snap::kAfter || nearer);
  return std::clamp(
      take_later ? later : earlier, edit.start_ns, std::max(edit.start_ns, edit.end_ns - 1));
}

}  // namespace iso
