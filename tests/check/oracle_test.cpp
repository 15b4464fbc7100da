// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every sample of every file, as pushed by the element, equals the oracle:
// bytes, DTS, PTS, duration, sync. Real files where there are any, and generated ones.

#include <cstdio>

#include <gtest/gtest.h>

#include "compare.h"
#include "fragment_catalog.h"
#include "media_files.h"
#include "movie_catalog.h"
#include "play_compare.h"
#include "seek_rules.h"

namespace iso::test {
namespace {

class Generated : public testing::TestWithParam<CatalogMovie> {};

TEST_P(Generated, EverySampleIsAsTheOracleSays) {
  const std::vector<uint8_t> bytes = BuildMovie(GetParam().spec);
  const auto movie = ExpandMovie(bytes);
  ASSERT_TRUE(movie);
  const TempFile file(bytes);
  ExpectNone(PlayAndCompare(file.path(), *movie, bytes), GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(Movies,
                         Generated,
                         testing::ValuesIn(CatalogMovies()),
                         [](const auto& test) { return TestName(test.param.name); });

class GeneratedFragments : public testing::TestWithParam<CatalogFragments> {};

TEST_P(GeneratedFragments, EverySampleIsAsTheOracleSays) {
  const std::vector<uint8_t> bytes = BuildFragments(GetParam().spec).bytes;
  const auto movie = ExpandMovie(bytes);
  ASSERT_TRUE(movie);
  const TempFile file(bytes);
  ExpectNone(PlayAndCompare(file.path(), *movie, bytes), GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(Movies,
                         GeneratedFragments,
                         testing::ValuesIn(FragmentCatalog()),
                         [](const auto& test) { return TestName(test.param.name); });

TEST(GeneratedDescriptions, CapsFollowTheDescription) {
  MovieSpec spec = PlainMovie();
  TrackSpec& track = spec.tracks[0];
  track.entries.push_back(Avc1Entry(160, 90, 30));
  for (size_t i = 0; i < track.samples.size(); ++i)
    track.samples[i].description = 1 + i / 26 % 2;
  const TempFile file(BuildMovie(spec));
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const RecordedPad pad = recorder.pads().at(0);
  size_t i = 0;
  for (const RecordedItem& item : pad.items) {
    if (item.event) continue;
    const char* width =
        track.samples.at(i++).description == 2 ? "width=(int)160" : "width=(int)320";
    ASSERT_NE(item.caps.find(width), std::string::npos) << "sample " << i << ": " << item.caps;
  }
}

class Real : public testing::TestWithParam<std::string> {};

TEST_P(Real, EverySampleIsAsTheOracleSays) {
  if (GetParam().empty()) GTEST_SKIP() << "no real media next to the source tree";
  const std::string path = MediaRoot() + "/" + GetParam();
  const std::vector<uint8_t> bytes = ReadFile(path);
  auto movie = ExpandMovie(bytes);
  if (const char* reason = NotComparable(GetParam())) {
    std::printf("%s: not compared: %s\n", GetParam().c_str(), reason);
    Recorder recorder;
    recorder.Start(path);
    EXPECT_NE(recorder.WaitEos(), Outcome::kTimeout);
    return;
  }
  ASSERT_TRUE(movie);
  ApplyEncoderDelay(GetParam(), &*movie);
  if (!HasMedia(*movie, bytes.size())) {
    std::printf("%s: no sample of it is in the file\n", GetParam().c_str());
    Recorder recorder;
    recorder.Start(path);
    EXPECT_NE(recorder.WaitEos(), Outcome::kTimeout);
    return;
  }
  ExpectNone(PlayAndCompare(path, *movie, bytes), GetParam());
}

/// The oracle and the script read the same from each of these files; a change is noticed.
void ExpectOraclesAgree(const std::vector<std::string>& names,
                        const std::vector<std::string>& paths) {
  const auto rows = RunExpandScript(ExpandScript(), paths);
  ASSERT_EQ(rows.size(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    auto movie = ExpandMovie(ReadFile(paths[i]));
    ASSERT_TRUE(movie && rows[i]) << names[i];
    EXPECT_EQ(CompareWithScript(*movie, *rows[i]), "") << names[i];
    for (OracleTrack& track : movie->tracks) {
      if (track.samples.empty()) continue;
      track.samples[0].size += 1;
      EXPECT_NE(CompareWithScript(*movie, *rows[i]), "") << names[i];
      break;
    }
  }
}

TEST(RealOracles, BothAgree) {
  if (MediaRoot().empty() || ExpandScript().empty()) {
    GTEST_SKIP() << "no real media and expand.py next to the source tree";
  }
  std::vector<std::string> names, paths;
  for (const auto& files : {RealMovies(), RealFragments()}) {
    for (const std::string& name : files) {
      if (NotComparable(name)) continue;
      names.push_back(name);
      paths.push_back(MediaRoot() + "/" + name);
    }
  }
  ExpectOraclesAgree(names, paths);
}

TEST(GeneratedOracles, BothAgree) {
  if (ExpandScript().empty()) GTEST_SKIP() << "no expand.py next to the source tree";
  std::vector<std::unique_ptr<TempFile>> files;
  std::vector<std::string> names, paths;
  const auto add = [&](const std::string& name, const Bytes& bytes) {
    files.push_back(std::make_unique<TempFile>(bytes));
    names.push_back(name);
    paths.push_back(files.back()->path());
  };
  for (const CatalogMovie& movie : CatalogMovies())
    add(movie.name, BuildMovie(movie.spec));
  for (const CatalogFragments& movie : FragmentCatalog())
    add(movie.name, BuildFragments(movie.spec).bytes);
  ExpectOraclesAgree(names, paths);
}

INSTANTIATE_TEST_SUITE_P(Files, Real, testing::ValuesIn(RealMovies()), [](const auto& test) {
  return std::to_string(test.index) + "_" + TestName(test.param);
});

INSTANTIATE_TEST_SUITE_P(Fragments, Real, testing::ValuesIn(RealFragments()), [](const auto& test) {
  return std::to_string(test.index) + "_" + TestName(test.param);
});

// What if the element were wrong? Each way of being wrong must be noticed.
class Perturbed : public testing::Test {
 protected:
  void SetUp() override {
    MovieSpec spec = PlainMovie();
    spec.tracks.push_back(PcmTrack(3, "sowt", 1));
    bytes_ = BuildMovie(spec);
    movie_ = *ExpandMovie(bytes_);
    const TempFile file(bytes_);
    Recorder recorder;
    recorder.Start(file.path());
    recorder.WaitEos();
    pads_ = recorder.pads();
  }

  size_t Differences() const { return CompareMovie(movie_, pads_, bytes_).size(); }

  std::vector<uint8_t> bytes_;
  OracleMovie movie_;
  std::vector<RecordedPad> pads_;
};

TEST_F(Perturbed, EachWayOfBeingWrongIsNoticed) {
  ASSERT_EQ(Differences(), 0u);
  const OracleMovie good = movie_;
  for (size_t t = 0; t < good.tracks.size(); ++t) {
    const auto check = [&](const char* what, auto change) {
      movie_ = good;
      change(movie_.tracks[t]);
      EXPECT_GT(Differences(), 0u) << "track " << t << ": " << what;
    };
    if (RuleFor(good.tracks[t]).content == Content::kSame) {  // raw audio needs no DTS
      check("DTS", [](OracleTrack& x) { x.samples[x.samples.size() / 2].dts += 1; });
    }
    check("PTS", [](OracleTrack& x) {
      for (auto& s : x.samples)
        s.cts += 1;
    });
    check("size", [](OracleTrack& x) { x.samples[7].size -= 1; });
    check("offset", [](OracleTrack& x) { x.samples[7].offset += 1; });
    check("sync", [](OracleTrack& x) { x.samples[0].sync = false; });
    check("duration", [](OracleTrack& x) { x.samples.back().duration += 5; });
    check("missing", [](OracleTrack& x) {
      x.samples.push_back(x.samples.back());
      x.samples.back().dts += 5000;
      x.samples.back().cts += 5000;
    });
    check("extra", [](OracleTrack& x) { x.samples.resize(x.samples.size() / 2); });
    check("edit", [](OracleTrack& x) { x.edits = {{5000000, 3}}; });
    check("track", [](OracleTrack& x) { x.id += 50; });
  }
}

}  // namespace
}  // namespace iso::test
