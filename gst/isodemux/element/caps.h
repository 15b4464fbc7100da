// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From a sample entry to what downstream sees: caps, codec tags, the family of the pad,
// and what must be done to each sample before it can be pushed.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/codec/sample_description.h"
#include "element/ref.h"
#include "element/transform.h"

namespace iso::gst {

/// What the caps need to know of a track besides its sample entry. All of it is
/// optional: 0 means unknown.
struct TrackFacts {
  FourCC handler;                        ///< hdlr's handler type
  uint32_t timescale = 0;                ///< mdhd's, ticks a second
  uint32_t display_width = 0;            ///< tkhd's, whole pixels (the 16.16 value >> 16)
  uint32_t display_height = 0;           ///< likewise
  uint64_t frame_duration_ns = 0;        ///< average duration of the track's samples
  bool still = false;                    ///< one single picture: framerate 0/1
  uint64_t video_frame_duration_ns = 0;  ///< that of the first video track; captions need it
  Bytes stereo_video;                    ///< body of stbl's svmi box, where there is one
};

/// The average that frame_duration_ns wants. The first sample is left out, since it is
/// often cut short. 0 for fewer than two samples.
uint64_t AverageFrameDuration(uint64_t total_ticks,
                              uint32_t first_ticks,
                              uint64_t samples,
                              uint32_t timescale);

/// The pad's name is one of video_%u, audio_%u, subtitle_%u, meta_%u.
enum class PadFamily : uint8_t { kVideo, kAudio, kSubtitle, kMeta };

/// "video_%u" and so on, as the pad templates are called.
const char* PadTemplateName(PadFamily family);

struct StreamFormat {
  Ref<GstCaps> caps;     ///< null: the track is not exposed
  Ref<GstTagList> tags;  ///< codec, bitrates; never null, may be empty
  PadFamily family = PadFamily::kMeta;
  bool sparse = false;           ///< GST_STREAM_FLAG_SPARSE
  bool raw = false;              ///< PCM or raw video: every sample decodes, DTS says nothing
  uint32_t raw_frame_bytes = 0;  ///< bytes of one PCM frame, all channels; 0 when not PCM
  bool encrypted = false;        ///< application/x-cenc and kin: samples need protection metadata
  std::shared_ptr<GstStructure> protection;  ///< of every sample alike (Audible); or null
  bool unreadable = false;                   ///< protected in a way nobody can undo (drms, drmi)
  std::vector<Ref<GstBuffer>> headers;       ///< pushed before the first sample of a pad
  Ref<GstEvent> header_event;                ///< likewise, before any buffer (DVD colours); or null
  std::shared_ptr<const SampleTransform> transform;  ///< null: samples go out as they are
};

/// Never fails: what is not known gets caps of its own (video/x-gst-fourcc-XXXX).
StreamFormat DescribeStream(const SampleDescription& entry, const TrackFacts& track);

}  // namespace iso::gst
