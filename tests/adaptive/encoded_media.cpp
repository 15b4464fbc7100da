// SPDX-License-Identifier: LGPL-2.1-or-later

#include "encoded_media.h"

#include <algorithm>
#include <memory>

#include <gst/gst.h>

#include "entry_builder.h"

namespace iso::test {
namespace {

constexpr uint32_t kFrameTicks = 512;

struct Encoded {
  Bytes data;
  GstClockTime pts = 0;
  bool sync = false;
};

struct Output {
  std::vector<Encoded> samples;
  Bytes configuration;  ///< codec_data
};

Bytes ContentOf(GstBuffer* buffer) {
  Bytes bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

void Collect(GstElement*, GstBuffer* buffer, GstPad* pad, gpointer data) {
  auto* output = static_cast<Output*>(data);
  if (output->configuration.empty()) {
    GstCaps* caps = gst_pad_get_current_caps(pad);
    const GValue* value = gst_structure_get_value(gst_caps_get_structure(caps, 0), "codec_data");
    if (value) output->configuration = ContentOf(gst_value_get_buffer(value));
    gst_caps_unref(caps);
  }
  output->samples.push_back({ContentOf(buffer),
                             GST_BUFFER_PTS(buffer),
                             !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)});
}

/// Runs an encoder; what it made is empty if that failed.
Output Run(const std::string& encoder) {
  Output output;
  const std::string text = encoder + " ! fakesink name=sink sync=false signal-handoffs=true";
  GstElement* pipeline =
      gst_parse_launch_full(text.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, nullptr);
  if (!pipeline) return output;
  gst_object_ref_sink(pipeline);
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  g_signal_connect(sink, "handoff", G_CALLBACK(Collect), &output);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus, 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  gst_element_set_state(pipeline, GST_STATE_NULL);
  const bool done = message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
  if (message) gst_message_unref(message);
  gst_object_unref(bus);
  gst_object_unref(sink);
  gst_object_unref(pipeline);
  if (!done || output.configuration.empty()) output.samples.clear();
  return output;
}

void TakeContents(TrackSpec* track, const Output& output) {
  auto contents = std::make_shared<std::vector<Bytes>>();
  for (const Encoded& sample : output.samples) {
    SampleSpec spec;
    spec.size = static_cast<uint32_t>(sample.data.size());
    spec.sync = sample.sync;
    track->samples.push_back(spec);
    contents->push_back(sample.data);
  }
  track->payload = [contents](size_t index) { return contents->at(index); };
}

}  // namespace

std::string MissingForMedia() {
  for (const char* name : {"x264enc",
                           "avdec_h264",
                           "avenc_aac",
                           "avdec_aac",
                           "h264parse",
                           "aacparse",
                           "videotestsrc",
                           "audiotestsrc"}) {
    GstElementFactory* factory = gst_element_factory_find(name);
    if (!factory) return name;
    gst_object_unref(factory);
  }
  return "";
}

std::optional<EncodedTrack> EncodeVideo(uint32_t width,
                                        uint32_t height,
                                        uint32_t seconds,
                                        int b_frames) {
  const std::string rate = std::to_string(kFrameRate);
  const Output output =
      Run("videotestsrc pattern=snow num-buffers=" + std::to_string(seconds * kFrameRate) +
          " ! video/x-raw,format=I420,width=" + std::to_string(width) +
          ",height=" + std::to_string(height) + ",framerate=" + rate +
          "/1 ! x264enc threads=1 speed-preset=ultrafast b-adapt=false bframes=" +
          std::to_string(b_frames) + " key-int-max=" + std::to_string(kGroupFrames) +
          " quantizer=45 pass=quant option-string=scenecut=0:open-gop=0"
          " ! video/x-h264,stream-format=avc,alignment=au,profile=main");
  if (output.samples.empty()) return std::nullopt;
  TrackSpec track;
  track.timescale = kFrameRate * kFrameTicks;
  track.width = width;
  track.height = height;
  track.entries = {VisualEntry("avc1", width, height, Box("avcC", output.configuration))};
  TakeContents(&track, output);
  const auto by_time = [](const Encoded& a, const Encoded& b) { return a.pts < b.pts; };
  const GstClockTime first =
      std::min_element(output.samples.begin(), output.samples.end(), by_time)->pts;
  for (size_t i = 0; i < track.samples.size(); ++i) {
    const GstClockTime shown = output.samples[i].pts - first;
    const auto place =
        static_cast<int64_t>(gst_util_uint64_scale_round(shown, kFrameRate, GST_SECOND));
    track.samples[i].duration = kFrameTicks;
    track.samples[i].cts =
        static_cast<int32_t>((place - static_cast<int64_t>(i)) * int64_t{kFrameTicks});
  }
  return EncodedTrack{track, output.configuration};
}

std::optional<EncodedTrack> EncodeAudio(uint32_t seconds) {
  const Output output =
      Run("audiotestsrc wave=white-noise samplesperbuffer=1024 num-buffers=" +
          std::to_string(seconds * kSampleRate / kPacketSamples) +
          " ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac bitrate=64000"
          " ! audio/mpeg,stream-format=raw");
  if (output.samples.empty()) return std::nullopt;
  TrackSpec track;
  track.handler = "soun";
  track.timescale = kSampleRate;
  track.entries = {AudioEntry("mp4a", 2, 16, kSampleRate, EsdsBox(0x40, 5, output.configuration))};
  TakeContents(&track, output);
  for (SampleSpec& sample : track.samples)
    sample.duration = kPacketSamples;
  return EncodedTrack{track, output.configuration};
}

}  // namespace iso::test
