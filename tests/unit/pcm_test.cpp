// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PCM formats, packets of one size, and channel layouts.

#include "core/codec/pcm.h"

#include <gtest/gtest.h>

#include "../support/entry_builder.h"
#include "core/codec/channel_layout.h"

namespace iso::test {
namespace {

SampleDescription Entry(const Bytes& box) {
  auto entries = ParseSampleDescriptions(StsdBody({box}), MediaKind::kAudio, 0, Limits(), nullptr);
  return entries.ok() ? entries->front() : SampleDescription();
}

/// "S24BE/24": kind, bits, byte order, bits of the container.
std::string Name(const Bytes& box) {
  const auto pcm = PcmFormatOf(Entry(box));
  if (!pcm) return "none";
  return std::string(pcm->is_float    ? "F"
                     : pcm->is_signed ? "S"
                                      : "U") +
         std::to_string(pcm->bits) + (pcm->big_endian ? "BE/" : "LE/") +
         std::to_string(pcm->container_bits);
}

TEST(Pcm, QuickTimeCodes) {
  EXPECT_EQ(Name(Audio("NONE", {}, {1, 8, 8000})), "U8BE/8");
  EXPECT_EQ(Name(Audio("raw ", {}, {1, 16, 8000})), "S16BE/16");
  EXPECT_EQ(Name(Audio("twos", {}, {1, 8, 8000})), "S8BE/8");
  EXPECT_EQ(Name(Audio("twos", {}, {1, 24, 8000})), "S24BE/24");
  EXPECT_EQ(Name(Audio("sowt")), "S16LE/16");
  EXPECT_EQ(Name(Audio("in24")), "S24BE/24");
  EXPECT_EQ(Name(Audio("fl64")), "F64BE/64");
  EXPECT_EQ(Name(Audio("s16l")), "S16LE/16");
  EXPECT_EQ(Name(Audio("mp4a")), "none");
}

TEST(Pcm, BytesOfVersion1BeatTheSampleSize) {
  EXPECT_EQ(Name(AudioV1("sowt", {1, 3, 6}, {}, {2, 16, 48000})), "S24LE/24");
  EXPECT_EQ(Name(AudioV1("sowt", {1, 0, 0}, {}, {2, 16, 48000})), "S16LE/16");
}

TEST(Pcm, EndaTurnsTheByteOrder) {
  const Bytes wave = Box("wave", Join({Box("frma", Text("in24")), Box("enda", Raw({0, 1}))}));
  EXPECT_EQ(Name(AudioV1("in24", {}, wave)), "S24LE/24");
  EXPECT_EQ(Name(Audio("fl32", Box("enda", Raw({0, 1})))), "F32LE/32");
  EXPECT_EQ(Name(Audio("fl32", Box("enda", Raw({0, 0})))), "F32BE/32");
  EXPECT_EQ(Name(Audio("fl32", Box("enda", Raw({1})))), "F32BE/32");
}

TEST(Pcm, LinearFlags) {
  EXPECT_EQ(Name(AudioV2("lpcm", {48000, 2, 24, 2 | 4 | 8, 6})), "S24BE/24");
  EXPECT_EQ(Name(AudioV2("lpcm", {48000, 2, 32, 1 | 8, 8})), "F32LE/32");
  EXPECT_EQ(Name(AudioV2("lpcm", {48000, 2, 16, 8, 4})), "U16LE/16");
  EXPECT_EQ(Name(AudioV2("lpcm", {48000, 2, 24, 4 | 16, 8})), "S24LE/32");
  EXPECT_TRUE(PcmFormatOf(Entry(AudioV2("lpcm", {48000, 2, 24, 4 | 16, 8})))->high_aligned);
  EXPECT_FALSE(PcmFormatOf(Entry(AudioV2("lpcm", {48000, 2, 16, 4 | 8 | 32, 2})))->interleaved);
  EXPECT_EQ(Name(AudioV2("lpcm", {48000, 2, 99, 4, 2})), "none");
  EXPECT_EQ(Name(AudioV2("lpcm", {48000, 0, 16, 4, 0xffffffff})), "S16LE/16");
}

TEST(Pcm, IsoConfig) {
  EXPECT_EQ(Name(Audio("ipcm", FullBox("pcmC", 0, 0, Raw({1, 24})))), "S24LE/24");
  EXPECT_EQ(Name(Audio("fpcm", FullBox("pcmC", 0, 0, Raw({0, 64})))), "F64BE/64");
  EXPECT_EQ(Name(Audio("fpcm", FullBox("pcmC", 0, 0, Raw({0, 24})))), "none");
}

TEST(Packets, Layouts) {
  const auto layout = [](const Bytes& box) {
    const PacketLayout packets = PacketLayoutOf(Entry(box));
    return std::to_string(packets.bytes) + "/" + std::to_string(packets.frames);
  };
  EXPECT_EQ(layout(Audio("sowt", {}, {6, 24, 48000})), "18/1");
  EXPECT_EQ(layout(Audio("ulaw")), "2/1");
  EXPECT_EQ(layout(Audio("ima4")), "68/64");
  EXPECT_EQ(layout(Audio("MAC3", {}, {1, 8, 22050})), "2/6");
  EXPECT_EQ(layout(Audio("agsm")), "33/160");
  EXPECT_EQ(layout(AudioV1("QDM2", {4096, 1, 744})), "744/4096");
  EXPECT_EQ(layout(AudioV1("mp4a", {1024, 0, 2})), "0/0");
  EXPECT_EQ(layout(Audio("mp4a")), "0/0");
}

using Speakers = std::vector<Speaker>;

Bytes Chan(uint32_t tag, uint32_t bitmap = 0, std::initializer_list<int> labels = {}) {
  ByteWriter w;
  w.U32(tag).U32(bitmap).U32(labels.size());
  for (const int label : labels) {
    w.U32(static_cast<uint64_t>(label)).Zeros(16);
  }
  return FullBox("chan", 0, 0, w.bytes());
}

Speakers SpeakersFor(const Bytes& boxes, uint32_t channels) {
  return SpeakersOf(Entry(Audio("sowt", boxes, {channels, 16, 48000})));
}

const Speakers kFiveOne = {Speaker::kFrontLeft,
                           Speaker::kFrontRight,
                           Speaker::kFrontCenter,
                           Speaker::kLfe,
                           Speaker::kRearLeft,
                           Speaker::kRearRight};

TEST(ChannelLayout, TagsBitmapsAndLabels) {
  EXPECT_EQ(SpeakersFor(Chan(121 << 16 | 6), 6), kFiveOne);
  EXPECT_EQ(SpeakersFor(Chan(1 << 16, 0x3f), 6), kFiveOne);
  EXPECT_EQ(SpeakersFor(Chan(0, 0, {1, 2, 3, 4, 5, 6}), 6), kFiveOne);
  EXPECT_TRUE(SpeakersFor(Chan(121 << 16 | 6), 5).empty()) << "counts differ";
  EXPECT_TRUE(SpeakersFor(Chan(0, 0, {1, 1}), 2).empty()) << "one twice";
  EXPECT_TRUE(SpeakersFor(Chan(0, 0, {1, 200}), 2).empty()) << "ambisonics";
  EXPECT_TRUE(SpeakersFor(Chan(999 << 16 | 2), 2).empty());
  EXPECT_TRUE(SpeakersFor({}, 2).empty());
}

TEST(ChannelLayout, SurroundIsAtTheSidesWhenSomethingIsBehind) {
  const Speakers seven_one = SpeakersFor(Chan(128 << 16 | 8), 8);
  ASSERT_EQ(seven_one.size(), 8u);
  EXPECT_EQ(seven_one[4], Speaker::kSideLeft);
  EXPECT_EQ(seven_one[6], Speaker::kRearLeft);
  // Labels 33 and 34 are the rear pair.
  const Speakers labels = SpeakersFor(Chan(0, 0, {1, 2, 33, 34}), 4);
  ASSERT_EQ(labels.size(), 4u);
  EXPECT_EQ(labels[2], Speaker::kRearLeft);
}

Bytes ChnlDefined(uint8_t layout, uint64_t omitted) {
  return FullBox("chnl", 0, 0, ByteWriter().U8(1).U8(layout).U64(omitted).bytes());
}

TEST(ChannelLayout, ChnlDefinedLayouts) {
  const Speakers six = SpeakersFor(ChnlDefined(6, 0), 6);
  ASSERT_EQ(six.size(), 6u);
  EXPECT_EQ(six[0], Speaker::kFrontCenter);
  EXPECT_EQ(six[5], Speaker::kLfe);
  const Speakers no_center = SpeakersFor(ChnlDefined(6, 1), 5);
  ASSERT_EQ(no_center.size(), 5u);
  EXPECT_EQ(no_center[0], Speaker::kFrontLeft);
  EXPECT_EQ(SpeakersFor(ChnlDefined(13, 0), 24).size(), 24u);
  EXPECT_TRUE(SpeakersFor(ChnlDefined(99, 0), 2).empty());
}

TEST(ChannelLayout, ChnlPositionsAndVersion1) {
  const Bytes positions = FullBox("chnl", 0, 0, Raw({1, 0, 0, 1}));
  EXPECT_EQ(SpeakersFor(positions, 2), (Speakers{Speaker::kFrontLeft, Speaker::kFrontRight}));
  const Bytes version1 = FullBox("chnl", 1, 0, Raw({0x10, 2, 2, 0}));
  EXPECT_EQ(SpeakersFor(version1, 2), (Speakers{Speaker::kFrontLeft, Speaker::kFrontRight}));
  const Bytes listed = FullBox("chnl", 1, 0, Raw({0x10, 2, 0, 2, 1, 0}));
  EXPECT_EQ(SpeakersFor(listed, 2), (Speakers{Speaker::kFrontRight, Speaker::kFrontLeft}));
  EXPECT_TRUE(SpeakersFor(FullBox("chnl", 0, 0, Raw({1, 0, 126, 0})), 2).empty());
  EXPECT_TRUE(SpeakersFor(FullBox("chnl", 0, 0, Raw({2, 4})), 2).empty()) << "objects";
  EXPECT_TRUE(SpeakersFor(FullBox("chnl", 0, 0, Raw({1})), 2).empty());
}

}  // namespace
}  // namespace iso::test
