// SPDX-License-Identifier: LGPL-2.1-or-later
//
// make-sparse-file: writes one benchmark movie, for looking at it with other tools.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "sparse_file.h"

namespace {

using namespace iso::bench;

constexpr char kUsage[] =
    "usage: make-sparse-file [OPTIONS] FILE\n"
    "  --frames=N              video frames, 10000 when not given; audio is added to match\n"
    "  --sizes=tiny|small|typical\n"
    "                          24-40 bytes, about 200 bytes, or 530 kbit/s (default)\n"
    "  --variable-rate         every frame has a run of its own in stts\n"
    "  --moov-last             the tables come after the payload\n"
    "  --fragments=none|sidx|mfra\n"
    "                          60 frames a second in fragments of 2 s, with this index\n"
    "  --payload               write the payload; otherwise it is a hole\n";

bool ParseOption(std::string_view option, MovieSpec& spec) {
  if (option.substr(0, 9) == "--frames=") {
    spec.frames = std::strtoull(option.data() + 9, nullptr, 10);
    return spec.frames > 0 && spec.frames <= 2'000'000'000;
  }
  if (option == "--sizes=tiny") {
    spec.sizes = SampleSizes::kTiny;
  } else if (option == "--sizes=small") {
    spec.sizes = SampleSizes::kSmall;
  } else if (option == "--variable-rate") {
    spec.variable_rate = true;
  } else if (option == "--moov-last") {
    spec.moov_last = true;
  } else if (option == "--fragments=none") {
    spec.fragments = Fragments::kWithoutIndex;
  } else if (option == "--fragments=sidx") {
    spec.fragments = Fragments::kSidx;
  } else if (option == "--fragments=mfra") {
    spec.fragments = Fragments::kMfra;
  } else if (option == "--payload") {
    spec.payload = true;
  } else {
    return option == "--sizes=typical";
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  MovieSpec spec;
  int i = 1;
  while (i < argc && std::strncmp(argv[i], "--", 2) == 0 && ParseOption(argv[i], spec)) {
    ++i;
  }
  if (i != argc - 1) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const MovieLayout layout(spec);
  std::string error;
  if (!WriteMovie(layout, argv[i], error)) {
    std::fprintf(stderr, "make-sparse-file: %s\n", error.c_str());
    return 1;
  }
  const FileMap map = MapOf(layout);
  std::printf("%s: %llu video and %llu audio samples, %llu bytes of tables, %llu in all\n",
              argv[i],
              static_cast<unsigned long long>(layout.SampleCount(Track::kVideo)),
              static_cast<unsigned long long>(layout.SampleCount(Track::kAudio)),
              static_cast<unsigned long long>(map.moov_bytes),
              static_cast<unsigned long long>(map.file_bytes));
  return 0;
}
