// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Caps of compressed video, codec by codec, as far as its configuration adds to the rule.

#include <algorithm>
#include <array>
#include <string>

#include <gst/pbutils/pbutils.h>

#include "core/codec/box_list.h"
#include "core/codec/jpeg2000.h"
#include "core/codec/video_config.h"
#include "element/caps_draft.h"

namespace iso::gst {
namespace {

void SetIntArray(CapsDraft& draft, const char* field, const std::vector<int>& values) {
  if (values.empty()) return;
  GValue array = G_VALUE_INIT;
  g_value_init(&array, GST_TYPE_ARRAY);
  for (const int value : values) {
    GValue element = G_VALUE_INIT;
    g_value_init(&element, G_TYPE_INT);
    g_value_set_int(&element, value);
    gst_value_array_append_and_take_value(&array, &element);
  }
  gst_caps_set_value(draft.caps(), field, &array);
  g_value_unset(&array);
}

const char* Jpeg2000ColorSpace(uint32_t code) {
  switch (code) {
    case 16:
      return "sRGB";
    case 17:
      return "GRAY";
    case 18:
      return "sYUV";
    default:
      return nullptr;
  }
}

/// The stsd box around this entry alone: what decoders of QuickTime's old codecs are
/// used to being given.
std::vector<uint8_t> DescriptionBox(const SampleDescription& entry) {
  constexpr uint8_t kHeader[] = {0, 0, 0, 0, 's', 't', 's', 'd', 0, 0, 0, 0, 0, 0, 0, 1};
  std::vector<uint8_t> box(std::begin(kHeader), std::end(kHeader));
  box.insert(box.end(), entry.bytes.begin(), entry.bytes.end());
  GST_WRITE_UINT32_BE(box.data(), static_cast<guint32>(box.size()));
  return box;
}

/// avcC in the extra bytes of a BITMAPINFOHEADER, as strf has it (H264 from AVI tools).
Bytes AvcCInStrf(Bytes strf) {
  constexpr size_t kBitmapInfoBytes = 40;
  return strf.size() > kBitmapInfoBytes ? strf.subspan(kBitmapInfoBytes) : Bytes();
}

struct VvcProfile {
  uint8_t idc;
  const char* name;
};

/// Rec. ITU-T H.266 annex A, with the names GStreamer's caps have for them.
constexpr VvcProfile kVvcProfiles[] = {
    {1, "main-10"},
    {2, "main-12"},
    {10, "main-12-intra"},
    {17, "multilayer-main-10"},
    {33, "main-444-10"},
    {34, "main-444-12"},
    {35, "main-444-16"},
    {42, "main-444-12-intra"},
    {43, "main-444-16-intra"},
    {49, "multilayer-main-444-10"},
    {65, "main-10-still-picture"},
    {66, "main-12-still-picture"},
    {97, "main-444-10-still-picture"},
    {98, "main-444-12-still-picture"},
    {99, "main-444-16-still-picture"},
};

/// "4" or "4.1".
std::string LevelText(unsigned major, unsigned minor) {
  return minor == 0 ? std::to_string(major) : std::to_string(major) + "." + std::to_string(minor);
}

void SetVvcProfile(CapsDraft& draft, const VvcConfig& config) {
  // general_level_idc is 16 times the major plus 3 times the minor level.
  if (config.level != 0) {
    draft.SetString("level", LevelText(config.level / 16, config.level % 16 / 3).c_str());
  }
  draft.SetString("tier", config.high_tier ? "high" : "main");
  for (const VvcProfile& profile : kVvcProfiles) {
    if (profile.idc == config.profile) draft.SetString("profile", profile.name);
  }
}

const char* VpxChromaFormat(uint8_t chroma) {
  static constexpr const char* kFormats[] = {"4:2:0", "4:2:0", "4:2:2", "4:4:4"};
  return chroma < std::size(kFormats) ? kFormats[chroma] : nullptr;
}

struct DnxhrProfile {
  uint32_t compression;
  const char* name;
};

/// SMPTE VC-3 compression IDs of the resolution independent profiles.
constexpr DnxhrProfile kDnxhrProfiles[] = {
    {1270, "dnxhr-444"},
    {1271, "dnxhr-hqx"},
    {1272, "dnxhr-hq"},
    {1273, "dnxhr-sq"},
    {1274, "dnxhr-lb"},
};

}  // namespace

void RefineJpeg2000(CapsDraft& draft) {
  const Jpeg2000Header header = ParseJpeg2000(draft.entry);
  if (header.components > 0) draft.SetInt("num-components", header.components);
  if (const char* name = Jpeg2000ColorSpace(header.color_space)) {
    draft.SetString("colorspace", name);
  }
  SetIntArray(
      draft, "component-map", std::vector<int>(header.mapping.begin(), header.mapping.end()));
  SetIntArray(draft, "channel-definitions", header.definitions);
  if (const Bytes prefix = draft.entry.Child("jp2x"); !prefix.empty()) draft.SetCodecData(prefix);
}

/// Also VP3, which came with the same boxes.
void RefineSorenson3(CapsDraft& draft) {
  draft.SetCodecData(DescriptionBox(draft.entry));
  Reader gama(draft.entry.Child("gama"));
  const uint32_t gamma = gama.U32();
  if (gama.ok()) {
    gst_caps_set_simple(draft.caps(), "applied-gamma", G_TYPE_DOUBLE, gamma / 65536.0, nullptr);
  }
  const Bytes seqh = BoxList::Find(draft.entry.Child("SMI "), "SEQH");
  if (!seqh.empty()) draft.SetBuffer("seqh", seqh);
}

void RefineMpeg4Video(CapsDraft& draft) {
  RefineGlobalHeader(draft);
}

/// 'glbl': the decoder's configuration as it is.
void RefineGlobalHeader(CapsDraft& draft) {
  if (const Bytes header = draft.entry.Child("glbl"); !header.empty()) draft.SetCodecData(header);
}

void RefineH264(CapsDraft& draft) {
  constexpr size_t kProfileOffset = 1;
  Bytes avcc = draft.entry.Child("avcC");
  if (avcc.empty()) avcc = AvcCInStrf(draft.entry.Child("strf"));
  if (!IsConsistentAvcC(avcc)) return;
  draft.SetCodecData(avcc);
  const Bytes profile = avcc.subspan(kProfileOffset);
  gst_codec_utils_h264_caps_set_level_and_profile(
      draft.caps(), profile.data(), static_cast<guint>(profile.size()));
}

void RefineH265(CapsDraft& draft) {
  constexpr size_t kProfileOffset = 1;
  const Bytes hvcc = draft.entry.Child("hvcC");
  if (!IsConsistentHvcC(hvcc)) return;
  draft.SetCodecData(hvcc);
  const Bytes profile = hvcc.subspan(kProfileOffset);
  gst_codec_utils_h265_caps_set_level_tier_and_profile(
      draft.caps(), profile.data(), static_cast<guint>(profile.size()));
}

void RefineH266(CapsDraft& draft) {
  const auto config = ParseVvcC(draft.entry.Child("vvcC"));
  if (!config) return;
  draft.SetCodecData(config->record);
  if (config->has_profile) SetVvcProfile(draft, *config);
}

void RefineAv1(CapsDraft& draft) {
  const Bytes av1c = draft.entry.Child("av1C");
  const auto config = ParseAv1C(av1c);
  if (!config) return;
  const Ref<GstBuffer> buffer = NewHeaderBuffer(av1c);
  gst_caps_set_simple(draft.caps(), "codec_data", GST_TYPE_BUFFER, buffer.get(), nullptr);
  if (config->has_presentation_delay) {
    draft.SetInt("presentation-delay", config->presentation_delay);
  }
}

void RefineVpx(CapsDraft& draft) {
  const auto config = ParseVpcC(draft.entry.Child("vpcC"));
  if (!config) return;
  draft.SetString("profile", std::to_string(config->profile).c_str());
  if (config->level >= 10) {
    draft.SetString("level", LevelText(config->level / 10, config->level % 10).c_str());
  }
  const guint depth = config->bit_depth;
  gst_caps_set_simple(draft.caps(),
                      "bit-depth-luma",
                      G_TYPE_UINT,
                      depth,
                      "bit-depth-chroma",
                      G_TYPE_UINT,
                      depth,
                      nullptr);
  if (const char* format = VpxChromaFormat(config->chroma)) {
    draft.SetString("chroma-format", format);
  }
  if (config->chroma == 0) draft.SetString("chroma-site", "v-cosited");
  if (config->chroma == 1) draft.SetString("chroma-site", "cosited");
  draft.SetColorimetry({config->primaries, config->transfer, config->matrix, config->full_range});
}

void RefineDepth(CapsDraft& draft) {
  if (draft.entry.video.depth != 0) draft.SetInt("depth", draft.entry.video.depth);
}

/// Only the profiles with alpha differ in depth.
void RefineProres(CapsDraft& draft) {
  const FourCC format = draft.entry.original_format;
  if (format == FourCC("ap4h") || format == FourCC("ap4x")) RefineDepth(draft);
}

/// ADHR (Avid): "0001", the compression ID and more.
void RefineDnxhr(CapsDraft& draft) {
  Reader r(draft.entry.Child("ADHR"));
  r.Skip(4);
  const uint32_t compression = r.U32();
  for (const DnxhrProfile& profile : kDnxhrProfiles) {
    if (r.ok() && profile.compression == compression) draft.SetString("profile", profile.name);
  }
}

/// XiphQT: the three header packets, each in a box of its own.
void RefineTheora(CapsDraft& draft) {
  static constexpr std::array kHeaders = {FourCC("tCtH"), FourCC("tCt#"), FourCC("tCtC")};
  const Bytes cookie = draft.entry.Child("XdxT");
  for (const FourCC type : kHeaders) {
    const Bytes packet = BoxList::Find(cookie, type);
    if (!packet.empty()) draft.format.headers.push_back(NewHeaderBuffer(packet));
  }
  draft.format.transform = MakeTrimTransform(1);
}

/// dvc1 (SMPTE RP 2025), or the bytes at a fixed place in the ovc1 of Smooth Streaming.
void RefineVc1(CapsDraft& draft) {
  constexpr size_t kOvc1Header = 198;
  Bytes config = draft.entry.Child("dvc1");
  if (draft.entry.original_format == FourCC("ovc1") && draft.entry.bytes.size() > kOvc1Header) {
    config = Bytes(draft.entry.bytes).subspan(kOvc1Header);
  }
  if (!config.empty()) draft.SetCodecData(config);
}

}  // namespace iso::gst
