// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/demux/media_clock.h"

namespace iso {
namespace {

constexpr uint32_t kRateOne = 0x10000;

/// Media that passes while `span_ns` of the presentation do, and the other way round.
int64_t ToMedia(const Edit& edit, int64_t span_ns) {
  const bool plain = edit.kind != Edit::Kind::kMedia || edit.rate == kRateOne;
  return plain ? span_ns : RescaleFloor(span_ns, kRateOne, static_cast<uint32_t>(edit.rate));
}

int64_t ToPresentation(const Edit& edit, int64_t span_ns) {
  const bool plain = edit.kind != Edit::Kind::kMedia || edit.rate == kRateOne;
  return plain ? span_ns : RescaleFloor(span_ns, static_cast<uint32_t>(edit.rate), kRateOne);
}

}  // namespace

int64_t MediaClock::PtsShownAt(const Edit& edit, int64_t presentation_ns) const {
  const int64_t span = ToMedia(edit, SaturatingSubtract(presentation_ns, edit.start_ns));
  const int64_t next = RescaleCeil(SaturatingAdd(span, 1), kNanosecondsPerSecond, timescale_);
  return SaturatingAdd(edit.media_start, SaturatingSubtract(next, 1));
}

int64_t MediaClock::ShownFrom(const Edit& edit, int64_t pts) const {
  const int64_t span = ToNanoseconds(SaturatingSubtract(pts, edit.media_start), timescale_);
  return SaturatingAdd(edit.start_ns, ToPresentation(edit, span));
}

int64_t MediaClock::MediaNs(const Edit& edit, int64_t presentation_ns) const {
  if (presentation_ns == kTimeMax) return kTimeMax;
  const int64_t span = SaturatingSubtract(presentation_ns, edit.start_ns);
  return SaturatingAdd(PtsNs(edit.media_start), ToMedia(edit, span));
}

int64_t MediaClock::PresentationNs(const Edit& edit, int64_t media_ns) const {
  const int64_t span = SaturatingSubtract(media_ns, PtsNs(edit.media_start));
  return SaturatingAdd(edit.start_ns, ToPresentation(edit, span));
}

}  // namespace iso
