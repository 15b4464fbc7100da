// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where the benchmarks seek to, the same for every element and every run, and which sample
// must then come first on each pad.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "movie_layout.h"

namespace iso::bench {

enum class SeekKind : uint8_t { kKeyUnit, kAccurate };

/// 90 % of the duration, then `count` places anywhere.
std::vector<uint64_t> SeekTargets(const MovieLayout& layout, size_t count);

/// Of video and audio. A key unit seek moves to the sync frame's time, and so does the sound;
/// an accurate one starts decoding there, but the sound begins where it was asked for, with
/// two frames before that for the decoder to get going (qtdemux does the same).
std::array<uint64_t, 2> FirstSamples(const MovieLayout& layout, SeekKind kind, uint64_t ns);

}  // namespace iso::bench
