// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Caps of audio, codec by codec, as far as its configuration adds to the rule.

#include <algorithm>
#include <string>

#include <gst/audio/audio.h>
#include <gst/pbutils/pbutils.h>
#include <gst/riff/riff-media.h>

#include "core/codec/audio_config.h"
#include "core/codec/box_list.h"
#include "core/codec/channel_layout.h"
#include "core/codec/pcm.h"
#include "element/caps_draft.h"

namespace iso::gst {
namespace {

GstAudioFormat AudioFormatOf(const PcmFormat& pcm) {
  if (pcm.is_float) {
    const bool wide = pcm.bits == 64;
    if (pcm.big_endian) return wide ? GST_AUDIO_FORMAT_F64BE : GST_AUDIO_FORMAT_F32BE;
    return wide ? GST_AUDIO_FORMAT_F64LE : GST_AUDIO_FORMAT_F32LE;
  }
  // Bits at the upper end of a container are as good as a container full of bits.
  const int bits = pcm.high_aligned ? pcm.container_bits : pcm.bits;
  return gst_audio_format_build_integer(
      pcm.is_signed, pcm.big_endian ? G_BIG_ENDIAN : G_LITTLE_ENDIAN, pcm.container_bits, bits);
}

/// In the file's order; empty when it does not say.
std::vector<GstAudioChannelPosition> PositionsOf(const SampleDescription& entry) {
  std::vector<GstAudioChannelPosition> positions;
  for (const Speaker speaker : SpeakersOf(entry)) {
    static_assert(static_cast<int>(GST_AUDIO_CHANNEL_POSITION_SURROUND_RIGHT) + 1 == kSpeakers);
    positions.push_back(static_cast<GstAudioChannelPosition>(speaker));
  }
  return positions;
}

/// Masks as others guess them when nothing is known.
uint64_t FallbackMask(int channels) {
  return channels <= 8 ? gst_audio_channel_get_fallback_mask(channels) : 0;
}

/// Channel mask, and the transform that puts channels in the mask's order.
void SetPcmChannels(CapsDraft& draft, GstAudioFormat format, bool interleaved) {
  const auto channels = static_cast<int>(draft.channels);
  if (channels < 1 || draft.rate < 1) return;
  std::vector<GstAudioChannelPosition> stored = PositionsOf(draft.entry);
  if (channels == 1 || channels > 64) stored.clear();
  std::vector<GstAudioChannelPosition> ordered = stored;
  guint64 mask = FallbackMask(channels);
  if (!stored.empty() &&
      gst_audio_channel_positions_to_mask(ordered.data(), channels, FALSE, &mask)) {
    gst_audio_channel_positions_to_valid_order(ordered.data(), channels);
  }
  if (channels > 1) {
    gst_caps_set_simple(draft.caps(), "channel-mask", GST_TYPE_BITMASK, mask, nullptr);
  }
  if (!interleaved || format == GST_AUDIO_FORMAT_UNKNOWN) return;
  if (stored == ordered) stored.clear();
  GstAudioInfo info;
  gst_audio_info_init(&info);
  gst_audio_info_set_format(&info,
                            format,
                            static_cast<int>(draft.rate),
                            channels,
                            stored.empty() ? nullptr : ordered.data());
  draft.format.transform = MakePcmTransform(info, std::move(stored));
}

struct WmaVersion {
  uint16_t tag;
  int version;
};

constexpr WmaVersion kWmaVersions[] = {{0x160, 1}, {0x161, 2}, {0x162, 3}, {0x163, 4}};

/// wfex, or a WAVE header at the end of the entry.
std::optional<WaveFormat> WaveFormatOf(const SampleDescription& entry) {
  constexpr size_t kWaveHeaderBytes = 18;
  if (entry.HasChild("wfex")) return ParseWaveFormat(entry.Child("wfex"));
  if (entry.HasChild(entry.original_format)) {
    return ParseWaveFormat(entry.Child(entry.original_format));
  }
  constexpr size_t kFixedBytes = 36;
  const Bytes bytes = entry.bytes;
  if (bytes.size() < kFixedBytes + kWaveHeaderBytes) return std::nullopt;
  const auto wave = ParseWaveFormat(bytes.subspan(kFixedBytes));
  const bool is_wma = wave && wave->tag >= 0x160 && wave->tag <= 0x163;
  return is_wma ? wave : std::nullopt;
}

const char* MpegHProfile(uint8_t profile_level) {
  static constexpr const char* kProfiles[] = {"main", "high", "low-complexity", "baseline"};
  const unsigned index = (profile_level - 1u) / 5;
  return profile_level > 0 && index < std::size(kProfiles) ? kProfiles[index] : nullptr;
}

/// The rate and channels of an AudioSpecificConfig that has nothing but these: what is
/// longer may describe the core of a stream that sounds at twice the rate.
void TakeShortConfig(CapsDraft& draft, Bytes config) {
  if (config.size() != 2 && draft.rate != 0 && draft.channels != 0) return;
  const auto length = static_cast<guint>(config.size());
  const guint rate = gst_codec_utils_aac_get_sample_rate(config.data(), length);
  const guint channels = gst_codec_utils_aac_get_channels(config.data(), length);
  if (rate > 0) draft.rate = rate;
  if (channels > 0) draft.channels = channels;
}

/// GStreamer divides by these, and for ADPCM by what a block holds after its header.
bool IsUsable(const WaveFormat& wave) {
  constexpr uint32_t kLeastAdpcmBlock = 16;  // bytes a channel
  const bool is_adpcm =
      wave.tag == GST_RIFF_WAVE_FORMAT_ADPCM || wave.tag == GST_RIFF_WAVE_FORMAT_DVI_ADPCM;
  if (is_adpcm && wave.block_align < kLeastAdpcmBlock * wave.channels) return false;
  return wave.channels > 0 && wave.sample_rate > 0 && wave.bytes_per_second > 0 &&
         wave.block_align > 0 && wave.bits_per_sample > 0;
}

/// For a code without a header: what it would say if samples were bytes.
WaveFormat InventWaveFormat(const CapsDraft& draft) {
  WaveFormat wave;
  wave.tag = static_cast<uint16_t>(draft.entry.original_format.value);
  wave.channels = static_cast<uint16_t>(std::min<uint32_t>(draft.channels, 64));
  wave.sample_rate = std::min<uint32_t>(draft.rate, 1u << 20);
  wave.bytes_per_second = wave.sample_rate * wave.channels;
  wave.block_align = wave.channels;
  wave.bits_per_sample = 8;
  return wave;
}

}  // namespace

void SetAacConfig(CapsDraft& draft, Bytes config) {
  TakeShortConfig(draft, config);
  gst_codec_utils_aac_caps_set_level_and_profile(
      draft.caps(), config.data(), static_cast<guint>(config.size()));
  draft.SetCodecData(config);
}

void InventAacConfig(CapsDraft& draft) {
  constexpr uint32_t kAacLc = 2;
  constexpr int kRateIndex44100 = 4;
  if (draft.entry.HasChild("esds") || draft.format.encrypted) return;
  const int rate_index = gst_codec_utils_aac_get_index_from_sample_rate(draft.rate);
  const auto index = static_cast<uint32_t>(rate_index < 0 ? kRateIndex44100 : rate_index);
  const uint32_t channels = draft.channels == 8 ? 7 : draft.channels & 7;
  const uint32_t config = kAacLc << 11 | index << 7 | channels << 3;
  const uint8_t bytes[] = {static_cast<uint8_t>(config >> 8), static_cast<uint8_t>(config)};
  SetAacConfig(draft, bytes);
}

void RefinePcm(CapsDraft& draft) {
  const auto pcm = PcmFormatOf(draft.entry);
  const GstAudioFormat format = pcm ? AudioFormatOf(*pcm) : GST_AUDIO_FORMAT_UNKNOWN;
  if (format == GST_AUDIO_FORMAT_UNKNOWN) {
    draft.codec = nullptr;
    ApplyRule(draft);
    return;
  }
  draft.SetString("format", gst_audio_format_to_string(format));
  draft.SetString("layout", pcm->interleaved ? "interleaved" : "non-interleaved");
  draft.format.raw = true;
  if (pcm->interleaved) draft.format.raw_frame_bytes = PacketLayoutOf(draft.entry).bytes;
  SetPcmChannels(draft, format, pcm->interleaved);
}

/// The WAVE header in the wave box knows better than the code. It is named by the code.
void RefineRiff(CapsDraft& draft) {
  auto wave = ParseWaveFormat(draft.entry.Child(draft.entry.original_format));
  if (!wave && draft.codec->id == CodecId::kRiff) wave = InventWaveFormat(draft);
  if (!wave || !IsUsable(*wave)) return;
  gst_riff_strf_auds header = {};
  header.format = wave->tag;
  header.channels = wave->channels;
  header.rate = wave->sample_rate;
  header.av_bps = wave->bytes_per_second;
  header.blockalign = wave->block_align;
  header.bits_per_sample = wave->bits_per_sample;
  Ref<GstBuffer> extra;
  if (!wave->extra.empty()) extra = NewBuffer(wave->extra);
  char* name = nullptr;
  auto caps = Ref<GstCaps>::Adopt(gst_riff_create_audio_caps(
      header.format, nullptr, &header, extra.get(), nullptr, &name, nullptr));
  const GCharPtr owned_name(name);
  if (!caps) return;
  draft.format.caps = std::move(caps);
  draft.format.caps.writable();
  if (owned_name && draft.codec_name.empty()) draft.codec_name = owned_name.get();
}

/// Audible: AAC whose samples are encrypted in a way of its own.
void RefineProtectedAac(CapsDraft& draft) {
  draft.format.encrypted = true;
}

/// The entry's count of channels is wrong more often than not (it is 2 for 5.1, by the
/// specifications); parsers find out.
void RefineDolby(CapsDraft& draft) {
  draft.channels = 0;
}

/// The entry's own rate is 0 in files by the specification.
void RefineTrueHd(CapsDraft& draft) {
  RefineDolby(draft);
  const auto config = ParseDmlp(draft.entry.Child("dmlp"));
  if (!config) return;
  draft.rate = config->sample_rate;
  draft.channels = config->channels;
}

void RefineQdm2(CapsDraft& draft) {
  if (const Bytes wave = draft.entry.Child("wave"); !wave.empty()) draft.SetCodecData(wave);
  if (draft.entry.audio.sample_size > 0) {
    draft.SetInt("samplesize", static_cast<int>(draft.entry.audio.sample_size));
  }
}

void RefineAmr(CapsDraft& draft) {
  const bool wideband = draft.codec->id == CodecId::kAmrWideband;
  draft.rate = wideband ? 16000 : 8000;
  draft.channels = 1;
  const Bytes damr = draft.entry.Child("damr");
  if (damr.empty()) return;
  const Ref<GstBuffer> box = NewBoxBuffer("damr", damr);
  gst_caps_set_simple(draft.caps(), "codec_data", GST_TYPE_BUFFER, box.get(), nullptr);
  draft.bitrates.maximum = MaximumAmrBitrate(damr, wideband);
}

/// The decoder is used to the box with its header.
void RefineAlac(CapsDraft& draft) {
  uint32_t sample_size = draft.entry.audio.sample_size;
  const Bytes cookie = draft.entry.Child("alac");
  if (const auto config = ParseAlac(cookie)) {
    const Ref<GstBuffer> box = NewBoxBuffer("alac", cookie);
    gst_caps_set_simple(draft.caps(), "codec_data", GST_TYPE_BUFFER, box.get(), nullptr);
    sample_size = config->bit_depth;
    draft.channels = config->channels;
    draft.rate = config->sample_rate;
  }
  if (sample_size > 0) draft.SetInt("samplesize", static_cast<int>(sample_size));
}

void RefineFlac(CapsDraft& draft) {
  constexpr uint8_t kMarker[] = {'f', 'L', 'a', 'C'};
  const auto config = ParseDfLa(draft.entry.Child("dfLa"));
  if (!config) return;
  std::vector<Ref<GstBuffer>> headers = {NewHeaderBuffer(kMarker)};
  for (const Bytes block : config->blocks) {
    headers.push_back(NewHeaderBuffer(block));
  }
  draft.SetStreamHeader(headers);
  if (config->sample_rate > 0) draft.rate = config->sample_rate;
  if (draft.channels == 0) draft.channels = config->channels;
}

void RefineOpus(CapsDraft& draft) {
  const auto config = ParseDOps(draft.entry.Child("dOps"));
  if (!config) return;
  const guint8* mapping = config->mapping.empty() ? nullptr : config->mapping.data();
  auto caps = Ref<GstCaps>::Adopt(gst_codec_utils_opus_create_caps(config->input_rate,
                                                                   config->channels,
                                                                   config->mapping_family,
                                                                   config->streams,
                                                                   config->coupled_streams,
                                                                   mapping));
  if (!caps) return;
  draft.format.caps = std::move(caps);
  draft.format.caps.writable();
  // The caps have these already, where they are known.
  draft.rate = 0;
  draft.channels = config->channels;
}

void RefineWma(CapsDraft& draft) {
  const auto wave = WaveFormatOf(draft.entry);
  if (!wave) return;
  for (const WmaVersion& known : kWmaVersions) {
    if (known.tag == wave->tag) draft.SetInt("wmaversion", known.version);
  }
  draft.SetInt("block_align", wave->block_align);
  draft.SetInt("bitrate",
               static_cast<int>(std::min<uint64_t>(wave->bytes_per_second * 8ull, G_MAXINT)));
  draft.SetInt("width", wave->bits_per_sample);
  draft.SetInt("depth", wave->bits_per_sample);
  if (!wave->extra.empty()) draft.SetCodecData(wave->extra);
  if (wave->sample_rate > 0) draft.rate = wave->sample_rate;
  if (wave->channels > 0) draft.channels = wave->channels;
  draft.codec_name = "Windows Media Audio";
}

void RefineMpegH(CapsDraft& draft) {
  const auto config = ParseMhaC(draft.entry.Child("mhaC"));
  if (!config) return;
  if (const char* profile = MpegHProfile(config->profile_level)) {
    draft.SetString("profile", profile);
    draft.SetInt("level", (config->profile_level - 1) % 5 + 1);
  }
  draft.SetInt("reference-channel-layout", config->reference_layout);
  if (!config->config.empty()) draft.SetCodecData(config->config);
}

/// Bits a sample times 8000 Hz.
void RefineG726(CapsDraft& draft) {
  const uint32_t bits = draft.entry.audio.sample_size;
  draft.SetInt("bitrate", static_cast<int>((bits >= 2 && bits <= 5 ? bits : 4) * 8000));
}

void AddSoundFields(CapsDraft& draft) {
  const GstStructure* caps = gst_caps_get_structure(draft.caps(), 0);
  if (draft.rate > 0 && draft.rate <= G_MAXINT && !gst_structure_has_field(caps, "rate")) {
    draft.SetInt("rate", static_cast<int>(draft.rate));
  }
  if (draft.channels > 0 && draft.channels <= G_MAXINT &&
      !gst_structure_has_field(caps, "channels")) {
    draft.SetInt("channels", static_cast<int>(draft.channels));
  }
}

}  // namespace iso::gst
