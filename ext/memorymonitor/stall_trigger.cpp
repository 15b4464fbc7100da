// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pressure stall information (Linux, Documentation/accounting/psi.rst): the kernel wakes
// whoever waits on a trigger when tasks have waited for memory so long in a time window.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "memory_monitor.h"
#include "watch_thread.h"

namespace iso {
namespace {

struct Trigger {
  const char* text;  ///< what is stalled, microseconds of stall, of the window
  uint32_t warning;
};

/// A window of two seconds needs no privilege.
constexpr std::array<Trigger, 3> kTriggers = {{
    {"some 70000 2000000", 50},
    {"some 100000 2000000", 100},
    {"full 100000 2000000", 255},
}};

/// A process that is done by then has no triggers to give back, for each of which the kernel
/// takes tens of milliseconds: one that reads tags or makes thumbnails, file by file.
constexpr int kSettledMs = 1000;

constexpr uint32_t kByteIsWarning = 0;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}

  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }

  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }

  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

/// One file that is waited on.
struct Watched {
  Descriptor file;
  uint32_t warning;  ///< kByteIsWarning: what is read says it
};

class StallTrigger final : public PressureSource {
 public:
  explicit StallTrigger(PressureSink* sink)
      : sink_(sink), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  ~StallTrigger() override {
    const uint64_t one = 1;
    while (write(wake_.get(), &one, sizeof one) < 0 && errno == EINTR) {
    }
    thread_.Join();
  }

  /// False when there is nothing to wait on.
  bool Start() { return wake_.get() >= 0 && Find() && thread_.Start(&StallTrigger::Main, this); }

 private:
  static void Main(void* self) { static_cast<StallTrigger*>(self)->Watch(); }

  bool Find();
  bool OpenFifo(const std::string& path);
  bool OpenTriggers(const std::string& path);
  bool IsOverWithin(int milliseconds) const;
  void Watch();
  void Wait();
  bool Handle(const Watched& watched, short events);

  PressureSink* const sink_;
  const Descriptor wake_;
  std::vector<std::string> candidates_;  ///< files that take triggers, the best one first
  std::vector<Watched> watched_;
  WatchThread thread_;
};

/// The memory.pressure of the process's control group, version 2; empty when it has none.
std::string ControlGroupFile() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.rfind("0::/", 0) != 0 || line == "0::/") continue;
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      const std::string path = root + line.substr(3) + "/memory.pressure";
      if (access(path.c_str(), W_OK) == 0) return path;
    }
  }
  return "";
}

bool StallTrigger::Find() {
  if (const char* other = std::getenv("ISODEMUX_PRESSURE_FILE")) {
    struct stat status;
    if (stat(other, &status) != 0) return false;
    if (S_ISFIFO(status.st_mode)) return OpenFifo(other);
    candidates_ = {other};
  } else {
    candidates_ = {ControlGroupFile(), "/proc/pressure/memory"};
  }
  return std::any_of(candidates_.begin(), candidates_.end(), [](const std::string& path) {
    return access(path.c_str(), W_OK) == 0;
  });
}

/// Opened for writing, too, so that it never is at its end.
bool StallTrigger::OpenFifo(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) return false;
  watched_.push_back({std::move(file), kByteIsWarning});
  return true;
}

bool StallTrigger::OpenTriggers(const std::string& path) {
  watched_.clear();
  for (const Trigger& trigger : kTriggers) {
    Descriptor file(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (file.get() < 0) return false;
    if (write(file.get(), trigger.text, std::strlen(trigger.text) + 1) < 0) continue;
    watched_.push_back({std::move(file), trigger.warning});
  }
  return !watched_.empty();
}

bool StallTrigger::IsOverWithin(int milliseconds) const {
  pollfd wake = {wake_.get(), POLLIN, 0};
  return poll(&wake, 1, milliseconds) > 0;
}

void StallTrigger::Watch() {
  if (watched_.empty()) {
    if (IsOverWithin(kSettledMs)) return;
    const auto opens = [this](const std::string& path) { return OpenTriggers(path); };
    if (std::none_of(candidates_.begin(), candidates_.end(), opens)) return;
  }
  Wait();
}

void StallTrigger::Wait() {
  std::vector<pollfd> polled;
  for (const Watched& watched : watched_) {
    const short events = watched.warning == kByteIsWarning ? POLLIN : POLLPRI;
    polled.push_back({watched.file.get(), events, 0});
  }
  polled.push_back({wake_.get(), POLLIN, 0});
  while (true) {
    if (poll(polled.data(), polled.size(), -1) < 0) continue;
    if (polled.back().revents != 0) return;
    for (size_t i = 0; i < watched_.size(); ++i) {
      // A file that will never say anything again is passed over.
      if (!Handle(watched_[i], polled[i].revents)) polled[i].fd = -1;
    }
  }
}

bool StallTrigger::Handle(const Watched& watched, short events) {
  if (events & (POLLERR | POLLNVAL)) return false;
  if (events & POLLPRI) sink_->Warn(watched.warning);
  if (events & POLLIN) {
    uint8_t warning = 0;
    if (read(watched.file.get(), &warning, 1) == 1) sink_->Warn(warning);
  }
  return true;
}

}  // namespace

std::unique_ptr<PressureSource> WatchPressureStalls(PressureSink* sink) {
  auto trigger = std::make_unique<StallTrigger>(sink);
  if (!trigger->Start()) return nullptr;
  return trigger;
}

}  // namespace iso
