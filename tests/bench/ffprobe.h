// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libavformat beside the demuxers: as the program ffprobe, a process for each question, since
// its MP4 demuxer is not to be had as an element.

#pragma once

#include <optional>
#include <string>

namespace iso::bench {

inline constexpr char kFfprobe[] = "ffprobe";

bool HasFfprobe();

struct ProbeAnswer {
  double value = 0;  ///< the first number it wrote
  double milliseconds = 0;
  double bytes_read = 0;
};

/// The duration in seconds.
std::optional<ProbeAnswer> ProbeDuration(const std::string& file);

/// The time of the first packet read after a seek to `seconds`.
std::optional<ProbeAnswer> ProbeSeek(const std::string& file, double seconds);

}  // namespace iso::bench
