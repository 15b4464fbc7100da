// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PageCache: what is read, what is kept, what is counted.

#include "core/table/page_cache.h"

#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "../support/table_sources.h"
#include "core/table/page.h"

namespace iso {
namespace {

using test::FaultSource;

constexpr size_t kPlenty = 1u << 20;

std::vector<uint8_t> Pattern(size_t n) {
  std::vector<uint8_t> bytes(n);
  for (size_t i = 0; i < n; ++i)
    bytes[i] = static_cast<uint8_t>(i * 131 + i / 256);
  return bytes;
}

class PageCacheTest : public testing::Test {
 protected:
  std::shared_ptr<FaultSource> source_ = std::make_shared<FaultSource>(Pattern(40000));
  TableRef table_{100, 2500, 4, true};
};

TEST_F(PageCacheTest, APageHoldsTheBytesOfItsEntries) {
  PageCache cache(source_, kPlenty);
  const std::vector<uint8_t> all = Pattern(40000);
  for (uint64_t page = 0; page < 10; ++page) {
    const Result<PageRef> got = cache.Get(table_, page);
    ASSERT_TRUE(got.ok());
    const Bytes bytes = (*got)->bytes();
    ASSERT_EQ(bytes.size(), page == 9 ? (2500 - 9 * 256) * 4u : 1024u);
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), all.begin() + 100 + 1024 * page));
  }
}

TEST_F(PageCacheTest, ALookUpReadsOnePage) {
  PageCache cache(source_, kPlenty);
  ASSERT_TRUE(cache.Get(table_, 6).ok());
  EXPECT_EQ(source_->reads, 1u);
  EXPECT_EQ(source_->bytes_read, 1024u);
}

TEST_F(PageCacheTest, ReadingOnReadsSeveralPagesAtOnce) {
  PageCache cache(source_, kPlenty);
  ASSERT_TRUE(cache.Get(table_, 4, 1000).ok());
  EXPECT_EQ(source_->reads, 1u);
  EXPECT_EQ(source_->bytes_read, 4096u);
  for (const uint64_t page : {5, 6, 7})
    ASSERT_TRUE(cache.Get(table_, page).ok());
  EXPECT_EQ(source_->reads, 1u);
  const PageCacheStats stats = cache.stats();
  EXPECT_EQ(stats.hits, 3u);
  EXPECT_EQ(stats.misses, 1u);
  EXPECT_EQ(stats.reads, 1u);
  EXPECT_EQ(stats.bytes_read, 4096u);
}

TEST_F(PageCacheTest, ALookUpNextToAPageGoesOnFromThere) {
  const std::vector<uint8_t> all = Pattern(40000);
  PageCache cache(source_, kPlenty);
  ASSERT_TRUE(cache.Get(table_, 5).ok());
  for (const uint64_t page : {4, 3, 2, 1, 0}) {
    const Result<PageRef> got = cache.Get(table_, page);
    ASSERT_TRUE(got.ok());
    EXPECT_TRUE(std::equal(
        (*got)->bytes().begin(), (*got)->bytes().end(), all.begin() + 100 + 1024 * page));
  }
  EXPECT_EQ(source_->reads, 3u);  // 5; 4 to 1; 0
  for (const uint64_t page : {6, 7, 8, 9})
    ASSERT_TRUE(cache.Get(table_, page).ok());
  EXPECT_EQ(source_->reads, 4u);
  cache.memory().SetLevel(PressureLevel::kCritical);
  ASSERT_TRUE(cache.Get(table_, 5).ok());
  ASSERT_TRUE(cache.Get(table_, 4).ok());
  ASSERT_TRUE(cache.Get(table_, 3).ok());
  EXPECT_EQ(source_->reads, 7u);
}

TEST_F(PageCacheTest, ReadingOnEndsWithTheTable) {
  PageCache cache(source_, kPlenty);
  const std::vector<uint8_t> all = Pattern(40000);
  ASSERT_TRUE(cache.Get(table_, 8, kReadPages).ok());
  EXPECT_EQ(source_->bytes_read, (2500u - 2048) * 4);
  const Result<PageRef> last = cache.Get(table_, 9);
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(source_->reads, 1u);
  EXPECT_TRUE(
      std::equal((*last)->bytes().begin(), (*last)->bytes().end(), all.begin() + 100 + 9 * 1024));
}

TEST_F(PageCacheTest, WhereTheFileEndsReadingOnGetsWhatALookUpGets) {
  const TableRef cut_off{38900, 2500, 4, true};
  PageCache cache(source_, kPlenty);
  EXPECT_TRUE(cache.Get(cut_off, 0, kReadPages).ok());
  EXPECT_EQ(cache.Get(cut_off, 1, kReadPages).error().code, Errc::kEndOfData);
}

TEST_F(PageCacheTest, WhatCannotBeReadNearbyIsNoMatter) {
  source_->bad_byte = 100 + 6 * 1024 + 500;  // of page 6
  PageCache ahead(source_, kPlenty);
  for (const uint64_t page : {4, 5, 7, 8})
    EXPECT_TRUE(ahead.Get(table_, page, kReadPages).ok()) << page;
  EXPECT_EQ(ahead.Get(table_, 6, kReadPages).error().code, Errc::kReadFailed);
  PageCache back(source_, kPlenty);
  for (const uint64_t page : {9, 8, 7, 5, 4})
    EXPECT_TRUE(back.Get(table_, page).ok()) << page;
  EXPECT_EQ(back.Get(table_, 6).error().code, Errc::kReadFailed);
}

TEST_F(PageCacheTest, PagesBehindTheTableAndOddTablesAreRefused) {
  PageCache cache(source_, kPlenty);
  EXPECT_EQ(cache.Get(table_, 10).error().code, Errc::kEndOfTable);
  EXPECT_EQ(cache.Get(table_, UINT64_MAX).error().code, Errc::kEndOfTable);
  EXPECT_EQ(cache.Get({0, 10, 0, true}, 0).error().code, Errc::kEndOfTable);
  EXPECT_EQ(cache.Get({0, 10, 13, true}, 0).error().code, Errc::kEndOfTable);
  EXPECT_EQ(cache.Get({0, 0, 4, true}, 0).error().code, Errc::kEndOfTable);
  EXPECT_EQ(cache.Get({UINT64_MAX - 3, 10, 4, true}, 0).error().code, Errc::kTableOverflow);
  EXPECT_EQ(cache.Get({0, UINT64_MAX, 12, true}, UINT64_MAX / 257).error().code,
            Errc::kTableOverflow);
  EXPECT_EQ(cache.Get({39990, 10, 4, true}, 0).error().code, Errc::kEndOfData);
}

TEST_F(PageCacheTest, AFailedReadChangesNothing) {
  PageCache cache(source_, kPlenty);
  source_->fail_at = 1;
  EXPECT_EQ(cache.Get(table_, 0).error().code, Errc::kNotYet);
  EXPECT_EQ(cache.stats().memory.held_bytes, 0u);
  EXPECT_TRUE(cache.Get(table_, 0).ok());
}

TEST_F(PageCacheTest, TheLeastRecentlyUsedPageGoesFirst) {
  PageCache cache(source_, 4 * (1024 + Page::kOverheadBytes));
  ASSERT_TRUE(cache.Get(table_, 0, 4).ok());  // pages 1, 2, 3, 0 now, the last one in front
  ASSERT_TRUE(cache.Get(table_, 1).ok());
  ASSERT_TRUE(cache.Get(table_, 8, 2).ok());  // 2 and 3 go
  EXPECT_EQ(source_->reads, 2u);
  ASSERT_TRUE(cache.Get(table_, 0).ok());
  ASSERT_TRUE(cache.Get(table_, 1).ok());
  EXPECT_EQ(source_->reads, 2u);
  ASSERT_TRUE(cache.Get(table_, 2).ok());
  EXPECT_EQ(source_->reads, 3u);
}

TEST_F(PageCacheTest, ABudgetBelowOnePageStillServes) {
  PageCache cache(source_, 10);
  for (int i = 0; i < 3; ++i) {
    const Result<PageRef> page = cache.Get(table_, 1);
    ASSERT_TRUE(page.ok());
    EXPECT_EQ((*page)->bytes().size(), 1024u);
  }
  EXPECT_EQ(source_->reads, 3u);
  EXPECT_EQ(cache.stats().memory.held_bytes, 0u);
}

TEST_F(PageCacheTest, ResidentBytesNeverExceedTheBudgetButForPins) {
  PageCache cache(source_, 3000);
  for (uint64_t page = 0; page < 10; ++page) {
    const Result<PageRef> pin = cache.Get(table_, page);
    ASSERT_TRUE(pin.ok());
    EXPECT_LE(cache.stats().memory.held_bytes, 3000u + 1024 + Page::kOverheadBytes);
  }
  EXPECT_LE(cache.stats().memory.held_bytes, 3000u);
}

TEST_F(PageCacheTest, ShrinkDropsPagesAndCountsThem) {
  PageCache cache(source_, kPlenty);
  ASSERT_TRUE(cache.Get(table_, 0, 4).ok());
  const uint64_t held = cache.stats().memory.held_bytes;
  EXPECT_EQ(held, 4 * (1024 + Page::kOverheadBytes));
  cache.Shrink(held / 2);
  EXPECT_EQ(cache.stats().memory.held_bytes, held / 2);
  cache.Shrink(0);
  const PageCacheStats stats = cache.stats();
  EXPECT_EQ(stats.memory.held_bytes, 0u);
  EXPECT_EQ(stats.memory.shrinks, 2u);
  EXPECT_EQ(stats.memory.bytes_given_back, held);
}

TEST_F(PageCacheTest, SetBudgetShrinksAtOnce) {
  PageCache cache(source_, kPlenty);
  ASSERT_TRUE(cache.Get(table_, 0, 4).ok());
  cache.SetBudget(2000);
  EXPECT_LE(cache.stats().memory.held_bytes, 2000u);
  EXPECT_EQ(cache.stats().memory.limit_bytes, 2000u);
}

TEST_F(PageCacheTest, APinnedPageCountsUntilItsReaderLetsGo) {
  auto cache = std::make_unique<PageCache>(source_, kPlenty);
  {
    const Result<PageRef> pin = cache->Get(table_, 0, 4);
    ASSERT_TRUE(pin.ok());
    cache->Shrink(0);
    EXPECT_EQ(cache->stats().memory.held_bytes, (*pin)->footprint());
    EXPECT_EQ(cache->stats().memory.bytes_given_back, 3 * (*pin)->footprint());
    EXPECT_EQ((*pin)->bytes()[0], Pattern(101)[100]);
  }
  EXPECT_EQ(cache->stats().memory.held_bytes, 0u);
}

TEST_F(PageCacheTest, APinnedPageOutlivesTheCache) {
  auto cache = std::make_unique<PageCache>(source_, kPlenty);
  const Result<PageRef> pin = cache->Get(table_, 0);
  ASSERT_TRUE(pin.ok());
  cache.reset();
  EXPECT_EQ((*pin)->bytes()[1], Pattern(102)[101]);
}

TEST_F(PageCacheTest, ReadThroughKeepsNothing) {
  PageCache cache(source_, kPlenty);
  std::vector<uint8_t> bytes(5000);
  ASSERT_TRUE(cache.ReadThrough(7, bytes).ok());
  EXPECT_EQ(bytes[3], Pattern(11)[10]);
  const PageCacheStats stats = cache.stats();
  EXPECT_EQ(stats.memory.held_bytes, 0u);
  EXPECT_EQ(stats.reads, 1u);
  EXPECT_EQ(stats.bytes_read, 5000u);
}

/// Asks the cache for the very page that is being read: what a second thread may do.
class ReentrantSource final : public ByteSource {
 public:
  Status Read(uint64_t, std::span<uint8_t> out) override {
    std::fill(out.begin(), out.end(), uint8_t{1});
    if (!entered_) {
      entered_ = true;
      inner = *cache->Get({0, 256, 4, true}, 0);
    }
    return {};
  }

  std::optional<uint64_t> size() const override { return std::nullopt; }

  PageCache* cache = nullptr;
  PageRef inner;

 private:
  bool entered_ = false;
};

TEST(PageCacheReentryTest, NoLockIsHeldWhileReadingAndTheFirstPageStays) {
  const auto source = std::make_shared<ReentrantSource>();
  PageCache cache(source, kPlenty);
  source->cache = &cache;
  const Result<PageRef> outer = cache.Get({0, 256, 4, true}, 0);
  ASSERT_TRUE(outer.ok());
  EXPECT_EQ(*outer, source->inner);
  source->inner.reset();
}

TEST_F(PageCacheTest, ManyThreadsMayAskAndShrinkAtOnce) {
  PageCache cache(source_, 5000);
  const std::vector<uint8_t> all = Pattern(40000);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      for (uint64_t i = 0; i < 3000; ++i) {
        const uint64_t page = (i * 7 + seed * 3) % 10;
        const Result<PageRef> got = cache.Get(table_, page);
        if (!got.ok() || (*got)->bytes()[0] != all[100 + 1024 * page]) ++wrong;
        if (i % 100 == 0) cache.Shrink(i % 300);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
  cache.Shrink(0);
  EXPECT_EQ(cache.stats().memory.held_bytes, 0u);
}

}  // namespace
}  // namespace iso
