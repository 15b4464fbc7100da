// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sample entries: fixed fields of every layout, children wherever they lie, damage.

#include "core/codec/sample_description.h"

#include <gtest/gtest.h>

#include "../support/entry_builder.h"

namespace iso::test {
namespace {

class Sink final : public Diagnostics {
 public:
  void Report(const Error& error) override { errors.push_back(error); }

  std::vector<Error> errors;
};

std::vector<SampleDescription> Parse(const Bytes& stsd, MediaKind kind, Sink* sink = nullptr) {
  auto result = ParseSampleDescriptions(stsd, kind, 1000, Limits(), sink);
  return result.ok() ? std::move(*result) : std::vector<SampleDescription>();
}

SampleDescription ParseOne(const Bytes& entry, MediaKind kind, int version = 0) {
  auto entries = Parse(StsdBody({entry}, version), kind);
  return entries.empty() ? SampleDescription() : entries.front();
}

Bytes ChildBytes(const SampleDescription& entry, FourCC type) {
  const auto child = entry.Child(type);
  return Bytes(child.begin(), child.end());
}

const Bytes kPasp = Box("pasp", ByteWriter().U32(4).U32(3).bytes());

TEST(SampleDescription, Visual) {
  const auto entry = ParseOne(Visual("avc1", kPasp, {640, 360, 24, 7, 0xffff}), MediaKind::kVideo);
  EXPECT_EQ(entry.format, FourCC("avc1"));
  EXPECT_EQ(entry.original_format, FourCC("avc1"));
  EXPECT_EQ(entry.data_reference_index, 1);
  EXPECT_EQ(entry.video.version, 7);
  EXPECT_EQ(entry.video.width, 640);
  EXPECT_EQ(entry.video.height, 360);
  EXPECT_EQ(entry.video.depth, 24);
  EXPECT_EQ(entry.video.color_table_id, -1);
  EXPECT_EQ(entry.Child("pasp").size(), 8u);
  EXPECT_TRUE(entry.HasChild("pasp"));
  EXPECT_FALSE(entry.HasChild("colr"));
}

TEST(SampleDescription, ColorTableComesBeforeTheBoxes) {
  ByteWriter table;
  table.U32(0).U16(0x8000).U16(1).U16(0).U16(0xffff).Zeros(4).U16(1).Zeros(6);
  const auto entry =
      ParseOne(Visual("rle ", Join({table.bytes(), kPasp}), {8, 8, 1, 0, 0}), MediaKind::kVideo);
  EXPECT_EQ(entry.video.color_table_colors, 2);
  EXPECT_EQ(entry.video.color_table_offset, 86u);
  EXPECT_TRUE(entry.HasChild("pasp"));
}

TEST(SampleDescription, ColorTableIdZeroWithoutATable) {
  const auto entry = ParseOne(Visual("avc1", kPasp, {8, 8, 24, 0, 0}), MediaKind::kVideo);
  EXPECT_EQ(entry.video.color_table_colors, 0);
  EXPECT_TRUE(entry.HasChild("pasp"));
}

TEST(SampleDescription, SoundVersion0) {
  const auto entry =
      ParseOne(Audio("mp4a", Box("esds", Raw({1, 2})), {6, 24, 48000}), MediaKind::kAudio);
  EXPECT_EQ(entry.audio.version, 0);
  EXPECT_EQ(entry.audio.channels, 6u);
  EXPECT_EQ(entry.audio.sample_size, 24u);
  EXPECT_EQ(entry.audio.sample_rate, 48000u);
  EXPECT_EQ(ChildBytes(entry, "esds"), Raw({1, 2}));
}

TEST(SampleDescription, SoundVersion1AndWave) {
  const Bytes wave =
      Box("wave", Join({Box("frma", Text("mp4a")), Box("esds", Raw({9})), Raw({0, 0, 0, 0})}));
  const auto entry = ParseOne(AudioV1("mp4a", {1024, 1, 2}, wave), MediaKind::kAudio);
  EXPECT_EQ(entry.audio.version, 1);
  EXPECT_EQ(entry.audio.samples_per_packet, 1024u);
  EXPECT_EQ(entry.audio.bytes_per_packet, 1u);
  EXPECT_EQ(entry.audio.bytes_per_frame, 2u);
  EXPECT_EQ(entry.audio.bytes_per_sample, 2u);
  EXPECT_EQ(ChildBytes(entry, "esds"), Raw({9}));
  EXPECT_TRUE(entry.HasChild("wave"));
  EXPECT_EQ(entry.original_format, FourCC("mp4a"));
}

TEST(SampleDescription, SoundVersion1WithoutItsFields) {
  const Bytes entry_bytes = Box(
      "mp4a",
      SoundFields(1, {}).Add(Box("esds", Raw({9, 9, 9, 9}))).Add(Box("btrt", Bytes(12))).bytes());
  const auto entry = ParseOne(entry_bytes, MediaKind::kAudio);
  EXPECT_EQ(entry.audio.version, 0);
  EXPECT_TRUE(entry.HasChild("esds"));
}

TEST(SampleDescription, SoundVersion2) {
  const auto entry =
      ParseOne(AudioV2("lpcm", {192000, 8, 24, 14, 24}, Box("chan", Raw({1}))), MediaKind::kAudio);
  EXPECT_EQ(entry.audio.version, 2);
  EXPECT_EQ(entry.audio.sample_rate, 192000u);
  EXPECT_EQ(entry.audio.channels, 8u);
  EXPECT_EQ(entry.audio.sample_size, 24u);
  EXPECT_EQ(entry.audio.lpcm_flags, 14u);
  EXPECT_EQ(entry.audio.bytes_per_frame, 24u);
  EXPECT_TRUE(entry.HasChild("chan"));
}

TEST(SampleDescription, SoundVersion2WithAnAbsurdRate) {
  for (const double rate : {0.0, -5.0, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(ParseOne(AudioV2("lpcm", {rate}), MediaKind::kAudio).audio.sample_rate, 0u) << rate;
  }
}

TEST(SampleDescription, IsoVersion1TakesItsRateFromABox) {
  const Bytes srat = FullBox("srat", 0, 0, ByteWriter().U32(192000).bytes());
  const Bytes raw = Box("ipcm", SoundFields(1, {2, 16, 1}).Add(srat).bytes());
  const auto entry = ParseOne(raw, MediaKind::kAudio, 1);
  EXPECT_EQ(entry.audio.version, 0);
  EXPECT_EQ(entry.audio.sample_rate, 192000u);
}

TEST(SampleDescription, OtherLayoutsKnowWhereTheirBoxesAre) {
  const Bytes btrt = Box("btrt", Bytes(12));
  EXPECT_TRUE(ParseOne(Plain("tx3g", Join({Bytes(30), btrt})), MediaKind::kText).HasChild("btrt"));
  EXPECT_TRUE(ParseOne(Plain("wvtt", btrt), MediaKind::kText).HasChild("btrt"));
  const Bytes strings = Text(std::string("a\0bb\0", 5));
  EXPECT_TRUE(
      ParseOne(Plain("mett", Join({strings, btrt})), MediaKind::kMetadata).HasChild("btrt"));
  EXPECT_TRUE(
      ParseOne(Plain("stpp", Join({strings, Raw({0}), btrt})), MediaKind::kText).HasChild("btrt"));
  EXPECT_TRUE(ParseOne(Plain("tmcd", Join({Bytes(18), btrt})), MediaKind::kOther).HasChild("btrt"));
}

TEST(SampleDescription, OriginalFormat) {
  EXPECT_EQ(ParseOne(Visual("encv", SinfBox("avc1", "cenc")), MediaKind::kVideo).original_format,
            FourCC("avc1"));
  EXPECT_EQ(ParseOne(Audio("enca", SinfBox("mp4a", "cbcs")), MediaKind::kAudio).original_format,
            FourCC("mp4a"));
  const Bytes rinf = Box("rinf", Box("frma", Text("uncv")));
  EXPECT_EQ(ParseOne(Visual("resv", rinf), MediaKind::kVideo).original_format, FourCC("uncv"));
  EXPECT_EQ(ParseOne(Visual("encv"), MediaKind::kVideo).original_format, FourCC("encv"));
}

TEST(SampleDescription, SeveralEntriesKeepTheirOwnChildren) {
  const auto entries = Parse(StsdBody({Visual("avc1", kPasp), Visual("hvc1")}), MediaKind::kVideo);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_TRUE(entries[0].HasChild("pasp"));
  EXPECT_FALSE(entries[1].HasChild("pasp"));
  EXPECT_EQ(entries[1].format, FourCC("hvc1"));
}

TEST(SampleDescription, EmptyBoxesAreSteppedOver) {
  const Bytes empty = ByteWriter().U32(0).Text("bmdc").bytes();
  const auto entry = ParseOne(Visual("avc1", Join({empty, Bytes(8), kPasp})), MediaKind::kVideo);
  EXPECT_TRUE(entry.HasChild("pasp"));
  EXPECT_FALSE(entry.HasChild("bmdc"));
}

TEST(SampleDescription, ChildTooLongIsCut) {
  const auto entry =
      ParseOne(Visual("avc1", ByteWriter().U32(900).Text("avcC").U8(1).bytes()), MediaKind::kVideo);
  EXPECT_EQ(ChildBytes(entry, "avcC"), Raw({1}));
}

TEST(SampleDescription, NoEntriesIsAnError) {
  const auto result =
      ParseSampleDescriptions(StsdBody({}), MediaKind::kVideo, 7, Limits(), nullptr);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Errc::kTrackNoDescription);
  EXPECT_EQ(result.error().offset, 7u);
  EXPECT_FALSE(ParseSampleDescriptions(Bytes{}, MediaKind::kVideo, 0, Limits(), nullptr).ok());
}

TEST(SampleDescription, CountIsNotBelieved) {
  Bytes stsd = StsdBody({Visual("avc1")});
  stsd[4] = stsd[5] = 0xff;
  EXPECT_EQ(Parse(stsd, MediaKind::kVideo).size(), 1u);
}

TEST(SampleDescription, CountIsLimited) {
  ByteWriter w;
  w.U32(0).U32(5000);
  for (int i = 0; i < 5000; ++i) {
    w.Add(Plain("mett"));
  }
  EXPECT_EQ(Parse(w.bytes(), MediaKind::kMetadata).size(), Limits().max_sample_entries);
}

TEST(SampleDescription, ShortEntryStaysInItsPlace) {
  Sink sink;
  const auto entries = Parse(StsdBody({Plain("avc1"), Visual("hvc1")}), MediaKind::kVideo, &sink);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].video.width, 0);
  EXPECT_EQ(entries[1].video.width, 320);
  ASSERT_EQ(sink.errors.size(), 1u);
  EXPECT_EQ(sink.errors[0].code, Errc::kEntryTruncated);
  EXPECT_EQ(sink.errors[0].offset, 1008u);
}

TEST(SampleDescription, EveryTruncationIsDefined) {
  const Bytes wave =
      Box("wave", Join({Box("frma", Text("mp4a")), EsdsBox(0x40, 5, Raw({0x12, 0x10}))}));
  const Bytes whole = StsdBody({AudioV1("mp4a", {1024}, wave), AudioV2("lpcm", {}, kPasp)});
  for (size_t size = 0; size < whole.size(); ++size) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    for (const auto& entry : Parse(part, MediaKind::kAudio)) {
      EXPECT_LE(entry.bytes.size(), size);
      for (const ChildBox& child : entry.children) {
        EXPECT_LE(child.body_offset + child.body_size, entry.bytes.size());
      }
    }
  }
}

TEST(SampleDescription, EveryFlippedByteIsDefined) {
  const Bytes whole = StsdBody({Visual("encv", Join({kPasp, SinfBox("avc1", "cenc")}))});
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const uint8_t flip : {0x01, 0x80, 0xff}) {
      Bytes damaged = whole;
      damaged[i] ^= flip;
      for (const auto& entry : Parse(damaged, MediaKind::kVideo)) {
        for (const ChildBox& child : entry.children) {
          ASSERT_LE(child.body_offset + child.body_size, entry.bytes.size());
        }
      }
    }
  }
}

}  // namespace
}  // namespace iso::test
