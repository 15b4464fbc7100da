// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The demuxer as a whole, without GStreamer: generated movies against the naive
// expansion, waiting for bytes at every read, and files cut off at every byte.

#include "core/demux/demuxer.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "inflater.h"
#include "movie_builder.h"
#include "movie_catalog.h"
#include "oracle.h"

namespace iso {
namespace {

using test::CatalogMovie;

struct Played {
  std::map<uint32_t, std::vector<Event>> samples;  ///< by track ID
  std::map<uint32_t, std::vector<Segment>> segments;
  std::optional<Error> error;
};

/// Opens and plays all of it. Errors that ask to wait are waited out.
class Player {
 public:
  explicit Player(std::shared_ptr<ByteSource> source) : inflater_(MakeInflater()) {
    options_.inflater = inflater_.get();
    demuxer_ = std::make_unique<Demuxer>(std::move(source), options_, nullptr);
  }

  Played Play(const SeekRequest& request = {}) {
    Played played;
    if (!Repeat([&] { return demuxer_->Open(); }, &played)) return played;
    if (!Repeat(
            [&]() -> Status {
              const auto landed = demuxer_->Seek(request);
              return landed.ok() ? Status() : Status(landed.error());
            },
            &played)) {
      return played;
    }
    Event event;
    while (Repeat([&] { return demuxer_->Next(&event); }, &played)) {
      if (event.kind == Event::Kind::kAllEnded) break;
      const uint32_t id = demuxer_->movie()->tracks[event.track].id;
      if (event.kind == Event::Kind::kSample) played.samples[id].push_back(event);
      if (event.kind == Event::Kind::kSegment) played.segments[id].push_back(event.segment);
    }
    return played;
  }

  Demuxer& demuxer() { return *demuxer_; }

 private:
  template <class Step>
  static bool Repeat(Step&& step, Played* played) {
    while (true) {
      const Status status = step();
      if (status.ok()) return true;
      if (status.error().code == Errc::kNotYet) continue;
      played->error = status.error();
      return false;
    }
  }

  std::unique_ptr<Inflater> inflater_;
  MovieOptions options_;
  std::unique_ptr<Demuxer> demuxer_;
};

class GeneratedMovie : public testing::TestWithParam<CatalogMovie> {};

TEST_P(GeneratedMovie, EqualsTheExpansion) {
  const auto file = BuildMovie(GetParam().spec);
  const auto oracle = test::ExpandMovie(file);
  ASSERT_TRUE(oracle.has_value());
  Player player(std::make_shared<MemorySource>(file));
  const Played played = player.Play();
  ASSERT_FALSE(played.error.has_value()) << Describe(*played.error);
  for (const test::OracleTrack& track : oracle->tracks) {
    const auto found = played.samples.find(track.id);
    if (found == played.samples.end()) {
      EXPECT_TRUE(track.samples.empty());
      continue;
    }
    // Edits may leave samples out at either end, never in between.
    ASSERT_FALSE(found->second.empty());
    size_t n = found->second.front().sample.index;
    for (const Event& event : found->second) {
      ASSERT_LT(n, track.samples.size());
      const test::OracleSample& expected = track.samples[n];
      EXPECT_EQ(event.sample.index, n);
      EXPECT_EQ(event.sample.offset, expected.offset);
      EXPECT_EQ(event.sample.size, expected.size);
      EXPECT_EQ(event.sample.dts, expected.dts);
      EXPECT_EQ(event.sample.pts, expected.cts);
      EXPECT_EQ(event.sample.sync, expected.sync);
      EXPECT_EQ(event.sample.description, expected.description);
      EXPECT_LE(event.dts_ns, event.pts_ns);
      ++n;
    }
    if (track.edits.empty()) {
      EXPECT_EQ(n, track.samples.size());
    }
  }
}

/// Answers kNotYet to each read the first time it is asked for it.
class Hesitating final : public ByteSource {
 public:
  explicit Hesitating(std::vector<uint8_t> bytes) : memory_(std::move(bytes)) {}

  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    if (!asked_.insert({offset, out.size()}).second) return memory_.Read(offset, out);
    return Error{Errc::kNotYet, {}, offset, out.size()};
  }

  std::optional<uint64_t> size() const override { return memory_.size(); }

 private:
  MemorySource memory_;
  std::set<std::pair<uint64_t, size_t>> asked_;
};

TEST_P(GeneratedMovie, WaitingChangesNothing) {
  const auto file = BuildMovie(GetParam().spec);
  const Played plain = Player(std::make_shared<MemorySource>(file)).Play();
  const Played waited = Player(std::make_shared<Hesitating>(file)).Play();
  ASSERT_EQ(plain.samples.size(), waited.samples.size());
  for (const auto& [id, samples] : plain.samples) {
    const auto& others = waited.samples.at(id);
    ASSERT_EQ(samples.size(), others.size());
    for (size_t i = 0; i < samples.size(); ++i) {
      ASSERT_EQ(samples[i].sample.offset, others[i].sample.offset);
      ASSERT_EQ(samples[i].pts_ns, others[i].pts_ns);
      ASSERT_EQ(samples[i].dts_ns, others[i].dts_ns);
    }
    EXPECT_EQ(plain.segments.at(id), waited.segments.at(id));
  }
}

TEST_P(GeneratedMovie, EveryTruncationHasADefinedResult) {
  const auto file = BuildMovie(GetParam().spec);
  const size_t step = std::max<size_t>(1, file.size() / 60);
  for (size_t size = 0; size < file.size(); size += step) {
    std::vector<uint8_t> cut(file.begin(), file.begin() + static_cast<long>(size));
    Player player(std::make_shared<MemorySource>(cut));
    const Played played = player.Play();
    if (played.error) continue;
    for (const auto& [id, samples] : played.samples) {
      for (const Event& event : samples) {
        ASSERT_TRUE(event.size == 0 || event.sample.offset + event.size <= size);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Catalog,
                         GeneratedMovie,
                         testing::ValuesIn(test::CatalogMovies()),
                         [](const auto& param) {
                           std::string name = param.param.name;
                           for (char& c : name) {
                             if (!isalnum(static_cast<unsigned char>(c))) c = '_';
                           }
                           return name;
                         });

TEST(Demuxer, SaysWhatIsWrong) {
  const auto error_of = [](std::vector<uint8_t> bytes) {
    const Played played = Player(std::make_shared<MemorySource>(std::move(bytes))).Play();
    return played.error ? played.error->code : Errc::kNotYet;
  };
  EXPECT_EQ(error_of({}), Errc::kEmptyFile);
  const std::string text = "This is a text file, and no movie at all.\n";
  EXPECT_EQ(error_of({text.begin(), text.end()}), Errc::kNotIsoMedia);
  auto file = BuildMovie(test::PlainMovie());
  const auto oracle = test::ExpandMovie(file);
  ASSERT_TRUE(oracle.has_value());
  const std::string moov = "moov";
  const auto at = std::search(file.begin(), file.end(), moov.begin(), moov.end());
  std::copy_n("free", 4, at);
  EXPECT_EQ(error_of(file), Errc::kNoMovieBox);
}

TEST(Demuxer, ASampleSizeOfOneStandsForAFrameOfPcm) {
  test::MovieSpec spec;
  spec.tracks = {test::PcmTrack(1, "twos", 1)};
  test::TrackSpec& track = spec.tracks[0];
  for (test::SampleSpec& sample : track.samples) {
    sample.size = 1;
  }
  track.size_form = test::SizeForm::kStszConstant;
  track.chunk_pattern = {100};
  const auto file = BuildMovie(spec);
  const Played played = Player(std::make_shared<MemorySource>(file)).Play();
  const std::vector<Event>& events = played.samples.at(1);
  ASSERT_GE(events.size(), 2u);
  EXPECT_EQ(events[0].count, 100u);
  EXPECT_EQ(events[0].size, 400u);  // 16 bit stereo
  EXPECT_EQ(events[1].sample.offset, events[0].sample.offset + 100);
}

TEST(Demuxer, PacketsOfFramesBeginWhereTheirChunkDoes) {
  test::MovieSpec spec;
  spec.tracks = {test::PcmTrack(1, "ima4", 1)};
  test::TrackSpec& track = spec.tracks[0];
  for (test::SampleSpec& sample : track.samples) {
    sample.size = 1;
  }
  track.size_form = test::SizeForm::kStszConstant;
  track.chunk_pattern = {640};
  const auto file = BuildMovie(spec);
  Player player(std::make_shared<MemorySource>(file));
  const Played all = player.Play();
  ASSERT_FALSE(all.samples.at(1).empty());
  const Event& first = all.samples.at(1).front();
  EXPECT_EQ(first.count, 640u);
  EXPECT_EQ(first.size, 10u * 34 * 2);
  SeekRequest request;
  request.start_ns = ToNanoseconds(100, track.timescale);
  const Played later = player.Play(request);
  const Event& second = later.samples.at(1).front();
  EXPECT_EQ(second.sample.index, 64u);
  EXPECT_EQ(second.sample.offset, first.sample.offset + 34 * 2);
}

TEST(Demuxer, TracksAreServedInStep) {
  const auto file = BuildMovie(test::PlainMovie());
  Player player(std::make_shared<MemorySource>(file));
  ASSERT_FALSE(player.Play().error.has_value());
  ASSERT_TRUE(player.demuxer().Seek({}).ok());
  std::map<size_t, int64_t> now;
  Event event;
  while (player.demuxer().Next(&event).ok() && event.kind != Event::Kind::kAllEnded) {
    if (event.kind != Event::Kind::kSample) continue;
    now[event.track] = event.pts_ns;
    if (now.size() < 2) continue;
    EXPECT_LT(std::abs(now[0] - now[1]), int64_t{kNanosecondsPerSecond} / 2);
  }
}

/// In which order samples were handed out.
struct Interleaving {
  int64_t most_ahead_ns = 0;  ///< a sample was handed out so long before an earlier one
  size_t turns = 0;
  uint64_t first_run_bytes = 0;  ///< of the first turn
  std::map<size_t, std::vector<uint64_t>> samples;
};

Interleaving Interleave(const std::vector<uint8_t>& file, int64_t window_ns) {
  Player player(std::make_shared<MemorySource>(file));
  EXPECT_FALSE(player.Play().error.has_value());
  EXPECT_TRUE(player.demuxer().Seek({}).ok());
  player.demuxer().SetInterleave(window_ns);
  Interleaving seen;
  std::vector<std::pair<size_t, int64_t>> order;
  size_t track = SIZE_MAX;
  Event event;
  while (player.demuxer().Next(&event).ok() && event.kind != Event::Kind::kAllEnded) {
    if (event.kind != Event::Kind::kSample) continue;
    if (event.track != track) ++seen.turns;
    track = event.track;
    if (seen.turns == 1) seen.first_run_bytes += event.size;
    seen.samples[track].push_back(event.sample.index);
    order.emplace_back(track, event.pts_ns);
  }
  std::map<size_t, int64_t> next;
  for (size_t i = order.size(); i-- > 0;) {
    for (const auto& [other, due] : next) {
      if (other != order[i].first)
        seen.most_ahead_ns = std::max(seen.most_ahead_ns, order[i].second - due);
    }
    next[order[i].first] = order[i].second;
  }
  return seen;
}

TEST(Demuxer, ATrackMayBeServedAheadWithinTheWindow) {
  const auto file = BuildMovie(test::PlainMovie());
  const Interleaving strict = Interleave(file, 0);
  EXPECT_EQ(strict.most_ahead_ns, 0);
  size_t turns = strict.turns;
  for (const int64_t window_ns : {100'000'000, 250'000'000}) {
    const Interleaving loose = Interleave(file, window_ns);
    EXPECT_EQ(loose.samples, strict.samples);
    EXPECT_LT(loose.turns, turns);
    EXPECT_GT(loose.most_ahead_ns, 0);
    EXPECT_LE(loose.most_ahead_ns, window_ns);
    turns = loose.turns;
  }
}

TEST(Demuxer, ATrackOfLargeSamplesIsNotServedAheadForLong) {
  constexpr uint32_t kLarge = 100'000;
  test::MovieSpec spec = test::PlainMovie();
  for (test::SampleSpec& sample : spec.tracks[0].samples) {
    sample.size = kLarge;
  }
  const Interleaving seen = Interleave(BuildMovie(spec), int64_t{3600} * kNanosecondsPerSecond);
  EXPECT_GT(seen.first_run_bytes, kLarge);
  EXPECT_LE(seen.first_run_bytes, (256u << 10) + kLarge);
}

TEST(Demuxer, SeekingPastTheEndEndsAtOnce) {
  const auto file = BuildMovie(test::PlainMovie());
  SeekRequest request;
  request.start_ns = int64_t{100} * kNanosecondsPerSecond;
  Player player(std::make_shared<MemorySource>(file));
  const Played played = player.Play(request);
  EXPECT_TRUE(played.samples.empty());
  for (const auto& [id, segments] : played.segments) {
    ASSERT_EQ(segments.size(), 1u);
    EXPECT_EQ(segments[0].start_ns, segments[0].stop_ns);
  }
}

}  // namespace
}  // namespace iso
