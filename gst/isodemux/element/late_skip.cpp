// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/late_skip.h"

#include "core/demux/media_clock.h"

namespace iso::gst {

/// A buffer that was `jitter` late says that at `timestamp + jitter` of running time, which is
/// now, nothing before is of use.
void LateSkip::Report(GstEvent* qos) {
  if (track_->kind != MediaKind::kVideo) return;
  GstQOSType type = GST_QOS_TYPE_UNDERFLOW;
  GstClockTimeDiff jitter = 0;
  GstClockTime timestamp = GST_CLOCK_TIME_NONE;
  gst_event_parse_qos(qos, &type, nullptr, &jitter, &timestamp);
  if (type == GST_QOS_TYPE_THROTTLE || !GST_CLOCK_TIME_IS_VALID(timestamp)) return;
  const bool late = jitter > 0 && timestamp < static_cast<GstClockTime>(kTimeMax / 2);
  jitter_.store(jitter, std::memory_order_relaxed);
  late_before_.store(late ? SaturatingAdd(static_cast<int64_t>(timestamp), jitter) : kNothing,
                     std::memory_order_relaxed);
}

void LateSkip::Reset() {
  late_before_.store(kNothing, std::memory_order_relaxed);
  considered_ = kNothing;
  BeginSegment();
}

void LateSkip::BeginSegment() {
  key_unit_ = 0;
  key_unit_pts_ = kTimeMin;
}

/// The next key unit, if it is late as well: then all before it may go.
bool LateSkip::AimAtKeyUnitAfter(uint64_t sample, const GstSegment& segment, int64_t late_before) {
  const auto next = track_->samples->SyncAtOrAfter(sample + 1);
  if (!next.ok() || !*next) return false;
  const Result<Sample> key_unit = track_->samples->At(**next);
  if (!key_unit.ok()) return false;
  const int64_t pts_ns = MediaClock(*track_).PtsNs(key_unit->pts);
  if (pts_ns < 0) return false;
  const guint64 running =
      gst_segment_to_running_time(&segment, GST_FORMAT_TIME, static_cast<guint64>(pts_ns));
  if (!GST_CLOCK_TIME_IS_VALID(running) || running > static_cast<guint64>(late_before)) return false;
  key_unit_ = **next;
  key_unit_pts_ = pts_ns;
  return true;
}

bool LateSkip::Skips(const Event& event, const GstSegment& segment, bool* began) {
  *began = false;
  const uint64_t sample = event.sample.index;
  if (event.sample.sync) {
    if (sample > key_unit_) key_unit_pts_ = kTimeMin;
    return false;
  }
  bool skips = sample < key_unit_ || event.pts_ns < key_unit_pts_;
  const int64_t late_before = late_before_.load(std::memory_order_relaxed);
  if (!skips && late_before != considered_ && segment.rate > 0) {
    *began = late_before != kNothing && AimAtKeyUnitAfter(sample, segment, late_before);
    skips = *began;
    if (!skips) considered_ = late_before;
  }
  if (skips) ++skipped_;
  return skips;
}

}  // namespace iso::gst
