// SPDX-License-Identifier: LGPL-2.1-or-later
//
// KnownEnd: how long a movie in fragments is by now, while somebody still writes to it.

#pragma once

#include <vector>

#include "core/fragment/fragment_index.h"
#include "core/movie/movie.h"

namespace iso {

/// Not thread-safe.
class KnownEnd {
 public:
  /// The movie must outlive it.
  explicit KnownEnd(const Movie& movie);

  /// Looks at the fragments that have come since it looked last. Those count that lie before byte
  /// `size` with all their samples. The source must be sized (GrowingSource).
  Status Look(uint64_t size);

  /// Where what is presented ends, as far as was seen; kTimeMax: nothing is known.
  int64_t end_ns() const;

 private:
  Status LookBack(uint64_t size);
  void Note(const Fragment& fragment);

  const Movie& movie_;
  const FragmentIndex* const fragments_;  ///< null where it has none
  FragmentRef last_;                      ///< the last one that counted
  std::vector<int64_t> shown_until_;      ///< one a track, ticks; kTimeMin: not met
};

}  // namespace iso
