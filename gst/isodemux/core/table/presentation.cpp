// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PresentationSearch: choosing the window and searching it, span by span. In a span of
// samples with one duration and one offset presentation times rise with the samples.

#include "core/table/presentation.h"

#include <algorithm>

#include "core/base/rational.h"

namespace iso {
namespace {

constexpr uint64_t kPadding = 64;                   ///< samples to either side of a window
constexpr uint64_t kMaxWindow = uint64_t{1} << 20;  ///< samples measured; no codec reorders so far

/// Samples [first, first + samples), `duration` ticks apart, the first presented at `pts`.
struct Span {
  uint64_t first;
  uint64_t samples;
  int64_t pts;
  uint32_t duration;
};

/// How many samples of the span, but the first, are presented at or before t >= span.pts.
uint64_t StepsUpTo(const Span& span, int64_t t) {
  const uint64_t last = span.samples - 1;
  if (last == 0 || span.duration == 0) return last;
  const uint64_t ticks = static_cast<uint64_t>(t) - static_cast<uint64_t>(span.pts);
  return std::min(ticks / span.duration, last);
}

}  // namespace

Result<uint64_t> PresentationSearch::Find(int64_t t) const {
  if (count_ == 0) return Error{Errc::kEndOfTable};
  if (offsets_.none()) return times_.SampleAt(t, count_);
  ISO_TRY(const OffsetBounds bounds, BoundsAround(t));
  if (SaturatingAdd(t, -int64_t{bounds.least}) >= 0) {
    ISO_TRY(const Window window, WindowFor(t, bounds));
    ISO_TRY(const uint64_t found, LastUpTo(t, window));
    if (found < count_) return found;
  }
  return Smallest();
}

/// Every sample that can be on display at t if all offsets are within the bounds. The last
/// one decoded at or before t - greatest is surely presented by then; what beats it cannot
/// be decoded earlier than the offsets' spread before it.
Result<PresentationSearch::Window> PresentationSearch::WindowFor(int64_t t,
                                                                 const OffsetBounds& bounds) const {
  Window window{0, 0};
  const int64_t sure = SaturatingAdd(t, -int64_t{bounds.greatest});
  if (sure >= 0) {
    ISO_TRY(const uint64_t n, times_.SampleAt(sure, count_));
    ISO_TRY(const TimeIndex::Place place, times_.At(n));
    const int64_t spread = int64_t{bounds.greatest} - bounds.least;
    ISO_TRY(window.first, times_.SampleAt(place.dts - spread, count_));
  }
  ISO_TRY(const uint64_t last, times_.SampleAt(SaturatingAdd(t, -int64_t{bounds.least}), count_));
  window.end = last + 1;
  return window;
}

PresentationSearch::Window PresentationSearch::Padded(const Window& window) const {
  const uint64_t padding = kPadding + (window.end - window.first) / 2;
  return {window.first - std::min(window.first, padding), std::min(window.end + padding, count_)};
}

Result<OffsetBounds> PresentationSearch::BoundsAround(int64_t t) const {
  if (offsets_.exact()) return offsets_.Bounds(count_);
  ISO_TRY(const uint64_t n, times_.SampleAt(t, count_));
  Window measured = Padded({n, n + 1});
  for (bool moved = false;; moved = true) {
    ISO_TRY(const OffsetBounds bounds, MeasureOffsets(offsets_, measured.first, measured.end));
    ISO_TRY(const Window needed, WindowFor(t, bounds));
    if (needed.first >= measured.first && needed.end <= measured.end) return bounds;
    Window wider = Padded(needed);
    if (moved) {
      wider = {std::min(wider.first, measured.first), std::max(wider.end, measured.end)};
    }
    if (wider.end - wider.first > kMaxWindow) return bounds;
    measured = wider;
  }
}

template <class Visit>
Status PresentationSearch::ForEachSpan(const Window& window, Visit visit) const {
  TimeWalker time(times_);
  CompositionWalker offset(offsets_);
  ISO_CHECK(time.Seek(window.first));
  ISO_CHECK(offset.Seek(window.first));
  for (uint64_t n = window.first; n < window.end;) {
    ISO_CHECK(time.Cover(n));
    ISO_CHECK(offset.Cover(n));
    const uint64_t samples = std::min({window.end, time.end(), offset.end()}) - n;
    visit(Span{n, samples, time.dts() + offset.offset(), time.duration()});
    time.Step(samples);
    n += samples;
  }
  return {};
}

/// The sample of the window that is on display at t, or count_ when none is yet.
Result<uint64_t> PresentationSearch::LastUpTo(int64_t t, const Window& window) const {
  uint64_t best = count_;
  int64_t best_pts = kTimeMin;
  ISO_CHECK(ForEachSpan(window, [&](const Span& span) {
    if (span.pts > t) return;
    const uint64_t steps = StepsUpTo(span, t);
    const int64_t pts = span.pts + static_cast<int64_t>(steps * span.duration);
    if (pts < best_pts) return;
    best = span.first + steps;
    best_pts = pts;
  }));
  return best;
}

/// The first of the samples that are presented before all others. Only those can be that
/// are decoded by the time at which sample 0, with the least offset, is presented.
Result<uint64_t> PresentationSearch::Smallest() const {
  ISO_TRY(const int64_t first_pts, offsets_.At(0));
  ISO_TRY(const OffsetBounds bounds, BoundsAround(first_pts));
  ISO_TRY(const uint64_t last, times_.SampleAt(first_pts - int64_t{bounds.least}, count_));
  uint64_t best = 0;
  int64_t best_pts = kTimeMax;
  ISO_CHECK(ForEachSpan({0, last + 1}, [&](const Span& span) {
    if (span.pts >= best_pts) return;
    best = span.first;
    best_pts = span.pts;
  }));
  return best;
}

}  // namespace iso
