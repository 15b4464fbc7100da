// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What all measurements said: for each movie, for each element, for each metric, one value a
// repetition. And its JSON form.

#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "child_process.h"

namespace iso::bench {

/// All repetitions of one element on one movie.
struct Runs {
  std::map<std::string, std::vector<double>> values;
  std::string refused;
  std::string wrong;
  std::string failure;

  void Add(const MeasurementResult& result);

  bool Has(const std::string& metric) const { return values.count(metric) > 0; }

  /// 0 where it was not measured.
  double MedianOf(const std::string& metric) const;
};

enum class Group : uint8_t { kConstantRate, kVariableRate, kPlay, kFragments };

struct Movie {
  Group group;
  std::string index;  // of the fragments
  uint64_t frames = 0;
  uint64_t audio_samples = 0;
  uint64_t moov_bytes = 0;
  std::map<std::string, Runs> runs;  // by column
};

struct Results {
  std::string command;
  /// "isodemux", "qtdemux", in the order of the tables.
  std::vector<std::string> elements;
  std::vector<Movie> movies;

  /// Whether what is measured gives memory back under pressure.
  bool HasPressure() const { return elements[0] == "isodemux"; }

  /// The smallest first.
  std::vector<const Movie*> Of(Group group) const;
};

struct Goal {
  std::string what;
  std::string target;
  std::string measured;
  bool reached = false;
};

bool WriteJson(const Results& results, const std::vector<Goal>& goals, const std::string& path);

}  // namespace iso::bench
