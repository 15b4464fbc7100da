// SPDX-License-Identifier: LGPL-2.1-or-later
//
// All that an index keeps: never more than its limit, by its own count and by the
// allocator's; little at Critical; and no answer depends on it.

#include "core/memory/index_memory.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "../support/allocation_count.h"
#include "../support/long_movie.h"
#include "../support/table_fixture.h"

namespace iso {
namespace {

using test::LongMovie;
using test::TableFixture;

/// One open file with one track, whose words cost nothing.
struct OpenFile {
  OpenFile(const LongMovie& movie, std::shared_ptr<MemoryGovernor> governor)
      : cache(movie.source, kDefaultIndexBudget, std::move(governor)),
        table(movie.layout, cache),
        cursor(table) {}

  IndexMemoryStats memory() const { return cache.stats().memory; }

  PageCache cache;
  SampleTable table;
  Cursor cursor;
};

/// Seeks and reads on, as a player does. All of it is checked.
void Use(const LongMovie& movie, OpenFile* file, std::mt19937_64& random) {
  const uint64_t n = random() % movie.samples;
  ASSERT_EQ(*file->table.SampleAtPresentationTime(movie.Dts(n) + movie.Offset(n)), n);
  ASSERT_EQ(*file->table.SampleAtDecodeTime(movie.Dts(n)), n);
  ASSERT_EQ(**file->table.SyncAtOrBefore(n), n / 250 * 250);
  ASSERT_TRUE(file->cursor.SeekTo(n).ok());
  for (uint64_t i = n; i < std::min<uint64_t>(n + 300, movie.samples); ++i) {
    Sample sample;
    ASSERT_TRUE(file->cursor.Next(&sample).ok());
    ASSERT_EQ(sample.dts, movie.Dts(i));
    ASSERT_EQ(sample.pts, movie.Dts(i) + movie.Offset(i));
    ASSERT_EQ(sample.size, LongMovie::Size(i));
    ASSERT_EQ(sample.sync, i % 250 == 0);
  }
}

/// TSan slows a walk of a hundred million samples down to minutes, and has nothing to see in
/// one thread.
#ifdef __SANITIZE_THREAD__
constexpr bool kForThreadsOnly = true;
#else
constexpr bool kForThreadsOnly = false;
#endif

/// Walkers, readers and the like, which live as long as one question does.
constexpr int64_t kPassing = 4 << 10;

TEST(IndexMemoryTest, AHundredMillionSamplesStayWithinTheLimitAtEveryLevel) {
  if (kForThreadsOnly) GTEST_SKIP() << "one thread";
  const LongMovie movie(100'000'000, true);
  const auto governor = std::make_shared<MemoryGovernor>();
  OpenFile file(movie, governor);
  std::mt19937_64 random(1);
  const int64_t base = test::allocated_bytes;
  for (const uint32_t warning : {0u, 50u, 100u, 255u}) {
    governor->Warn(warning, 0);
    const IndexMemoryStats shrunk = file.memory();
    EXPECT_LE(shrunk.held_bytes, shrunk.limit_bytes) << warning;
    test::allocated_peak = test::allocated_bytes.load();
    for (int i = 0; i < 60; ++i) {
      ASSERT_NO_FATAL_FAILURE(Use(movie, &file, random));
      const IndexMemoryStats now = file.memory();
      ASSERT_LE(now.held_bytes, now.limit_bytes) << warning;
      ASSERT_LE(test::allocated_bytes - base, static_cast<int64_t>(now.held_bytes) + kPassing);
    }
    EXPECT_LE(test::allocated_peak - base,
              static_cast<int64_t>(file.memory().limit_bytes) + kPassing)
        << warning;
  }
  EXPECT_EQ(file.memory().level, PressureLevel::kCritical);
  EXPECT_LT(file.memory().limit_bytes, 128u << 10);
  EXPECT_LE(file.memory().peak_bytes, kDefaultIndexBudget);
}

TEST(IndexMemoryTest, CriticalGivesThreeQuartersBackAndAQuietTimeRestores) {
  if (kForThreadsOnly) GTEST_SKIP() << "one thread";
  const LongMovie movie(100'000'000, true);
  const auto governor = std::make_shared<MemoryGovernor>();
  OpenFile file(movie, governor);
  std::mt19937_64 random(2);
  for (int i = 0; i < 200; ++i)
    ASSERT_NO_FATAL_FAILURE(Use(movie, &file, random));
  const uint64_t before = file.memory().held_bytes;
  EXPECT_GT(before, kDefaultIndexBudget / 2);
  governor->Warn(255, 0);
  EXPECT_LE(file.memory().held_bytes, before / 4);
  EXPECT_EQ(file.memory().bytes_given_back, before - file.memory().held_bytes);
  EXPECT_EQ(file.memory().shrinks, 1u);
  governor->Tick(INT64_MAX / 2);
  EXPECT_EQ(file.memory().limit_bytes, kDefaultIndexBudget);
  for (int i = 0; i < 200; ++i)
    ASSERT_NO_FATAL_FAILURE(Use(movie, &file, random));
  EXPECT_GT(file.memory().held_bytes, kDefaultIndexBudget / 2);
}

TEST(IndexMemoryTest, TwoHundredFilesStayWithinTheirLimits) {
  if (kForThreadsOnly) GTEST_SKIP() << "one thread";
  const LongMovie movie(400'000, true);
  const auto governor = std::make_shared<MemoryGovernor>();
  std::deque<OpenFile> files;
  for (int i = 0; i < 200; ++i)
    files.emplace_back(movie, governor);
  std::mt19937_64 random(3);
  const int64_t base = test::allocated_bytes;
  for (const uint32_t warning : {0u, 50u, 100u, 255u}) {
    governor->Warn(warning, 0);
    uint64_t limits = 0;
    for (OpenFile& file : files) {
      ASSERT_NO_FATAL_FAILURE(Use(movie, &file, random));
      ASSERT_LE(file.memory().held_bytes, file.memory().limit_bytes);
      limits += file.memory().limit_bytes;
    }
    const uint64_t total = BytesAtLevel(governor->level(), MemoryGovernor::Options().total_bytes);
    const uint64_t floors = 200u * (64u << 10);
    EXPECT_LE(limits, std::max(total, floors)) << warning;
    EXPECT_LE(test::allocated_bytes - base, static_cast<int64_t>(limits) + 200 * kPassing);
  }
}

TEST(IndexMemoryTest, AnIndexBudgetBoundsEverything) {
  if (kForThreadsOnly) GTEST_SKIP() << "one thread";
  const LongMovie movie(50'000'000, true);
  OpenFile file(movie, nullptr);
  std::mt19937_64 random(4);
  for (const uint64_t budget : {uint64_t{4} << 20, uint64_t{300} << 10, uint64_t{0}}) {
    file.cache.SetBudget(budget);
    const uint64_t limit = file.memory().limit_bytes;
    EXPECT_GE(limit, budget);
    EXPECT_LE(limit, std::max<uint64_t>(budget, 64 << 10));
    for (int i = 0; i < 60; ++i) {
      ASSERT_NO_FATAL_FAILURE(Use(movie, &file, random));
      ASSERT_LE(file.memory().held_bytes, limit);
    }
  }
}

TEST(IndexMemoryTest, NoAnswerDependsOnWhenAnotherThreadShrinks) {
  test::Random shapes(5);
  for (int round = 0; round < 6; ++round) {
    TableFixture fixture(test::RandomSpec({.samples = 6000,
                                           .durations = test::RunForm::kShort,
                                           .compositions = test::RunForm::kPerSample,
                                           .sync_every = 3},
                                          shapes));
    std::atomic<bool> done = false;
    std::thread shrinking([&] {
      std::mt19937 random(static_cast<unsigned>(round));
      while (!done) {
        fixture.cache.memory().SetLevel(static_cast<PressureLevel>(random() % 4));
        fixture.cache.SetBudget(random() % (1u << 20));
      }
    });
    std::mt19937_64 random(round);
    for (int i = 0; i < 3000; ++i) {
      const uint64_t n = random() % fixture.expected.size();
      ASSERT_NO_FATAL_FAILURE(test::CheckSample(fixture.table, fixture.expected, n));
      ASSERT_NO_FATAL_FAILURE(
          test::CheckTimes(fixture.table, fixture.expected, fixture.expected[n].pts));
      if (HasFailure()) break;
    }
    done = true;
    shrinking.join();
  }
}

TEST(IndexMemoryTest, FilesComeAndGoWhileWarningsDo) {
  const LongMovie movie(200'000, true);
  const auto governor = std::make_shared<MemoryGovernor>();
  std::atomic<bool> done = false;
  std::thread warning([&] {
    for (int64_t now = 0; !done; now += 31'000'000'000) {
      governor->Warn(static_cast<uint32_t>(now % 256), now);
    }
  });
  std::vector<std::thread> users;
  for (unsigned seed = 0; seed < 3; ++seed) {
    users.emplace_back([&, seed] {
      std::mt19937_64 random(seed);
      for (int i = 0; i < 60; ++i) {
        OpenFile file(movie, governor);
        Use(movie, &file, random);
      }
    });
  }
  for (std::thread& user : users)
    user.join();
  done = true;
  warning.join();
}

}  // namespace
}  // namespace iso
