// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Tag lists as lines of text.

#include "tag_lines.h"

#include <algorithm>

#include <gst/tag/tag.h>

namespace iso::test {
namespace {

std::string Take(char* text) {
  const std::string string = text ? text : "";
  g_free(text);
  return string;
}

std::string ImageType(const GstStructure* info) {
  int type = 0;
  if (!gst_structure_get_enum(info, "image-type", GST_TYPE_TAG_IMAGE_TYPE, &type)) return "";
  auto* types = static_cast<GEnumClass*>(g_type_class_ref(GST_TYPE_TAG_IMAGE_TYPE));
  const std::string nick = g_enum_get_value(types, type)->value_nick;
  g_type_class_unref(types);
  return nick + " ";
}

/// qtdemux names the box of a private tag in the sample's info, and gives no caps.
std::string SampleText(GstSample* sample) {
  const GstCaps* caps = gst_sample_get_caps(sample);
  const GstStructure* info = gst_sample_get_info(sample);
  const char* style = info ? gst_structure_get_string(info, "style") : nullptr;
  std::string text;
  if (caps) text += std::string(gst_structure_get_name(gst_caps_get_structure(caps, 0))) + " ";
  if (style) text += std::string(gst_structure_get_name(info)) + " " + style + " ";
  if (info) text += ImageType(info);
  return "<" + text + std::to_string(gst_buffer_get_size(gst_sample_get_buffer(sample))) + ">";
}

std::string ValueText(const GValue* value) {
  if (G_VALUE_HOLDS_STRING(value)) return g_value_get_string(value);
  if (GST_VALUE_HOLDS_SAMPLE(value)) return SampleText(gst_value_get_sample(value));
  return Take(gst_value_serialize(value));
}

void AddLines(const GstTagList* tags, const char* tag, gpointer lines) {
  for (guint i = 0; i < gst_tag_list_get_tag_size(tags, tag); ++i) {
    const GValue* value = gst_tag_list_get_value_index(tags, tag, i);
    static_cast<Lines*>(lines)->push_back(std::string(tag) + "=" + ValueText(value));
  }
}

}  // namespace

Lines TagLines(const GstTagList* tags) {
  Lines lines;
  gst_tag_list_foreach(tags, AddLines, &lines);
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace iso::test
