// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/fragment_events.h"

#include "core/fragment/timed_boxes.h"
#include "element/caps_draft.h"

namespace iso::gst {
namespace {

GstClockTime TimeOf(const EventMessage& message, int64_t start_ns) {
  const GstClockTime time = gst_util_uint64_scale(message.time, GST_SECOND, message.timescale);
  return message.is_relative ? time + static_cast<GstClockTime>(start_ns) : time;
}

GstClockTime DurationOf(const EventMessage& message) {
  if (message.duration == EventMessage::kUnknownDuration) return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale(message.duration, GST_SECOND, message.timescale);
}

Ref<GstEvent> MessageEvent(const EventMessage& message, int64_t start_ns) {
  const Ref<GstBuffer> data = NewBuffer(message.data);
  GstStructure* structure = gst_structure_new("application/x-emsg",
                                              "scheme-id-uri",
                                              G_TYPE_STRING,
                                              message.scheme.c_str(),
                                              "value",
                                              G_TYPE_STRING,
                                              message.value.c_str(),
                                              "id",
                                              G_TYPE_UINT,
                                              message.id,
                                              "stream-time",
                                              G_TYPE_UINT64,
                                              TimeOf(message, start_ns),
                                              "duration",
                                              G_TYPE_UINT64,
                                              DurationOf(message),
                                              "data",
                                              GST_TYPE_BUFFER,
                                              data.get(),
                                              nullptr);
  return Ref<GstEvent>::Adopt(gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, structure));
}

}  // namespace

std::vector<Ref<GstEvent>> MessageEvents(const Fragment& fragment, int64_t start_ns) {
  std::vector<Ref<GstEvent>> events;
  for (const LooseBox& box : fragment.before) {
    if (box.type != FourCC("emsg")) continue;
    const auto message = ParseEventMessage(box.body);
    if (message) events.push_back(MessageEvent(*message, start_ns));
  }
  return events;
}

void AddProducerTime(const Fragment& fragment, uint32_t track_id, GstBuffer* buffer) {
  for (const LooseBox& box : fragment.before) {
    if (box.type != FourCC("prft")) continue;
    const auto time = ParseProducerTime(box.body);
    if (!time || time->track_id != track_id) continue;
    const auto caps = Ref<GstCaps>::Adopt(gst_caps_new_empty_simple("timestamp/x-ntp"));
    gst_buffer_add_reference_timestamp_meta(
        buffer, caps.get(), time->Nanoseconds(), GST_CLOCK_TIME_NONE);
    return;
  }
}

}  // namespace iso::gst
