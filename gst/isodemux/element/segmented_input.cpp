// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/segmented_input.h"

#include <cmath>

#include "element/log.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {
namespace {

/// Ticks a second of Smooth Streaming where nobody says: [MS-SSTR] 2.2.2.1.
constexpr uint32_t kSmoothTimescale = 10'000'000;

const char* VariantOf(const GstCaps* caps) {
  return gst_structure_get_string(gst_caps_get_structure(caps, 0), "variant");
}

/// A field that is an integer of one type or another.
uint64_t Number(const GstStructure* structure, const char* field, uint64_t otherwise) {
  const GValue* value = gst_structure_get_value(structure, field);
  GValue number = G_VALUE_INIT;
  g_value_init(&number, G_TYPE_UINT64);
  if (value == nullptr || !g_value_transform(value, &number)) return otherwise;
  return g_value_get_uint64(&number);
}

/// What the samples are, under encryption too.
const char* MediaTypeOf(const GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const char* original = gst_structure_get_string(structure, "original-media-type");
  return original != nullptr ? original : gst_structure_get_name(structure);
}

bool IsEncrypted(const GstCaps* caps) {
  return gst_structure_has_name(gst_caps_get_structure(caps, 0), "application/x-cenc");
}

MediaKind KindOfCaps(const GstCaps* caps) {
  const char* type = MediaTypeOf(caps);
  if (g_str_has_prefix(type, "video/") || g_str_has_prefix(type, "image/")) {
    return MediaKind::kVideo;
  }
  if (g_str_has_prefix(type, "audio/")) return MediaKind::kAudio;
  return MediaKind::kText;
}

}  // namespace

bool IsSegmentedVariant(const GstCaps* caps) {
  const char* variant = VariantOf(caps);
  return g_strcmp0(variant, "mss-fragmented") == 0 || g_strcmp0(variant, "mse-bytestream") == 0;
}

StreamFormat FormatOfCaps(const Ref<GstCaps>& caps) {
  StreamFormat format;
  format.caps = caps;
  format.encrypted = IsEncrypted(caps.get());
  format.tags = Ref<GstTagList>::Adopt(gst_tag_list_new_empty());
  switch (KindOfCaps(caps.get())) {
    case MediaKind::kVideo:
      format.family = PadFamily::kVideo;
      break;
    case MediaKind::kAudio:
      format.family = PadFamily::kAudio;
      break;
    default:
      format.family = PadFamily::kSubtitle;
      format.sparse = true;
  }
  return format;
}

SegmentedInput::SegmentedInput(ByteSource& stream) : splitter(stream) {
  gst_segment_init(&segment, GST_FORMAT_TIME);
}

void SegmentedInput::TakeCaps(const GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const GValue* media = gst_structure_get_value(structure, "media-caps");
  media_caps = nullptr;
  headerless.reset();
  const bool smooth = g_strcmp0(VariantOf(caps), "mss-fragmented") == 0;
  if (smooth && media != nullptr && GST_VALUE_HOLDS_CAPS(media)) {
    media_caps = Ref<GstCaps>::Share(const_cast<GstCaps*>(gst_value_get_caps(media)));
    const uint64_t timescale = Number(structure, "timescale", kSmoothTimescale);
    const bool usable = timescale > 0 && timescale <= UINT32_MAX;
    headerless = HeaderlessTrack{KindOfCaps(media_caps.get()),
                                 usable ? static_cast<uint32_t>(timescale) : kSmoothTimescale,
                                 IsEncrypted(media_caps.get())};
  }
  splitter.SetHeaderless(headerless.has_value());
}

void SegmentedInput::TakeSegment(const GstSegment& upstream) {
  ++segment_number;
  segment = upstream;
}

/// Where it would begin before 0, what is left of it comes later by as much.
GstSegment SegmentedInput::SegmentFor(int64_t shift_ns) const {
  GstSegment own = segment;
  const auto shifted = [shift_ns](guint64 time) {
    return GST_CLOCK_TIME_IS_VALID(time) ? SaturatingAdd(static_cast<int64_t>(time), shift_ns)
                                         : int64_t{-1};
  };
  const int64_t start = shifted(own.start);
  const auto late = static_cast<guint64>(std::max<int64_t>(0, -start));
  own.start = static_cast<guint64>(std::max<int64_t>(0, start));
  own.position = own.start;
  if (GST_CLOCK_TIME_IS_VALID(own.stop)) {
    own.stop = static_cast<guint64>(std::max(static_cast<int64_t>(own.start), shifted(own.stop)));
  }
  if (late > 0 && own.rate > 0) {
    own.base += static_cast<guint64>(static_cast<double>(late) / own.rate);
    if (GST_CLOCK_TIME_IS_VALID(own.time)) own.time += late;
  }
  return own;
}

GstFlowReturn RunReader::Read(uint64_t offset, uint64_t size, bool copy, Ref<GstBuffer>* out) {
  const auto end = run_->size();
  if (end && (offset > *end || size > *end - offset)) return GST_FLOW_EOS;
  if (run_->IsLeftOut(offset)) return kFlowLeftOut;
  const auto& header = run_->run().header;
  if (!header || offset >= header->size()) {
    return source_.ReadSample(run_->InStream(offset), size, copy, out);
  }
  // What lies before the end of the movie header has been kept with it.
  auto buffer = Ref<GstBuffer>::Adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
  MapGuard map(buffer.get(), GST_MAP_WRITE);
  if (!map) return GST_FLOW_ERROR;
  if (const Status read = run_->Read(offset, map.writable()); !read.ok()) {
    return read.error().code == Errc::kNotYet ? kFlowNotYet : GST_FLOW_EOS;
  }
  *out = buffer;
  return GST_FLOW_OK;
}

}  // namespace iso::gst
