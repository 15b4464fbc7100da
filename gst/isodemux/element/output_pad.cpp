// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/output_pad.h"

#include <algorithm>

#include <gst/audio/audio.h>

#include "element/fragment_events.h"
#include "element/log.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {
namespace {

GstStreamType StreamTypeOf(PadFamily family) {
  switch (family) {
    case PadFamily::kVideo:
      return GST_STREAM_TYPE_VIDEO;
    case PadFamily::kAudio:
      return GST_STREAM_TYPE_AUDIO;
    case PadFamily::kSubtitle:
      return GST_STREAM_TYPE_TEXT;
    case PadFamily::kMeta:
      break;
  }
  return GST_STREAM_TYPE_UNKNOWN;
}

GstStreamFlags StreamFlagsOf(const Track& track, const StreamFormat& format) {
  int flags = GST_STREAM_FLAG_NONE;
  if (format.sparse) flags |= GST_STREAM_FLAG_SPARSE;
  if (!track.enabled) flags |= GST_STREAM_FLAG_UNSELECT;
  return static_cast<GstStreamFlags>(flags);
}

Ref<GstEvent> Numbered(GstEvent* event, guint32 seqnum) {
  if (seqnum != GST_SEQNUM_INVALID) gst_event_set_seqnum(event, seqnum);
  return Ref<GstEvent>::Adopt(event);
}

}  // namespace

OutputPad::OutputPad(const Track& track, size_t track_index, std::vector<StreamFormat> formats)
    : track_(&track),
      track_index_(track_index),
      family_(formats.front().family),
      formats_(std::move(formats)),
      late_(track) {
  gst_segment_init(&segment_, GST_FORMAT_TIME);
}

void OutputPad::GoOnAs(OutputPad& next, guint32 seqnum) {
  const Ref<GstCaps> before = format().caps;
  track_ = next.track_;
  track_index_ = next.track_index_;
  formats_ = std::move(next.formats_);
  protection_events_ = std::move(next.protection_events_);
  systems_from_.reset();
  description_ = 0;
  headers_due_ = true;
  late_.Follow(*track_);
  const Ref<GstCaps>& caps = first_format().caps;
  if (!caps || gst_caps_is_strictly_equal(before.get(), caps.get())) return;
  gst_stream_set_caps(stream_.get(), caps.get());
  gst_pad_push_event(pad_.get(), Numbered(gst_event_new_caps(caps.get()), seqnum).release());
}

void OutputPad::Create(GstElement* element, GstPadTemplate* pad_template, const std::string& name) {
  pad_ = Ref<GstPad>::Adopt(gst_pad_new_from_template(pad_template, name.c_str()));
  gst_pad_use_fixed_caps(pad_.get());
  const GCharPtr id(gst_pad_create_stream_id_printf(pad_.get(), element, "%03u", track_->id));
  const StreamFormat& format = first_format();
  stream_ = Ref<GstStream>::Adopt(gst_stream_new(
      id.get(), format.caps.get(), StreamTypeOf(format.family), StreamFlagsOf(*track_, format)));
}

void OutputPad::SetProtectionSystem(const std::string& system) {
  for (StreamFormat& format : formats_) {
    if (!format.encrypted || !format.caps) continue;
    gst_caps_set_simple(
        format.caps.writable(), "protection-system", G_TYPE_STRING, system.c_str(), nullptr);
  }
}

bool OutputPad::HasProtectionSystem() const {
  const GstCaps* caps = first_format().caps.get();
  return caps != nullptr &&
         gst_structure_has_field(gst_caps_get_structure(caps, 0), "protection-system");
}

void OutputPad::SetTags(Ref<GstTagList> stream_tags) {
  tags_due_ = !stream_tags_ || !gst_tag_list_is_equal(stream_tags_.get(), stream_tags.get());
  gst_stream_set_tags(stream_.get(), stream_tags.get());
  stream_tags_ = std::move(stream_tags);
}

void OutputPad::Announce(guint group_id, guint32 seqnum, bool with_stream) {
  seqnum_ = seqnum;
  Ref<GstEvent> start =
      Numbered(gst_event_new_stream_start(gst_stream_get_stream_id(stream_.get())), seqnum);
  gst_event_set_group_id(start.get(), group_id);
  gst_event_set_stream_flags(start.get(), gst_stream_get_stream_flags(stream_.get()));
  if (with_stream) gst_event_set_stream(start.get(), stream_.get());
  gst_pad_push_event(pad_.get(), start.release());
  gst_pad_push_event(pad_.get(),
                     Numbered(gst_event_new_caps(first_format().caps.get()), seqnum).release());
}

GstFlowReturn OutputPad::PushSegment(const GstSegment& segment, guint32 seqnum) {
  seqnum_ = seqnum;
  segment_ = segment;
  late_.BeginSegment();
  GST_DEBUG_OBJECT(pad_.get(), "segment %" GST_SEGMENT_FORMAT, static_cast<void*>(&segment_));
  const bool forward = segment.rate > 0;
  position_ns_.store(forward ? static_cast<int64_t>(segment.time)
                             : PresentationOf(static_cast<int64_t>(segment.stop)),
                     std::memory_order_relaxed);
  gst_pad_push_event(pad_.get(), Numbered(gst_event_new_segment(&segment_), seqnum).release());
  if (tags_due_) PushTags();
  if (global_tags_) {
    gst_pad_push_event(pad_.get(),
                       Numbered(gst_event_new_tag(global_tags_.release()), seqnum).release());
  }
  if (toc_) {
    gst_event_set_seqnum(toc_.writable(), seqnum);
    gst_pad_push_event(pad_.get(), toc_.release());
  }
  return GST_FLOW_OK;
}

GstFlowReturn OutputPad::PushGap(int64_t start_ns, int64_t duration_ns) {
  if (start_ns < 0) return GST_FLOW_OK;
  GST_LOG_OBJECT(pad_.get(),
                 "gap from %" GST_TIME_FORMAT " for %" GST_TIME_FORMAT,
                 GST_TIME_ARGS(start_ns),
                 GST_TIME_ARGS(duration_ns));
  const GstClockTime duration =
      duration_ns > 0 ? static_cast<GstClockTime>(duration_ns) : GST_CLOCK_TIME_NONE;
  GstEvent* gap = gst_event_new_gap(static_cast<GstClockTime>(start_ns), duration);
  gst_pad_push_event(pad_.get(), Numbered(gap, seqnum_).release());
  return GST_FLOW_OK;
}

/// Descriptions are numbered from 1; a number that is out of range means the first.
void OutputPad::ChooseDescription(uint32_t description) {
  const size_t index = description >= 1 && description <= formats_.size() ? description - 1 : 0;
  if (index == description_) return;
  description_ = index;
  headers_due_ = true;
  if (format().caps) {
    gst_pad_push_event(pad_.get(),
                       Numbered(gst_event_new_caps(format().caps.get()), seqnum_).release());
  }
}

void OutputPad::PushTags() {
  tags_due_ = false;
  gst_pad_push_event(
      pad_.get(),
      Numbered(gst_event_new_tag(Ref<GstTagList>(stream_tags_).release()), seqnum_).release());
}

void OutputPad::PushHeaders() {
  headers_due_ = false;
  if (tags_due_) PushTags();
  if (format().header_event) {
    gst_pad_push_event(pad_.get(), Ref<GstEvent>(format().header_event).release());
  }
  for (const Ref<GstBuffer>& header : format().headers) {
    PushBuffer(Ref<GstBuffer>::Adopt(gst_buffer_copy(header.get())));
  }
}

/// The buffer is the pad's first one of a fragment before which something stands.
void OutputPad::EnterFragment(const Event& event, GstBuffer* buffer) {
  AddProducerTime(*event.fragment, track_->id, buffer);
  for (Ref<GstEvent>& message : MessageEvents(*event.fragment, PresentationOf(event.pts_ns))) {
    gst_pad_push_event(pad_.get(), message.release());
  }
}

/// A fragment's own DRM systems, once a fragment.
void OutputPad::NoteSystems(const SampleProtection& protection) {
  if (protection.systems.empty() || systems_from_ == protection.systems_from) return;
  systems_from_ = protection.systems_from;
  for (const ProtectionSystem& system : protection.systems) {
    AddProtectionEvent(ProtectionEvent(system, "isobmff/moof"));
  }
}

void OutputPad::PushProtectionEvents() {
  for (Ref<GstEvent>& event : protection_events_) {
    gst_pad_push_event(pad_.get(), event.release());
  }
  protection_events_.clear();
}

/// Decoders that know the meta cut to the sample; for the others the segment does.
void OutputPad::AddClipping(const Event& event, GstBuffer* buffer) const {
  if ((event.clip_start | event.clip_end) == 0 || format().raw) return;
  const uint32_t rate = track_->descriptions[description_].audio.sample_rate;
  const auto frames = [&](uint32_t ticks) {
    return rate == 0 ? ticks : gst_util_uint64_scale_round(ticks, rate, track_->timescale);
  };
  gst_buffer_add_audio_clipping_meta(
      buffer, GST_FORMAT_DEFAULT, frames(event.clip_start), frames(event.clip_end));
}

void OutputPad::Stamp(const Event& event, GstBuffer* buffer) {
  GST_BUFFER_PTS(buffer) =
      event.pts_ns >= 0 ? static_cast<GstClockTime>(event.pts_ns) : GST_CLOCK_TIME_NONE;
  if (!format().raw && event.dts_ns >= 0) {
    GST_BUFFER_DTS(buffer) = static_cast<GstClockTime>(event.dts_ns);
  }
  GST_BUFFER_DURATION(buffer) = static_cast<GstClockTime>(std::max<int64_t>(0, event.duration_ns));
  GST_BUFFER_OFFSET(buffer) = event.sample.offset;
  if (event.discont) discont_ = true;
  if (track_->kind == MediaKind::kAudio) AddClipping(event, buffer);
  if (event.decode_only) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DECODE_ONLY);
  if (event.sample.droppable()) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DROPPABLE);
  if (!event.sample.sync && !format().raw) {
    GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  }
}

/// Where in the presentation a media time is, by the pad's segment.
int64_t OutputPad::PresentationOf(int64_t media_ns) const {
  int64_t since = std::max<int64_t>(0, media_ns - static_cast<int64_t>(segment_.start));
  if (segment_.applied_rate != 1.0) {
    const double scaled = static_cast<double>(since) * segment_.applied_rate;
    since = scaled < 9e18 ? static_cast<int64_t>(scaled) : kTimeMax;
  }
  return SaturatingAdd(static_cast<int64_t>(segment_.time), since);
}

GstFlowReturn OutputPad::PushSample(const Event& event, Ref<GstBuffer> buffer) {
  if (event.sample.description != description_ + 1) ChooseDescription(event.sample.description);
  if (!format().caps) {
    discont_ = true;
    return GST_FLOW_OK;
  }
  if (event.protection != nullptr) NoteSystems(*event.protection);
  if (!protection_events_.empty() && format().encrypted) PushProtectionEvents();
  if (headers_due_) PushHeaders();
  Stamp(event, buffer.get());
  if (event.fragment) EnterFragment(event, buffer.get());
  if (event.protection != nullptr) protection_.Attach(*event.protection, buffer.get());
  if (format().protection) {
    gst_buffer_add_protection_meta(buffer.get(), gst_structure_copy(format().protection.get()));
  }
  // Pictures come in decoding order: what is shown goes on all the same.
  const int64_t position = PresentationOf(event.pts_ns);
  const bool shown_before = segment_.rate > 0 && position < position_ns();
  if (!shown_before) position_ns_.store(position, std::memory_order_relaxed);
  sample_number_.store(event.sample.index, std::memory_order_relaxed);
  if (format().transform) return PushTransformed(event, std::move(buffer));
  return PushBuffer(std::move(buffer));
}

GstFlowReturn OutputPad::PushTransformed(const Event& event, Ref<GstBuffer> buffer) {
  Buffers samples = format().transform->Apply(std::move(buffer));
  if (samples.empty()) return PushGap(event.pts_ns, event.duration_ns);
  for (Ref<GstBuffer>& sample : samples) {
    const GstFlowReturn result = PushBuffer(std::move(sample));
    if (result != GST_FLOW_OK) return result;
  }
  return GST_FLOW_OK;
}

bool OutputPad::IsTooLate(const Event& event) {
  bool began = false;
  const bool late = late_.Skips(event, segment_, &began);
  if (began) PostQos(event);
  if (late) MarkDiscont();
  return late;
}

/// Said once for all that is skipped up to the next key unit.
void OutputPad::PostQos(const Event& event) const {
  const auto pts = static_cast<guint64>(std::max<int64_t>(0, event.pts_ns));
  const Ref<GstElement> element = Ref<GstElement>::Adopt(gst_pad_get_parent_element(pad_.get()));
  if (!element) return;
  GstMessage* message =
      gst_message_new_qos(GST_OBJECT(element.get()),
                          FALSE,
                          gst_segment_to_running_time(&segment_, GST_FORMAT_TIME, pts),
                          gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, pts),
                          pts,
                          static_cast<guint64>(std::max<int64_t>(0, event.duration_ns)));
  gst_message_set_qos_values(message, late_.jitter(), 1.0, 1000000);
  gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, pushed_, late_.skipped());
  gst_element_post_message(element.get(), message);
}

GstFlowReturn OutputPad::PushBuffer(Ref<GstBuffer> buffer) {
  // Parts of others have this flag: what was read alone, or copied, is not to be told from them.
  GST_BUFFER_FLAG_SET(buffer.writable(), GST_BUFFER_FLAG_TAG_MEMORY);
  if (discont_) {
    GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
    discont_ = false;
  }
  GST_LOG_OBJECT(pad_.get(), "pushing %" GST_PTR_FORMAT, static_cast<void*>(buffer.get()));
  ++pushed_;
  return gst_pad_push(pad_.get(), buffer.release());
}

bool OutputPad::PushEos(guint32 seqnum) {
  if (eos_) return false;
  eos_ = true;
  GST_DEBUG_OBJECT(pad_.get(), "end of stream");
  gst_pad_push_event(pad_.get(), Numbered(gst_event_new_eos(), seqnum).release());
  return true;
}

void OutputPad::Restart() {
  discont_ = true;
  late_.Reset();
  eos_ = false;
  flow.store(GST_FLOW_OK, std::memory_order_relaxed);
}

}  // namespace iso::gst
