// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleGroup and AccessIndex, against lists of every sample.

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "../support/byte_writer.h"
#include "../support/table_sources.h"
#include "core/table/access_index.h"

namespace iso {
namespace {

using Values = std::vector<uint32_t>;

/// The tables of one track's random access points, in a source of their own.
class Tables {
 public:
  TableRef Runs(const Values& numbers) {
    TableRef ref{writer_.bytes().size(), 0, 8, true};
    for (size_t i = 0, end; i < numbers.size(); i = end, ++ref.count) {
      for (end = i; end < numbers.size() && numbers[end] == numbers[i];)
        ++end;
      writer_.U32(end - i).U32(numbers[i]);
    }
    return ref;
  }

  TableRef Numbers(const Values& numbers) {
    const TableRef ref{writer_.bytes().size(), numbers.size(), 4, true};
    for (const uint32_t n : numbers)
      writer_.U32(n);
    return ref;
  }

  TableRef Bytes(const Values& values) {
    const TableRef ref{writer_.bytes().size(), values.size(), 1, true};
    for (const uint32_t v : values)
      writer_.U8(v);
    return ref;
  }

  PageCache& Cache() {
    cache_ =
        std::make_unique<PageCache>(std::make_shared<test::FaultSource>(writer_.bytes()), 4096);
    return *cache_;
  }

 private:
  test::ByteWriter writer_;
  std::unique_ptr<PageCache> cache_;
};

Values RandomNumbers(size_t n, uint32_t most, size_t longest_run, unsigned seed) {
  std::mt19937 random(seed);
  Values numbers;
  while (numbers.size() < n)
    numbers.insert(numbers.end(), 1 + random() % longest_run, random() % (most + 1));
  numbers.resize(n);
  return numbers;
}

std::optional<uint64_t> LastUpTo(const std::vector<bool>& set, uint64_t n) {
  for (++n; n-- > 0;) {
    if (set[n]) return n;
  }
  return std::nullopt;
}

std::optional<uint64_t> FirstFrom(const std::vector<bool>& set, uint64_t n) {
  for (; n < set.size(); ++n) {
    if (set[n]) return n;
  }
  return std::nullopt;
}

void ExpectGroup(const GroupTable& table, PageCache& cache, const Values& expected) {
  const SampleGroup group(table, cache, expected.size());
  std::vector<bool> members;
  for (const uint32_t v : expected)
    members.push_back(v != 0);
  GroupWalker walker(group);
  ASSERT_TRUE(walker.Seek(0).ok());
  for (uint64_t n = 0; n < expected.size(); ++n) {
    ASSERT_EQ(*group.At(n), expected[n]) << n;
    ASSERT_EQ(*group.MemberAtOrBefore(n), LastUpTo(members, n)) << n;
    ASSERT_EQ(*group.MemberAtOrAfter(n, expected.size()), FirstFrom(members, n)) << n;
    ASSERT_TRUE(walker.Cover(n).ok());
    ASSERT_GT(walker.end(), n);
    ASSERT_EQ(walker.value(), expected[n]) << n;
  }
}

/// Numbers of descriptions: 0 and 4 name none, 2 one that says nothing.
const Values kDescribed = {7, 0, 9};

uint32_t Described(uint32_t number) {
  return number >= 1 && number <= kDescribed.size() ? kDescribed[number - 1] : 0;
}

TEST(SampleGroupTest, RunsOfEveryLength) {
  for (const size_t longest : {1, 2, 5, 40, 2000}) {
    const Values numbers = RandomNumbers(3000, 4, longest, static_cast<unsigned>(longest));
    Values expected;
    for (const uint32_t number : numbers)
      expected.push_back(Described(number));
    Tables tables;
    const GroupTable table{tables.Runs(numbers), kDescribed, 0};
    ExpectGroup(table, tables.Cache(), expected);
  }
}

TEST(SampleGroupTest, SamplesBehindTheRunsHaveTheDefault) {
  const Values numbers = RandomNumbers(100, 3, 3, 1);
  Values expected;
  for (const uint32_t number : numbers)
    expected.push_back(Described(number));
  expected.resize(150, Described(3));
  Tables tables;
  const GroupTable table{tables.Runs(numbers), kDescribed, 3};
  ExpectGroup(table, tables.Cache(), expected);
}

TEST(SampleGroupTest, WithoutRunsAllHaveTheDefault) {
  Tables tables;
  ExpectGroup({{}, kDescribed, 1}, tables.Cache(), Values(50, 7));
  ExpectGroup({{}, kDescribed, 0}, tables.Cache(), Values(50, 0));
  ExpectGroup({{}, {}, 1}, tables.Cache(), Values(50, 0));
}

TEST(SampleGroupTest, RunsOfNoSampleAreNoEntry) {
  test::ByteWriter writer;
  writer.U32(2).U32(1).U32(0).U32(3).U32(0).U32(3).U32(2).U32(0).U32(0).U32(1);
  PageCache cache(std::make_shared<test::FaultSource>(writer.bytes()), 4096);
  const GroupTable table{{0, 5, 8, true}, kDescribed, 0};
  ExpectGroup(table, cache, {7, 7, 0, 0, 0});
}

struct AccessForms {
  bool stss = true;
  bool stps = false;
  bool rap = false;
  bool sync = false;
  bool sdtp = false;
};

/// Everything at random, and the answer by the definition, sample by sample.
void ExpectAccess(const AccessForms& forms, size_t count, unsigned seed) {
  Tables tables;
  SampleTableLayout layout;
  const Values rap = RandomNumbers(count, forms.rap ? 2 : 0, 4, seed);
  const Values kind = RandomNumbers(count, forms.sync ? 2 : 0, 4, seed + 1);
  const Values dependencies = RandomNumbers(count, forms.sdtp ? 255 : 0, 3, seed + 2);
  const Values pick = RandomNumbers(count, 9, 2, seed + 3);
  Values full, partial;
  std::vector<bool> is_sync, is_open;
  for (uint32_t n = 0; n < count; ++n) {
    const bool in_full = forms.stss && pick[n] == 0;
    const bool in_partial = forms.stps && pick[n] == 1;
    if (in_full) full.push_back(n + 1);
    if (in_partial) partial.push_back(n + 1);
    const uint32_t group = std::max(rap[n], kind[n]);
    is_sync.push_back(forms.stss ? in_full || in_partial || group > 0
                                 : (dependencies[n] & 0x30) != 0x10);
    is_open.push_back(forms.stss && (in_partial || group == kOpenAccess));
  }
  if (forms.stss) layout.syncs = tables.Numbers(full);
  if (forms.stps) layout.partial_syncs = tables.Numbers(partial);
  if (forms.rap) layout.access_points = {tables.Runs(rap), {kClosedAccess, kOpenAccess}, 0};
  if (forms.sync) layout.sync_kinds = {tables.Runs(kind), {kClosedAccess, kOpenAccess}, 0};
  if (forms.sdtp) layout.dependencies = tables.Bytes(dependencies);
  const AccessIndex index(layout, tables.Cache(), count);
  AccessWalker walker(index);
  ASSERT_TRUE(walker.Seek(0).ok());
  for (uint64_t n = 0; n < count; ++n) {
    if (!walker.Covers(n)) {
      ASSERT_TRUE(walker.Cover(n).ok());
    }
    ASSERT_GT(walker.end(), n);
    for (const Access& access : {*index.At(n), walker.At(n)}) {
      ASSERT_EQ(access.sync, is_sync[n]) << n;
      ASSERT_EQ(access.open_gop, is_open[n]) << n;
      ASSERT_EQ(access.dependency, dependencies[n]) << n;
    }
    ASSERT_EQ(*index.AtOrBefore(n), LastUpTo(is_sync, n)) << n;
    ASSERT_EQ(*index.AtOrAfter(n, count), FirstFrom(is_sync, n)) << n;
  }
}

TEST(AccessIndexTest, AnyTablesTogether) {
  for (unsigned bits = 0; bits < 32; ++bits) {
    SCOPED_TRACE(bits);
    const AccessForms forms{
        (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0};
    ExpectAccess(forms, 1500, 10 * bits);
  }
}

TEST(AccessIndexTest, DependenciesMayEndEarly) {
  Tables tables;
  SampleTableLayout layout;
  layout.dependencies = tables.Bytes({0x20, 0x10, 0x10});
  const AccessIndex index(layout, tables.Cache(), 6);
  AccessWalker walker(index);
  ASSERT_TRUE(walker.Seek(0).ok());
  const std::vector<bool> expected = {true, false, false, true, true, true};
  for (uint64_t n = 0; n < 6; ++n) {
    ASSERT_TRUE(walker.Cover(n).ok());
    EXPECT_EQ(walker.At(n).sync, expected[n]) << n;
    EXPECT_EQ(index.At(n)->sync, expected[n]) << n;
  }
}

/// A kilobyte that says a million times that nothing starts here does not hold a thread.
TEST(AccessIndexTest, LooksOnlySoFar) {
  test::ByteWriter writer;
  for (int i = 0; i < 10'000; ++i)
    writer.U32(1).U32(2);
  PageCache cache(std::make_shared<test::FaultSource>(writer.bytes()), 4096);
  const SampleGroup group({{0, 10'000, 8, true}, kDescribed, 1}, cache, 20'000);
  EXPECT_EQ(*group.MemberAtOrBefore(9'999), std::nullopt);
  EXPECT_EQ(*group.MemberAtOrAfter(0, 20'000), std::nullopt);
  EXPECT_EQ(*group.MemberAtOrAfter(9'000, 20'000), std::optional<uint64_t>(10'000));
}

}  // namespace
}  // namespace iso
