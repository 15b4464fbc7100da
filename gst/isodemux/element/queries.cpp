// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Session: queries. They take no stream lock: they look at published facts, and at
// sample tables, which any thread may ask.

#include "element/queries.h"

#include <algorithm>

#include "core/demux/media_clock.h"
#include "element/session.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {

std::optional<int64_t> SampleAtByte(const Samples& samples, uint64_t byte) {
  const Result<uint64_t> count = samples.SampleCount();
  if (!count.ok() || *count == 0) return std::nullopt;
  uint64_t low = 0;
  uint64_t high = *count - 1;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    const Result<Sample> sample = samples.At(middle);
    if (!sample.ok()) return std::nullopt;
    if (sample->offset + sample->size > byte) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return static_cast<int64_t>(low);
}

std::optional<int64_t> TimeOfSample(const Track& track, uint64_t number) {
  const Result<Sample> sample = track.samples->At(number);
  if (!sample.ok()) return std::nullopt;
  const MediaClock clock(track);
  for (const Edit& edit : track.timeline.edits()) {
    const bool shown = edit.kind == Edit::Kind::kMedia && sample->pts < edit.media_end &&
                       SaturatingAdd(sample->pts, sample->duration) > edit.media_start;
    if (shown) return std::max(edit.start_ns, clock.ShownFrom(edit, sample->pts));
  }
  return std::nullopt;
}

namespace {

std::optional<int64_t> SampleAtTime(const Track& track, int64_t time_ns) {
  const auto& edits = track.timeline.edits();
  const size_t index = std::min(track.timeline.EditAt(time_ns), edits.size() - 1);
  const int64_t pts = MediaClock(track).PtsShownAt(edits[index], time_ns);
  const Result<uint64_t> sample = track.samples->SampleAtPresentationTime(pts);
  if (!sample.ok()) return std::nullopt;
  return static_cast<int64_t>(*sample);
}

std::optional<int64_t> SampleFrom(const Track& track, GstFormat format, int64_t value) {
  switch (format) {
    case GST_FORMAT_TIME:
      return SampleAtTime(track, value);
    case GST_FORMAT_BYTES:
      return SampleAtByte(*track.samples, static_cast<uint64_t>(value));
    case GST_FORMAT_DEFAULT:
      return value;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::shared_ptr<OutputPad> Session::OutputFor(const Outputs& outputs, GstPad* pad) {
  const auto found = std::find_if(outputs.begin(), outputs.end(), [&](const auto& output) {
    return pad != nullptr ? output->pad() == pad : output->family() == PadFamily::kVideo;
  });
  if (found != outputs.end()) return *found;
  return pad != nullptr || outputs.empty() ? nullptr : outputs.front();
}

/// Of an adaptive stream the whole is known upstream.
bool Session::AskUpstream(GstQuery* query) const {
  if (gst_pad_peer_query(sink_, query)) return true;
  return GST_QUERY_TYPE(query) == GST_QUERY_DURATION && QueryDuration(nullptr, query);
}

bool Session::HandleQuery(GstPad* pad, GstQuery* query) {
  if (!Read().movie) return false;
  const bool whole = GST_QUERY_TYPE(query) == GST_QUERY_DURATION ||
                     GST_QUERY_TYPE(query) == GST_QUERY_CONVERT ||
                     GST_QUERY_TYPE(query) == GST_QUERY_SEEKING;
  if (whole && IsSegmented()) return AskUpstream(query);
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_POSITION:
      return QueryPosition(pad, query);
    case GST_QUERY_DURATION:
      return QueryDuration(pad, query);
    case GST_QUERY_CONVERT:
      return QueryConvert(pad, query);
    case GST_QUERY_SEEKING:
      return QuerySeeking(query);
    case GST_QUERY_SEGMENT:
      return QuerySegment(query);
    case GST_QUERY_FORMATS:
      gst_query_set_formats(query, 3, GST_FORMAT_TIME, GST_FORMAT_DEFAULT, GST_FORMAT_BYTES);
      return true;
    default:
      return false;
  }
}

bool Session::QueryPosition(GstPad* pad, GstQuery* query) const {
  GstFormat format;
  gst_query_parse_position(query, &format, nullptr);
  const Published now = Read();
  const auto output = OutputFor(*now.outputs, pad);
  if (output == nullptr || output->position_ns() < 0) return false;
  if (format == GST_FORMAT_DEFAULT) {
    gst_query_set_position(query, format, static_cast<gint64>(output->sample_number()));
    return true;
  }
  if (format != GST_FORMAT_TIME) return false;
  int64_t position = output->position_ns();
  if (pad == nullptr) {
    for (const auto& other : *now.outputs) {
      position = std::max(position, other->position_ns());
    }
  }
  gst_query_set_position(query, format, position);
  return true;
}

bool Session::QueryDuration(GstPad* pad, GstQuery* query) const {
  GstFormat format;
  gst_query_parse_duration(query, &format, nullptr);
  const Published now = Read();
  if (format == GST_FORMAT_TIME && now.duration_ns != kTimeMax) {
    gst_query_set_duration(query, format, now.duration_ns);
    return true;
  }
  const auto output = OutputFor(*now.outputs, pad);
  if (format != GST_FORMAT_DEFAULT || output == nullptr || IsSegmented()) return false;
  const Result<uint64_t> count = output->track().samples->SampleCount();
  if (!count.ok()) return false;
  gst_query_set_duration(query, format, static_cast<gint64>(*count));
  return true;
}

std::optional<int64_t> Session::Convert(const OutputPad& output,
                                        GstFormat from,
                                        int64_t value,
                                        GstFormat to) const {
  const Track& track = output.track();
  if (value < 0) return std::nullopt;
  if (from == to) return value;
  const std::optional<int64_t> sample = SampleFrom(track, from, value);
  if (!sample || to == GST_FORMAT_DEFAULT) return sample;
  if (to == GST_FORMAT_TIME) return TimeOfSample(track, static_cast<uint64_t>(*sample));
  if (to != GST_FORMAT_BYTES) return std::nullopt;
  const Result<Sample> found = track.samples->At(static_cast<uint64_t>(*sample));
  if (!found.ok()) return std::nullopt;
  return static_cast<int64_t>(found->offset);
}

bool Session::QueryConvert(GstPad* pad, GstQuery* query) const {
  GstFormat from;
  GstFormat to;
  gint64 value;
  gst_query_parse_convert(query, &from, &value, &to, nullptr);
  const Published now = Read();
  const auto output = OutputFor(*now.outputs, pad);
  if (output == nullptr) return false;
  const auto converted = Convert(*output, from, value, to);
  if (!converted) return false;
  gst_query_set_convert(query, from, value, to, *converted);
  return true;
}

/// Whether the presentation may still become longer.
bool Session::IsOpenEnded(const Published& now) const {
  return IsFollowing() && now.movie->duration_ns == kTimeMax;
}

bool Session::QuerySeeking(GstQuery* query) const {
  GstFormat format;
  gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
  const Published now = Read();
  gint64 end = -1;
  if (format == GST_FORMAT_DEFAULT) {
    const Result<uint64_t> count = OutputFor(*now.outputs, nullptr)->track().samples->SampleCount();
    if (count.ok()) end = static_cast<gint64>(*count);
  } else if (now.duration_ns != kTimeMax && !IsOpenEnded(now)) {
    end = now.duration_ns;
  }
  const bool seekable =
      (!push_ || push_->can_seek()) && (format == GST_FORMAT_TIME || format == GST_FORMAT_DEFAULT);
  gst_query_set_seeking(query, format, seekable, 0, seekable ? end : -1);
  return true;
}

bool Session::QuerySegment(GstQuery* query) const {
  const GstSegment segment = Read().segment;
  const auto stream_time = [&](guint64 position) {
    return static_cast<gint64>(gst_segment_to_stream_time(&segment, segment.format, position));
  };
  const gint64 start = stream_time(segment.start);
  const gint64 stop = GST_CLOCK_TIME_IS_VALID(segment.stop) ? stream_time(segment.stop)
                                                            : static_cast<gint64>(segment.duration);
  gst_query_set_segment(query, segment.rate, segment.format, start, stop);
  return true;
}

}  // namespace iso::gst
