// SPDX-License-Identifier: LGPL-2.1-or-later

#include "pressure_group.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace iso::test {
namespace {

constexpr size_t kMayKeep = 16 << 20;
constexpr size_t kWants = 64 << 20;

bool Write(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(file);
  return written;
}

bool Holds(const std::string& path, const std::string& word) {
  std::ifstream file(path);
  for (std::string each; file >> each;) {
    if (each == word) return true;
  }
  return false;
}

/// Only what may be called between fork() and exec(). Does not return.
void ReadOnAndOn(const char* path, int go) {
  static std::array<char, 1 << 20> block;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (read(go, block.data(), 1) != 1) _exit(1);
  const int file = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (file < 0) _exit(1);
  for (size_t at = 0; at < kWants; at += block.size()) {
    if (write(file, block.data(), block.size()) < 0) _exit(1);
  }
  fsync(file);
  while (true) {
    for (size_t at = 0; at < kWants; at += block.size()) {
      if (pread(file, block.data(), block.size(), static_cast<off_t>(at)) < 0) _exit(1);
    }
  }
}

}  // namespace

std::unique_ptr<PressureGroup> PressureGroup::Make(std::string* why_not) {
  const std::string name = "/isodemux-test-" + std::to_string(getpid());
  for (const std::string root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    if (access((root + "/cgroup.controllers").c_str(), R_OK) != 0) continue;
    std::unique_ptr<PressureGroup> made(new PressureGroup);
    if (mkdir((root + name).c_str(), 0755) != 0) {
      *why_not = "no control group can be made in " + root + ": " + std::strerror(errno);
      return nullptr;
    }
    made->group_ = root + name;
    if (access(made->pressure_file().c_str(), W_OK) == 0 && made->Limit()) return made;
    *why_not = "no memory can be limited, or its pressure measured, in " + root;
    return nullptr;
  }
  *why_not = "there are no control groups of version 2";
  return nullptr;
}

/// By the group's own controller, else by one of version 1 beside it.
bool PressureGroup::Limit() {
  const std::string root = group_.substr(0, group_.rfind('/'));
  const std::string bytes = std::to_string(kMayKeep);
  if (Holds(root + "/cgroup.controllers", "memory")) {
    Write(root + "/cgroup.subtree_control", "+memory");
    limits_ = group_;
    return Write(limits_ + "/memory.max", bytes);
  }
  const std::string other = "/sys/fs/cgroup/memory" + group_.substr(root.size());
  if (mkdir(other.c_str(), 0755) != 0) return false;
  limits_ = other;
  return Write(limits_ + "/memory.limit_in_bytes", bytes);
}

uint64_t PressureGroup::waited_us() const {
  std::ifstream file(pressure_file());
  std::string word;
  while (file >> word && !word.starts_with("total=")) {
  }
  return file ? std::stoull(word.substr(word.find('=') + 1)) : 0;
}

bool PressureGroup::StartChild() {
  file_ = testing::TempDir() + "isodemux-thrash-" + std::to_string(getpid());
  std::array<int, 2> go;
  if (pipe2(go.data(), O_CLOEXEC) != 0) return false;
  child_ = fork();
  if (child_ == 0) ReadOnAndOn(file_.c_str(), go[0]);
  const std::string pid = std::to_string(child_);
  const bool joined = child_ > 0 && Write(group_ + "/cgroup.procs", pid) &&
                      (limits_ == group_ || Write(limits_ + "/cgroup.procs", pid));
  const bool gone = joined && write(go[1], "g", 1) == 1;
  close(go[0]);
  close(go[1]);
  return gone;
}

PressureGroup::~PressureGroup() {
  if (child_ > 0) {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  if (!file_.empty()) unlink(file_.c_str());
  for (const std::string& group : {group_, limits_}) {
    // The kernel takes a moment to see that the child is gone.
    for (int i = 0; i < 100 && rmdir(group.c_str()) != 0 && errno == EBUSY; ++i)
      usleep(10'000);
  }
}

}  // namespace iso::test
