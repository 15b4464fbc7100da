// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Edit lists of every form, each on every kind of track.

#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "movie_builder.h"

namespace iso::test {

/// A movie of one track.
struct EditListMovie {
  std::string name;
  MovieSpec movie;
};

inline void PrintTo(const EditListMovie& movie, std::ostream* out) {
  *out << movie.name;
}

/// Each form on each kind of track for each of the timescales, versions 0 and 1 in turn.
std::vector<EditListMovie> EditListMovies(const std::vector<uint32_t>& movie_timescales);

}  // namespace iso::test
