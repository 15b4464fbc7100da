// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/codec_table.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace iso {
namespace {

using namespace std::string_view_literals;

/// A codec and all the codes that mean it, four characters each.
struct Family {
  CodecId id;
  const char* variant;
  const char* name;
  std::string_view codes;
};

// clang-format off
constexpr Family kVideo[] = {
    {CodecId::kPng, "", "PNG still images", "png "},
    {CodecId::kJpeg, "", "JPEG still images", "jpeg"},
    {CodecId::kJpeg, "", "Motion-JPEG", "mjpaAVDJMJPGmjpgdmb1AVRn"},
    {CodecId::kMjpegB, "", "Motion-JPEG format B", "mjpb"},
    {CodecId::kJpeg2000, "", "JPEG-2000", "mjp2"},
    {CodecId::kGif, "", "GIF still images", "gif "},
    {CodecId::kTiff, "", "TIFF still images", "tiff"},
    {CodecId::kSorenson3, "", "Sorensen video v.3", "SVQ3"},
    {CodecId::kSorenson1, "", "Sorensen video v.1", "svqiSVQ1"},
    {CodecId::kRawVideo, "RGB8P", "Windows Raw RGB", "WRAW"},
    {CodecId::kRawByDepth, "", "", "raw "},
    {CodecId::kRawVideo, "I420", "", "yv12"},
    {CodecId::kRawVideo, "YUY2", "", "yuvsYUY2yuv2Yuv2"},
    {CodecId::kRawVideo, "UYVY", "", "2vuy2VuyUYVYuyvy"},
    {CodecId::kRawVideo, "v308", "", "v308"},
    {CodecId::kRawVideo, "v216", "", "v216"},
    {CodecId::kRawVideo, "v210", "", "v210"},
    {CodecId::kRawVideo, "r210", "", "r210"},
    {CodecId::kRawVideo, "BGRA", "", "BGRA"},
    {CodecId::kRawVideo, "ABGR", "", "ABGR"},
    {CodecId::kRawVideo, "ARGB64_BE", "", "b64a"},
    {CodecId::kRawVideo, "GRAY16_BE", "", "b16g"},
    {CodecId::kUncompressed, "", "", "uncv"},
    {CodecId::kMpeg1Video, "", "MPEG-1 video", "mpegmpg1m1v mp1v"},
    {CodecId::kMpeg2Video, "", "MPEG-2 video",
     "hdv1hdv2hdv3hdv4hdv5hdv6hdv7hdv8hdv9hdvamx5nmx5pmx4nmx4pmx3nmx3p"
     "xdv1xdv2xdv3xdv4xdv5xdv6xdv7xdv8xdv9xdvaxdvbxdvcxdvdxdvexdvf"
     "xd51xd54xd55xd59xd5axd5bxd5cxd5dxd5exd5fxdhdxdh2AVmpmpg2mp2vm2v1"},
    {CodecId::kMpeg4Video, "", "MPEG-4 video", "mp4vMP4V"},
    {CodecId::kMpeg4Video, "", "MPEG-4", "3IV13IV2XVIDxvidFMP4fmp4UMP4"},
    {CodecId::kMsMpeg4, "43", "Microsoft MPEG-4 4.3", "3ivd3IVD"},
    {CodecId::kDivx, "3", "DivX 3", "DIV3"},
    {CodecId::kDivx, "4", "DivX 4", "DIVXdivx"},
    {CodecId::kDivx, "5", "DivX 5", "DX50"},
    {CodecId::kH263, "", "H.263", "h263H263s263U263"},
    {CodecId::kH264, "", "H.264 / AVC", "avc1H264dva1"},
    {CodecId::kH264InBand, "", "H.264 / AVC", "avc3dvav"},
    {CodecId::kH264ByteStream, "", "H.264 / AVC", "ai12ai13ai15ai16ai1pai1qai52ai53ai55ai56ai5pai5q"},
    {CodecId::kH265, "", "H.265 / HEVC", "hvc1H265dvh1"},
    {CodecId::kH265InBand, "", "H.265 / HEVC", "hev1dvhe"},
    {CodecId::kH266, "", "H.266 / VVC", "vvc1H266"},
    {CodecId::kH266InBand, "", "H.266 / VVC", "vvi1"},
    {CodecId::kAv1, "", "AV1", "av01dav1"},
    {CodecId::kVp3, "", "VP3", "VP31"},
    {CodecId::kVp6, "", "VP6", "VP60VP61VP62"},
    {CodecId::kVp6, "-flash", "VP6 Flash", "VP6F"},
    {CodecId::kVp6, "-alpha", "VP6 Flash with alpha", "VP6A"},
    {CodecId::kVp8, "", "On2 VP8", "VP80vp08"},
    {CodecId::kVp9, "", "Google VP9", "vp09"},
    {CodecId::kRle, "quicktime", "Run-length encoding", "rle "},
    {CodecId::kRle, "microsoft", "Run-length encoding", "WRLE"},
    {CodecId::kIndeo, "3", "Indeo Video 3", "IV32iv32"},
    {CodecId::kIndeo, "4", "Intel Video 4", "IV41iv41"},
    {CodecId::kIndeo, "5", "Intel Video 5", "IV50iv50"},
    {CodecId::kDv, "25", "DV Video", "dvcpdvc dvsdDVSDdvcsDVCSdv25dvpp"},
    {CodecId::kDv, "50", "DVCPro50 Video", "dv5ndv5p"},
    {CodecId::kDv, "100", "DVCProHD Video", "dvh5dvh6"},
    {CodecId::kTheora, "", "Theora", "XiTh"},
    {CodecId::kDirac, "", "Dirac", "drac"},
    {CodecId::kIntermediate, "", "Apple Intermediate Codec", "icod"},
    {CodecId::kDnxhd, "", "AVID DNxHD", "AVdn"},
    {CodecId::kDnxhr, "", "AVID DNxHR", "AVdh"},
    {CodecId::kProres, "lt", "Apple ProRes LT", "apcs"},
    {CodecId::kProres, "hq", "Apple ProRes HQ", "apch"},
    {CodecId::kProres, "standard", "Apple ProRes", "apcn"},
    {CodecId::kProres, "proxy", "Apple ProRes Proxy", "apco"},
    {CodecId::kProres, "4444", "Apple ProRes 4444", "ap4h"},
    {CodecId::kProres, "4444xq", "Apple ProRes 4444 XQ", "ap4x"},
    {CodecId::kCineform, "", "GoPro CineForm", "cfhdCFHD"},
    {CodecId::kVc1, "", "VC-1", "vc-1ovc1"},
    {CodecId::kWmv, "1", "Windows Media Video 7", "WMV1"},
    {CodecId::kWmv, "2", "Windows Media Video 8", "WMV2"},
    {CodecId::kSpeedHq, "SHQ0", "SpeedHQ", "SHQ0"},
    {CodecId::kSpeedHq, "SHQ1", "SpeedHQ", "SHQ1"},
    {CodecId::kSpeedHq, "SHQ2", "SpeedHQ", "SHQ2"},
    {CodecId::kSpeedHq, "SHQ3", "SpeedHQ", "SHQ3"},
    {CodecId::kSpeedHq, "SHQ4", "SpeedHQ", "SHQ4"},
    {CodecId::kSpeedHq, "SHQ5", "SpeedHQ", "SHQ5"},
    {CodecId::kSpeedHq, "SHQ6", "SpeedHQ", "SHQ6"},
    {CodecId::kSpeedHq, "SHQ7", "SpeedHQ", "SHQ7"},
    {CodecId::kSpeedHq, "SHQ8", "SpeedHQ", "SHQ8"},
    {CodecId::kSpeedHq, "SHQ9", "SpeedHQ", "SHQ9"},
    {CodecId::kLagarith, "", "Lagarith", "LAGS"},
    {CodecId::kHap, "Hap1", "Hap", "Hap1"},
    {CodecId::kHap, "Hap5", "Hap Alpha", "Hap5"},
    {CodecId::kHap, "HapY", "Hap Q", "HapY"},
    {CodecId::kHap, "HapM", "Hap Q Alpha", "HapM"},
    {CodecId::kHap, "HapA", "Hap Alpha-Only", "HapA"},
    {CodecId::kHap, "Hap7", "Hap R", "Hap7"},
    {CodecId::kHap, "HapH", "Hap HDR", "HapH"},
    {CodecId::kTechSmith2, "", "TechSmith Screen Capture v2", "tsc2"},
    {CodecId::kCinepak, "", "Cinepak", "cvid"},
    {CodecId::kQuickDraw, "", "Apple QuickDraw", "qdrw"},
    {CodecId::kRoadPizza, "", "Apple video", "rpza"},
    {CodecId::kGraphics, "", "Apple Graphics (SMC)", "smc "},
    {CodecId::kHuffyuv, "", "Huffyuv", "HFYU"},
    {CodecId::kFfv1, "", "FFV1", "FFV1"},
    {CodecId::kFlashVideo, "", "Sorenson Spark", "FLV1"},
};

constexpr Family kAudio[] = {
    {CodecId::kPcmUnsigned8, "", "", "NONEraw "},
    {CodecId::kPcmBigEndian, "", "", "twos"},
    {CodecId::kPcmLittleEndian, "", "", "sowt"},
    {CodecId::kPcmFixed, "F64", "", "fl64"},
    {CodecId::kPcmFixed, "F32", "", "fl32"},
    {CodecId::kPcmFixed, "S24", "", "in24"},
    {CodecId::kPcmFixed, "S32", "", "in32"},
    {CodecId::kPcmFixed, "S16LE", "", "s16l"},
    {CodecId::kPcmLinear, "", "", "lpcm"},
    {CodecId::kPcmIso, "", "", "ipcmfpcm"},
    {CodecId::kMulaw, "", "Mu-law audio", "ulaw"},
    {CodecId::kAlaw, "", "A-law audio", "alaw"},
    {CodecId::kAdpcm, "microsoft", "Microsoft ADPCM", "ms\0\x02"sv},
    {CodecId::kAdpcm, "dvi", "DVI/IMA ADPCM", "ms\0\x11"sv},
    {CodecId::kAdpcm, "quicktime", "DVI/Intel IMA ADPCM", "ms\0\x17"sv},
    {CodecId::kAdpcm, "quicktime", "Quicktime IMA ADPCM", "ima4"},
    {CodecId::kMp3, "", "MPEG-1 layer 3", "ms\0U.mp3mp3 "sv},
    {CodecId::kMp2, "", "MPEG-1 layer 2", "ms\0P.mp2"sv},
    {CodecId::kAac, "", "MPEG-4 AAC audio", "mp4a"},
    {CodecId::kProtectedAac, "", "", "aavd"},
    {CodecId::kAc3, "", "AC-3 audio", "ac-3sac3"},
    {CodecId::kEac3, "", "EAC-3 audio", "ec-3ms \0"sv},
    {CodecId::kAc4, "", "AC4", "ac-4"},
    {CodecId::kTrueHd, "", "Dolby TrueHD", "mlpa"},
    {CodecId::kDts, "", "DTS audio", "dtscDTS "},
    {CodecId::kDts, "", "DTS-HD audio", "dtshdtsl"},
    {CodecId::kDts, "", "DTS Express audio", "dtse"},
    {CodecId::kMace, "3", "MACE-3", "MAC3"},
    {CodecId::kMace, "6", "MACE-6", "MAC6"},
    {CodecId::kOgg, "", "", "OggV"},
    {CodecId::kDvAudio, "", "DV audio", "dvca"},
    {CodecId::kQdm, "", "QDesign Music", "QDMC"},
    {CodecId::kQdm2, "", "QDesign Music v.2", "QDM2"},
    {CodecId::kGsm, "", "GSM audio", "agsm"},
    {CodecId::kAmr, "", "AMR audio", "samr"},
    {CodecId::kAmrWideband, "", "AMR-WB audio", "sawb"},
    {CodecId::kAlac, "", "Apple lossless audio", "alac"},
    {CodecId::kFlac, "", "Free Lossless Audio Codec", "fLaC"},
    {CodecId::kOpus, "", "Opus", "Opus"},
    {CodecId::kQcelp, "", "QualComm PureVoice", "QclpQclqsqcp"},
    {CodecId::kWma, "", "WMA", "wma owma"},
    {CodecId::kMpegH, "raw", "MPEG-H 3D Audio", "mha1"},
    {CodecId::kMpegH, "mhas", "MPEG-H 3D Audio", "mhm1"},
    {CodecId::kG722, "", "G.722 audio", "g722"},
    {CodecId::kG726, "", "G.726 ADPCM", "g726"},
};

constexpr Family kText[] = {
    {CodecId::kDvdSubtitle, "", "DVD subtitle", "mp4s"},
    {CodecId::kTimedText, "", "3GPP timed text", "tx3g"},
    {CodecId::kQuickTimeText, "", "Quicktime timed text", "text"},
    {CodecId::kTtml, "", "XML subtitles", "stpp"},
    {CodecId::kWebVtt, "", "WebVTT subtitles", "wvtt"},
    {CodecId::kCea608, "", "CEA 608 Closed Caption", "c608"},
    {CodecId::kCea708, "", "CEA 708 Closed Caption", "c708"},
};

constexpr Family kMetadata[] = {
    {CodecId::kTimedXml, "", "ONVIF Timed XML MetaData", "metx"},
    {CodecId::kHidden, "", "", "fdsc"},  // GoPro's recovery track
};

// clang-format on

template <size_t N>
consteval size_t CountCodes(const Family (&families)[N]) {
  size_t count = 0;
  for (const Family& family : families)
    count += family.codes.size() / 4;
  return count;
}

constexpr FourCC CodeAt(std::string_view codes, size_t index) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<uint8_t>(codes[4 * index + i]);
  }
  return FourCC(value);
}

/// One row a code.
template <size_t N>
constexpr CodecInfo* Expand(const Family (&families)[N], MediaKind kind, CodecInfo* out) {
  for (const Family& family : families) {
    for (size_t i = 0; i < family.codes.size() / 4; ++i) {
      *out++ = {CodeAt(family.codes, i), kind, family.id, family.variant, family.name};
    }
  }
  return out;
}

constexpr bool Before(const CodecInfo& a, const CodecInfo& b) {
  return a.format != b.format ? a.format < b.format : a.kind < b.kind;
}

constexpr size_t kCodes =
    CountCodes(kVideo) + CountCodes(kAudio) + CountCodes(kText) + CountCodes(kMetadata);

consteval std::array<CodecInfo, kCodes> SortedTable() {
  std::array<CodecInfo, kCodes> table = {};
  CodecInfo* out = Expand(kVideo, MediaKind::kVideo, table.data());
  out = Expand(kAudio, MediaKind::kAudio, out);
  out = Expand(kText, MediaKind::kText, out);
  Expand(kMetadata, MediaKind::kMetadata, out);
  std::sort(table.begin(), table.end(), Before);
  return table;
}

constexpr std::array<CodecInfo, kCodes> kTable = SortedTable();

consteval bool IsUnique() {
  for (size_t i = 1; i < kCodes; ++i) {
    if (!Before(kTable[i - 1], kTable[i])) return false;
  }
  return true;
}

static_assert(IsUnique(), "a code is in the table twice for one kind of media");

/// WAVE format tags as codes: 'm', 's', then the tag (QTFF, "ms" + wFormatTag).
constexpr CodecInfo kAnyRiff = {FourCC(), MediaKind::kAudio, CodecId::kRiff, "", ""};

struct Handler {
  FourCC type;
  MediaKind kind;
};

constexpr Handler kHandlers[] = {
    {"vide", MediaKind::kVideo},
    {"pict", MediaKind::kVideo},
    {"soun", MediaKind::kAudio},
    {"text", MediaKind::kText},
    {"sbtl", MediaKind::kText},
    {"subt", MediaKind::kText},
    {"subp", MediaKind::kText},
    {"clcp", MediaKind::kText},
    {"wvtt", MediaKind::kText},
    {"meta", MediaKind::kMetadata},
    // Not for presentation by themselves.
    {"auxv", MediaKind::kOther},
    {"hint", MediaKind::kOther},
    {"tmcd", MediaKind::kOther},
    {"sdsm", MediaKind::kOther},
    {"odsm", MediaKind::kOther},
    {"ocsm", MediaKind::kOther},
    {"crsm", MediaKind::kOther},
    {"m7sm", MediaKind::kOther},
    {"ipsm", MediaKind::kOther},
    {"mjsm", MediaKind::kOther},
    {"strm", MediaKind::kOther},
    {"fdsm", MediaKind::kOther},
};

}  // namespace

const CodecInfo* FindCodec(FourCC format, MediaKind kind) {
  const CodecInfo wanted = {format, kind, CodecId::kPng, "", ""};
  const auto* found = std::lower_bound(kTable.begin(), kTable.end(), wanted, Before);
  if (found != kTable.end() && found->format == format && found->kind == kind) return found;
  const bool riff = format.at(0) == 'm' && format.at(1) == 's';
  return riff && kind == MediaKind::kAudio ? &kAnyRiff : nullptr;
}

MediaKind KindOfTrack(FourCC handler, FourCC first_format) {
  for (const Handler& known : kHandlers) {
    if (known.type == handler) return known.kind;
  }
  if (first_format == FourCC("encv")) return MediaKind::kVideo;
  if (first_format == FourCC("enca")) return MediaKind::kAudio;
  for (const CodecInfo& codec : kTable) {
    if (codec.format == first_format) return codec.kind;
  }
  return MediaKind::kOther;
}

FourCC FirstFormat(Bytes stsd) {
  Reader r(stsd);
  r.Skip(4 + 4 + 4);
  return r.Code();
}

}  // namespace iso
