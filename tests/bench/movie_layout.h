// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The movies the benchmarks run on, as arithmetic: every size, offset and time of any sample
// follows from its number alone, so that a file of 100 million samples needs no memory to
// write and any answer of a demuxer can be checked. What sparse_file.h writes is this.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace iso::bench {

enum class Track : uint8_t { kVideo, kAudio };

inline constexpr std::array kTracks = {Track::kVideo, Track::kAudio};

/// How large samples are. kTiny: 24 to 40 bytes, kSmall: about 200 bytes, kTypical: about
/// 1.8 kB a frame (I-B-B-P) and 260 bytes of audio, 530 kbit/s together.
enum class SampleSizes : uint8_t { kTiny, kSmall, kTypical };

/// kNone: all samples are in the moov. The others: moofs, and what names them.
enum class Fragments : uint8_t { kNone, kWithoutIndex, kSidx, kMfra };

struct MovieSpec {
  uint64_t frames = 10'000;  // rounded up to whole groups of pictures
  SampleSizes sizes = SampleSizes::kTypical;
  bool variable_rate = false;  // every frame has a run of its own in stts
  bool moov_last = false;
  bool payload = false;                    // every sample is written; otherwise mdat is a hole
  Fragments fragments = Fragments::kNone;  // 60 frames a second then, in groups of a second
};

/// Video: 30 frames a second (timescale 15360), groups of 60 in decode order I P B B P B B ...
/// P P, presented from 0 s through an edit list. Audio: 48 kHz, 1024 samples a frame.
/// Chunks of 15 frames (0.5 s) and 24 audio frames (0.512 s), interleaved by start time.
class MovieLayout {
 public:
  static constexpr uint32_t kVideoTimescale = 15'360;
  static constexpr uint32_t kFrameTicks = 512;
  static constexpr uint32_t kAudioTimescale = 48'000;
  static constexpr uint32_t kAudioTicks = 1'024;
  static constexpr uint32_t kGroup = 60;
  static constexpr uint32_t kMarkerBytes = 12;

  explicit MovieLayout(const MovieSpec& spec);

  const MovieSpec& spec() const { return spec_; }

  uint64_t SampleCount(Track track) const { return track == Track::kVideo ? frames_ : audio_; }

  static uint32_t SamplesPerChunk(Track track) { return track == Track::kVideo ? 15 : 24; }

  uint64_t ChunkCount(Track track) const;

  /// Of a frame at constant rate.
  uint32_t FrameTicks() const { return IsFragmented() ? kFrameTicks / 2 : kFrameTicks; }

  bool IsFragmented() const { return spec_.fragments != Fragments::kNone; }

  uint32_t Size(Track track, uint64_t sample) const;

  /// Bytes of the first `count` samples.
  uint64_t SumOfFirst(Track track, uint64_t count) const {
    return SizesOf(track).SumOfFirst(count);
  }

  uint64_t PayloadBytes() const;

  /// Bytes from the first byte of the payload; not for fragments, see fragment_file.h.
  uint64_t ChunkOffset(Track track, uint64_t chunk) const;
  uint64_t Offset(Track track, uint64_t sample) const;

  /// Ticks of the track's timescale. DecodeTicks(SampleCount()) is the track's duration.
  uint64_t DecodeTicks(Track track, uint64_t sample) const;
  uint32_t CompositionOffset(uint64_t frame) const;

  /// Media time at which the edit list lets the presentation start.
  uint32_t MediaStart(Track track) const;

  /// As a buffer's PTS must say, rounded down.
  uint64_t PresentationNs(Track track, uint64_t sample) const;
  uint64_t DurationNs() const;

  /// The frame to decode from for showing `ns`, and the audio frame that sounds at `ns`.
  uint64_t SyncFrameAt(uint64_t ns) const;
  uint64_t AudioFrameAt(uint64_t ns) const;

  static bool IsSync(Track track, uint64_t sample) {
    return track == Track::kAudio || sample % kGroup == 0;
  }

  /// What the first bytes of a sample say in a file that has them.
  static std::array<uint8_t, kMarkerBytes> Marker(Track track, uint64_t sample);

 private:
  /// Sizes repeat with a period, so that the sum of the first n is known at once.
  struct Sizes {
    std::vector<uint32_t> size;
    std::vector<uint64_t> sum;  // sum[i]: of the first i

    uint64_t SumOfFirst(uint64_t n) const;
  };

  static Sizes MakeSizes(Track track, SampleSizes kind);

  const Sizes& SizesOf(Track track) const {
    return track == Track::kVideo ? video_sizes_ : audio_sizes_;
  }

  uint64_t DisplayTicks(uint64_t frame) const;

  uint64_t NsPerGroup() const;

  MovieSpec spec_;
  uint64_t frames_;
  uint64_t audio_;
  Sizes video_sizes_;
  Sizes audio_sizes_;
};

/// Walks the chunks of both tracks in the order of the file.
class ChunkWalk {
 public:
  explicit ChunkWalk(const MovieLayout& layout) : layout_(layout) {}

  struct Chunk {
    Track track;
    uint64_t first;  // sample
    uint64_t count;  // samples
  };

  /// False after the last.
  bool Next(Chunk& chunk);

 private:
  const MovieLayout& layout_;
  std::array<uint64_t, 2> next_ = {0, 0};
};

}  // namespace iso::bench
