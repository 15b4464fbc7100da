// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Cursor: the samples in order, from anywhere, whatever fails or is dropped meanwhile.

#include <vector>

#include <gtest/gtest.h>

#include "../support/table_fixture.h"

namespace iso {
namespace {

using test::AllForms;
using test::Build;
using test::BuiltTables;
using test::Random;
using test::RandomSpec;
using test::SpecForms;
using test::TableSpec;

using Fixture = test::TableFixture;

/// Walks to the end. A step that fails is made again and must not have moved the cursor.
void WalkToEnd(Cursor& cursor, const std::vector<Sample>& all, uint64_t from) {
  for (uint64_t n = from; n < all.size(); ++n) {
    ASSERT_EQ(cursor.position(), n);
    Sample sample;
    Status status = cursor.Next(&sample);
    while (!status.ok() && status.error().code == Errc::kNotYet) {
      ASSERT_EQ(cursor.position(), n);
      status = cursor.Next(&sample);
    }
    ASSERT_TRUE(status.ok()) << n;
    ASSERT_TRUE(test::Same(sample, all[n])) << n;
  }
  Sample sample;
  ASSERT_EQ(cursor.Next(&sample).error().code, Errc::kEndOfTable);
  ASSERT_EQ(cursor.position(), all.size());
}

Status SeekAgain(Cursor& cursor, uint64_t n) {
  Status status = cursor.SeekTo(n);
  while (!status.ok() && status.error().code == Errc::kNotYet)
    status = cursor.SeekTo(n);
  return status;
}

TEST(CursorTest, WalksEveryFormFromAnywhere) {
  Random random(1);
  for (const SpecForms& forms : AllForms(3000)) {
    Fixture fixture(RandomSpec(forms, random));
    Cursor cursor(fixture.table);
    WalkToEnd(cursor, fixture.expected, 0);
    for (int i = 0; i < 8; ++i) {
      const uint64_t n = random() % fixture.expected.size();
      ASSERT_TRUE(cursor.SeekTo(n).ok());
      WalkToEnd(cursor, fixture.expected, n);
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST(CursorTest, ATinyBudgetChangesNothing) {
  Random random(2);
  for (const SpecForms& forms : AllForms(2000)) {
    Fixture fixture(RandomSpec(forms, random), 1);
    Cursor cursor(fixture.table);
    WalkToEnd(cursor, fixture.expected, 0);
    ASSERT_FALSE(HasFailure());
  }
}

TEST(CursorTest, ShrinkingAtAnyStepChangesNothing) {
  Random random(3);
  for (const SpecForms& forms : AllForms(2000)) {
    Fixture fixture(RandomSpec(forms, random));
    Cursor cursor(fixture.table);
    for (const Sample& expected : fixture.expected) {
      if (random() % 5 == 0) fixture.cache.Shrink(random() % 4000);
      Sample sample;
      ASSERT_TRUE(cursor.Next(&sample).ok());
      ASSERT_TRUE(test::Same(sample, expected));
    }
  }
}

TEST(CursorTest, AFailingReadLeavesItWhereItIs) {
  Random random(4);
  for (const SpecForms& forms : AllForms(1300)) {
    const TableSpec spec = RandomSpec(forms, random);
    for (uint64_t fail_at = 1;; ++fail_at) {
      Fixture fixture(spec, 100);
      fixture.source->fail_at = fail_at;
      Cursor cursor(fixture.table);
      const uint64_t from = fixture.expected.size() / 3;
      ASSERT_TRUE(SeekAgain(cursor, from).ok());
      WalkToEnd(cursor, fixture.expected, from);
      ASSERT_FALSE(HasFailure()) << fail_at;
      if (fixture.source->failures == 0) break;
    }
  }
}

TEST(CursorTest, AFailedSeekLeavesItWhereItIs) {
  Random random(5);
  Fixture fixture(RandomSpec({.samples = 5000}, random), 100);
  Cursor cursor(fixture.table);
  Sample sample;
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(cursor.Next(&sample).ok());
  fixture.cache.Shrink(0);
  fixture.source->fail_at = fixture.source->reads + 2;
  ASSERT_EQ(cursor.SeekTo(4000).error().code, Errc::kNotYet);
  EXPECT_EQ(cursor.position(), 10u);
  WalkToEnd(cursor, fixture.expected, 10);
}

TEST(CursorTest, SeekingPastTheEndIsTheEnd) {
  Random random(6);
  Fixture fixture(RandomSpec({.samples = 50}, random));
  Cursor cursor(fixture.table);
  for (const uint64_t n : {uint64_t{50}, uint64_t{51}, UINT64_MAX}) {
    ASSERT_TRUE(cursor.SeekTo(n).ok());
    EXPECT_EQ(cursor.position(), n);
    Sample sample;
    uint32_t count;
    EXPECT_EQ(cursor.Next(&sample).error().code, Errc::kEndOfTable);
    EXPECT_EQ(cursor.NextRun(5, &sample, &count).error().code, Errc::kEndOfTable);
  }
  ASSERT_TRUE(cursor.SeekTo(0).ok());
  WalkToEnd(cursor, fixture.expected, 0);
}

TEST(CursorTest, MovesLikeAValue) {
  Random random(7);
  Fixture fixture(RandomSpec({.samples = 500}, random));
  Cursor first(fixture.table);
  ASSERT_TRUE(first.SeekTo(100).ok());
  Cursor second(std::move(first));
  Cursor third(fixture.table);
  third = std::move(second);
  WalkToEnd(third, fixture.expected, 100);
}

TEST(CursorTest, RunsOfUniformSamplesEndWithTheirChunk) {
  TableSpec spec;
  spec.constant_size = 4;
  spec.sample_count = 1000;
  spec.durations = {{1000, 1}};
  spec.chunk_runs = {{1, 300, 1}, {3, 150, 2}};
  spec.chunk_offsets = {10, 5000, 9000, 20'000, 30'000};
  Fixture fixture(spec);
  ASSERT_TRUE(fixture.table.IsUniform());
  for (const uint32_t max : {1u, 7u, 100u, 300u, UINT32_MAX}) {
    Cursor cursor(fixture.table);
    uint64_t n = 0;
    while (n < 1000) {
      Sample sample;
      uint32_t count = 0;
      ASSERT_TRUE(cursor.NextRun(max, &sample, &count).ok());
      ASSERT_TRUE(test::Same(sample, fixture.expected[n]));
      ASSERT_GE(count, 1u);
      ASSERT_LE(count, max);
      const Sample& last = fixture.expected[n + count - 1];
      ASSERT_EQ(last.offset, sample.offset + 4 * (count - 1));
      n += count;
      ASSERT_TRUE(count == max || n == 1000 || fixture.expected[n].offset != last.offset + 4);
    }
  }
}

TEST(CursorTest, AnyBytesEndSomewhere) {
  Random random(8);
  for (int round = 0; round < 300; ++round) {
    const SpecForms forms = AllForms(900)[static_cast<size_t>(round) % 36];
    BuiltTables built = Build(RandomSpec(forms, random));
    const uint64_t from = built.layout.sizes.offset + built.layout.sizes.count * 4;
    for (uint64_t i = from; i < built.bytes.size(); ++i) {
      if (random() % 20 == 0) built.bytes[i] = static_cast<uint8_t>(random());
    }
    PageCache cache(std::make_shared<MemorySource>(built.bytes), 5000);
    const SampleTable table(built.layout, cache);
    Cursor cursor(table);
    Sample sample;
    uint64_t n = 0;
    while (cursor.Next(&sample).ok()) {
      const Result<Sample> alone = table.At(n);
      ASSERT_TRUE(alone.ok());
      sample.sync = alone->sync;  // a table out of order has no sequence
      ASSERT_TRUE(test::Same(sample, *alone)) << test::Text(sample) << " / " << test::Text(*alone);
      ++n;
    }
    ASSERT_EQ(n, *table.SampleCount());
  }
}

}  // namespace
}  // namespace iso
