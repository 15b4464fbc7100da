// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Caps and tags of constructed sample entries.

#include "element/caps.h"

#include <string>

#include <gtest/gtest.h>

#include "../support/entry_builder.h"
#include "caps_golden.h"
#include "core/codec/codec_table.h"

namespace iso::test {
namespace {

using gst::DescribeStream;
using gst::PadFamily;
using gst::Ref;
using gst::StreamFormat;
using gst::TrackFacts;

constexpr char kVideoFields[] = ", width=320, height=240, framerate=25/1, pixel-aspect-ratio=1/1";
constexpr char kRateOnly[] = ", rate=44100";
constexpr char kAudioFields[] = ", rate=44100, channels=2";

TrackFacts Facts() {
  TrackFacts facts;
  facts.timescale = 600;
  facts.display_width = 320;
  facts.display_height = 240;
  facts.frame_duration_ns = 40 * GST_MSECOND;
  facts.video_frame_duration_ns = 33'333'333;
  return facts;
}

SampleDescription Entry(const Bytes& box, MediaKind kind) {
  auto entries = ParseSampleDescriptions(StsdBody({box}), kind, 0, Limits(), nullptr);
  return entries.ok() ? entries->front() : SampleDescription();
}

StreamFormat Describe(const Bytes& box, MediaKind kind, const TrackFacts& facts = Facts()) {
  return DescribeStream(Entry(box, kind), facts);
}

StreamFormat DescribeVideo(const Bytes& box, const TrackFacts& facts = Facts()) {
  return Describe(box, MediaKind::kVideo, facts);
}

StreamFormat DescribeAudio(const Bytes& box) {
  return Describe(box, MediaKind::kAudio);
}

void ExpectCaps(const StreamFormat& format, const std::string& expected, const char* what = "") {
  const auto caps = Ref<GstCaps>::Adopt(gst_caps_from_string(expected.c_str()));
  ASSERT_TRUE(caps) << expected;
  const gst::GCharPtr actual(gst_caps_to_string(format.caps.get()));
  EXPECT_TRUE(gst_caps_is_strictly_equal(caps.get(), format.caps.get()))
      << what << "\n  is       " << actual.get() << "\n  expected " << expected;
}

void ExpectVideo(const Bytes& box, const std::string& expected) {
  ExpectCaps(DescribeVideo(box), expected + kVideoFields);
}

std::string Tag(const StreamFormat& format, const char* name) {
  char* text = nullptr;
  if (!gst_tag_list_get_string(format.tags.get(), name, &text)) return "";
  return gst::GCharPtr(text).get();
}

guint Rate(const StreamFormat& format, const char* name) {
  guint rate = 0;
  gst_tag_list_get_uint(format.tags.get(), name, &rate);
  return rate;
}

using MakeEntry = Bytes (*)(std::string_view);

Bytes VisualOf(std::string_view code) {
  return Visual(code);
}

Bytes AudioOf(std::string_view code) {
  return Audio(code);
}

Bytes PlainOf(std::string_view code) {
  return Plain(code, Bytes(64));
}

template <size_t N>
void ExpectGolden(const Golden (&rows)[N],
                  MediaKind kind,
                  MakeEntry make,
                  const char* fields,
                  const char* codec_tag) {
  for (const Golden& row : rows) {
    for (size_t i = 0; i < row.codes.size(); i += 4) {
      const std::string_view code = row.codes.substr(i, 4);
      const StreamFormat format = Describe(make(code), kind);
      ASSERT_TRUE(format.caps) << code;
      ExpectCaps(format, std::string(row.caps) + fields, std::string(code).c_str());
      const std::string codec = Tag(format, codec_tag);
      EXPECT_TRUE(row.codec ? codec == row.codec : !codec.empty()) << code << ": " << codec;
    }
  }
}

TEST(Caps, GoldenVideo) {
  ExpectGolden(kGoldenVideo, MediaKind::kVideo, VisualOf, kVideoFields, GST_TAG_VIDEO_CODEC);
}

TEST(Caps, GoldenAudio) {
  ExpectGolden(kGoldenAudio, MediaKind::kAudio, AudioOf, kAudioFields, GST_TAG_AUDIO_CODEC);
  ExpectGolden(
      kGoldenAudioWithoutChannels, MediaKind::kAudio, AudioOf, kRateOnly, GST_TAG_AUDIO_CODEC);
}

TEST(Caps, GoldenTextAndMetadata) {
  ExpectGolden(kGoldenText, MediaKind::kText, PlainOf, "", GST_TAG_SUBTITLE_CODEC);
  ExpectGolden(kGoldenMetadata, MediaKind::kMetadata, PlainOf, "", GST_TAG_CODEC);
}

TEST(Caps, AmrHasOneRate) {
  ExpectCaps(DescribeAudio(Audio("samr")), "audio/AMR, rate=8000, channels=1");
  ExpectCaps(DescribeAudio(Audio("sawb")), "audio/AMR-WB, rate=16000, channels=1");
  const auto format =
      DescribeAudio(Audio("samr", Box("damr", Raw({1, 2, 3, 4, 0, 0x81, 0xff, 0, 1}))));
  ExpectCaps(format,
             "audio/AMR, codec_data=(buffer)0000001164616d72010203040081ff0001, rate=8000, "
             "channels=1");
  EXPECT_EQ(Rate(format, GST_TAG_MAXIMUM_BITRATE), 12200u);
}

TEST(Caps, FamiliesAndFlags) {
  EXPECT_EQ(DescribeVideo(Visual("avc1")).family, PadFamily::kVideo);
  EXPECT_EQ(DescribeAudio(Audio("mp4a")).family, PadFamily::kAudio);
  const auto text = Describe(Plain("tx3g", Bytes(30)), MediaKind::kText);
  EXPECT_EQ(text.family, PadFamily::kSubtitle);
  EXPECT_TRUE(text.sparse);
  const auto meta = Describe(Plain("mett"), MediaKind::kMetadata);
  EXPECT_EQ(meta.family, PadFamily::kMeta);
  EXPECT_TRUE(meta.sparse);
  const auto pcm = DescribeAudio(Audio("sowt"));
  EXPECT_TRUE(pcm.raw);
  EXPECT_EQ(pcm.raw_frame_bytes, 4u);
  EXPECT_FALSE(DescribeAudio(Audio("mp4a")).raw);
  EXPECT_STREQ(gst::PadTemplateName(PadFamily::kSubtitle), "subtitle_%u");
}

TEST(Caps, HiddenTracksHaveNone) {
  EXPECT_FALSE(Describe(Plain("fdsc"), MediaKind::kMetadata).caps);
}

const Bytes kAvcC = Raw({1, 0x64, 0, 0x1f, 0xff, 0xe0, 0});

TEST(Caps, H264WithConfig) {
  constexpr char kRest[] =
      "alignment=au, level=(string)3.1, profile=high, codec_data=(buffer)0164001fffe000";
  for (const char* code : {"avc1", "H264", "dva1"}) {
    ExpectVideo(Visual(code, Box("avcC", kAvcC)),
                std::string("video/x-h264, stream-format=avc, ") + kRest);
  }
  ExpectVideo(Visual("dvav", Box("avcC", kAvcC)),
              std::string("video/x-h264, stream-format=avc3, ") + kRest);
  ExpectVideo(Visual("H264", Box("strf", Join({Bytes(40), kAvcC}))),
              std::string("video/x-h264, stream-format=avc, ") + kRest);
}

TEST(Caps, DamagedConfigIsLeftOut) {
  ExpectVideo(Visual("avc1", Box("avcC", Raw({1, 0x64, 0, 0x1f, 0xff, 0xe1, 0}))),
              "video/x-h264, stream-format=avc, alignment=au");
  ExpectVideo(Visual("hvc1", Box("hvcC", Bytes(22))),
              "video/x-h265, stream-format=hvc1, alignment=au");
  ExpectVideo(Visual("av01", Box("av1C", Raw({0x81, 0}))),
              "video/x-av1, stream-format=obu-stream, alignment=tu");
}

TEST(Caps, H266WithConfig) {
  const Bytes record = Raw({0xff, 0, 0x10, 0x1f, 1, 1 << 1, 51, 0x80});
  ExpectVideo(Visual("vvc1", FullBox("vvcC", 0, 0, record)),
              "video/x-h266, stream-format=vvc1, alignment=au, level=(string)3.1, tier=main, "
              "profile=main-10, codec_data=(buffer)ff00101f01023380");
}

TEST(Caps, Av1PresentationDelay) {
  ExpectVideo(Visual("av01", Box("av1C", Raw({0x81, 0, 0x4c, 0x12}))),
              "video/x-av1, stream-format=obu-stream, alignment=tu, codec_data=(buffer)81004c12, "
              "presentation-delay=3");
}

TEST(Caps, Vp9WithConfig) {
  const Bytes vpcc = FullBox("vpcC", 1, 0, Raw({0, 41, 0x80, 1, 1, 1, 0, 0}));
  ExpectVideo(Visual("vp09", vpcc),
              "video/x-vp9, profile=(string)0, level=(string)4.1, bit-depth-luma=(uint)8, "
              "bit-depth-chroma=(uint)8, chroma-format=4:2:0, chroma-site=v-cosited, "
              "colorimetry=bt709");
}

TEST(Caps, Sorenson3HasItsDescription) {
  const Bytes boxes =
      Join({Box("SMI ", Box("SEQH", Text("12345678"))), Box("gama", Raw({0, 2, 0, 0}))});
  const auto format = DescribeVideo(Visual("SVQ3", boxes));
  const GstStructure* caps = gst_caps_get_structure(format.caps.get(), 0);
  const gst::GCharPtr seqh(gst_value_serialize(gst_structure_get_value(caps, "seqh")));
  EXPECT_STREQ(seqh.get(), "3132333435363738");
  double gamma = 0;
  EXPECT_TRUE(gst_structure_get_double(caps, "applied-gamma", &gamma));
  EXPECT_EQ(gamma, 2.0);
  GstBuffer* config = gst_value_get_buffer(gst_structure_get_value(caps, "codec_data"));
  const gst::MapGuard map(config);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(map.span().data()) + 4, 4), "stsd");
}

TEST(Caps, FramerateAndShape) {
  TrackFacts facts = Facts();
  facts.frame_duration_ns = 0;
  ExpectCaps(DescribeVideo(Visual("drac"), facts),
             "video/x-dirac, width=320, height=240, pixel-aspect-ratio=1/1");
  facts.still = true;
  ExpectCaps(DescribeVideo(Visual("drac"), facts),
             "video/x-dirac, width=320, height=240, framerate=0/1, pixel-aspect-ratio=1/1");
  facts = Facts();
  facts.frame_duration_ns = 33'366'700;
  facts.display_width = 640;
  ExpectCaps(DescribeVideo(Visual("drac"), facts),
             "video/x-dirac, width=320, height=240, framerate=30000/1001, "
             "pixel-aspect-ratio=2/1");
  const Bytes pasp = Box("pasp", ByteWriter().U32(40).U32(33).bytes());
  ExpectCaps(DescribeVideo(Visual("drac", pasp), facts),
             "video/x-dirac, width=320, height=240, framerate=30000/1001, "
             "pixel-aspect-ratio=40/33");
  ExpectCaps(DescribeVideo(Visual("drac", {}, {0, 240})), "video/x-dirac, framerate=25/1");
}

TEST(Caps, AverageFrameDuration) {
  EXPECT_EQ(gst::AverageFrameDuration(240, 24, 10, 600), 40 * GST_MSECOND);
  EXPECT_EQ(gst::AverageFrameDuration(217, 1, 10, 600), 40 * GST_MSECOND) << "a short first one";
  EXPECT_EQ(gst::AverageFrameDuration(240, 24, 1, 600), 0u);
  EXPECT_EQ(gst::AverageFrameDuration(240, 24, 10, 0), 0u);
}

TEST(Caps, ColorsFieldsAndBrightness) {
  const Bytes colr = Box("colr", ByteWriter().Text("nclx").U16(9).U16(16).U16(9).U8(0).bytes());
  const Bytes fiel = Box("fiel", Raw({2, 9}));
  const Bytes clli = Box("clli", ByteWriter().U16(1000).U16(400).bytes());
  ExpectVideo(Visual("drac", Join({colr, fiel, clli})),
              "video/x-dirac, interlace-mode=interleaved, field-order=top-field-first, "
              "colorimetry=bt2100-pq, content-light-level=(string)1000:400");
  const Bytes unspecified =
      Box("colr", ByteWriter().Text("nclx").U16(2).U16(2).U16(2).U8(0).bytes());
  ExpectVideo(Visual("drac", unspecified), "video/x-dirac");
  // The codes that qtdemux reads no boxes of.
  ExpectCaps(
      DescribeVideo(Visual("2vuy", Join({colr, Box("pasp", ByteWriter().U32(4).U32(3).bytes())}))),
      "video/x-raw, format=UYVY, width=320, height=240, interlace-mode=progressive, "
      "chroma-site=jpeg, pixel-aspect-ratio=4/3, framerate=25/1, colorimetry=bt2100-pq");
}

TEST(Caps, EveryEntryHasItsOwnColors) {
  const Bytes colr = Box("colr", ByteWriter().Text("nclc").U16(1).U16(1).U16(1).bytes());
  const Bytes stsd = StsdBody({Visual("drac"), Visual("drac", colr)});
  const auto entries = ParseSampleDescriptions(stsd, MediaKind::kVideo, 0, Limits(), nullptr);
  ASSERT_TRUE(entries.ok());
  ExpectCaps(DescribeStream((*entries)[0], Facts()), std::string("video/x-dirac") + kVideoFields);
  ExpectCaps(DescribeStream((*entries)[1], Facts()),
             std::string("video/x-dirac, colorimetry=bt709") + kVideoFields);
}

TEST(Caps, PaletteOfCompressedPictures) {
  ExpectVideo(Visual("rle ", {}, {320, 240, 1}),
              "video/x-rle, layout=quicktime, depth=1, palette_data=(buffer)ffffff0000000000");
}

TEST(Caps, StereoVideo) {
  TrackFacts facts = Facts();
  const Bytes svmi = Raw({0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0});
  facts.stereo_video = svmi;
  const auto format = DescribeVideo(Visual("drac"), facts);
  const GstStructure* caps = gst_caps_get_structure(format.caps.get(), 0);
  EXPECT_STREQ(gst_structure_get_string(caps, "multiview-mode"), "side-by-side");
}

TEST(Caps, RawVideoByDepth) {
  const auto format_of = [](uint32_t depth) -> std::string {
    const auto format = DescribeVideo(Visual("raw ", {}, {16, 16, depth}));
    const char* name =
        gst_structure_get_string(gst_caps_get_structure(format.caps.get(), 0), "format");
    return name ? name : "";
  };
  EXPECT_EQ(format_of(8), "RGB8P");
  EXPECT_EQ(format_of(16), "RGB15");
  EXPECT_EQ(format_of(24), "RGB");
  EXPECT_EQ(format_of(32), "ARGB");
  EXPECT_EQ(format_of(7), "");
  EXPECT_TRUE(DescribeVideo(Visual("2vuy")).transform);
  // A size that no memory holds, and none at all.
  EXPECT_FALSE(DescribeVideo(Visual("raw ", {}, {65535, 65535, 32})).transform);
  EXPECT_FALSE(DescribeVideo(Visual("raw ", {}, {0, 0, 32})).transform);
}

TEST(Caps, EsdsSaysWhatItIs) {
  ExpectCaps(DescribeAudio(Audio("mp4a", EsdsBox(0x40, 5, Raw({0x11, 0xb0})))),
             "audio/mpeg, mpegversion=4, framed=true, stream-format=raw, level=(string)4, "
             "base-profile=lc, profile=lc, codec_data=(buffer)11b0, rate=48000, channels=6");
  ExpectCaps(DescribeAudio(Audio("mp4a", EsdsBox(0x6b, 5, {}))),
             "audio/mpeg, mpegversion=1, rate=44100, channels=2");
  const auto ac3 = DescribeAudio(Audio("mp4a", EsdsBox(0xa5, 5, {})));
  ExpectCaps(ac3, "audio/x-ac3, framed=true, rate=44100, channels=2");
  EXPECT_EQ(Tag(ac3, GST_TAG_AUDIO_CODEC), "AC-3 audio");
  EXPECT_EQ(Rate(ac3, GST_TAG_MAXIMUM_BITRATE), 128000u);
  EXPECT_EQ(Rate(ac3, GST_TAG_BITRATE), 96000u);

  const auto mpeg2 = DescribeVideo(Visual("mp4v", EsdsBox(0x61, 4, {})));
  ExpectCaps(mpeg2, std::string(kMpeg2) + kVideoFields);
  EXPECT_EQ(Tag(mpeg2, GST_TAG_VIDEO_CODEC), "MPEG-2 video");
  EXPECT_EQ(Tag(mpeg2, GST_TAG_AUDIO_CODEC), "");
  ExpectVideo(
      Visual("mp4v", EsdsBox(0x20, 4, Raw({0, 0, 1, 0xb0, 0xf5, 0, 0, 1}))),
      std::string(kMpeg4) +
          ", profile=advanced-simple, level=(string)5, codec_data=(buffer)000001b0f5000001");
}

TEST(Caps, VorbisInMp4) {
  const Bytes config = Join({Raw({2, 1, 2}), Text("abbccc")});
  const auto format = DescribeAudio(Audio("mp4a", EsdsBox(0xdd, 5, config)));
  ExpectCaps(format,
             "audio/x-vorbis, streamheader=(buffer)< 61, 6262, 636363 >, rate=44100, channels=2");
  EXPECT_EQ(format.headers.size(), 3u);
  ExpectCaps(DescribeAudio(Audio("mp4a", EsdsBox(0xdd, 5, Raw({2, 255})))),
             "audio/x-vorbis, rate=44100, channels=2");
}

TEST(Caps, AudioConfigs) {
  ByteWriter cookie;
  cookie.U32(0).U32(4096).U8(0).U8(24).U24(0).U8(6).U16(255).U32(0).U32(0).U32(96000);
  ExpectCaps(DescribeAudio(Audio("alac", Box("alac", cookie.bytes()))),
             "audio/x-alac, codec_data=(buffer)"
             "00000024616c616300000000000010000018000000060"
             "0ff000000000000000000017700, samplesize=24, rate=96000, channels=6");
  const Bytes dops = Box("dOps", ByteWriter().U8(0).U8(2).U16(312).U32(48000).U16(0).U8(0).bytes());
  ExpectCaps(DescribeAudio(Audio("Opus", dops)),
             "audio/x-opus, rate=48000, channels=2, channel-mapping-family=0, stream-count=1, "
             "coupled-count=1");
  const Bytes mhac = Box("mhaC", Raw({1, 0x0d, 19, 0, 1, 0xaa}));
  ExpectCaps(DescribeAudio(Audio("mha1", mhac)),
             "audio/x-mpeg-h, stream-type=single, framed=true, stream-format=raw, "
             "profile=low-complexity, level=3, reference-channel-layout=19, "
             "codec_data=(buffer)aa, rate=44100, channels=2");
  const Bytes wfex =
      Box("wfex", Raw({0x61, 1, 2, 0, 0x44, 0xac, 0, 0, 0xd0, 7, 0, 0, 0xe7, 2, 16, 0, 1, 0, 7}));
  ExpectCaps(DescribeAudio(Audio("wma ", wfex)),
             "audio/x-wma, wmaversion=2, block_align=743, bitrate=16000, width=16, depth=16, "
             "codec_data=(buffer)07, rate=44100, channels=2");
}

TEST(Caps, FlacHasItsStreamHeader) {
  const Bytes info =
      ByteWriter().Zeros(10).U64(96000ull << 44 | 1ull << 41 | 15ull << 36).Zeros(16).bytes();
  const Bytes dfla = FullBox("dfLa", 0, 0, ByteWriter().U8(0x80).U24(34).Add(info).bytes());
  const auto format = DescribeAudio(Audio("fLaC", dfla));
  const GstStructure* caps = gst_caps_get_structure(format.caps.get(), 0);
  const GValue* header = gst_structure_get_value(caps, "streamheader");
  ASSERT_TRUE(header);
  ASSERT_EQ(gst_value_array_get_size(header), 2u);
  const gst::GCharPtr marker(gst_value_serialize(gst_value_array_get_value(header, 0)));
  EXPECT_STREQ(marker.get(), "664c6143");
  int rate = 0;
  EXPECT_TRUE(gst_structure_get_int(caps, "rate", &rate));
  EXPECT_EQ(rate, 96000);
}

TEST(Caps, PcmChannelMasks) {
  const auto mask = [](const Bytes& boxes, uint32_t channels) -> int64_t {
    const auto format = DescribeAudio(Audio("sowt", boxes, {channels, 16, 48000}));
    guint64 bits = 0;
    const GstStructure* caps = gst_caps_get_structure(format.caps.get(), 0);
    if (!gst_structure_get(caps, "channel-mask", GST_TYPE_BITMASK, &bits, nullptr)) return -1;
    return static_cast<int64_t>(bits);
  };
  EXPECT_EQ(mask({}, 1), -1);
  EXPECT_EQ(mask({}, 6), 0x3f);
  EXPECT_EQ(mask({}, 9), 0);
  EXPECT_EQ(mask({}, 100), 0);
  const Bytes quad = FullBox("chan", 0, 0, ByteWriter().U32(108 << 16 | 4).U32(0).U32(0).bytes());
  EXPECT_EQ(mask(quad, 4), 0x33);
}

TEST(Caps, RiffCodes) {
  const Bytes wave =
      Box("wave",
          Box(std::string_view("ms\0\x02", 4),
              Raw({2, 0, 2, 0, 0x44, 0xac, 0, 0, 0, 0xad, 0, 0, 0, 8, 4, 0, 1, 0, 7})));
  ExpectCaps(DescribeAudio(AudioV1(std::string_view("ms\0\x02", 4), {}, wave)),
             "audio/x-adpcm, layout=microsoft, block_align=2048, rate=44100, channels=2, "
             "codec_data=(buffer)07");
}

TEST(Caps, EncryptedEntries) {
  const auto video =
      DescribeVideo(Visual("encv", Join({Box("avcC", kAvcC), SinfBox("avc1", "cbcs")})));
  ExpectCaps(video,
             std::string("application/x-cenc, stream-format=avc, alignment=au, level=(string)3.1, "
                         "profile=high, codec_data=(buffer)0164001fffe000, "
                         "original-media-type=video/x-h264, cipher-mode=cbcs") +
                 kVideoFields);
  EXPECT_TRUE(video.encrypted);
  EXPECT_EQ(Tag(video, GST_TAG_VIDEO_CODEC), "H.264 / AVC");
  const auto text = Describe(Plain("enct", SinfBox("wvtt", "piff")), MediaKind::kText);
  ExpectCaps(text,
             "application/x-cenc, original-media-type=application/x-subtitle-vtt, "
             "cipher-mode=cenc");
  EXPECT_FALSE(text.transform);
  EXPECT_TRUE(DescribeAudio(Audio("drms")).unreadable);
}

TEST(Caps, GenericallyCompressedVideo) {
  const Bytes cmpc = FullBox("cmpC", 0, 0, Join({Text("zlib"), Raw({0})}));
  const Bytes schm = FullBox("schm", 0, 0, ByteWriter().Text("gcmp").U32(1).bytes());
  const Bytes rinf = Box("rinf", Join({Box("frma", Text("uncv")), schm, Box("schi", cmpc)}));
  const auto format =
      DescribeVideo(Visual("resv", Join({FullBox("uncC", 1, 0, Text("rgb3")), rinf})));
  const GstStructure* caps = gst_caps_get_structure(format.caps.get(), 0);
  EXPECT_TRUE(gst_structure_has_name(caps, "application/x-zlib-compressed"));
  EXPECT_TRUE(gst_structure_has_field_typed(caps, "original-caps", GST_TYPE_CAPS));
}

TEST(Caps, OnvifMetadata) {
  const std::string strings("\0http://www.onvif.org/ver10/schema\0\0", 36);
  const auto format = Describe(Plain("metx", Text(strings)), MediaKind::kMetadata);
  ExpectCaps(format, "application/x-onvif-metadata, parsed=true");
  EXPECT_EQ(Tag(format, GST_TAG_CODEC), "ONVIF Timed XML MetaData");
}

TEST(Caps, TextHeaders) {
  const auto dvd = Describe(Plain("mp4s", EsdsBox(0xe0, 14, Bytes(64, 1))), MediaKind::kText);
  ASSERT_TRUE(dvd.header_event);
  const GstStructure* colors = gst_event_get_structure(dvd.header_event.get());
  EXPECT_TRUE(gst_structure_has_name(colors, "application/x-gst-dvd"));
  int color = 0;
  EXPECT_TRUE(gst_structure_get_int(colors, "clut15", &color));
  EXPECT_EQ(color, 0x01010101);

  const auto header = [](const Bytes& boxes) {
    const auto format = Describe(Plain("wvtt", boxes), MediaKind::kText);
    const gst::MapGuard map(format.headers.at(0).get());
    return std::string(reinterpret_cast<const char*>(map.span().data()), map.span().size());
  };
  EXPECT_EQ(header({}), "WEBVTT\n\n");
  EXPECT_EQ(header(Box("vttC", Text("WEBVTT\nSTYLE x\n"))), "WEBVTT\nSTYLE x\n\n");
}

TEST(Caps, TagsOfBtrt) {
  const Bytes btrt = Box("btrt", ByteWriter().U32(1).U32(100).U32(200).bytes());
  const auto format = DescribeVideo(Visual("avc1", btrt));
  EXPECT_EQ(Rate(format, GST_TAG_MAXIMUM_BITRATE), 200u);
  EXPECT_EQ(Rate(format, GST_TAG_BITRATE), 100u);
}

TEST(Caps, EveryDamagedByteGivesSomeCaps) {
  const Bytes boxes =
      Join({Box("avcC", kAvcC), SinfBox("avc1", "cenc"), EsdsBox(0x20, 4, Raw({0, 0, 1, 0xb0}))});
  const Bytes whole = Visual("encv", boxes);
  for (size_t i = 8; i < whole.size(); ++i) {
    Bytes damaged = whole;
    damaged[i] ^= 0xff;
    EXPECT_TRUE(DescribeVideo(damaged).caps) << i;
  }
}

}  // namespace
}  // namespace iso::test
