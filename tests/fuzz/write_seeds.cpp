// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Writes every generated movie of moderate size into a directory, to start fuzzing from.

#include <cstdio>
#include <fstream>
#include <string>

#include "fragment_catalog.h"
#include "movie_catalog.h"

namespace {

using iso::test::Bytes;

constexpr size_t kLargest = 1 << 20;

bool Write(const std::string& path, const Bytes& bytes) {
  if (bytes.size() > kLargest) return true;
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  return out.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write-seeds DIRECTORY\n", stderr);
    return 2;
  }
  bool written = true;
  const std::string directory = argv[1];
  for (const iso::test::CatalogMovie& movie : iso::test::CatalogMovies())
    written = Write(directory + "/" + movie.name + ".mp4", BuildMovie(movie.spec)) && written;
  for (const iso::test::CatalogFragments& movie : iso::test::FragmentCatalog()) {
    const Bytes bytes = BuildFragments(movie.spec).bytes;
    written = Write(directory + "/fragments-" + movie.name + ".mp4", bytes) && written;
  }
  return written ? 0 : 1;
}
