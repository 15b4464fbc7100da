// SPDX-License-Identifier: LGPL-2.1-or-later

#include "segment_feeder.h"

#include <algorithm>

namespace iso::test {

SegmentFeeder::SegmentFeeder() {
  // A bin is the least that can hold a pad.
  GstElement* source = gst_bin_new(nullptr);
  pad_ = gst_pad_new("src", GST_PAD_SRC);
  gst_pad_set_element_private(pad_, this);
  gst_pad_set_event_function(pad_, OnEvent);
  gst_pad_set_query_function(pad_, OnQuery);
  gst_element_add_pad(source, pad_);
  recorder_ = std::make_unique<Recorder>(source);
  recorder_->Start("");
}

SegmentFeeder::~SegmentFeeder() {
  recorder_->Stop();
}

void SegmentFeeder::SendEvent(GstEvent* event) {
  gst_pad_push_event(pad_, event);
}

void SegmentFeeder::Begin(const std::string& caps, GstClockTime start) {
  StartStream("stream");
  SendCaps(caps);
  SendSegment(start);
}

void SegmentFeeder::StartStream(const std::string& id) {
  GstEvent* event = gst_event_new_stream_start(id.c_str());
  gst_event_set_group_id(event, 1);
  SendEvent(event);
}

void SegmentFeeder::SendCaps(const std::string& text) {
  GstCaps* caps = gst_caps_from_string(text.c_str());
  SendEvent(gst_event_new_caps(caps));
  gst_caps_unref(caps);
}

void SegmentFeeder::SendSegment(GstClockTime start, GstClockTime stop, double rate) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.start = segment.time = segment.position = start;
  segment.stop = stop;
  SendEvent(gst_event_new_segment(&segment));
}

void SegmentFeeder::SendGap(GstClockTime start, GstClockTime duration) {
  SendEvent(gst_event_new_gap(start, duration));
}

void SegmentFeeder::Flush() {
  SendEvent(gst_event_new_flush_start());
  SendEvent(gst_event_new_flush_stop(TRUE));
}

void SegmentFeeder::SendEos() {
  SendEvent(gst_event_new_eos());
}

GstFlowReturn SegmentFeeder::Push(const Bytes& bytes, size_t chunk, const PieceStart& start) {
  GstFlowReturn flow = GST_FLOW_OK;
  for (size_t at = 0; at < bytes.size() && flow == GST_FLOW_OK; at += chunk) {
    chunk = std::min(chunk, bytes.size() - at);
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, chunk, nullptr);
    gst_buffer_fill(buffer, 0, &bytes[at], chunk);
    if (at == 0) {
      GST_BUFFER_PTS(buffer) = start.pts;
      GST_BUFFER_OFFSET(buffer) = start.offset;
      if (start.discont) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    }
    flow = gst_pad_push(pad_, buffer);
  }
  return flow;
}

gboolean SegmentFeeder::OnEvent(GstPad* pad, GstObject*, GstEvent* event) {
  auto* feeder = static_cast<SegmentFeeder*>(gst_pad_get_element_private(pad));
  const EventPtr held(event, gst_event_unref);
  if (GST_EVENT_TYPE(event) != GST_EVENT_SEEK) return FALSE;
  const std::lock_guard lock(feeder->mutex_);
  feeder->seeks_.push_back(held);
  return TRUE;
}

gboolean SegmentFeeder::OnQuery(GstPad* pad, GstObject* parent, GstQuery* query) {
  const auto* feeder = static_cast<SegmentFeeder*>(gst_pad_get_element_private(pad));
  if (GST_QUERY_TYPE(query) != GST_QUERY_DURATION || feeder->duration_ == GST_CLOCK_TIME_NONE) {
    return gst_pad_query_default(pad, parent, query);
  }
  gst_query_set_duration(query, GST_FORMAT_TIME, static_cast<gint64>(feeder->duration_));
  return TRUE;
}

std::vector<EventPtr> SegmentFeeder::seeks() const {
  const std::lock_guard lock(mutex_);
  return seeks_;
}

RecordedPad SegmentFeeder::PadNamed(const std::string& name) const {
  for (RecordedPad& pad : recorder_->pads()) {
    if (pad.name == name) return std::move(pad);
  }
  return {};
}

std::vector<RecordedItem> BuffersOf(const RecordedPad& pad) {
  std::vector<RecordedItem> buffers;
  std::copy_if(
      pad.items.begin(), pad.items.end(), std::back_inserter(buffers), [](const auto& item) {
        return item.event == nullptr;
      });
  return buffers;
}

std::vector<EventPtr> EventsOf(const RecordedPad& pad, GstEventType type) {
  std::vector<EventPtr> events;
  for (const RecordedItem& item : pad.items) {
    if (item.event && GST_EVENT_TYPE(item.event.get()) == type) events.push_back(item.event);
  }
  return events;
}

}  // namespace iso::test
