// SPDX-License-Identifier: LGPL-2.1-or-later

#include "uri_player.h"

#include <chrono>

#include "recorder.h"

namespace iso::test {
namespace {

constexpr GstClockTime kPatience = 30 * GST_SECOND;

GstSegment SegmentOf(GstPad* pad) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  GstEvent* event = gst_pad_get_sticky_event(pad, GST_EVENT_SEGMENT, 0);
  if (event) {
    gst_event_copy_segment(event, &segment);
    gst_event_unref(event);
  }
  return segment;
}

std::string CapsText(GstPad* pad) {
  GstCaps* caps = gst_pad_get_current_caps(pad);
  gchar* text = caps ? gst_caps_to_string(caps) : nullptr;
  const std::string found = text ? text : "";
  g_free(text);
  if (caps) gst_caps_unref(caps);
  return found;
}

int WidthOf(GstPad* pad) {
  GstCaps* caps = gst_pad_get_current_caps(pad);
  int width = 0;
  if (caps) {
    gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", &width);
    gst_caps_unref(caps);
  }
  return width;
}

Bytes IvOf(GstBuffer* buffer) {
  const GstProtectionMeta* meta = gst_buffer_get_protection_meta(buffer);
  const GValue* value = meta ? gst_structure_get_value(meta->info, "iv") : nullptr;
  if (!value) return {};
  Bytes iv(gst_buffer_get_size(gst_value_get_buffer(value)));
  gst_buffer_extract(gst_value_get_buffer(value), 0, iv.data(), iv.size());
  return iv;
}

std::string TextOf(GstMessage* message) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  gst_message_parse_error(message, &error, &debug);
  const std::string text = std::string(error->message) + " (" + (debug ? debug : "") + ")";
  g_error_free(error);
  g_free(debug);
  return text;
}

const char* FactoryOf(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  return factory ? GST_OBJECT_NAME(factory) : "";
}

}  // namespace

struct UriPlayer::Sink {
  UriPlayer* player;
  GstElement* element;  ///< the pipeline's
  std::vector<Shown> shown;
};

UriPlayer::UriPlayer(const std::string& playbin, const std::string& uri)
    : pipeline_(gst_element_factory_make(playbin.c_str(), nullptr)) {
  gst_object_ref_sink(pipeline_);
  video_ = AddSink("video-sink");
  audio_ = AddSink("audio-sink");
  // Video and sound, each as it is.
  gst_util_set_object_arg(G_OBJECT(pipeline_), "flags", "native-video+native-audio+video+audio");
  g_object_set(pipeline_, "uri", uri.c_str(), nullptr);
  g_signal_connect(pipeline_, "deep-element-added", G_CALLBACK(OnElement), this);
}

UriPlayer::~UriPlayer() {
  Stop();
  for (GstElement* element : elements_)
    gst_object_unref(element);
  gst_object_unref(pipeline_);
}

void UriPlayer::Stop() {
  gst_element_set_state(pipeline_, GST_STATE_NULL);
}

std::unique_ptr<UriPlayer::Sink> UriPlayer::AddSink(const char* property) {
  GstElement* element = gst_element_factory_make("fakesink", property);
  auto sink = std::make_unique<Sink>(Sink{this, element, {}});
  g_object_set(element, "sync", FALSE, "signal-handoffs", TRUE, nullptr);
  g_signal_connect(element, "handoff", G_CALLBACK(OnHandoff), sink.get());
  GstPad* pad = gst_element_get_static_pad(element, "sink");
  const auto events = static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                                   GST_PAD_PROBE_TYPE_EVENT_FLUSH);
  gst_pad_add_probe(pad, events, OnSinkEvent, sink.get(), nullptr);
  gst_object_unref(pad);
  g_object_set(pipeline_, property, element, nullptr);
  return sink;
}

void UriPlayer::Synchronise() {
  for (const auto* sink : {video_.get(), audio_.get()})
    g_object_set(sink->element, "sync", TRUE, nullptr);
}

void UriPlayer::OnHandoff(GstElement*, GstBuffer* buffer, GstPad* pad, gpointer data) {
  auto* sink = static_cast<Sink*>(data);
  const GstSegment segment = SegmentOf(pad);
  Shown shown;
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  shown.stream_time = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, pts);
  shown.running_time = gst_segment_to_running_time(&segment, GST_FORMAT_TIME, pts);
  shown.duration = GST_BUFFER_DURATION(buffer);
  shown.width = WidthOf(pad);
  const std::lock_guard lock(sink->player->mutex_);
  sink->shown.push_back(shown);
}

GstPadProbeReturn UriPlayer::OnSinkEvent(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* sink = static_cast<Sink*>(data);
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_FLUSH_STOP) {
    const std::lock_guard lock(sink->player->mutex_);
    sink->shown.clear();
  }
  return GST_PAD_PROBE_OK;
}

void UriPlayer::OnElement(GstBin*, GstBin*, GstElement* element, gpointer data) {
  auto* player = static_cast<UriPlayer*>(data);
  {
    const std::lock_guard lock(player->mutex_);
    player->elements_.push_back(GST_ELEMENT(gst_object_ref(element)));
  }
  // As in tests/http: its session is shared with nobody, since it leaks when it is.
  if (FactoryOf(element) == std::string("souphttpsrc")) {
    g_object_set(element, "proxy", "", "timeout", 30u, nullptr);
  }
  if (FactoryOf(element) == ElementName()) {
    g_signal_connect(element, "pad-added", G_CALLBACK(OnDemuxerPad), player);
  }
}

void UriPlayer::OnDemuxerPad(GstElement*, GstPad* pad, gpointer data) {
  const auto both =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(pad, both, OnDemuxed, data, nullptr);
}

void UriPlayer::Note(GstEvent* event) {
  const std::lock_guard lock(mutex_);
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
    ++ends_;
    ended_.notify_all();
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_PROTECTION) {
    const gchar* system = nullptr;
    gst_event_parse_protection(event, &system, nullptr, nullptr);
    protection_systems_.emplace_back(system);
  }
}

bool UriPlayer::WaitDemuxed(size_t pads) {
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, std::chrono::seconds(20), [&] { return ends_ >= pads; });
}

GstPadProbeReturn UriPlayer::OnDemuxed(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto* player = static_cast<UriPlayer*>(data);
  if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    player->Note(GST_PAD_PROBE_INFO_EVENT(info));
    return GST_PAD_PROBE_OK;
  }
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  const GstSegment segment = SegmentOf(pad);
  Demuxed demuxed;
  demuxed.caps = CapsText(pad);
  demuxed.content.resize(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, demuxed.content.data(), demuxed.content.size());
  demuxed.pts = GST_BUFFER_PTS(buffer);
  // Of what lies before the segment, too.
  demuxed.stream_time = demuxed.pts - segment.start + segment.time;
  demuxed.discont = GST_BUFFER_IS_DISCONT(buffer);
  demuxed.iv = IvOf(buffer);
  const std::lock_guard lock(player->mutex_);
  player->demuxed_.push_back(std::move(demuxed));
  return GST_PAD_PROBE_OK;
}

std::string UriPlayer::Await(GstMessageType what) {
  GstBus* bus = gst_element_get_bus(pipeline_);
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus, kPatience, static_cast<GstMessageType>(what | GST_MESSAGE_ERROR));
  gst_object_unref(bus);
  if (!message) return std::string("no ") + gst_message_type_get_name(what) + " message in time";
  const std::string error =
      GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR ? TextOf(message) : std::string();
  gst_message_unref(message);
  return error;
}

std::string UriPlayer::Pause() {
  gst_element_set_state(pipeline_, GST_STATE_PAUSED);
  return Await(GST_MESSAGE_ASYNC_DONE);
}

std::string UriPlayer::Play() {
  gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  return "";
}

std::string UriPlayer::PlayToEnd() {
  gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  return Await(GST_MESSAGE_EOS);
}

std::string UriPlayer::Seek(int flags, GstClockTime target, double rate) {
  const bool forward = rate > 0;
  {
    const std::lock_guard lock(mutex_);
    ends_ = 0;
  }
  const gboolean sought = gst_element_seek(pipeline_,
                                           rate,
                                           GST_FORMAT_TIME,
                                           static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | flags),
                                           GST_SEEK_TYPE_SET,
                                           forward ? static_cast<gint64>(target) : 0,
                                           forward ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET,
                                           forward ? -1 : static_cast<gint64>(target));
  return sought ? Await(GST_MESSAGE_ASYNC_DONE) : "the seek was refused";
}

std::vector<Shown> UriPlayer::ShownBy(const Sink& sink) const {
  const std::lock_guard lock(mutex_);
  return sink.shown;
}

std::vector<Shown> UriPlayer::video() const {
  return ShownBy(*video_);
}

std::vector<Shown> UriPlayer::audio() const {
  return ShownBy(*audio_);
}

std::vector<Demuxed> UriPlayer::demuxed() const {
  const std::lock_guard lock(mutex_);
  return demuxed_;
}

std::vector<std::string> UriPlayer::protection_systems() const {
  const std::lock_guard lock(mutex_);
  return protection_systems_;
}

std::set<std::string> UriPlayer::factories() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> names;
  for (GstElement* element : elements_)
    names.insert(FactoryOf(element));
  return names;
}

GstElement* UriPlayer::Plugged(const std::string& factory) const {
  const std::lock_guard lock(mutex_);
  for (GstElement* element : elements_) {
    if (FactoryOf(element) == factory) return GST_ELEMENT(gst_object_ref(element));
  }
  return nullptr;
}

Preferred::Preferred(const std::string& factory, guint rank)
    : feature_(gst_registry_find_feature(
          gst_registry_get(), factory.c_str(), GST_TYPE_ELEMENT_FACTORY)) {
  if (!feature_) return;
  rank_ = gst_plugin_feature_get_rank(feature_);
  gst_plugin_feature_set_rank(feature_, rank);
}

Preferred::~Preferred() {
  if (!feature_) return;
  gst_plugin_feature_set_rank(feature_, rank_);
  gst_object_unref(feature_);
}

}  // namespace iso::test
