// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Open groups of pictures, however the file tells of them: whatever is played in whichever
// direction, a decoder that starts afresh at each discontinuity can decode each picture that
// is shown, and each picture that can be decoded at all is shown once. Droppable pictures,
// and the lead-in of sound, sample by sample.

#include <algorithm>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "core/movie/track_reader.h"
#include "movie_catalog.h"
#include "presentation.h"

namespace iso {
namespace {

using test::GroupSpec;
using test::MovieSpec;
using test::Playback;
using test::TrackSpec;

constexpr size_t kGroups = 12;
constexpr size_t kPictures = 9;  // of a group, decoded I b b P b b P b b, shown b b I b b P b b P
constexpr uint32_t kTicks = 24;
constexpr uint32_t kTimescale = 600;
constexpr size_t kCount = kGroups * kPictures;

/// How the file says that decoding can start at the first picture of a group.
enum class Told {
  kStps,
  kRapUnknown,
  kRapKnown,
  kRapDefault,
  kSyncKind,
  kLeading,    ///< stss, and is_leading
  kOnlyTimes,  ///< stss alone
};

constexpr const char* kToldNames[] = {
    "Stps", "RapUnknown", "RapKnown", "RapDefault", "SyncKind", "Leading", "OnlyTimes"};

bool IsAccess(size_t n) {
  return n % kPictures == 0;
}

bool IsLeading(size_t n) {
  return n % kPictures == 1 || n % kPictures == 2;
}

/// What a picture is predicted from.
std::vector<size_t> References(size_t n) {
  const size_t group = n / kPictures * kPictures;
  switch (n % kPictures) {
    case 0:
      return {};
    case 3:
      return {group};
    case 6:
      return {group + 3};
    case 1:
    case 2:
      // Of the first group what comes before is not in the file.
      return group == 0 ? std::vector<size_t>{kCount} : std::vector<size_t>{group, group - 3};
    case 4:
    case 5:
      return {group, group + 3};
    default:
      return {group + 3, group + 6};
  }
}

/// Display order of a picture.
size_t Shown(size_t n) {
  static constexpr size_t kOrder[kPictures] = {2, 0, 1, 5, 3, 4, 8, 6, 7};
  return n / kPictures * kPictures + kOrder[n % kPictures];
}

GroupSpec Group(const char* type, std::vector<test::Bytes> descriptions) {
  GroupSpec group;
  group.type = type;
  group.descriptions = std::move(descriptions);
  for (size_t n = 0; n < kCount; ++n)
    group.of_samples.push_back(IsAccess(n) ? 1 : 0);
  return group;
}

void Tell(Told told, TrackSpec* track) {
  const bool listed = told == Told::kLeading || told == Told::kOnlyTimes || told == Told::kSyncKind;
  for (size_t n = 0; n < kCount; ++n) {
    test::SampleSpec& sample = track->samples[n];
    sample.partial = told == Told::kStps;
    sample.sync = IsAccess(n) && (listed || sample.partial);
    sample.dependency = told != Told::kLeading ? 0
                        : IsAccess(n)          ? 0x20
                        : IsLeading(n)         ? 0x58
                                               : 0x90;
  }
  track->stss = true;
  track->stps = told == Told::kStps;
  track->sdtp = told == Told::kLeading;
  if (told == Told::kRapUnknown) track->groups = {Group("rap ", {{0x00}})};
  if (told == Told::kRapKnown) track->groups = {Group("rap ", {{0x82}})};
  if (told == Told::kSyncKind) track->groups = {Group("sync", {{21}})};
  if (told == Told::kRapDefault) {
    track->groups = {Group("rap ", {{0x02}})};
    track->groups[0].version = 2;
    track->groups[0].own_lengths = true;
    track->groups[0].runs_version = 1;
  }
}

TrackSpec OpenGroups(Told told) {
  TrackSpec track = test::VideoTrack(1, 1);
  track.timescale = kTimescale;
  track.samples.assign(kCount, {});
  for (size_t n = 0; n < kCount; ++n) {
    test::SampleSpec& sample = track.samples[n];
    sample.size = 20;
    sample.duration = kTicks;
    sample.cts = static_cast<int32_t>(kTicks) * static_cast<int32_t>(Shown(n) + 1 - n);
  }
  track.has_edits = true;
  track.edits = {{0, kTicks, 1, 0}};
  Tell(told, &track);
  return track;
}

class OpenGop : public testing::TestWithParam<Told> {
 protected:
  void SetUp() override {
    MovieSpec spec;
    spec.timescale = kTimescale;
    spec.tracks = {OpenGroups(GetParam())};
    playback_ = std::make_unique<Playback>(BuildMovie(spec));
    ASSERT_TRUE(playback_->opened());
  }

  static int64_t TimeOf(size_t shown) {
    return static_cast<int64_t>(shown) * kTicks * 1'000'000'000 / kTimescale;
  }

  /// Plays, and decodes as a decoder would. The pictures that come out inside the segment.
  std::vector<size_t> Decode(const SeekRequest& request, size_t* undecodable = nullptr) {
    playback_->Seek(request);
    Segment segment;
    std::set<size_t> decoded;
    std::vector<size_t> shown;
    for (const Event& event : playback_->EventsOf(0)) {
      if (event.kind == Event::Kind::kSegment) segment = event.segment;
      if (event.kind != Event::Kind::kSample) continue;
      if (event.discont) {
        decoded.clear();
        EXPECT_TRUE(IsAccess(event.sample.index));
        EXPECT_TRUE(event.sample.sync);
      } else if (request.mode.reverse) {
        EXPECT_FALSE(event.sample.sync) << "a decoder would take it for the start of a group";
      }
      const std::vector<size_t> needs = References(event.sample.index);
      const bool can = std::all_of(
          needs.begin(), needs.end(), [&](size_t need) { return decoded.contains(need); });
      if (can) decoded.insert(event.sample.index);
      const bool inside =
          event.pts_ns < segment.stop_ns && event.pts_ns + event.duration_ns > segment.start_ns;
      if (event.decode_only || !inside) continue;
      if (can) shown.push_back(event.sample.index);
      if (!can && undecodable != nullptr) ++*undecodable;
    }
    return shown;
  }

  std::unique_ptr<Playback> playback_;
};

TEST_P(OpenGop, EachPictureIsShownOnceInEitherDirection) {
  std::mt19937 random(7);
  for (int i = 0; i < 400; ++i) {
    size_t first = random() % kCount, end = first + 1 + random() % 30;
    if (i < 2) {
      first = 0;
      end = kCount;
    }
    SeekRequest request;
    request.start_ns = TimeOf(first);
    request.stop_ns = TimeOf(std::min(end, kCount));
    request.mode.reverse = i % 2 != 0;
    SCOPED_TRACE(testing::Message() << first << " to " << end << " reverse " << i % 2);
    size_t undecodable = 0;
    std::vector<size_t> shown = Decode(request, &undecodable);
    std::sort(shown.begin(), shown.end());
    std::vector<size_t> expected;
    for (size_t n = 0; n < kCount; ++n) {
      if (Shown(n) >= first && Shown(n) < end && n != 1 && n != 2) expected.push_back(n);
    }
    ASSERT_EQ(shown, expected);
    // Times alone do not say that the first two cannot be decoded.
    if (GetParam() != Told::kOnlyTimes) {
      ASSERT_EQ(undecodable, 0u);
    }
  }
}

TEST_P(OpenGop, StartsWhereItMust) {
  for (size_t at = 0; at < kCount; ++at) {
    SeekRequest request;
    request.start_ns = TimeOf(at);
    playback_->Seek(request);
    const std::vector<Event> events = playback_->Events(2);
    ASSERT_EQ(events[1].kind, Event::Kind::kSample);
    // From the picture on display third in each group on.
    const size_t group = at < 2 ? 0 : (at - 2) / kPictures;
    EXPECT_EQ(events[1].sample.index, group * kPictures) << at;
  }
}

/// Backwards in the middle: the two that lead the group above, behind its first picture once more.
TEST_P(OpenGop, LeadingPicturesComeWithTheGroupBelow) {
  SeekRequest request;
  request.start_ns = TimeOf(2 + kPictures);
  request.stop_ns = TimeOf(2 + 3 * kPictures);
  request.mode.reverse = true;
  playback_->Seek(request);
  std::vector<size_t> order, again;
  for (const Event& event : playback_->EventsOf(0)) {
    if (event.kind != Event::Kind::kSample) continue;
    order.push_back(event.sample.index);
    if (event.decode_only) again.push_back(event.sample.index);
  }
  // The first group begins at 18, and ends with the pictures that lead 27. Those that lead 9 are
  // before the start; they come, to be clipped, where the file does not say what they are.
  std::vector<size_t> expected = {18, 21, 22, 23, 24, 25, 26, 27, 28, 29};
  expected.push_back(9);
  if (GetParam() == Told::kOnlyTimes) expected.insert(expected.end(), {10, 11});
  expected.insert(expected.end(), {12, 13, 14, 15, 16, 17, 18, 19, 20});
  EXPECT_EQ(order, expected);
  EXPECT_EQ(again, (std::vector<size_t>{18}));
}

INSTANTIATE_TEST_SUITE_P(All,
                         OpenGop,
                         testing::Values(Told::kStps,
                                         Told::kRapUnknown,
                                         Told::kRapKnown,
                                         Told::kRapDefault,
                                         Told::kSyncKind,
                                         Told::kLeading,
                                         Told::kOnlyTimes),
                         [](const auto& param) {
                           return kToldNames[static_cast<int>(param.param)];
                         });

/// The samples handed out from the start, or backwards from the end.
std::vector<size_t> Played(const TrackSpec& track, const PlayMode& mode) {
  MovieSpec spec;
  spec.timescale = kTimescale;
  spec.tracks = {track};
  Playback playback(BuildMovie(spec));
  EXPECT_TRUE(playback.opened());
  SeekRequest request;
  request.mode = mode;
  playback.Seek(request);
  std::vector<size_t> order;
  for (const Event& event : playback.EventsOf(0)) {
    if (event.kind == Event::Kind::kSample) order.push_back(event.sample.index);
  }
  return order;
}

std::vector<size_t> AllBut(size_t count, const std::set<size_t>& left_out) {
  std::vector<size_t> rest;
  for (size_t n = 0; n < count; ++n) {
    if (!left_out.contains(n)) rest.push_back(n);
  }
  return rest;
}

/// `rap ` may say that no picture leads: then all of them are played.
TEST(ClosedGop, NothingIsLeftOut) {
  TrackSpec track = OpenGroups(Told::kRapKnown);
  track.groups = {Group("rap ", {{0x80}})};
  EXPECT_EQ(Played(track, {}), AllBut(kCount, {}));
}

/// Leading pictures that sdtp says can be decoded are.
TEST(ClosedGop, DecodableLeadingPicturesStay) {
  TrackSpec track = OpenGroups(Told::kStps);
  track.sdtp = true;
  for (size_t n = 0; n < kCount; ++n)
    track.samples[n].dependency = IsLeading(n) ? 0xd8 : 0;
  EXPECT_EQ(Played(track, {}), AllBut(kCount, {}));
}

/// QuickTime has another meaning for the bits of is_leading: "earlier display times allowed", set
/// for pictures that others are shown before.
TEST(ClosedGop, QuickTimesBitsAreNoLeadingPictures) {
  TrackSpec track = OpenGroups(Told::kOnlyTimes);
  track.sdtp = true;
  for (size_t n = 0; n < kCount; ++n)
    track.samples[n].dependency = IsAccess(n) ? 0x60 : n % 3 == 0 ? 0x40 : 0x08;
  EXPECT_EQ(Played(track, {}), AllBut(kCount, {}));
}

/// Without stss a sample that depends on others is no place to start.
TEST(SyncByDependency, IsFoundWithoutASyncTable) {
  TrackSpec track = test::VideoTrack(1, 4);
  track.stss = false;
  track.sdtp = true;
  for (test::SampleSpec& sample : track.samples)
    sample.dependency = sample.sync ? 0x20 : 0x10;
  MovieSpec spec;
  spec.tracks = {track};
  Playback playback(BuildMovie(spec));
  ASSERT_TRUE(playback.opened());
  SeekRequest request;
  request.start_ns = 1'900'000'000;
  playback.Seek(request);
  const std::vector<Event> events = playback.Events(3);
  EXPECT_EQ(events[1].sample.index, 39u);
  EXPECT_TRUE(events[1].sample.sync);
  EXPECT_FALSE(events[2].sample.sync);
}

std::set<size_t> Droppable(const TrackSpec& track) {
  std::set<size_t> droppable;
  for (size_t n = 0; n < track.samples.size(); ++n) {
    const test::SampleSpec& sample = track.samples[n];
    if ((sample.dependency & 0x0c) == 0x08 && !sample.sync) droppable.insert(n);
  }
  return droppable;
}

TrackSpec WithDroppable() {
  TrackSpec track = test::VideoTrack(1, 4);
  track.sdtp = true;
  for (size_t n = 0; n < track.samples.size(); ++n)
    track.samples[n].dependency = track.samples[n].cts == 24 ? 0x18 : 0x14;
  track.samples[13].dependency = 0x28;  // a sync sample that nothing needs is played all the same
  return track;
}

TEST(ForwardPredicted, LeavesOutWhatNothingNeeds) {
  PlayMode mode;
  mode.predicted = true;
  const TrackSpec track = WithDroppable();
  ASSERT_GT(Droppable(track).size(), 50u);
  EXPECT_EQ(Played(track, mode), AllBut(track.samples.size(), Droppable(track)));
  EXPECT_EQ(Played(track, {}), AllBut(track.samples.size(), {}));
}

TEST(ForwardPredicted, AndSoBackwards) {
  PlayMode mode;
  mode.predicted = true;
  mode.reverse = true;
  const TrackSpec track = WithDroppable();
  std::vector<size_t> played = Played(track, mode);
  EXPECT_EQ(played.front() % 13, 0u);
  std::sort(played.begin(), played.end());
  EXPECT_EQ(played, AllBut(track.samples.size(), Droppable(track)));
}

TEST(ForwardPredicted, WithoutDependenciesAllIsPlayed) {
  PlayMode mode;
  mode.predicted = true;
  EXPECT_EQ(Played(test::VideoTrack(1, 4), mode), AllBut(100, {}));
}

/// A file may claim that nothing needs any of a million pictures: some come nevertheless.
TEST(ForwardPredicted, NeverHoldsAThread) {
  TrackSpec track = test::VideoTrack(1, 1);
  track.samples.assign(5000, {.size = 1, .duration = 24, .sync = false, .dependency = 0x18});
  track.ctts = test::CttsForm::kNone;
  track.sdtp = true;
  PlayMode mode;
  mode.predicted = true;
  EXPECT_EQ(Played(track, mode), (std::vector<size_t>{0, 1025, 2050, 3075, 4100}));
}

class Roll : public testing::TestWithParam<const char*> {};

/// Each sample says for itself how far back to go; where it does not, the codec does.
TEST_P(Roll, IsOfTheSampleSought) {
  TrackSpec track = test::AudioTrack(1, 4);
  GroupSpec group;
  group.type = GetParam();
  group.descriptions = {{0xff, 0xff}, {0xff, 0xfb}, {0x00, 0x03}};  // 1 back, 5 back, 3 ahead
  for (size_t n = 0; n < track.samples.size(); ++n)
    group.of_samples.push_back(static_cast<uint32_t>(n / 10 % 4));
  track.groups = {group};
  MovieSpec spec;
  spec.tracks = {track};
  Playback playback(BuildMovie(spec));
  ASSERT_TRUE(playback.opened());
  playback.demuxer().SetTrackOptions(0, {.lead_in = 2});
  for (size_t n = 10; n < track.samples.size(); ++n) {
    SeekRequest request;
    request.start_ns = static_cast<int64_t>(n * 1024) * 1'000'000'000 / 48000;
    playback.Seek(request);
    const std::vector<Event> events = playback.Events(2);
    const size_t back[] = {2, 1, 5, 2};
    EXPECT_EQ(events[1].sample.index, n - back[n / 10 % 4]) << n;
  }
}

INSTANTIATE_TEST_SUITE_P(Groups, Roll, testing::Values("roll", "prol"));

}  // namespace
}  // namespace iso
