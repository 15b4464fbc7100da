// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AddFragments: what becomes of a movie whose samples come, all or in part, in movie fragments:
// where its tracks find them, how long they last, and how edit lists apply. ISO/IEC 14496-12 8.8.

#pragma once

#include <memory>
#include <vector>

#include "core/movie/movie.h"
#include "core/movie/movie_reader.h"

namespace iso {

/// What an mvex says, and where to look for fragments.
struct MovieExtends {
  std::vector<TrexBox> defaults;
  uint64_t duration = 0;        ///< of mehd, movie ticks; 0: not said
  uint64_t movie_duration = 0;  ///< of mvhd: that of moov alone, as it should be, or of all
  uint64_t moov_end = 0;        ///< byte behind the moov
};

/// Reads the first fragments, the indexes of the file and, where options allow, its end.
/// kNoFragments where there is nothing to play.
Status AddFragments(const MovieExtends& extends,
                    const std::shared_ptr<ByteSource>& source,
                    const MovieOptions& options,
                    Diagnostics* diagnostics,
                    Movie* movie);

}  // namespace iso
