// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PresentationSearch: choosing a window, searching it, and proving it wide enough.

#include "core/table/presentation.h"

#include <algorithm>

namespace iso {
namespace {

constexpr uint64_t kPadding = 16;  ///< samples to either side of a window, at least
constexpr uint64_t kMaxWindow = uint64_t{1} << 20;  ///< samples; no codec reorders so far

}  // namespace

/// Samples with one duration and one offset: presentation times rise with the samples.
struct PresentationSearch::Span {
  uint64_t first;
  uint64_t samples;
  int64_t dts;
  uint32_t duration;
  int32_t offset;

  int64_t pts() const { return dts + offset; }

  /// How many samples, but the first, are presented at or before t >= pts().
  uint64_t StepsUpTo(int64_t t) const {
    if (samples == 1 || duration == 0) return samples - 1;
    const uint64_t ticks = static_cast<uint64_t>(t) - static_cast<uint64_t>(pts());
    return std::min(ticks / duration, samples - 1);
  }
};

Result<uint64_t> PresentationSearch::Find(int64_t t) {
  if (count_ == 0) return Error{Errc::kEndOfTable};
  ISO_TRY(const OffsetBounds known, KnownBounds());
  const int64_t surely = SaturatingAdd(t, -int64_t{known.greatest});
  ISO_TRY(const TimeIndex::Hit hit, time_.SampleAt(surely, count_));
  if (offsets_.none()) return hit.sample;
  Window window = Padded({hit.sample, hit.sample + 1});
  for (bool moved = false;; moved = true) {
    ISO_TRY(const Scan scan, ScanWindow(window, t));
    const OffsetBounds bounds = offsets_.exact() ? known : scan.bounds;
    const bool enough = !offsets_.exact() && window.end - window.first >= kMaxWindow;
    if (enough || IsProven(window, scan, bounds, t)) {
      return scan.shown != kForever ? scan.shown : Earliest();
    }
    ISO_TRY(const Window needed, WindowFor(t, bounds));
    const Window wider = Padded(needed);
    window = {moved ? std::min(wider.first, window.first) : wider.first,
              moved ? std::max(wider.end, window.end) : wider.end};
    if (!offsets_.exact()) window.end = std::min(window.end, window.first + kMaxWindow);
  }
}

/// Bounds of all offsets where they can be known; otherwise to begin with 0.
Result<OffsetBounds> PresentationSearch::KnownBounds() const {
  if (!offsets_.exact()) return OffsetBounds{0, 0};
  return offsets_.Bounds(count_);
}

Result<PresentationSearch::Scan> PresentationSearch::ScanWindow(const Window& window, int64_t t) {
  ISO_CHECK(time_.Seek(window.first));
  ISO_CHECK(offset_.Seek(window.first));
  Scan scan;
  scan.first_dts = time_.dts();
  for (uint64_t n = window.first; n < window.end;) {
    if (!time_.Reach(n)) ISO_CHECK(time_.Cover(n));
    if (!offset_.Reach(n)) ISO_CHECK(offset_.Cover(n));
    const uint64_t samples = std::min({window.end, time_.end(), offset_.end()}) - n;
    ScanSpan({n, samples, time_.dts(), time_.duration(), offset_.offset()}, t, &scan);
    time_.Step(samples);
    n += samples;
  }
  scan.end_dts = time_.dts();
  return scan;
}

void PresentationSearch::ScanSpan(const Span& span, int64_t t, Scan* scan) {
  scan->bounds.Add(span.offset);
  if (span.pts() < scan->earliest_pts) {
    scan->earliest = span.first;
    scan->earliest_pts = span.pts();
  }
  if (span.pts() > t) return;
  const uint64_t steps = span.StepsUpTo(t);
  const int64_t pts = span.pts() + static_cast<int64_t>(steps * span.duration);
  if (pts < scan->shown_pts) return;
  scan->shown = span.first + steps;
  scan->shown_pts = pts;
}

/// Whether no sample before the window can be presented later than the one found in it,
/// and none behind the window by the time t.
bool PresentationSearch::IsProven(const Window& window,
                                  const Scan& scan,
                                  const OffsetBounds& bounds,
                                  int64_t t) const {
  const bool all_before = window.first == 0 || (scan.shown != kForever &&
                                                scan.first_dts + bounds.greatest <= scan.shown_pts);
  return all_before && (window.end == count_ || scan.end_dts + bounds.least > t);
}

/// Every sample that can be on display at t if all offsets are within the bounds. The last
/// one decoded at or before t - greatest is surely presented by then; what beats it cannot
/// be decoded earlier than the offsets' spread before it.
Result<PresentationSearch::Window> PresentationSearch::WindowFor(int64_t t,
                                                                 const OffsetBounds& bounds) {
  Window window{0, 0};
  const int64_t sure = SaturatingAdd(t, -int64_t{bounds.greatest});
  if (sure >= 0) {
    ISO_TRY(const TimeIndex::Hit shown, time_.SampleAt(sure, count_));
    const int64_t spread = int64_t{bounds.greatest} - bounds.least;
    ISO_TRY(const TimeIndex::Hit first, time_.SampleAt(shown.dts - spread, count_));
    window.first = first.sample;
  }
  const int64_t latest = SaturatingAdd(t, -int64_t{bounds.least});
  ISO_TRY(const TimeIndex::Hit last, time_.SampleAt(latest, count_));
  window.end = last.sample + 1;
  return window;
}

PresentationSearch::Window PresentationSearch::Padded(const Window& window) const {
  const uint64_t padding = kPadding + (window.end - window.first) / 2;
  return {window.first - std::min(window.first, padding), std::min(window.end + padding, count_)};
}

/// The first of the samples that are presented before all others: it is among those that
/// are decoded by then, if they had the least offset.
Result<uint64_t> PresentationSearch::Earliest() {
  ISO_TRY(const OffsetBounds known, KnownBounds());
  for (uint64_t end = kPadding;; end *= 2) {
    const Window window{0, std::min(end, count_)};
    ISO_TRY(const Scan scan, ScanWindow(window, kTimeMin));
    const int32_t least = offsets_.exact() ? known.least : scan.bounds.least;
    if (window.end == count_ || scan.end_dts + least >= scan.earliest_pts) return scan.earliest;
    if (!offsets_.exact() && end >= kMaxWindow) return scan.earliest;
  }
}

}  // namespace iso
