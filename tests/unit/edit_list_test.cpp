// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Edit lists of every form on every kind of track: what the demuxer hands out, mapped
// through its segments, against the definition of the list.

#include <cstdlib>
#include <optional>

#include <gtest/gtest.h>

#include "edit_forms.h"
#include "presentation.h"
#include "seek_model.h"

namespace iso {
namespace {

class EditList : public testing::TestWithParam<test::EditListMovie> {
 protected:
  void SetUp() override {
    file_ = BuildMovie(GetParam().movie);
    const auto oracle = test::ExpandMovie(file_);
    ASSERT_TRUE(oracle.has_value());
    oracle_ = oracle->tracks[0];
    expected_ = test::Expand(oracle_, GetParam().movie.tracks[0]);
  }

  std::vector<Event> Play(uint32_t max_run = 1) {
    test::Playback playback(file_);
    EXPECT_TRUE(playback.opened());
    TrackOptions options;
    options.max_run = max_run;
    playback.demuxer().SetTrackOptions(0, options);
    playback.Seek({});
    return playback.EventsOf(0);
  }

  std::vector<uint8_t> file_;
  test::OracleTrack oracle_;
  test::NaiveTimeline expected_;
};

TEST_P(EditList, PresentsWhatItSays) {
  const std::vector<Event> events = Play();
  EXPECT_EQ(test::Difference(expected_, expected_.shown, Presented(events, expected_)), "");
}

TEST_P(EditList, GapsAreWhereNothingIsPresented) {
  const std::vector<Event> events = Play();
  EXPECT_EQ(test::Difference(expected_, expected_.gaps, PresentedGaps(events, expected_)), "");
}

/// One segment an edit, each from where the one before ends.
TEST_P(EditList, SegmentsAbut) {
  const std::vector<Event> events = Play();
  size_t n = 0;
  int64_t end = 0;
  for (const Event& event : events) {
    if (event.kind != Event::Kind::kSegment) continue;
    ASSERT_LT(n, expected_.edits.size());
    EXPECT_EQ(event.segment.time_ns, end);
    EXPECT_EQ(event.segment.time_ns, expected_.edits[n].start.FloorNs());
    end = event.segment.end_time_ns;
    if (n + 1 < expected_.edits.size()) {
      EXPECT_EQ(end, expected_.edits[n].end.FloorNs());
      EXPECT_NE(event.segment.stop_ns, kTimeMax);
    }
    ++n;
  }
  EXPECT_EQ(n, expected_.edits.size());
}

/// Within an edit samples come in decoding order, none twice and none left out, from a sync
/// sample on; what is not presented is clipped by the segment or marked.
TEST_P(EditList, DecodingOrderIsKept) {
  const bool video = oracle_.handler == "vide";
  const std::vector<Event> events = Play();
  std::optional<uint64_t> last;
  size_t edit = 0;
  for (const Event& event : events) {
    if (event.kind == Event::Kind::kSegment) {
      edit = expected_.EditAt(event.segment.time_ns);
      last.reset();
    }
    if (event.kind != Event::Kind::kSample) continue;
    const uint64_t index = event.sample.index;
    if (last) {
      ASSERT_EQ(index, *last + 1);
    } else {
      EXPECT_TRUE(event.sample.sync || !video);
    }
    last = index;
    ASSERT_LT(index, oracle_.samples.size());
    EXPECT_LE(event.dts_ns, event.pts_ns);
    EXPECT_GE(event.duration_ns, 0);
    const bool held = expected_.edits[edit].kind == test::NaiveEdit::Kind::kHeld;
    EXPECT_TRUE(held || !event.decode_only);
  }
}

/// Runs of raw sound present the same time as its samples one by one.
TEST_P(EditList, RunsPresentTheSame) {
  if (oracle_.entries[0] != "sowt") return;
  const std::vector<Event> events = Play(777);
  EXPECT_EQ(
      test::Difference(expected_, Joined(expected_.shown), Joined(Presented(events, expected_))),
      "");
}

TEST_P(EditList, TheMovieLastsAsLongAsItsList) {
  test::Playback playback(file_);
  ASSERT_TRUE(playback.opened());
  EXPECT_NEAR(static_cast<double>(playback.demuxer().movie()->duration_ns),
              static_cast<double>(expected_.end_ns()),
              2);
}

INSTANTIATE_TEST_SUITE_P(Forms,
                         EditList,
                         testing::ValuesIn(test::EditListMovies({600, 1000, 48000, 1, 90000})),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace iso
