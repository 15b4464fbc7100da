// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Any bytes behind a sound movie header: the core looks for fragments in them.

#include <vector>

#include "file_run.h"
#include "fragment_catalog.h"
#include "fuzz_target.h"

namespace {

/// Up to the first fragment.
std::vector<uint8_t> MovieHeader() {
  iso::test::FragmentedMovie movie = BuildFragments(iso::test::PlainFragments());
  movie.bytes.resize(static_cast<size_t>(movie.init_size));
  return movie.bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<uint8_t> header = MovieHeader();
  std::vector<uint8_t> file = header;
  file.insert(file.end(), data, data + size);
  iso::fuzz::PlayBothWays(file);
  return 0;
}
