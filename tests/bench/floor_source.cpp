// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The thread of floor_source.h.

#include "floor_source.h"

#include <fcntl.h>
#include <unistd.h>

#include "sparse_file.h"

namespace iso::bench {

namespace {

constexpr size_t kBlockBytes = 1 << 20;

GstPad* NewPad(const char* name) {
  return GST_PAD(gst_object_ref_sink(gst_pad_new(name, GST_PAD_SRC)));
}

}  // namespace

FloorSource::FloorSource(const MovieLayout& layout, const std::string& path, Order order)
    : layout_(layout),
      order_(order),
      payload_start_(MapOf(layout).payload_start),
      fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)),
      pads_{NewPad("video_0"), NewPad("audio_0")} {
}

FloorSource::~FloorSource() {
  for (GstPad* pad : pads_) {
    gst_pad_set_active(pad, FALSE);
  }
  if (thread_.joinable()) thread_.join();
  for (GstPad* pad : pads_) {
    gst_object_unref(pad);
  }
  for (Block& block : blocks_) {
    gst_clear_buffer(&block.buffer);
  }
  if (fd_ >= 0) close(fd_);
}

void FloorSource::Start() {
  for (GstPad* pad : pads_) {
    gst_pad_set_active(pad, TRUE);
  }
  thread_ = std::thread([this] { Run(); });
}

void FloorSource::PushHead(Track track) {
  const bool video = track == Track::kVideo;
  GstCaps* caps = gst_caps_new_empty_simple(video ? "video/x-h264" : "audio/mpeg");
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(pad(track), gst_event_new_stream_start(video ? "bench/v" : "bench/a"));
  gst_pad_push_event(pad(track), gst_event_new_caps(caps));
  gst_pad_push_event(pad(track), gst_event_new_segment(&segment));
  gst_caps_unref(caps);
}

void FloorSource::Run() {
  for (const Track track : kTracks) {
    PushHead(track);
  }
  const GstFlowReturn flow = order_ == Order::kFile ? PushInFileOrder() : PushInTimeOrder();
  if (flow != GST_FLOW_OK) return;
  for (GstPad* pad : pads_) {
    gst_pad_push_event(pad, gst_event_new_eos());
  }
}

GstFlowReturn FloorSource::PushInFileOrder() {
  GstFlowReturn flow = GST_FLOW_OK;
  ChunkWalk walk(layout_);
  for (ChunkWalk::Chunk chunk{}; flow == GST_FLOW_OK && walk.Next(chunk);) {
    uint64_t offset = layout_.Offset(chunk.track, chunk.first);
    for (uint64_t i = 0; i < chunk.count && flow == GST_FLOW_OK; ++i) {
      flow = PushSample(chunk.track, chunk.first + i, offset, blocks_[0]);
      offset += layout_.Size(chunk.track, chunk.first + i);
    }
  }
  return flow;
}

GstFlowReturn FloorSource::PushInTimeOrder() {
  constexpr std::array<uint64_t, 2> kTicks = {1'600, MovieLayout::kAudioTicks};  // of 1/48000 s
  GstFlowReturn flow = GST_FLOW_OK;
  std::array<uint64_t, 2> next = {0, 0};
  while (flow == GST_FLOW_OK) {
    const bool video_left = next[0] < layout_.SampleCount(Track::kVideo);
    const bool audio_left = next[1] < layout_.SampleCount(Track::kAudio);
    if (!video_left && !audio_left) break;
    const bool audio_first = next[1] * kTicks[1] < next[0] * kTicks[0];
    const Track track = audio_left && (audio_first || !video_left) ? Track::kAudio : Track::kVideo;
    const auto i = static_cast<size_t>(track);
    flow = PushSample(track, next[i], layout_.Offset(track, next[i]), blocks_[i]);
    ++next[i];
  }
  return flow;
}

GstFlowReturn FloorSource::PushSample(Track track, uint64_t sample, uint64_t offset, Block& block) {
  GstBuffer* buffer = Slice(payload_start_ + offset, layout_.Size(track, sample), block);
  if (buffer == nullptr) return GST_FLOW_ERROR;
  GST_BUFFER_PTS(buffer) = layout_.PresentationNs(track, sample);
  return gst_pad_push(pad(track), buffer);
}

GstBuffer* FloorSource::Slice(uint64_t offset, uint32_t size, Block& block) {
  if ((offset < block.start || offset + size > block.end) && !Read(offset, block)) return nullptr;
  if (offset + size > block.end) return nullptr;
  return gst_buffer_copy_region(block.buffer, GST_BUFFER_COPY_MEMORY, offset - block.start, size);
}

bool FloorSource::Read(uint64_t offset, Block& block) {
  gst_clear_buffer(&block.buffer);
  block.buffer = gst_buffer_new_allocate(nullptr, kBlockBytes, nullptr);
  GstMapInfo map;
  if (!gst_buffer_map(block.buffer, &map, GST_MAP_WRITE)) return false;
  const ssize_t got = pread(fd_, map.data, map.size, static_cast<off_t>(offset));
  gst_buffer_unmap(block.buffer, &map);
  block.start = offset;
  block.end = offset + static_cast<uint64_t>(got > 0 ? got : 0);
  return got > 0;
}

}  // namespace iso::bench
