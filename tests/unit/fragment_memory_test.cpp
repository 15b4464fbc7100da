// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is known of a file's fragments: never more than its limit, by its own count and by the
// allocator's; little at Critical; and no answer depends on it.

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "../support/allocation_count.h"
#include "core/fragment/fragment_index.h"
#include "core/movie/movie_reader.h"
#include "fragment_catalog.h"

namespace iso {
namespace {

constexpr size_t kFragments = 8'000;
constexpr size_t kPerFragment = 4;
constexpr uint32_t kDuration = 512;

/// How the fragments of a long movie are found.
enum class Form { kSidx, kMfra, kNoIndex, kNoTimes };

constexpr Form kForms[] = {Form::kSidx, Form::kMfra, Form::kNoIndex, Form::kNoTimes};

std::string NameOf(const testing::TestParamInfo<Form>& form) {
  return std::array{"Sidx", "Mfra", "NoIndex", "NoTimes"}[static_cast<size_t>(form.param)];
}

/// One video track, each fragment a group of pictures in order.
std::vector<uint8_t> LongMovie(Form form) {
  test::FragmentedSpec spec = test::PlainFragments();
  spec.movie.tracks.resize(1);
  std::vector<test::SampleSpec>& samples = spec.movie.tracks[0].samples;
  samples.assign(kFragments * kPerFragment, {20, kDuration, 0, false});
  for (size_t i = 0; i < samples.size(); i += kPerFragment)
    samples[i].sync = true;
  test::TrafSpec traf;
  traf.tfdt_version = form == Form::kNoTimes ? -1 : 1;
  test::RunSpec run;
  run.count = kPerFragment;
  run.durations = true;
  run.first_flags = true;
  traf.runs = {run};
  spec.trex = {{1, kDuration, 20, 0x01010000}};
  spec.fragments.assign(kFragments, test::FragmentSpec{{traf}});
  if (form == Form::kSidx) spec.sidx = test::SidxForm::kFlat;
  if (form == Form::kMfra) spec.tfra_version = 1;
  return test::BuildFragments(spec).bytes;
}

/// What lives as long as one question does, and what the list of fragments itself takes.
constexpr int64_t kPassing = 12 << 10;

class FragmentMemory : public testing::TestWithParam<Form> {
 protected:
  void SetUp() override {
    // Making one takes longer than all else.
    static std::map<Form, std::shared_ptr<MemorySource>> made;
    std::shared_ptr<MemorySource>& source = made[GetParam()];
    if (!source) source = std::make_shared<MemorySource>(LongMovie(GetParam()));
    source_ = source;
    const Opened walked = Open(nullptr);
    const auto cursor = walked.samples().NewCursor();
    Sample sample;
    while (cursor->Next(&sample).ok())
      all_.push_back(sample);
    ASSERT_EQ(all_.size(), kFragments * kPerFragment);
  }

  struct Opened {
    std::shared_ptr<const Movie> movie;

    const Samples& samples() const { return *movie->tracks[0].samples; }

    const FragmentIndex& fragments() const { return *movie->tracks[0].fragments; }

    IndexMemory& memory() const { return movie->pages->memory(); }
  };

  Opened Open(std::shared_ptr<MemoryGovernor> governor) const {
    MovieOptions options;
    options.governor = std::move(governor);
    const auto movie = ReadMovie(source_, options, nullptr);
    EXPECT_TRUE(movie.ok());
    return {*movie};
  }

  /// Seeks and reads on. All of it is checked.
  void Use(const Opened& file) {
    const size_t n = random_() % all_.size();
    const auto shown = file.samples().SampleAtPresentationTime(all_[n].pts);
    ASSERT_TRUE(shown.ok());
    ASSERT_EQ(*shown, all_[n].index);
    ASSERT_EQ(**file.samples().SyncAtOrBefore(*shown), all_[n / kPerFragment * kPerFragment].index);
    const auto cursor = file.samples().NewCursor();
    ASSERT_TRUE(cursor->SeekTo(*shown).ok());
    for (size_t i = n; i < std::min(n + 300, all_.size()); ++i) {
      Sample sample;
      ASSERT_TRUE(cursor->Next(&sample).ok());
      ASSERT_EQ(sample.dts, all_[i].dts);
      ASSERT_EQ(sample.offset, all_[i].offset);
    }
  }

  std::shared_ptr<MemorySource> source_;
  std::vector<Sample> all_;
  std::mt19937 random_{1};
};

TEST_P(FragmentMemory, StaysWithinTheLimitAtEveryLevel) {
  const auto governor = std::make_shared<MemoryGovernor>();
  const Opened file = Open(governor);
  const int64_t base =
      test::allocated_bytes -
      static_cast<int64_t>(file.memory().stats().held_bytes + file.fragments().BytesInUse());
  for (const uint32_t warning : {0u, 50u, 100u, 255u}) {
    governor->Warn(warning, 0);
    test::allocated_peak = test::allocated_bytes.load();
    size_t in_use = 0;
    for (int i = 0; i < 40; ++i) {
      ASSERT_NO_FATAL_FAILURE(Use(file));
      const IndexMemoryStats now = file.memory().stats();
      ASSERT_LE(now.held_bytes, now.limit_bytes) << warning;
      in_use = std::max(in_use, file.fragments().BytesInUse());
      ASSERT_LE(test::allocated_bytes - base,
                static_cast<int64_t>(now.held_bytes + file.fragments().BytesInUse()) + kPassing);
    }
    EXPECT_LE(test::allocated_peak - base,
              static_cast<int64_t>(file.memory().stats().limit_bytes + in_use) + kPassing)
        << warning;
  }
  EXPECT_EQ(file.memory().level(), PressureLevel::kCritical);
  EXPECT_LE(file.memory().stats().peak_bytes, kDefaultIndexBudget);
}

TEST_P(FragmentMemory, CriticalGivesMostOfItBack) {
  const Opened file = Open(nullptr);
  for (int i = 0; i < 500; ++i)
    ASSERT_NO_FATAL_FAILURE(Use(file));
  const IndexMemoryStats before = file.memory().stats();
  EXPECT_GT(before.held_bytes, 24u << 10);
  file.memory().SetLevel(PressureLevel::kCritical);
  const IndexMemoryStats after = file.memory().stats();
  EXPECT_LE(after.held_bytes, kDefaultIndexBudget / 8 / 2);
  EXPECT_EQ(after.bytes_given_back, before.held_bytes - after.held_bytes);
  for (int i = 0; i < 30; ++i)
    ASSERT_NO_FATAL_FAILURE(Use(file));
  file.memory().SetBudget(0);
  EXPECT_LE(file.memory().stats().held_bytes, file.memory().stats().limit_bytes);
  for (int i = 0; i < 30; ++i)
    ASSERT_NO_FATAL_FAILURE(Use(file));
}

INSTANTIATE_TEST_SUITE_P(Forms, FragmentMemory, testing::ValuesIn(kForms), NameOf);

constexpr int64_t kLength = 2'000'000'000;

std::vector<Anchor> Places(size_t count) {
  std::vector<Anchor> places;
  for (size_t i = 0; i < count; ++i)
    places.push_back({1000 * i, static_cast<int64_t>(i) * kLength});
  return places;
}

/// The memory of no file.
struct AnchorsTest : testing::Test {
  AnchorsTest() { anchors.SetRoom(64 << 10); }

  PageCache cache{std::make_shared<MemorySource>(std::vector<uint8_t>()), 256 << 10};
  Anchors anchors{cache.memory()};
};

TEST_F(AnchorsTest, SomeGoUntilAllFit) {
  anchors.Add(Places(10'000));
  EXPECT_EQ(anchors.list().size(), 3334u);
  EXPECT_EQ(anchors.AtOrBefore(kLength * 3 * 77 + 1)->offset, 3 * 77'000u);
  EXPECT_EQ(anchors.After(kLength * 3 * 77 + 1)->offset, 3 * 78'000u);
  EXPECT_LE(cache.memory().stats().held_bytes, 64u << 10);
  anchors.SetRoom(8 << 10);
  EXPECT_EQ(anchors.list().size(), 417u);
  EXPECT_EQ(cache.memory().stats().held_bytes, 8u << 10);
  anchors.SetRoom(0);
  EXPECT_LE(anchors.list().size(), Anchors::kFewest);
  EXPECT_EQ(anchors.list().front().offset, 0u);
}

TEST_F(AnchorsTest, ThoseKnownAreBelievedBeforeThoseThatCome) {
  anchors.Add(Anchor{5000, 7});
  anchors.Add(Anchor{5000, 9});
  anchors.Add(Anchor{4000, 8});  // before it, and later
  anchors.Add({{6000, 10}, {5000, 1}, {3000, 2}});
  const auto& list = anchors.list();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].offset, 3000u);
  EXPECT_EQ(list[1].time_ns, 7);
  EXPECT_EQ(list[2].offset, 6000u);
}

TEST_F(AnchorsTest, OneByOneInAnyOrderTheyStaySortedAndFew) {
  std::vector<Anchor> places = Places(20'000);
  std::shuffle(places.begin(), places.end(), std::mt19937(1));
  for (const Anchor& place : places)
    anchors.Add(place);
  EXPECT_GT(anchors.list().size(), 1024u);
  EXPECT_LE(anchors.list().size(), 4096u);
  EXPECT_TRUE(std::is_sorted(anchors.list().begin(), anchors.list().end(), [](auto& a, auto& b) {
    return a.offset < b.offset && a.time_ns < b.time_ns;
  }));
}

}  // namespace
}  // namespace iso
