// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Caps of raw video: QuickTime's pixel formats and ISO/IEC 23001-17.

#include <string>

#include <gst/video/video.h>

#include "core/codec/color_table.h"
#include "core/codec/picture_info.h"
#include "core/codec/uncompressed.h"
#include "element/caps_draft.h"

namespace iso::gst {
namespace {

GstVideoInterlaceMode InterlaceMode(const SampleDescription& entry) {
  const auto fields = FieldInfoOf(entry);
  return fields && fields->interlaced ? GST_VIDEO_INTERLACE_MODE_INTERLEAVED
                                      : GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
}

std::vector<uint32_t> OpaqueColors(const SampleDescription& entry) {
  std::vector<uint32_t> colors = ColorTableOf(entry);
  for (uint32_t& color : colors) {
    color |= 0xff000000;
  }
  return colors;
}

/// Caps and transform of pictures in this format. Without a usable size (none, or one
/// whose picture would not fit in memory) there are caps only.
void SetFormat(CapsDraft& draft, const char* name, StoredPicture stored) {
  const VisualFields& video = draft.entry.video;
  const GstVideoFormat format = gst_video_format_from_string(name);
  GstVideoInfo info;
  draft.format.raw = true;
  if (format == GST_VIDEO_FORMAT_UNKNOWN || video.width == 0 || video.height == 0 ||
      !gst_video_info_set_interlaced_format(
          &info, format, InterlaceMode(draft.entry), video.width, video.height)) {
    draft.SetString("format", name);
    return;
  }
  draft.format.caps = Ref<GstCaps>::Adopt(gst_video_info_to_caps(&info));
  gst_structure_remove_field(gst_caps_get_structure(draft.caps(), 0), "framerate");
  if (format == GST_VIDEO_FORMAT_RGB8P) stored.palette = OpaqueColors(draft.entry);
  draft.format.transform = MakeRawVideoTransform(info, std::move(stored));
}

/// It is raw, but not in a way that GStreamer has a name for.
void SetUnknown(CapsDraft& draft) {
  draft.codec = nullptr;
  draft.format.raw = false;
  ApplyRule(draft);
}

struct DepthFormat {
  uint16_t depth;
  const char* name;
};

/// QTFF, uncompressed RGB. Pixels of 16 bits have one that is unused, then 5 bits each.
constexpr DepthFormat kDepthFormats[] = {
    {8, "RGB8P"},
    {15, "RGB15"},
    {16, "RGB15"},
    {24, "RGB"},
    {32, "ARGB"},
    {40, "RGB8P"},
};

std::string BayerFormat(const UncompressedFormat& format) {
  std::string name = format.bayer;
  if (format.bits > 8) name += std::to_string(format.bits) + (format.little_endian ? "le" : "be");
  return name;
}

bool IsBayerDepth(uint8_t bits) {
  return bits == 8 || (bits >= 10 && bits <= 16 && bits % 2 == 0);
}

}  // namespace

void RefineRawVideo(CapsDraft& draft) {
  const FourCC format = draft.entry.original_format;
  StoredPicture stored;
  stored.signed_chroma = format == FourCC("yuv2") || format == FourCC("Yuv2");
  stored.chroma_around = format == FourCC("v308");
  SetFormat(draft, draft.codec->variant, std::move(stored));
}

void RefineRawByDepth(CapsDraft& draft) {
  for (const DepthFormat& known : kDepthFormats) {
    if (known.depth != draft.entry.video.depth) continue;
    StoredPicture stored;
    // Files are big-endian; GStreamer's RGB15 is in the machine's order.
    stored.swap_bytes = G_BYTE_ORDER == G_LITTLE_ENDIAN && std::string(known.name) == "RGB15";
    SetFormat(draft, known.name, std::move(stored));
    return;
  }
  SetUnknown(draft);
}

void RefineUncompressed(CapsDraft& draft) {
  const UncompressedFormat format = UncompressedFormatOf(draft.entry);
  if (*format.bayer != '\0' && IsBayerDepth(format.bits)) {
    draft.SetCaps("video/x-bayer");
    const std::string name = BayerFormat(format);
    draft.SetString("format", name.c_str());
    draft.codec_name = "Bayer " + name;
    draft.format.raw = true;
    return;
  }
  std::string name = format.name;
  if (name == "GRAY16") name += format.little_endian ? "_LE" : "_BE";
  if (name.empty()) {
    SetUnknown(draft);
    return;
  }
  StoredPicture stored;
  stored.row_align = format.row_align;
  SetFormat(draft, name.c_str(), std::move(stored));
}

}  // namespace iso::gst
