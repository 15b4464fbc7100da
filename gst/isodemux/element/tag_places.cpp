// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Decoders of places (ISO 6709, 3GPP loci) and of the other 3GPP boxes that are more
// than a text. 3GPP TS 26.244 clause 8.

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include <gst/gst.h>

#include "core/base/bytes.h"
#include "element/tag_text.h"
#include "element/tag_values.h"

namespace iso::gst {
namespace {

struct Place {
  double latitude = 0, longitude = 0;  ///< degrees
  std::optional<double> elevation;     ///< metres
};

void AddPlace(const Place& place, GstTagList* tags) {
  if (std::abs(place.latitude) > 90 || std::abs(place.longitude) > 180) return;
  gst_tag_list_add(tags,
                   GST_TAG_MERGE_KEEP,
                   GST_TAG_GEO_LOCATION_LATITUDE,
                   place.latitude,
                   GST_TAG_GEO_LOCATION_LONGITUDE,
                   place.longitude,
                   nullptr);
  if (!place.elevation) return;
  gst_tag_list_add(
      tags, GST_TAG_MERGE_KEEP, GST_TAG_GEO_LOCATION_ELEVATION, *place.elevation, nullptr);
}

/// The number with a sign at the front of `text`, which is stepped over.
std::string TakeSigned(std::string_view& text) {
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return {};
  const size_t end = text.find_first_not_of("0123456789.", 1);
  const std::string number(text.substr(0, end));
  text.remove_prefix(number.size());
  return number.size() > 1 ? number : "";
}

/// Degrees, degrees and minutes, or those and seconds: the number of digits before the
/// point tells (ISO 6709 annex H). `digits` is that of the degrees.
double Degrees(const std::string& number, size_t digits) {
  const size_t whole = std::min(number.find('.'), number.size()) - 1;
  const double value = std::abs(g_ascii_strtod(number.c_str(), nullptr));
  double degrees = value;
  if (whole == digits + 2) {
    degrees = std::floor(value / 100) + std::fmod(value, 100) / 60;
  } else if (whole == digits + 4) {
    degrees = std::floor(value / 10000) + std::floor(std::fmod(value, 10000) / 100) / 60 +
              std::fmod(value, 100) / 3600;
  }
  return number[0] == '-' ? -degrees : degrees;
}

/// 16.16 fixed point.
double Fixed(int32_t value) {
  return value / 65536.0;
}

}  // namespace

/// "+27.5916+086.5640+8850/" and its kin.
void AddIso6709(const MetadataItem& item, const char*, GstTagList* tags) {
  const std::string text = TextOf(item);
  std::string_view rest = text;
  const std::string latitude = TakeSigned(rest);
  const std::string longitude = TakeSigned(rest);
  const std::string elevation = TakeSigned(rest);
  if (latitude.empty() || longitude.empty()) return;
  Place place = {.latitude = Degrees(latitude, 2), .longitude = Degrees(longitude, 3)};
  if (!elevation.empty()) place.elevation = g_ascii_strtod(elevation.c_str(), nullptr);
  AddPlace(place, tags);
}

/// Name, role, longitude, latitude, altitude; body and notes have no tag.
void AddLocation(const MetadataItem& item, const char*, GstTagList* tags) {
  Bytes rest = item.value;
  const std::string name = TakeAssetText(rest);
  if (!name.empty()) {
    gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, GST_TAG_GEO_LOCATION_NAME, name.c_str(), nullptr);
  }
  Reader reader(rest);
  reader.Skip(1);
  Place place = {};
  place.longitude = Fixed(reader.I32());
  place.latitude = Fixed(reader.I32());
  place.elevation = Fixed(reader.I32());
  if (reader.ok()) AddPlace(place, tags);
}

/// A title, and perhaps the number of the track in the album.
void AddAlbum(const MetadataItem& item, const char* tag, GstTagList* tags) {
  Bytes rest = item.value;
  const std::string title = TakeAssetText(rest);
  if (!title.empty()) gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, tag, title.c_str(), nullptr);
  if (rest.size() != 1 || rest[0] == 0) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, GST_TAG_TRACK_NUMBER, guint{rest[0]}, nullptr);
}

void AddKeywordList(const MetadataItem& item, const char* tag, GstTagList* tags) {
  Reader reader(item.value);
  std::string keywords;
  for (int left = reader.U8(); left > 0 && reader.ok(); --left) {
    const std::string keyword = AssetText(reader.Take(reader.U8()));
    if (keyword.empty()) continue;
    if (!keywords.empty()) keywords += ',';
    keywords += keyword;
  }
  if (keywords.empty()) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, tag, keywords.c_str(), nullptr);
}

/// "ENTITY://table/text".
void AddClassification(const MetadataItem& item, const char* tag, GstTagList* tags) {
  Reader reader(item.value);
  const FourCC entity = reader.Code();
  const uint16_t table = reader.U16();
  reader.Skip(2);  // language
  const std::string text = AssetText(reader.TakeRest());
  if (!reader.ok() || text.empty()) return;
  const std::string value = entity.Text() + "://" + std::to_string(table) + "/" + text;
  gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, tag, value.c_str(), nullptr);
}

}  // namespace iso::gst
