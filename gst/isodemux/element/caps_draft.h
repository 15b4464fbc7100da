// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CapsDraft: a StreamFormat in the making, and setters for caps fields. Shared by the
// caps_*.cpp files only.

#pragma once

#include <string>

#include "core/codec/codec_table.h"
#include "core/codec/esds.h"
#include "core/codec/picture_info.h"
#include "element/caps.h"

namespace iso::gst {

struct CapsDraft {
  const SampleDescription& entry;
  const TrackFacts& track;
  const CodecInfo* codec;  ///< null: the code is not known
  StreamFormat format;     ///< its caps are writable until the draft is done
  std::string codec_name;  ///< for the tags; empty: described by the caps
  Bitrates bitrates;
  uint32_t rate = 0;  ///< of audio, Hz; refined by codecs
  uint32_t channels = 0;

  GstCaps* caps() const { return format.caps.get(); }

  /// Replaces the caps, from their text form.
  void SetCaps(const char* text) { format.caps = Ref<GstCaps>::Adopt(gst_caps_from_string(text)); }

  bool Is(const char* media_type) const {
    return gst_structure_has_name(gst_caps_get_structure(caps(), 0), media_type);
  }

  void SetInt(const char* field, int value) {
    gst_caps_set_simple(caps(), field, G_TYPE_INT, value, nullptr);
  }

  void SetString(const char* field, const char* value) {
    gst_caps_set_simple(caps(), field, G_TYPE_STRING, value, nullptr);
  }

  void SetBuffer(const char* field, Bytes bytes);

  void SetCodecData(Bytes bytes) { SetBuffer("codec_data", bytes); }

  /// "streamheader", an array.
  void SetStreamHeader(const std::vector<Ref<GstBuffer>>& headers);

  /// "colorimetry", from code points of ISO/IEC 23091-2.
  void SetColorimetry(const ColorCodes& codes);
};

/// A buffer with a copy of the bytes.
Ref<GstBuffer> NewBuffer(Bytes bytes);

/// The same, flagged as a header.
Ref<GstBuffer> NewHeaderBuffer(Bytes bytes);

/// A buffer with a box: its header, made anew, and its body.
Ref<GstBuffer> NewBoxBuffer(FourCC type, Bytes body);

/// Caps by the codec's rule (caps_rules.cpp), or x-gst-fourcc ones.
void ApplyRule(CapsDraft& draft);

/// What esds says over what the code says.
void ApplyEsds(CapsDraft& draft);

/// What an AudioSpecificConfig says: rate, channels, profile, codec_data.
void SetAacConfig(CapsDraft& draft, Bytes config);

/// The same for AAC that comes without one: AAC LC, as most is.
void InventAacConfig(CapsDraft& draft);

/// Fields that all video, or all audio, has.
void AddPictureFields(CapsDraft& draft);
void AddSoundFields(CapsDraft& draft);

/// Refinements of single codecs, named in the rules.
void RefineJpeg2000(CapsDraft& draft);
void RefineSorenson3(CapsDraft& draft);
void RefineRawVideo(CapsDraft& draft);
void RefineRawByDepth(CapsDraft& draft);
void RefineUncompressed(CapsDraft& draft);
void RefineMpeg4Video(CapsDraft& draft);
void RefineH264(CapsDraft& draft);
void RefineH265(CapsDraft& draft);
void RefineH266(CapsDraft& draft);
void RefineAv1(CapsDraft& draft);
void RefineVpx(CapsDraft& draft);
void RefineDepth(CapsDraft& draft);
void RefineProres(CapsDraft& draft);
void RefineDnxhr(CapsDraft& draft);
void RefineTheora(CapsDraft& draft);
void RefineVc1(CapsDraft& draft);
void RefineGlobalHeader(CapsDraft& draft);
void RefinePcm(CapsDraft& draft);
void RefineRiff(CapsDraft& draft);
void RefineProtectedAac(CapsDraft& draft);
void RefineDolby(CapsDraft& draft);
void RefineTrueHd(CapsDraft& draft);
void RefineQdm2(CapsDraft& draft);
void RefineAmr(CapsDraft& draft);
void RefineAlac(CapsDraft& draft);
void RefineFlac(CapsDraft& draft);
void RefineOpus(CapsDraft& draft);
void RefineWma(CapsDraft& draft);
void RefineMpegH(CapsDraft& draft);
void RefineG726(CapsDraft& draft);
void RefineDvdSubtitle(CapsDraft& draft);
void RefineText(CapsDraft& draft);
void RefineWebVtt(CapsDraft& draft);
void RefineCea608(CapsDraft& draft);
void RefineCea708(CapsDraft& draft);
void RefineTimedXml(CapsDraft& draft);
void RefineHidden(CapsDraft& draft);

}  // namespace iso::gst
