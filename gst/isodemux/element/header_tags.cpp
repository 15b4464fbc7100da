// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Tags that come from fields of the headers: language, orientation, the
// handler's name, container format.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

#include <gst/gst.h>
#include <gst/tag/tag.h>

#include "element/languages.h"
#include "element/tag_text.h"
#include "element/tags.h"

namespace iso::gst {
namespace {

/// A 2x2 matrix in 16.16 for row vectors; translations turn nothing.
struct Turn {
  int64_t a, b, c, d;
};

int64_t FixedProduct(int64_t x, int64_t y) {
  return x * y / 0x10000;
}

Turn Compose(const Matrix& first, const Matrix& second) {
  const Turn m = {first[0], first[1], first[3], first[4]};
  const Turn n = {second[0], second[1], second[3], second[4]};
  return {FixedProduct(m.a, n.a) + FixedProduct(m.b, n.c),
          FixedProduct(m.a, n.b) + FixedProduct(m.b, n.d),
          FixedProduct(m.c, n.a) + FixedProduct(m.d, n.c),
          FixedProduct(m.c, n.b) + FixedProduct(m.d, n.d)};
}

bool IsAffine(const Matrix& matrix) {
  return matrix[2] == 0 && matrix[5] == 0;
}

/// Neither of the one pair is anything beside the smaller of the other.
bool Vanish(int64_t x, int64_t y, int64_t beside_1, int64_t beside_2) {
  const int64_t limit = std::min(std::abs(beside_1), std::abs(beside_2)) / 256;
  return beside_1 != 0 && beside_2 != 0 && std::abs(x) <= limit && std::abs(y) <= limit;
}

// By the signs of (a, d), or of (b, c) where the axes are swapped: ++ +- -+ --
constexpr const char* kUpright[] = {nullptr, "flip-rotate-180", "flip-rotate-0", "rotate-180"};
constexpr const char* kSwapped[] = {"flip-rotate-270", "rotate-90", "rotate-270", "flip-rotate-90"};

const char* BySigns(const char* const (&names)[4], int64_t x, int64_t y) {
  return names[(x < 0 ? 2 : 0) + (y < 0 ? 1 : 0)];
}

const char* Orientation(const Turn& turn) {
  if (Vanish(turn.b, turn.c, turn.a, turn.d)) return BySigns(kUpright, turn.a, turn.d);
  if (Vanish(turn.a, turn.d, turn.b, turn.c)) return BySigns(kSwapped, turn.b, turn.c);
  return nullptr;
}

// In lower case: a handler's name that has one of the first in it was made by a muxer,
// and one of the second names the kind of media.
constexpr std::string_view kMuxerNames[] = {"handle",
                                            "core media",
                                            "iso media",
                                            "isomedia",
                                            "imported with",
                                            "produced by",
                                            "created by",
                                            "gpac",
                                            "mainconcept",
                                            "apple"};
constexpr std::string_view kKindNames[] = {
    "video", "audio", "sound", "text",     "subtitle", "subtitles", "hint",
    "data",  "vide",  "soun",  "sbtl",     "subt",     "subp",      "clcp",
    "tmcd",  "meta",  "main",  "timecode", "appl",     "mono",      "stereo"};
constexpr size_t kShortestTitle = 3;

/// Identifiers such as "audio_1", "vtt@GPAC2.3" and "c/0" have other signs than prose.
bool ReadsLikeProse(std::string_view name) {
  constexpr std::string_view kSigns = " '-.,:()&!";
  const auto prose = [kSigns](char c) {
    return g_ascii_isalnum(c) || static_cast<uint8_t>(c) >= 0x80 || kSigns.find(c) != kSigns.npos;
  };
  return name.size() >= kShortestTitle && !g_ascii_islower(name[0]) &&
         std::all_of(name.begin(), name.end(), prose);
}

/// Names that only tell the kind of media, or who made the file, are no titles.
bool IsTitle(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), g_ascii_tolower);
  const auto within = [&lower](std::string_view part) { return lower.find(part) != lower.npos; };
  const auto same = [&lower](std::string_view part) { return lower == part; };
  return ReadsLikeProse(name) &&
         std::none_of(std::begin(kMuxerNames), std::end(kMuxerNames), within) &&
         std::none_of(std::begin(kKindNames), std::end(kKindNames), same);
}

std::string Language(uint16_t packed, std::string_view elng) {
  std::string code = PrimaryLanguage(elng);
  if (code.empty()) code = UnpackLanguage(packed);
  return code == "und" || code == "unk" ? "" : code;
}

}  // namespace

void AddLanguage(GstTagList* tags, uint16_t packed, std::string_view elng) {
  const std::string language = Language(packed, elng);
  if (language.empty()) return;
  const char* two_letters = gst_tag_get_language_code_iso_639_1(language.c_str());
  const char* code = two_letters ? two_letters : language.c_str();
  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_CODE, code, nullptr);
  const char* name = gst_tag_get_language_name(code);
  if (name && *name) {
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_NAME, name, nullptr);
  }
}

/// ISO/IEC 14496-12 8.3.2: a track is transformed by its own matrix, then by the movie's.
void AddOrientation(GstTagList* tags, const Matrix& movie, const Matrix& track) {
  if (!IsAffine(movie) || !IsAffine(track)) return;
  const char* name = Orientation(Compose(track, movie));
  if (!name) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_IMAGE_ORIENTATION, name, nullptr);
}

void AddHandlerName(GstTagList* tags, std::string_view name) {
  const MetadataItem item = {.value =
                                 Bytes(reinterpret_cast<const uint8_t*>(name.data()), name.size())};
  const std::string text = TextOf(item);
  if (!IsTitle(text)) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_KEEP, GST_TAG_TITLE, text.c_str(), nullptr);
}

const char* ContainerFormat(const FileFacts& facts) {
  if (facts.major_brand == FourCC("mjp2")) return "Motion JPEG 2000";
  if (facts.major_brand.at(0) == '3' && facts.major_brand.at(1) == 'g') return "3GP";
  if (facts.major_brand == FourCC("qt  ")) return "Quicktime";
  return facts.fragmented ? "ISO fMP4" : "ISO MP4/M4A";
}

}  // namespace iso::gst
