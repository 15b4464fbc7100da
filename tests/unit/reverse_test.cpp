// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Playing backwards, and only key units in either direction: every picture once, groups of
// them in descending order, and no more memory for a long group than for a short one.

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <map>
#include <new>

#include <gtest/gtest.h>

#include "edit_forms.h"
#include "movie_catalog.h"
#include "presentation.h"

namespace {

std::atomic<size_t> allocated_bytes = 0;

void* Counted(size_t size) {
  allocated_bytes += size;
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(size_t size) {
  return Counted(size);
}

void* operator new(size_t size, const std::nothrow_t&) noexcept {
  allocated_bytes += size;
  return std::malloc(size);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace iso {
namespace {

using test::MovieSpec;
using test::Playback;
using test::Shown;

SeekRequest Backwards(int64_t start_ns = 0, int64_t stop_ns = kTimeMax) {
  SeekRequest request;
  request.mode.reverse = true;
  request.start_ns = start_ns;
  request.stop_ns = stop_ns;
  return request;
}

struct Named {
  std::string name;
  MovieSpec movie;
};

void PrintTo(const Named& named, std::ostream* out) {
  *out << named.name;
}

std::vector<Named> Movies() {
  std::vector<Named> all;
  for (const test::CatalogMovie& movie : test::CatalogMovies()) {
    if (movie.name != "large-sample") all.push_back({"catalog_" + movie.name, movie.spec});
  }
  for (const test::EditListMovie& movie : test::EditListMovies({600, 48000}))
    all.push_back({movie.name, movie.movie});
  for (Named& named : all) {
    std::replace_if(
        named.name.begin(),
        named.name.end(),
        [](unsigned char c) { return std::isalnum(c) == 0; },
        '_');
  }
  return all;
}

class Reverse : public testing::TestWithParam<Named> {
 protected:
  void SetUp() override {
    file_ = BuildMovie(GetParam().movie);
    const auto oracle = test::ExpandMovie(file_);
    ASSERT_TRUE(oracle.has_value());
    oracle_ = *oracle;
    playback_ = std::make_unique<Playback>(file_);
    ASSERT_TRUE(playback_->opened());
  }

  size_t tracks() const { return playback_->demuxer().movie()->tracks.size(); }

  const test::OracleTrack& OracleOf(size_t track) const {
    const uint32_t id = playback_->demuxer().movie()->tracks[track].id;
    return *std::find_if(
        oracle_.tracks.begin(), oracle_.tracks.end(), [&](auto& t) { return t.id == id; });
  }

  test::NaiveTimeline Expected(size_t track, int64_t from, int64_t to) const {
    const auto& specs = GetParam().movie.tracks;
    const test::OracleTrack& oracle = OracleOf(track);
    const auto spec =
        std::find_if(specs.begin(), specs.end(), [&](auto& t) { return t.id == oracle.id; });
    return test::Expand(oracle, *spec, from, to);
  }

  /// Everything that is on display in [from, to), each once; gaps too.
  void ExpectAllOf(size_t track, int64_t from, int64_t to) {
    // A segment played backwards has an end: what an edit's end in movie ticks lacks to the
    // end of the media is not presented.
    to = std::min(to, playback_->demuxer().movie()->duration_ns);
    playback_->Seek(Backwards(from, to));
    const std::vector<Event> events = playback_->EventsOf(track);
    const test::NaiveTimeline expected = Expected(track, from, to);
    std::vector<Shown> got = Presented(events, expected);
    std::sort(got.begin(), got.end(), [](const Shown& a, const Shown& b) {
      return std::pair(a.edit, a.index) < std::pair(b.edit, b.index);
    });
    EXPECT_EQ(test::Difference(expected, expected.shown, got), "");
    std::vector<Shown> gaps = PresentedGaps(events, expected);
    std::reverse(gaps.begin(), gaps.end());
    if (OracleOf(track).handler != "text") {
      EXPECT_EQ(test::Difference(expected, expected.gaps, gaps), "");
    }
  }

  std::vector<uint8_t> file_;
  test::OracleMovie oracle_;
  std::unique_ptr<Playback> playback_;
};

TEST_P(Reverse, EverythingIsPresentedOnce) {
  for (size_t t = 0; t < tracks(); ++t)
    ExpectAllOf(t, 0, kTimeMax);
}

TEST_P(Reverse, SoIsAnyPartOfIt) {
  const int64_t end = playback_->demuxer().movie()->duration_ns;
  for (size_t t = 0; t < tracks(); ++t) {
    ExpectAllOf(t, end / 3, end / 3 * 2);
    ExpectAllOf(t, end / 2, end / 2 + 40'000'000);
    ExpectAllOf(t, 0, end / 7);
  }
}

TEST_P(Reverse, SegmentsAbut) {
  for (size_t t = 0; t < tracks(); ++t) {
    playback_->Seek(Backwards());
    std::optional<int64_t> start;
    for (const Event& event : playback_->EventsOf(t)) {
      if (event.kind != Event::Kind::kSegment) continue;
      if (start) {
        EXPECT_EQ(event.segment.end_time_ns, *start);
      }
      EXPECT_NE(event.segment.end_time_ns, kTimeMax);
      start = event.segment.time_ns;
    }
    ASSERT_TRUE(start.has_value());
    EXPECT_EQ(*start, 0);
  }
}

/// Groups begin with a discontinuity and, of pictures, a sync sample; they are in decoding
/// order inside and lie before each other.
TEST_P(Reverse, GroupsDescend) {
  for (size_t t = 0; t < tracks(); ++t) {
    const bool video = OracleOf(t).handler == "vide";
    playback_->Seek(Backwards());
    std::optional<uint64_t> last, group;
    for (const Event& event : playback_->EventsOf(t)) {
      if (event.kind == Event::Kind::kSegment) {
        last.reset();
        group.reset();
      }
      if (event.kind != Event::Kind::kSample) continue;
      const uint64_t index = event.sample.index;
      if (event.discont) {
        EXPECT_TRUE(event.sample.sync || !video || index == 0);
        if (group) {
          ASSERT_LT(index, *group);
        }
        group = index;
      } else {
        ASSERT_TRUE(last.has_value());
        ASSERT_EQ(index, *last + 1);
      }
      last = index;
    }
  }
}

/// A group is due where it ends: over all tracks these ends never rise.
TEST_P(Reverse, TracksAreServedInStep) {
  constexpr int64_t kSlack = 2;
  playback_->Seek(Backwards());
  std::map<size_t, Segment> segments;

  struct Group {
    size_t track;
    int64_t end_ns;
  };

  std::vector<Group> groups;
  std::map<size_t, size_t> current;
  for (const Event& event : playback_->Events()) {
    if (event.kind == Event::Kind::kSegment) segments[event.track] = event.segment;
    if (event.kind != Event::Kind::kSample) continue;
    const Segment& now = segments[event.track];
    // Of the latter the pictures last until something else does.
    if (now.rate != 0x10000 || GetParam().name == "catalog_no_durations") return;
    if (event.discont) {
      current[event.track] = groups.size();
      groups.push_back({event.track, now.time_ns});
    }
    if (event.decode_only) continue;
    const int64_t to = std::min(event.pts_ns + event.duration_ns, now.stop_ns);
    const int64_t end = now.time_ns + std::max<int64_t>(0, to - now.start_ns);
    Group& group = groups[current[event.track]];
    group.end_ns = std::max(group.end_ns, end);
  }
  for (size_t i = 1; i < groups.size(); ++i)
    EXPECT_LE(groups[i].end_ns, groups[i - 1].end_ns + kSlack) << "group " << i;
}

INSTANTIATE_TEST_SUITE_P(All, Reverse, testing::ValuesIn(Movies()), [](const auto& param) {
  return param.param.name;
});

MovieSpec LongGop(size_t frames) {
  MovieSpec movie;
  movie.tracks = {test::VideoTrack(1, 1)};
  test::TrackSpec& track = movie.tracks[0];
  test::SampleSpec sample{.size = 10, .duration = 24, .sync = false};
  track.samples.assign(frames, sample);
  track.samples[0].sync = true;
  track.ctts = test::CttsForm::kNone;
  return movie;
}

/// What is allocated while playing backwards from open to end.
size_t BytesToPlayBackwards(const std::vector<uint8_t>& file, size_t frames) {
  Playback playback(file);
  EXPECT_TRUE(playback.opened());
  const size_t before = allocated_bytes;
  playback.Seek(Backwards());
  Event event;
  size_t n = 0;
  while (playback.demuxer().Next(&event).ok() && event.kind != Event::Kind::kAllEnded) {
    if (event.kind != Event::Kind::kSample) continue;
    EXPECT_EQ(event.sample.index, n);
    EXPECT_EQ(event.discont, n == 0);
    ++n;
  }
  EXPECT_EQ(n, frames);
  return allocated_bytes - before;
}

/// All that is ever allocated, freed or not, are pages of the tables: 10,000 frames have
/// 40,000 bytes of sizes and chunk offsets each at most.
TEST(LongGroup, NothingIsCollected) {
  constexpr size_t kFrames = 10'000;
  constexpr size_t kBound = 192 * 1024;
  EXPECT_LT(BytesToPlayBackwards(BuildMovie(LongGop(kFrames)), kFrames), kBound);
}

/// Ten times the frames cost what their tables are longer, not what a list of them would.
TEST(LongGroup, MemoryIsThatOfTheTables) {
  constexpr size_t kFrames = 100'000;
  const size_t bytes = BytesToPlayBackwards(BuildMovie(LongGop(kFrames)), kFrames);
  EXPECT_LT(bytes, kFrames * sizeof(Sample) / 4);
}

/// The sync samples by definition, at least the interval apart, in the direction of play.
std::vector<uint64_t> KeyUnits(const test::OracleTrack& track, int64_t interval_ns, bool reverse) {
  std::vector<uint64_t> all, chosen;
  for (size_t i = 0; i < track.samples.size(); ++i) {
    if (track.samples[i].sync) all.push_back(i);
  }
  if (reverse) std::reverse(all.begin(), all.end());
  const auto time = [&](uint64_t i) {
    return test::Rational::Of(track.samples[i].cts, track.timescale).FloorNs();
  };
  for (const uint64_t i : all) {
    if (chosen.empty() || std::abs(time(i) - time(chosen.back())) >= interval_ns)
      chosen.push_back(i);
  }
  return chosen;
}

class KeyUnitsOnly : public testing::TestWithParam<std::tuple<bool, int64_t>> {};

TEST_P(KeyUnitsOnly, AreTheIntervalApart) {
  const auto [reverse, interval_ns] = GetParam();
  MovieSpec spec;
  spec.tracks = {test::VideoTrack(1, 20), test::AudioTrack(2, 20)};
  const auto file = BuildMovie(spec);
  const auto oracle = test::ExpandMovie(file);
  ASSERT_TRUE(oracle.has_value());
  Playback playback(file);
  ASSERT_TRUE(playback.opened());
  SeekRequest request;
  request.mode = {reverse, true, interval_ns, true};
  playback.Seek(request);
  std::vector<uint64_t> got;
  for (const Event& event : playback.Events()) {
    if (event.kind != Event::Kind::kSample) continue;
    ASSERT_EQ(event.track, 0u);  // sound is left out
    EXPECT_TRUE(event.discont);
    EXPECT_TRUE(event.sample.sync);
    got.push_back(event.sample.index);
  }
  EXPECT_EQ(got, KeyUnits(oracle->tracks[0], interval_ns, reverse));
}

TEST_P(KeyUnitsOnly, StayInTheRange) {
  const auto [reverse, interval_ns] = GetParam();
  MovieSpec spec;
  spec.tracks = {test::VideoTrack(1, 20)};
  Playback playback(BuildMovie(spec));
  ASSERT_TRUE(playback.opened());
  SeekRequest request;
  request.start_ns = 3'000'000'000;
  request.stop_ns = 9'000'000'000;
  request.mode = {reverse, true, interval_ns, false};
  playback.Seek(request);
  size_t n = 0;
  for (const Event& event : playback.Events()) {
    if (event.kind != Event::Kind::kSample) continue;
    ++n;
    // The first one forwards, the last one backwards, is the picture on display at the start.
    EXPECT_GT(event.pts_ns, request.start_ns - 520'000'000);
    EXPECT_LT(event.pts_ns, request.stop_ns);
  }
  EXPECT_GT(n, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Intervals,
    KeyUnitsOnly,
    testing::Combine(
        testing::Bool(),
        testing::Values(0, 1, 520'000'000, 520'000'001, 1'500'000'000, 60'000'000'000)));

}  // namespace
}  // namespace iso
