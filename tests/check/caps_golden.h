// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every code that has caps of its own, with these caps: a second table, written down from
// what players and decoders expect, to hold the element's against.

#pragma once

#include <string_view>

namespace iso::test {

struct Golden {
  std::string_view codes;  ///< four characters each
  const char* caps;        ///< without the fields that all video or audio has
  const char* codec;       ///< codec tag; "" for none, nullptr: from the caps
};

using std::string_view_literals::operator""sv;

// clang-format off
constexpr char kMpeg1[] = "video/mpeg, mpegversion=1, systemstream=false";
constexpr char kMpeg2[] = "video/mpeg, mpegversion=2, systemstream=false";
constexpr char kMpeg4[] = "video/mpeg, mpegversion=4, systemstream=false";

constexpr Golden kGoldenVideo[] = {
    {"png ", "image/png", "PNG still images"},
    {"jpeg", "image/jpeg, parsed=true", "JPEG still images"},
    {"mjpaAVDJMJPGdmb1mjpgAVRn", "image/jpeg, parsed=true", "Motion-JPEG"},
    {"mjpb", "video/x-mjpeg-b", "Motion-JPEG format B"},
    {"mjp2", "image/x-j2c, fields=1", "JPEG-2000"},
    {"svqiSVQ1", "video/x-svq, svqversion=1", "Sorensen video v.1"},
    {"mpegmpg1m1v mp1v", kMpeg1, "MPEG-1 video"},
    {"hdv1hdv2hdv3hdv4hdv5hdv6hdv7hdv8hdv9hdvamx5nmx5pmx4nmx4pmx3nmx3p", kMpeg2, "MPEG-2 video"},
    {"xdv1xdv2xdv3xdv4xdv5xdv6xdv7xdv8xdv9xdvaxdvbxdvcxdvdxdvexdvf", kMpeg2, "MPEG-2 video"},
    {"xd51xd54xd55xd59xd5axd5bxd5cxd5dxd5exd5fxdhdxdh2", kMpeg2, "MPEG-2 video"},
    {"AVmpmpg2mp2vm2v1", kMpeg2, "MPEG-2 video"},
    {"gif ", "image/gif", "GIF still images"},
    {"h263H263s263U263", "video/x-h263, variant=itu", "H.263"},
    {"mp4vMP4V", kMpeg4, "MPEG-4 video"},
    {"3IV13IV2XVIDxvidFMP4fmp4UMP4", kMpeg4, "MPEG-4"},
    {"3ivd3IVD", "video/x-msmpeg, msmpegversion=43", "Microsoft MPEG-4 4.3"},
    {"DIV3", "video/x-divx, divxversion=3", "DivX 3"},
    {"DIVXdivx", "video/x-divx, divxversion=4", "DivX 4"},
    {"DX50", "video/x-divx, divxversion=5", "DivX 5"},
    {"FFV1", "video/x-ffv, ffvversion=1", "FFV1"},
    {"cvid", "video/x-cinepak", "Cinepak"},
    {"qdrw", "video/x-qdrw", "Apple QuickDraw"},
    {"rpza", "video/x-apple-video", "Apple video"},
    {"smc ", "video/x-smc", "Apple Graphics (SMC)"},
    {"avc1H264dva1", "video/x-h264, stream-format=avc, alignment=au", "H.264 / AVC"},
    {"avc3dvav", "video/x-h264, stream-format=avc3, alignment=au", "H.264 / AVC"},
    {"ai12ai13ai15ai16ai1pai1qai52ai53ai55ai56ai5pai5q", "video/x-h264, stream-format=byte-stream, alignment=au", "H.264 / AVC"},
    {"hvc1H265dvh1", "video/x-h265, stream-format=hvc1, alignment=au", "H.265 / HEVC"},
    {"hev1dvhe", "video/x-h265, stream-format=hev1, alignment=au", "H.265 / HEVC"},
    {"vvc1H266", "video/x-h266, stream-format=vvc1, alignment=au", "H.266 / VVC"},
    {"vvi1", "video/x-h266, stream-format=vvi1, alignment=au", "H.266 / VVC"},
    {"av01dav1", "video/x-av1, stream-format=obu-stream, alignment=tu", "AV1"},
    {"VP80vp08", "video/x-vp8", "On2 VP8"},
    {"vp09", "video/x-vp9", "Google VP9"},
    {"rle ", "video/x-rle, layout=quicktime, depth=24", "Run-length encoding"},
    {"WRLE", "video/x-rle, layout=microsoft, depth=24", "Run-length encoding"},
    {"IV32iv32", "video/x-indeo, indeoversion=3", "Indeo Video 3"},
    {"IV41iv41", "video/x-indeo, indeoversion=4", "Intel Video 4"},
    {"dvcpdvc dvsdDVSDdvcsDVCSdv25dvpp", "video/x-dv, dvversion=25, systemstream=false", "DV Video"},
    {"dv5ndv5p", "video/x-dv, dvversion=50, systemstream=false", "DVCPro50 Video"},
    {"dvh5dvh6", "video/x-dv, dvversion=100, systemstream=false", "DVCProHD Video"},
    {"VP6F", "video/x-vp6-flash", "VP6 Flash"},
    {"XiTh", "video/x-theora", "Theora"},
    {"drac", "video/x-dirac", "Dirac"},
    {"tiff", "image/tiff", "TIFF still images"},
    {"icod", "video/x-apple-intermediate-codec", "Apple Intermediate Codec"},
    {"AVdn", "video/x-dnxhd, profile=dnxhd", "AVID DNxHD"},
    {"AVdh", "video/x-dnxhd, profile=dnxhr", "AVID DNxHR"},
    {"apcs", "video/x-prores, variant=lt", "Apple ProRes LT"},
    {"apch", "video/x-prores, variant=hq", "Apple ProRes HQ"},
    {"apcn", "video/x-prores, variant=standard", "Apple ProRes"},
    {"apco", "video/x-prores, variant=proxy", "Apple ProRes Proxy"},
    {"ap4h", "video/x-prores, variant=(string)4444, depth=24", "Apple ProRes 4444"},
    {"ap4x", "video/x-prores, variant=4444xq, depth=24", "Apple ProRes 4444 XQ"},
    {"cfhdCFHD", "video/x-cineform", "GoPro CineForm"},
    {"vc-1ovc1", "video/x-wmv, wmvversion=3, format=WVC1", "VC-1"},
    {"SHQ0", "video/x-speedhq, variant=SHQ0", "SpeedHQ"},
    {"SHQ9", "video/x-speedhq, variant=SHQ9", "SpeedHQ"},
    {"LAGS", "video/x-lagarith", "Lagarith"},
    {"Hap1", "video/x-hap, variant=Hap1", "Hap"},
    {"HapY", "video/x-hap, variant=HapY", "Hap Q"},
    {"tsc2", "video/x-tscc, tsccversion=2, depth=24", "TechSmith Screen Capture v2"},
    {"encv", "application/x-cenc, original-media-type=video/x-gst-fourcc-encv", ""},
    {"kpcd", "video/x-gst-fourcc-kpcd", ""},
    {"CRAW", "video/x-gst-fourcc-CRAW", ""},
    {"v408", "video/x-gst-fourcc-v408", ""},
    {"drmi", "video/x-gst-fourcc-drmi", ""},
    {"a.c-", "video/x-gst-fourcc-a_c_", ""},
    {"m\xff\0 "sv, "video/x-gst-fourcc-m___", ""},
};

constexpr Golden kGoldenAudio[] = {
    {"NONEraw twos", "audio/x-raw, format=S16BE, layout=interleaved, channel-mask=(bitmask)3", nullptr},
    {"sowts16l", "audio/x-raw, format=S16LE, layout=interleaved, channel-mask=(bitmask)3", nullptr},
    {"fl64", "audio/x-raw, format=F64BE, layout=interleaved, channel-mask=(bitmask)3", nullptr},
    {"fl32", "audio/x-raw, format=F32BE, layout=interleaved, channel-mask=(bitmask)3", nullptr},
    {"in24", "audio/x-raw, format=S24BE, layout=interleaved, channel-mask=(bitmask)3", nullptr},
    {"in32", "audio/x-raw, format=S32BE, layout=interleaved, channel-mask=(bitmask)3", nullptr},
    {"ulaw", "audio/x-mulaw", "Mu-law audio"},
    {"alaw", "audio/x-alaw", "A-law audio"},
    {"ms\0\x02"sv, "audio/x-adpcm, layout=microsoft", "Microsoft ADPCM"},
    {"ms\0\x11"sv, "audio/x-adpcm, layout=dvi", "DVI/IMA ADPCM"},
    {"ms\0\x17"sv, "audio/x-adpcm, layout=quicktime", "DVI/Intel IMA ADPCM"},
    {"ms\0U.mp3mp3 "sv, "audio/mpeg, layer=3, mpegversion=1", "MPEG-1 layer 3"},
    {".mp2", "audio/mpeg, layer=2, mpegversion=1", "MPEG-1 layer 2"},
    {"MAC3", "audio/x-mace, maceversion=3", "MACE-3"},
    {"MAC6", "audio/x-mace, maceversion=6", "MACE-6"},
    {"OggV", "application/ogg", ""},
    {"dvca", "audio/x-dv", "DV audio"},
    {"mp4a", "audio/mpeg, mpegversion=4, framed=true, stream-format=raw, level=(string)2, base-profile=lc, profile=lc, codec_data=(buffer)1210", "MPEG-4 AAC audio"},
    {"QDMC", "audio/x-qdm", "QDesign Music"},
    {"QDM2", "audio/x-qdm2, samplesize=16", "QDesign Music v.2"},
    {"agsm", "audio/x-gsm", "GSM audio"},
    {"ima4", "audio/x-adpcm, layout=quicktime", "Quicktime IMA ADPCM"},
    {"alac", "audio/x-alac, samplesize=16", "Apple lossless audio"},
    {"fLaC", "audio/x-flac, framed=true", "Free Lossless Audio Codec"},
    {"Opus", "audio/x-opus", "Opus"},
    {"Qclp", "audio/qcelp", "QualComm PureVoice"},
    {"wma owma", "audio/x-wma", "WMA"},
    {"ac-4", "audio/x-ac4", "AC4"},
    {"mha1", "audio/x-mpeg-h, stream-type=single, framed=true, stream-format=raw", "MPEG-H 3D Audio"},
    {"mhm1", "audio/x-mpeg-h, stream-type=single, framed=true, stream-format=mhas", "MPEG-H 3D Audio"},
    {"g722", "audio/G722", "G.722 audio"},
    {"g726", "audio/x-adpcm, layout=g726, bitrate=32000", "G.726 ADPCM"},
    {"enca", "application/x-cenc, original-media-type=audio/x-gst-fourcc-enca", ""},
    {"aavd", "application/x-aavd, mpegversion=4, framed=true, stream-format=raw, original-media-type=audio/mpeg", ""},
    {"qtvr", "audio/x-gst-fourcc-qtvr", ""},
    {"dts-", "audio/x-gst-fourcc-dts_", ""},
    {"dtsx", "audio/x-gst-fourcc-dtsx", ""},
    {"iamf", "audio/x-gst-fourcc-iamf", ""},
    {"spex", "audio/x-gst-fourcc-spex", ""},
    {"drms", "audio/x-gst-fourcc-drms", ""},
};

/// The number of channels in these entries is not to be trusted.
constexpr Golden kGoldenAudioWithoutChannels[] = {
    {"ac-3sac3", "audio/x-ac3, framed=true", "AC-3 audio"},
    {"ec-3ms \0"sv, "audio/x-eac3, framed=true", "EAC-3 audio"},
    {"dtscDTS ", "audio/x-dts, framed=true", "DTS audio"},
    {"dtshdtsl", "audio/x-dts, framed=true", "DTS-HD audio"},
    {"dtse", "audio/x-dts, framed=true", "DTS Express audio"},
    {"mlpa", "audio/x-true-hd", "Dolby TrueHD"},
};

constexpr Golden kGoldenText[] = {
    {"mp4s", "subpicture/x-dvd", "DVD subtitle"},
    {"tx3g", "text/x-raw, format=utf8", "3GPP timed text"},
    {"text", "text/x-raw, format=utf8", "Quicktime timed text"},
    {"stpp", "application/ttml+xml", "XML subtitles"},
    {"wvtt", "application/x-subtitle-vtt", "WebVTT subtitles"},
    {"c608", "closedcaption/x-cea-608, format=s334-1a, framerate=30/1", "CEA 608 Closed Caption"},
    {"c708", "closedcaption/x-cea-708, format=cdp, framerate=25/1", "CEA 708 Closed Caption"},
    {"sbtt", "text/x-gst-fourcc-sbtt", ""},
    {"stxt", "text/x-gst-fourcc-stxt", ""},
};

constexpr Golden kGoldenMetadata[] = {
    {"mett", "meta/x-gst-fourcc-mett", ""},
    {"metx", "meta/x-gst-fourcc-metx", ""},
    {"gpmd", "meta/x-gst-fourcc-gpmd", ""},
    {"mebx", "meta/x-gst-fourcc-mebx", ""},
    {"evte", "meta/x-gst-fourcc-evte", ""},
    {"it35", "meta/x-gst-fourcc-it35", ""},
};
// clang-format on

}  // namespace iso::test
