// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Writes the movies of movie_layout.h. The tables are streamed out through one buffer; the
// payload stays a hole unless it is asked for, so that 100 million samples take seconds.

#pragma once

#include <cstdint>
#include <string>

#include "movie_layout.h"

namespace iso::bench {

/// Where things lie in a written file. Of a fragmented one the payload starts with the first
/// fragment.
struct FileMap {
  uint64_t payload_start = 0;
  uint64_t moov_bytes = 0;
  uint64_t file_bytes = 0;
};

FileMap MapOf(const MovieLayout& layout);

/// False, with `error` set, when the file cannot be written whole.
bool WriteMovie(const MovieLayout& layout, const std::string& path, std::string& error);

/// Puts markers into a file whose payload is a hole, so that a reader's place can be checked.
class MarkerWriter {
 public:
  MarkerWriter(const MovieLayout& layout, const std::string& path);
  ~MarkerWriter();
  MarkerWriter(const MarkerWriter&) = delete;
  MarkerWriter& operator=(const MarkerWriter&) = delete;

  bool Mark(Track track, uint64_t sample);

 private:
  const MovieLayout& layout_;
  uint64_t payload_start_;
  int fd_;
};

}  // namespace iso::bench
