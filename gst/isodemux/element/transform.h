// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleTransform: what turns a sample as the file stores it into a buffer as its caps
// promise it, for the few formats where these differ.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include "element/ref.h"

namespace iso::gst {

/// Buffers to push, in order. None: the sample says nothing (a GAP event covers it).
using Buffers = std::vector<Ref<GstBuffer>>;

/// Stateless: a sample's output depends on that sample alone, so that seeking needs no
/// reset and any thread may call.
class SampleTransform {
 public:
  virtual ~SampleTransform() = default;

  /// Takes a sample with its timestamps, duration and flags set (media time).
  virtual Buffers Apply(Ref<GstBuffer> sample) const = 0;
};

using TransformRef = std::shared_ptr<const SampleTransform>;

/// Timed text (3GPP, QuickTime) to UTF-8: without the length before and the styles after.
TransformRef MakeTextTransform();

/// WebVTT cue boxes (14496-30) to the text of a WebVTT file.
TransformRef MakeWebVttTransform();

/// c608 boxes to SMPTE 334-1 triplets, one pair a field and buffer, each `frame` long.
TransformRef MakeCea608Transform(GstClockTime frame);

/// c708 boxes to caption distribution packets.
TransformRef MakeCea708Transform();

/// Samples without their first byte (QuickTime's Theora has one that pads).
TransformRef MakeTrimTransform(size_t bytes);

/// Drops samples of fewer bytes: empty pictures.
TransformRef MakeMinimumTransform(size_t bytes);

/// How raw pictures are stored, as opposed to what the caps say.
struct StoredPicture {
  uint32_t row_align = 1;         ///< rows are padded to a multiple of this
  bool swap_bytes = false;        ///< pixels of 16 bits in the other byte order
  bool signed_chroma = false;     ///< YUY2 whose chroma is in two's complement
  bool chroma_around = false;     ///< pixels of Cr, Y, Cb instead of v308's Y, Cb, Cr
  std::vector<uint32_t> palette;  ///< for RGB8P, 256 of 0xAARRGGBB
};

/// Rows as GstVideoInfo has them, memory aligned for SIMD.
TransformRef MakeRawVideoTransform(const GstVideoInfo& info, StoredPicture stored);

/// Whole PCM frames, aligned, with the channels in GStreamer's order.
TransformRef MakePcmTransform(const GstAudioInfo& info,
                              std::vector<GstAudioChannelPosition> stored_order);

}  // namespace iso::gst
