// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/demux/media_clock.h"

namespace iso {
namespace {

constexpr uint32_t kRateOne = 0x10000;

__extension__ using Wide = __int128;

bool IsPlain(const Edit& edit) {
  return edit.kind != Edit::Kind::kMedia || edit.rate == kRateOne;
}

/// Media that passes while `span_ns` of the presentation do, and the other way round.
int64_t ToMedia(const Edit& edit, int64_t span_ns) {
  return IsPlain(edit) ? span_ns : RescaleFloor(span_ns, kRateOne, static_cast<uint32_t>(edit.rate));
}

int64_t ToPresentation(const Edit& edit, int64_t span_ns) {
  return IsPlain(edit) ? span_ns : RescaleFloor(span_ns, static_cast<uint32_t>(edit.rate), kRateOne);
}

}  // namespace

int64_t MediaClock::PtsShownAt(const Edit& edit, int64_t presentation_ns) const {
  const int64_t span = SaturatingSubtract(presentation_ns, edit.start_ns);
  const int64_t after = SaturatingAdd(span, 1);
  int64_t next = RescaleCeil(after, kNanosecondsPerSecond, timescale_);
  if (!IsPlain(edit)) {
    const Wide one = static_cast<Wide>(kNanosecondsPerSecond) * kRateOne;
    const Wide ticks = static_cast<Wide>(after) * edit.rate * timescale_;
    const Wide rounded_up = ticks / one + (ticks % one > 0 ? 1 : 0);
    next = rounded_up < kTimeMax ? static_cast<int64_t>(rounded_up) : kTimeMax;
  }
  return SaturatingAdd(edit.media_start, SaturatingSubtract(next, 1));
}

int64_t MediaClock::ShownFrom(const Edit& edit, int64_t pts) const {
  const int64_t ticks = SaturatingSubtract(pts, edit.media_start);
  if (IsPlain(edit)) return SaturatingAdd(edit.start_ns, ToNanoseconds(ticks, timescale_));
  const Wide one = static_cast<Wide>(timescale_) * edit.rate;
  const Wide scaled = static_cast<Wide>(ticks) * kNanosecondsPerSecond * kRateOne;
  const Wide span = scaled / one - (scaled % one < 0 ? 1 : 0);
  if (span >= kTimeMax || span <= kTimeMin) return span > 0 ? kTimeMax : kTimeMin;
  return SaturatingAdd(edit.start_ns, static_cast<int64_t>(span));
}

int64_t MediaClock::MediaNs(const Edit& edit, int64_t presentation_ns) const {
  if (presentation_ns == kTimeMax) return kTimeMax;
  const int64_t pts = PtsShownAt(edit, presentation_ns);
  if (edit.kind == Edit::Kind::kMedia && ShownFrom(edit, pts) == presentation_ns) return PtsNs(pts);
  const int64_t span = SaturatingSubtract(presentation_ns, edit.start_ns);
  return SaturatingAdd(PtsNs(edit.media_start), ToMedia(edit, span));
}

int64_t MediaClock::PresentationNs(const Edit& edit, int64_t media_ns) const {
  const int64_t span = SaturatingSubtract(media_ns, PtsNs(edit.media_start));
  return SaturatingAdd(edit.start_ns, ToPresentation(edit, span));
}

}  // namespace iso
