// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is measured, one measurement in a process of its own, so that neither heap nor warm
// caches are inherited. The process says its results as lines of name=value.

#pragma once

#include <cstddef>
#include <string>

#include "movie_layout.h"

namespace iso::bench {

inline constexpr size_t kRandomSeeks = 100;
inline constexpr size_t kManySeeks = 1000;  // in fragmented movies, for memory
inline constexpr char kFloor[] = "floor";
inline constexpr char kTimeFloor[] = "floor by time";

struct MeasurementRequest {
  std::string what;       // see Measure()
  std::string element;    // or kFloor, kTimeFloor: no demuxer, see floor_source.h
  std::string plugin;     // file to load first, may be ""
  std::string file;       // as written by WriteMovie()
  std::string warm_file;  // a small movie, opened first: code is then loaded and linked
  MovieSpec spec;         // of `file`
};

/// seek      open to PAUSED, first seek to 90 %, then random key unit seeks
/// accurate  open, then the first seek is an accurate one
/// memory    heap and resident memory after opening, and after random seeks
/// play      from PAUSED to EOS, queue ! fakesink on each pad
/// fragments open, how far off the duration is, then random seeks of both kinds, and what they read
/// many      memory after many seeks
/// bare      the same without queues: the demuxer's thread alone
/// verify    plays, and checks every buffer; not timed
/// Returns the exit code; 0 also when the file is refused, which is a result.
int Measure(const MeasurementRequest& request);

}  // namespace iso::bench
