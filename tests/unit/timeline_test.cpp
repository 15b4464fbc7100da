// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Edit lists as timelines: what each kind of entry becomes.

#include "core/movie/timeline.h"

#include <gtest/gtest.h>

namespace iso {
namespace {

constexpr int64_t kSecond = kNanosecondsPerSecond;

Timeline Build(std::vector<EditEntry> entries, int64_t media_duration = 48000 * 10) {
  return Timeline::Build(entries, 1000, 48000, media_duration, nullptr);
}

TEST(Timeline, WithoutEditsIsTheWholeMedia) {
  const Timeline timeline;
  ASSERT_EQ(timeline.edits().size(), 1u);
  EXPECT_EQ(timeline.edits()[0], Edit());
  EXPECT_EQ(timeline.EditAt(0), 0u);
  EXPECT_EQ(timeline.EditAt(kTimeMax - 1), 0u);
}

TEST(Timeline, EmptyEditDelaysTheMedia) {
  const Timeline timeline = Build({{500, -1}, {2000, 1024}});
  ASSERT_EQ(timeline.edits().size(), 2u);
  EXPECT_EQ(timeline.edits()[0].kind, Edit::Kind::kEmpty);
  EXPECT_EQ(timeline.edits()[0].end_ns, kSecond / 2);
  EXPECT_EQ(timeline.edits()[1].start_ns, kSecond / 2);
  EXPECT_EQ(timeline.edits()[1].end_ns, kSecond * 5 / 2);
  EXPECT_EQ(timeline.edits()[1].media_start, 1024);
  EXPECT_EQ(timeline.edits()[1].media_end, 1024 + 96000);
  EXPECT_EQ(timeline.EditAt(kSecond / 2 - 1), 0u);
  EXPECT_EQ(timeline.EditAt(kSecond / 2), 1u);
  EXPECT_EQ(timeline.EditAt(kSecond * 5 / 2), 2u);
}

TEST(Timeline, AnEditWithinATickOfTheEndMeansTheEnd) {
  EXPECT_EQ(Build({{10000, 0}}, 480020).edits()[0].media_end, kTimeMax);
  EXPECT_NE(Build({{9990, 0}}, 480020).edits()[0].media_end, kTimeMax);
}

TEST(Timeline, DurationZeroGoesToTheEndAndEndsTheList) {
  const Timeline timeline = Build({{0, 480}, {1000, 0}});
  ASSERT_EQ(timeline.edits().size(), 1u);
  EXPECT_EQ(timeline.edits()[0].media_start, 480);
  EXPECT_EQ(timeline.edits()[0].media_end, kTimeMax);
  EXPECT_EQ(timeline.edits()[0].end_ns, kTimeMax);
}

TEST(Timeline, RateZeroDwells) {
  const Timeline timeline = Build({{1000, 4800, 0}, {1000, 4800}});
  EXPECT_EQ(timeline.edits()[0].kind, Edit::Kind::kDwell);
  EXPECT_EQ(timeline.edits()[1].kind, Edit::Kind::kMedia);
}

TEST(Timeline, RateScalesTheMediaShown) {
  EXPECT_EQ(Build({{1000, 0, 2}}).edits()[0].media_end, 96000);
  EXPECT_EQ(Build({{1000, 0, 0, static_cast<int16_t>(0x8000)}}).edits()[0].media_end, 24000);
}

TEST(Timeline, NonsenseIsLeftOut) {
  class Count final : public Diagnostics {
   public:
    void Report(const Error& error) override { codes.push_back(error.code); }

    std::vector<Errc> codes;
  } count;
  const std::vector<EditEntry> entries = {{1000, -2}, {1000, 0, -1}, {1000, 7}};
  const Timeline timeline = Timeline::Build(entries, 1000, 48000, kTimeMax, &count);
  ASSERT_EQ(timeline.edits().size(), 1u);
  EXPECT_EQ(timeline.edits()[0].media_start, 7);
  EXPECT_EQ(count.codes, (std::vector{Errc::kEditInvalid, Errc::kEditInvalid}));
}

TEST(Timeline, AListThatShowsNothingIsNoList) {
  EXPECT_EQ(Build({{0, -1}}).edits()[0], Edit());
  EXPECT_EQ(Build({{1000, 480000}}).edits()[0], Edit());
}

TEST(Timeline, PastTheMediaNothingIsPresented) {
  const Timeline timeline = Build({{500, 480000}, {1000, 0}, {0, 480001}});
  ASSERT_EQ(timeline.edits().size(), 2u);
  EXPECT_EQ(timeline.edits()[0].kind, Edit::Kind::kEmpty);
  EXPECT_EQ(timeline.edits()[1].start_ns, kSecond / 2);
  // Where that end is not known it is believed to be farther.
  EXPECT_EQ(Build({{500, 480000}}, 0).edits()[0].kind, Edit::Kind::kMedia);
}

TEST(Timeline, NothingForNoTimeIsNoEdit) {
  EXPECT_EQ(Build({{0, -1}, {1000, 0}, {0, 480, 0}}).edits().size(), 1u);
}

TEST(Timeline, RateIsRoundedOnce) {
  // 332 ms at 600 ticks a second are 199.2 ticks, twice that 398.4.
  const std::vector<EditEntry> entries = {{332, 0, 2}};
  EXPECT_EQ(Timeline::Build(entries, 1000, 600, 6000, nullptr).edits()[0].media_end, 399);
}

TEST(Timeline, EndsAndStartsAgreeOverManyEdits) {
  std::vector<EditEntry> entries(1000, EditEntry{333, 0});
  const Timeline timeline = Timeline::Build(entries, 600, 48000, kTimeMax, nullptr);
  for (size_t i = 1; i < timeline.edits().size(); ++i) {
    ASSERT_EQ(timeline.edits()[i].start_ns, timeline.edits()[i - 1].end_ns);
    ASSERT_EQ(timeline.EditAt(timeline.edits()[i].start_ns), i);
  }
  EXPECT_EQ(timeline.edits().back().end_ns, 333 * 1000 * kSecond / 600);
}

TEST(Rational, RescaleIsExactWhereDoublesAreNot) {
  EXPECT_EQ(RescaleFloor(1, 3, 1000), 333);
  EXPECT_EQ(RescaleFloor(-1, 3, 1000), -334);
  EXPECT_EQ(RescaleCeil(1, 3, 1000), 334);
  EXPECT_EQ(RescaleCeil(3, 3, 1000), 1000);
  EXPECT_EQ(RescaleFloor((int64_t{1} << 53) + 1, 1000, 1000), (int64_t{1} << 53) + 1);
  EXPECT_EQ(RescaleFloor(kTimeMax, 1, 1'000'000'000), kTimeMax);
  EXPECT_EQ(RescaleFloor(kTimeMin, 1, 1'000'000'000), kTimeMin);
}

TEST(Rational, EqualsThe128BitResult) {
  uint64_t state = 1;
  for (int i = 0; i < 100000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const auto ticks = static_cast<int64_t>(state) >> (20 + i % 30);
    const uint32_t from = 1 + static_cast<uint32_t>(state >> (i % 31));
    const uint32_t to = 1 + static_cast<uint32_t>(state >> 32 >> (i % 17));
    __extension__ using Wide = __int128;
    const Wide product = static_cast<Wide>(ticks) * to;
    Wide quotient = product / from;
    if (product % from != 0 && product < 0) --quotient;
    if (quotient > kTimeMax || quotient < kTimeMin) continue;
    ASSERT_EQ(RescaleFloor(ticks, from, to), static_cast<int64_t>(quotient));
  }
}

}  // namespace
}  // namespace iso
