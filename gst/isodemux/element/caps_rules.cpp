// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The one table from codecs to caps.

#include <array>
#include <string>

#include "element/caps_draft.h"

namespace iso::gst {
namespace {

struct Rule {
  CodecId id;
  const char* caps;  ///< "%" stands for CodecInfo::variant
  void (*refine)(CapsDraft&) = nullptr;
};

// clang-format off
constexpr std::array kRules = {
    Rule{CodecId::kPng, "image/png"},
    Rule{CodecId::kJpeg, "image/jpeg, parsed=true"},
    Rule{CodecId::kMjpegB, "video/x-mjpeg-b"},
    Rule{CodecId::kJpeg2000, "image/x-j2c, fields=1", RefineJpeg2000},
    Rule{CodecId::kGif, "image/gif"},
    Rule{CodecId::kTiff, "image/tiff"},
    Rule{CodecId::kSorenson3, "video/x-svq, svqversion=3", RefineSorenson3},
    Rule{CodecId::kSorenson1, "video/x-svq, svqversion=1"},
    Rule{CodecId::kRawVideo, "video/x-raw, format=%", RefineRawVideo},
    Rule{CodecId::kRawByDepth, "video/x-raw", RefineRawByDepth},
    Rule{CodecId::kUncompressed, "video/x-raw", RefineUncompressed},
    Rule{CodecId::kMpeg1Video, "video/mpeg, mpegversion=1, systemstream=false"},
    Rule{CodecId::kMpeg2Video, "video/mpeg, mpegversion=2, systemstream=false"},
    Rule{CodecId::kMpeg4Video, "video/mpeg, mpegversion=4, systemstream=false", RefineMpeg4Video},
    Rule{CodecId::kMsMpeg4, "video/x-msmpeg, msmpegversion=%"},
    Rule{CodecId::kDivx, "video/x-divx, divxversion=%"},
    Rule{CodecId::kH263, "video/x-h263, variant=itu"},
    Rule{CodecId::kH264, "video/x-h264, stream-format=avc, alignment=au", RefineH264},
    Rule{CodecId::kH264InBand, "video/x-h264, stream-format=avc3, alignment=au", RefineH264},
    Rule{CodecId::kH264ByteStream, "video/x-h264, stream-format=byte-stream, alignment=au"},
    Rule{CodecId::kH265, "video/x-h265, stream-format=hvc1, alignment=au", RefineH265},
    Rule{CodecId::kH265InBand, "video/x-h265, stream-format=hev1, alignment=au", RefineH265},
    Rule{CodecId::kH266, "video/x-h266, stream-format=vvc1, alignment=au", RefineH266},
    Rule{CodecId::kH266InBand, "video/x-h266, stream-format=vvi1, alignment=au", RefineH266},
    Rule{CodecId::kAv1, "video/x-av1, stream-format=obu-stream, alignment=tu", RefineAv1},
    Rule{CodecId::kVp3, "video/x-vp3", RefineSorenson3},
    Rule{CodecId::kVp6, "video/x-vp6%"},
    Rule{CodecId::kVp8, "video/x-vp8", RefineVpx},
    Rule{CodecId::kVp9, "video/x-vp9", RefineVpx},
    Rule{CodecId::kRle, "video/x-rle, layout=%", RefineDepth},
    Rule{CodecId::kIndeo, "video/x-indeo, indeoversion=%"},
    Rule{CodecId::kDv, "video/x-dv, dvversion=%, systemstream=false"},
    Rule{CodecId::kTheora, "video/x-theora", RefineTheora},
    Rule{CodecId::kDirac, "video/x-dirac"},
    Rule{CodecId::kIntermediate, "video/x-apple-intermediate-codec"},
    Rule{CodecId::kDnxhd, "video/x-dnxhd, profile=dnxhd"},
    Rule{CodecId::kDnxhr, "video/x-dnxhd, profile=dnxhr", RefineDnxhr},
    Rule{CodecId::kProres, "video/x-prores, variant=(string)%", RefineProres},
    Rule{CodecId::kCineform, "video/x-cineform"},
    Rule{CodecId::kVc1, "video/x-wmv, wmvversion=3, format=WVC1", RefineVc1},
    Rule{CodecId::kWmv, "video/x-wmv, wmvversion=%", RefineGlobalHeader},
    Rule{CodecId::kSpeedHq, "video/x-speedhq, variant=(string)%"},
    Rule{CodecId::kLagarith, "video/x-lagarith"},
    Rule{CodecId::kHap, "video/x-hap, variant=(string)%"},
    Rule{CodecId::kTechSmith2, "video/x-tscc, tsccversion=2", RefineDepth},
    Rule{CodecId::kCinepak, "video/x-cinepak"},
    Rule{CodecId::kQuickDraw, "video/x-qdrw"},
    Rule{CodecId::kRoadPizza, "video/x-apple-video"},
    Rule{CodecId::kGraphics, "video/x-smc"},
    Rule{CodecId::kHuffyuv, "video/x-huffyuv", RefineGlobalHeader},
    Rule{CodecId::kFfv1, "video/x-ffv, ffvversion=1", RefineGlobalHeader},
    Rule{CodecId::kFlashVideo, "video/x-flash-video, flvversion=1"},
    Rule{CodecId::kPcmUnsigned8, "audio/x-raw", RefinePcm},
    Rule{CodecId::kPcmBigEndian, "audio/x-raw", RefinePcm},
    Rule{CodecId::kPcmLittleEndian, "audio/x-raw", RefinePcm},
    Rule{CodecId::kPcmFixed, "audio/x-raw", RefinePcm},
    Rule{CodecId::kPcmLinear, "audio/x-raw", RefinePcm},
    Rule{CodecId::kPcmIso, "audio/x-raw", RefinePcm},
    Rule{CodecId::kMulaw, "audio/x-mulaw"},
    Rule{CodecId::kAlaw, "audio/x-alaw"},
    Rule{CodecId::kAdpcm, "audio/x-adpcm, layout=%", RefineRiff},
    Rule{CodecId::kRiff, nullptr, RefineRiff},
    Rule{CodecId::kMp3, "audio/mpeg, layer=3, mpegversion=1"},
    Rule{CodecId::kMp2, "audio/mpeg, layer=2, mpegversion=1"},
    Rule{CodecId::kAac, "audio/mpeg, mpegversion=4, framed=true, stream-format=raw", InventAacConfig},
    Rule{CodecId::kProtectedAac, "audio/mpeg, mpegversion=4, framed=true, stream-format=raw", RefineProtectedAac},
    Rule{CodecId::kAc3, "audio/x-ac3, framed=true", RefineDolby},
    Rule{CodecId::kEac3, "audio/x-eac3, framed=true", RefineDolby},
    Rule{CodecId::kAc4, "audio/x-ac4"},
    Rule{CodecId::kTrueHd, "audio/x-true-hd", RefineTrueHd},
    Rule{CodecId::kDts, "audio/x-dts, framed=true", RefineDolby},
    Rule{CodecId::kMace, "audio/x-mace, maceversion=%"},
    Rule{CodecId::kOgg, "application/ogg"},
    Rule{CodecId::kDvAudio, "audio/x-dv"},
    Rule{CodecId::kQdm, "audio/x-qdm"},
    Rule{CodecId::kQdm2, "audio/x-qdm2", RefineQdm2},
    Rule{CodecId::kGsm, "audio/x-gsm"},
    Rule{CodecId::kAmr, "audio/AMR", RefineAmr},
    Rule{CodecId::kAmrWideband, "audio/AMR-WB", RefineAmr},
    Rule{CodecId::kAlac, "audio/x-alac", RefineAlac},
    Rule{CodecId::kFlac, "audio/x-flac, framed=true", RefineFlac},
    Rule{CodecId::kOpus, "audio/x-opus", RefineOpus},
    Rule{CodecId::kQcelp, "audio/qcelp"},
    Rule{CodecId::kWma, "audio/x-wma", RefineWma},
    Rule{CodecId::kMpegH, "audio/x-mpeg-h, stream-type=single, framed=true, stream-format=%", RefineMpegH},
    Rule{CodecId::kG722, "audio/G722"},
    Rule{CodecId::kG726, "audio/x-adpcm, layout=g726", RefineG726},
    Rule{CodecId::kDvdSubtitle, "subpicture/x-dvd", RefineDvdSubtitle},
    Rule{CodecId::kTimedText, "text/x-raw, format=utf8", RefineText},
    Rule{CodecId::kQuickTimeText, "text/x-raw, format=utf8", RefineText},
    Rule{CodecId::kTtml, "application/ttml+xml"},
    Rule{CodecId::kWebVtt, "application/x-subtitle-vtt", RefineWebVtt},
    Rule{CodecId::kCea608, "closedcaption/x-cea-608, format=s334-1a", RefineCea608},
    Rule{CodecId::kCea708, "closedcaption/x-cea-708, format=cdp", RefineCea708},
    Rule{CodecId::kTimedXml, nullptr, RefineTimedXml},
    Rule{CodecId::kHidden, nullptr, RefineHidden},
};

// clang-format on

consteval bool IsInOrder() {
  for (size_t i = 0; i < kRules.size(); ++i) {
    if (static_cast<size_t>(kRules[i].id) != i) return false;
  }
  return kRules.size() == static_cast<size_t>(CodecId::kHidden) + 1;
}

static_assert(IsInOrder(), "one rule a codec, in CodecId's order");

const char* TypeOf(MediaKind kind) {
  switch (kind) {
    case MediaKind::kVideo:
      return "video";
    case MediaKind::kAudio:
      return "audio";
    case MediaKind::kText:
      return "text";
    default:
      return "meta";
  }
}

/// Caps for a code that has none: it is what they tell.
std::string FourccCaps(const SampleDescription& entry) {
  std::string text = std::string(TypeOf(entry.kind)) + "/x-gst-fourcc-";
  for (int i = 0; i < 4; ++i) {
    const char c = entry.original_format.at(i);
    text += g_ascii_isalnum(c) ? c : '_';
  }
  return text;
}

}  // namespace

void ApplyRule(CapsDraft& draft) {
  if (draft.codec == nullptr) {
    draft.SetCaps(FourccCaps(draft.entry).c_str());
    return;
  }
  const Rule& rule = kRules[static_cast<size_t>(draft.codec->id)];
  std::string text = rule.caps ? rule.caps : FourccCaps(draft.entry);
  if (const size_t percent = text.find('%'); percent != std::string::npos) {
    text.replace(percent, 1, draft.codec->variant);
  }
  draft.SetCaps(text.c_str());
  if (rule.refine) rule.refine(draft);
}

}  // namespace iso::gst
