// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Runs a fuzz target without libFuzzer: over the files and directories named, and with none,
// over every generated movie, whole, cut, and with bytes changed. Ends with a signal at the
// first finding, and says before what it is at.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

#include "fragment_catalog.h"
#include "fuzz_target.h"
#include "movie_catalog.h"

namespace {

using iso::test::Bytes;

constexpr unsigned kSecondsEach = 60;
constexpr size_t kLargest = 4 << 20;
constexpr int kVariants = 12;
constexpr int kSkipped = 77;

std::string g_now;

void Try(const Bytes& bytes, const std::string& name) {
  g_now = name + "\n";
  alarm(kSecondsEach);
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  alarm(0);
}

/// Async-signal-safe: what was being tried when it ended.
void OnSignal(int signal) {
  static const char kWhere[] = "while at: ";
  if (write(2, kWhere, sizeof kWhere - 1) < 0 || write(2, g_now.data(), g_now.size()) < 0) _exit(2);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

size_t TryFiles(const std::string& path) {
  size_t count = 0;
  const auto try_one = [&](const std::filesystem::path& file) {
    if (std::filesystem::file_size(file) > kLargest) return;
    std::ifstream in(file, std::ios::binary);
    Try(Bytes(std::istreambuf_iterator<char>(in), {}), file.string());
    ++count;
  };
  if (!std::filesystem::is_directory(path)) {
    if (std::filesystem::exists(path)) try_one(path);
    return count;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) try_one(entry.path());
  }
  return count;
}

/// Where boxes start, about: there changes are most likely to matter.
size_t SomewhereInBoxes(const Bytes& bytes, std::mt19937_64& random) {
  static constexpr const char* kAnchors[] = {"moov",
                                             "moof",
                                             "traf",
                                             "trun",
                                             "tfhd",
                                             "sidx",
                                             "stbl",
                                             "stsc",
                                             "stsz",
                                             "stts",
                                             "mfra",
                                             "elst"};
  const char* anchor = kAnchors[random() % std::size(kAnchors)];
  const auto start = bytes.begin() + static_cast<ptrdiff_t>(random() % bytes.size());
  auto found = std::search(start, bytes.end(), anchor, anchor + 4);
  if (found == bytes.end()) found = std::search(bytes.begin(), bytes.end(), anchor, anchor + 4);
  if (found == bytes.end()) return random() % bytes.size();
  const auto at = static_cast<size_t>(found - bytes.begin()) + random() % 40;
  return std::min(at - std::min<size_t>(at, 4), bytes.size() - 1);
}

void TryVariants(const Bytes& bytes, const std::string& name) {
  Try(bytes, name);
  std::mt19937_64 random(bytes.size());
  for (int i = 0; i < kVariants; ++i) {
    Bytes changed = bytes;
    if (i % 4 == 0) changed.resize(random() % changed.size() + 1);
    for (size_t k = random() % 6; k > 0; --k) {
      static constexpr uint8_t kValues[] = {0, 1, 0x7f, 0x80, 0xff};
      const size_t at = SomewhereInBoxes(changed, random);
      changed[at] = random() % 2 ? kValues[random() % 5] : static_cast<uint8_t>(random());
    }
    Try(changed, name + ", variant " + std::to_string(i));
  }
}

void TryCatalogs() {
  for (const iso::test::CatalogMovie& movie : iso::test::CatalogMovies()) {
    const Bytes bytes = BuildMovie(movie.spec);
    if (bytes.size() <= kLargest) TryVariants(bytes, movie.name);
  }
  for (const iso::test::CatalogFragments& movie : iso::test::FragmentCatalog())
    TryVariants(BuildFragments(movie.spec).bytes, "fragments, " + movie.name);
}

}  // namespace

int main(int argc, char** argv) {
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM})
    std::signal(signal, OnSignal);
  if (argc < 2) {
    TryCatalogs();
    return 0;
  }
  size_t count = 0;
  for (int i = 1; i < argc; ++i)
    count += TryFiles(argv[i]);
  std::printf("%zu files\n", count);
  return count > 0 ? 0 : kSkipped;
}
