// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Caps by the object type of an MPEG-4 elementary stream descriptor: mp4v and mp4a may
// be any of them.

#include <algorithm>
#include <array>

#include <gst/pbutils/pbutils.h>

#include "core/codec/video_config.h"
#include "element/caps_draft.h"

namespace iso::gst {
namespace {

void UseMpeg4Config(CapsDraft& draft, Bytes config) {
  static constexpr std::array<uint8_t, 4> kSequenceStart = {0, 0, 1, 0xb0};
  draft.SetCodecData(config);
  if (config.size() <= kSequenceStart.size()) return;
  if (!std::equal(kSequenceStart.begin(), kSequenceStart.end(), config.begin())) return;
  const Bytes sequence = config.subspan(kSequenceStart.size());
  gst_codec_utils_mpeg4video_caps_set_level_and_profile(
      draft.caps(), sequence.data(), static_cast<guint>(sequence.size()));
}

void UseAvcConfig(CapsDraft& draft, Bytes config) {
  draft.SetCodecData(config);
  if (!IsConsistentAvcC(config)) return;
  const Bytes profile = config.subspan(1);
  gst_codec_utils_h264_caps_set_level_and_profile(
      draft.caps(), profile.data(), static_cast<guint>(profile.size()));
}

/// Vorbis: the number of header packets less one, their sizes in runs of 255 but for the
/// last, the packets.
void UseXiphHeaders(CapsDraft& draft, Bytes config) {
  constexpr size_t kPackets = 3;
  Reader r(config);
  std::array<size_t, kPackets> sizes = {};
  if (r.U8() != kPackets - 1) return;
  for (size_t i = 0; i + 1 < kPackets; ++i) {
    uint8_t part;
    do {
      part = r.U8();
      sizes[i] += part;
    } while (part == 255 && r.ok());
  }
  std::vector<Ref<GstBuffer>> headers;
  for (size_t i = 0; i < kPackets; ++i) {
    const Bytes packet = i + 1 < kPackets ? r.Take(sizes[i]) : r.TakeRest();
    headers.push_back(NewHeaderBuffer(packet));
  }
  if (!r.ok()) return;
  draft.SetStreamHeader(headers);
  draft.format.headers = std::move(headers);
}

struct ObjectType {
  uint8_t code;
  MediaKind kind;
  const char* caps;
  const char* name;
  void (*use_config)(CapsDraft&, Bytes) = nullptr;  ///< null: it becomes codec_data
};

constexpr char kMpeg2Video[] = "video/mpeg, mpegversion=2, systemstream=false";
constexpr char kAac[] = "audio/mpeg, mpegversion=4, framed=true, stream-format=raw";
constexpr char kMpegAudio[] = "audio/mpeg, mpegversion=1";
constexpr char kDts[] = "audio/x-dts, framed=true";

// clang-format off
constexpr ObjectType kObjectTypes[] = {
    {0x20, MediaKind::kVideo, "video/mpeg, mpegversion=4, systemstream=false", "MPEG-4 video", UseMpeg4Config},
    {0x21, MediaKind::kVideo, "video/x-h264, stream-format=avc, alignment=au", "H.264 / AVC", UseAvcConfig},
    {0x23, MediaKind::kVideo, "video/x-h265, stream-format=hvc1, alignment=au", "H.265 / HEVC"},
    {0x60, MediaKind::kVideo, kMpeg2Video, "MPEG-2 video"},
    {0x61, MediaKind::kVideo, kMpeg2Video, "MPEG-2 video"},
    {0x62, MediaKind::kVideo, kMpeg2Video, "MPEG-2 video"},
    {0x63, MediaKind::kVideo, kMpeg2Video, "MPEG-2 video"},
    {0x64, MediaKind::kVideo, kMpeg2Video, "MPEG-2 video"},
    {0x65, MediaKind::kVideo, kMpeg2Video, "MPEG-2 video"},
    {0x6a, MediaKind::kVideo, "video/mpeg, mpegversion=1, systemstream=false", "MPEG-1 video"},
    {0x6c, MediaKind::kVideo, "image/jpeg, parsed=true", "Motion-JPEG"},
    {0x6d, MediaKind::kVideo, "image/png, parsed=true", "PNG still images"},
    {0x6e, MediaKind::kVideo, "image/x-j2c, fields=1", "JPEG-2000"},
    {0xa4, MediaKind::kVideo, "video/x-dirac", "Dirac"},
    {0xb1, MediaKind::kVideo, "video/x-vp9", "Google VP9"},
    {0x40, MediaKind::kAudio, kAac, "MPEG-4 AAC audio", SetAacConfig},
    {0x66, MediaKind::kAudio, kAac, "MPEG-4 AAC audio", SetAacConfig},
    {0x67, MediaKind::kAudio, kAac, "MPEG-4 AAC audio", SetAacConfig},
    {0x68, MediaKind::kAudio, kAac, "MPEG-4 AAC audio", SetAacConfig},
    {0x69, MediaKind::kAudio, kMpegAudio, "MPEG-1 audio"},
    {0x6b, MediaKind::kAudio, kMpegAudio, "MPEG-1 audio"},
    {0xa5, MediaKind::kAudio, "audio/x-ac3, framed=true", "AC-3 audio"},
    {0xa6, MediaKind::kAudio, "audio/x-eac3, framed=true", "EAC-3 audio"},
    {0xa9, MediaKind::kAudio, kDts, "DTS audio"},
    {0xaa, MediaKind::kAudio, kDts, "DTS-HD audio"},
    {0xab, MediaKind::kAudio, kDts, "DTS-HD audio"},
    {0xac, MediaKind::kAudio, kDts, "DTS Express audio"},
    {0xdd, MediaKind::kAudio, "audio/x-vorbis", "Vorbis", UseXiphHeaders},
    {0xe1, MediaKind::kAudio, "audio/qcelp", "QCELP"},
};

// clang-format on

const ObjectType* FindObjectType(uint8_t code, MediaKind kind) {
  const auto* found =
      std::find_if(std::begin(kObjectTypes), std::end(kObjectTypes), [=](const ObjectType& type) {
        return type.code == code && type.kind == kind;
      });
  return found == std::end(kObjectTypes) ? nullptr : found;
}

/// Whether the sample entry's code leaves it to the descriptor what the samples are.
bool DefersToEsds(const CapsDraft& draft) {
  if (draft.codec == nullptr) return true;
  const CodecId id = draft.codec->id;
  return id == CodecId::kMpeg4Video || id == CodecId::kAac || id == CodecId::kProtectedAac;
}

void UseConfig(CapsDraft& draft, const ObjectType& type, Bytes config) {
  if (config.empty()) {
    if (type.use_config == SetAacConfig) InventAacConfig(draft);
  } else if (type.use_config) {
    type.use_config(draft, config);
  } else {
    draft.SetCodecData(config);
  }
}

}  // namespace

void ApplyEsds(CapsDraft& draft) {
  Esds esds;
  if (!ParseEsds(draft.entry.Child("esds"), &esds)) return;
  draft.bitrates = esds.bitrates;
  if (!DefersToEsds(draft)) return;
  const ObjectType* type = FindObjectType(esds.object_type, draft.entry.kind);
  if (type != nullptr) {
    draft.SetCaps(type->caps);
    draft.codec_name = type->name;
    UseConfig(draft, *type, esds.specific);
  } else if (!esds.specific.empty()) {
    draft.SetCodecData(esds.specific);
  }
}

}  // namespace iso::gst
