// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The decoders of text, numbers, dates and pictures. Those of places and of 3GPP's boxes
// are in tag_places.cpp, those of whole foreign tag formats in tag_formats.cpp.

#include "element/tag_values.h"

#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

#include <gst/gst.h>
#include <gst/tag/tag.h>

#include "element/ref.h"
#include "element/tag_text.h"

namespace iso::gst {
namespace {

constexpr size_t kMaxPictureBytes = 32u << 20;
constexpr int kFirstYear = 1501;  // what is before, or after kLastYear, is a mistake
constexpr int kLastYear = 2999;

void Keep(GstTagList* tags, const char* tag, const std::string& text) {
  if (text.empty()) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, tag, text.c_str(), nullptr);
}

/// Lists drop pictures they have already, but not texts.
bool Contains(GstTagList* tags, const char* tag, const std::string& text) {
  const char* value = nullptr;
  for (guint i = 0; gst_tag_list_peek_string_index(tags, tag, i, &value); ++i) {
    if (text == value) return true;
  }
  return false;
}

/// A big-endian number of up to 8 bytes; QTFF has them as long as they need to be.
std::optional<uint64_t> Number(Bytes bytes) {
  if (bytes.empty() || bytes.size() > 8) return std::nullopt;
  uint64_t number = 0;
  for (const uint8_t byte : bytes)
    number = number << 8 | byte;
  return number;
}

std::optional<double> ParseDouble(const std::string& text) {
  char* end = nullptr;
  const double value = g_ascii_strtod(text.c_str(), &end);
  if (end == text.c_str() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// iTunes' "n of m": two bytes of padding, n, m.
void AddPair(Bytes value, const char* number_tag, const char* count_tag, GstTagList* tags) {
  const uint16_t number = value.size() >= 4 ? LoadBE16(&value[2]) : 0;
  const uint16_t count = value.size() >= 6 ? LoadBE16(&value[4]) : 0;
  if (number) gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, number_tag, guint{number}, nullptr);
  if (count) gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, count_tag, guint{count}, nullptr);
}

struct CalendarDate {
  unsigned year = 0, month = 0, day = 0;  ///< 0: not given
};

/// "2009", "2009-03", "2009-03-04...", "2009/03/04", "2009:03:04 05:06", "20090304".
CalendarDate ParseDate(const std::string& text) {
  CalendarDate date;
  char separator = 0;
  const bool bare = text.size() == 8 && text.find_first_not_of("0123456789") == text.npos;
  if (bare) {
    std::sscanf(text.c_str(), "%4u%2u%2u", &date.year, &date.month, &date.day);
  } else {
    std::sscanf(text.c_str(), "%4u%c%2u%*c%2u", &date.year, &separator, &date.month, &date.day);
  }
  if (!bare && separator != '-' && separator != '/' && separator != ':') date.month = 0;
  if (date.month == 0) date.day = 0;
  return date;
}

bool IsCredible(const CalendarDate& date) {
  return date.year >= kFirstYear && date.year <= kLastYear && date.month <= 12 &&
         (date.day == 0 || g_date_valid_dmy(static_cast<GDateDay>(date.day),
                                            static_cast<GDateMonth>(date.month),
                                            static_cast<GDateYear>(date.year)));
}

/// With the time of day, where `text` is in the form of ISO 8601.
GstDateTime* MakeDateTime(const CalendarDate& date, const std::string& text) {
  if (text.size() > 10 && text[4] == '-') {
    if (GstDateTime* time = gst_date_time_new_from_iso8601_string(text.c_str())) return time;
  }
  return gst_date_time_new_ymd(static_cast<gint>(date.year),
                               date.month ? static_cast<gint>(date.month) : -1,
                               date.day ? static_cast<gint>(date.day) : -1);
}

void AddCalendarDate(const CalendarDate& date, GstTagList* tags) {
  GDate value;
  g_date_clear(&value, 1);
  g_date_set_dmy(&value,
                 static_cast<GDateDay>(date.day ? date.day : 1),
                 static_cast<GDateMonth>(date.month ? date.month : 1),
                 static_cast<GDateYear>(date.year));
  gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, GST_TAG_DATE, &value, nullptr);
}

}  // namespace

void AddText(const MetadataItem& item, const char* tag, GstTagList* tags) {
  Keep(tags, tag, TextOf(item));
}

/// International text repeats one value in several languages: the first is taken.
void AddTexts(const MetadataItem& item, const char* tag, GstTagList* tags) {
  if (item.source == MetadataSource::kQuickTime) return AddText(item, tag, tags);
  const std::string text = TextOf(item);
  if (text.empty() || Contains(tags, tag, text)) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_APPEND, tag, text.c_str(), nullptr);
}

void AddDouble(const MetadataItem& item, const char* tag, GstTagList* tags) {
  const std::optional<double> value = ParseDouble(TextOf(item));
  if (value) gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, tag, *value, nullptr);
}

void AddInteger(const MetadataItem& item, const char* tag, GstTagList* tags) {
  const uint64_t number = Number(item.value).value_or(0);
  if (number == 0 || number > G_MAXUINT) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, tag, static_cast<guint>(number), nullptr);
}

void AddTempo(const MetadataItem& item, const char* tag, GstTagList* tags) {
  const uint64_t number = Number(item.value).value_or(0);
  if (number == 0 || number > G_MAXUINT16) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, tag, static_cast<double>(number), nullptr);
}

void AddTrack(const MetadataItem& item, const char*, GstTagList* tags) {
  AddPair(item.value, GST_TAG_TRACK_NUMBER, GST_TAG_TRACK_COUNT, tags);
}

void AddDisc(const MetadataItem& item, const char*, GstTagList* tags) {
  AddPair(item.value, GST_TAG_ALBUM_VOLUME_NUMBER, GST_TAG_ALBUM_VOLUME_COUNT, tags);
}

/// ID3v1's genres, counted from 1.
void AddGenreNumber(const MetadataItem& item, const char* tag, GstTagList* tags) {
  const uint64_t number = Number(item.value).value_or(0);
  if (number == 0 || number > gst_tag_id3_genre_count()) return;
  const char* name = gst_tag_id3_genre_get(static_cast<guint>(number - 1));
  if (name) Keep(tags, tag, name);
}

void AddDate(const MetadataItem& item, const char*, GstTagList* tags) {
  const std::string text = TextOf(item);
  const CalendarDate date = ParseDate(text);
  if (!IsCredible(date)) return;
  AddCalendarDate(date, tags);
  GstDateTime* time = MakeDateTime(date, text);
  if (!time) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, GST_TAG_DATE_TIME, time, nullptr);
  gst_date_time_unref(time);
}

void AddYear(const MetadataItem& item, const char*, GstTagList* tags) {
  const CalendarDate date = {.year = item.value.size() >= 2 ? LoadBE16(item.value.data()) : 0u};
  if (IsCredible(date)) AddCalendarDate(date, tags);
}

/// The first picture is the front cover; nothing says what others show. The data tell
/// their format better than the type does.
void AddPicture(const MetadataItem& item, const char* tag, GstTagList* tags) {
  if (item.value.empty() || item.value.size() > kMaxPictureBytes) return;
  const bool first = gst_tag_list_get_tag_size(tags, tag) == 0;
  const auto sample = Ref<GstSample>::Adopt(gst_tag_image_data_to_image_sample(
      item.value.data(),
      static_cast<guint>(item.value.size()),
      first ? GST_TAG_IMAGE_TYPE_FRONT_COVER : GST_TAG_IMAGE_TYPE_UNDEFINED));
  if (sample) gst_tag_list_add(tags, GST_TAG_MERGE_APPEND, tag, sample.get(), nullptr);
}

}  // namespace iso::gst
