// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A file that grows: what can be read of it when (GrowingSource), and how long the movie in it
// is by then (KnownEnd).

#include "core/movie/growing_source.h"

#include <algorithm>
#include <atomic>

#include <gtest/gtest.h>

#include "core/movie/known_end.h"
#include "core/movie/movie_reader.h"
#include "fragment_catalog.h"
#include "oracle.h"

namespace iso {
namespace {

/// The first `there` bytes of a file.
class PartSource final : public ByteSource {
 public:
  explicit PartSource(std::vector<uint8_t> bytes) : memory_(std::move(bytes)) {}

  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    const bool inside = offset <= there && out.size() <= there - offset;
    return inside ? memory_.Read(offset, out)
                  : Status(Error{Errc::kEndOfData, {}, offset, out.size()});
  }

  std::optional<uint64_t> size() const override { return there; }

  std::atomic<uint64_t> there = 0;

 private:
  MemorySource memory_;
};

Errc CodeOf(const Status& status) {
  return status.error().code;
}

class Growing : public testing::Test {
 protected:
  const std::shared_ptr<PartSource> file_ =
      std::make_shared<PartSource>(std::vector<uint8_t>(100, 7));
  GrowingSource source_{file_};
  uint8_t byte_ = 0;
  const std::span<uint8_t> out_{&byte_, 1};
};

TEST_F(Growing, WhatIsBehindTheEndHasNotComeYet) {
  file_->there = 10;
  EXPECT_TRUE(source_.Read(9, out_).ok());
  const Status read = source_.Read(10, out_);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(CodeOf(read), Errc::kNotYet);
  EXPECT_EQ(read.error().offset, 10u);
  EXPECT_EQ(read.error().length, 1u);
  EXPECT_EQ(source_.size(), std::nullopt);
  EXPECT_EQ(source_.present_size(), 10u);
  EXPECT_TRUE(source_.may_grow());
  file_->there = 11;
  EXPECT_TRUE(source_.Read(10, out_).ok());
}

TEST_F(Growing, ForASearchTheFileIsWhatIsThere) {
  file_->there = 10;
  {
    const GrowingSource::Sized outer(source_);
    EXPECT_EQ(source_.size(), 10u);
    EXPECT_EQ(CodeOf(source_.Read(10, out_)), Errc::kEndOfData);
    { const GrowingSource::Sized inner(source_); }
    EXPECT_EQ(source_.size(), 10u) << "one within another changes nothing";
    file_->there = 12;
    EXPECT_EQ(source_.size(), 12u);
  }
  EXPECT_EQ(source_.size(), std::nullopt);
  EXPECT_EQ(CodeOf(source_.Read(12, out_)), Errc::kNotYet);
}

TEST_F(Growing, OnceItHasEndedItIsAFileLikeAnyOther) {
  file_->there = 10;
  source_.SetEnded(true);
  EXPECT_EQ(source_.size(), 10u);
  EXPECT_FALSE(source_.may_grow());
  EXPECT_EQ(CodeOf(source_.Read(10, out_)), Errc::kEndOfData);
  source_.SetEnded(false);
  EXPECT_EQ(CodeOf(source_.Read(10, out_)), Errc::kNotYet);
}

/// Where the samples end that lie in the first `size` bytes with all of their fragment.
int64_t EndOfWhole(const test::OracleMovie& movie,
                   const test::FragmentedMovie& built,
                   uint64_t size) {
  int64_t end = 0;
  for (const test::FragmentPlace& place : built.places) {
    if (place.end > size) break;
    for (const test::TrackPart& part : place.parts) {
      const test::OracleTrack& track = movie.tracks[part.track];
      for (size_t i = part.first; i < part.first + part.count; ++i) {
        const test::OracleSample& sample = track.samples[i];
        end = std::max(end, ToNanoseconds(sample.cts + sample.duration, track.timescale));
      }
    }
  }
  return end;
}

class Known : public testing::TestWithParam<bool> {};

/// However many fragments come between two looks, the end is that of the last one that is whole.
TEST_P(Known, EndIsThatOfTheLastWholeFragment) {
  test::FragmentedSpec spec = test::PlainFragments();
  if (GetParam()) spec.fragments = test::CutFragmentsByTrack(spec, 1.04);
  const test::FragmentedMovie built = test::BuildFragments(spec);
  const test::OracleMovie oracle = *test::ExpandMovie(built.bytes);
  for (const uint64_t step : {uint64_t{1500}, uint64_t{20'000}, uint64_t{built.bytes.size()}}) {
    const auto file = std::make_shared<PartSource>(built.bytes);
    const auto source = std::make_shared<GrowingSource>(file);
    file->there = built.places[1].end;
    source->SetSized(true);
    MovieOptions options;
    options.growing = true;
    const auto movie = ReadMovie(source, options, nullptr);
    ASSERT_TRUE(movie.ok()) << Describe(movie.error());
    KnownEnd known(**movie);
    EXPECT_EQ(known.end_ns(), kTimeMax);
    while (true) {
      const uint64_t there = file->there;
      ASSERT_TRUE(known.Look(there).ok()) << there;
      // A look takes in some fragments only; the next ones the rest.
      for (int more = 0; more < 4; ++more)
        ASSERT_TRUE(known.Look(there).ok()) << there;
      EXPECT_EQ(known.end_ns(), EndOfWhole(oracle, built, there)) << there << " by " << step;
      if (there == built.bytes.size()) break;
      file->there = std::min<uint64_t>(there + step, built.bytes.size());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Moofs, Known, testing::Bool(), [](const auto& test) {
  return test.param ? "for_each_track" : "for_all_tracks";
});

TEST(KnownEndOf, AMovieWithoutFragmentsIsNotKnown) {
  const auto file = std::make_shared<PartSource>(test::BuildMovie(test::PlainFragments().movie));
  file->there = UINT64_MAX;
  const auto movie = ReadMovie(file, {}, nullptr);
  ASSERT_TRUE(movie.ok());
  KnownEnd known(**movie);
  EXPECT_TRUE(known.Look(1000).ok());
  EXPECT_EQ(known.end_ns(), kTimeMax);
}

}  // namespace
}  // namespace iso
