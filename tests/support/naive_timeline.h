// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a track presents, by the definition of its edit list, in exact rationals and sample
// by sample. Shares nothing with the core.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "movie_builder.h"
#include "oracle.h"

namespace iso::test {

__extension__ using Wide = __int128;

/// A fraction in lowest terms, denominator above 0.
struct Rational {
  Wide n = 0;
  Wide d = 1;

  static Rational Of(Wide n, Wide d);

  Rational operator+(const Rational& o) const { return Of(n * o.d + o.n * d, d * o.d); }

  Rational operator-(const Rational& o) const { return Of(n * o.d - o.n * d, d * o.d); }

  Rational operator*(const Rational& o) const { return Of(n * o.n, d * o.d); }

  Rational operator/(const Rational& o) const { return Of(n * o.d, d * o.n); }

  bool operator<(const Rational& o) const { return n * o.d < o.n * d; }

  int64_t FloorNs() const;  ///< of seconds
};

/// A sample on display, or nothing on display (a gap; index means nothing).
struct Shown {
  size_t edit = 0;  ///< of those that have a length
  uint64_t index = 0;
  int64_t from_ns = 0;
  int64_t to_ns = 0;
};

/// An edit by its definition. Seconds, but for what is named otherwise.
struct NaiveEdit {
  enum class Kind { kMedia, kHeld, kNothing };

  Kind kind = Kind::kMedia;
  Rational start;
  Rational end;
  int64_t media_ticks = 0;
  Rational rate;
};

struct NaiveTimeline {
  std::vector<NaiveEdit> edits;
  std::vector<Shown> shown;  ///< an edit after the other, in decoding order inside
  std::vector<Shown> gaps;   ///< edits that present nothing

  int64_t end_ns() const { return edits.back().end.FloorNs(); }

  /// The edit on at that time; the last one when it is past all.
  size_t EditAt(int64_t presentation_ns) const;
};

/// What of the track is presented in [from_ns, to_ns).
NaiveTimeline Expand(const OracleTrack& track,
                     const TrackSpec& spec,
                     int64_t from_ns = 0,
                     int64_t to_ns = INT64_MAX);

/// How far a time may be off. Three times are rounded down to nanoseconds, that of the edit, of
/// its media and of the sample: 1 ns at rate 1. A rate below 1 stretches what the media times lack.
int64_t Tolerance(const NaiveEdit& edit);

/// Empty when both are the same, else the first difference. What should be on display for no
/// more than the tolerance may be missing; nothing may be there that should not.
std::string Difference(const NaiveTimeline& timeline,
                       const std::vector<Shown>& expected,
                       const std::vector<Shown>& got);

std::string ToString(const Shown& shown);

}  // namespace iso::test
