// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The generated fragmented movies: one for each form of fragment, index and layout, by name.

#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "fragment_builder.h"

namespace iso::test {

struct CatalogFragments {
  std::string name;
  FragmentedSpec spec;
};

/// How GoogleTest prints one.
inline void PrintTo(const CatalogFragments& movie, std::ostream* out) {
  *out << movie.name;
}

std::vector<CatalogFragments> FragmentCatalog();

/// A video and an audio track, 12 s in fragments of 1.04 s: whole groups of pictures.
FragmentedSpec PlainFragments();

}  // namespace iso::test
