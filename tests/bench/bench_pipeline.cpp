// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The pipeline of bench_pipeline.h.

#include "bench_pipeline.h"

#include <string_view>
#include <utility>

namespace iso::bench {

namespace {

constexpr std::chrono::seconds kPatience{180};
constexpr GstClockTime kPrerollSlice = 100 * GST_MSECOND;
constexpr guint kShortQueueBuffers = 8;

GstElement* NewSink(Branch branch) {
  GstElement* sink = gst_element_factory_make("fakesink", nullptr);
  g_object_set(sink, "sync", FALSE, "enable-last-sample", FALSE, nullptr);
  if (branch == Branch::kBare) g_object_set(sink, "async", FALSE, nullptr);
  return sink;
}

GstElement* NewQueue(Branch branch) {
  GstElement* queue = gst_element_factory_make("queue", nullptr);
  if (branch == Branch::kShortQueue)
    g_object_set(queue, "max-size-buffers", kShortQueueBuffers, nullptr);
  return queue;
}

std::string ErrorText(GstMessage* message) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  gst_message_parse_error(message, &error, &debug);
  std::string text = error->message;
  g_error_free(error);
  g_free(debug);
  return text;
}

SeenBuffer Look(GstBuffer* buffer, const GstSegment& segment) {
  SeenBuffer seen;
  // A frame to decode from may come before its segment; the extended form has its time too.
  gst_segment_to_stream_time_full(
      &segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer), &seen.stream_time);
  seen.size = gst_buffer_get_size(buffer);
  seen.delta_unit = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  gst_buffer_extract(buffer, 0, seen.head.data(), seen.head.size());
  return seen;
}

}  // namespace

BenchPipeline::BenchPipeline(Branch branch)
    : branch_(branch), pipeline_(gst_pipeline_new(nullptr)) {
  GstBus* bus = gst_element_get_bus(pipeline_);
  gst_bus_set_sync_handler(bus, OnMessage, this, nullptr);
  gst_object_unref(bus);
}

BenchPipeline::~BenchPipeline() {
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  gst_object_unref(pipeline_);
}

bool BenchPipeline::AddDemuxer(const std::string& element, const std::string& file) {
  demuxer_ = gst_element_factory_make(element.c_str(), nullptr);
  if (demuxer_ == nullptr) {
    Fail("there is no element " + element);
    return false;
  }
  GstElement* source = gst_element_factory_make("filesrc", nullptr);
  g_object_set(source, "location", file.c_str(), nullptr);
  gst_bin_add_many(GST_BIN(pipeline_), source, demuxer_, nullptr);
  gst_element_link(source, demuxer_);
  g_signal_connect(demuxer_, "pad-added", G_CALLBACK(OnPadAdded), this);
  g_signal_connect(demuxer_, "no-more-pads", G_CALLBACK(OnNoMorePads), this);
  return true;
}

void BenchPipeline::Observe(Watcher watcher) {
  observes_ = true;
  watcher_ = std::move(watcher);
}

void BenchPipeline::AddPad(Track track, GstPad* pad) {
  GstElement* sink = AddSink(pad);
  const std::lock_guard lock(mutex_);
  sinks_[static_cast<size_t>(track)] = sink;
  complete_ = sinks_[0] != nullptr && sinks_[1] != nullptr;
}

GstElement* BenchPipeline::AddSink(GstPad* pad) {
  GstElement* sink = NewSink(branch_);
  GstElement* head = sink;
  gst_bin_add(GST_BIN(pipeline_), sink);
  if (branch_ != Branch::kBare) {
    head = NewQueue(branch_);
    gst_bin_add(GST_BIN(pipeline_), head);
    gst_element_link(head, sink);
  }
  gst_element_sync_state_with_parent(sink);
  if (head != sink) gst_element_sync_state_with_parent(head);
  GstPad* target = gst_element_get_static_pad(head, "sink");
  gst_pad_link(pad, target);
  gst_object_unref(target);
  return sink;
}

void BenchPipeline::OnPadAdded(GstElement*, GstPad* pad, gpointer data) {
  auto* self = static_cast<BenchPipeline*>(data);
  const std::string_view name = GST_OBJECT_NAME(pad);
  const Track track = name.substr(0, 5) == "video" ? Track::kVideo : Track::kAudio;
  {
    const std::lock_guard lock(self->mutex_);
    self->pads_[static_cast<size_t>(track)] = pad;
  }
  if (self->observes_) {
    constexpr auto kWhat = GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                           GST_PAD_PROBE_TYPE_EVENT_FLUSH;
    gst_pad_add_probe(pad, static_cast<GstPadProbeType>(kWhat), OnData, self, nullptr);
  }
  GstElement* sink = self->AddSink(pad);
  const std::lock_guard lock(self->mutex_);
  self->sinks_[static_cast<size_t>(track)] = sink;
}

void BenchPipeline::OnNoMorePads(GstElement*, gpointer data) {
  auto* self = static_cast<BenchPipeline*>(data);
  const std::lock_guard lock(self->mutex_);
  self->complete_ = true;
  if (self->sinks_[0] == nullptr || self->sinks_[1] == nullptr) {
    self->trouble_ = "only one of two tracks";
  }
  self->changed_.notify_all();
}

GstBusSyncReply BenchPipeline::OnMessage(GstBus*, GstMessage* message, gpointer data) {
  auto* self = static_cast<BenchPipeline*>(data);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    self->Fail(ErrorText(message));
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    const std::lock_guard lock(self->mutex_);
    self->ended_ = true;
    self->changed_.notify_all();
  }
  gst_message_unref(message);
  return GST_BUS_DROP;
}

Track BenchPipeline::TrackOf(GstPad* pad) const {
  return pads_[0] == pad ? Track::kVideo : Track::kAudio;
}

GstPadProbeReturn BenchPipeline::OnData(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<BenchPipeline*>(data);
  const std::lock_guard lock(self->mutex_);
  const Track track = self->TrackOf(pad);
  if ((GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) != 0) {
    return self->OnBuffer(track, GST_PAD_PROBE_INFO_BUFFER(info));
  }
  self->OnEvent(track, GST_PAD_PROBE_INFO_EVENT(info));
  return GST_PAD_PROBE_OK;
}

void BenchPipeline::OnEvent(Track track, GstEvent* event) {
  const auto i = static_cast<size_t>(track);
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) armed_[i] = true;
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) gst_event_copy_segment(event, &segment_[i]);
}

GstPadProbeReturn BenchPipeline::OnBuffer(Track track, GstBuffer* buffer) {
  const auto i = static_cast<size_t>(track);
  const bool is_first = armed_[i];
  armed_[i] = false;
  if (is_first || watcher_) {
    const SeenBuffer seen = Look(buffer, segment_[i]);
    if (is_first) first_[i] = seen;
    if (watcher_) watcher_(track, seen);
  }
  // A short queue must not stop the demuxer before it has come to the other track.
  const bool other_waits = armed_[0] || armed_[1];
  const bool drop = branch_ == Branch::kShortQueue && !is_first && other_waits;
  return drop ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

void BenchPipeline::Fail(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (trouble_.empty()) trouble_ = why;
  changed_.notify_all();
}

std::string BenchPipeline::trouble() {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

SeenBuffer BenchPipeline::first(Track track) {
  const std::lock_guard lock(mutex_);
  return first_[static_cast<size_t>(track)];
}

bool BenchPipeline::WaitFor(const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  const bool woken =
      changed_.wait_for(lock, kPatience, [&] { return done() || !trouble_.empty(); });
  if (!woken) trouble_ = "nothing happened for a long time";
  return trouble_.empty();
}

bool BenchPipeline::WaitPrerolled() {
  const auto deadline = Clock::now() + kPatience;
  for (GstElement* sink : sinks_) {
    while (gst_element_get_state(sink, nullptr, nullptr, kPrerollSlice) !=
           GST_STATE_CHANGE_SUCCESS) {
      if (!trouble().empty()) return false;
      if (Clock::now() > deadline) Fail("no preroll");
    }
  }
  return trouble().empty();
}

bool BenchPipeline::Open(const std::function<void()>& on_paused) {
  if (gst_element_set_state(pipeline_, GST_STATE_PAUSED) == GST_STATE_CHANGE_FAILURE) {
    Fail("cannot go to PAUSED");
  }
  if (on_paused) on_paused();
  if (!WaitFor([this] { return complete_; })) return false;
  return branch_ == Branch::kBare || WaitPrerolled();
}

bool BenchPipeline::Seek(SeekKind kind, uint64_t ns) {
  const auto how = kind == SeekKind::kKeyUnit ? GST_SEEK_FLAG_KEY_UNIT : GST_SEEK_FLAG_ACCURATE;
  const auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | how);
  if (!gst_element_seek_simple(pipeline_, GST_FORMAT_TIME, flags, static_cast<gint64>(ns))) {
    Fail("the seek was refused");
    return false;
  }
  return WaitPrerolled();
}

bool BenchPipeline::PlayToEnd() {
  gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  return WaitFor([this] { return ended_; });
}

uint64_t BenchPipeline::Rendered(Track track) const {
  GstStructure* stats = nullptr;
  g_object_get(sinks_[static_cast<size_t>(track)], "stats", &stats, nullptr);
  guint64 rendered = 0;
  gst_structure_get_uint64(stats, "rendered", &rendered);
  gst_structure_free(stats);
  return rendered;
}

}  // namespace iso::bench
