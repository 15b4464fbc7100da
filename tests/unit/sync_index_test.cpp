// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SyncIndex: sync samples before and after, of every kind of table.

#include "core/table/sync_index.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "../support/byte_writer.h"
#include "../support/table_sources.h"

namespace iso {
namespace {

using test::FaultSource;
using test::FormulaSource;

using Numbers = std::vector<uint32_t>;

struct Fixture {
  Fixture(const Numbers& full, const Numbers& partial, uint64_t samples = 5000)
      : source(std::make_shared<FaultSource>(BytesOf(full, partial))),
        cache(source, 1u << 16),
        index({0, full.size(), 4, true},
              {4 * full.size(), partial.size(), 4, !partial.empty()},
              cache,
              samples) {}

  static std::vector<uint8_t> BytesOf(const Numbers& full, const Numbers& partial) {
    test::ByteWriter writer;
    for (const uint32_t n : full)
      writer.U32(n);
    for (const uint32_t n : partial)
      writer.U32(n);
    return writer.bytes();
  }

  std::shared_ptr<FaultSource> source;
  PageCache cache;
  SyncIndex index;
};

Numbers RandomNumbers(size_t n, uint32_t gap, unsigned seed) {
  std::mt19937 random(seed);
  Numbers numbers;
  for (uint32_t at = 0; numbers.size() < n;)
    numbers.push_back(at += 1 + random() % gap);
  return numbers;
}

void ExpectAnswers(Fixture& fixture, const std::set<uint64_t>& all, uint64_t count) {
  SyncWalker walker(fixture.index);
  ASSERT_TRUE(walker.Seek(0).ok());
  for (uint64_t n = 0; n < count; ++n) {
    const auto after = all.lower_bound(n);
    const auto next = after == all.end() || *after >= count ? std::nullopt : std::optional(*after);
    const auto past = all.upper_bound(n);
    const auto last = past == all.begin() ? std::nullopt : std::optional(*std::prev(past));
    ASSERT_EQ(*fixture.index.IsSync(n), all.count(n) > 0) << n;
    ASSERT_EQ(*fixture.index.AtOrBefore(n), last) << n;
    ASSERT_EQ(*fixture.index.AtOrAfter(n, count), next) << n;
    if (!walker.Covers(n)) {
      ASSERT_TRUE(walker.Cover(n).ok());
    }
    ASSERT_EQ(walker.IsSync(n), all.count(n) > 0) << n;
  }
}

std::set<uint64_t> FromZero(const Numbers& numbers) {
  std::set<uint64_t> all;
  for (const uint32_t n : numbers)
    all.insert(n - 1);
  return all;
}

TEST(SyncIndexTest, TablesOfEverySize) {
  for (const size_t size : {1, 2, 24, 25, 255, 256, 257, 512, 1025, 3000}) {
    const Numbers numbers = RandomNumbers(size, 5, static_cast<unsigned>(size));
    Fixture fixture(numbers, {});
    ExpectAnswers(fixture, FromZero(numbers), numbers.back() + 3);
    ExpectAnswers(fixture, FromZero(numbers), numbers.back() - 1);
  }
}

TEST(SyncIndexTest, PartialSyncSamplesCountToo) {
  const Numbers full = RandomNumbers(900, 9, 1);
  const Numbers partial = RandomNumbers(400, 20, 2);
  Fixture fixture(full, partial);
  std::set<uint64_t> all = FromZero(full);
  all.merge(FromZero(partial));
  ExpectAnswers(fixture, all, 5000);
}

TEST(SyncIndexTest, EverySampleListed) {
  Numbers numbers(2000);
  for (uint32_t i = 0; i < 2000; ++i)
    numbers[i] = i + 1;
  Fixture fixture(numbers, {});
  ExpectAnswers(fixture, FromZero(numbers), 2000);
}

TEST(SyncIndexTest, AnEmptyTableMeansNoSyncSample) {
  Fixture fixture({}, {});
  ExpectAnswers(fixture, {}, 10);
  EXPECT_FALSE(fixture.index.all());
}

TEST(SyncIndexTest, NoTableMeansEverySample) {
  PageCache cache(std::make_shared<MemorySource>(std::vector<uint8_t>(8)), 0);
  const SyncIndex index({}, {0, 2, 4, true}, cache, 8);
  EXPECT_TRUE(index.all());
  EXPECT_EQ(**index.AtOrBefore(7), 7u);
  EXPECT_EQ(**index.AtOrAfter(7, 8), 7u);
  EXPECT_EQ(*index.AtOrAfter(8, 8), std::nullopt);
  EXPECT_TRUE(*index.IsSync(3));
}

TEST(SyncIndexTest, NumbersAtTheVeryEnd) {
  Fixture fixture({1, UINT32_MAX}, {});
  EXPECT_EQ(**fixture.index.AtOrBefore(UINT32_MAX - 1), UINT32_MAX - 1u);
  EXPECT_EQ(**fixture.index.AtOrBefore(UINT32_MAX - 2), 0u);
  EXPECT_EQ(**fixture.index.AtOrAfter(1, UINT32_MAX), UINT32_MAX - 1u);
}

TEST(SyncIndexTest, NumbersThatNameNoSample) {
  Fixture fixture({0, 0, 5, 900}, {});
  ExpectAnswers(fixture, {4, 899}, 700);
}

TEST(SyncIndexTest, AnyOrderHasOneAnswerWhateverTheCacheHolds) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Numbers numbers = RandomNumbers(3000, 4, seed);
    std::shuffle(numbers.begin(), numbers.end(), std::mt19937(seed));
    Fixture warm(numbers, {});
    for (uint64_t n = 0; n < 8000; n += 13) {
      Fixture cold(numbers, {});
      ASSERT_EQ(*warm.index.AtOrBefore(n), *cold.index.AtOrBefore(n));
      ASSERT_EQ(*warm.index.AtOrAfter(n, 8000), *cold.index.AtOrAfter(n, 8000));
      ASSERT_EQ(*warm.index.IsSync(n), *cold.index.IsSync(n));
    }
  }
}

TEST(SyncIndexTest, AColdSearchOfAHugeTableReadsLittle) {
  constexpr uint64_t kCount = 50'000'000;
  const auto source = std::make_shared<FormulaSource>(
      kCount, [](uint64_t i) { return static_cast<uint32_t>(2 * i + 1); });
  PageCache cache(source, 1u << 16);
  const SyncIndex index({0, kCount, 4, true}, {}, cache, 2 * kCount);
  EXPECT_EQ(**index.AtOrBefore(77'777'777), 77'777'776u);
  EXPECT_LE(source->reads, 2u);
  cache.Shrink(0);
  const uint64_t before = source->reads;
  EXPECT_EQ(**index.AtOrAfter(77'777'777, 2 * kCount), 77'777'778u);
  EXPECT_LE(source->reads - before, 2u);
}

/// Nearly all sync samples in the first hundredth, or in the last.
TEST(SyncIndexTest, AColdSearchOfALopsidedTableReadsFewPages) {
  constexpr uint64_t kCount = 1'000'000;
  for (const bool early : {true, false}) {
    const auto number = [early](uint64_t i) {
      const uint64_t sparse =
          early ? (i < kCount - 1000 ? 0 : i + 1000 - kCount) : std::min<uint64_t>(i, 1000);
      return static_cast<uint32_t>(1 + i + sparse * 99'000);
    };
    const auto source = std::make_shared<FormulaSource>(kCount, number);
    for (const uint64_t n : {7u, 999'998u, 1'500'000u, 98'000'000u, 99'500'000u}) {
      PageCache cache(source, 1u << 16);
      const SyncIndex index({0, kCount, 4, true}, {}, cache, 100'000'000);
      const uint64_t before = source->reads;
      const auto found = *index.AtOrBefore(n);
      EXPECT_LE(source->reads - before, 26u);  // of 3,907 pages
      uint64_t after = 0;
      while (after < kCount && number(after) <= n + 1)
        ++after;
      const uint64_t expected = number(after - 1) - 1;
      EXPECT_EQ(found, expected) << n;
    }
  }
}

}  // namespace
}  // namespace iso
