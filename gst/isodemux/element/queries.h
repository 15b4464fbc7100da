// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From places in a file to samples, and from samples to times.

#pragma once

#include <cstdint>
#include <optional>

#include "core/movie/movie.h"

namespace iso::gst {

/// The first sample that lies at or behind `byte`. Offsets of one track rise in every
/// file that a muxer writes; in others the answer is some sample near it.
std::optional<int64_t> SampleAtByte(const Samples& samples, uint64_t byte);

/// When sample `number` is on display, by the first edit that shows it; nothing where none
/// does.
std::optional<int64_t> TimeOfSample(const Track& track, uint64_t number);

}  // namespace iso::gst
