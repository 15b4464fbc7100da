// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The kernel's trigger, with a FIFO in its place, and the governor behind it.

#include "memory_monitor.h"

#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "core/memory/memory_governor.h"

namespace iso {
namespace {

struct CountingSink final : PressureSink {
  void Warn(uint32_t warning) override {
    last = warning;
    ++warnings;
  }

  std::atomic<uint32_t> last{0};
  std::atomic<int> warnings{0};
};

class StallTriggerTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "isodemux-stalls-" + std::to_string(getpid());
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    fifo_ = open(path_.c_str(), O_RDWR | O_NONBLOCK);
    setenv("ISODEMUX_PRESSURE_FILE", path_.c_str(), 1);
    if (WatchPressureStalls(&sink_) == nullptr) GTEST_SKIP() << "built without psi";
  }

  void TearDown() override {
    unsetenv("ISODEMUX_PRESSURE_FILE");
    close(fifo_);
    unlink(path_.c_str());
  }

  void Write(uint8_t warning) {
    while (write(fifo_, &warning, 1) != 1)
      std::this_thread::yield();
  }

  std::string path_;
  int fifo_ = -1;
  CountingSink sink_;
};

TEST_F(StallTriggerTest, EachByteIsAWarning) {
  const auto source = WatchPressureStalls(&sink_);
  ASSERT_NE(source, nullptr);
  int written = 0;
  for (const uint8_t warning : {50, 100, 255, 255}) {
    Write(warning);
    ++written;
    while (sink_.warnings < written)
      std::this_thread::yield();
    EXPECT_EQ(sink_.last, warning);
  }
}

TEST_F(StallTriggerTest, MayGoWhileItWarns) {
  std::atomic<bool> done = false;
  std::thread writing([&] {
    while (!done) {
      const uint8_t warning = 100;
      if (write(fifo_, &warning, 1) != 1) std::this_thread::yield();
    }
  });
  for (int i = 0; i < 200; ++i) {
    auto sink = std::make_unique<CountingSink>();
    auto source = WatchPressureStalls(sink.get());
    ASSERT_NE(source, nullptr);
    if (i % 2) std::this_thread::yield();
    source.reset();
    sink.reset();
  }
  done = true;
  writing.join();
}

TEST_F(StallTriggerTest, AFileThatIsNotThereIsNoSource) {
  setenv("ISODEMUX_PRESSURE_FILE", "/nowhere/at/all", 1);
  EXPECT_EQ(WatchPressureStalls(&sink_), nullptr);
}

/// How many files the process has open whose path ends so.
int OpenFiles(const std::string& ending) {
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string path = std::filesystem::read_symlink(entry.path(), gone).string();
    if (path.size() >= ending.size() && path.ends_with(ending)) ++found;
  }
  return found;
}

bool KernelTakesTriggers(const char* path) {
  const int file = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return false;
  const char trigger[] = "some 100000 2000000";
  const bool taken = write(file, trigger, sizeof trigger) > 0;
  close(file);
  return taken;
}

TEST(KernelTriggerTest, AreSetAfterAWhileAndGivenBack) {
  constexpr char kPath[] = "/proc/pressure/memory";
  if (!KernelTakesTriggers(kPath)) GTEST_SKIP() << "this kernel takes no trigger on " << kPath;
  setenv("ISODEMUX_PRESSURE_FILE", kPath, 1);
  CountingSink sink;
  auto source = WatchPressureStalls(&sink);
  unsetenv("ISODEMUX_PRESSURE_FILE");
  if (source == nullptr) GTEST_SKIP() << "built without psi";
  while (OpenFiles("pressure/memory") < 3)
    std::this_thread::yield();
  source.reset();
  EXPECT_EQ(OpenFiles("pressure/memory"), 0);
}

}  // namespace
}  // namespace iso
