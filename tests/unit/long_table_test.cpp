// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleTable on long tables: right answers, little read, little kept.

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "../support/table_fixture.h"

namespace iso {
namespace {

using test::CheckSample;
using test::CheckTimes;
using test::FormulaSource;
using test::kPlenty;
using test::Random;
using test::RandomSpec;
using test::RunForm;
using test::Simple;
using test::SpecForms;
using test::TableSpec;

using Fixture = test::TableFixture;

/// A movie of `samples` samples. Word i of its file is in one of the tables below, and is
/// computed, so that only what is read costs anything.
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
    for (uint64_t n = around - std::min<uint64_t>(around, 30);
         n < std::min<uint64_t>(around + 30, samples);
         ++n) {
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
  for (uint64_t i = n / 10 * 10; i < n; ++i)
    offset += LongMovie::Size(i);
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
  for (uint64_t n = 0; n < 10'000'000; n += 123'457)
    CheckLong(movie, table, n);
}

TEST(LongTableTest, TenMillionRunsNeedAQuarterOfAMegabyte) {
  LongMovie movie(10'000'000, true);
  PageCache cache(movie.source, kPlenty);
  const SampleTable table(movie.layout, cache);
  for (uint64_t n = 0; n < 10'000'000; n += 323'457)
    CheckLong(movie, table, n);
  CheckLong(movie, table, 9'999'999);
  EXPECT_LE(table.IndexBytes(), 256u << 10);
  EXPECT_LE(cache.stats().resident_bytes, kPlenty);
}

TEST(LongTableTest, TheFirstSeekIntoDenseOffsetsReadsNoIndex) {
  LongMovie movie(10'000'000, true);
  SampleTableLayout layout = movie.layout;
  layout.durations = {};
  PageCache cache(movie.source, kPlenty);
  const SampleTable table(layout, cache);
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
  for (uint32_t i = 0; i < 70'000; ++i)
    spec.compositions->push_back({1, i});
  (*spec.compositions)[69'000] = {2, 7};
  (*spec.compositions)[69'001] = {0, 8};
  Fixture fixture(spec);
  Cursor cursor(fixture.table);
  ASSERT_TRUE(cursor.SeekTo(68'000).ok());
  for (uint64_t n = 68'000; n < 70'000; ++n) {
    ASSERT_EQ(*fixture.table.CompositionOffset(n),
              fixture.expected[n].pts - fixture.expected[n].dts);
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
    for (uint64_t n = 0; n < 60'001; n += 97)
      CheckSample(fixture.table, fixture.expected, n);
    EXPECT_LE(fixture.table.IndexBytes(), 64u << 10);
  }
}

TEST(LongTableTest, AsManyChunkRunsAsChunks) {
  Random random(11);
  SpecForms forms{.samples = 60'000, .most_per_chunk = 4, .chunk_run_length = 1};
  Fixture fixture(RandomSpec(forms, random));
  for (uint64_t n = 0; n < 60'000; n += 59)
    CheckSample(fixture.table, fixture.expected, n);
}

}  // namespace
}  // namespace iso
