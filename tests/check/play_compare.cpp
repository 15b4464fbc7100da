// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Playing and comparing.

#include "play_compare.h"

#include <gtest/gtest.h>

#include "compare.h"

namespace iso::test {

std::vector<std::string> ComparePlayed(const Recorder& recorder,
                                       Outcome outcome,
                                       const OracleMovie& movie,
                                       std::span<const uint8_t> file) {
  std::vector<std::string> lines;
  if (outcome != Outcome::kEos) {
    lines = recorder.errors();
    lines.insert(lines.begin(), outcome == Outcome::kError ? "error message:" : "no EOS in time");
  }
  const std::vector<std::string> more = CompareMovie(movie, recorder.pads(), file);
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

std::vector<std::string> PlayAndCompare(const std::string& path,
                                        const OracleMovie& movie,
                                        std::span<const uint8_t> file) {
  const Watchdog watchdog(path, 60);
  Recorder recorder;
  recorder.Start(path);
  const Outcome outcome = recorder.WaitEos();
  return ComparePlayed(recorder, outcome, movie, file);
}

void ExpectNone(const std::vector<std::string>& lines, const std::string& name) {
  if (lines.empty()) return;
  std::string text;
  for (const std::string& line : lines)
    text += name + ": " + line + "\n";
  ADD_FAILURE() << text;
}

}  // namespace iso::test
