// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The generated movies: one for each table form and file layout, by name.

#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "movie_builder.h"

namespace iso::test {

struct CatalogMovie {
  std::string name;
  MovieSpec spec;
};

/// How GoogleTest prints one.
inline void PrintTo(const CatalogMovie& movie, std::ostream* out) {
  *out << movie.name;
}

/// Every generated movie; those that need zlib are left out without it.
std::vector<CatalogMovie> CatalogMovies();

// Tracks to build others from. `seconds` of media; ids are the caller's.
TrackSpec VideoTrack(uint32_t id, double seconds);  ///< 25/s, GOPs of 13, B-frames, ctts v0
TrackSpec AudioTrack(uint32_t id, double seconds);  ///< AAC, 48 kHz, 1,024 frames a sample
TrackSpec PcmTrack(uint32_t id, std::string_view type, double seconds);  ///< 16 bit stereo, 8 kHz
TrackSpec TextTrack(uint32_t id, double seconds);  ///< tx3g, one line each 2 s, empty between

/// A video and an audio track of 4 s, interleaved.
MovieSpec PlainMovie();

}  // namespace iso::test
