// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The one table from sample entry codes to codecs, and what a track is by its handler.

#pragma once

#include "core/codec/sample_description.h"

namespace iso {

/// What a sample entry's code means. Several codes may mean the same; where one meaning
/// comes in flavours, CodecInfo::variant tells them apart.
enum class CodecId : uint8_t {
  // Video.
  kPng,
  kJpeg,
  kMjpegB,
  kJpeg2000,
  kGif,
  kTiff,
  kSorenson3,
  kSorenson1,
  kRawVideo,  ///< variant: GStreamer's and FourCC.org's name of the pixel format
  kRawByDepth,
  kUncompressed,  ///< ISO/IEC 23001-17
  kMpeg1Video,
  kMpeg2Video,
  kMpeg4Video,
  kMsMpeg4,  ///< variant: version
  kDivx,     ///< variant: version
  kH263,
  kH264,
  kH264InBand,
  kH264ByteStream,
  kH265,
  kH265InBand,
  kH266,
  kH266InBand,
  kAv1,
  kVp3,
  kVp6,  ///< variant: "", "-flash", "-alpha"
  kVp8,
  kVp9,
  kRle,    ///< variant: layout
  kIndeo,  ///< variant: version
  kDv,     ///< variant: version
  kTheora,
  kDirac,
  kIntermediate,
  kDnxhd,
  kDnxhr,
  kProres,  ///< variant: the profile
  kCineform,
  kVc1,
  kWmv,      ///< variant: version
  kSpeedHq,  ///< variant: the code
  kLagarith,
  kHap,  ///< variant: the code
  kTechSmith2,
  kCinepak,
  kQuickDraw,
  kRoadPizza,
  kGraphics,
  kHuffyuv,
  kFfv1,
  kFlashVideo,
  // Audio.
  kPcmUnsigned8,  ///< unsigned in 8 bits, else as kPcmBigEndian
  kPcmBigEndian,
  kPcmLittleEndian,
  kPcmFixed,   ///< variant: the format's name
  kPcmLinear,  ///< QuickTime 'lpcm': flags say it all
  kPcmIso,     ///< ISO/IEC 23003-5, pcmC says it all
  kMulaw,
  kAlaw,
  kAdpcm,  ///< variant: layout
  kRiff,   ///< a WAVE format tag in the low half of the code
  kMp3,
  kMp2,
  kAac,           ///< MPEG-4 audio; esds says which
  kProtectedAac,  ///< Audible
  kAc3,
  kEac3,
  kAc4,
  kTrueHd,
  kDts,
  kMace,  ///< variant: version
  kOgg,
  kDvAudio,
  kQdm,
  kQdm2,
  kGsm,
  kAmr,
  kAmrWideband,
  kAlac,
  kFlac,
  kOpus,
  kQcelp,
  kWma,
  kMpegH,  ///< variant: stream format
  kG722,
  kG726,
  // Text.
  kDvdSubtitle,
  kTimedText,
  kQuickTimeText,
  kTtml,
  kWebVtt,
  kCea608,
  kCea708,
  // Metadata.
  kTimedXml,  ///< metx: the namespace tells
  kHidden,    ///< of no use outside its camera
};

struct CodecInfo {
  FourCC format;
  MediaKind kind;
  CodecId id;
  const char* variant;
  const char* name;  ///< for people; "" where the caps describe it better
};

/// Null for a code that is not known (for this kind: 'raw ' is both video and audio).
const CodecInfo* FindCodec(FourCC format, MediaKind kind);

/// What a track is: by its handler type; by its first sample entry where the handler is
/// none that is known. kOther for tracks that are not for presentation, such as hints
/// and timecodes.
MediaKind KindOfTrack(FourCC handler, FourCC first_format);

/// The code of the first entry of an stsd body; 0 when there is none.
FourCC FirstFormat(Bytes stsd);

}  // namespace iso
