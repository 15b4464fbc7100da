// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleTable on long tables: right answers, little read, little kept.

#include <vector>

#include <gtest/gtest.h>

#include "../support/long_movie.h"
#include "../support/table_fixture.h"

namespace iso {
namespace {

using test::CheckSample;
using test::CheckTimes;
using test::kPlenty;
using test::LongMovie;
using test::Random;
using test::RandomSpec;
using test::RunForm;
using test::Simple;
using test::SpecForms;
using test::TableSpec;

using Fixture = test::TableFixture;

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
  EXPECT_LE(cache.stats().memory.held_bytes, kPlenty);
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
