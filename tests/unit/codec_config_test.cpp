// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Configuration records: what they say, and that damaged ones say nothing.

#include <gtest/gtest.h>

#include "../support/entry_builder.h"
#include "core/codec/audio_config.h"
#include "core/codec/color_table.h"
#include "core/codec/esds.h"
#include "core/codec/jpeg2000.h"
#include "core/codec/picture_info.h"
#include "core/codec/protection_scheme.h"
#include "core/codec/uncompressed.h"
#include "core/codec/video_config.h"

namespace iso::test {
namespace {

SampleDescription Entry(const Bytes& box, MediaKind kind = MediaKind::kVideo) {
  auto entries = ParseSampleDescriptions(StsdBody({box}), kind, 0, Limits(), nullptr);
  return entries.ok() ? entries->front() : SampleDescription();
}

Bytes BodyOf(const Bytes& box) {
  return Bytes(box.begin() + 8, box.end());
}

Bytes Copy(iso::Bytes bytes) {
  return Bytes(bytes.begin(), bytes.end());
}

TEST(Esds, ReadsTypeRatesAndConfig) {
  Esds esds;
  const Bytes body = BodyOf(EsdsBox(0x40, 5, Raw({0x12, 0x10})));
  ASSERT_TRUE(ParseEsds(body, &esds));
  EXPECT_EQ(esds.object_type, 0x40);
  EXPECT_EQ(esds.stream_type, 5);
  EXPECT_EQ(esds.bitrates.maximum, 128000u);
  EXPECT_EQ(esds.bitrates.average, 96000u);
  EXPECT_EQ(Copy(esds.specific), Raw({0x12, 0x10}));
}

TEST(Esds, LongLengthsAndOptionalFields) {
  // Lengths of four bytes, and all three optional fields of the ES_Descriptor.
  ByteWriter decoder;
  decoder.U8(0x6b).U8(0x15).U24(0).U32(1).U32(2);
  ByteWriter es;
  es.U16(1).U8(0xe0).U16(7).U8(2).Text("ab").U16(9);
  es.U8(4).U24(0x808080).U8(decoder.size()).Add(decoder.bytes());
  ByteWriter body;
  body.U32(0).U8(3).U24(0x808080).U8(es.size()).Add(es.bytes());
  Esds esds;
  ASSERT_TRUE(ParseEsds(body.bytes(), &esds));
  EXPECT_EQ(esds.object_type, 0x6b);
  EXPECT_TRUE(esds.specific.empty());
}

TEST(Esds, LengthsBeyondTheBoxAreCut) {
  Bytes body = BodyOf(EsdsBox(0x40, 5, Raw({0x12, 0x10})));
  body[5] = 0x7f;
  Esds esds;
  ASSERT_TRUE(ParseEsds(body, &esds));
  EXPECT_EQ(Copy(esds.specific), Raw({0x12, 0x10}));
}

TEST(Esds, EveryTruncationIsDefined) {
  const Bytes body = BodyOf(EsdsBox(0x40, 5, Raw({0x12, 0x10})));
  for (size_t n = 0; n < body.size(); ++n) {
    Esds esds;
    ParseEsds(iso::Bytes(body).first(n), &esds);
    EXPECT_LE(esds.specific.size(), 2u);
  }
}

TEST(Btrt, TheGreaterRateIsTheMaximum) {
  const Bytes body = ByteWriter().U32(1).U32(100).U32(200).bytes();
  EXPECT_EQ(ParseBtrt(body).maximum, 200u);
  EXPECT_EQ(ParseBtrt(body).average, 100u);
  EXPECT_EQ(ParseBtrt(iso::Bytes(body).first(8)).maximum, 0u);
}

TEST(VideoConfig, AvcCMustHoldWhatItAnnounces) {
  const Bytes good = Raw({1, 100, 0, 31, 0xff, 0xe1, 0, 2, 0x67, 1, 1, 0, 1, 0x68});
  EXPECT_TRUE(IsConsistentAvcC(good));
  EXPECT_TRUE(IsConsistentAvcC(Raw({1, 100, 0, 31, 0xff, 0xe0, 0})));
  EXPECT_FALSE(IsConsistentAvcC(Raw({0, 100, 0, 31, 0xff, 0xe0, 0})));
  for (size_t n = 0; n < good.size(); ++n) {
    EXPECT_FALSE(IsConsistentAvcC(iso::Bytes(good).first(n))) << n;
  }
}

TEST(VideoConfig, HvcCMustHoldWhatItAnnounces) {
  const Bytes good = ByteWriter().U8(1).Zeros(21).U8(1).U8(0xa0).U16(1).U16(2).U16(7).bytes();
  EXPECT_TRUE(IsConsistentHvcC(good));
  for (size_t n = 0; n < good.size(); ++n) {
    EXPECT_FALSE(IsConsistentHvcC(iso::Bytes(good).first(n))) << n;
  }
}

TEST(VideoConfig, VvcC) {
  const Bytes body = Raw({0, 0, 0, 0, 0xff, 0, 0x10, 0x1f, 1, 1 << 1 | 1, 51, 0x80});
  const auto config = ParseVvcC(body);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->record.size(), 8u);
  EXPECT_TRUE(config->has_profile);
  EXPECT_EQ(config->profile, 1);
  EXPECT_EQ(config->level, 51);
  EXPECT_TRUE(config->high_tier);
  EXPECT_FALSE(ParseVvcC(Raw({1, 0, 0, 0, 0xfe})));
  EXPECT_FALSE(ParseVvcC(Raw({0, 0, 0})));
  EXPECT_FALSE(ParseVvcC(Raw({0, 0, 0, 0, 0xff, 0}))) << "a profile is announced";
}

TEST(VideoConfig, Av1PresentationDelay) {
  EXPECT_FALSE(ParseAv1C(Raw({0x81, 0x20, 0x4c, 0x23}))->has_presentation_delay);
  const auto config = ParseAv1C(Raw({0x81, 0x20, 0x4c, 0x13}));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->profile, 1);
  EXPECT_TRUE(config->has_presentation_delay);
  EXPECT_EQ(config->presentation_delay, 4);
  EXPECT_FALSE(ParseAv1C(Raw({0x80, 0, 0, 0})));
  EXPECT_FALSE(ParseAv1C(Raw({0x81, 0, 0})));
}

TEST(VideoConfig, VpcC) {
  const Bytes body = Raw({1, 0, 0, 0, 2, 41, 0xa3, 9, 16, 9, 0, 0});
  const auto config = ParseVpcC(body);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->profile, 2);
  EXPECT_EQ(config->level, 41);
  EXPECT_EQ(config->bit_depth, 10);
  EXPECT_EQ(config->chroma, 1);
  EXPECT_TRUE(config->full_range);
  EXPECT_EQ(config->transfer, 16);
  EXPECT_FALSE(ParseVpcC(Raw({0, 0, 0, 0, 2, 41, 0xa3, 9, 16, 9, 0, 0}))) << "version 0";
  EXPECT_FALSE(ParseVpcC(iso::Bytes(body).first(9)));
}

TEST(AudioConfig, DOps) {
  const Bytes body = ByteWriter().U8(0).U8(2).U16(312).U32(44100).U16(0xff00).U8(0).bytes();
  const auto stereo = ParseDOps(body);
  ASSERT_TRUE(stereo);
  EXPECT_EQ(stereo->channels, 2);
  EXPECT_EQ(stereo->pre_skip, 312);
  EXPECT_EQ(stereo->input_rate, 44100u);
  EXPECT_EQ(stereo->gain, -256);
  EXPECT_EQ(stereo->coupled_streams, 1);
  const Bytes six =
      ByteWriter().U8(0).U8(6).U16(0).U32(0).U16(0).U8(1).U8(4).U8(2).Zeros(6).bytes();
  ASSERT_TRUE(ParseDOps(six));
  EXPECT_EQ(ParseDOps(six)->mapping.size(), 6u);
  EXPECT_FALSE(ParseDOps(iso::Bytes(six).first(six.size() - 1))) << "the mapping is short";
  EXPECT_FALSE(ParseDOps(ByteWriter().U8(0).U8(6).U16(0).U32(0).U16(0).U8(0).bytes()));
}

Bytes StreamInfo() {
  return ByteWriter().Zeros(10).U64(96000ull << 44 | 1ull << 41 | 15ull << 36).Zeros(16).bytes();
}

TEST(AudioConfig, DfLa) {
  const Bytes body =
      ByteWriter().U32(0).U8(0).U24(34).Add(StreamInfo()).U8(0x84).U24(2).U16(7).bytes();
  const auto config = ParseDfLa(body);
  ASSERT_TRUE(config);
  ASSERT_EQ(config->blocks.size(), 2u);
  EXPECT_EQ(config->blocks[0].size(), 38u);
  EXPECT_EQ(config->blocks[1].size(), 6u);
  EXPECT_EQ(config->sample_rate, 96000u);
  EXPECT_EQ(config->channels, 2);
  EXPECT_FALSE(ParseDfLa(ByteWriter().U32(0).U8(0x84).U24(2).U16(7).bytes())) << "no STREAMINFO";
  EXPECT_FALSE(ParseDfLa(ByteWriter().U32(0).U8(0x80).U24(0xffffff).bytes()));
}

TEST(AudioConfig, Alac) {
  ByteWriter body;
  body.U32(0).U32(4096).U8(0).U8(24).U24(0).U8(6).U16(255).U32(0).U32(0).U32(96000);
  const auto config = ParseAlac(body.bytes());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->bit_depth, 24);
  EXPECT_EQ(config->channels, 6);
  EXPECT_EQ(config->sample_rate, 96000u);
  EXPECT_FALSE(ParseAlac(Bytes(27)));
}

TEST(AudioConfig, Dmlp) {
  const auto stereo = ParseDmlp(ByteWriter().U32(0).bytes());
  ASSERT_TRUE(stereo);
  EXPECT_EQ(stereo->sample_rate, 48000u);
  EXPECT_EQ(stereo->channels, 2);
  const auto wide = ParseDmlp(ByteWriter().U32(0x90000000 | 0xf << 15 | 0x4f).bytes());
  EXPECT_EQ(wide->sample_rate, 88200u);
  EXPECT_EQ(wide->channels, 8);
  EXPECT_EQ(ParseDmlp(ByteWriter().U32(0xf << 15).bytes())->channels, 6);
  EXPECT_FALSE(ParseDmlp(Raw({0, 0, 0})));
}

TEST(AudioConfig, AmrRateIsThatOfTheHighestMode) {
  const auto damr = [](uint64_t modes) {
    return ByteWriter().Text("FFMP").U8(0).U16(modes).U8(0).U8(1).bytes();
  };
  EXPECT_EQ(MaximumAmrBitrate(damr(0x81ff), false), 12200u);
  EXPECT_EQ(MaximumAmrBitrate(damr(0x0020), false), 7950u);
  EXPECT_EQ(MaximumAmrBitrate(damr(0x0100), true), 23850u);
  EXPECT_EQ(MaximumAmrBitrate(damr(0), true), 0u);
  EXPECT_EQ(MaximumAmrBitrate(Raw({1, 2}), true), 0u);
}

TEST(AudioConfig, MhaC) {
  const Bytes body = Raw({1, 0x0c, 6, 0, 2, 0xaa, 0xbb});
  const auto config = ParseMhaC(body);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->profile_level, 0x0c);
  EXPECT_EQ(config->reference_layout, 6);
  EXPECT_EQ(Copy(config->config), Raw({0xaa, 0xbb}));
  EXPECT_FALSE(ParseMhaC(Raw({1, 0x0c, 6, 0, 3, 0xaa, 0xbb})));
}

TEST(AudioConfig, WaveHeader) {
  const Bytes body =
      Raw({0x61, 1, 2, 0, 0x44, 0xac, 0, 0, 0x80, 0x3e, 0, 0, 0xe7, 2, 16, 0, 2, 0, 5, 6});
  const auto wave = ParseWaveFormat(body);
  ASSERT_TRUE(wave);
  EXPECT_EQ(wave->tag, 0x161);
  EXPECT_EQ(wave->channels, 2);
  EXPECT_EQ(wave->sample_rate, 44100u);
  EXPECT_EQ(wave->bytes_per_second, 16000u);
  EXPECT_EQ(wave->block_align, 743);
  EXPECT_EQ(wave->bits_per_sample, 16);
  EXPECT_EQ(Copy(wave->extra), Raw({5, 6}));
  EXPECT_FALSE(ParseWaveFormat(iso::Bytes(body).first(13)));
}

TEST(PictureInfo, PixelAspect) {
  const auto aspect = [](uint32_t h, uint32_t v) {
    return PixelAspectOf(Entry(Visual("avc1", Box("pasp", ByteWriter().U32(h).U32(v).bytes()))));
  };
  ASSERT_TRUE(aspect(4, 3));
  EXPECT_EQ(aspect(4, 3)->horizontal, 4u);
  EXPECT_EQ(aspect(4, 3)->vertical, 3u);
  EXPECT_FALSE(aspect(0, 3));
  EXPECT_FALSE(aspect(4, 0));
  EXPECT_FALSE(PixelAspectOf(Entry(Visual("avc1", Box("pasp", Bytes(7, 1))))));
}

TEST(PictureInfo, ColorCodes) {
  const Bytes icc = Box("colr", Text("prof1234567890"));
  const Bytes nclx = Box("colr", ByteWriter().Text("nclx").U16(9).U16(16).U16(9).U8(0x80).bytes());
  const auto codes = ColorCodesOf(Entry(Visual("avc1", Join({icc, nclx}))));
  ASSERT_TRUE(codes);
  EXPECT_EQ(codes->primaries, 9);
  EXPECT_EQ(codes->transfer, 16);
  EXPECT_EQ(codes->matrix, 9);
  EXPECT_TRUE(codes->full_range);
  const Bytes no_range = Box("colr", ByteWriter().Text("nclx").U16(1).U16(1).U16(1).bytes());
  EXPECT_FALSE(ColorCodesOf(Entry(Visual("avc1", no_range)))->full_range);
  EXPECT_FALSE(ColorCodesOf(Entry(Visual("avc1", icc))));
}

TEST(PictureInfo, Fields) {
  const auto fields = [](int count, int detail) {
    return *FieldInfoOf(Entry(Visual("avc1", Box("fiel", Raw({count, detail})))));
  };
  EXPECT_FALSE(fields(1, 0).interlaced);
  EXPECT_TRUE(fields(2, 9).top_first);
  EXPECT_TRUE(fields(2, 14).bottom_first);
  EXPECT_FALSE(fields(2, 1).top_first);
  EXPECT_FALSE(fields(2, 6).bottom_first);
  EXPECT_FALSE(FieldInfoOf(Entry(Visual("avc1", Box("fiel", Raw({3, 1}))))));
}

TEST(PictureInfo, BrightnessOfBothForms) {
  ByteWriter mdcv;
  for (const int v : {1, 2, 3, 4, 5, 6, 7, 8}) {
    mdcv.U16(static_cast<uint64_t>(v));
  }
  const Bytes boxes = Join({Box("mdcv", mdcv.U32(100).U32(5).bytes()),
                            Box("clli", ByteWriter().U16(1000).U16(400).bytes())});
  const auto display = MasteringDisplayOf(Entry(Visual("avc1", boxes)));
  ASSERT_TRUE(display);
  EXPECT_EQ(display->green.x, 1);
  EXPECT_EQ(display->red.x, 5);
  EXPECT_EQ(display->white.y, 8);
  EXPECT_EQ(display->max_luminance, 100u);
  EXPECT_EQ(LightLevelOf(Entry(Visual("avc1", boxes)))->max_content, 1000);

  ByteWriter smdm;
  for (int i = 0; i < 8; ++i) {
    smdm.U16(0x8000);
  }
  const Bytes vp9 = Join({FullBox("SmDm", 0, 0, smdm.U32(1000 << 8).U32(1 << 14).bytes()),
                          FullBox("CoLL", 0, 0, ByteWriter().U16(9).U16(8).bytes())});
  const auto scaled = MasteringDisplayOf(Entry(Visual("vp09", vp9)));
  ASSERT_TRUE(scaled);
  EXPECT_EQ(scaled->red.x, 25000);
  EXPECT_EQ(scaled->max_luminance, 10'000'000u);
  EXPECT_EQ(scaled->min_luminance, 10'000u);
  EXPECT_EQ(LightLevelOf(Entry(Visual("vp09", vp9)))->max_frame_average, 8);
  EXPECT_FALSE(MasteringDisplayOf(Entry(Visual("avc1", Box("mdcv", Bytes(23))))));
}

TEST(ColorTable, DefaultsByDepth) {
  const auto table = [](uint32_t depth) {
    return ColorTableOf(Entry(Visual("rle ", {}, {8, 8, depth, 0, 0xffff})));
  };
  EXPECT_EQ(table(1), (std::vector<uint32_t>{0xffffff, 0}));
  EXPECT_EQ(table(4).size(), 16u);
  ASSERT_EQ(table(8).size(), 256u);
  EXPECT_EQ(table(8)[1], 0xffffccu);
  EXPECT_EQ(table(8)[215], 0xee0000u);
  EXPECT_EQ(table(8)[255], 0u);
  EXPECT_EQ(table(34), (std::vector<uint32_t>{0xffffff, 0xaaaaaa, 0x555555, 0}));
  EXPECT_EQ(table(40)[255], 0u);
  EXPECT_TRUE(table(24).empty());
}

TEST(ColorTable, StoredColorsWin) {
  ByteWriter colors;
  colors.U32(0).U16(0x8000).U16(1).U16(0).U16(0x1234).U16(0x5678).U16(0x9abc);
  colors.U16(1).U16(0xff00).U16(0).U16(0);
  const auto embedded = ColorTableOf(Entry(Visual("rle ", colors.bytes(), {8, 8, 1, 0, 0})));
  EXPECT_EQ(embedded, (std::vector<uint32_t>{0x12569a, 0xff0000}));
  const Bytes ctab = Box("ctab", colors.bytes());
  EXPECT_EQ(ColorTableOf(Entry(Visual("rle ", ctab, {8, 8, 1, 0, 0xffff}))), embedded);
}

Bytes UncC(std::initializer_list<int> components, int sampling, int interleave, int row_align = 0) {
  ByteWriter w;
  w.U32(0).U32(components.size());
  for (const int component : components) {
    w.U16(static_cast<uint64_t>(component)).U8(7).U8(0).U8(0);
  }
  w.U8(static_cast<uint64_t>(sampling)).U8(static_cast<uint64_t>(interleave)).U8(0).U8(0);
  w.U32(0).U32(static_cast<uint64_t>(row_align)).U32(0).U32(0).U32(0);
  return FullBox("uncC", 0, 0, w.bytes());
}

Bytes Cmpd(std::initializer_list<int> types) {
  ByteWriter w;
  w.U32(types.size());
  for (const int type : types) {
    w.U16(static_cast<uint64_t>(type));
  }
  return Box("cmpd", w.bytes());
}

std::string UncompressedName(const Bytes& boxes) {
  return UncompressedFormatOf(Entry(Visual("uncv", boxes))).name;
}

TEST(Uncompressed, KnownFormats) {
  EXPECT_EQ(UncompressedName(Join({Cmpd({4, 5, 6}), UncC({0, 1, 2}, 0, 1)})), "RGB");
  EXPECT_EQ(UncompressedName(Join({Cmpd({4, 5, 6}), UncC({2, 1, 0}, 0, 1)})), "BGR");
  EXPECT_EQ(UncompressedName(Join({Cmpd({1, 2, 3}), UncC({0, 1, 2}, 2, 0)})), "I420");
  EXPECT_EQ(UncompressedName(Join({Cmpd({1, 2, 3}), UncC({0, 1, 2}, 2, 2)})), "NV12");
  EXPECT_EQ(UncompressedName(Join({Cmpd({0}), UncC({0}, 0, 0)})), "GRAY8");
  EXPECT_EQ(UncompressedName(Join({Cmpd({4, 5, 6}), UncC({0, 1, 2}, 3, 1)})), "");
  EXPECT_EQ(UncompressedName(FullBox("uncC", 1, 0, Text("rgba"))), "RGBA");
  EXPECT_EQ(UncompressedName({}), "");
}

TEST(Uncompressed, IndexesAndCountsAreChecked) {
  EXPECT_EQ(UncompressedName(Join({Cmpd({4, 5}), UncC({0, 1, 2}, 0, 1)})), "");
  Bytes many = UncC({0}, 0, 0);
  many[16] = 0xff;
  EXPECT_EQ(UncompressedName(Join({Cmpd({0}), many})), "");
}

TEST(Uncompressed, BayerAndRowAlignment) {
  ByteWriter cpat;
  cpat.U16(2).U16(2);
  for (const int index : {1, 2, 2, 3}) {
    cpat.U32(static_cast<uint64_t>(index)).U32(0);
  }
  const Bytes boxes =
      Join({Cmpd({11, 4, 5, 6}), UncC({0}, 0, 0, 64), FullBox("cpat", 0, 0, cpat.bytes())});
  const auto format = UncompressedFormatOf(Entry(Visual("uncv", boxes)));
  EXPECT_STREQ(format.bayer, "rggb");
  EXPECT_EQ(format.bits, 8);
  EXPECT_EQ(format.row_align, 64u);
}

TEST(Jpeg2000, Header) {
  ByteWriter cdef;
  cdef.U16(3);
  for (const int v : {0, 0, 1, 1, 1, 3, 2, 2, 0}) {
    cdef.U16(static_cast<uint64_t>(v));
  }
  const Bytes jp2h = Box("jp2h",
                         Join({Box("ihdr", ByteWriter().U32(1).U32(2).U16(3).U32(0).bytes()),
                               Box("colr", ByteWriter().U8(1).U16(0).U32(18).bytes()),
                               Box("cmap", ByteWriter().U16(2).U8(1).U8(3).bytes()),
                               Box("cdef", cdef.bytes())}));
  const auto header = ParseJpeg2000(Entry(Visual("mjp2", jp2h)));
  EXPECT_EQ(header.components, 3);
  EXPECT_EQ(header.color_space, 18u);
  EXPECT_EQ(header.mapping, std::vector<uint32_t>{1u << 24 | 3u << 16 | 2u});
  EXPECT_EQ(header.definitions, (std::vector<int>{1, 0, -2}));
}

TEST(Protection, SchemesAndKinds) {
  const auto entry = Entry(Visual("encv", SinfBox("avc1", "cbcs")));
  EXPECT_EQ(ProtectionOf(entry), Protection::kCommonEncryption);
  EXPECT_EQ(SchemeOf(entry), FourCC("cbcs"));
  EXPECT_EQ(ProtectionOf(Entry(Visual("avc1"))), Protection::kNone);
  EXPECT_EQ(ProtectionOf(Entry(Audio("drms"), MediaKind::kAudio)), Protection::kUnknown);
  EXPECT_EQ(SchemeOf(Entry(Visual("encv"))), FourCC());
}

TEST(Protection, GenericCompression) {
  const auto resv = [](int unit_type) {
    const Bytes cmpc = FullBox("cmpC", 0, 0, Join({Text("zlib"), Raw({unit_type})}));
    const Bytes schm = FullBox("schm", 0, 0, ByteWriter().Text("gcmp").U32(1).bytes());
    return Entry(
        Visual("resv", Box("rinf", Join({Box("frma", Text("uncv")), schm, Box("schi", cmpc)}))));
  };
  EXPECT_EQ(GenericCompressionOf(resv(0)), FourCC("zlib"));
  EXPECT_EQ(GenericCompressionOf(resv(1)), FourCC());
}

}  // namespace
}  // namespace iso::test
