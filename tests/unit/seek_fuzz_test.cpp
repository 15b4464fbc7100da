// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A thousand random seeks in each of many generated movies: where playing begins, the range
// that is played, and what is presented, against a search through the expanded samples.

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "edit_forms.h"
#include "fragment_catalog.h"
#include "movie_catalog.h"
#include "presentation.h"
#include "seek_model.h"

namespace iso {
namespace {

using test::Playback;
using test::Shown;

constexpr int kSeeks = 1000;
constexpr size_t kEvents = 48;
constexpr uint32_t kLeadIn = 2;

struct Named {
  std::string name;
  test::MovieSpec movie;
  std::optional<test::FragmentedSpec> fragments = {};  ///< `movie`, cut into these

  test::Bytes Build() const {
    return fragments ? BuildFragments(*fragments).bytes : BuildMovie(movie);
  }
};

void PrintTo(const Named& named, std::ostream* out) {
  *out << named.name;
}

test::MovieSpec Both(const test::EditListMovie& video, const test::EditListMovie& audio) {
  test::MovieSpec movie = video.movie;
  movie.tracks.push_back(audio.movie.tracks[0]);
  movie.tracks[1].id = 2;
  return movie;
}

/// Edit lists of all forms, a picture and a sound track each, and the catalog's tables.
std::vector<Named> Movies() {
  std::vector<Named> all;
  const auto lists = test::EditListMovies({600});
  constexpr size_t kKinds = 6;  // a form: video, B-frames, negative, cslg, AAC, PCM
  for (size_t i = 0; i + kKinds <= lists.size(); i += kKinds) {
    const size_t form = i / kKinds;
    if (form % 2 != 0 && form < lists.size() / kKinds / 2) continue;
    const test::EditListMovie& video = lists[i + form % 4];
    all.push_back({video.name, Both(video, lists[i + 4 + form % 2])});
  }
  const std::set<std::string> chosen = {"plain",
                                        "stts-vfr",
                                        "stts-few-runs",
                                        "ctts-runs",
                                        "all-sync",
                                        "one-sync",
                                        "stps",
                                        "audio-with-stss",
                                        "large-timescale",
                                        "with-subtitles"};
  for (const test::CatalogMovie& movie : test::CatalogMovies()) {
    if (!chosen.contains(movie.name)) continue;
    all.push_back({"catalog_" + movie.name, movie.spec});
    std::replace(all.back().name.begin(), all.back().name.end(), '-', '_');
  }
  const std::set<std::string> fragmented = {"plain",
                                            "moof-for-each-track",
                                            "chunks",
                                            "one-sample-each",
                                            "one-fragment",
                                            "hybrid",
                                            "many-runs-interleaved",
                                            "mdat-first",
                                            "signed-offsets-v1",
                                            "variable-durations",
                                            "no-tfdt",
                                            "edit-offset",
                                            "edit-empty-first",
                                            "edit-with-end",
                                            "sidx-v0",
                                            "sidx-hierarchical-v1",
                                            "sidx-chained-v0",
                                            "mfra-v1",
                                            "with-subtitles",
                                            "short-audio",
                                            "audio-fragments-longer",
                                            "all-in-trex"};
  for (const test::CatalogFragments& movie : test::FragmentCatalog()) {
    if (!fragmented.contains(movie.name)) continue;
    all.push_back({"fragments_" + movie.name, movie.spec.movie, movie.spec});
    std::replace(all.back().name.begin(), all.back().name.end(), '-', '_');
  }
  return all;
}

class SeekFuzz : public testing::TestWithParam<Named> {
 protected:
  void SetUp() override {
    const auto file = GetParam().Build();
    const auto oracle = test::ExpandMovie(file);
    ASSERT_TRUE(oracle.has_value());
    oracle_ = *oracle;
    playback_ = std::make_unique<Playback>(file);
    ASSERT_TRUE(playback_->opened());
    ASSERT_EQ(playback_->demuxer().movie()->tracks.size(), oracle->tracks.size());
    std::vector<test::SeekTrack> tracks;
    for (size_t t = 0; t < oracle->tracks.size(); ++t) {
      tracks.push_back({oracle->tracks[t], GetParam().movie.tracks[t], kLeadIn});
      playback_->demuxer().SetTrackOptions(t, {.lead_in = kLeadIn});
    }
    model_ = std::make_unique<test::SeekModel>(std::move(tracks),
                                               playback_->demuxer().movie()->duration_ns);
  }

  test::SeekAsk RandomAsk() {
    test::SeekAsk ask;
    ask.start_ns = model_->RandomTime(random_);
    if (random_() % 2 == 0) ask.stop_ns = std::max(ask.start_ns, model_->RandomTime(random_));
    ask.key_unit = random_() % 2 == 0;
    ask.snap = static_cast<int>(random_() % 3);
    ask.reverse = random_() % 3 == 0;
    return ask;
  }

  /// Samples of fragments are known by where they lie; here all are to be counted through.
  std::vector<Event> Numbered(std::vector<Event> events) const {
    if (!GetParam().fragments) return events;
    for (Event& event : events) {
      if (event.kind != Event::Kind::kSample) continue;
      const auto& samples = oracle_.tracks[event.track].samples;
      const auto found = std::find_if(samples.begin(), samples.end(), [&](const auto& s) {
        return s.offset == event.sample.offset && s.size == event.sample.size;
      });
      EXPECT_NE(found, samples.end()) << "no sample at " << event.sample.offset;
      event.sample.index = static_cast<uint64_t>(found - samples.begin());
    }
    return events;
  }

  void Check(size_t track,
             const test::SeekAsk& ask,
             const PlayRange& range,
             const std::vector<Event>& events,
             bool all);

  std::unique_ptr<Playback> playback_;
  std::unique_ptr<test::SeekModel> model_;
  test::OracleMovie oracle_;
  std::mt19937_64 random_{20240607};
};

void SeekFuzz::Check(size_t track,
                     const test::SeekAsk& ask,
                     const PlayRange& range,
                     const std::vector<Event>& events,
                     bool all) {
  SCOPED_TRACE(testing::Message() << "track " << track);
  const test::SeekRange played{range.from_ns, range.to_ns};
  const std::vector<Shown> got = Presented(events, model_->whole(track));
  EXPECT_EQ(model_->CheckShown(track, ask, played, got, all), "");
  if (ask.reverse || events.size() < 2 || events[1].kind != Event::Kind::kSample) return;
  EXPECT_EQ(model_->CheckFirst(track, played, events[1].sample.index), "");
}

TEST_P(SeekFuzz, LandsWhereItSays) {
  for (int i = 0; i < kSeeks && !HasFailure(); ++i) {
    const test::SeekAsk ask = RandomAsk();
    SeekRequest request;
    request.start_ns = ask.start_ns;
    request.stop_ns = ask.stop_ns;
    request.key_unit = ask.key_unit;
    request.snap = static_cast<Snap>(ask.snap);
    request.mode.reverse = ask.reverse;
    const PlayRange range = playback_->Seek(request);
    SCOPED_TRACE(testing::Message()
                 << "seek " << i << ": start " << ask.start_ns << " stop " << ask.stop_ns
                 << " key unit " << ask.key_unit << " snap " << ask.snap << " reverse "
                 << ask.reverse << "; range " << range.from_ns << " to " << range.to_ns);
    ASSERT_TRUE(model_->IsExpected(ask, {range.from_ns, range.to_ns}));
    const std::vector<Event> events = Numbered(playback_->Events(kEvents));
    for (size_t t = 0; t < model_->tracks(); ++t) {
      std::vector<Event> own;
      for (const Event& event : events) {
        if (event.track == t && event.kind != Event::Kind::kEnd) own.push_back(event);
      }
      Check(t, ask, range, own, events.size() < kEvents);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Generated, SeekFuzz, testing::ValuesIn(Movies()), [](const auto& param) {
  return param.param.name;
});

}  // namespace
}  // namespace iso
