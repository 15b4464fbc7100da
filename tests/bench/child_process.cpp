// SPDX-License-Identifier: LGPL-2.1-or-later
//
// fork, exec and the reading of name=value lines for child_process.h.

#include "child_process.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <sstream>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace iso::bench {

namespace {

constexpr char kMeasure[] = "--measure";
constexpr std::chrono::seconds kLimit{400};

SampleSizes SizesOfNumber(const char* text) {
  return static_cast<SampleSizes>(std::atoi(text));
}

/// In the child. Slices of GLib would hide from the heap figures what has been freed.
[[noreturn]] void Become(const MeasurementRequest& request, int output) {
  dup2(output, STDOUT_FILENO);
  if (request.what == "memory" || request.what == "many") setenv("G_SLICE", "always-malloc", 1);
  std::vector<std::string> arguments = ToArguments(request);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());
  _exit(127);
}

/// All that is written until the end of the stream; false at the time limit.
bool ReadAll(int fd, std::string& text) {
  const auto end = std::chrono::steady_clock::now() + kLimit;
  std::array<char, 4096> chunk{};
  while (std::chrono::steady_clock::now() < end) {
    pollfd wait{fd, POLLIN, 0};
    if (poll(&wait, 1, 1000) <= 0) continue;
    const ssize_t got = read(fd, chunk.data(), chunk.size());
    if (got <= 0) return true;
    text.append(chunk.data(), static_cast<size_t>(got));
  }
  return false;
}

void TakeLine(const std::string& line, MeasurementResult& result) {
  const size_t equals = line.find('=');
  if (equals == std::string::npos) return;
  const std::string name = line.substr(0, equals);
  const std::string value = line.substr(equals + 1);
  if (name == "refused") {
    result.refused = value.empty() ? "without a word" : value;
  } else if (name == "wrong") {
    result.wrong = value;
  } else if (name == "failure") {
    result.failure = value;
  } else {
    result.values[name] = std::strtod(value.c_str(), nullptr);
  }
}

std::string HowItEnded(int status) {
  if (WIFSIGNALED(status)) return std::string("killed: ") + strsignal(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

std::vector<std::string> ToArguments(const MeasurementRequest& request) {
  const MovieSpec& spec = request.spec;
  return {"isodemux-bench",
          kMeasure,
          request.what,
          request.element,
          request.plugin,
          request.file,
          request.warm_file,
          std::to_string(spec.frames),
          std::to_string(static_cast<int>(spec.sizes)),
          std::to_string(static_cast<int>(spec.variable_rate)),
          std::to_string(static_cast<int>(spec.moov_last)),
          std::to_string(static_cast<int>(spec.payload)),
          std::to_string(static_cast<int>(spec.fragments))};
}

bool FromArguments(int argc, char** argv, MeasurementRequest& request) {
  if (argc != 13 || std::strcmp(argv[1], kMeasure) != 0) return false;
  request.what = argv[2];
  request.element = argv[3];
  request.plugin = argv[4];
  request.file = argv[5];
  request.warm_file = argv[6];
  request.spec.frames = std::strtoull(argv[7], nullptr, 10);
  request.spec.sizes = SizesOfNumber(argv[8]);
  request.spec.variable_rate = *argv[9] == '1';
  request.spec.moov_last = *argv[10] == '1';
  request.spec.payload = *argv[11] == '1';
  request.spec.fragments = static_cast<Fragments>(std::atoi(argv[12]));
  return true;
}

MeasurementResult RunInChild(const MeasurementRequest& request) {
  MeasurementResult result;
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) {
    result.failure = "no pipe";
    return result;
  }
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    Become(request, ends[1]);
  }
  close(ends[1]);
  std::string text;
  const bool in_time = child > 0 && ReadAll(ends[0], text);
  close(ends[0]);
  if (child > 0 && !in_time) kill(child, SIGKILL);
  int status = 0;
  if (child > 0) waitpid(child, &status, 0);

  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    TakeLine(line, result);
  }
  if (!in_time) result.failure = "not done in time";
  if (result.failure.empty()) result.failure = HowItEnded(status);
  return result;
}

}  // namespace iso::bench
