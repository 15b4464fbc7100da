// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Collecting and writing of results.h.

#include "results.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <fstream>
#include <sys/utsname.h>
#include <thread>

#include <gst/gst.h>

#include "percentile.h"

namespace iso::bench {

namespace {

constexpr int kFormatVersion = 1;

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return quoted + '"';
}

std::string Number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.9g", value);
  return text.data();
}

std::string Joined(const std::vector<std::string>& parts, char open, char close) {
  std::string text(1, open);
  for (const std::string& part : parts) {
    if (text.size() > 1) text += ", ";
    text += part;
  }
  text += close;
  return text;
}

std::string Object(const std::vector<std::string>& members) {
  return Joined(members, '{', '}');
}

std::string Array(const std::vector<std::string>& values) {
  return Joined(values, '[', ']');
}

std::string Member(const std::string& name, const std::string& value) {
  std::string text = Quoted(name);
  text += ": ";
  text += value;
  return text;
}

std::string ProcessorName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.compare(0, 10, "model name") != 0) continue;
    return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

/// "Linux 6.1.0", without what the vendor adds.
std::string SystemName() {
  utsname system{};
  uname(&system);
  const std::string release = system.release;
  return std::string(system.sysname) + ' ' + release.substr(0, release.find('-'));
}

std::string MachineJson() {
#ifdef __OPTIMIZE__
  const bool optimized = true;
#else
  const bool optimized = false;
#endif
  return Object({Member("processor", Quoted(ProcessorName())),
                 Member("cores", std::to_string(std::thread::hardware_concurrency())),
                 Member("system", Quoted(SystemName())),
                 Member("gstreamer", Quoted(gst_version_string())),
                 Member("compiler", Quoted(__VERSION__)),
                 Member("optimized", optimized ? "true" : "false")});
}

std::string RunsJson(const Runs& runs) {
  std::vector<std::string> members;
  if (!runs.refused.empty()) members.push_back(Member("refused", Quoted(runs.refused)));
  if (!runs.wrong.empty()) members.push_back(Member("wrong", Quoted(runs.wrong)));
  if (!runs.failure.empty()) members.push_back(Member("failure", Quoted(runs.failure)));
  for (const auto& [metric, values] : runs.values) {
    std::vector<std::string> numbers;
    for (const double value : values) {
      numbers.push_back(Number(value));
    }
    members.push_back(
        Member(metric,
               Object({Member("median", Number(Median(values))), Member("runs", Array(numbers))})));
  }
  return Object(members);
}

const char* GroupName(Group group) {
  switch (group) {
    case Group::kConstantRate:
      return "constant-rate";
    case Group::kVariableRate:
      return "variable-rate";
    case Group::kFragments:
      return "fragments";
    case Group::kPlay:
      break;
  }
  return "play";
}

std::string MovieJson(const Movie& movie) {
  std::vector<std::string> members = {Member("group", Quoted(GroupName(movie.group))),
                                      Member("frames", std::to_string(movie.frames)),
                                      Member("audio_samples", std::to_string(movie.audio_samples)),
                                      Member("moov_bytes", std::to_string(movie.moov_bytes))};
  if (!movie.index.empty()) members.push_back(Member("index", Quoted(movie.index)));
  std::vector<std::string> runs;
  for (const auto& [name, of_one] : movie.runs) {
    runs.push_back(Member(name, RunsJson(of_one)));
  }
  members.push_back(Member("runs", Object(runs)));
  return Object(members);
}

std::string GoalJson(const Goal& goal) {
  return Object({Member("what", Quoted(goal.what)),
                 Member("target", Quoted(goal.target)),
                 Member("measured", Quoted(goal.measured)),
                 Member("reached", goal.reached ? "true" : "false")});
}

}  // namespace

void Runs::Add(const MeasurementResult& result) {
  if (refused.empty()) refused = result.refused;
  if (wrong.empty()) wrong = result.wrong;
  if (failure.empty()) failure = result.failure;
  for (const auto& [metric, value] : result.values) {
    values[metric].push_back(value);
  }
}

double Runs::MedianOf(const std::string& metric) const {
  const auto found = values.find(metric);
  return found == values.end() ? 0 : Median(found->second);
}

std::vector<const Movie*> Results::Of(Group group) const {
  std::vector<const Movie*> found;
  for (const Movie& movie : movies) {
    if (movie.group == group) found.push_back(&movie);
  }
  return found;
}

bool WriteJson(const Results& results, const std::vector<Goal>& goals, const std::string& path) {
  std::vector<std::string> names(results.elements);
  std::transform(names.begin(), names.end(), names.begin(), Quoted);
  std::vector<std::string> goal_parts;
  for (const Goal& goal : goals) {
    goal_parts.push_back(GoalJson(goal));
  }
  std::vector<std::string> movie_parts;
  for (const Movie& movie : results.movies) {
    movie_parts.push_back(MovieJson(movie));
  }
  std::ofstream out(path);
  out << Object({Member("format", std::to_string(kFormatVersion)),
                 Member("command", Quoted(results.command)),
                 Member("machine", MachineJson()),
                 Member("elements", Array(names)),
                 Member("goals", Array(goal_parts)),
                 Member("movies", Array(movie_parts))})
      << '\n';
  return out.flush().good();
}

}  // namespace iso::bench
