// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The table of codes, and the kinds of tracks.

#include "core/codec/codec_table.h"

#include <gtest/gtest.h>

#include "../support/entry_builder.h"

namespace iso::test {
namespace {

TEST(CodecTable, FindsCodesByKind) {
  const CodecInfo* avc = FindCodec("avc1", MediaKind::kVideo);
  ASSERT_NE(avc, nullptr);
  EXPECT_EQ(avc->id, CodecId::kH264);
  EXPECT_STREQ(avc->name, "H.264 / AVC");
  EXPECT_EQ(FindCodec("avc1", MediaKind::kAudio), nullptr);
  EXPECT_EQ(FindCodec("raw ", MediaKind::kVideo)->id, CodecId::kRawByDepth);
  EXPECT_EQ(FindCodec("raw ", MediaKind::kAudio)->id, CodecId::kPcmUnsigned8);
  EXPECT_EQ(FindCodec("!!!!", MediaKind::kVideo), nullptr);
  EXPECT_STREQ(FindCodec("apcs", MediaKind::kVideo)->variant, "lt");
}

TEST(CodecTable, FirstAndLastOfAFamily) {
  EXPECT_EQ(FindCodec("hdv1", MediaKind::kVideo)->id, CodecId::kMpeg2Video);
  EXPECT_EQ(FindCodec("m2v1", MediaKind::kVideo)->id, CodecId::kMpeg2Video);
  EXPECT_EQ(FindCodec("ai5q", MediaKind::kVideo)->id, CodecId::kH264ByteStream);
}

TEST(CodecTable, WaveTags) {
  EXPECT_EQ(FindCodec(FourCC(0x6d730002), MediaKind::kAudio)->id, CodecId::kAdpcm);
  EXPECT_EQ(FindCodec(FourCC(0x6d730055), MediaKind::kAudio)->id, CodecId::kMp3);
  EXPECT_EQ(FindCodec(FourCC(0x6d732000), MediaKind::kAudio)->id, CodecId::kEac3);
  EXPECT_EQ(FindCodec(FourCC(0x6d730007), MediaKind::kAudio)->id, CodecId::kRiff);
  EXPECT_EQ(FindCodec(FourCC(0x6d730007), MediaKind::kVideo), nullptr);
}

TEST(CodecTable, KindOfTrack) {
  EXPECT_EQ(KindOfTrack("vide", "mp4a"), MediaKind::kVideo);
  EXPECT_EQ(KindOfTrack("pict", "av01"), MediaKind::kVideo);
  EXPECT_EQ(KindOfTrack("subt", "stpp"), MediaKind::kText);
  EXPECT_EQ(KindOfTrack("clcp", "c608"), MediaKind::kText);
  EXPECT_EQ(KindOfTrack("meta", "mett"), MediaKind::kMetadata);
  EXPECT_EQ(KindOfTrack("hint", "rtp "), MediaKind::kOther);
  EXPECT_EQ(KindOfTrack("auxv", "av01"), MediaKind::kOther);
  EXPECT_EQ(KindOfTrack("sdsm", "mp4s"), MediaKind::kOther);
}

TEST(CodecTable, KindOfTrackWithAnOddHandler) {
  EXPECT_EQ(KindOfTrack("MPEG", "m1v "), MediaKind::kVideo);
  EXPECT_EQ(KindOfTrack(FourCC(), "mp4a"), MediaKind::kAudio);
  EXPECT_EQ(KindOfTrack(FourCC(), "encv"), MediaKind::kVideo);
  EXPECT_EQ(KindOfTrack(FourCC(), "enca"), MediaKind::kAudio);
  EXPECT_EQ(KindOfTrack(FourCC(), "wvtt"), MediaKind::kText);
  EXPECT_EQ(KindOfTrack("vivo", "????"), MediaKind::kOther);
}

TEST(CodecTable, FirstFormat) {
  EXPECT_EQ(FirstFormat(StsdBody({Visual("avc1"), Visual("hvc1")})), FourCC("avc1"));
  EXPECT_EQ(FirstFormat(StsdBody({})), FourCC());
}

}  // namespace
}  // namespace iso::test
