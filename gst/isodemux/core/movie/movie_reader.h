// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ReadMovie: from a byte source to a Movie. Finds the moov wherever it is, unpacks it
// where it is compressed, and reads everything but the entries of the sample tables.

#pragma once

#include <memory>
#include <optional>

#include "core/base/limits.h"
#include "core/inflate.h"
#include "core/movie/movie.h"
#include "core/source.h"

namespace iso {

/// A track whose fragments come without a movie header: what that would say is known from
/// elsewhere (Smooth Streaming).
struct HeaderlessTrack {
  MediaKind kind = MediaKind::kOther;
  uint32_t timescale = 0;  ///< ticks a second, not 0
  bool encrypted = false;  ///< by PIFF, with what it takes for granted
};

/// The file is a run of media segments of an adaptive stream. What follows the movie header is not
/// looked at beforehand, and when it is presented is for whoever brings it to say: of edit
/// lists only Track::edit_shift_ns is kept.
struct SegmentOptions {
  std::optional<HeaderlessTrack> headerless;
  int64_t start_ns = 0;  ///< decode time of a first fragment that does not say
};

struct MovieOptions {
  Limits limits;
  size_t index_budget_bytes = kDefaultIndexBudget;  ///< for all that is kept of sample tables
  std::shared_ptr<MemoryGovernor> governor;         ///< of the process; may be null
  Inflater* inflater = nullptr;                     ///< for compressed movie headers; may be null
  bool look_past_movie = true;                      ///< read box headers behind the moov too
  bool streamed = false;                            ///< bytes come only once: play in their order
  bool look_at_end = true;                          ///< read the file's end, where it has fragments
  bool few_reads = false;                           ///< read nothing that can be done without
  bool growing = false;                    ///< somebody still writes to it; not where `streamed`
  std::optional<SegmentOptions> segments;  ///< only where `streamed`
};

/// Restartable: after kNotYet the same call, once the bytes are there, does it all again.
Result<std::shared_ptr<const Movie>> ReadMovie(std::shared_ptr<ByteSource> source,
                                               const MovieOptions& options,
                                               Diagnostics* diagnostics);

}  // namespace iso
