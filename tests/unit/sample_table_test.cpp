// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleTable against a naive expansion: every table form, cache state and failing read.

#include "core/table/sample_table.h"

#include <algorithm>
#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "../support/table_builder.h"
#include "../support/table_sources.h"

namespace iso {

bool operator==(const Sample& a, const Sample& b) { return test::Same(a, b); }

void PrintTo(const Sample& sample, std::ostream* out) { *out << test::Text(sample); }

namespace {

using test::AllForms;
using test::Build;
using test::BuiltTables;
using test::Expand;
using test::FaultSource;
using test::FormulaSource;
using test::Random;
using test::RandomSpec;
using test::RunForm;
using test::SpecForms;
using test::TableSpec;

constexpr size_t kPlenty = 1u << 20;

struct Fixture {
  explicit Fixture(const TableSpec& spec, size_t budget = kPlenty)
      : built(Build(spec)),
        expected(Expand(spec)),
        source(std::make_shared<FaultSource>(built.bytes)),
        cache(source, budget),
        table(built.layout, cache) {}

  BuiltTables built;
  std::vector<Sample> expected;
  std::shared_ptr<FaultSource> source;
  PageCache cache;
  SampleTable table;
};

/// Asks again what was answered "not yet".
auto Ask(auto question) {
  auto answer = question();
  while (!answer.ok() && answer.error().code == Errc::kNotYet) answer = question();
  return answer;
}

void CheckSample(const SampleTable& table, const std::vector<Sample>& all, uint64_t n) {
  const auto sample = Ask([&] { return table.At(n); });
  ASSERT_TRUE(sample.ok()) << n;
  EXPECT_EQ(*sample, all[n]) << n;
  const auto dts = Ask([&] { return table.DecodeTime(n); });
  ASSERT_TRUE(dts.ok()) << n;
  EXPECT_EQ(*dts, all[n].dts);
  const auto offset = Ask([&] { return table.CompositionOffset(n); });
  ASSERT_TRUE(offset.ok()) << n;
  EXPECT_EQ(*offset, all[n].pts - all[n].dts);
}

void CheckSync(const SampleTable& table, const std::vector<Sample>& all, uint64_t n) {
  const auto before = Ask([&] { return table.SyncAtOrBefore(n); });
  const auto after = Ask([&] { return table.SyncAtOrAfter(n); });
  ASSERT_TRUE(before.ok() && after.ok()) << n;
  EXPECT_EQ(*before, test::NaiveSyncAtOrBefore(all, n)) << n;
  EXPECT_EQ(*after, test::NaiveSyncAtOrAfter(all, n)) << n;
}

void CheckTimes(const SampleTable& table, const std::vector<Sample>& all, int64_t t) {
  const auto decoded = Ask([&] { return table.SampleAtDecodeTime(t); });
  const auto shown = Ask([&] { return table.SampleAtPresentationTime(t); });
  ASSERT_TRUE(decoded.ok() && shown.ok()) << t;
  EXPECT_EQ(*decoded, test::NaiveAtDecodeTime(all, t)) << t;
  EXPECT_EQ(*shown, test::NaiveAtPresentationTime(all, t)) << t;
}

void CheckWhole(const SampleTable& table, const std::vector<Sample>& all) {
  const auto count = Ask([&] { return table.SampleCount(); });
  ASSERT_TRUE(count.ok());
  ASSERT_EQ(*count, all.size());
  int32_t least = all.empty() ? 0 : INT32_MAX;
  for (const Sample& s : all) least = std::min(least, static_cast<int32_t>(s.pts - s.dts));
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
void CheckAll(const SampleTable& table,
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
  for (const SpecForms& forms : AllForms(700)) {
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
  for (const SpecForms& forms : AllForms(2500)) {
    const TableSpec spec = RandomSpec(forms, random);
    for (uint64_t n = 1; CheckWithFault(spec, n); ++n) ASSERT_FALSE(HasFailure()) << n;
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
    for (size_t i = 0; !done; ++i) fixture.cache.Shrink(i % 30'000);
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
  for (std::thread& thread : threads) thread.join();
  done = true;
  shrinker.join();
}

// Tables that end early, or say what they should not.

TableSpec Simple(uint32_t samples) {
  TableSpec spec;
  spec.constant_size = 10;
  spec.sample_count = samples;
  spec.durations = {{samples, 4}};
  spec.chunk_runs = {{1, samples, 1}};
  spec.chunk_offsets = {1000};
  return spec;
}

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
      {{0, 3, 1}, {0, 2, 2}, {5, 1, 3}},   {{9, 3, 1}},
      {{4, 3, 1}, {2, 5, 2}, {8, 1, 1}},   {{1, 0, 1}, {3, 2, 1}},
      {{1, 2, 1}, {3, 0, 1}, {6, 2, 2}},   {{1, 2, 1}, {7, 3, 2}, {4, 9, 3}, {7, 1, 4}},
      {{1, 1, 1}, {1, 2, 2}, {1, 3, 3}},   {{1, 2, 1}, {UINT32_MAX, 3, 2}},
      {{1, UINT32_MAX, 1}, {2, UINT32_MAX, 2}},  {{1, 2, 1}, {11, 2, 2}, {12, 2, 2}},
      {{1, 1, 1}, {2, 0, 1}},
  };
  for (const auto& map : maps) {
    TableSpec spec = Simple(60);
    spec.chunk_runs = map;
    spec.chunk_offsets.clear();
    for (uint64_t i = 0; i < 10; ++i) spec.chunk_offsets.push_back(100 + 1000 * i);
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
    const uint64_t offset = n < 5 ? INT64_MAX : std::min<uint64_t>(INT64_MAX - 15 + 10 * (n - 5), INT64_MAX);
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

// Long tables. Their bytes are computed, so that only what is read costs anything.

/// A movie of `samples` samples; word i of its file is in one of the tables below.
struct LongMovie {
  static constexpr uint32_t kPerChunk = 10;

  LongMovie(uint32_t n, bool varying) : samples(n), vfr(varying) {
    layout.sample_count = n;
    layout.sizes = Add(n, 1);
    layout.durations = Add(varying ? n : 1, 2);
    layout.compositions = varying ? Add(n, 2) : TableRef();
    layout.chunk_runs = Add(1, 3);
    layout.chunk_offsets = Add((n + kPerChunk - 1) / kPerChunk, 1);
    layout.syncs = Add((n + 249) / 250, 1);
    source = std::make_shared<FormulaSource>(words, [this](uint64_t i) { return Word(i); });
  }

  TableRef Add(uint64_t count, uint32_t words_each) {
    const TableRef table{words * 4, count, words_each * 4, true};
    words += count * words_each;
    return table;
  }

  uint32_t Word(uint64_t i) const {
    if (i < layout.durations.offset / 4) return Size(i);
    if (vfr && i >= layout.compositions.offset / 4 && i < layout.chunk_runs.offset / 4) {
      const uint64_t k = i - layout.compositions.offset / 4;
      return k % 2 ? static_cast<uint32_t>(Offset(k / 2)) : 1;
    }
    if (i < layout.chunk_runs.offset / 4) {
      const uint64_t k = i - layout.durations.offset / 4;
      return k % 2 ? Delta(k / 2) : vfr ? 1 : samples;
    }
    if (i < layout.chunk_offsets.offset / 4) {
      return std::array{1u, kPerChunk, 1u}[i - layout.chunk_runs.offset / 4];
    }
    if (i < layout.syncs.offset / 4) {
      return static_cast<uint32_t>((i - layout.chunk_offsets.offset / 4) * 100);
    }
    return static_cast<uint32_t>((i - layout.syncs.offset / 4) * 250 + 1);
  }

  static uint32_t Size(uint64_t n) { return static_cast<uint32_t>(n % 17); }

  /// Durations of 5, 6 and 7 ticks in turn, 6 on average.
  uint32_t Delta(uint64_t n) const { return vfr ? 5 + static_cast<uint32_t>(n % 3) : 6; }

  int64_t Dts(uint64_t n) const {
    return static_cast<int64_t>(vfr ? n / 3 * 18 + std::array{0u, 5u, 11u}[n % 3] : 6 * n);
  }

  /// Groups of four shown in the order 0 3 1 2 (one group apart).
  int32_t Offset(uint64_t n) const {
    if (!vfr) return 0;
    const std::array<int, 4> places = {0, 2, -1, -1};
    return 12 + 6 * places[n % 4];
  }

  uint64_t ShownAt(int64_t t) const {
    const uint64_t around = static_cast<uint64_t>(std::max<int64_t>(t, 0)) / 6;
    uint64_t best = 0;
    int64_t best_pts = INT64_MIN;
    for (uint64_t n = around - std::min<uint64_t>(around, 30); n < std::min<uint64_t>(around + 30, samples); ++n) {
      const int64_t pts = Dts(n) + Offset(n);
      if (pts > t || pts < best_pts) continue;
      best = n;
      best_pts = pts;
    }
    return best;
  }

  const uint32_t samples;
  const bool vfr;
  SampleTableLayout layout;
  uint64_t words = 0;
  std::shared_ptr<FormulaSource> source;
};

void CheckLong(const LongMovie& movie, const SampleTable& table, uint64_t n) {
  const Result<Sample> sample = table.At(n);
  ASSERT_TRUE(sample.ok());
  EXPECT_EQ(sample->dts, movie.Dts(n));
  EXPECT_EQ(sample->pts, movie.Dts(n) + movie.Offset(n));
  EXPECT_EQ(sample->duration, movie.Delta(n));
  EXPECT_EQ(sample->size, LongMovie::Size(n));
  EXPECT_EQ(sample->sync, n % 250 == 0);
  uint64_t offset = n / LongMovie::kPerChunk * 100;
  for (uint64_t i = n / 10 * 10; i < n; ++i) offset += LongMovie::Size(i);
  EXPECT_EQ(sample->offset, offset);
  EXPECT_EQ(*table.SampleAtDecodeTime(sample->dts), n);
  EXPECT_EQ(*table.SampleAtDecodeTime(sample->dts - 1), n - std::min<uint64_t>(n, 1));
  const int64_t later = std::max<int64_t>(sample->pts, 100);
  EXPECT_EQ(*table.SampleAtPresentationTime(later), movie.ShownAt(later));
  EXPECT_EQ(*table.SyncAtOrBefore(n), n / 250 * 250);
}

TEST(LongTableTest, ALookUpInTenMillionEqualSamplesReadsAFewKilobytes) {
  LongMovie movie(10'000'000, false);
  PageCache cache(movie.source, kPlenty);
  const SampleTable table(movie.layout, cache);
  EXPECT_EQ(*table.SampleCount(), 10'000'000u);
  EXPECT_EQ(*table.SampleAtDecodeTime(33'333'333), 5'555'555u);
  EXPECT_EQ(*table.SampleAtPresentationTime(33'333'333), 5'555'555u);
  EXPECT_LE(movie.source->bytes_read, 20u);
  ASSERT_TRUE(table.At(5'555'555).ok());
  EXPECT_LE(movie.source->bytes_read, 48u << 10);
  EXPECT_LE(movie.source->reads, 12u);
  EXPECT_LE(table.IndexBytes(), 8192u);
  for (uint64_t n = 0; n < 10'000'000; n += 123'457) CheckLong(movie, table, n);
}

TEST(LongTableTest, TenMillionRunsNeedAQuarterOfAMegabyte) {
  LongMovie movie(10'000'000, true);
  PageCache cache(movie.source, kPlenty);
  const SampleTable table(movie.layout, cache);
  for (uint64_t n = 0; n < 10'000'000; n += 323'457) CheckLong(movie, table, n);
  CheckLong(movie, table, 9'999'999);
  EXPECT_LE(table.IndexBytes(), 256u << 10);
  EXPECT_LE(cache.stats().resident_bytes, kPlenty);
}

TEST(LongTableTest, TheFirstSeekIntoDenseOffsetsReadsNoIndex) {
  LongMovie movie(10'000'000, true);
  movie.layout.durations = {movie.layout.chunk_runs.offset, 0, 8, true};
  PageCache cache(movie.source, kPlenty);
  const SampleTable table(movie.layout, cache);
  for (const uint64_t n : {0, 1, 255, 256, 9'999'999, 5'555'555}) {
    EXPECT_EQ(*table.CompositionOffset(n), movie.Offset(n));
  }
  EXPECT_LE(movie.source->bytes_read, 64u << 10);
}

TEST(LongTableTest, LongCompositionTablesAreSearchedLocally) {
  Random random(9);
  SpecForms forms{.samples = 80'000, .durations = RunForm::kPerSample, .sync_every = 50};
  for (const RunForm form : {RunForm::kPerSample, RunForm::kShort}) {
    forms.compositions = form;
    forms.samples += 40'000 * (form == RunForm::kShort);
    Fixture fixture(RandomSpec(forms, random));
    const std::vector<Sample>& all = fixture.expected;
    for (uint64_t n = 0; n < all.size(); n += 611) {
      CheckSample(fixture.table, all, n);
      CheckTimes(fixture.table, all, all[n].pts - static_cast<int64_t>(n % 3) + 1);
    }
    CheckTimes(fixture.table, all, -100'000);
    EXPECT_LE(fixture.table.IndexBytes(), 128u << 10);
  }
}

TEST(LongTableTest, ADenseTableWithAnOddPageIsReadAsRunsThere) {
  TableSpec spec = Simple(70'000);
  spec.compositions.emplace();
  for (uint32_t i = 0; i < 70'000; ++i) spec.compositions->push_back({1, i});
  (*spec.compositions)[69'000] = {2, 7};
  (*spec.compositions)[69'001] = {0, 8};
  Fixture fixture(spec);
  Cursor cursor(fixture.table);
  ASSERT_TRUE(cursor.SeekTo(68'000).ok());
  for (uint64_t n = 68'000; n < 70'000; ++n) {
    ASSERT_EQ(*fixture.table.CompositionOffset(n), fixture.expected[n].pts - fixture.expected[n].dts);
    Sample sample;
    ASSERT_TRUE(cursor.Next(&sample).ok());
    ASSERT_TRUE(test::Same(sample, fixture.expected[n])) << n;
  }
}

TEST(LongTableTest, SumsInOneGiantChunk) {
  Random random(10);
  for (const uint32_t bits : {4u, 8u, 16u, 32u}) {
    SpecForms forms{.samples = 60'001, .size_bits = bits, .most_per_chunk = 1};
    TableSpec spec = RandomSpec(forms, random);
    spec.chunk_runs = {{1, 3, 1}, {2, 60'000, 1}};
    spec.chunk_offsets = {1, 500'000};
    Fixture fixture(spec);
    for (uint64_t n = 0; n < 60'001; n += 97) CheckSample(fixture.table, fixture.expected, n);
    EXPECT_LE(fixture.table.IndexBytes(), 64u << 10);
  }
}

TEST(LongTableTest, AsManyChunkRunsAsChunks) {
  Random random(11);
  SpecForms forms{.samples = 60'000, .most_per_chunk = 4, .chunk_run_length = 1};
  Fixture fixture(RandomSpec(forms, random));
  for (uint64_t n = 0; n < 60'000; n += 59) CheckSample(fixture.table, fixture.expected, n);
}

}  // namespace
}  // namespace iso
