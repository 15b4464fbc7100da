// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A thousand random seeks in each of many generated movies: where playing begins, the range
// that is played, and what is presented, against a search through the expanded samples.

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "edit_forms.h"
#include "movie_catalog.h"
#include "presentation.h"

namespace iso {
namespace {

using test::NaiveEdit;
using test::NaiveTimeline;
using test::Playback;
using test::Shown;

constexpr int kSeeks = 1000;
constexpr size_t kEvents = 48;

struct Named {
  std::string name;
  test::MovieSpec movie;
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
  return all;
}

class SeekFuzz : public testing::TestWithParam<Named> {
 protected:
  void SetUp() override {
    const auto file = BuildMovie(GetParam().movie);
    const auto oracle = test::ExpandMovie(file);
    ASSERT_TRUE(oracle.has_value());
    oracle_ = *oracle;
    playback_ = std::make_unique<Playback>(file);
    ASSERT_TRUE(playback_->opened());
    ASSERT_EQ(playback_->demuxer().movie()->tracks.size(), oracle_.tracks.size());
    for (size_t t = 0; t < oracle_.tracks.size(); ++t) {
      whole_.push_back(test::Expand(oracle_.tracks[t], GetParam().movie.tracks[t]));
      lead_in_ = 2;
      playback_->demuxer().SetTrackOptions(t, {.lead_in = lead_in_});
    }
    for (size_t t = 0; t < whole_.size(); ++t) {
      for (const NaiveEdit& edit : whole_[t].edits)
        times_[t].push_back(TimesOf(t, edit));
    }
    end_ns_ = playback_->demuxer().movie()->duration_ns;
  }

  /// When samples are on display, as the edit plays them, whether it does or not.
  std::vector<int64_t> TimesOf(size_t track, const NaiveEdit& edit) const {
    std::vector<int64_t> times;
    if (edit.kind != NaiveEdit::Kind::kMedia) return times;
    const test::OracleTrack& t = oracle_.tracks[track];
    for (const test::OracleSample& sample : t.samples) {
      const auto media = test::Rational::Of(sample.cts - edit.media_ticks, t.timescale);
      times.push_back((edit.start + media / edit.rate).FloorNs());
    }
    return times;
  }

  SeekRequest RandomRequest() {
    SeekRequest request;
    request.start_ns = RandomTime();
    if (random_() % 2 == 0) request.stop_ns = std::max(request.start_ns, RandomTime());
    request.key_unit = random_() % 2 == 0;
    request.snap = static_cast<Snap>(random_() % 3);
    request.mode.reverse = random_() % 3 == 0;
    return request;
  }

  /// Anywhere, also past the end, and often just where a sample begins or next to it.
  int64_t RandomTime() {
    const auto any = static_cast<int64_t>(random_() % static_cast<uint64_t>(end_ns_ / 20 * 21));
    if (random_() % 2 == 0) return any;
    const size_t t = random_() % whole_.size();
    if (whole_[t].shown.empty()) return any;
    const Shown& shown = whole_[t].shown[random_() % whole_[t].shown.size()];
    return std::max<int64_t>(0, shown.from_ns + static_cast<int64_t>(random_() % 3) - 1);
  }

  size_t Reference() const {
    for (const char* handler : {"vide", "soun"}) {
      for (size_t t = 0; t < oracle_.tracks.size(); ++t) {
        if (oracle_.tracks[t].handler == handler) return t;
      }
    }
    return 0;
  }

  int64_t LandingTolerance() const;
  int64_t Landing(int64_t position, Snap snap) const;
  PlayRange ExpectedRange(const SeekRequest& request, int64_t off_by) const;
  bool IsExpected(const SeekRequest& request, const PlayRange& range) const;
  std::optional<uint64_t> ExpectedFirst(size_t track, size_t edit, int64_t from_ns) const;
  void CheckForward(size_t track,
                    const std::vector<Event>& events,
                    const PlayRange& range,
                    bool all);
  void CheckReverse(size_t track,
                    const std::vector<Event>& events,
                    const PlayRange& range,
                    bool all);

  test::OracleMovie oracle_;
  std::unique_ptr<Playback> playback_;
  std::vector<NaiveTimeline> whole_;
  std::map<size_t, std::vector<std::vector<int64_t>>> times_;  ///< by track, edit, sample
  int64_t end_ns_ = 0;
  uint32_t lead_in_ = 0;
  std::mt19937_64 random_{20240607};
};

int64_t SeekFuzz::Landing(int64_t position, Snap snap) const {
  const size_t track = Reference();
  const NaiveTimeline& whole = whole_[track];
  const size_t e = whole.EditAt(position);
  const NaiveEdit& edit = whole.edits[e];
  if (edit.kind != NaiveEdit::Kind::kMedia || position >= edit.end.FloorNs()) return position;
  std::optional<int64_t> before, after;
  for (size_t i = 0; i < oracle_.tracks[track].samples.size(); ++i) {
    if (!oracle_.tracks[track].samples[i].sync) continue;
    const int64_t time = times_.at(track)[e][i];
    if (time <= position) before = std::max(before.value_or(time), time);
    if (time >= position) after = std::min(after.value_or(time), time);
  }
  const bool reachable = after && *after < edit.end.FloorNs();
  const bool nearer = reachable && before && *after - position < position - *before;
  int64_t landing = before.value_or(position);
  if (reachable && (!before || snap == Snap::kAfter || (snap == Snap::kNearest && nearer)))
    landing = *after;
  return std::max(landing, edit.start.FloorNs());
}

int64_t SeekFuzz::LandingTolerance() const {
  int64_t most = 1;
  for (const NaiveEdit& edit : whole_[Reference()].edits)
    most = std::max(most, test::Tolerance(edit));
  return most;
}

PlayRange SeekFuzz::ExpectedRange(const SeekRequest& request, int64_t off_by) const {
  PlayRange range;
  range.from_ns = std::clamp<int64_t>(request.start_ns, 0, end_ns_);
  range.to_ns = std::max(range.from_ns, request.stop_ns);
  if (request.mode.reverse) range.to_ns = std::min(range.to_ns, end_ns_);
  if (!request.key_unit) return range;
  int64_t& beginning = request.mode.reverse ? range.to_ns : range.from_ns;
  beginning = Landing(std::max<int64_t>(0, beginning + off_by), request.snap);
  range.to_ns = std::max(range.from_ns, range.to_ns);
  return range;
}

/// Next to a sync sample rounding tells on which side of it the position is.
bool SeekFuzz::IsExpected(const SeekRequest& request, const PlayRange& range) const {
  const int64_t slack = LandingTolerance();
  for (int64_t off_by = -slack; off_by <= slack; ++off_by) {
    const PlayRange expected = ExpectedRange(request, off_by);
    if (std::abs(range.from_ns - expected.from_ns) <= slack &&
        std::abs(range.to_ns - expected.to_ns) <= slack)
      return true;
  }
  return false;
}

/// The sample with which decoding begins so that what is on display at from_ns can be shown.
std::optional<uint64_t> SeekFuzz::ExpectedFirst(size_t track, size_t edit, int64_t from_ns) const {
  const test::OracleTrack& t = oracle_.tracks[track];
  const std::vector<int64_t>& times = times_.at(track)[edit];
  if (times.empty()) return std::nullopt;
  uint64_t first = 0;
  const bool video = t.handler == "vide";
  for (size_t i = 0; i < t.samples.size(); ++i) {
    const bool shown = times[i] <= from_ns;
    if (shown && (t.samples[i].sync || !video)) first = i;
  }
  if (video || times[0] >= from_ns) return first;
  first -= std::min<uint64_t>(first, lead_in_);
  while (first > 0 && !t.samples[first].sync)
    --first;
  return first;
}

/// Without what is on display only because a time was rounded: a stop asked for in whole
/// nanoseconds may lie one behind the picture that begins there.
std::vector<Shown> LongEnough(std::vector<Shown> all, const NaiveTimeline& timeline) {
  std::erase_if(all, [&](const Shown& shown) {
    return shown.to_ns - shown.from_ns <= test::Tolerance(timeline.edits[shown.edit]);
  });
  return all;
}

void SeekFuzz::CheckForward(size_t track,
                            const std::vector<Event>& events,
                            const PlayRange& range,
                            bool all) {
  const auto expected = test::Expand(
      oracle_.tracks[track], GetParam().movie.tracks[track], range.from_ns, range.to_ns);
  const std::vector<Shown> got = LongEnough(Presented(events, expected), expected);
  const std::string difference = test::Difference(expected, expected.shown, got);
  const bool cut_off = !all && difference.find("got no more") != std::string::npos;
  EXPECT_TRUE(cut_off || difference.empty()) << "track " << track << ": " << difference;
  if (events.size() < 2 || events[1].kind != Event::Kind::kSample) return;
  const size_t edit = expected.EditAt(range.from_ns);
  const int64_t slack = test::Tolerance(expected.edits[edit]);
  const auto first = ExpectedFirst(track, edit, range.from_ns - slack);
  const auto last = ExpectedFirst(track, edit, range.from_ns + slack);
  if (first) {
    EXPECT_GE(events[1].sample.index, *first) << "track " << track;
    EXPECT_LE(events[1].sample.index, *last) << "track " << track;
  }
}

void SeekFuzz::CheckReverse(size_t track,
                            const std::vector<Event>& events,
                            const PlayRange& range,
                            bool all) {
  const auto expected = test::Expand(
      oracle_.tracks[track], GetParam().movie.tracks[track], range.from_ns, range.to_ns);
  std::vector<Shown> got = LongEnough(Presented(events, expected), expected);
  std::sort(got.begin(), got.end(), [](const Shown& a, const Shown& b) {
    return std::pair(a.edit, a.index) < std::pair(b.edit, b.index);
  });
  if (all) {
    EXPECT_EQ(test::Difference(expected, expected.shown, got), "") << "track " << track;
    return;
  }
  std::vector<Shown> some;
  for (const Shown& want : expected.shown) {
    const bool there = std::any_of(got.begin(), got.end(), [&](const Shown& g) {
      return g.edit == want.edit && g.index == want.index;
    });
    if (there) some.push_back(want);
  }
  EXPECT_EQ(test::Difference(expected, some, got), "") << "track " << track;
}

TEST_P(SeekFuzz, LandsWhereItSays) {
  for (int i = 0; i < kSeeks && !HasFailure(); ++i) {
    const SeekRequest request = RandomRequest();
    const PlayRange range = playback_->Seek(request);
    SCOPED_TRACE(testing::Message()
                 << "seek " << i << ": start " << request.start_ns << " stop " << request.stop_ns
                 << " key unit " << request.key_unit << " snap " << static_cast<int>(request.snap)
                 << " reverse " << request.mode.reverse << "; range " << range.from_ns << " to "
                 << range.to_ns);
    ASSERT_TRUE(IsExpected(request, range));
    const std::vector<Event> events = playback_->Events(kEvents);
    for (size_t t = 0; t < oracle_.tracks.size(); ++t) {
      std::vector<Event> own;
      for (const Event& event : events) {
        if (event.track == t && event.kind != Event::Kind::kEnd) own.push_back(event);
      }
      const bool all = events.size() < kEvents;
      if (request.mode.reverse) {
        CheckReverse(t, own, range, all);
      } else {
        CheckForward(t, own, range, all);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Generated, SeekFuzz, testing::ValuesIn(Movies()), [](const auto& param) {
  return param.param.name;
});

}  // namespace
}  // namespace iso
