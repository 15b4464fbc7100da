// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The fragmented movies of the benchmarks: a moof every two seconds, with or without an index
// for them. Where anything lies follows from its number alone; the payload stays a hole.

#pragma once

#include <cstdint>
#include <string>

#include "box_tree.h"
#include "movie_layout.h"

namespace iso::bench {

class FragmentLayout {
 public:
  /// `media_start`: where the first fragment lies in the file.
  FragmentLayout(const MovieLayout& layout, uint64_t media_start)
      : layout_(layout), media_start_(media_start) {}

  uint64_t Count() const;

  /// First sample of a fragment; for the one behind the last, the number of samples.
  uint64_t First(Track track, uint64_t fragment) const;

  /// Where its moof is; for the one behind the last, where the fragments end.
  uint64_t MoofOffset(uint64_t fragment) const;

  uint64_t SampleOffset(Track track, uint64_t sample) const;

  /// The moof, and the header of the mdat behind it.
  std::string Head(uint64_t fragment) const;

 private:
  uint64_t FragmentOf(Track track, uint64_t sample) const;
  uint64_t HeadBytes(uint64_t fragment) const;
  Box Traf(Track track, uint64_t fragment, uint64_t data_offset) const;

  const MovieLayout& layout_;
  const uint64_t media_start_;
};

/// The index of such a movie, as it stands before the fragments (sidx) or behind them (mfra).
std::string SidxFor(const MovieLayout& layout);
std::string MfraFor(const FragmentLayout& fragments, const MovieLayout& layout);

/// mvex, for the moov.
Box MovieExtends();

}  // namespace iso::bench
