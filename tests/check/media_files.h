// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Optional test media beside the source tree: real files by their manifest, damaged ones.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace iso::test {

/// Where the media and its manifest.csv are; empty where there are none.
std::string MediaRoot();

/// The naive expansion script; empty where there is none.
std::string ExpandScript();

/// Progressive movies of the manifest, relative to MediaRoot; one empty name if there are
/// none, so that there is a test to be skipped.
std::vector<std::string> RealMovies();

/// The same of fragmented movies: whole ones, and media segments put behind their headers.
std::vector<std::string> RealFragments();

/// Every file below malformed/, relative to MediaRoot; one empty name if there are none.
std::vector<std::string> MalformedFiles();

/// Why a real file cannot be compared with the oracle; nullptr if it can.
const char* NotComparable(const std::string& file);

/// Encoder delay that a file tells in its tags instead of an edit list, in media ticks:
/// the movie starts behind it, as with an edit. 0 for all but a few files.
int64_t EncoderDelay(const std::string& file);

/// A name with only letters, digits and underscores.
std::string TestName(const std::string& text);

}  // namespace iso::test
