// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Optional test media: manifest.csv reader and the table of exceptions.

#include "media_files.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace iso::test {

namespace {

struct Exception {
  const char* ending;
  const char* reason;
};

// Files of class "movie" without a defined list of samples.
constexpr Exception kExceptions[] = {
    {"vtt-init+multi-payload-vtt.mp4", "its data offset points into the middle of a sample"},
    {"clusterfuzz-testcase-minimized-mp4-6093954524250112", "a fuzzer's file: tables are broken"},
    {"wide_box_size_0.avif", "the moov ends early: a track has no header"},
    {"test_case_1185230.mp4", "cut short, and its audio timescale is damaged"},
};

struct Delay {
  const char* ending;
  int64_t ticks;
};

// Without an edit list, but by the Nero encoder: 1,600 frames and a sample of delay.
constexpr Delay kDelays[] = {
    {"sine-1kHztone-48kHzrate-mono-s32le-200000samples-nero-without-itunsmpb.m4a", 1600 + 1024},
    {"zero-length-mdat.m4a", 1600 + 1024},
};

std::string EnvironmentOr(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value ? value : fallback;
}

std::vector<std::string> SplitCsvLine(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back().push_back(c);
    }
  }
  return fields;
}

bool EndsWith(const std::string& text, const std::string& ending) {
  return text.size() >= ending.size() &&
         text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

}  // namespace

std::string MediaRoot() {
  const std::string root = EnvironmentOr("ISODEMUX_TEST_MEDIA", "");
  return !root.empty() && std::filesystem::exists(root + "/manifest.csv") ? root : "";
}

std::string ExpandScript() {
  const std::string script = EnvironmentOr("ISODEMUX_TEST_EXPAND", "");
  return !script.empty() && std::filesystem::exists(script) ? script : "";
}

namespace {

/// Real files of this class by the manifest.
std::vector<std::string> RealFiles(const char* file_class) {
  std::vector<std::string> files;
  std::ifstream in(MediaRoot() + "/manifest.csv");
  std::string line;
  std::getline(in, line);
  std::map<std::string, size_t> column;
  for (const std::string& name : SplitCsvLine(line))
    column.emplace(name, column.size());
  while (!MediaRoot().empty() && std::getline(in, line)) {
    const std::vector<std::string> fields = SplitCsvLine(line);
    const auto field = [&](const char* name) {
      const auto it = column.find(name);
      return it != column.end() && it->second < fields.size() ? fields[it->second] : "";
    };
    if (field("class") == file_class && field("file").rfind("real/", 0) == 0) {
      files.push_back(field("file"));
    }
  }
  if (files.empty()) files.emplace_back();
  return files;
}

}  // namespace

std::vector<std::string> RealMovies() {
  return RealFiles("movie");
}

std::vector<std::string> RealFragments() {
  return RealFiles("frag");
}

std::vector<std::string> MalformedFiles() {
  std::vector<std::string> files;
  const std::string root = MediaRoot();
  if (!root.empty() && std::filesystem::exists(root + "/malformed")) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/malformed")) {
      if (entry.is_regular_file()) files.push_back(entry.path().string().substr(root.size() + 1));
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) files.emplace_back();
  return files;
}

const char* NotComparable(const std::string& file) {
  for (const Exception& e : kExceptions) {
    if (EndsWith(file, e.ending)) return e.reason;
  }
  return nullptr;
}

int64_t EncoderDelay(const std::string& file) {
  for (const Delay& delay : kDelays) {
    if (EndsWith(file, delay.ending)) return delay.ticks;
  }
  return 0;
}

std::string TestName(const std::string& text) {
  std::string name;
  for (const char c : text) {
    name.push_back(std::isalnum(static_cast<unsigned char>(c)) ? c : '_');
  }
  return name;
}

}  // namespace iso::test
