// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How often sample tables are read while a long movie is played, forwards and backwards, and while
// somebody scrubs through it. Each such read holds up whoever plays: these are upper bounds.

#include <array>
#include <cstdlib>

#include <gtest/gtest.h>

#include "core/demux/demuxer.h"
#include "movie_catalog.h"

namespace iso {
namespace {

constexpr double kLength = 3600;
constexpr int64_t kSecond = kNanosecondsPerSecond;

/// An hour of reordered pictures and of sound, and little data.
std::vector<uint8_t> LongMovie() {
  test::MovieSpec movie;
  movie.tracks = {test::VideoTrack(1, kLength), test::AudioTrack(2, kLength)};
  for (test::TrackSpec& track : movie.tracks) {
    for (size_t i = 0; i < track.samples.size(); ++i)
      track.samples[i].size = 8 + static_cast<uint32_t>(i % 13);
  }
  return BuildMovie(movie);
}

class TableReads : public testing::TestWithParam<PressureLevel> {
 protected:
  static void SetUpTestSuite() { source_ = std::make_shared<MemorySource>(LongMovie()); }

  void SetUp() override {
    demuxer_ = std::make_unique<Demuxer>(source_, MovieOptions(), nullptr);
    ASSERT_TRUE(demuxer_->Open().ok());
    memory().SetLevel(GetParam());
  }

  IndexMemory& memory() const { return demuxer_->movie()->pages->memory(); }

  uint64_t reads() const { return demuxer_->movie()->pages->stats().reads; }

  void Seek(const SeekRequest& request) { ASSERT_TRUE(demuxer_->Seek(request).ok()); }

  /// Plays as much of the presentation, in whichever direction.
  void Play(int64_t length_ns) {
    int64_t first = kTimeMax;
    Event event;
    while (demuxer_->Next(&event).ok()) {
      ASSERT_NE(event.kind, Event::Kind::kAllEnded);
      if (event.kind != Event::Kind::kSample) continue;
      if (first == kTimeMax) first = event.pts_ns;
      if (std::abs(event.pts_ns - first) >= length_ns) return;
    }
    FAIL();
  }

  static std::shared_ptr<MemorySource> source_;
  std::unique_ptr<Demuxer> demuxer_;
};

std::shared_ptr<MemorySource> TableReads::source_;

SeekRequest To(int64_t start_ns) {
  SeekRequest request;
  request.start_ns = start_ns;
  return request;
}

SeekRequest Backwards(int64_t stop_ns) {
  SeekRequest request;
  request.mode.reverse = true;
  request.stop_ns = stop_ns;
  return request;
}

/// Six tables are read here, pages of 256 entries; ten seconds are a page of pictures, five one of
/// sound. Four at once at Normal and Low, two, and one.
uint64_t MostIn600Seconds(PressureLevel level) {
  return std::array{60u, 70u, 130u, 250u}[static_cast<size_t>(level)];
}

TEST_P(TableReads, Forward) {
  Seek(To(1800 * kSecond));
  Play(kSecond);
  const uint64_t before = reads();
  Play(600 * kSecond);
  EXPECT_LE(reads() - before, MostIn600Seconds(GetParam()));
}

TEST_P(TableReads, BackwardIsAsGood) {
  Seek(Backwards(1800 * kSecond));
  Play(kSecond);
  const uint64_t before = reads();
  Play(600 * kSecond);
  EXPECT_LE(reads() - before, MostIn600Seconds(GetParam()));
}

/// Where the page next to one that is known is wanted, those that lie further on are read with it.
TEST_P(TableReads, Scrubbing) {
  constexpr int kSteps = 100;
  const uint64_t most = std::array{20u, 20u, 35u, 50u}[static_cast<size_t>(GetParam())];
  for (const int64_t step : {kSecond / 25, kSecond / 2, 2 * kSecond, -kSecond / 2, -2 * kSecond}) {
    int64_t at = 1800 * kSecond;
    Seek(To(at));
    Play(kSecond / 10);
    const uint64_t before = reads();
    for (int i = 0; i < kSteps; ++i) {
      at += step;
      Seek(To(at));
      Play(kSecond / 10);
    }
    EXPECT_LE(reads() - before, most) << "by " << step << " ns";
  }
}

INSTANTIATE_TEST_SUITE_P(Levels,
                         TableReads,
                         testing::Values(PressureLevel::kNormal,
                                         PressureLevel::kLow,
                                         PressureLevel::kMedium,
                                         PressureLevel::kCritical));

}  // namespace
}  // namespace iso
