// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Session: seek events, from any thread, and their way to the demuxer.

#include <algorithm>
#include <cmath>

#include "element/seek_event.h"
#include "element/session.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {
namespace {

Snap SnapOf(GstSeekFlags flags) {
  const int snap = flags & GST_SEEK_FLAG_SNAP_NEAREST;
  if (snap == GST_SEEK_FLAG_SNAP_NEAREST) return Snap::kNearest;
  return snap == GST_SEEK_FLAG_SNAP_AFTER ? Snap::kAfter : Snap::kBefore;
}

}  // namespace

PlayMode Session::ModeOf(const SeekEvent& seek) {
  PlayMode mode;
  mode.reverse = seek.rate < 0;
  mode.key_units = seek.Has(GST_SEEK_FLAG_TRICKMODE_KEY_UNITS);
  mode.predicted = seek.Has(GST_SEEK_FLAG_TRICKMODE_FORWARD_PREDICTED);
  mode.no_audio = seek.Has(GST_SEEK_FLAG_TRICKMODE_NO_AUDIO);
  mode.interval_ns = static_cast<int64_t>(std::min<guint64>(seek.interval, G_MAXINT64));
  return mode;
}

bool Session::HandleSeek(GstPad* pad, Ref<GstEvent> event) {
  SeekEvent seek(event.get());
  // Where its fragments are is known to who fetches them.
  if (IsSegmented()) return gst_pad_push_event(sink_, event.release());
  if (!Read().movie) {
    GST_DEBUG_OBJECT(element_, "nothing to seek in yet");
    return false;
  }
  {
    // Every pad's peer may send the same seek.
    const std::lock_guard lock(lock_);
    if (last_seek_seqnum_ == seek.seqnum) return true;
    last_seek_seqnum_ = seek.seqnum;
  }
  if (seek.Has(GST_SEEK_FLAG_INSTANT_RATE_CHANGE)) return SeekInstantly(seek);
  if (push_ && seek.format == GST_FORMAT_BYTES) return SendUpstream(event, nullptr);
  if (!ConvertSeekToTime(pad, &seek) || !IsPossible(seek)) return false;
  return push_ ? SeekByPushing(seek) : Seek(seek);
}

bool Session::SelectChapter(GstPad* pad, const char* uid, guint32 seqnum) {
  const Published now = Read();
  if (!now.movie || !toc_) return false;
  const GstTocEntry* entry = gst_toc_find_entry(toc_.get(), uid);
  gint64 start = 0;
  if (entry == nullptr || !gst_toc_entry_get_start_stop_times(entry, &start, nullptr)) return false;
  const double rate = std::fabs(now.segment.rate);
  auto seek = Ref<GstEvent>::Adopt(gst_event_new_seek(rate,
                                                      GST_FORMAT_TIME,
                                                      GST_SEEK_FLAG_FLUSH,
                                                      GST_SEEK_TYPE_SET,
                                                      start,
                                                      GST_SEEK_TYPE_SET,
                                                      -1));
  gst_event_set_seqnum(seek.get(), seqnum);
  return HandleSeek(pad, std::move(seek));
}

/// Only the speed changes, at the sinks: nothing is flushed and no position moves.
bool Session::SeekInstantly(const SeekEvent& seek) {
  const double rate = Read().segment.rate;
  const bool moves = seek.start_type != GST_SEEK_TYPE_NONE || seek.stop_type != GST_SEEK_TYPE_NONE;
  if (moves || seek.Has(GST_SEEK_FLAG_FLUSH) || seek.rate * rate <= 0.0) {
    GST_WARNING_OBJECT(element_,
                       "an instant rate change can change neither position nor direction");
    return false;
  }
  PushToOutputs(NumberedEvent(
      gst_event_new_instant_rate_change(seek.rate / rate, static_cast<GstSegmentFlags>(seek.flags)),
      seek.seqnum));
  return true;
}

/// Positions may be given as sample numbers of the pad (GST_FORMAT_DEFAULT).
bool Session::ConvertSeekToTime(GstPad* pad, SeekEvent* seek) const {
  if (seek->format == GST_FORMAT_TIME) return true;
  const Published now = Read();
  const auto output = OutputFor(*now.outputs, pad);
  if (seek->format != GST_FORMAT_DEFAULT || output == nullptr) return false;
  const auto convert = [&](GstSeekType type, gint64* value) {
    if (type == GST_SEEK_TYPE_NONE || *value < 0) return true;
    if (type == GST_SEEK_TYPE_END) return false;
    const auto time = Convert(*output, GST_FORMAT_DEFAULT, *value, GST_FORMAT_TIME);
    if (time) *value = *time;
    return time.has_value();
  };
  seek->format = GST_FORMAT_TIME;
  return convert(seek->start_type, &seek->start) && convert(seek->stop_type, &seek->stop);
}

/// Whether the seek asks for a stretch that can be: found out before anything is flushed.
bool Session::IsPossible(const SeekEvent& seek) const {
  const GstSegment now = Read().segment;
  const auto resolve = [&](GstSeekType type, gint64 value, guint64 unchanged) {
    if (type == GST_SEEK_TYPE_NONE) return static_cast<gint64>(unchanged);
    if (type == GST_SEEK_TYPE_SET) return value;
    const bool known = GST_CLOCK_TIME_IS_VALID(now.duration);
    return known ? static_cast<gint64>(now.duration) + value : gint64{-1};
  };
  const gint64 start = resolve(seek.start_type, seek.start, now.start);
  const gint64 stop = resolve(seek.stop_type, seek.stop, now.stop);
  return stop < 0 || start <= stop;
}

bool Session::Seek(const SeekEvent& seek) {
  if (growth_) growth_->Interrupt();
  const bool flush = seek.Has(GST_SEEK_FLAG_FLUSH);
  if (flush) {
    // Wakes whoever pulls or pushes, so that the stream lock comes free.
    const Ref<GstEvent> start = NumberedEvent(gst_event_new_flush_start(), seek.seqnum);
    gst_pad_push_event(sink_, Ref<GstEvent>(start).release());
    PushToOutputs(start);
  } else {
    gst_pad_pause_task(sink_);
  }
  const StreamLock lock(sink_);
  if (growth_) growth_->Resume();
  if (flush) {
    gst_pad_push_event(sink_, NumberedEvent(gst_event_new_flush_stop(TRUE), seek.seqnum).release());
  }
  if (growth_ && opened_) LookForGrowth(true);
  GstSegment segment = segment_;
  const Status sought = PerformSeek(&segment, seek);
  if (flush) {
    PushToOutputs(NumberedEvent(gst_event_new_flush_stop(TRUE), seek.seqnum));
  }
  Resume(seek, segment, sought);
  // Interrupted: another flush is on its way, or the end.
  if (!sought.ok() && sought.error().code == Errc::kInterrupted) return false;
  return StartTask() && sought.ok();
}

/// Everything starts anew, from `segment` where the demuxer has got there.
void Session::Resume(const SeekEvent& seek, const GstSegment& segment, const Status& sought) {
  seqnum_ = seek.seqnum;
  for (const auto& output : outputs_) {
    output->Restart();
  }
  {
    const std::lock_guard combiner_lock(combiner_lock_);
    gst_flow_combiner_reset(combiner_.get());
  }
  blocks_->Forget(segment.rate < 0);
  sample_waits_ = false;
  if (sought.ok()) {
    RestUnlinked();
    segment_ = segment;
    seeks_.fetch_add(1, std::memory_order_relaxed);
    Publish();
    PostSegmentStart();
  } else if (sought.error().code != Errc::kInterrupted) {
    // Told by the streaming thread: this one may be an application's.
    pending_error_ = sought.error();
  }
}

void Session::PostSegmentStart() {
  if (!IsSegmentSeek()) return;
  GstMessage* message = gst_message_new_segment_start(
      GST_OBJECT(element_), GST_FORMAT_TIME, static_cast<gint64>(segment_.position));
  gst_message_set_seqnum(message, seqnum_);
  gst_element_post_message(element_, message);
}

/// What the seek asks of `segment`, and of the demuxer.
Status Session::Prepare(GstSegment* segment, const SeekEvent& seek, SeekRequest* out) {
  gboolean update = FALSE;
  if (!gst_segment_do_seek(segment,
                           seek.rate,
                           seek.format,
                           seek.flags,
                           seek.start_type,
                           static_cast<guint64>(seek.start),
                           seek.stop_type,
                           static_cast<guint64>(seek.stop),
                           &update)) {
    return Error{Errc::kEditInvalid};
  }
  if (!GST_CLOCK_TIME_IS_VALID(segment->stop) && seek.rate < 0) segment->stop = segment->duration;
  SeekRequest& request = *out;
  request.start_ns = static_cast<int64_t>(seek.rate > 0 ? segment->position : segment->start);
  if (GST_CLOCK_TIME_IS_VALID(segment->stop)) {
    request.stop_ns = static_cast<int64_t>(seek.rate > 0 ? segment->stop : segment->position);
  }
  request.key_unit = seek.Has(GST_SEEK_FLAG_KEY_UNIT);
  request.snap = SnapOf(seek.flags);
  request.mode = ModeOf(seek);
  return {};
}

/// Moves `segment` to where the seek lands. Nothing has changed when it fails.
Status Session::PerformSeek(GstSegment* segment, const SeekEvent& seek) {
  SeekRequest request;
  ISO_CHECK(Prepare(segment, seek, &request));
  ISO_TRY(const PlayRange range, demuxer_->Seek(request));
  pace_.Restart();
  GST_INFO_OBJECT(element_,
                  "seek to %" GST_TIME_FORMAT " - %" GST_TIME_FORMAT " lands on %" GST_TIME_FORMAT
                  " - %" GST_TIME_FORMAT,
                  GST_TIME_ARGS(request.start_ns),
                  GST_TIME_ARGS(request.stop_ns),
                  GST_TIME_ARGS(range.from_ns),
                  GST_TIME_ARGS(range.to_ns));
  Land(segment, range);
  return {};
}

/// The segment says what is played: where a key unit seek or the end of the file moved it,
/// it moves too.
void Session::Land(GstSegment* segment, const PlayRange& range) {
  if (range.mode.reverse) {
    if (range.to_ns != kTimeMax) segment->stop = static_cast<guint64>(range.to_ns);
    segment->start = std::min(static_cast<guint64>(range.from_ns), segment->stop);
    segment->position = segment->stop;
  } else {
    segment->start = static_cast<guint64>(range.from_ns);
    segment->position = segment->start;
    if (GST_CLOCK_TIME_IS_VALID(segment->stop)) {
      segment->stop = std::max(segment->stop, segment->start);
    }
  }
  segment->time = segment->start;
  segment->offset = 0;  // running time goes on from here, by base
}

}  // namespace iso::gst
