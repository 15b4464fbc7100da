// SPDX-License-Identifier: LGPL-2.1-or-later
//
// MemoryGovernor and FairShare: levels over time, and who may keep how much.

#include "core/memory/memory_governor.h"

#include <vector>

#include <gtest/gtest.h>

#include "core/memory/fair_share.h"

namespace iso {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr uint64_t kKiB = 1024;

struct RecordingClient final : MemoryGovernor::Client {
  void SetAllowance(PressureLevel at, uint64_t may_keep) override {
    level = at;
    bytes = may_keep;
    ++calls;
  }

  PressureLevel level = PressureLevel::kNormal;
  uint64_t bytes = 0;
  int calls = 0;
};

TEST(PressureTest, WarningsAreRanges) {
  EXPECT_EQ(LevelOfWarning(0), PressureLevel::kNormal);
  EXPECT_EQ(LevelOfWarning(49), PressureLevel::kNormal);
  EXPECT_EQ(LevelOfWarning(50), PressureLevel::kLow);
  EXPECT_EQ(LevelOfWarning(99), PressureLevel::kLow);
  EXPECT_EQ(LevelOfWarning(100), PressureLevel::kMedium);
  EXPECT_EQ(LevelOfWarning(254), PressureLevel::kMedium);
  EXPECT_EQ(LevelOfWarning(255), PressureLevel::kCritical);
  EXPECT_EQ(LevelOfWarning(UINT32_MAX), PressureLevel::kCritical);
  for (const uint32_t warning : {0u, 50u, 100u, 255u}) {
    EXPECT_EQ(WarningOfLevel(LevelOfWarning(warning)), warning);
  }
}

TEST(FairShareTest, WhoWantsLittleGetsItAndTheRestIsShared) {
  EXPECT_EQ(FairShare(100, {}), UINT64_MAX);
  EXPECT_EQ(FairShare(100, {50, 50}), UINT64_MAX);
  EXPECT_EQ(FairShare(100, {60, 60}), 50u);
  EXPECT_EQ(FairShare(100, {10, 200, 60}), 45u);
  EXPECT_EQ(FairShare(100, {90, 1, 1}), UINT64_MAX);
  EXPECT_EQ(FairShare(0, {5}), 0u);
  EXPECT_EQ(FairShare(2, {5, 5, 5}), 0u);
}

TEST(MemoryGovernorTest, ALevelHalvesWhatAFileMayKeep) {
  MemoryGovernor governor;
  RecordingClient client;
  governor.Join(&client, 768 * kKiB, PressureLevel::kNormal);
  EXPECT_EQ(client.bytes, 768 * kKiB);
  governor.Warn(50, 0);
  EXPECT_EQ(client.level, PressureLevel::kLow);
  EXPECT_EQ(client.bytes, 384 * kKiB);
  governor.Warn(120, 0);
  EXPECT_EQ(client.bytes, 192 * kKiB);
  governor.Warn(255, 0);
  EXPECT_EQ(client.level, PressureLevel::kCritical);
  EXPECT_EQ(client.bytes, 96 * kKiB);
  governor.Leave(&client);
}

TEST(MemoryGovernorTest, TheLevelFallsOneStepAfterEachQuietTime) {
  MemoryGovernor governor;
  governor.Warn(255, 0);
  governor.Tick(30 * kSecond - 1);
  EXPECT_EQ(governor.level(), PressureLevel::kCritical);
  governor.Tick(30 * kSecond);
  EXPECT_EQ(governor.level(), PressureLevel::kMedium);
  governor.Tick(59 * kSecond);
  EXPECT_EQ(governor.level(), PressureLevel::kMedium);
  governor.Tick(60 * kSecond);
  EXPECT_EQ(governor.level(), PressureLevel::kLow);
  governor.Tick(90 * kSecond);
  EXPECT_EQ(governor.level(), PressureLevel::kNormal);
  EXPECT_EQ(governor.next_step_ns(), INT64_MAX);
}

TEST(MemoryGovernorTest, NobodyLookingForHoursIsAllTheSame) {
  MemoryGovernor governor;
  governor.Warn(255, 0);
  governor.Tick(3600 * kSecond);
  EXPECT_EQ(governor.level(), PressureLevel::kNormal);
}

TEST(MemoryGovernorTest, ALowerWarningHoldsItsOwnLevelOnly) {
  MemoryGovernor governor;
  governor.Warn(255, 0);
  for (int64_t t = 10; t <= 200; t += 10)
    governor.Warn(50, t * kSecond);
  EXPECT_EQ(governor.level(), PressureLevel::kLow);
  governor.Tick(229 * kSecond);
  EXPECT_EQ(governor.level(), PressureLevel::kLow);
  governor.Tick(230 * kSecond);
  EXPECT_EQ(governor.level(), PressureLevel::kNormal);
}

TEST(MemoryGovernorTest, AMonitorThatRepeatsItselfCostsNothing) {
  MemoryGovernor governor;
  RecordingClient client;
  governor.Join(&client, 768 * kKiB, PressureLevel::kNormal);
  const int before = client.calls;
  for (int64_t t = 0; t < 6 * 3600; t += 15) {
    governor.Warn(255, t * kSecond);
    governor.Tick(t * kSecond + 7 * kSecond);
  }
  EXPECT_EQ(client.calls, before + 1);
  governor.Leave(&client);
}

TEST(MemoryGovernorTest, AMonitorThatRepeatsItselfSlowlyIsWaitedFor) {
  MemoryGovernor governor;
  RecordingClient client;
  governor.Join(&client, 768 * kKiB, PressureLevel::kNormal);
  const auto warn_every = [&](int64_t seconds, int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      governor.Tick(t * kSecond);
      if ((t - begin) % seconds == 0) governor.Warn(255, t * kSecond);
    }
  };
  warn_every(200, 0, 2400);
  const int settled = client.calls;
  warn_every(200, 2400, 4 * 3600);
  EXPECT_EQ(client.calls, settled);
  EXPECT_EQ(governor.level(), PressureLevel::kCritical);
  governor.Leave(&client);
}

TEST(MemoryGovernorTest, AfterLongCalmTheQuietTimeIsShortAgain) {
  MemoryGovernor governor;
  governor.Warn(255, 0);
  governor.Tick(31 * kSecond);
  governor.Warn(255, 32 * kSecond);  // a relapse: a minute now
  governor.Tick(80 * kSecond);
  EXPECT_EQ(governor.level(), PressureLevel::kCritical);
  governor.Tick(10'000 * kSecond);
  EXPECT_EQ(governor.level(), PressureLevel::kNormal);
  governor.Warn(255, 20'000 * kSecond);
  governor.Tick(20'030 * kSecond);
  EXPECT_EQ(governor.level(), PressureLevel::kMedium);
}

TEST(MemoryGovernorTest, FiveHundredFilesShareOneSum) {
  MemoryGovernor governor({.total_bytes = 32 * 1024 * kKiB});
  std::vector<RecordingClient> clients(500);
  RecordingClient small;
  governor.Join(&small, 8 * kKiB, PressureLevel::kNormal);
  for (RecordingClient& client : clients)
    governor.Join(&client, 768 * kKiB, PressureLevel::kNormal);
  const auto sum = [&] {
    uint64_t bytes = small.bytes;
    for (const RecordingClient& client : clients)
      bytes += client.bytes;
    return bytes;
  };
  EXPECT_EQ(small.bytes, 8 * kKiB);
  EXPECT_LE(sum(), 32 * 1024 * kKiB);
  EXPECT_GE(sum(), 32 * 1024 * kKiB - 500);
  governor.Warn(255, 0);
  EXPECT_LE(sum(), 4 * 1024 * kKiB);
  for (size_t i = 1; i < clients.size(); ++i)
    governor.Leave(&clients[i]);
  EXPECT_EQ(clients[0].bytes, 96 * kKiB);
  governor.Leave(&clients[0]);
  governor.Leave(&small);
}

TEST(MemoryGovernorTest, AFileMayBeUnderMorePressureThanTheSystem) {
  MemoryGovernor governor;
  RecordingClient client;
  governor.Join(&client, 800, PressureLevel::kMedium);
  EXPECT_EQ(client.level, PressureLevel::kMedium);
  EXPECT_EQ(client.bytes, 200u);
  governor.Warn(50, 0);
  EXPECT_EQ(client.bytes, 200u);
  governor.Change(&client, 800, PressureLevel::kNormal);
  EXPECT_EQ(client.level, PressureLevel::kLow);
  EXPECT_EQ(client.bytes, 400u);
  governor.Leave(&client);
}

}  // namespace
}  // namespace iso
