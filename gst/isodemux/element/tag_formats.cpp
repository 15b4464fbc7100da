// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Decoders of tag formats that a file carries whole: ID3v2 and XMP. GStreamer's tag
// library parses them; it sees a copy, of a bounded size.

#include <algorithm>
#include <array>

#include <gst/gst.h>
#include <gst/tag/tag.h>

#include "element/ref.h"
#include "element/tag_values.h"

namespace iso::gst {
namespace {

constexpr size_t kMaxForeignBytes = 16u << 20;
constexpr size_t kId3Prefix = 6;  // version, flags, language

// What the demuxer itself knows better.
constexpr std::array kStripped = {GST_TAG_CONTAINER_FORMAT,
                                  GST_TAG_CODEC,
                                  GST_TAG_VIDEO_CODEC,
                                  GST_TAG_AUDIO_CODEC,
                                  GST_TAG_SUBTITLE_CODEC};

using Parse = GstTagList* (*)(GstBuffer*);

void AddForeign(Bytes bytes, Parse parse, GstTagList* tags) {
  if (bytes.empty() || bytes.size() > kMaxForeignBytes) return;
  const auto buffer = Ref<GstBuffer>::Adopt(gst_buffer_new_memdup(bytes.data(), bytes.size()));
  auto foreign = Ref<GstTagList>::Adopt(parse(buffer.get()));
  if (!foreign) return;
  GstTagList* list = foreign.writable();
  for (const char* tag : kStripped)
    gst_tag_list_remove_tag(list, tag);
  gst_tag_list_insert(tags, list, GST_TAG_MERGE_KEEP);
}

}  // namespace

void AddId3(const MetadataItem& item, const char*, GstTagList* tags) {
  if (item.value.size() <= kId3Prefix) return;
  AddForeign(item.value.subspan(kId3Prefix), gst_tag_list_from_id3v2_tag, tags);
}

/// GStreamer's parser takes for granted that XMP is UTF-8.
void AddXmp(const MetadataItem& item, const char*, GstTagList* tags) {
  const auto end = std::find(item.value.begin(), item.value.end(), uint8_t{0});
  const Bytes text(item.value.begin(), end);
  const auto* chars = reinterpret_cast<const char*>(text.data());
  if (!g_utf8_validate(chars, static_cast<gssize>(text.size()), nullptr)) return;
  AddForeign(text, gst_tag_list_from_xmp_buffer, tags);
}

}  // namespace iso::gst
