// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleTable against a naive expansion: every table form, cache state and failing read.

#include "core/table/sample_table.h"

#include <algorithm>
#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "../support/table_fixture.h"

namespace iso {
namespace {

using test::AllForms;
using test::Ask;
using test::Build;
using test::BuiltTables;
using test::CheckSample;
using test::CheckTimes;
using test::Random;
using test::RandomSpec;
using test::RunForm;
using test::Simple;
using test::SpecForms;
using test::TableSpec;

using Fixture = test::TableFixture;

void CheckSync(const SampleTable& table, const std::vector<Sample>& all, uint64_t n) {
  const auto before = Ask([&] { return table.SyncAtOrBefore(n); });
  const auto after = Ask([&] { return table.SyncAtOrAfter(n); });
  ASSERT_TRUE(before.ok() && after.ok()) << n;
  EXPECT_EQ(*before, test::NaiveSyncAtOrBefore(all, n)) << n;
  EXPECT_EQ(*after, test::NaiveSyncAtOrAfter(all, n)) << n;
}

void CheckWhole(const SampleTable& table, const std::vector<Sample>& all) {
  const auto count = Ask([&] { return table.SampleCount(); });
  ASSERT_TRUE(count.ok());
  ASSERT_EQ(*count, all.size());
  int32_t least = all.empty() ? 0 : INT32_MAX;
  for (const Sample& s : all)
    least = std::min(least, static_cast<int32_t>(s.pts - s.dts));
  const auto offset = Ask([&] { return table.LeastCompositionOffset(); });
  ASSERT_TRUE(offset.ok()) << Describe(offset.error());
  EXPECT_EQ(*offset, least);
  const auto end = Ask([&] { return table.DecodeTime(all.size()); });
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(*end, all.empty() ? 0 : all.back().dts + all.back().duration);
}

void CheckEnds(const SampleTable& table, uint64_t count) {
  for (const uint64_t n : {count, count + 1, UINT64_MAX}) {
    EXPECT_EQ(table.At(n).error().code, Errc::kEndOfTable);
    EXPECT_EQ(table.CompositionOffset(n).error().code, Errc::kEndOfTable);
    EXPECT_EQ(table.SyncAtOrBefore(n).error().code, Errc::kEndOfTable);
    EXPECT_EQ(*table.SyncAtOrAfter(n), std::nullopt);
    EXPECT_EQ(table.DecodeTime(n).ok(), n == count);
  }
}

/// `every`: how many samples to leave out between those asked about. `between` is called
/// before each.
void CheckAll(
    const SampleTable& table,
    const std::vector<Sample>& all,
    uint64_t every = 1,
    const std::function<void()>& between = [] {}) {
  CheckWhole(table, all);
  for (uint64_t i = 0; i < all.size(); i += every) {
    const uint64_t n = i * 7919 % all.size();  // out of order
    between();
    CheckSample(table, all, n);
    CheckSync(table, all, n);
    for (const int64_t d : {-1, 0, 1}) {
      between();
      CheckTimes(table, all, all[n].dts + d);
      CheckTimes(table, all, all[n].pts + d);
    }
    if (testing::Test::HasFailure()) return;
  }
}

TEST(SampleTableTest, EveryFormAnswersAsTheExpansionDoes) {
  Random random(1);
  for (const SpecForms& forms : AllForms(300)) {
    Fixture fixture(RandomSpec(forms, random));
    CheckAll(fixture.table, fixture.expected);
    CheckEnds(fixture.table, fixture.expected.size());
    ASSERT_FALSE(HasFailure());
  }
}

TEST(SampleTableTest, EveryFormOverManyPages) {
  Random random(2);
  for (const SpecForms& forms : AllForms(9000)) {
    Fixture fixture(RandomSpec(forms, random));
    CheckAll(fixture.table, fixture.expected, 450);
    ASSERT_FALSE(HasFailure());
  }
}

TEST(SampleTableTest, ATinyBudgetChangesNothing) {
  Random random(3);
  for (const SpecForms& forms : AllForms(1500)) {
    Fixture fixture(RandomSpec(forms, random), 100);
    CheckAll(fixture.table, fixture.expected, 20);
    ASSERT_FALSE(HasFailure());
  }
}

TEST(SampleTableTest, ShrinkingBetweenQuestionsChangesNothing) {
  Random random(4);
  for (const SpecForms& forms : AllForms(1500)) {
    Fixture fixture(RandomSpec(forms, random));
    CheckAll(fixture.table, fixture.expected, 20, [&] { fixture.cache.Shrink(0); });
    ASSERT_FALSE(HasFailure());
  }
}

/// A few questions of every kind to a fresh table, read number n of which fails once.
bool CheckWithFault(const TableSpec& spec, uint64_t fail_at) {
  Fixture fixture(spec);
  fixture.source->fail_at = fail_at;
  CheckAll(fixture.table, fixture.expected, fixture.expected.size() / 4 + 1);
  return fixture.source->failures > 0;
}

TEST(SampleTableTest, AFailingReadIsMadeUpForWhicheverItIs) {
  Random random(5);
  for (const SpecForms& forms : AllForms(1300)) {
    const TableSpec spec = RandomSpec(forms, random);
    for (uint64_t n = 1; CheckWithFault(spec, n); ++n)
      ASSERT_FALSE(HasFailure()) << n;
  }
}

TEST(SampleTableTest, ManyThreadsMayAskWhileTheCacheShrinks) {
  Random random(6);
  SpecForms forms{.samples = 20'000, .most_per_chunk = 3000, .reorder = 2, .sync_every = 9};
  forms.durations = RunForm::kPerSample;
  forms.compositions = RunForm::kPerSample;
  Fixture fixture(RandomSpec(forms, random), 20'000);
  std::atomic<bool> done = false;
  std::thread shrinker([&] {
    for (size_t i = 0; !done; ++i)
      fixture.cache.Shrink(i % 30'000);
  });
  std::vector<std::thread> threads;
  for (uint64_t k = 0; k < 3; ++k) {
    threads.emplace_back([&, k] {
      for (uint64_t i = 0; i < 1500; ++i) {
        const uint64_t n = (i * 7919 + k * 331) % fixture.expected.size();
        CheckSample(fixture.table, fixture.expected, n);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  done = true;
  shrinker.join();
}

// Tables that end early, or say what they should not.

void ExpectAsExpanded(const TableSpec& spec, uint64_t every = 1) {
  Fixture fixture(spec);
  CheckAll(fixture.table, fixture.expected, every);
}

TEST(SampleTableTest, NoSamplesAtAll) {
  std::vector<TableSpec> specs(5, Simple(5));
  specs[0].sample_count = 0;
  specs[1].chunk_runs.clear();
  specs[2].chunk_offsets.clear();
  specs[3].constant_size = 0;
  specs[4].chunk_runs = {{1, 0, 1}};
  for (const TableSpec& spec : specs) {
    Fixture fixture(spec);
    EXPECT_EQ(*fixture.table.SampleCount(), 0u);
    EXPECT_EQ(fixture.table.SampleAtDecodeTime(0).error().code, Errc::kEndOfTable);
    EXPECT_EQ(fixture.table.SampleAtPresentationTime(0).error().code, Errc::kEndOfTable);
    EXPECT_EQ(*fixture.table.DecodeTime(0), 0);
    EXPECT_EQ(*fixture.table.LeastCompositionOffset(), 0);
    CheckEnds(fixture.table, 0);
  }
}

TEST(SampleTableTest, FewerChunksThanSamples) {
  TableSpec spec = Simple(100);
  spec.chunk_runs = {{1, 7, 1}, {4, 2, 2}};
  spec.chunk_offsets = {5, 500, 900, 1300, 2000};
  spec.durations = {{3, 9}, {100, 2}};
  spec.compositions = {{50, uint32_t(-5)}, {50, 100}};
  ExpectAsExpanded(spec);
}

TEST(SampleTableTest, ChunkRunsOutOfOrder) {
  const std::vector<std::vector<std::array<uint32_t, 3>>> maps = {
      {{0, 3, 1}, {0, 2, 2}, {5, 1, 3}},
      {{9, 3, 1}},
      {{4, 3, 1}, {2, 5, 2}, {8, 1, 1}},
      {{1, 0, 1}, {3, 2, 1}},
      {{1, 2, 1}, {3, 0, 1}, {6, 2, 2}},
      {{1, 2, 1}, {7, 3, 2}, {4, 9, 3}, {7, 1, 4}},
      {{1, 1, 1}, {1, 2, 2}, {1, 3, 3}},
      {{1, 2, 1}, {UINT32_MAX, 3, 2}},
      {{1, UINT32_MAX, 1}, {2, UINT32_MAX, 2}},
      {{1, 2, 1}, {11, 2, 2}, {12, 2, 2}},
      {{1, 1, 1}, {2, 0, 1}},
  };
  for (const auto& map : maps) {
    TableSpec spec = Simple(60);
    spec.chunk_runs = map;
    spec.chunk_offsets.clear();
    for (uint64_t i = 0; i < 10; ++i)
      spec.chunk_offsets.push_back(100 + 1000 * i);
    ExpectAsExpanded(spec);
  }
}

TEST(SampleTableTest, DeltasAboveTheSignBitCountAsNothing) {
  TableSpec spec = Simple(10);
  spec.durations = {{3, 5}, {3, 0x80000000u}, {2, 0xffffffffu}, {1, 0x7fffffffu}};
  ExpectAsExpanded(spec);
  spec.durations = {{3, 5}, {3, 0x80000000u}};
  ExpectAsExpanded(spec);
}

TEST(SampleTableTest, TheLastRunThatHoldsSamplesGoesOn) {
  TableSpec spec = Simple(20);
  spec.durations = {{0, 8}, {3, 5}, {2, 7}, {0, 100}, {0, 3}};
  ExpectAsExpanded(spec);
  spec.durations = {{0, 8}, {0, 3}};
  ExpectAsExpanded(spec);
}

TEST(SampleTableTest, CountsThatOverflow) {
  TableSpec spec = Simple(1000);
  spec.durations = {{1, 3}, {UINT32_MAX, 0x7fffffff}, {UINT32_MAX, 0x7fffffff}, {5, 1}};
  spec.compositions = {{1, 9}, {UINT32_MAX, 0x80000000u}, {UINT32_MAX, 0x7fffffff}};
  ExpectAsExpanded(spec, 10);
}

TEST(SampleTableTest, OffsetsThatNoFileReachesArePutAtTheFarEnd) {
  TableSpec spec = Simple(10);
  spec.chunk_runs = {{1, 5, 1}};
  spec.wide_offsets = true;
  spec.chunk_offsets = {UINT64_MAX, INT64_MAX - 15};
  Fixture fixture(spec);
  Cursor cursor(fixture.table);
  for (uint64_t n = 0; n < 10; ++n) {
    const uint64_t offset =
        n < 5 ? INT64_MAX : std::min<uint64_t>(INT64_MAX - 15 + 10 * (n - 5), INT64_MAX);
    EXPECT_EQ(fixture.table.At(n)->offset, offset);
    Sample sample;
    ASSERT_TRUE(cursor.Next(&sample).ok());
    EXPECT_EQ(sample.offset, offset);
  }
}

TEST(SampleTableTest, AnyBytesGiveSomeAnswer) {
  Random random(8);
  for (int round = 0; round < 400; ++round) {
    const SpecForms forms = AllForms(800)[static_cast<size_t>(round) % 36];
    TableSpec spec = RandomSpec(forms, random);
    BuiltTables built = Build(spec);
    // All tables but the sizes, or a part of them, become noise.
    const uint64_t from = built.layout.sizes.offset + built.layout.sizes.count * 4;
    for (uint64_t i = from; i < built.bytes.size(); ++i) {
      if (round % 3 == 0 || random() % 50 == 0) {
        built.bytes[i] = random() % 2 ? static_cast<uint8_t>(random()) : uint8_t{0xff};
      }
    }
    PageCache cache(std::make_shared<MemorySource>(built.bytes), 5000);
    const SampleTable table(built.layout, cache);
    ASSERT_LE(*table.SampleCount(), forms.samples);
    for (int i = 0; i < 50; ++i) {
      const uint64_t n = random() % 1000;
      const auto t = static_cast<int64_t>(uint64_t{random()} << (random() % 32)) - (1 << 30);
      const Result<Sample> sample = table.At(n);
      ASSERT_EQ(sample.ok(), n < *table.SampleCount());
      ASSERT_EQ(table.DecodeTime(n).ok(), n <= *table.SampleCount());
      ASSERT_EQ(table.SyncAtOrBefore(n).ok(), sample.ok());
      ASSERT_TRUE(table.SyncAtOrAfter(n).ok());
      ASSERT_EQ(table.SampleAtDecodeTime(t).ok(), *table.SampleCount() > 0);
      ASSERT_EQ(table.SampleAtPresentationTime(t).ok(), *table.SampleCount() > 0);
    }
    for (const int64_t t : {INT64_MIN, INT64_MAX}) {
      ASSERT_EQ(table.SampleAtPresentationTime(t).ok(), *table.SampleCount() > 0);
    }
  }
}

TEST(SampleTableTest, UniformMeansThatNothingDiffers) {
  EXPECT_TRUE(Fixture(Simple(10)).table.IsUniform());
  TableSpec spec = Simple(10);
  spec.durations = std::nullopt;
  EXPECT_TRUE(Fixture(spec).table.IsUniform());
  spec.durations = {{5, 1}, {5, 2}};
  EXPECT_FALSE(Fixture(spec).table.IsUniform());
  spec = Simple(10);
  spec.compositions = {{10, 0}};
  EXPECT_FALSE(Fixture(spec).table.IsUniform());
  spec = Simple(10);
  spec.syncs = {1, 2};
  EXPECT_FALSE(Fixture(spec).table.IsUniform());
}

}  // namespace
}  // namespace iso
