// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What pushing a file gives beside what pulling it does: every pad, event and buffer, but for what
// nobody can know beforehand of data that is on its way.

#pragma once

#include <string>
#include <vector>

#include "recorder.h"

namespace iso::test {

struct Played {
  Outcome outcome = Outcome::kTimeout;
  std::vector<std::string> errors;
  std::vector<RecordedPad> pads;
};

/// From start to EOS or an error.
Played Play(Recorder* recorder, const std::string& path);

Played Pull(const std::string& path);

/// Where they differ first; empty: they are the same.
std::string Difference(const Played& pulled, const Played& pushed);

}  // namespace iso::test
