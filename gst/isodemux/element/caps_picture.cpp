// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Caps fields that all video has: size, rate, shape of the pixels, fields, colours,
// stereo views, palette.

#include <gst/video/video.h>

#include "core/codec/color_table.h"
#include "core/codec/picture_info.h"
#include "element/caps_draft.h"

namespace iso::gst {
namespace {

void AddSize(CapsDraft& draft) {
  const VisualFields& video = draft.entry.video;
  if (video.width == 0 || video.height == 0) return;
  draft.SetInt("width", video.width);
  draft.SetInt("height", video.height);
}

void AddFramerate(CapsDraft& draft) {
  int numerator = 0;
  int denominator = 1;
  if (!draft.track.still &&
      (draft.track.frame_duration_ns == 0 ||
       !gst_video_guess_framerate(draft.track.frame_duration_ns, &numerator, &denominator))) {
    return;
  }
  gst_caps_set_simple(
      draft.caps(), "framerate", GST_TYPE_FRACTION, numerator, denominator, nullptr);
}

void SetAspect(CapsDraft& draft, uint64_t horizontal, uint64_t vertical) {
  while (horizontal > G_MAXINT || vertical > G_MAXINT) {
    horizontal >>= 1;
    vertical >>= 1;
  }
  if (horizontal == 0 || vertical == 0) return;
  gst_caps_set_simple(draft.caps(),
                      "pixel-aspect-ratio",
                      GST_TYPE_FRACTION,
                      static_cast<int>(horizontal),
                      static_cast<int>(vertical),
                      nullptr);
}

/// From pasp, else from how large tkhd wants the picture to be shown.
void AddPixelAspect(CapsDraft& draft) {
  const VisualFields& video = draft.entry.video;
  const TrackFacts& track = draft.track;
  if (const auto pasp = PixelAspectOf(draft.entry)) {
    SetAspect(draft, pasp->horizontal, pasp->vertical);
  } else if (video.width == 0 || video.height == 0) {
    return;
  } else if (track.display_width == 0 || track.display_height == 0) {
    SetAspect(draft, 1, 1);
  } else {
    SetAspect(draft,
              uint64_t{track.display_width} * video.height,
              uint64_t{track.display_height} * video.width);
  }
}

void AddFields(CapsDraft& draft) {
  const auto fields = FieldInfoOf(draft.entry);
  if (!fields) return;
  draft.SetString("interlace-mode", fields->interlaced ? "interleaved" : "progressive");
  if (fields->top_first) draft.SetString("field-order", "top-field-first");
  if (fields->bottom_first) draft.SetString("field-order", "bottom-field-first");
  if (fields->interlaced && draft.Is("image/x-j2c")) draft.SetInt("fields", 2);
}

void AddColors(CapsDraft& draft) {
  // A codec's own configuration has said it already, or else a raw format's default.
  const bool is_raw = draft.Is("video/x-raw");
  const GstStructure* caps = gst_caps_get_structure(draft.caps(), 0);
  if (!is_raw && gst_structure_has_field(caps, "colorimetry")) return;
  if (const auto codes = ColorCodesOf(draft.entry)) draft.SetColorimetry(*codes);
}

void SetPoint(GstVideoMasteringDisplayInfoCoordinates& to, const MasteringDisplay::Point& from) {
  to.x = from.x;
  to.y = from.y;
}

void AddBrightness(CapsDraft& draft) {
  if (const auto display = MasteringDisplayOf(draft.entry)) {
    GstVideoMasteringDisplayInfo info;
    gst_video_mastering_display_info_init(&info);
    SetPoint(info.display_primaries[0], display->red);
    SetPoint(info.display_primaries[1], display->green);
    SetPoint(info.display_primaries[2], display->blue);
    SetPoint(info.white_point, display->white);
    info.max_display_mastering_luminance = display->max_luminance;
    info.min_display_mastering_luminance = display->min_luminance;
    gst_video_mastering_display_info_add_to_caps(&info, draft.caps());
  }
  if (const auto level = LightLevelOf(draft.entry)) {
    GstVideoContentLightLevel info;
    gst_video_content_light_level_init(&info);
    info.max_content_light_level = level->max_content;
    info.max_frame_average_light_level = level->max_frame_average;
    gst_video_content_light_level_add_to_caps(&info, draft.caps());
  }
}

/// Compressed pictures with a palette. (Raw ones carry it in each buffer.)
void AddPalette(CapsDraft& draft) {
  if (draft.Is("video/x-raw")) return;
  std::vector<uint32_t> colors = ColorTableOf(draft.entry);
  if (colors.empty()) return;
  draft.SetBuffer("palette_data",
                  Bytes(reinterpret_cast<const uint8_t*>(colors.data()), colors.size() * 4));
}

struct StereoMode {
  uint8_t type;
  GstVideoMultiviewMode mode;
};

/// svmi's composition types, ISO/IEC 23000-11.
constexpr StereoMode kStereoModes[] = {
    {0, GST_VIDEO_MULTIVIEW_MODE_SIDE_BY_SIDE},
    {1, GST_VIDEO_MULTIVIEW_MODE_ROW_INTERLEAVED},
    {2, GST_VIDEO_MULTIVIEW_MODE_FRAME_BY_FRAME},
};

bool IsHalfAspect(const CapsDraft& draft, GstVideoMultiviewMode mode) {
  const GstStructure* caps = gst_caps_get_structure(draft.caps(), 0);
  int horizontal = 1;
  int vertical = 1;
  gst_structure_get_fraction(caps, "pixel-aspect-ratio", &horizontal, &vertical);
  return gst_video_multiview_guess_half_aspect(mode,
                                               draft.entry.video.width,
                                               draft.entry.video.height,
                                               static_cast<guint>(horizontal),
                                               static_cast<guint>(vertical));
}

void AddStereo(CapsDraft& draft) {
  Reader r(draft.track.stereo_video);
  r.Skip(4);
  const uint8_t type = r.U8();
  const bool left_first = r.U8() & 0x80;
  const uint32_t changes = r.U32();
  if (!r.ok()) return;
  for (const StereoMode& known : kStereoModes) {
    if (known.type != type) continue;
    int flags = GST_VIDEO_MULTIVIEW_FLAGS_NONE;
    if (!left_first) flags |= GST_VIDEO_MULTIVIEW_FLAGS_RIGHT_VIEW_FIRST;
    if (changes > 0) flags |= GST_VIDEO_MULTIVIEW_FLAGS_MIXED_MONO;
    if (IsHalfAspect(draft, known.mode)) flags |= GST_VIDEO_MULTIVIEW_FLAGS_HALF_ASPECT;
    draft.SetString("multiview-mode", gst_video_multiview_mode_to_caps_string(known.mode));
    gst_caps_set_simple(draft.caps(),
                        "multiview-flags",
                        GST_TYPE_VIDEO_MULTIVIEW_FLAGSET,
                        static_cast<guint>(flags),
                        GST_FLAG_SET_MASK_EXACT,
                        nullptr);
  }
}

}  // namespace

void AddPictureFields(CapsDraft& draft) {
  AddSize(draft);
  AddFramerate(draft);
  AddPixelAspect(draft);
  AddFields(draft);
  AddColors(draft);
  AddBrightness(draft);
  AddPalette(draft);
  AddStereo(draft);
}

}  // namespace iso::gst
