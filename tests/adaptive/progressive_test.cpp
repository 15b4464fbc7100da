// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One file over HTTP through playbin3, which puts queues and downloads in between: movie header
// first, last, and fragments without an index.

#include <gtest/gtest.h>

#include "adaptive_fixture.h"

namespace iso::test {
namespace {

constexpr const char* kName = "/movie.mp4";

/// To play from start to end.
constexpr size_t kMostRequests = 3;

/// Several megabytes.
const std::vector<TrackSpec>& Tracks() {
  static const std::vector<TrackSpec> tracks = [] {
    const auto video = EncodeVideo(640, 360, kSeconds, ElementName() == "qtdemux" ? 0 : 2);
    const auto audio = EncodeAudio(kSeconds);
    if (!video || !audio) return std::vector<TrackSpec>();
    std::vector<TrackSpec> both = {video->track, audio->track};
    both[0].ctts = CttsForm::kVersion1;
    both[0].stss = true;
    both[0].chunk_pattern = {kFrameRate};
    both[1].id = 2;
    both[1].chunk_pattern = {kSampleRate / kPacketSamples};
    return both;
  }();
  return tracks;
}

Bytes Whole(bool moov_first) {
  MovieSpec spec;
  spec.tracks = Tracks();
  spec.moov_first = moov_first;
  return BuildMovie(spec);
}

Bytes InFragments() {
  FragmentedSpec spec;
  spec.movie.tracks = Tracks();
  spec.fragments = CutFragments(spec, kSegmentSeconds);
  for (FragmentSpec& fragment : spec.fragments) {
    for (TrafSpec& traf : fragment.trafs) {
      for (RunSpec& run : traf.runs)
        run.version = 1;
    }
    // Without queues in between, decodebin3 has room for little more than this.
    SplitRuns(&fragment, 10);
    fragment.interleave = true;
  }
  return BuildFragments(spec).bytes;
}

struct Layout {
  const char* name;
  Bytes (*build)();
};

struct Mode {
  const char* name;
  const char* flags;  ///< more of playbin's
};

constexpr Layout kLayouts[] = {{"moov_first", [] { return Whole(true); }},
                               {"moov_last", [] { return Whole(false); }},
                               {"fragments", InFragments}};

constexpr Mode kModes[] = {{"plain", ""}, {"buffering", "+buffering"}, {"download", "+download"}};

using Case = std::tuple<Layout, Mode>;

std::string NameOf(const Case& c) {
  return std::string(std::get<0>(c).name) + "_" + std::get<1>(c).name;
}

class Progressive : public AdaptiveFixture, public testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    Prepare("souphttpsrc", "playbin3");
    if (IsSkipped()) return;
    ASSERT_FALSE(Tracks().empty()) << "the encoders failed";
    const Bytes bytes = std::get<0>(GetParam()).build();
    size_ = bytes.size();
    directory_.Write(kName + 1, bytes);
  }

  std::unique_ptr<UriPlayer> NewPlayer() {
    auto player = AdaptiveFixture::NewPlayer(kName, kForLarge);
    const std::string flags =
        std::string("native-video+native-audio+video+audio") + std::get<1>(GetParam()).flags;
    gst_util_set_object_arg(G_OBJECT(player->pipeline()), "flags", flags.c_str());
    return player;
  }

  uint64_t size_ = 0;
};

TEST_P(Progressive, PlaysToTheEnd) {
  const auto player = NewPlayer();
  ASSERT_EQ(player->PlayToEnd(), "");
  ExpectPictures(player->video(), 0);
  ExpectSound(player->audio(), 0);
  ExpectRightElements(*player);
  // How far a download is when it has to go elsewhere is a matter of chance, and so is its cost.
  if (std::get<1>(GetParam()).name == std::string("download")) return;
  const HttpCounts counts = server_.Counts(kName);
  EXPECT_LE(counts.requests, kMostRequests);
  EXPECT_LT(counts.bytes, size_ * 5 / 4) << "what is read twice is little";
}

TEST_P(Progressive, Seeks) {
  const auto player = NewPlayer();
  ASSERT_EQ(player->Pause(), "");
  for (const GstClockTime target : {6520, 2600, 7000, 40, 4800}) {
    ASSERT_EQ(player->Seek(GST_SEEK_FLAG_ACCURATE, target * GST_MSECOND), "") << target;
  }
  ASSERT_EQ(player->PlayToEnd(), "");
  ExpectPictures(player->video(), 4800 * GST_MSECOND / kFrame);
  ExpectSound(player->audio(), 4800 * GST_MSECOND);
  EXPECT_LE(server_.Counts(kName).requests, 20 * kMostRequests);
}

INSTANTIATE_TEST_SUITE_P(Files,
                         Progressive,
                         testing::Combine(testing::ValuesIn(kLayouts), testing::ValuesIn(kModes)),
                         [](const auto& test) { return NameOf(test.param); });

}  // namespace
}  // namespace iso::test
