// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The builder and the oracle against each other: what was asked for is what is read.

#include <algorithm>
#include <span>

#include <gtest/gtest.h>

#include "movie_catalog.h"
#include "oracle.h"

namespace iso::test {
namespace {

class Catalog : public testing::TestWithParam<CatalogMovie> {};

TEST_P(Catalog, OracleReadsWhatWasBuilt) {
  const MovieSpec& spec = GetParam().spec;
  const Bytes file = BuildMovie(spec);
  const auto movie = ExpandMovie(file);
  ASSERT_TRUE(movie);
  ASSERT_EQ(movie->tracks.size(), spec.tracks.size());
  EXPECT_EQ(movie->timescale, spec.timescale);
  for (size_t t = 0; t < spec.tracks.size(); ++t) {
    const TrackSpec& want = spec.tracks[t];
    const OracleTrack& got = movie->tracks[t];
    EXPECT_EQ(got.id, want.id);
    EXPECT_EQ(got.handler, want.handler);
    EXPECT_EQ(got.timescale, want.timescale);
    EXPECT_EQ(got.entries.size(), want.entries.size());
    EXPECT_EQ(got.edits.size(), want.edits.size());
    ASSERT_EQ(got.samples.size(), want.samples.size());
    int64_t dts = 0;
    for (size_t i = 0; i < want.samples.size(); ++i) {
      const OracleSample& s = got.samples[i];
      const SampleSpec& w = want.samples[i];
      ASSERT_EQ(s.dts, dts) << i;
      ASSERT_EQ(s.cts, dts + w.cts) << i;
      ASSERT_EQ(s.size, w.size) << i;
      ASSERT_EQ(s.sync, w.sync) << i;
      ASSERT_EQ(s.description, w.description) << i;
      const Bytes payload = SamplePayload(want, i);
      ASSERT_EQ(payload.size(), s.size) << i;
      ASSERT_LE(s.offset + s.size, file.size()) << i;
      ASSERT_TRUE(std::equal(
          payload.begin(), payload.end(), file.begin() + static_cast<ptrdiff_t>(s.offset)))
          << i;
      dts += w.duration;
    }
  }
}

TEST_P(Catalog, BoxesFillTheFile) {
  const Bytes file = BuildMovie(GetParam().spec);
  size_t pos = 0;
  while (pos + 8 <= file.size()) {
    const auto read = [&](size_t at, size_t n) {
      uint64_t v = 0;
      for (size_t i = 0; i < n; ++i)
        v = v << 8 | file[at + i];
      return v;
    };
    uint64_t size = read(pos, 4);
    if (size == 1) size = read(pos + 8, 8);
    if (size == 0) size = file.size() - pos;
    ASSERT_GE(size, 8u) << pos;
    pos += size;
  }
  EXPECT_EQ(pos, file.size());
}

INSTANTIATE_TEST_SUITE_P(Movies, Catalog, testing::ValuesIn(CatalogMovies()), [](const auto& test) {
  std::string name = test.param.name;
  for (char& c : name)
    c = c == '-' ? '_' : c;
  return name;
});

TEST(Catalog, NamesAreUnique) {
  std::vector<std::string> names;
  for (const CatalogMovie& movie : CatalogMovies())
    names.push_back(movie.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

TEST(Payload, DependsOnTrackSampleAndPosition) {
  const auto differs = [](uint32_t track, size_t sample, size_t from) {
    for (size_t i = 0; i < 16; ++i) {
      if (PayloadByte(1, 0, i) != PayloadByte(track, sample, from + i)) return true;
    }
    return false;
  };
  EXPECT_FALSE(differs(1, 0, 0));
  EXPECT_TRUE(differs(2, 0, 0));
  EXPECT_TRUE(differs(1, 1, 0));
  EXPECT_TRUE(differs(1, 0, 1));
}

TEST(Oracle, NoMovie) {
  EXPECT_FALSE(ExpandMovie({}));
  EXPECT_FALSE(ExpandMovie(Bytes(100, uint8_t{0xff})));
  EXPECT_FALSE(ExpandMovie(Box("mdat", Bytes(10))));
}

TEST(Oracle, SurvivesEveryTruncation) {
  const Bytes file = BuildMovie(PlainMovie());
  for (size_t size = 0; size < 5000; size += 7) {
    const auto movie = ExpandMovie(std::span(file).first(size));
    EXPECT_LE(movie ? movie->tracks.size() : 0, 2u);
  }
}

TEST(ExpandOutput, Rows) {
  const auto rows = ParseExpandOutput("1,0,0,48,24,60,4096,1,1\n1,1,24,-24,24,131,4156,0,2\n");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[1].sample, (OracleSample{24, -24, 24, 131, 4156, false, 2}));
  EXPECT_FALSE(ParseExpandOutput("Traceback (most recent call last):\n"));
  EXPECT_FALSE(ParseExpandOutput("1,2,3\n"));
}

}  // namespace
}  // namespace iso::test
