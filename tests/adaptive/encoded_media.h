// SPDX-License-Identifier: LGPL-2.1-or-later
//
// EncodeVideo and EncodeAudio: tracks that a decoder plays, encoded when a test starts.

#pragma once

#include <optional>
#include <string>

#include "movie_builder.h"

namespace iso::test {

constexpr uint32_t kFrameRate = 25;
constexpr uint32_t kGroupFrames = 20;
constexpr uint32_t kSampleRate = 48000;
constexpr uint32_t kPacketSamples = 1024;

/// What has to be installed for it all; empty when it is, else the name of what is missing.
std::string MissingForMedia();

struct EncodedTrack {
  TrackSpec track;
  Bytes configuration;  ///< avcC without its header; AudioSpecificConfig
};

/// H.264, in closed groups of pictures. With B frames, composition offsets go below
/// zero: the first picture is on display at 0. Nothing if the encoder fails.
std::optional<EncodedTrack> EncodeVideo(uint32_t width,
                                        uint32_t height,
                                        uint32_t seconds,
                                        int b_frames);

/// AAC-LC, two channels.
std::optional<EncodedTrack> EncodeAudio(uint32_t seconds);

}  // namespace iso::test
