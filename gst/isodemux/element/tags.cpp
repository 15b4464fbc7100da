// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From metadata items to tags: the one table of which item is which tag, the order in
// which sources are believed, and what becomes of items that are in no row.

#include "element/tags.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include <gst/gst.h>
#include <gst/tag/tag.h>

#include "element/tag_text.h"
#include "element/tag_values.h"

namespace iso::gst {
namespace {

constexpr uint8_t Bit(MetadataSource source) {
  return static_cast<uint8_t>(1u << static_cast<unsigned>(source));
}

constexpr uint8_t kI = Bit(MetadataSource::kItunes);
constexpr uint8_t kF = Bit(MetadataSource::kFreeform);
constexpr uint8_t kK = Bit(MetadataSource::kKeys);
constexpr uint8_t kQ = Bit(MetadataSource::kQuickTime);
constexpr uint8_t kG = Bit(MetadataSource::k3gpp);
constexpr uint8_t kR = Bit(MetadataSource::kRaw);

/// Items by their code.
struct CodeRow {
  uint8_t sources;
  FourCC code;
  const char* tag;  ///< nullptr: the decoder knows
  Decoder decode;
};

/// Items by their name, whatever the case of its letters.
struct NameRow {
  uint8_t sources;
  const char* name;
  const char* tag;
  Decoder decode;
};

// \251 is the (c) of Macintosh Roman. Of two rows that set one tag, that of the item
// that comes first in the file wins.
// clang-format off
constexpr CodeRow kCodeRows[] = {
    {kI | kQ, "\251nam", GST_TAG_TITLE, AddText},
    {kG,      "titl", GST_TAG_TITLE, AddText},
    {kR,      "name", GST_TAG_TITLE, AddText},
    {kI | kQ, "\251grp", GST_TAG_GROUPING, AddText},
    {kI | kQ, "\251wrt", GST_TAG_COMPOSER, AddTexts},
    {kI | kQ, "\251com", GST_TAG_COMPOSER, AddTexts},
    {kG,      "auth", GST_TAG_COMPOSER, AddText},
    {kI | kQ, "\251ART", GST_TAG_ARTIST, AddTexts},
    {kI | kQ, "\251art", GST_TAG_ARTIST, AddTexts},
    {kI | kQ, "\251aut", GST_TAG_ARTIST, AddTexts},
    {kG,      "perf", GST_TAG_ARTIST, AddText},
    {kI | kR, "aART", GST_TAG_ALBUM_ARTIST, AddTexts},
    {kI | kQ, "\251con", GST_TAG_CONDUCTOR, AddTexts},
    {kI | kQ, "\251prf", GST_TAG_PERFORMER, AddTexts},
    {kI | kQ, "\251alb", GST_TAG_ALBUM, AddText},
    {kG,      "albm", GST_TAG_ALBUM, AddAlbum},
    {kI | kG, "cprt", GST_TAG_COPYRIGHT, AddText},
    {kI | kQ, "\251cpy", GST_TAG_COPYRIGHT, AddText},
    {kI | kQ, "\251cmt", GST_TAG_COMMENT, AddText},
    {kI | kQ, "\251inf", GST_TAG_COMMENT, AddText},
    {kI | kQ, "\251des", GST_TAG_DESCRIPTION, AddText},
    {kI | kR, "desc", GST_TAG_DESCRIPTION, AddText},
    {kI,      "ldes", GST_TAG_DESCRIPTION, AddText},
    {kG,      "dscp", GST_TAG_DESCRIPTION, AddText},
    {kI | kQ, "\251lyr", GST_TAG_LYRICS, AddText},
    {kI | kQ, "\251day", nullptr, AddDate},
    {kG,      "yrrc", nullptr, AddYear},
    {kI | kQ, "\251too", GST_TAG_ENCODER, AddText},
    {kI | kQ, "\251enc", GST_TAG_ENCODER, AddText},
    {kI,      "trkn", nullptr, AddTrack},
    {kI,      "disk", nullptr, AddDisc},
    {kI,      "disc", nullptr, AddDisc},
    {kI | kQ, "\251gen", GST_TAG_GENRE, AddTexts},
    {kI,      "gnre", GST_TAG_GENRE, AddGenreNumber},
    {kG,      "gnre", GST_TAG_GENRE, AddText},
    {kI,      "tmpo", GST_TAG_BEATS_PER_MINUTE, AddTempo},
    {kI,      "covr", GST_TAG_IMAGE, AddPicture},
    {kI | kR, "sonm", GST_TAG_TITLE_SORTNAME, AddText},
    {kI | kR, "soal", GST_TAG_ALBUM_SORTNAME, AddText},
    {kI | kR, "soar", GST_TAG_ARTIST_SORTNAME, AddText},
    {kI | kR, "soaa", GST_TAG_ALBUM_ARTIST_SORTNAME, AddText},
    {kI | kR, "soco", GST_TAG_COMPOSER_SORTNAME, AddText},
    {kI | kR, "sosn", GST_TAG_SHOW_SORTNAME, AddText},
    {kI | kR, "tvsh", GST_TAG_SHOW_NAME, AddText},
    {kI,      "tvsn", GST_TAG_SHOW_SEASON_NUMBER, AddInteger},
    {kI,      "tves", GST_TAG_SHOW_EPISODE_NUMBER, AddInteger},
    {kG,      "kywd", GST_TAG_KEYWORDS, AddKeywordList},
    {kI | kR, "keyw", GST_TAG_KEYWORDS, AddText},
    {kI | kQ, "\251key", GST_TAG_KEYWORDS, AddText},
    {kI | kQ, "\251isr", GST_TAG_ISRC, AddText},
    {kI | kQ, "\251pub", GST_TAG_PUBLISHER, AddText},
    {kI | kQ, "\251url", GST_TAG_HOMEPAGE, AddText},
    {kG,      "loci", nullptr, AddLocation},
    {kI | kQ, "\251xyz", nullptr, AddIso6709},
    {kG,      "clsf", kClassificationTag, AddClassification},
    {kI | kQ, "\251mak", GST_TAG_DEVICE_MANUFACTURER, AddText},
    {kI | kQ, "\251mod", GST_TAG_DEVICE_MODEL, AddText},
    {kI | kQ, "\251swr", GST_TAG_APPLICATION_NAME, AddText},
    {kR,      "ID32", nullptr, AddId3},
    {kR,      "XMP_", nullptr, AddXmp},
};

// Keys are without "com.apple.quicktime."; FFmpeg writes some with no prefix at all.
constexpr NameRow kNameRows[] = {
    {kK,      "title", GST_TAG_TITLE, AddText},
    {kK,      "displayname", GST_TAG_TITLE, AddText},
    {kK,      "artist", GST_TAG_ARTIST, AddText},
    {kK,      "author", GST_TAG_ARTIST, AddText},
    {kK,      "album", GST_TAG_ALBUM, AddText},
    {kK,      "album_artist", GST_TAG_ALBUM_ARTIST, AddText},
    {kK,      "composer", GST_TAG_COMPOSER, AddText},
    {kK | kF, "performer", GST_TAG_PERFORMER, AddTexts},
    {kK,      "comment", GST_TAG_COMMENT, AddText},
    {kK,      "information", GST_TAG_COMMENT, AddText},
    {kK,      "description", GST_TAG_DESCRIPTION, AddText},
    {kK | kF, "copyright", GST_TAG_COPYRIGHT, AddText},
    {kK,      "creationdate", nullptr, AddDate},
    {kK,      "date", nullptr, AddDate},
    {kK,      "year", nullptr, AddDate},
    {kK,      "genre", GST_TAG_GENRE, AddText},
    {kK,      "keywords", GST_TAG_KEYWORDS, AddText},
    {kK,      "lyrics", GST_TAG_LYRICS, AddText},
    {kK,      "grouping", GST_TAG_GROUPING, AddText},
    {kK,      "artwork", GST_TAG_IMAGE, AddPicture},
    {kK,      "make", GST_TAG_DEVICE_MANUFACTURER, AddText},
    {kK,      "com.android.manufacturer", GST_TAG_DEVICE_MANUFACTURER, AddText},
    {kK,      "model", GST_TAG_DEVICE_MODEL, AddText},
    {kK,      "com.android.model", GST_TAG_DEVICE_MODEL, AddText},
    {kK,      "software", GST_TAG_APPLICATION_NAME, AddText},
    {kK,      "encoder", GST_TAG_ENCODER, AddText},
    {kK | kF, "publisher", GST_TAG_PUBLISHER, AddText},
    {kK,      "location.ISO6709", nullptr, AddIso6709},
    {kK,      "location.name", GST_TAG_GEO_LOCATION_NAME, AddText},
    {kK,      "location.accuracy.horizontal", GST_TAG_GEO_LOCATION_HORIZONTAL_ERROR, AddDouble},
    {kK,      "direction.facing", GST_TAG_GEO_LOCATION_CAPTURE_DIRECTION, AddDouble},
    {kK,      "direction.motion", GST_TAG_GEO_LOCATION_MOVEMENT_DIRECTION, AddDouble},
    {kF,      "replaygain_track_gain", GST_TAG_TRACK_GAIN, AddDouble},
    {kF,      "replaygain_track_peak", GST_TAG_TRACK_PEAK, AddDouble},
    {kF,      "replaygain_album_gain", GST_TAG_ALBUM_GAIN, AddDouble},
    {kF,      "replaygain_album_peak", GST_TAG_ALBUM_PEAK, AddDouble},
    {kF,      "replaygain_reference_loudness", GST_TAG_REFERENCE_LEVEL, AddDouble},
    {kF,      "MusicBrainz Track Id", GST_TAG_MUSICBRAINZ_TRACKID, AddText},
    {kF,      "MusicBrainz Artist Id", GST_TAG_MUSICBRAINZ_ARTISTID, AddText},
    {kF,      "MusicBrainz Album Id", GST_TAG_MUSICBRAINZ_ALBUMID, AddText},
    {kF,      "MusicBrainz Album Artist Id", GST_TAG_MUSICBRAINZ_ALBUMARTISTID, AddText},
    {kF,      "MusicBrainz Release Group Id", GST_TAG_MUSICBRAINZ_RELEASEGROUPID, AddText},
    {kF,      "MusicBrainz Release Track Id", GST_TAG_MUSICBRAINZ_RELEASETRACKID, AddText},
    {kF,      "MusicBrainz TRM Id", GST_TAG_MUSICBRAINZ_TRMID, AddText},
    {kF,      "MusicBrainz Disc Id", GST_TAG_CDDA_MUSICBRAINZ_DISCID, AddText},
    {kF,      "Acoustid Id", GST_TAG_ACOUSTID_ID, AddText},
    {kF,      "Acoustid Fingerprint", GST_TAG_ACOUSTID_FINGERPRINT, AddText},
    {kF,      "ISRC", GST_TAG_ISRC, AddTexts},
    {kF,      "CONDUCTOR", GST_TAG_CONDUCTOR, AddTexts},
    {kF,      "LABEL", GST_TAG_PUBLISHER, AddText},
    {kF,      "LICENSE", GST_TAG_LICENSE, AddText},
    {kF,      "initialkey", GST_TAG_MUSICAL_KEY, AddText},
};
// clang-format on

// The best first: what iTunes and its kin wrote, Apple's newer keys, then older forms.
constexpr MetadataSource kTrust[] = {
    MetadataSource::kItunes,
    MetadataSource::kFreeform,
    MetadataSource::kKeys,
    MetadataSource::kQuickTime,
    MetadataSource::k3gpp,
    MetadataSource::kRaw,
};

constexpr size_t kMaxPrivateBytes = 256u << 10;  // of one box
constexpr size_t kMaxPrivateTotal = 1u << 20;
constexpr guint kMaxPrivateTags = 256;  // GLib keeps the name of each type for good
constexpr size_t kMaxExtendedComment = 8u << 10;
constexpr guint kMaxExtendedComments = 256;

// Of interest to encoders and to the gapless logic only, or what ffmpeg copies from
// the container it read.
constexpr std::string_view kNoComment[] = {
    "iTunSMPB", "iTunNORM", "iTunPGAP", "major_brand", "minor_version", "compatible_brands"};

bool EqualNoCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && g_ascii_strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view KeyName(std::string_view key) {
  constexpr std::string_view kPrefix = "com.apple.quicktime.";
  return key.substr(0, kPrefix.size()) == kPrefix ? key.substr(kPrefix.size()) : key;
}

/// Decodes `item` into `tags`; false when no row is about it.
bool Decode(const MetadataItem& item, GstTagList* tags) {
  const uint8_t source = Bit(item.source);
  for (const CodeRow& row : kCodeRows) {
    if (row.code == item.code && (row.sources & source))
      return row.decode(item, row.tag, tags), true;
  }
  if (item.name.empty()) return false;
  const std::string_view name = KeyName(item.name);
  for (const NameRow& row : kNameRows) {
    if ((row.sources & source) && EqualNoCase(row.name, name)) {
      return row.decode(item, row.tag, tags), true;
    }
  }
  return false;
}

bool IsNamed(const MetadataItem& item) {
  return item.source == MetadataSource::kFreeform || item.source == MetadataSource::kKeys;
}

/// A text that has a name but no tag: "name=text".
void AddExtendedComment(const MetadataItem& item, GstTagList* tags) {
  const std::string_view name = KeyName(item.name);
  const bool noise =
      std::find(std::begin(kNoComment), std::end(kNoComment), name) != std::end(kNoComment);
  const bool ascii = std::all_of(
      name.begin(), name.end(), [](char c) { return c >= ' ' && c < 0x7f && c != '='; });
  const bool typed = static_cast<DataType>(item.type) != DataType::kImplicit;
  if (noise || !ascii || !typed || name.empty()) return;
  if (name.size() + item.value.size() > kMaxExtendedComment) return;
  if (gst_tag_list_get_tag_size(tags, GST_TAG_EXTENDED_COMMENT) >= kMaxExtendedComments) return;
  const std::string text = TextOf(item);
  if (text.empty()) return;
  const std::string comment = std::string(name) + "=" + text;
  gst_tag_list_add(tags, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, comment.c_str(), nullptr);
}

const char* StyleOf(const MetadataItem& item, const FileFacts& facts) {
  if (item.source == MetadataSource::kItunes) return "itunes";
  return facts.major_brand == FourCC("qt  ") ? "quicktime" : "iso";
}

/// "application/x-gst-qt-abcd-tag", where what is no letter or digit is '_'.
std::string PrivateType(FourCC code) {
  std::string type = "application/x-gst-qt-";
  for (int i = 0; i < 4; ++i) {
    type += g_ascii_isalnum(code.at(i)) ? g_ascii_tolower(code.at(i)) : '_';
  }
  return type + "-tag";
}

/// The type is the name of the sample's info; there are no caps.
void AddPrivate(const MetadataItem& item, const FileFacts& facts, GstTagList* tags) {
  GstStructure* info = gst_structure_new(
      PrivateType(item.code).c_str(), "style", G_TYPE_STRING, StyleOf(item, facts), nullptr);
  const auto buffer =
      Ref<GstBuffer>::Adopt(gst_buffer_new_memdup(item.box.data(), item.box.size()));
  const auto sample = Ref<GstSample>::Adopt(gst_sample_new(buffer.get(), nullptr, nullptr, info));
  gst_tag_list_add(tags, GST_TAG_MERGE_APPEND, kPrivateTag, sample.get(), nullptr);
}

/// Collects what one list is made of.
class Collector {
 public:
  Collector(const FileFacts& facts, GstTagList* tags) : facts_(facts), tags_(tags) {}

  void Add(const Metadata& metadata) {
    for (const MetadataSource source : kTrust)
      AddFrom(source, metadata);
  }

 private:
  /// What more trusted sources said already is kept.
  void AddFrom(MetadataSource source, const Metadata& metadata) {
    const auto found = Ref<GstTagList>::Adopt(gst_tag_list_new_empty());
    for (const MetadataItem& item : metadata.items) {
      if (item.source == source && !Decode(item, found.get())) AddUnknown(item);
    }
    gst_tag_list_insert(tags_, found.get(), GST_TAG_MERGE_KEEP);
  }

  void AddUnknown(const MetadataItem& item) {
    if (IsNamed(item)) return AddExtendedComment(item, tags_);
    const size_t size = item.box.size();
    if (!item.first || size > kMaxPrivateBytes || size > private_left_) return;
    if (gst_tag_list_get_tag_size(tags_, kPrivateTag) >= kMaxPrivateTags) return;
    private_left_ -= size;
    AddPrivate(item, facts_, tags_);
  }

  const FileFacts& facts_;
  GstTagList* tags_;
  size_t private_left_ = kMaxPrivateTotal;
};

/// The movie's creation time, unless metadata told a better one. 14496-12 8.2.2.3.
void AddCreationTime(uint64_t seconds_since_1904, GstTagList* tags) {
  constexpr uint64_t kUnixEpoch = 2082844800;  // 1970-01-01 in seconds since 1904-01-01
  if (seconds_since_1904 < kUnixEpoch) return;
  const uint64_t seconds = seconds_since_1904 - kUnixEpoch;
  if (seconds > static_cast<uint64_t>(g_get_real_time() / G_USEC_PER_SEC)) return;
  GstDateTime* time = gst_date_time_new_from_unix_epoch_utc(static_cast<gint64>(seconds));
  if (!time) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, GST_TAG_DATE_TIME, time, nullptr);
  gst_date_time_unref(time);
}

}  // namespace

void RegisterTags() {
  gst_tag_register_musicbrainz_tags();
  gst_tag_register(kPrivateTag,
                   GST_TAG_FLAG_META,
                   GST_TYPE_SAMPLE,
                   "QT atom",
                   "unparsed QT tag atom",
                   gst_tag_merge_use_first);
  gst_tag_register(kClassificationTag,
                   GST_TAG_FLAG_META,
                   G_TYPE_STRING,
                   "classification",
                   "content classification",
                   gst_tag_merge_use_first);
  gst_tag_register(kTrackIdTag,
                   GST_TAG_FLAG_META,
                   G_TYPE_STRING,
                   "container specific track id",
                   "track ID as the container has it",
                   nullptr);
}

Ref<GstTagList> GlobalTags(const Metadata& metadata, const FileFacts& facts) {
  auto tags = Ref<GstTagList>::Adopt(gst_tag_list_new_empty());
  gst_tag_list_set_scope(tags.get(), GST_TAG_SCOPE_GLOBAL);
  Collector(facts, tags.get()).Add(metadata);
  gst_tag_list_add(
      tags.get(), GST_TAG_MERGE_REPLACE, GST_TAG_CONTAINER_FORMAT, ContainerFormat(facts), nullptr);
  AddCreationTime(facts.creation_time, tags.get());
  return tags;
}

Ref<GstTagList> StreamTags(const Metadata& metadata,
                           const FileFacts& facts,
                           std::string_view handler_name) {
  auto tags = Ref<GstTagList>::Adopt(gst_tag_list_new_empty());
  gst_tag_list_set_scope(tags.get(), GST_TAG_SCOPE_STREAM);
  Collector(facts, tags.get()).Add(metadata);
  AddHandlerName(tags.get(), handler_name);
  return tags;
}

}  // namespace iso::gst
