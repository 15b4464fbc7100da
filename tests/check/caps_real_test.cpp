// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Caps of real files beside those of the installed qtdemux: the same, but for the
// differences in docs/compatibility.md.

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/codec/box_list.h"
#include "core/codec/codec_table.h"
#include "element/caps.h"
#include "media_files.h"
#include "recorder.h"

namespace iso::test {
namespace {

using Span = iso::Bytes;
using gst::Ref;
using CapsRef = Ref<GstCaps>;

/// One way in which caps may differ: a field of a media type that only one side has, or
/// that has another value here. "" stands for any.
struct Accepted {
  const char* media_type;
  const char* field;
  const char* reason;
};

constexpr Accepted kAccepted[] = {
    // Files are read here without their sample tables.
    {"", "framerate", "not compared"},
    // qtdemux 1.22 does not have these; its newest version does.
    {"", "colorimetry", "1.22 reads colr of a few codes only, and no full range flag"},
    {"", "interlace-mode", "1.22 reads fiel of a few codes only"},
    {"", "field-order", "likewise"},
    {"", "content-light-level", "1.22 does not read clli"},
    {"", "mastering-display-info", "1.22 does not read mdcv"},
    {"video/x-dv", "pixel-aspect-ratio", "1.22 does not read pasp of these"},
    {"video/x-av1", "codec_data", "1.22 leaves out the first four bytes"},
    {"video/x-vp9", "level", "since 1.24"},
    {"video/x-vp9", "chroma-site", "since 1.24"},
    {"audio/x-ac3", "channels", "the entry's number is not to be trusted"},
    {"audio/x-eac3", "channels", "likewise"},
    {"audio/x-dts", "channels", "likewise"},
    {"audio/x-raw", "channel-mask", "1.22 has none for two channels"},
    {"audio/x-opus", "rate", "of dOps, as the newest version has it"},
    // Where qtdemux has the mask 0, which says that channels have no place.
    {"", "channel-mask", "not for compressed audio"},
    // Fields for which qtdemux errs.
    {"audio/x-wma", "bitrate", "bits, not bytes, a second"},
    {"audio/x-wma", "codec_data", "without the end of the WAVE header"},
    {"application/x-cenc", "bitrate", "likewise"},
    {"application/x-cenc", "codec_data", "likewise"},
    {"application/x-cenc", "channels", "as above"},
    // Chosen by applications.
    {"application/x-cenc", "protection-system", "not part of the sample entry"},
};

bool IsAccepted(const GstStructure* ours, const char* field) {
  return std::any_of(std::begin(kAccepted), std::end(kAccepted), [=](const Accepted& row) {
    const bool type = *row.media_type == '\0' || gst_structure_has_name(ours, row.media_type);
    return type && g_str_equal(row.field, field);
  });
}

struct RealTrack {
  uint32_t id = 0;
  gst::TrackFacts facts;
  MediaKind kind = MediaKind::kOther;
  std::vector<SampleDescription> descriptions;
};

Span Descend(Span boxes, std::initializer_list<FourCC> path) {
  for (const FourCC type : path) {
    boxes = BoxList::Find(boxes, type);
  }
  return boxes;
}

RealTrack ReadTrack(Span trak) {
  RealTrack track;
  const Span tkhd = BoxList::Find(trak, "tkhd");
  if (tkhd.size() < 84) return track;
  track.id = LoadBE32(&tkhd[tkhd[0] == 1 ? 20 : 12]);
  track.facts.display_width = LoadBE16(&tkhd[tkhd.size() - 8]);
  track.facts.display_height = LoadBE16(&tkhd[tkhd.size() - 4]);
  const Span hdlr = Descend(trak, {"mdia", "hdlr"});
  if (hdlr.size() >= 12) track.facts.handler = FourCC(LoadBE32(&hdlr[8]));
  const Span stsd = Descend(trak, {"mdia", "minf", "stbl", "stsd"});
  track.kind = KindOfTrack(track.facts.handler, FirstFormat(stsd));
  auto entries = ParseSampleDescriptions(stsd, track.kind, 0, Limits(), nullptr);
  if (entries.ok()) track.descriptions = std::move(*entries);
  return track;
}

std::map<uint32_t, RealTrack> ReadTracks(Span file) {
  std::map<uint32_t, RealTrack> tracks;
  BoxList boxes(BoxList::Find(file, "moov"));
  for (BoxView box; boxes.Next(&box);) {
    if (box.type != FourCC("trak")) continue;
    RealTrack track = ReadTrack(box.body);
    tracks.emplace(track.id, std::move(track));
  }
  return tracks;
}

/// The fields of `a` that `b` has not, or differently, and that are not accepted.
std::string Differences(const GstStructure* a, const GstStructure* b, const GstStructure* ours) {
  std::string text;
  for (int i = 0; i < gst_structure_n_fields(a); ++i) {
    const char* field = gst_structure_nth_field_name(a, static_cast<guint>(i));
    const GValue* value = gst_structure_get_value(a, field);
    const GValue* other = gst_structure_get_value(b, field);
    if (other && gst_value_compare(value, other) == GST_VALUE_EQUAL) continue;
    if (IsAccepted(ours, field)) continue;
    const gst::GCharPtr shown(gst_value_serialize(value));
    text += std::string(" ") + field + "=" + (shown ? shown.get() : "?");
  }
  return text;
}

void ExpectSame(const GstStructure* theirs, const GstStructure* ours, const std::string& where) {
  // What qtdemux has no name for, we may have.
  const bool unknown_there = g_strrstr(gst_structure_get_name(theirs), "x-gst-fourcc") != nullptr;
  if (unknown_there) return;
  EXPECT_STREQ(gst_structure_get_name(theirs), gst_structure_get_name(ours)) << where;
  EXPECT_EQ(Differences(theirs, ours, ours), "") << where << ": qtdemux has these";
  EXPECT_EQ(Differences(ours, theirs, ours), "") << where << ": only here";
}

/// How many tracks were compared.
int Compare(const std::string& path, const std::string& name) {
  const std::vector<uint8_t> bytes = ReadFile(path);
  std::map<uint32_t, RealTrack> tracks = ReadTracks(bytes);
  if (tracks.empty()) return 0;
  Recorder recorder;
  recorder.Start(path);
  recorder.WaitEos(5);
  int compared = 0;
  for (const RecordedPad& pad : recorder.pads()) {
    const auto found = tracks.find(pad.track_id);
    if (found == tracks.end() || found->second.descriptions.empty() || pad.caps.empty()) continue;
    const CapsRef theirs = CapsRef::Adopt(gst_caps_from_string(pad.caps.c_str()));
    const auto format =
        gst::DescribeStream(found->second.descriptions.front(), found->second.facts);
    if (!format.caps || !theirs || found->second.descriptions.size() > 1) continue;
    ExpectSame(gst_caps_get_structure(theirs.get(), 0),
               gst_caps_get_structure(format.caps.get(), 0),
               name + " track " + std::to_string(pad.track_id));
    ++compared;
  }
  recorder.Stop();
  return compared;
}

std::vector<std::string> RealFiles() {
  std::vector<std::string> files;
  const std::string root = MediaRoot();
  if (root.empty() || !std::filesystem::exists(root + "/real")) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/real")) {
    if (entry.is_regular_file()) files.push_back(entry.path().string().substr(root.size() + 1));
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(RealCaps, AreThoseOfQtdemux) {
  const std::vector<std::string> files = RealFiles();
  if (files.empty()) GTEST_SKIP() << "no media: $ISODEMUX_TEST_MEDIA has no manifest.csv";
  g_setenv("ISODEMUX_TEST_ELEMENT", "qtdemux", TRUE);
  int compared = 0;
  for (const std::string& file : files) {
    compared += Compare(MediaRoot() + "/" + file, file);
  }
  g_unsetenv("ISODEMUX_TEST_ELEMENT");
  RecordProperty("compared", compared);
  EXPECT_GT(compared, 0);
}

/// Every sample entry of every file gets caps, or is left out on purpose.
TEST(RealCaps, ExistForEveryEntry) {
  const std::vector<std::string> files = RealFiles();
  if (files.empty()) GTEST_SKIP() << "no media: $ISODEMUX_TEST_MEDIA has no manifest.csv";
  for (const std::string& file : files) {
    const std::vector<uint8_t> bytes = ReadFile(MediaRoot() + "/" + file);
    for (const auto& [id, track] : ReadTracks(bytes)) {
      for (const SampleDescription& entry : track.descriptions) {
        if (track.kind == MediaKind::kOther || entry.format == FourCC("fdsc")) continue;
        EXPECT_TRUE(gst::DescribeStream(entry, track.facts).caps)
            << file << " track " << id << " " << entry.format.Text();
      }
    }
  }
}

}  // namespace
}  // namespace iso::test
