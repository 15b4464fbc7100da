// SPDX-License-Identifier: LGPL-2.1-or-later

#include "presented.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace iso::test {
namespace {

/// Two times are rounded down each on its own way, and halved ones once more.
constexpr int64_t kRoundingNs = 2;

bool Near(int64_t a, int64_t b, int64_t by = kRoundingNs) {
  return std::llabs(a - b) <= by;
}

int64_t Scaled(int64_t ns, double rate) {
  return static_cast<int64_t>(static_cast<double>(ns) / std::fabs(rate));
}

/// Reads one pad's items in order.
class Reader {
 public:
  Reader(const OracleTrack& track,
         const NaiveTimeline& whole,
         double rate,
         const SeekRange& range,
         uint32_t seqnum)
      : whole_(whole),
        rate_(rate),
        range_(range),
        seqnum_(seqnum),
        by_offset_(SamplesByOffset(track)) {}

  PadPresentation Read(const RecordedPad& pad) {
    for (const RecordedItem& item : pad.items) {
      if (item.event) {
        TakeEvent(item.event.get());
      } else {
        TakeBuffer(item);
      }
    }
    return std::move(out_);
  }

 private:
  void Complain(const std::string& what) {
    if (out_.errors.size() < 6) out_.errors.push_back(what);
  }

  void TakeEvent(GstEvent* event) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START) return;
    if (seqnum_ != 0 && gst_event_get_seqnum(event) != seqnum_) {
      Complain(std::string("another seqnum on ") + gst_event_type_get_name(GST_EVENT_TYPE(event)));
    }
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) TakeSegment(event);
    if (GST_EVENT_TYPE(event) == GST_EVENT_GAP) TakeGap(event);
  }

  /// Every stretch's place on running time follows from its place on stream time.
  void TakeSegment(GstEvent* event) {
    gst_event_copy_segment(event, &segment_);
    ++segments_;
    edit_ = whole_.EditAt(static_cast<int64_t>(segment_.time));
    const double product = segment_.rate * segment_.applied_rate;
    if (segment_.format != GST_FORMAT_TIME || std::fabs(product - rate_) > 1e-9) {
      Complain("a segment of rate " + std::to_string(segment_.rate) + " applied " +
               std::to_string(segment_.applied_rate));
    }
    const NaiveEdit& edit = whole_.edits[edit_];
    const bool media = edit.kind == NaiveEdit::Kind::kMedia;
    const double speed =
        media ? static_cast<double>(edit.rate.n) / static_cast<double>(edit.rate.d) : 1.0;
    if (std::fabs(segment_.rate - rate_ * speed) > 1e-9) Complain("not the edit's rate");
    const int64_t since = rate_ > 0
                              ? static_cast<int64_t>(segment_.time) - range_.from_ns
                              : range_.to_ns - StreamTime(static_cast<int64_t>(segment_.stop));
    if (!Near(static_cast<int64_t>(segment_.base), Scaled(std::max<int64_t>(0, since), rate_))) {
      Complain("segment.base is " + std::to_string(segment_.base) + ", " + std::to_string(since) +
               " ns have been played");
    }
    const auto position = rate_ > 0 ? segment_.start : segment_.stop;
    if (segment_.position != position) Complain("segment.position is not where it begins");
  }

  int64_t StreamTime(int64_t media) const {
    const uint64_t at =
        gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, static_cast<uint64_t>(media));
    return static_cast<int64_t>(at);
  }

  void CheckRunningTime(int64_t media) {
    const uint64_t running =
        gst_segment_to_running_time(&segment_, GST_FORMAT_TIME, static_cast<uint64_t>(media));
    const int64_t stream = StreamTime(media);
    const int64_t since = rate_ > 0 ? stream - range_.from_ns : range_.to_ns - stream;
    if (running == GST_CLOCK_TIME_NONE ||
        !Near(static_cast<int64_t>(running), Scaled(since, rate_), kRoundingNs + 1)) {
      Complain("running time " + std::to_string(running) + " at stream time " +
               std::to_string(stream));
    }
  }

  void TakeGap(GstEvent* event) {
    GstClockTime start = 0, duration = 0;
    gst_event_parse_gap(event, &start, &duration);
    const auto from = static_cast<int64_t>(start), to = static_cast<int64_t>(start + duration);
    out_.gaps.push_back({edit_, 0, StreamTime(from), StreamTime(to)});
    silent_ = false;
  }

  void TakeBuffer(const RecordedItem& item) {
    const auto found = by_offset_.find(item.offset);
    if (found == by_offset_.end()) {
      Complain("a buffer from " + std::to_string(item.offset) + ", where no sample begins");
      return;
    }
    const uint64_t sample = found->second;
    if (silent_ && segments_ == 1) out_.first = sample;
    if (out_.order.empty() && (item.flags & GST_BUFFER_FLAG_DISCONT) == 0) {
      Complain("the first buffer is no DISCONT");
    }
    silent_ = false;
    out_.order.push_back(sample);
    out_.last = sample;
    out_.last_pts = item.pts;
    out_.last_edit = edit_;
    out_.last_segment = segment_;
    if ((item.flags & GST_BUFFER_FLAG_DECODE_ONLY) != 0) return;
    uint64_t from = 0, to = 0;
    if (!gst_segment_clip(
            &segment_, GST_FORMAT_TIME, item.pts, item.pts + item.duration, &from, &to) ||
        from >= to) {
      return;
    }
    CheckRunningTime(static_cast<int64_t>(from));
    out_.shown.push_back({edit_,
                          sample,
                          StreamTime(static_cast<int64_t>(from)),
                          StreamTime(static_cast<int64_t>(to))});
  }

  const NaiveTimeline& whole_;
  const double rate_;
  const SeekRange range_;
  const uint32_t seqnum_;
  const std::map<uint64_t, uint64_t> by_offset_;
  GstSegment segment_;
  size_t edit_ = 0;
  int segments_ = 0;
  bool silent_ = true;  ///< no buffer and no gap yet
  PadPresentation out_;
};

}  // namespace

std::map<uint64_t, uint64_t> SamplesByOffset(const OracleTrack& track) {
  std::map<uint64_t, uint64_t> by_offset;
  for (size_t i = 0; i < track.samples.size(); ++i) {
    if (!by_offset.emplace(track.samples[i].offset, i).second) return {};
  }
  return by_offset;
}

PadPresentation PresentedOn(const RecordedPad& pad,
                            const OracleTrack& track,
                            const NaiveTimeline& whole,
                            double rate,
                            const SeekRange& range,
                            uint32_t seqnum) {
  return Reader(track, whole, rate, range, seqnum).Read(pad);
}

SeekRange PlayedRange(const std::vector<RecordedPad>& pads, const SeekAsk& ask, int64_t end_ns) {
  SeekRange range;
  for (const RecordedPad& pad : pads) {
    const auto first = std::find_if(pad.items.begin(), pad.items.end(), [](const auto& item) {
      return item.event && GST_EVENT_TYPE(item.event.get()) == GST_EVENT_SEGMENT;
    });
    if (first == pad.items.end()) continue;
    GstSegment segment;
    gst_event_copy_segment(first->event.get(), &segment);
    const uint64_t begin = ask.reverse
                               ? gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, segment.stop)
                               : segment.time;
    int64_t& out = ask.reverse ? range.to_ns : range.from_ns;
    out = std::max(out, static_cast<int64_t>(begin));
  }
  if (ask.reverse) {
    range.from_ns = std::clamp<int64_t>(ask.start_ns, 0, end_ns);
  } else {
    range.to_ns = std::max(range.from_ns, ask.stop_ns);
  }
  return range;
}

TrackSpec EditsOf(const OracleTrack& track) {
  TrackSpec spec;
  spec.has_edits = !track.edits.empty();
  for (const OracleEdit& edit : track.edits)
    spec.edits.push_back({edit.duration, edit.media_time, edit.rate, edit.rate_fraction});
  return spec;
}

}  // namespace iso::test
