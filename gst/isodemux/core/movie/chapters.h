// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Chapters: from QuickTime's chapter track (a text track that another track refers to), else
// from Nero's list in udta.

#pragma once

#include <vector>

#include "core/movie/movie.h"

namespace iso {

struct Chapter {
  int64_t start_ns = 0;        ///< of the presentation
  int64_t end_ns = kTimeMax;   ///< kTimeMax: unknown
  std::vector<uint8_t> title;  ///< UTF-8, UTF-16 after a byte order mark, or Macintosh Roman
};

/// Whether the track's samples are the titles of another one's chapters.
bool IsChapterText(const Movie& movie, const Track& track);

/// In order, without those that start after the movie's end. A chapter track's titles are
/// read from `source`, one by one; null: only what the movie header holds. Fails only where
/// the source does.
Result<std::vector<Chapter>> ReadChapters(const Movie& movie,
                                          ByteSource* source,
                                          const Limits& limits);

}  // namespace iso
