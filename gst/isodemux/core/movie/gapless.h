// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Gapless audio: what encoders say outside the edit list about the samples they added in
// front (priming) and behind (padding).

#pragma once

#include <optional>

#include "core/movie/movie.h"

namespace iso {

/// What of a track's media was there before encoding, in ticks.
struct ValidMedia {
  int64_t start = 0;
  int64_t end = kTimeMax;  ///< exclusive; kTimeMax: to the end

  bool operator==(const ValidMedia&) const = default;
};

/// An iTunSMPB value: hexadecimal numbers, of which the second to fourth are priming,
/// padding and length in audio frames. Nothing when it is not one.
std::optional<ValidMedia> ParseItunSmpb(Bytes text);

/// For a movie of one audio track whose edit list trims nothing: from iTunSMPB, from a
/// known encoder's habit (Nero), or from the Opus configuration's pre-skip.
void TrimToValidMedia(Movie* movie);

}  // namespace iso
