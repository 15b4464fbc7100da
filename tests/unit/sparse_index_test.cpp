// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SparseIndex: the same state as a walk from the start gives, at any number of checkpoints.

#include "core/table/sparse_index.h"

#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "../support/table_sources.h"

namespace iso {
namespace {

using test::FaultSource;
using test::FormulaSource;

constexpr RunAxis kUnits = &RunState::units;
constexpr RunAxis kTotal = &RunState::total;

/// Entry i of the table under test: a run of 0 to 3 samples of 0 to 6 ticks.
uint32_t Word(uint64_t i) {
  const auto x = static_cast<uint32_t>((i / 2 + 1) * 2654435761u >> 7);
  return i % 2 ? x % 7 : x / 7 % 4;
}

std::unique_ptr<const RunFormat> Durations(uint64_t samples = UINT32_MAX) {
  return std::make_unique<RunFormatOf<DurationRule>>(DurationRule{samples});
}

/// All states of a table of `count` entries of Word.
std::vector<RunState> WalkAll(uint64_t count, uint64_t samples = UINT32_MAX) {
  const DurationRule rule{samples};
  std::vector<RunState> states(1);
  for (uint64_t i = 0; i < count && !rule.Done(states.back()); ++i) {
    uint8_t entry[8];
    for (uint32_t k = 0; k < 8; ++k) {
      entry[k] = static_cast<uint8_t>(Word(2 * i + k / 4) >> (24 - 8 * (k % 4)));
    }
    states.push_back(states.back());
    rule.Take(&states.back(), entry);
  }
  return states;
}

RunState Expected(const std::vector<RunState>& states, RunAxis axis, uint64_t target) {
  const auto after = std::partition_point(
      states.begin(), states.end(), [&](const RunState& s) { return s.*axis <= target; });
  return *(after - 1);
}

struct Fixture {
  explicit Fixture(uint64_t count, SparseIndex::Options options = {}, uint64_t samples = UINT32_MAX)
      : source(std::make_shared<FormulaSource>(2 * count, Word)),
        cache(source, 1u << 20),
        column({0, count, 8, true}, cache),
        index(column, Durations(samples), options) {}

  RunState Find(RunAxis axis, uint64_t target) {
    RunReader reader(column);
    const Result<RunState> found = index.Find(axis, target, reader);
    EXPECT_TRUE(found.ok());
    return found.ok() ? *found : RunState();
  }

  std::shared_ptr<FormulaSource> source;
  PageCache cache;
  Column column;
  SparseIndex index;
};

void ExpectAllFound(Fixture& fixture, const std::vector<RunState>& states, int questions) {
  std::mt19937_64 random(7);
  for (int i = 0; i < questions; ++i) {
    const RunState& near = states[random() % states.size()];
    for (const RunAxis axis : {kUnits, kTotal}) {
      const uint64_t target = near.*axis - (near.*axis > 0 ? random() % 2 : 0);
      ASSERT_EQ(fixture.Find(axis, target), Expected(states, axis, target)) << target;
    }
  }
  ASSERT_EQ(fixture.Find(kUnits, UINT64_MAX), states.back());
  ASSERT_EQ(fixture.Find(kTotal, UINT64_MAX), states.back());
}

TEST(SparseIndexTest, EverySizeAroundAPage) {
  for (const uint64_t count : {0, 1, 2, 12, 13, 255, 256, 257, 511, 512, 513, 1024, 1025, 5000}) {
    Fixture fixture(count);
    ExpectAllFound(fixture, WalkAll(count), 300);
  }
}

TEST(SparseIndexTest, EveryTargetOfATable) {
  Fixture fixture(3000, {.max_checkpoints = 4, .fine_bytes = 0});
  const std::vector<RunState> states = WalkAll(3000);
  for (uint64_t t = 0; t <= states.back().total + 2; ++t) {
    ASSERT_EQ(fixture.Find(kTotal, t), Expected(states, kTotal, t));
    ASSERT_EQ(fixture.Find(kUnits, t), Expected(states, kUnits, t));
  }
}

TEST(SparseIndexTest, CheckpointsStayFewHoweverLongTheTable) {
  for (const uint32_t most : {2u, 3u, 8u, 9u}) {
    Fixture fixture(100'000, {.max_checkpoints = most, .fine_bytes = 4096});
    ExpectAllFound(fixture, WalkAll(100'000), 2000);
    EXPECT_LE(fixture.index.Bytes(), 16 * 16u + 3 * 4096 + 64 * 16);
  }
}

TEST(SparseIndexTest, DoublingAtFullSize) {
  constexpr uint64_t kCount = 5'000'000;  // more than twice what 8,192 pages hold
  Fixture fixture(kCount);
  ExpectAllFound(fixture, WalkAll(kCount), 3000);
  EXPECT_LT(fixture.index.Bytes(), 200u << 10);
}

TEST(SparseIndexTest, NothingIsReadBeyondWhatIsAsked) {
  Fixture fixture(1'000'000);
  fixture.Find(kUnits, 100);
  EXPECT_LE(fixture.source->bytes_read, 2 * kReadEntries * 8u);
}

TEST(SparseIndexTest, WarmQuestionsReadOnePageAtMost) {
  Fixture fixture(100'000, {.max_checkpoints = 16, .fine_bytes = 48u << 10});
  const RunState end = fixture.Find(kUnits, UINT64_MAX);
  for (uint64_t i = 0; i < 16; ++i)
    fixture.Find(kUnits, end.units / 2 + i);
  fixture.cache.Shrink(0);
  const uint64_t before = fixture.source->reads;
  fixture.Find(kUnits, end.units / 2 + 3);
  EXPECT_LE(fixture.source->reads - before, 1u);
}

/// Entries of 12 bytes do not fill a block: it ends within a page.
TEST(SparseIndexTest, CheckpointsGoOnToTheEndOfAnyTable) {
  constexpr uint32_t kRuns = 100'000;
  const auto source = std::make_shared<FormulaSource>(
      3 * kRuns, [](uint64_t i) { return i % 3 == 0 ? static_cast<uint32_t>(i / 3 + 1) : 1u; });
  PageCache cache(source, 1u << 20);
  const Column column({0, kRuns, 12, true}, cache);
  const SparseIndex index(column,
                          std::make_unique<RunFormatOf<ChunkRule>>(ChunkRule{kRuns, kRuns}));
  for (const uint64_t target : {kRuns - 10, kRuns / 2, kRuns / 10}) {
    RunReader warm(column);
    ASSERT_TRUE(index.Find(kUnits, target, warm).ok());
    cache.Shrink(0);
    const uint64_t before = source->reads;
    RunReader reader(column);
    const Result<RunState> found = index.Find(kUnits, target, reader);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->units, target);
    EXPECT_LE(source->reads - before, 1u) << target;
  }
}

TEST(SparseIndexTest, TheWalkStopsWhereNothingMatters) {
  Fixture fixture(1'000'000, {}, 1000);
  const std::vector<RunState> states = WalkAll(1'000'000, 1000);
  ExpectAllFound(fixture, states, 200);
  EXPECT_EQ(states.back().units, 1000u);
  EXPECT_LE(fixture.source->bytes_read, 100'000u);
}

TEST(SparseIndexTest, FindsItsEnd) {
  for (const uint64_t count : {0, 5, 256, 257, 4096, 70'000}) {
    Fixture fixture(count, {.max_checkpoints = 8, .fine_bytes = 0});
    const Result<RunState> end = fixture.index.End();
    ASSERT_TRUE(end.ok());
    EXPECT_EQ(*end, WalkAll(count).back()) << count;
  }
}

TEST(SparseIndexTest, ManyThreadsBuildOneIndex) {
  constexpr uint64_t kCount = 200'000;
  const std::vector<RunState> states = WalkAll(kCount);
  Fixture fixture(kCount, {.max_checkpoints = 32, .fine_bytes = 2048});
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (uint64_t i = 0; i < 2000; ++i) {
        const uint64_t reach = states.size() * (i + 1) / 2000;
        const uint64_t target = states[random() % reach].total;
        RunReader reader(fixture.column);
        const Result<RunState> found = fixture.index.Find(kTotal, target, reader);
        if (!found.ok() || !(*found == Expected(states, kTotal, target))) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

// The rules whose states are not those of stts.

RunState Take(auto rule, const std::vector<uint8_t>& bytes) {
  RunState state;
  const RunFormatOf<decltype(rule)> format(rule);
  format.Skip(&state, bytes.data(), bytes.size() / rule.kStride);
  return state;
}

TEST(RunFormatTest, SizesAddUpInEveryWidth) {
  const std::vector<uint8_t> bytes = {0x12, 0x34, 0xff, 0xff, 0x00, 0x00, 0x00, 0x02};
  EXPECT_EQ(Take(SizeRule<4>(), bytes), (RunState{8, 16, 1 + 2 + 3 + 4 + 60 + 2, 0}));
  EXPECT_EQ(Take(SizeRule<8>(), bytes), (RunState{8, 8, 0x12 + 0x34 + 510 + 2, 0}));
  EXPECT_EQ(Take(SizeRule<16>(), bytes), (RunState{4, 4, 0x1234 + 0xffff + 2, 0}));
  EXPECT_EQ(Take(SizeRule<32>(), bytes), (RunState{2, 2, 0x1234ffffull + 2, 0}));
}

TEST(RunFormatTest, AHugeChunkHoldsNoMoreThanThereAre) {
  std::vector<uint8_t> bytes(24, 0xff);  // twice: chunk 2^32-1, 2^32-1 samples
  EXPECT_EQ(Take(ChunkRule{UINT32_MAX, 1000}, bytes).total, 1000u);
  EXPECT_EQ(Take(ChunkRule{UINT32_MAX, UINT32_MAX}, bytes).total, uint64_t{UINT32_MAX});
}

TEST(RunFormatTest, TheLongestTimeFits) {
  std::vector<uint8_t> bytes = {0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff};
  const RunState state = Take(DurationRule{UINT32_MAX}, bytes);
  EXPECT_EQ(state.total, uint64_t{UINT32_MAX} * 0x7fffffff);
  EXPECT_LT(state.total, uint64_t{1} << 63);
}

}  // namespace
}  // namespace iso
