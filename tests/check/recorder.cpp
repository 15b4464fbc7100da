// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Recorder, Watchdog and TempFile.

#include "recorder.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>
#include <unistd.h>

#include <gst/audio/audio.h>

namespace iso::test {

namespace {

std::chrono::duration<double> Seconds(double s) {
  return std::chrono::duration<double>(s);
}

template <class T, void (*Unref)(T*)>
std::shared_ptr<T> Hold(T* adopted) {
  return std::shared_ptr<T>(adopted, Unref);
}

std::string CapsText(const GstCaps* caps) {
  gchar* text = gst_caps_to_string(caps);
  std::string out = text;
  g_free(text);
  return out;
}

RecordedItem FromBuffer(GstBuffer* buffer, const RecordedPad& pad, bool keep_data) {
  RecordedItem item;
  item.pts = GST_BUFFER_PTS(buffer);
  item.dts = GST_BUFFER_DTS(buffer);
  item.duration = GST_BUFFER_DURATION(buffer);
  item.offset = GST_BUFFER_OFFSET(buffer);
  item.flags = GST_BUFFER_FLAGS(buffer);
  item.segment = pad.segment;
  item.caps = pad.caps;
  if (const GstAudioClippingMeta* clip = gst_buffer_get_audio_clipping_meta(buffer)) {
    item.clipped = true;
    item.clip_start = clip->start;
    item.clip_end = clip->end;
  }
  item.size = gst_buffer_get_size(buffer);
  static GstStaticCaps ntp = GST_STATIC_CAPS("timestamp/x-ntp");
  GstCaps* ntp_caps = gst_static_caps_get(&ntp);
  if (const auto* time = gst_buffer_get_reference_timestamp_meta(buffer, ntp_caps)) {
    item.ntp_time = time->timestamp;
  }
  gst_caps_unref(ntp_caps);
  if (const GstProtectionMeta* meta = gst_buffer_get_protection_meta(buffer)) {
    item.protection = Hold<GstStructure, gst_structure_free>(gst_structure_copy(meta->info));
  }
  GstMapInfo map;
  if (keep_data && gst_buffer_map(buffer, &map, GST_MAP_READ)) {
    item.data.assign(map.data, map.data + map.size);
    gst_buffer_unmap(buffer, &map);
  }
  return item;
}

}  // namespace

struct Recorder::Sink {
  Recorder* recorder = nullptr;
  GstPad* pad = nullptr;
  RecordedPad record;
  bool flushing = false;
};

std::string ElementName() {
  const char* name = g_getenv("ISODEMUX_TEST_ELEMENT");
  return name && *name ? name : "isodemux";
}

Recorder::Recorder(GstElement* source) : has_location_(source == nullptr) {
  pipeline_ = gst_pipeline_new(nullptr);
  source_ = source ? source : gst_element_factory_make("filesrc", nullptr);
  demuxer_ = gst_element_factory_make(ElementName().c_str(), "demuxer");
  if (!source_ || !demuxer_) {
    std::fprintf(stderr, "no element %s\n", ElementName().c_str());
    std::abort();
  }
  gst_object_ref_sink(pipeline_);
  gst_bin_add_many(GST_BIN(pipeline_), source_, demuxer_, nullptr);
  gst_element_link(source_, demuxer_);
  g_signal_connect(demuxer_, "pad-added", G_CALLBACK(OnPadAdded), this);
  g_signal_connect(demuxer_, "no-more-pads", G_CALLBACK(OnNoMorePads), this);
  GstBus* bus = gst_element_get_bus(pipeline_);
  gst_bus_set_sync_handler(bus, OnMessage, this, nullptr);
  gst_object_unref(bus);
}

Recorder::~Recorder() {
  Stop();
  gst_object_unref(pipeline_);
}

void Recorder::Start(const std::string& path, GstState state) {
  {
    const std::lock_guard lock(mutex_);
    messages_.clear();
    flushes_before_.clear();
    no_more_pads_ = failed_ = false;
  }
  ReleaseSinks();
  if (has_location_) g_object_set(source_, "location", path.c_str(), nullptr);
  gst_element_set_state(pipeline_, state);
}

void Recorder::Stop() {
  Release();
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  ReleaseSinks();
}

void Recorder::ReleaseSinks() {
  std::vector<std::unique_ptr<Sink>> gone;
  {
    const std::lock_guard lock(mutex_);
    gone.swap(sinks_);
  }
  for (const auto& sink : gone) {
    gst_pad_set_active(sink->pad, FALSE);
    gst_object_unref(sink->pad);
  }
}

void Recorder::OnPadAdded(GstElement*, GstPad* pad, gpointer self) {
  auto* recorder = static_cast<Recorder*>(self);
  auto sink = std::make_unique<Sink>();
  sink->recorder = recorder;
  gst_segment_init(&sink->record.segment, GST_FORMAT_UNDEFINED);
  gchar* name = gst_pad_get_name(pad);
  sink->record.name = name;
  g_free(name);
  if (recorder->skip_ && recorder->skip_(sink->record.name)) return;
  // A template with ANY: without one, a pad takes no other caps than those it has.
  static GstStaticPadTemplate any =
      GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
  sink->pad = GST_PAD_CAST(gst_object_ref_sink(gst_pad_new_from_static_template(&any, "sink")));
  gst_pad_set_element_private(sink->pad, sink.get());
  gst_pad_set_chain_function(sink->pad, OnBuffer);
  gst_pad_set_event_function(sink->pad, OnEvent);
  gst_pad_set_active(sink->pad, TRUE);
  GstPad* sink_pad = sink->pad;
  {
    const std::lock_guard lock(recorder->mutex_);
    recorder->sinks_.push_back(std::move(sink));
  }
  gst_pad_link(pad, sink_pad);
}

void Recorder::OnNoMorePads(GstElement*, gpointer self) {
  auto* recorder = static_cast<Recorder*>(self);
  const std::lock_guard lock(recorder->mutex_);
  recorder->no_more_pads_ = true;
  recorder->changed_.notify_all();
}

GstFlowReturn Recorder::OnBuffer(GstPad* pad, GstObject*, GstBuffer* buffer) {
  auto* sink = static_cast<Sink*>(gst_pad_get_element_private(pad));
  Recorder* recorder = sink->recorder;
  if (recorder->delay_us_ > 0) g_usleep(recorder->delay_us_);
  std::unique_lock lock(recorder->mutex_);
  sink->record.items.push_back(FromBuffer(buffer, sink->record, recorder->keep_data_));
  ++sink->record.buffers;
  gst_buffer_unref(buffer);
  recorder->changed_.notify_all();
  recorder->changed_.wait(
      lock, [&] { return !recorder->hold_ || sink->flushing || !recorder->HaveStarted(); });
  if (sink->flushing) return GST_FLOW_FLUSHING;
  for (const auto& [name, flow] : recorder->flows_) {
    if (name == sink->record.name) return flow;
  }
  return GST_FLOW_OK;
}

gboolean Recorder::OnEvent(GstPad* pad, GstObject*, GstEvent* event) {
  auto* sink = static_cast<Sink*>(gst_pad_get_element_private(pad));
  const std::lock_guard lock(sink->recorder->mutex_);
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START) sink->flushing = true;
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) sink->flushing = false;
  sink->recorder->Record(&sink->record, event);
  sink->recorder->changed_.notify_all();
  return TRUE;
}

void Recorder::Record(RecordedPad* pad, GstEvent* event) {
  RecordedItem item;
  item.event = Hold<GstEvent, gst_event_unref>(event);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START: {
      const gchar* id = nullptr;
      gst_event_parse_stream_start(event, &id);
      pad->stream_id = id;
      const size_t slash = pad->stream_id.rfind('/');
      pad->track_id = static_cast<uint32_t>(std::strtoul(
          pad->stream_id.c_str() + (slash == std::string::npos ? 0 : slash + 1), nullptr, 10));
      break;
    }
    case GST_EVENT_CAPS: {
      GstCaps* caps = nullptr;
      gst_event_parse_caps(event, &caps);
      pad->caps = CapsText(caps);
      break;
    }
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment(event, &pad->segment);
      break;
    case GST_EVENT_EOS:
      pad->eos = true;
      break;
    case GST_EVENT_FLUSH_START:
      pad->flush_start_seqnum = gst_event_get_seqnum(event);
      break;
    case GST_EVENT_FLUSH_STOP:
      ++pad->flushes;
      pad->eos = false;
      pad->buffers = 0;
      pad->items.clear();
      break;
    default:
      break;
  }
  pad->items.push_back(std::move(item));
}

GstBusSyncReply Recorder::OnMessage(GstBus*, GstMessage* message, gpointer self) {
  auto* recorder = static_cast<Recorder*>(self);
  const std::lock_guard lock(recorder->mutex_);
  recorder->messages_.push_back(Hold<GstMessage, gst_message_unref>(message));
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) recorder->failed_ = true;
  recorder->changed_.notify_all();
  return GST_BUS_DROP;
}

Outcome Recorder::WaitEos(double seconds) {
  std::unique_lock lock(mutex_);
  const auto at_eos = [&] {
    if (!no_more_pads_ || sinks_.empty()) return false;
    for (const auto& sink : sinks_) {
      if (!sink->record.eos) return false;
    }
    return true;
  };
  changed_.wait_for(lock, Seconds(seconds), [&] { return failed_ || at_eos(); });
  if (failed_) return Outcome::kError;
  return at_eos() ? Outcome::kEos : Outcome::kTimeout;
}

bool Recorder::WaitFor(const std::function<bool(const std::vector<const RecordedPad*>&)>& done,
                       double seconds) {
  std::unique_lock lock(mutex_);
  bool reached = false;
  changed_.wait_for(lock, Seconds(seconds), [&] {
    std::vector<const RecordedPad*> pads;
    for (const auto& sink : sinks_)
      pads.push_back(&sink->record);
    reached = done(pads);
    return reached || failed_;
  });
  return reached;
}

bool Recorder::HaveStarted() const {
  const auto started = [](const auto& sink) {
    return sink->record.buffers > 0 || sink->record.eos;
  };
  return no_more_pads_ && !sinks_.empty() && std::all_of(sinks_.begin(), sinks_.end(), started);
}

bool Recorder::WaitStarted(double seconds) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, Seconds(seconds), [&] { return failed_ || HaveStarted(); });
  return !failed_ && HaveStarted();
}

void Recorder::Release() {
  const std::lock_guard lock(mutex_);
  hold_ = false;
  changed_.notify_all();
}

bool Recorder::Seek(double rate,
                    GstFormat format,
                    int flags,
                    GstSeekType start_type,
                    int64_t start,
                    GstSeekType stop_type,
                    int64_t stop,
                    uint32_t* seqnum) {
  {
    const std::lock_guard lock(mutex_);
    flushes_before_.clear();
    for (const auto& sink : sinks_)
      flushes_before_.push_back(sink->record.flushes);
  }
  GstEvent* event = gst_event_new_seek(
      rate, format, static_cast<GstSeekFlags>(flags), start_type, start, stop_type, stop);
  if (seqnum) *seqnum = gst_event_get_seqnum(event);
  return gst_element_send_event(demuxer_, event);
}

bool Recorder::WaitFirstBuffers(double seconds) {
  std::unique_lock lock(mutex_);
  const auto ready = [&] {
    for (size_t i = 0; i < sinks_.size(); ++i) {
      const RecordedPad& pad = sinks_[i]->record;
      const unsigned before = i < flushes_before_.size() ? flushes_before_[i] : 0;
      if (pad.flushes <= before || (pad.buffers == 0 && !pad.eos)) return false;
    }
    return true;
  };
  return changed_.wait_for(lock, Seconds(seconds), [&] { return failed_ || ready(); }) && !failed_;
}

std::vector<RecordedPad> Recorder::pads() const {
  const std::lock_guard lock(mutex_);
  std::vector<RecordedPad> pads;
  for (const auto& sink : sinks_)
    pads.push_back(sink->record);
  return pads;
}

std::vector<MessagePtr> Recorder::messages(GstMessageType type) const {
  const std::lock_guard lock(mutex_);
  std::vector<MessagePtr> found;
  for (const MessagePtr& message : messages_) {
    if (GST_MESSAGE_TYPE(message.get()) & type) found.push_back(message);
  }
  return found;
}

std::vector<std::string> Recorder::errors() const {
  std::vector<std::string> texts;
  for (const MessagePtr& message : messages(GST_MESSAGE_ERROR)) {
    GError* error = nullptr;
    gchar* debug = nullptr;
    gst_message_parse_error(message.get(), &error, &debug);
    texts.push_back(std::string(error->message) + " [" + (debug ? debug : "") + "]");
    g_error_free(error);
    g_free(debug);
  }
  return texts;
}

bool Recorder::no_more_pads() const {
  const std::lock_guard lock(mutex_);
  return no_more_pads_;
}

void Recorder::SetFlow(const std::string& pad, GstFlowReturn flow) {
  const std::lock_guard lock(mutex_);
  flows_.emplace_back(pad, flow);
}

struct Watchdog::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  std::thread thread;
};

Watchdog::Watchdog(std::string name, double seconds) : state_(std::make_unique<State>()) {
  state_->thread = std::thread([state = state_.get(), name = std::move(name), seconds] {
    std::unique_lock lock(state->mutex);
    if (!state->changed.wait_for(lock, Seconds(seconds), [&] { return state->over; })) {
      std::fprintf(stderr, "HANG: %s took more than %g s\n", name.c_str(), seconds);
      std::abort();
    }
  });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->over = true;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

TempFile::TempFile(const std::vector<uint8_t>& bytes) {
  gchar* name = nullptr;
  const int fd = g_file_open_tmp("isodemux-test-XXXXXX.mp4", &name, nullptr);
  path_ = name ? name : "";
  g_free(name);
  if (fd < 0) std::abort();
  close(fd);
  std::ofstream out(path_, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

TempFile::~TempFile() {
  unlink(path_.c_str());
}

std::vector<uint8_t> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace iso::test
