// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/caps.h"

#include <string>

#include <gst/pbutils/pbutils.h>
#include <gst/video/video.h>

#include "core/codec/protection_scheme.h"
#include "core/protection/encryption.h"
#include "element/caps_draft.h"

namespace iso::gst {
namespace {

PadFamily FamilyOf(MediaKind kind) {
  switch (kind) {
    case MediaKind::kVideo:
      return PadFamily::kVideo;
    case MediaKind::kAudio:
      return PadFamily::kAudio;
    case MediaKind::kText:
      return PadFamily::kSubtitle;
    default:
      return PadFamily::kMeta;
  }
}

const char* CodecTagOf(PadFamily family) {
  switch (family) {
    case PadFamily::kVideo:
      return GST_TAG_VIDEO_CODEC;
    case PadFamily::kAudio:
      return GST_TAG_AUDIO_CODEC;
    case PadFamily::kSubtitle:
      return GST_TAG_SUBTITLE_CODEC;
    default:
      return GST_TAG_CODEC;
  }
}

void SetKindFacts(CapsDraft& draft) {
  StreamFormat& format = draft.format;
  const MediaKind kind = draft.entry.kind;
  format.family = FamilyOf(kind);
  format.sparse = kind == MediaKind::kText || kind == MediaKind::kMetadata;
}

struct CompressionName {
  FourCC type;
  const char* media_type;
};

constexpr CompressionName kCompressions[] = {
    {"zlib", "application/x-zlib-compressed"},
    {"defl", "application/x-deflate-compressed"},
    {"brot", "application/x-brotli-compressed"},
};

/// Samples that are compressed as a whole: the caps say what is inside.
void WrapCompressed(CapsDraft& draft) {
  const FourCC type = GenericCompressionOf(draft.entry);
  for (const CompressionName& known : kCompressions) {
    if (known.type != type) continue;
    const Ref<GstCaps> inner = draft.format.caps;
    draft.format.caps = Ref<GstCaps>::Adopt(gst_caps_new_simple(
        known.media_type, "original-caps", GST_TYPE_CAPS, inner.get(), nullptr));
    draft.format.transform.reset();
    draft.codec_name = "Generically compressed video (" + type.Text() + ")";
  }
}

/// Audible: all that a decryptor needs is in the sample entry.
void DescribeAudible(CapsDraft& draft) {
  const Ref<GstBuffer> adrm = NewBoxBuffer(FourCC("adrm"), draft.entry.Child("adrm"));
  draft.format.protection = {gst_structure_new("application/x-aavd",
                                               "encrypted",
                                               G_TYPE_BOOLEAN,
                                               TRUE,
                                               "adrm",
                                               GST_TYPE_BUFFER,
                                               adrm.get(),
                                               nullptr),
                             gst_structure_free};
}

/// The media type becomes that of the encryption; all fields stay.
void WrapEncrypted(CapsDraft& draft) {
  const bool audible = draft.entry.original_format == FourCC("aavd");
  GstStructure* caps = gst_caps_get_structure(draft.caps(), 0);
  const std::string original = gst_structure_get_name(caps);
  gst_structure_set_name(caps, audible ? "application/x-aavd" : "application/x-cenc");
  draft.SetString("original-media-type", original.c_str());
  draft.format.transform.reset();
  draft.format.headers.clear();
  draft.format.raw = false;
  draft.format.raw_frame_bytes = 0;
  if (audible) return DescribeAudible(draft);
  const FourCC scheme = SchemeOf(draft.entry);
  if (!scheme) return;
  const FourCC mode = scheme == FourCC("piff") ? EncryptionOf(draft.entry).scheme : scheme;
  draft.SetString("cipher-mode", mode.Text().c_str());
}

void SetTags(CapsDraft& draft) {
  GstTagList* tags = gst_tag_list_new_empty();
  draft.format.tags = Ref<GstTagList>::Adopt(tags);
  if (!draft.format.caps) return;
  if (draft.codec_name.empty() && draft.codec != nullptr && draft.format.raw) {
    const GCharPtr name(gst_pb_utils_get_codec_description(draft.caps()));
    if (name) draft.codec_name = name.get();
  }
  const char* codec_tag = CodecTagOf(draft.format.family);
  if (!draft.codec_name.empty()) {
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, codec_tag, draft.codec_name.c_str(), nullptr);
  }
  const auto add_rate = [tags](const char* tag, guint rate) {
    if (rate == 0 || rate == G_MAXUINT32) return;
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, tag, rate, nullptr);
  };
  add_rate(GST_TAG_MAXIMUM_BITRATE, draft.bitrates.maximum);
  add_rate(GST_TAG_BITRATE, draft.bitrates.average);
}

void SetBitrates(CapsDraft& draft) {
  const Bitrates btrt = ParseBtrt(draft.entry.Child("btrt"));
  if (btrt.maximum > 0) draft.bitrates.maximum = btrt.maximum;
  if (btrt.average > 0) draft.bitrates.average = btrt.average;
}

void BuildCaps(CapsDraft& draft) {
  ApplyRule(draft);
  if (!draft.format.caps) return;
  if (draft.entry.kind == MediaKind::kVideo || draft.entry.kind == MediaKind::kAudio) {
    ApplyEsds(draft);
  }
  SetBitrates(draft);
  if (draft.entry.kind == MediaKind::kVideo) AddPictureFields(draft);
  if (draft.entry.kind == MediaKind::kAudio) AddSoundFields(draft);
  if (draft.entry.format == FourCC("resv")) WrapCompressed(draft);
  if (draft.format.encrypted) WrapEncrypted(draft);
}

}  // namespace

void CapsDraft::SetBuffer(const char* field, Bytes bytes) {
  const Ref<GstBuffer> buffer = NewBuffer(bytes);
  gst_caps_set_simple(caps(), field, GST_TYPE_BUFFER, buffer.get(), nullptr);
}

void CapsDraft::SetStreamHeader(const std::vector<Ref<GstBuffer>>& headers) {
  GValue array = G_VALUE_INIT;
  g_value_init(&array, GST_TYPE_ARRAY);
  for (const Ref<GstBuffer>& header : headers) {
    GValue element = G_VALUE_INIT;
    g_value_init(&element, GST_TYPE_BUFFER);
    gst_value_set_buffer(&element, header.get());
    gst_value_array_append_and_take_value(&array, &element);
  }
  gst_caps_set_value(caps(), "streamheader", &array);
  g_value_unset(&array);
}

void CapsDraft::SetColorimetry(const ColorCodes& codes) {
  GstVideoColorimetry colors;
  colors.range = codes.full_range ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235;
  colors.matrix = gst_video_color_matrix_from_iso(codes.matrix);
  colors.transfer = gst_video_transfer_function_from_iso(codes.transfer);
  colors.primaries = gst_video_color_primaries_from_iso(codes.primaries);
  const bool says_something = codes.full_range || colors.matrix != GST_VIDEO_COLOR_MATRIX_UNKNOWN ||
                              colors.transfer != GST_VIDEO_TRANSFER_UNKNOWN ||
                              colors.primaries != GST_VIDEO_COLOR_PRIMARIES_UNKNOWN;
  if (!says_something) return;
  const GCharPtr text(gst_video_colorimetry_to_string(&colors));
  if (text) SetString("colorimetry", text.get());
}

Ref<GstBuffer> NewBuffer(Bytes bytes) {
  if (bytes.empty()) return Ref<GstBuffer>::Adopt(gst_buffer_new());
  return Ref<GstBuffer>::Adopt(gst_buffer_new_memdup(bytes.data(), bytes.size()));
}

Ref<GstBuffer> NewHeaderBuffer(Bytes bytes) {
  Ref<GstBuffer> buffer = NewBuffer(bytes);
  GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_HEADER);
  return buffer;
}

Ref<GstBuffer> NewBoxBuffer(FourCC type, Bytes body) {
  constexpr size_t kHeaderBytes = 8;
  std::vector<uint8_t> box(kHeaderBytes);
  GST_WRITE_UINT32_BE(box.data(), static_cast<guint32>(kHeaderBytes + body.size()));
  GST_WRITE_UINT32_BE(box.data() + 4, type.value);
  box.insert(box.end(), body.begin(), body.end());
  return NewBuffer(box);
}

uint64_t AverageFrameDuration(uint64_t total_ticks,
                              uint32_t first_ticks,
                              uint64_t samples,
                              uint32_t timescale) {
  if (samples < 2 || timescale == 0 || total_ticks <= first_ticks) return 0;
  return gst_util_uint64_scale_round(
      total_ticks - first_ticks, GST_SECOND, (samples - 1) * timescale);
}

const char* PadTemplateName(PadFamily family) {
  switch (family) {
    case PadFamily::kVideo:
      return "video_%u";
    case PadFamily::kAudio:
      return "audio_%u";
    case PadFamily::kSubtitle:
      return "subtitle_%u";
    case PadFamily::kMeta:
      break;
  }
  return "meta_%u";
}

StreamFormat DescribeStream(const SampleDescription& entry, const TrackFacts& track) {
  CapsDraft draft = {entry, track, FindCodec(entry.original_format, entry.kind), {}, {}, {}};
  const Protection protection = ProtectionOf(entry);
  draft.format.encrypted = protection == Protection::kCommonEncryption;
  draft.format.unreadable = protection == Protection::kUnknown;
  if (draft.codec) draft.codec_name = draft.codec->name;
  draft.rate = entry.audio.sample_rate;
  draft.channels = entry.audio.channels;
  BuildCaps(draft);
  SetKindFacts(draft);
  SetTags(draft);
  return std::move(draft.format);
}

}  // namespace iso::gst
