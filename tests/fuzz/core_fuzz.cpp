// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Any bytes as a file.

#include "file_run.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  iso::fuzz::PlayBothWays({data, size});
  return 0;
}
