// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ChannelLayout: which loudspeaker each channel of an audio track is for, from chan
// (QuickTime) and chnl (ISO/IEC 14496-12 12.2.4).

#pragma once

#include <vector>

#include "core/codec/sample_description.h"

namespace iso {

/// In the order of a bit mask that is common to WAVE and GStreamer.
enum class Speaker : uint8_t {
  kFrontLeft,
  kFrontRight,
  kFrontCenter,
  kLfe,
  kRearLeft,
  kRearRight,
  kFrontLeftOfCenter,
  kFrontRightOfCenter,
  kRearCenter,
  kLfe2,
  kSideLeft,
  kSideRight,
  kTopFrontLeft,
  kTopFrontRight,
  kTopFrontCenter,
  kTopCenter,
  kTopRearLeft,
  kTopRearRight,
  kTopSideLeft,
  kTopSideRight,
  kTopRearCenter,
  kBottomFrontCenter,
  kBottomFrontLeft,
  kBottomFrontRight,
  kWideLeft,
  kWideRight,
  kSurroundLeft,
  kSurroundRight,
};

constexpr int kSpeakers = static_cast<int>(Speaker::kSurroundRight) + 1;

/// One speaker a channel, each at most once; empty when the file does not say, or says
/// something that has no such form (objects, ambisonics, free positions).
std::vector<Speaker> SpeakersOf(const SampleDescription& entry);

}  // namespace iso
