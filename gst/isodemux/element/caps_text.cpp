// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Caps of subtitles, captions and metadata.

#include <string>

#include <gst/video/video.h>

#include "element/caps_draft.h"

namespace iso::gst {
namespace {

constexpr size_t kEntryFixedBytes = 16;

/// A picture of fewer bytes says nothing.
constexpr size_t kLeastSubpictureBytes = 3;

void SetFramerate(CapsDraft& draft, uint64_t frame_duration_ns) {
  int numerator;
  int denominator;
  if (frame_duration_ns == 0 ||
      !gst_video_guess_framerate(frame_duration_ns, &numerator, &denominator)) {
    return;
  }
  gst_caps_set_simple(
      draft.caps(), "framerate", GST_TYPE_FRACTION, numerator, denominator, nullptr);
}

/// The 16 colours of a DVD's subpictures, which the decoder gets in an event.
Ref<GstEvent> ColorsEvent(Bytes table) {
  constexpr int kColors = 16;
  Reader r(table);
  GstStructure* colors = gst_structure_new(
      "application/x-gst-dvd", "event", G_TYPE_STRING, "dvd-spu-clut-change", nullptr);
  for (int i = 0; i < kColors; ++i) {
    const GCharPtr field(g_strdup_printf("clut%02d", i));
    gst_structure_set(colors, field.get(), G_TYPE_INT, r.I32(), nullptr);
  }
  return Ref<GstEvent>::Adopt(gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, colors));
}

std::string ReadString(Reader& r) {
  std::string text;
  for (uint8_t c = r.U8(); c != 0; c = r.U8()) {
    text.push_back(static_cast<char>(c));
  }
  return text;
}

/// The text before the first cue: vttC's, or else just the format's name.
std::string VttHeader(const SampleDescription& entry) {
  const Bytes config = entry.Child("vttC");
  std::string header(reinterpret_cast<const char*>(config.data()), config.size());
  while (!header.empty() && (header.back() == '\n' || header.back() == '\0')) {
    header.pop_back();
  }
  if (header.rfind("WEBVTT", 0) != 0) header = "WEBVTT";
  return header + "\n\n";
}

}  // namespace

void RefineDvdSubtitle(CapsDraft& draft) {
  constexpr uint8_t kSubpicture = 0xe0;
  constexpr size_t kTableBytes = 64;
  draft.format.transform = MakeMinimumTransform(kLeastSubpictureBytes);
  Esds esds;
  if (!ParseEsds(draft.entry.Child("esds"), &esds)) return;
  draft.bitrates = esds.bitrates;
  if (esds.object_type != kSubpicture || esds.specific.size() < kTableBytes) return;
  draft.format.header_event = ColorsEvent(esds.specific);
}

void RefineText(CapsDraft& draft) {
  draft.format.transform = MakeTextTransform();
}

void RefineWebVtt(CapsDraft& draft) {
  const std::string header = VttHeader(draft.entry);
  const auto* bytes = reinterpret_cast<const uint8_t*>(header.data());
  draft.format.headers.push_back(NewBuffer(Bytes(bytes, header.size())));
  draft.format.transform = MakeWebVttTransform();
}

void RefineCea608(CapsDraft& draft) {
  SetFramerate(draft, draft.track.video_frame_duration_ns);
  draft.format.transform = MakeCea608Transform(draft.track.video_frame_duration_ns);
}

void RefineCea708(CapsDraft& draft) {
  SetFramerate(draft, draft.track.frame_duration_ns);
  draft.format.transform = MakeCea708Transform();
}

/// XMLMetaDataSampleEntry, 14496-12 12.3.3: ONVIF's is known by its namespace.
void RefineTimedXml(CapsDraft& draft) {
  Reader r(Bytes(draft.entry.bytes));
  r.Skip(kEntryFixedBytes);
  const std::string encoding = ReadString(r);
  const std::string name_space = ReadString(r);
  const bool is_text = encoding.empty() || encoding == "xml";
  if (is_text && name_space == "http://www.onvif.org/ver10/schema") {
    draft.SetCaps("application/x-onvif-metadata, parsed=true");
  } else {
    draft.codec_name.clear();
  }
}

void RefineHidden(CapsDraft& draft) {
  draft.format.caps.reset();
}

}  // namespace iso::gst
