// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A file played from start to end, and compared with what the oracle says of it.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "oracle.h"
#include "recorder.h"

namespace iso::test {

/// Plays the file and gives the differences.
std::vector<std::string> PlayAndCompare(const std::string& path,
                                        const OracleMovie& movie,
                                        std::span<const uint8_t> file);

/// The same of a file that is played already.
std::vector<std::string> ComparePlayed(const Recorder& recorder,
                                       Outcome outcome,
                                       const OracleMovie& movie,
                                       std::span<const uint8_t> file);

/// Fails the running test with these lines, if there are any.
void ExpectNone(const std::vector<std::string>& lines, const std::string& name);

}  // namespace iso::test
