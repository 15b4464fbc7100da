// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Random seeks: the first buffer of every pad after the flush is the right sample, and the
// segment starts where it should, by the oracle. Fixed seed, so a failure comes back.

#include <cstdio>
#include <random>

#include <gtest/gtest.h>

#include "compare.h"
#include "fragment_catalog.h"
#include "media_files.h"
#include "movie_catalog.h"
#include "seek_rules.h"

namespace iso::test {
namespace {

constexpr int kSeeksPerFile = 30;

struct SeekCase {
  const char* name;
  int flags;
};

constexpr SeekCase kCases[] = {
    {"accurate", GST_SEEK_FLAG_ACCURATE},
    {"key-unit", GST_SEEK_FLAG_KEY_UNIT},
    {"snap-before", GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE},
    {"snap-after", GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_AFTER},
    {"snap-nearest", GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_NEAREST},
    {"no-flag", 0},
};

/// One file, opened once and sought in many times.
class SeekRun {
 public:
  SeekRun(std::string name, const std::string& path, const OracleMovie& movie)
      : name_(std::move(name)), bytes_(ReadFile(path)) {
    recorder_.Start(path);
    opened_ = recorder_.WaitEos() == Outcome::kEos;
    rules_ = SeekRules::For(movie, recorder_.pads(), bytes_.size());
  }

  void Run(int count, uint32_t seed) {
    if (!opened_) {
      ADD_FAILURE() << name_ << ": does not play";
      return;
    }
    if (!rules_) {
      std::printf("%s: no seeks: %s\n", name_.c_str(), SeekRules::kNoRules);
      return;
    }
    std::mt19937_64 random(seed);
    for (int i = 0; i < count && !testing::Test::HasFatalFailure(); ++i) {
      const SeekCase& kind = kCases[static_cast<size_t>(i) % std::size(kCases)];
      OneSeek(kind, rules_->Target(random()));
    }
  }

 private:
  void OneSeek(const SeekCase& kind, int64_t target) {
    const SeekExpectation expected = rules_->Expect(kind.flags, target);
    ASSERT_TRUE(recorder_.Seek(1.0,
                               GST_FORMAT_TIME,
                               GST_SEEK_FLAG_FLUSH | kind.flags,
                               GST_SEEK_TYPE_SET,
                               target,
                               GST_SEEK_TYPE_NONE,
                               -1))
        << name_ << ": " << kind.name << " seek to " << target << " refused";
    ASSERT_TRUE(recorder_.WaitFirstBuffers())
        << name_ << ": no buffer after a " << kind.name << " seek to " << target;
    const std::vector<RecordedPad> pads = recorder_.pads();
    std::string text;
    for (const std::string& line : rules_->Check(expected, pads, bytes_)) {
      text += name_ + ": " + kind.name + " seek to " + std::to_string(target) + ": " + line + "\n";
    }
    EXPECT_EQ(text, "");
  }

  std::string name_;
  std::vector<uint8_t> bytes_;
  Recorder recorder_;
  bool opened_ = false;
  std::optional<SeekRules> rules_;
};

class Generated : public testing::TestWithParam<CatalogMovie> {};

TEST_P(Generated, FirstBufferIsTheRightOne) {
  const Watchdog watchdog(GetParam().name, 60);
  const TempFile file(BuildMovie(GetParam().spec));
  const auto movie = ExpandMovie(ReadFile(file.path()));
  ASSERT_TRUE(movie);
  SeekRun(GetParam().name, file.path(), *movie).Run(2 * kSeeksPerFile, 1234);
}

INSTANTIATE_TEST_SUITE_P(Movies,
                         Generated,
                         testing::ValuesIn(CatalogMovies()),
                         [](const auto& test) { return TestName(test.param.name); });

class GeneratedFragments : public testing::TestWithParam<CatalogFragments> {};

TEST_P(GeneratedFragments, FirstBufferIsTheRightOne) {
  const Watchdog watchdog(GetParam().name, 60);
  const TempFile file(BuildFragments(GetParam().spec).bytes);
  const auto movie = ExpandMovie(ReadFile(file.path()));
  ASSERT_TRUE(movie);
  SeekRun(GetParam().name, file.path(), *movie).Run(2 * kSeeksPerFile, 4321);
}

INSTANTIATE_TEST_SUITE_P(Movies,
                         GeneratedFragments,
                         testing::ValuesIn(FragmentCatalog()),
                         [](const auto& test) { return TestName(test.param.name); });

class Real : public testing::TestWithParam<std::string> {};

TEST_P(Real, FirstBufferIsTheRightOne) {
  if (GetParam().empty()) GTEST_SKIP() << "no real media next to the source tree";
  if (NotComparable(GetParam())) GTEST_SKIP() << NotComparable(GetParam());
  const Watchdog watchdog(GetParam(), 60);
  const std::string path = MediaRoot() + "/" + GetParam();
  auto movie = ExpandMovie(ReadFile(path));
  ASSERT_TRUE(movie);
  ApplyEncoderDelay(GetParam(), &*movie);
  if (!HasMedia(*movie, ReadFile(path).size())) GTEST_SKIP() << "no sample of it is in the file";
  SeekRun(GetParam(), path, *movie).Run(kSeeksPerFile, 99);
}

INSTANTIATE_TEST_SUITE_P(Files, Real, testing::ValuesIn(RealMovies()), [](const auto& test) {
  return std::to_string(test.index) + "_" + TestName(test.param);
});

INSTANTIATE_TEST_SUITE_P(Fragments, Real, testing::ValuesIn(RealFragments()), [](const auto& test) {
  return std::to_string(test.index) + "_" + TestName(test.param);
});

// A stop position: every sample shown before it comes, then EOS.
TEST(SeekStop, EverySampleBeforeTheStopIsPushed) {
  const std::vector<uint8_t> bytes = BuildMovie(PlainMovie());
  const TempFile file(bytes);
  OracleMovie movie = *ExpandMovie(bytes);
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto rules = SeekRules::For(movie, recorder.pads(), bytes.size());
  ASSERT_TRUE(rules);
  std::mt19937_64 random(5);
  for (int i = 0; i < 20; ++i) {
    int64_t start = rules->Target(random()), stop = rules->Target(random());
    if (start > stop) std::swap(start, stop);
    stop += 1'000'000;
    const unsigned before = recorder.pads()[0].flushes;
    ASSERT_TRUE(recorder.Seek(1.0,
                              GST_FORMAT_TIME,
                              GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                              GST_SEEK_TYPE_SET,
                              start,
                              GST_SEEK_TYPE_SET,
                              stop));
    ASSERT_TRUE(recorder.WaitFor([&](const auto& pads) {
      for (const RecordedPad* pad : pads) {
        if (pad->flushes <= before || !pad->eos) return false;
      }
      return true;
    })) << start
        << " to " << stop;
    EXPECT_EQ(rules->CheckRange(start, stop, recorder.pads()), std::vector<std::string>())
        << start << " to " << stop;
    if (stop + 700'000'000 < rules->end()) {
      EXPECT_NE(rules->CheckRange(start, stop + 700'000'000, recorder.pads()),
                std::vector<std::string>());
    }
  }
}

// What if the first buffer were another one? Each way of being wrong must be noticed.
TEST(SeekPerturbed, WrongFirstBuffersAreNoticed) {
  const std::vector<uint8_t> bytes = BuildMovie(PlainMovie());
  const TempFile file(bytes);
  const OracleMovie movie = *ExpandMovie(bytes);
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto rules = SeekRules::For(movie, recorder.pads(), bytes.size());
  ASSERT_TRUE(rules);
  const int64_t target = 1'700'000'000;
  ASSERT_TRUE(recorder.Seek(1.0,
                            GST_FORMAT_TIME,
                            GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                            GST_SEEK_TYPE_SET,
                            target,
                            GST_SEEK_TYPE_NONE,
                            -1));
  ASSERT_TRUE(recorder.WaitFirstBuffers());
  const std::vector<RecordedPad> pads = recorder.pads();
  const auto differences = [&](int flags, int64_t at) {
    return rules->Check(rules->Expect(flags, at), pads, bytes).size();
  };
  EXPECT_EQ(differences(GST_SEEK_FLAG_ACCURATE, target), 0u);
  EXPECT_GT(differences(GST_SEEK_FLAG_ACCURATE, target + 50'000'000), 0u);
  EXPECT_GT(differences(GST_SEEK_FLAG_ACCURATE, target - 1'000'000'000), 0u);
  EXPECT_GT(differences(GST_SEEK_FLAG_KEY_UNIT, target), 0u);
  EXPECT_GT(differences(GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_AFTER, target), 0u);
}

}  // namespace
}  // namespace iso::test
