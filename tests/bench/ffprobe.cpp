// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Runs ffprobe and looks at what it has read before it is gone.

#include "ffprobe.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace iso::bench {

namespace {

/// Of a process that has ended and still has its entry.
double BytesReadBy(pid_t process) {
  std::ifstream io("/proc/" + std::to_string(process) + "/io");
  double value = 0;
  for (std::string name; io >> name >> value;) {
    if (name == "rchar:") return value;
  }
  return 0;
}

std::optional<ProbeAnswer> Run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {kFfprobe, "-v", "error", "-of", "csv=p=0"});
  std::vector<char*> argv;
  for (std::string& argument : arguments)
    argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return std::nullopt;
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 256> block{};
  for (ssize_t n; child > 0 && (n = read(ends[0], block.data(), block.size())) > 0;)
    text.append(block.data(), static_cast<size_t>(n));
  close(ends[0]);
  siginfo_t info{};
  if (child < 0 || waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) != 0) {
    return std::nullopt;
  }
  ProbeAnswer answer;
  answer.milliseconds =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  answer.bytes_read = BytesReadBy(child);
  waitpid(child, nullptr, 0);
  answer.value = std::strtod(text.c_str(), nullptr);
  return text.empty() ? std::nullopt : std::optional(answer);
}

}  // namespace

bool HasFfprobe() {
  return std::system("ffprobe -version >/dev/null 2>&1") == 0;
}

std::optional<ProbeAnswer> ProbeDuration(const std::string& file) {
  return Run({"-show_entries", "format=duration", file});
}

std::optional<ProbeAnswer> ProbeSeek(const std::string& file, double seconds) {
  return Run({"-select_streams",
              "v",
              "-show_entries",
              "packet=pts_time",
              "-read_intervals",
              std::to_string(seconds) + "%+#1",
              file});
}

}  // namespace iso::bench
