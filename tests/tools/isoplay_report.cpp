// SPDX-License-Identifier: LGPL-2.1-or-later

#include "isoplay_report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include <gst/pbutils/pbutils.h>
#include <gst/tag/tag.h>

#include "element/ref.h"

namespace iso::play {
namespace {

using gst::GCharPtr;
using gst::Ref;

using Row = std::vector<std::string>;

std::string Take(gchar* text) {
  const GCharPtr owned(text);
  return owned ? std::string(owned.get()) : std::string();
}

/// Characters, not bytes: titles are UTF-8.
size_t Width(const std::string& text) {
  return static_cast<size_t>(g_utf8_strlen(text.c_str(), static_cast<gssize>(text.size())));
}

void PrintTable(const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  for (const Row& row : rows) {
    std::string line = " ";
    for (size_t i = 0; i < row.size(); ++i) {
      line += " " + row[i] + std::string(widths[i] - Width(row[i]) + 1, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::puts(line.c_str());
  }
}

const char* KindName(GstStreamType type) {
  if (type & GST_STREAM_TYPE_VIDEO) return "video";
  if (type & GST_STREAM_TYPE_AUDIO) return "audio";
  if (type & GST_STREAM_TYPE_TEXT) return "text";
  return "other";
}

void Append(std::string& list, const std::string& item) {
  list += (list.empty() ? "" : ", ") + item;
}

std::string VideoSummary(const GstStructure* caps) {
  std::string text;
  int width = 0;
  int height = 0;
  if (gst_structure_get_int(caps, "width", &width) &&
      gst_structure_get_int(caps, "height", &height)) {
    Append(text, std::to_string(width) + "x" + std::to_string(height));
  }
  int numerator = 0;
  int denominator = 0;
  if (gst_structure_get_fraction(caps, "framerate", &numerator, &denominator) && numerator > 0) {
    std::array<char, 32> rate = {};
    std::snprintf(rate.data(), rate.size(), "%.4g fps", double(numerator) / denominator);
    Append(text, rate.data());
  }
  return text;
}

std::string AudioSummary(const GstStructure* caps) {
  std::string text;
  int rate = 0;
  if (gst_structure_get_int(caps, "rate", &rate)) Append(text, std::to_string(rate) + " Hz");
  int channels = 0;
  if (gst_structure_get_int(caps, "channels", &channels)) {
    Append(text, channels == 1 ? "mono" : std::to_string(channels) + " channels");
  }
  return text;
}

std::string CodecName(const GstCaps* caps, const GstTagList* tags) {
  if (caps && gst_caps_is_fixed(caps)) {
    std::string name = Take(gst_pb_utils_get_codec_description(caps));
    if (!name.empty()) return name;
  }
  const std::array names = {GST_TAG_VIDEO_CODEC, GST_TAG_AUDIO_CODEC, GST_TAG_SUBTITLE_CODEC};
  for (const char* tag : names) {
    const char* value = nullptr;
    if (tags && gst_tag_list_peek_string_index(tags, tag, 0, &value)) return value;
  }
  return "unknown codec";
}

std::string Language(const GstTagList* tags) {
  const char* code = nullptr;
  if (!tags || !gst_tag_list_peek_string_index(tags, GST_TAG_LANGUAGE_CODE, 0, &code)) return "";
  const char* name = gst_tag_get_language_name(code);
  return name ? name : code;
}

std::string Title(const GstTagList* tags) {
  const char* title = nullptr;
  if (!tags || !gst_tag_list_peek_string_index(tags, GST_TAG_TITLE, 0, &title)) return "";
  return "\"" + std::string(title) + "\"";
}

Row StreamRow(GstStream* stream) {
  const auto caps = Ref<GstCaps>::Adopt(gst_stream_get_caps(stream));
  const auto tags = Ref<GstTagList>::Adopt(gst_stream_get_tags(stream));
  const GstStreamType type = gst_stream_get_stream_type(stream);
  std::string summary;
  if (caps && gst_caps_get_size(caps.get()) > 0) {
    const GstStructure* first = gst_caps_get_structure(caps.get(), 0);
    summary = type & GST_STREAM_TYPE_VIDEO ? VideoSummary(first) : AudioSummary(first);
  }
  return {KindName(type),
          CodecName(caps.get(), tags.get()),
          summary,
          Language(tags.get()),
          Title(tags.get())};
}

/// 1234567 -> "1,234,567".
std::string Grouped(std::string digits) {
  const size_t first = digits.starts_with('-') ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3; i -= 3) {
    digits.insert(i - 3, ",");
  }
  return digits;
}

std::string HumanBytes(double bytes) {
  constexpr std::array kUnits = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  std::array<char, 32> text = {};
  std::snprintf(text.data(), text.size(), "%.1f %s", bytes, kUnits[unit]);
  return text.data();
}

/// A whole number of any of GLib's types, as text; empty for everything else.
std::string WholeNumber(const GValue* value) {
  for (const GType type :
       {G_TYPE_INT, G_TYPE_UINT, G_TYPE_LONG, G_TYPE_ULONG, G_TYPE_INT64, G_TYPE_UINT64}) {
    if (G_VALUE_HOLDS(value, type)) return Take(gst_value_serialize(value));
  }
  return "";
}

std::string ValueText(std::string_view name, const GValue* value);

std::string ArrayText(const GValue* array) {
  std::string text;
  for (guint i = 0; i < gst_value_array_get_size(array); ++i) {
    Append(text, ValueText("", gst_value_array_get_value(array, i)));
  }
  return text;
}

std::string ValueText(std::string_view name, const GValue* value) {
  const std::string number = WholeNumber(value);
  if (!number.empty()) {
    const double bytes = g_ascii_strtod(number.c_str(), nullptr);
    const bool readable = name.find("bytes") != std::string_view::npos && bytes >= 1024;
    return Grouped(number) + (readable ? " (" + HumanBytes(bytes) + ")" : "");
  }
  if (G_VALUE_HOLDS_BOOLEAN(value)) return g_value_get_boolean(value) ? "yes" : "no";
  if (G_VALUE_HOLDS_STRING(value)) {
    const char* text = g_value_get_string(value);
    return text ? text : "-";
  }
  if (GST_VALUE_HOLDS_ARRAY(value)) return ArrayText(value);
  return Take(gst_value_serialize(value));
}

void AddFields(const GstStructure* stats, const std::string& indent, std::vector<Row>& rows) {
  for (int i = 0; i < gst_structure_n_fields(stats); ++i) {
    const std::string name = gst_structure_nth_field_name(stats, static_cast<guint>(i));
    const GValue* value = gst_structure_get_value(stats, name.c_str());
    if (GST_VALUE_HOLDS_STRUCTURE(value)) {
      rows.push_back({indent + name});
      AddFields(gst_value_get_structure(value), indent + "  ", rows);
    } else {
      rows.push_back({indent + name, ValueText(name, value)});
    }
  }
}

}  // namespace

std::string FormatTime(GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return "?";
  const auto tenths = time / (GST_SECOND / 10);
  const auto seconds = tenths / 10;
  std::array<char, 64> text = {};
  std::snprintf(text.data(),
                text.size(),
                "%u:%02u:%02u.%u",
                static_cast<unsigned>(seconds / 3600),
                static_cast<unsigned>(seconds / 60 % 60),
                static_cast<unsigned>(seconds % 60),
                static_cast<unsigned>(tenths % 10));
  return text.data();
}

void PrintStreams(GstStreamCollection* collection) {
  std::vector<Row> rows;
  for (guint i = 0; i < gst_stream_collection_get_size(collection); ++i) {
    rows.push_back(StreamRow(gst_stream_collection_get_stream(collection, i)));
  }
  std::puts("Streams:");
  PrintTable(rows);
}

void PrintTitle(const GstTagList* tags) {
  const std::array<std::pair<const char*, const char*>, 3> shown = {
      {{"Title", GST_TAG_TITLE}, {"Artist", GST_TAG_ARTIST}, {"Album", GST_TAG_ALBUM}}};
  for (const auto& [label, tag] : shown) {
    const char* value = nullptr;
    if (gst_tag_list_peek_string_index(tags, tag, 0, &value)) {
      std::printf("%s: %s\n", label, value);
    }
  }
}

void PrintStats(const GstStructure* stats) {
  std::vector<Row> rows;
  AddFields(stats, "", rows);
  PrintTable(rows);
}

}  // namespace iso::play
