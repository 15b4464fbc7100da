// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The samples of fragmented movies against the naive expansion: in order, by number, by time,
// from a demuxer that has seen nothing yet and from one that has seen it all.

#include "core/fragment/fragment_samples.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "byte_writer.h"
#include "core/movie/movie_reader.h"
#include "fragment_catalog.h"
#include "oracle.h"

namespace iso {
namespace {

using test::CatalogFragments;
using test::OracleSample;
using test::OracleTrack;

std::shared_ptr<const Movie> Open(const std::vector<uint8_t>& bytes) {
  auto movie = ReadMovie(std::make_shared<MemorySource>(bytes), {}, nullptr);
  EXPECT_TRUE(movie.ok()) << Describe(movie.error());
  return movie.ok() ? *movie : nullptr;
}

const Track* FindTrack(const Movie& movie, uint32_t id) {
  const auto found = std::find_if(
      movie.tracks.begin(), movie.tracks.end(), [&](const Track& t) { return t.id == id; });
  return found == movie.tracks.end() ? nullptr : &*found;
}

OracleSample Plain(const Sample& sample) {
  return {sample.dts,
          sample.pts,
          sample.duration,
          sample.size,
          sample.offset,
          sample.sync,
          sample.description};
}

/// All samples of a track with their numbers.
std::vector<Sample> Walk(const Samples& samples) {
  std::vector<Sample> all;
  const auto cursor = samples.NewCursor();
  Sample sample;
  while (true) {
    const Status next = cursor->Next(&sample);
    if (!next.ok() && next.error().code == Errc::kNothingInFragment) continue;
    if (!next.ok()) {
      EXPECT_EQ(next.error().code, Errc::kEndOfTable) << Describe(next.error());
      return all;
    }
    EXPECT_TRUE(all.empty() || sample.index > all.back().index);
    all.push_back(sample);
  }
}

/// The index of the sample on display at `t`, by looking at all of them.
size_t ShownAt(const std::vector<Sample>& all, int64_t t) {
  size_t best = all.size();
  size_t first = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].pts <= t && (best == all.size() || all[i].pts >= all[best].pts)) best = i;
    if (all[i].pts < all[first].pts) first = i;
  }
  return best == all.size() ? first : best;
}

class Fragments : public testing::TestWithParam<CatalogFragments> {
 protected:
  void SetUp() override {
    bytes_ = test::BuildFragments(GetParam().spec).bytes;
    const auto expanded = test::ExpandMovie(bytes_);
    if (!expanded || GetParam().spec.without_moov) GTEST_SKIP() << "no movie header";
    oracle_ = *expanded;
  }

  std::vector<uint8_t> bytes_;
  test::OracleMovie oracle_;
};

TEST_P(Fragments, InOrder) {
  const auto movie = Open(bytes_);
  ASSERT_TRUE(movie);
  for (const OracleTrack& expected : oracle_.tracks) {
    const Track* track = FindTrack(*movie, expected.id);
    ASSERT_TRUE(track) << expected.id;
    const std::vector<Sample> all = Walk(*track->samples);
    ASSERT_EQ(all.size(), expected.samples.size()) << "track " << expected.id;
    for (size_t i = 0; i < all.size(); ++i) {
      ASSERT_EQ(Plain(all[i]), expected.samples[i]) << "track " << expected.id << " sample " << i;
      const auto roll = track->samples->RollDistance(all[i].index);
      ASSERT_TRUE(roll.ok());
      ASSERT_EQ(*roll, expected.rolls[i]) << "track " << expected.id << " sample " << i;
    }
  }
}

TEST_P(Fragments, ByNumber) {
  const auto walked = Open(bytes_);
  ASSERT_TRUE(walked);
  for (const Track& track : walked->tracks) {
    const std::vector<Sample> all = Walk(*track.samples);
    const size_t step = std::max<size_t>(1, all.size() / 40);
    for (size_t i = 0; i < all.size(); i += step) {
      const auto fresh = Open(bytes_);
      const Samples& samples = *FindTrack(*fresh, track.id)->samples;
      const auto sample = samples.At(all[i].index);
      ASSERT_TRUE(sample.ok()) << Describe(sample.error());
      EXPECT_EQ(Plain(*sample), Plain(all[i])) << i;
      const auto back = samples.Back(all[i].index, 3);
      ASSERT_TRUE(back.ok());
      EXPECT_EQ(*back, all[i >= 3 ? i - 3 : 0].index) << i;
      const auto cursor = samples.NewCursor();
      ASSERT_TRUE(cursor->SeekTo(all[i].index).ok());
      Sample next;
      ASSERT_TRUE(cursor->Next(&next).ok());
      EXPECT_EQ(Plain(next), Plain(all[i]));
    }
    const auto last = track.samples->Back(kPastLastSample, 1);
    EXPECT_TRUE(all.empty() || !last.ok() || *last == all.back().index);
  }
}

TEST_P(Fragments, ByTime) {
  const auto walked = Open(bytes_);
  ASSERT_TRUE(walked);
  std::mt19937 random(1);
  for (const Track& track : walked->tracks) {
    const std::vector<Sample> all = Walk(*track.samples);
    if (all.empty()) continue;
    const size_t step = std::max<size_t>(1, all.size() / 40);
    for (size_t i = 0; i < all.size(); i += step) {
      for (const int64_t t : {all[i].pts, all[i].pts - 1, all[i].pts + 1}) {
        const auto fresh = random() % 2 ? Open(bytes_) : walked;
        const auto shown = FindTrack(*fresh, track.id)->samples->SampleAtPresentationTime(t);
        ASSERT_TRUE(shown.ok()) << Describe(shown.error());
        EXPECT_EQ(*shown, all[ShownAt(all, t)].index) << "track " << track.id << " time " << t;
      }
    }
  }
}

TEST_P(Fragments, SyncSamples) {
  const auto movie = Open(bytes_);
  ASSERT_TRUE(movie);
  for (const Track& track : movie->tracks) {
    const std::vector<Sample> all = Walk(*track.samples);
    const size_t step = std::max<size_t>(1, all.size() / 40);
    for (size_t i = 0; i < all.size(); i += step) {
      std::optional<uint64_t> before, after;
      for (size_t k = 0; k <= i; ++k) {
        if (all[k].sync) before = all[k].index;
      }
      for (size_t k = all.size(); k > i; --k) {
        if (all[k - 1].sync) after = all[k - 1].index;
      }
      const auto at_or_before = track.samples->SyncAtOrBefore(all[i].index);
      const auto at_or_after = track.samples->SyncAtOrAfter(all[i].index);
      ASSERT_TRUE(at_or_before.ok() && at_or_after.ok());
      EXPECT_EQ(*at_or_before, before) << i;
      EXPECT_EQ(*at_or_after, after) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Generated,
                         Fragments,
                         testing::ValuesIn(test::FragmentCatalog()),
                         [](const auto& row) {
                           std::string name = row.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

/// Counts reads and bytes.
class CountingSource final : public ByteSource {
 public:
  explicit CountingSource(std::vector<uint8_t> bytes) : memory_(std::move(bytes)) {}

  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    ++reads;
    read_bytes += out.size();
    return memory_.Read(offset, out);
  }

  std::optional<uint64_t> size() const override { return memory_.size(); }

  uint64_t reads = 0;
  uint64_t read_bytes = 0;

 private:
  MemorySource memory_;
};

/// A movie of 1,400 fragments, a group of pictures each, that has no index.
std::vector<uint8_t> LongMovie() {
  test::FragmentedSpec spec = test::PlainFragments();
  for (test::TrackSpec& track : spec.movie.tracks) {
    const auto samples = track.samples;
    for (int i = 0; i < 60; ++i) {
      track.samples.insert(track.samples.end(), samples.begin(), samples.end());
    }
  }
  spec.fragments = test::CutFragments(spec, 0.52);
  return test::BuildFragments(spec).bytes;
}

/// Twelve bytes may announce millions of samples, all alike but the first.
TEST(LongFragments, OfSamplesThatHaveNoEntries) {
  constexpr uint32_t kCount = 5'000'000;
  test::FragmentedSpec spec = test::PlainFragments();
  test::TrackSpec& track = spec.movie.tracks[0];
  track.samples.assign(10, {50, 40, 0, false});
  track.samples[0].sync = true;
  spec.movie.tracks.resize(1);
  test::TrafSpec traf;
  traf.defaults = {1, 40, 50, 0x01010000};
  test::RunSpec run;
  run.count = 10;
  run.sizes = false;
  run.first_flags = true;
  traf.runs = {run};
  spec.fragments = {test::FragmentSpec{{traf}}};
  std::vector<uint8_t> bytes = test::BuildFragments(spec).bytes;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const size_t trun = text.rfind("trun");
  ASSERT_NE(trun, text.npos);
  const std::vector<uint8_t> count = test::ByteWriter().U32(kCount).bytes();
  std::copy(count.begin(), count.end(), bytes.begin() + static_cast<ptrdiff_t>(trun) + 8);
  const auto movie = Open(bytes);
  ASSERT_TRUE(movie);
  const Samples& samples = *movie->tracks[0].samples;
  const auto first = samples.First();
  ASSERT_TRUE(first.ok());
  for (const uint32_t n : {0u, 1u, 77u, kCount - 1}) {
    const auto shown = samples.SampleAtPresentationTime(int64_t{n} * 40 + 39);
    ASSERT_TRUE(shown.ok());
    EXPECT_EQ(*shown - *first, n);
    const auto sync = samples.SyncAtOrBefore(*shown);
    ASSERT_TRUE(sync.ok());
    EXPECT_EQ(*sync, *first) << n;
    const auto later = samples.SyncAtOrAfter(*shown);
    ASSERT_TRUE(later.ok());
    EXPECT_EQ(later->has_value(), n == 0) << n;
  }
}

TEST(LongFragments, AreFoundInAHandfulOfReads) {
  const std::vector<uint8_t> bytes = LongMovie();
  const auto oracle = test::ExpandMovie(bytes);
  ASSERT_TRUE(oracle);
  const auto source = std::make_shared<CountingSource>(bytes);
  const auto movie = ReadMovie(source, {}, nullptr);
  ASSERT_TRUE(movie.ok());
  EXPECT_LT(source->reads, 80u);
  const Track& track = (*movie)->tracks.front();
  const auto& expected = oracle->tracks.front().samples;
  EXPECT_EQ(track.media_duration,
            expected.back().dts + static_cast<int64_t>(expected.back().duration));
  std::mt19937 random(2);
  for (int i = 0; i < 200; ++i) {
    const auto before = source->reads;
    const size_t n = random() % expected.size();
    const auto shown = track.samples->SampleAtPresentationTime(expected[n].cts);
    ASSERT_TRUE(shown.ok());
    const auto sample = track.samples->At(*shown);
    ASSERT_TRUE(sample.ok());
    EXPECT_EQ(Plain(*sample), expected[n]) << n;
    EXPECT_LT(source->reads - before, 64u) << n;
  }
}

/// The bytes a second of the first fragment say where to look.
TEST(LongFragments, AreGuessedWithoutAnEnd) {
  const std::vector<uint8_t> bytes = LongMovie();
  const auto oracle = test::ExpandMovie(bytes);
  ASSERT_TRUE(oracle);
  const auto& expected = oracle->tracks.front().samples;
  MovieOptions options;
  options.look_at_end = false;
  for (const size_t n : {expected.size() / 3, expected.size() / 2, expected.size() - 20}) {
    const auto source = std::make_shared<CountingSource>(bytes);
    const auto movie = ReadMovie(source, options, nullptr);
    ASSERT_TRUE(movie.ok());
    const auto before = source->reads;
    const auto shown = (*movie)->tracks.front().samples->SampleAtPresentationTime(expected[n].cts);
    ASSERT_TRUE(shown.ok());
    const auto sample = (*movie)->tracks.front().samples->At(*shown);
    ASSERT_TRUE(sample.ok());
    EXPECT_EQ(Plain(*sample), expected[n]) << n;
    EXPECT_LE(source->reads - before, 20u) << n;
  }
}

}  // namespace
}  // namespace iso
