// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Tags of real files beside those of the installed qtdemux: what it finds, we find, but
// for the differences in docs/compatibility.md.

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <gst/gst.h>

#include "core/base/bytes.h"
#include "element/tags.h"
#include "media_files.h"
#include "recorder.h"
#include "tag_lines.h"

namespace iso::test {
namespace {

using Span = iso::Bytes;
using gst::FileFacts;

/// The boxes of a file as a naive reader sees them: no damage is expected here.
template <class Visit>
void ForEachBox(Span data, Visit visit) {
  while (data.size() >= 8) {
    uint64_t size = LoadBE32(data.data());
    const size_t header = size == 1 ? 16 : 8;
    if (data.size() < header) return;
    if (size == 1) size = LoadBE64(data.data() + 8);
    if (size == 0 || size > data.size()) size = data.size();
    if (size < header) return;
    const Span box = data.first(static_cast<size_t>(size));
    visit(FourCC(LoadBE32(data.data() + 4)), box.subspan(header));
    data = data.subspan(box.size());
  }
}

Span Find(Span parent, FourCC type) {
  Span found;
  ForEachBox(parent, [&](FourCC child, Span body) {
    if (child == type && found.empty()) found = body;
  });
  return found;
}

struct NaiveTrack {
  uint32_t id = 0;
  uint16_t language = 0;
  Matrix matrix = kIdentityMatrix;
  Metadata metadata;
};

struct NaiveFile {
  FileFacts facts;
  bool has_ftyp = false;
  Matrix matrix = kIdentityMatrix;
  Metadata metadata;
  std::vector<NaiveTrack> tracks;
};

Matrix ReadMatrix(Span body, size_t offset) {
  Matrix matrix = kIdentityMatrix;
  if (body.size() < offset + 36) return matrix;
  for (size_t i = 0; i < 9; ++i) {
    matrix[i] = static_cast<int32_t>(LoadBE32(&body[offset + 4 * i]));
  }
  return matrix;
}

void ReadMetadata(FourCC type, Span body, Metadata* metadata) {
  if (type == FourCC("udta")) metadata->Append(ParseUserData(body, 0, {}, nullptr));
  if (type == FourCC("meta")) metadata->Append(ParseMeta(body, 0, {}, nullptr));
  if (type == FourCC("uuid")) metadata->Append(ParseUuid(body, 0, {}, nullptr));
}

NaiveTrack ReadTrack(Span trak) {
  NaiveTrack track;
  const Span tkhd = Find(trak, "tkhd");
  if (tkhd.size() < 84) return track;
  const bool wide = tkhd[0] == 1;
  track.id = LoadBE32(&tkhd[wide ? 20 : 12]);
  track.matrix = ReadMatrix(tkhd, wide ? 52 : 40);
  const Span mdhd = Find(Find(trak, "mdia"), "mdhd");
  const size_t language = mdhd.empty() || mdhd[0] == 0 ? 20 : 32;
  if (mdhd.size() >= language + 2) track.language = LoadBE16(&mdhd[language]);
  ForEachBox(trak, [&](FourCC type, Span body) { ReadMetadata(type, body, &track.metadata); });
  return track;
}

void ReadMovie(Span moov, NaiveFile* file) {
  ForEachBox(moov, [&](FourCC type, Span body) {
    ReadMetadata(type, body, &file->metadata);
    if (type == FourCC("mvex")) file->facts.fragmented = true;
    if (type == FourCC("trak")) file->tracks.push_back(ReadTrack(body));
    if (type != FourCC("mvhd") || body.size() < 96) return;
    const bool wide = body[0] == 1;
    file->facts.creation_time = wide ? LoadBE64(&body[4]) : LoadBE32(&body[4]);
    file->matrix = ReadMatrix(body, wide ? 48 : 36);
  });
}

NaiveFile ReadNaively(Span data) {
  NaiveFile file;
  ForEachBox(data, [&](FourCC type, Span body) {
    if (type == FourCC("ftyp") && body.size() >= 4) {
      file.facts.major_brand = FourCC(LoadBE32(body.data()));
      file.has_ftyp = true;
    }
    if (type == FourCC("uuid")) ReadMetadata(type, body, &file.metadata);
    if (type == FourCC("moov") && file.tracks.empty()) ReadMovie(body, &file);
  });
  return file;
}

/// What qtdemux said: of the file, and of each track.
struct Said {
  Lines global;
  std::map<uint32_t, Lines> tracks;
};

bool StartsWithAny(const std::string& line, const std::vector<std::string_view>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&line](std::string_view prefix) {
    return line.compare(0, prefix.size(), prefix) == 0;
  });
}

/// Not from metadata, or a difference that docs/compatibility.md explains.
bool IsExcepted(const std::string& line) {
  static const std::vector<std::string_view> kPrefixes = {
      "audio-codec=",
      "video-codec=",
      "subtitle-codec=",
      "codec=",
      "bitrate=",
      "maximum-bitrate=",
      "minimum-bitrate=",
      "nominal-bitrate=",
      "container-specific-track-id=",
      // Boxes that are no metadata, or that have a tag of their own here.
      "private-qt-tag=<application/x-gst-qt-hdlr-tag",
      "private-qt-tag=<application/x-gst-qt-keys-tag",
      "private-qt-tag=<application/x-gst-qt-ilst-tag",
      "private-qt-tag=<application/x-gst-qt-free-tag",
      "private-qt-tag=<application/x-gst-qt-_xyz-tag",
      "private-qt-tag=<application/x-gst-qt-name-tag",
      "private-qt-tag=<application/x-gst-qt-ldes-tag"};
  return StartsWithAny(line, kPrefixes);
}

void AddNew(const GstTagList* tags, Lines* lines) {
  for (const std::string& line : TagLines(tags)) {
    const bool known = std::find(lines->begin(), lines->end(), line) != lines->end();
    if (!known && !IsExcepted(line)) lines->push_back(line);
  }
}

bool AskQtdemux(const std::string& path, Said* said) {
  Recorder recorder;
  recorder.Start(path);
  if (recorder.WaitEos() != Outcome::kEos) return false;
  for (const RecordedPad& pad : recorder.pads()) {
    for (const RecordedItem& item : pad.items) {
      if (!item.event || GST_EVENT_TYPE(item.event.get()) != GST_EVENT_TAG) continue;
      GstTagList* tags = nullptr;
      gst_event_parse_tag(item.event.get(), &tags);
      const bool global = gst_tag_list_get_scope(tags) == GST_TAG_SCOPE_GLOBAL;
      AddNew(tags, global ? &said->global : &said->tracks[pad.track_id]);
    }
  }
  recorder.Stop();
  return true;
}

std::vector<std::string> RealFiles() {
  std::vector<std::string> files;
  const std::string root = MediaRoot();
  if (!root.empty() && std::filesystem::exists(root + "/real")) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/real")) {
      if (entry.is_regular_file()) files.push_back(entry.path().string().substr(root.size() + 1));
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool Has(const Lines& lines, const char* prefix) {
  return std::any_of(lines.begin(), lines.end(), [prefix](const std::string& line) {
    return StartsWithAny(line, {prefix});
  });
}

/// The two reasons why a time of theirs is not ours: the keys of a camera tell a better
/// one than mvhd, and mvhd has a year of the Macintosh epoch.
bool IsBetterTime(const std::string& line, const Lines& theirs, const Lines& ours) {
  if (StartsWithAny(line, {"datetime=190"})) return true;
  return StartsWithAny(line, {"datetime="}) && !Has(theirs, "date=") && Has(ours, "date=");
}

void ExpectAll(const Lines& theirs, const Lines& ours, const std::string& where) {
  for (const std::string& line : theirs) {
    if (IsBetterTime(line, theirs, ours)) continue;
    EXPECT_NE(std::find(ours.begin(), ours.end(), line), ours.end())
        << where << ": qtdemux has " << line << "; here: " << testing::PrintToString(ours);
  }
}

Lines LinesOfTrack(const NaiveFile& file, const NaiveTrack& track) {
  const auto tags = gst::StreamTags(track.metadata, file.facts, "");
  gst::AddLanguage(tags.get(), track.language, "");
  gst::AddOrientation(tags.get(), file.matrix, track.matrix);
  return TagLines(tags.get());
}

/// False when there is nothing to compare.
bool Compare(const std::string& path, const std::string& name) {
  const std::vector<uint8_t> bytes = ReadFile(path);
  const NaiveFile file = ReadNaively(bytes);
  Said said;
  if (!file.has_ftyp || file.tracks.empty() || !AskQtdemux(path, &said)) return false;
  ExpectAll(said.global, TagLines(gst::GlobalTags(file.metadata, file.facts).get()), name);
  for (const NaiveTrack& track : file.tracks) {
    ExpectAll(said.tracks[track.id], LinesOfTrack(file, track), name + ", a track");
  }
  return true;
}

TEST(RealTags, HaveAllThatQtdemuxHas) {
  const std::vector<std::string> files = RealFiles();
  if (files.empty()) GTEST_SKIP() << "no media: $ISODEMUX_TEST_MEDIA has no manifest.csv";
  g_setenv("ISODEMUX_TEST_ELEMENT", "qtdemux", TRUE);
  gst::RegisterTags();
  int compared = 0;
  for (const std::string& file : files) {
    if (Compare(MediaRoot() + "/" + file, file)) ++compared;
  }
  g_unsetenv("ISODEMUX_TEST_ELEMENT");
  RecordProperty("compared", compared);
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace iso::test
