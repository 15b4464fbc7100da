// SPDX-License-Identifier: LGPL-2.1-or-later
//
// An adaptive presentation as files: renditions cut into segments, and the manifests of DASH,
// HLS and Smooth Streaming that name them.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "encoded_media.h"
#include "fragment_builder.h"
#include "temp_directory.h"

namespace iso::test {

/// Two groups of pictures, which last as long as 75 packets of sound.
constexpr double kSegmentSeconds = 1.6;
constexpr uint32_t kSegmentFrames = 2 * kGroupFrames;

/// One encoding of one medium, in segments.
class Rendition {
 public:
  /// What is done to the movie before it is written: to encrypt it, say.
  using Change = std::function<void(FragmentedSpec* spec)>;

  Rendition(std::string name, EncodedTrack media, uint32_t bitrate, const Change& change = nullptr);

  const TrackSpec& track() const { return spec_.movie.tracks[0]; }

  const Bytes& configuration() const { return configuration_; }

  bool is_video() const { return track().handler == "vide"; }

  size_t segments() const { return movie_.places.size(); }

  /// In ticks of the track.
  uint64_t SegmentStart(size_t i) const;
  uint64_t SegmentDuration(size_t i) const;

  Bytes Header() const { return Part(0, movie_.init_size); }

  Bytes Segment(size_t i) const { return Part(movie_.places[i].start, movie_.places[i].end); }

  /// In one file with an index, and where the index lies in it.
  Bytes WholeFile(uint64_t* index_start, uint64_t* index_end) const;

  /// Of which sample (in decoding order) this is the content; -1: of none.
  int SampleWith(const Bytes& content) const;

  std::string name;
  uint32_t bitrate = 0;

 private:
  Bytes Part(uint64_t from, uint64_t to) const;

  Bytes configuration_;
  FragmentedSpec spec_;
  FragmentedMovie movie_;
};

struct Presentation {
  std::vector<Rendition> video;  ///< from small to large
  std::vector<Rendition> audio;
  uint32_t seconds = 0;
};

// Each writes its files below a folder of its own and returns the manifest's name, with a slash
// in front.

/// A file a segment.
std::string WriteDash(const Presentation& presentation, const TempDirectory& directory);
/// A file a rendition, in which segments are found by sidx.
std::string WriteDashOnDemand(const Presentation& presentation, const TempDirectory& directory);
std::string WriteHls(const Presentation& presentation, const TempDirectory& directory);
std::string WriteSmooth(const Presentation& presentation, const TempDirectory& directory);

/// "dash/small-3.m4s": the file of a segment, as the manifest above names it.
std::string DashSegmentName(const Rendition& rendition, size_t segment);
std::string HlsSegmentName(const Rendition& rendition, size_t segment);
std::string SmoothSegmentName(const Rendition& rendition, size_t segment);

}  // namespace iso::test
