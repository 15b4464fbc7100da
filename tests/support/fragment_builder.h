// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FragmentedSpec and BuildFragments: small fragmented movies of every form, in memory. The
// builder writes a field that a spec asks for, and one that the samples need; so whatever a
// spec says, the samples read back are those of its tracks.

#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "movie_builder.h"

namespace iso::test {

/// Where the data offsets of a traf count from.
enum class BaseForm {
  kMoof,      ///< default-base-is-moof
  kExplicit,  ///< base-data-offset
  kNone,      ///< neither: the moof, and from the second traf on where the last one's data ended
};

/// Defaults as written to a trex or tfhd; those not given are not written to a tfhd.
struct SampleDefaults {
  std::optional<uint32_t> description;
  std::optional<uint32_t> duration;
  std::optional<uint32_t> size;
  std::optional<uint32_t> flags;
};

/// The flags written for a sample.
uint32_t SampleFlags(const SampleSpec& sample);

/// A trun. The fields named here are written even where the defaults would do.
struct RunSpec {
  size_t count = 0;
  bool data_offset = true;
  bool first_flags = false;
  bool durations = false;
  bool sizes = true;
  bool flags = false;
  bool offsets = false;
  int version = 0;  ///< composition offsets are written as they are in either
};

struct TrafSpec {
  size_t track = 0;  ///< index in the movie's tracks, whose next samples these are
  BaseForm base = BaseForm::kMoof;
  SampleDefaults defaults;
  bool duration_is_empty = false;
  int tfdt_version = 1;          ///< -1: no tfdt
  std::optional<uint64_t> time;  ///< in the tfdt; else the time the last fragment ended
  std::vector<RunSpec> runs;
  /// More whole boxes for the traf, given where they start from the moof on. Their size must
  /// not depend on it.
  std::function<Bytes(uint64_t position)> boxes;
};

struct FragmentSpec {
  std::vector<TrafSpec> trafs;
  Bytes before;              ///< whole boxes before the fragment: styp, emsg, prft
  Bytes moof_boxes;          ///< whole boxes for the moof, behind its trafs
  Bytes between;             ///< whole boxes between its moof and its mdat
  bool moov_before = false;  ///< the moov once more
  bool mdat_first = false;   ///< before its moof: negative data offsets
  bool interleave = false;   ///< first runs of all trafs, then the second ones, and so on
  bool large_mdat = false;
  bool mdat_to_end = false;        ///< size 0; for the last one
  bool continues_segment = false;  ///< no subsegment of its own in a sidx
};

enum class SidxForm {
  kNone,
  kFlat,
  kFlatEachTrack,  ///< one for each track, all before the first fragment
  kHierarchical,   ///< one of ones, each before its four subsegments
  kChained,        ///< each names four subsegments and the next sidx behind them
  kEachSegment,    ///< each names four subsegments and knows of nothing else
  kFirstSegment,   ///< the first one of those alone
};

struct FragmentedSpec {
  /// Headers, and all samples of the tracks. `moov_first` and what else is about mdat hold for
  /// the progressive part, if there is one.
  MovieSpec movie;
  std::vector<size_t> progressive;   ///< samples of each track that are in the moov
  std::vector<SampleDefaults> trex;  ///< of each track; 1, 0, 0, 0 where not given
  bool mvex = true;
  int mehd_version = -1;  ///< -1: no mehd
  bool without_moov = false;
  SidxForm sidx = SidxForm::kNone;
  int sidx_version = 0;
  int tfra_version = -1;  ///< -1: no mfra
  int tfra_bytes = 1;     ///< of traf, trun and sample numbers, 1 to 4
  Bytes after;            ///< whole boxes at the end (before the mfra)
  std::vector<FragmentSpec> fragments;
};

/// Samples of one track in a fragment.
struct TrackPart {
  size_t track = 0;
  size_t traf = 0;  ///< 0-based
  size_t first = 0;
  size_t count = 0;
  uint64_t time = 0;  ///< decode time of the first
};

/// Where a fragment lies: [start, end) with what is before and between, its moof and mdat.
struct FragmentPlace {
  uint64_t start = 0;
  uint64_t moof = 0;
  uint64_t mdat = 0;
  uint64_t end = 0;
  std::vector<TrackPart> parts;
};

struct FragmentedMovie {
  Bytes bytes;
  uint64_t init_size = 0;  ///< of what comes before the first fragment and any sidx
  std::vector<FragmentPlace> places;
};

FragmentedMovie BuildFragments(const FragmentedSpec& spec);

/// Cuts the tracks' samples (those not progressive) into fragments of `seconds`, one traf with
/// one run for each track that has samples in it.
std::vector<FragmentSpec> CutFragments(const FragmentedSpec& spec, double seconds);

/// The same with a moof for each track.
std::vector<FragmentSpec> CutFragmentsByTrack(const FragmentedSpec& spec, double seconds);

/// Splits every run into runs of at most `most` samples.
void SplitRuns(FragmentSpec* fragment, size_t most);

/// Zeroes `count` bytes from `at` on, as far as there are any.
void ZeroBytes(Bytes* bytes, uint64_t at, size_t count = 4096);

// Boxes to put before and between.
Bytes StypBox();
Bytes EmsgBox(int version, uint32_t timescale, uint64_t time, uint32_t duration, uint32_t id);
Bytes PrftBox(uint32_t track_id, uint64_t ntp, uint64_t media_time);

// Indexes (fragment_index.cpp).
Bytes MfraBox(const FragmentedSpec& spec, const std::vector<FragmentPlace>& places);

}  // namespace iso::test
