// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The builder of fragmented movies and the oracle against each other.

#include <algorithm>
#include <span>

#include <gtest/gtest.h>

#include "fragment_catalog.h"
#include "oracle.h"
#include "oracle_bytes.h"

namespace iso::test {
namespace {

class Fragments : public testing::TestWithParam<CatalogFragments> {};

class SegmentIndex : public Fragments {};

class RandomAccess : public Fragments {};

std::vector<CatalogFragments> Those(bool (*which)(const FragmentedSpec& spec)) {
  std::vector<CatalogFragments> movies = FragmentCatalog();
  movies.erase(
      std::remove_if(
          movies.begin(), movies.end(), [&](const CatalogFragments& m) { return !which(m.spec); }),
      movies.end());
  return movies;
}

std::string CaseName(const testing::TestParamInfo<CatalogFragments>& test) {
  std::string name = test.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// Decode times of each track's samples, as the spec says.
std::vector<std::vector<int64_t>> DecodeTimes(const FragmentedSpec& spec,
                                              const FragmentedMovie& movie) {
  std::vector<std::vector<int64_t>> times(spec.movie.tracks.size());
  for (size_t t = 0; t < times.size(); ++t) {
    int64_t time = 0;
    for (size_t i = 0; t < spec.progressive.size() && i < spec.progressive[t]; ++i) {
      times[t].push_back(time);
      time += spec.movie.tracks[t].samples[i].duration;
    }
  }
  for (const FragmentPlace& place : movie.places) {
    for (const TrackPart& part : place.parts) {
      auto time = static_cast<int64_t>(part.time);
      for (size_t i = 0; i < part.count; ++i) {
        times[part.track].push_back(time);
        time += spec.movie.tracks[part.track].samples[part.first + i].duration;
      }
    }
  }
  return times;
}

TEST_P(Fragments, OracleReadsWhatWasBuilt) {
  const FragmentedSpec& spec = GetParam().spec;
  const FragmentedMovie built = BuildFragments(spec);
  const Bytes& file = built.bytes;
  const auto movie = ExpandMovie(file);
  ASSERT_TRUE(movie);
  EXPECT_TRUE(movie->fragmented);
  ASSERT_EQ(movie->tracks.size(), spec.movie.tracks.size());
  const auto times = DecodeTimes(spec, built);
  for (size_t t = 0; t < spec.movie.tracks.size(); ++t) {
    const TrackSpec& want = spec.movie.tracks[t];
    const OracleTrack& got = movie->tracks[t];
    EXPECT_EQ(got.id, want.id);
    EXPECT_EQ(got.edits.size(), want.edits.size());
    ASSERT_EQ(got.samples.size(), want.samples.size());
    ASSERT_EQ(times[t].size(), want.samples.size());
    for (size_t i = 0; i < want.samples.size(); ++i) {
      const SampleSpec& w = want.samples[i];
      const OracleSample& s = got.samples[i];
      ASSERT_EQ(s.dts, times[t][i]) << i;
      ASSERT_EQ(s.cts, s.dts + w.cts) << i;
      ASSERT_EQ(s.duration, w.duration) << i;
      ASSERT_EQ(s.size, w.size) << i;
      ASSERT_EQ(s.sync, w.sync) << i;
      ASSERT_EQ(s.description, w.description) << i;
      const Bytes payload = SamplePayload(want, i);
      ASSERT_LE(s.offset + s.size, file.size()) << i;
      ASSERT_TRUE(std::equal(
          payload.begin(), payload.end(), file.begin() + static_cast<ptrdiff_t>(s.offset)))
          << i;
    }
  }
}

TEST_P(Fragments, BoxesFillTheFile) {
  const FragmentedMovie movie = BuildFragments(GetParam().spec);
  const View file(movie.bytes.data(), movie.bytes.size());
  std::vector<uint64_t> moofs;
  size_t end = 0;
  for (const Child& child : Children(file)) {
    EXPECT_TRUE(child.whole) << child.type;
    if (child.type == "moof") moofs.push_back(child.start);
    end = child.start + static_cast<size_t>(child.body.data() + child.body.size() - file.data()) -
          child.start;
  }
  EXPECT_EQ(end, file.size());
  ASSERT_EQ(moofs.size(), movie.places.size());
  for (size_t i = 0; i < moofs.size(); ++i)
    EXPECT_EQ(moofs[i], movie.places[i].moof);
}

/// Where the references of all sidx boxes lead, depth first.
void FollowSidx(const View& file, size_t at, std::vector<uint64_t>* media, uint64_t* duration) {
  const Child sidx = Children(file.Sub(at, file.size())).at(0);
  ASSERT_EQ(sidx.type, "sidx") << at;
  const bool wide = sidx.body.Read(0, 1) == 1;
  const size_t end = at + 8 + sidx.body.size();
  uint64_t to = end + (wide ? sidx.body.Read(20, 8) : sidx.body.U32(16));
  const size_t rows = wide ? 28 : 20;
  for (size_t i = 0; i < sidx.body.Read(rows + 2, 2); ++i) {
    const uint64_t what = sidx.body.U32(rows + 4 + 12 * i);
    if (what >> 31) {
      FollowSidx(file, to, media, duration);
    } else {
      media->push_back(to);
      *duration += sidx.body.U32(rows + 8 + 12 * i);
    }
    to += what & 0x7fffffff;
  }
}

TEST_P(SegmentIndex, LeadsToEveryFragment) {
  const FragmentedSpec& spec = GetParam().spec;
  const FragmentedMovie movie = BuildFragments(spec);
  const View file(movie.bytes.data(), movie.bytes.size());
  std::vector<uint64_t> media, want;
  uint64_t duration = 0;
  FollowSidx(file, movie.init_size, &media, &duration);
  for (size_t i = 0; i < movie.places.size(); ++i) {
    if (!spec.fragments[i].continues_segment) want.push_back(movie.places[i].start);
  }
  EXPECT_EQ(media, want);
  EXPECT_EQ(duration, MediaDuration(spec.movie.tracks[0]));
}

TEST_P(RandomAccess, NamesSyncSamples) {
  const FragmentedMovie movie = BuildFragments(GetParam().spec);
  const View file(movie.bytes.data(), movie.bytes.size());
  const auto oracle = ExpandMovie(movie.bytes);
  const uint64_t size = file.U32(file.size() - 4);
  const Child mfra = Children(file.Sub(file.size() - size, file.size())).at(0);
  ASSERT_EQ(mfra.type, "mfra");
  EXPECT_EQ(mfra.body.size() + 8, size);
  size_t entries = 0;
  for (const Child& tfra : Children(mfra.body)) {
    if (tfra.type != "tfra") continue;
    const bool wide = tfra.body.Read(0, 1) == 1;
    const uint64_t lengths = tfra.body.U32(8);
    const size_t stride =
        (wide ? 16 : 8) + 3 + (lengths >> 4 & 3) + (lengths >> 2 & 3) + (lengths & 3);
    const auto track = std::find_if(oracle->tracks.begin(), oracle->tracks.end(), [&](auto& t) {
      return t.id == tfra.body.U32(4);
    });
    ASSERT_NE(track, oracle->tracks.end());
    for (size_t i = 0; i < tfra.body.U32(12); ++i, ++entries) {
      const auto time = static_cast<int64_t>(tfra.body.Read(16 + stride * i, wide ? 8 : 4));
      EXPECT_TRUE(std::any_of(track->samples.begin(), track->samples.end(), [&](auto& s) {
        return s.sync && s.cts == time;
      })) << time;
      const uint64_t moof = tfra.body.Read(16 + stride * i + (wide ? 8 : 4), wide ? 8 : 4);
      EXPECT_EQ(file.Text(moof + 4, 4), "moof");
    }
  }
  EXPECT_GT(entries, 10u);
}

INSTANTIATE_TEST_SUITE_P(Movies, Fragments, testing::ValuesIn(FragmentCatalog()), CaseName);
INSTANTIATE_TEST_SUITE_P(Movies,
                         SegmentIndex,
                         testing::ValuesIn(Those([](const FragmentedSpec& s) {
                           // The others lead to some of them only.
                           return s.sidx != SidxForm::kNone && s.sidx < SidxForm::kEachSegment;
                         })),
                         CaseName);
INSTANTIATE_TEST_SUITE_P(Movies,
                         RandomAccess,
                         testing::ValuesIn(Those([](const FragmentedSpec& s) {
                           return s.tfra_version >= 0;
                         })),
                         CaseName);

TEST(FragmentCatalog, NamesAreUnique) {
  std::vector<std::string> names;
  for (const CatalogFragments& movie : FragmentCatalog())
    names.push_back(movie.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

TEST(FragmentCatalog, EveryTrunFlag) {
  const Bytes file = BuildFragments([] {
                       for (const CatalogFragments& movie : FragmentCatalog()) {
                         if (movie.name == "every-trun-flag") return movie.spec;
                       }
                       return FragmentedSpec();
                     }())
                         .bytes;
  std::vector<bool> seen(0x1000);
  for (const Child& moof : Children(View(file.data(), file.size()))) {
    if (moof.type != "moof") continue;
    for (const Child& traf : Children(moof.body)) {
      for (const Child& trun : Children(traf.body)) {
        if (trun.type == "trun") seen[trun.body.U32(0) & 0xfff] = true;
      }
    }
  }
  // All but those with both kinds of sample flags, which the specification forbids.
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), 48);
}

TEST(FragmentOracle, IgnoresWhatIsCut) {
  const FragmentedMovie movie = BuildFragments(PlainFragments());
  for (const FragmentPlace& place : movie.places) {
    const std::span<const uint8_t> all(movie.bytes);
    const auto cut = ExpandMovie(all.first(place.moof + 100));
    const auto whole = ExpandMovie(all.first(place.mdat));
    ASSERT_TRUE(cut && whole);
    EXPECT_EQ(cut->tracks[0].samples.size() + place.parts[0].count,
              whole->tracks[0].samples.size());
  }
}

}  // namespace
}  // namespace iso::test
