// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The formulas behind movie_layout.h.

#include "movie_layout.h"

#include <algorithm>

namespace iso::bench {

namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr uint32_t kVideoPeriod = 420;
constexpr uint32_t kAudioPeriod = 97;
constexpr uint32_t kVariableDelayTicks = 1024;  // frame times are moved by up to 180 ticks

/// Chunks start every 0.5 s (video) and 0.512 s (audio): 125 to 128.
constexpr uint64_t kVideoChunkUnits = 125;
constexpr uint64_t kAudioChunkUnits = 128;

uint64_t DivideUp(uint64_t a, uint64_t b) {
  return (a + b - 1) / b;
}

uint64_t Scale(uint64_t ticks, uint64_t to, uint64_t from) {
  return ticks / from * to + ticks % from * to / from;
}

/// Where a frame is shown inside its group, from its place in decode order.
uint32_t DisplayInGroup(uint32_t place) {
  if (place == 0 || place >= 58) return place;
  switch (place % 3) {
    case 1:
      return place + 2;  // P, ahead of the two B it serves
    default:
      return place - 1;  // B
  }
}

/// Moves frame times of the variable rate; 0 at each sync frame, no two neighbouring
/// frames then last equally long.
int32_t Jitter(uint32_t in_group) {
  const uint32_t mixed = (in_group * in_group * 7 + in_group * 13 + 30) % 61;
  return (static_cast<int32_t>(mixed) - 30) * 6;
}

uint32_t TypicalFrameSize(uint32_t frame) {
  const uint32_t in_group = frame % MovieLayout::kGroup;
  const uint32_t vary = frame * 193 % 400;
  if (in_group == 0) return 12'000 + vary * 8;
  const bool is_p = in_group >= 58 || in_group % 3 == 1;
  return is_p ? 2'800 + vary : 600 + vary;
}

uint32_t SizeOf(Track track, SampleSizes kind, uint32_t i) {
  switch (kind) {
    case SampleSizes::kTiny:
      return 24 + i * 7 % 17;
    case SampleSizes::kSmall:
      return 140 + i * 47 % 121;
    case SampleSizes::kTypical:
      break;
  }
  return track == Track::kVideo ? TypicalFrameSize(i) : 200 + i * 31 % 120;
}

}  // namespace

MovieLayout::MovieLayout(const MovieSpec& spec)
    : spec_(spec),
      frames_(DivideUp(std::max<uint64_t>(spec.frames, 1), kGroup) * kGroup),
      audio_(DivideUp(frames_ * 25, IsFragmented() ? 32 : 16)),
      video_sizes_(MakeSizes(Track::kVideo, spec.sizes)),
      audio_sizes_(MakeSizes(Track::kAudio, spec.sizes)) {
}

uint64_t MovieLayout::Sizes::SumOfFirst(uint64_t n) const {
  return n / size.size() * sum.back() + sum[n % size.size()];
}

MovieLayout::Sizes MovieLayout::MakeSizes(Track track, SampleSizes kind) {
  const uint32_t period = track == Track::kVideo ? kVideoPeriod : kAudioPeriod;
  Sizes sizes;
  sizes.sum.push_back(0);
  for (uint32_t i = 0; i < period; ++i) {
    sizes.size.push_back(SizeOf(track, kind, i));
    sizes.sum.push_back(sizes.sum.back() + sizes.size.back());
  }
  return sizes;
}

uint64_t MovieLayout::ChunkCount(Track track) const {
  return DivideUp(SampleCount(track), SamplesPerChunk(track));
}

uint32_t MovieLayout::Size(Track track, uint64_t sample) const {
  const Sizes& sizes = SizesOf(track);
  return sizes.size[sample % sizes.size.size()];
}

uint64_t MovieLayout::PayloadBytes() const {
  return video_sizes_.SumOfFirst(frames_) + audio_sizes_.SumOfFirst(audio_);
}

uint64_t MovieLayout::ChunkOffset(Track track, uint64_t chunk) const {
  const Track other = track == Track::kVideo ? Track::kAudio : Track::kVideo;
  // A video chunk goes before the audio chunk that starts at the same time.
  const uint64_t others = track == Track::kVideo
                              ? DivideUp(chunk * kVideoChunkUnits, kAudioChunkUnits)
                              : chunk * kAudioChunkUnits / kVideoChunkUnits + 1;
  const uint64_t before = std::min(others * SamplesPerChunk(other), SampleCount(other));
  return SizesOf(track).SumOfFirst(chunk * SamplesPerChunk(track)) +
         SizesOf(other).SumOfFirst(before);
}

uint64_t MovieLayout::Offset(Track track, uint64_t sample) const {
  const Sizes& sizes = SizesOf(track);
  const uint64_t chunk = sample / SamplesPerChunk(track);
  return ChunkOffset(track, chunk) + sizes.SumOfFirst(sample) -
         sizes.SumOfFirst(chunk * SamplesPerChunk(track));
}

uint64_t MovieLayout::DecodeTicks(Track track, uint64_t sample) const {
  if (track == Track::kAudio) return sample * kAudioTicks;
  const uint64_t even = sample * FrameTicks();
  if (!spec_.variable_rate) return even;
  return even + static_cast<uint64_t>(Jitter(static_cast<uint32_t>(sample % kGroup)));
}

uint64_t MovieLayout::DisplayTicks(uint64_t frame) const {
  const auto place = static_cast<uint32_t>(frame % kGroup);
  return DecodeTicks(Track::kVideo, frame - place + DisplayInGroup(place));
}

uint32_t MovieLayout::CompositionOffset(uint64_t frame) const {
  return static_cast<uint32_t>(DisplayTicks(frame) + MediaStart(Track::kVideo) -
                               DecodeTicks(Track::kVideo, frame));
}

uint32_t MovieLayout::MediaStart(Track track) const {
  if (track == Track::kAudio) return 0;
  // B-frames delay by a frame.
  return spec_.variable_rate ? kVariableDelayTicks : FrameTicks();
}

uint64_t MovieLayout::PresentationNs(Track track, uint64_t sample) const {
  if (track == Track::kAudio) {
    return Scale(sample * kAudioTicks, kNsPerSecond, kAudioTimescale);
  }
  return Scale(DisplayTicks(sample), kNsPerSecond, kVideoTimescale);
}

uint64_t MovieLayout::NsPerGroup() const {
  return IsFragmented() ? kNsPerSecond : 2 * kNsPerSecond;
}

uint64_t MovieLayout::DurationNs() const {
  return frames_ / kGroup * NsPerGroup();
}

uint64_t MovieLayout::SyncFrameAt(uint64_t ns) const {
  return std::min(ns / NsPerGroup(), frames_ / kGroup - 1) * kGroup;
}

uint64_t MovieLayout::AudioFrameAt(uint64_t ns) const {
  return std::min(Scale(ns, kAudioTimescale, kNsPerSecond) / kAudioTicks, audio_ - 1);
}

std::array<uint8_t, MovieLayout::kMarkerBytes> MovieLayout::Marker(Track track, uint64_t sample) {
  std::array<uint8_t, kMarkerBytes> marker = {'B', 'N', 'C', 'H'};
  marker[4] = track == Track::kVideo ? 'v' : 'a';
  for (size_t i = 0; i < 7; ++i) {
    marker[5 + i] = static_cast<uint8_t>(sample >> (8 * (6 - i)));
  }
  return marker;
}

bool ChunkWalk::Next(Chunk& chunk) {
  const bool video_left = next_[0] < layout_.ChunkCount(Track::kVideo);
  const bool audio_left = next_[1] < layout_.ChunkCount(Track::kAudio);
  if (!video_left && !audio_left) return false;
  const bool audio_first = next_[1] * kAudioChunkUnits < next_[0] * kVideoChunkUnits;
  chunk.track = audio_left && (audio_first || !video_left) ? Track::kAudio : Track::kVideo;
  const uint32_t per_chunk = MovieLayout::SamplesPerChunk(chunk.track);
  chunk.first = next_[static_cast<size_t>(chunk.track)]++ * per_chunk;
  chunk.count = std::min<uint64_t>(per_chunk, layout_.SampleCount(chunk.track) - chunk.first);
  return true;
}

}  // namespace iso::bench
