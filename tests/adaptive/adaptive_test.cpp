// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Adaptive streaming as players do it: DASH, HLS and Smooth Streaming from a server on the
// loopback interface, through playbin, with each of GStreamer's adaptive demuxers.

#include <algorithm>

#include <gtest/gtest.h>

#include "adaptive_fixture.h"

namespace iso::test {
namespace {

using Writer = std::string (*)(const Presentation&, const TempDirectory&);
using SegmentNamer = std::string (*)(const Rendition&, size_t);

/// A way to play.
struct Client {
  const char* demuxer;  ///< adaptive
  const char* playbin;
  Writer write;
  SegmentNamer segment_name;
  /// The old hlsdemux begins all streams anew where one changes: of sound that had run ahead some
  /// comes twice or not at all, whatever the demuxer behind it.
  bool sound_jumps = false;
};

void PrintTo(const Client& client, std::ostream* out) {
  *out << client.demuxer;
}

class Adaptive : public AdaptiveFixture, public testing::WithParamInterface<Client> {
 protected:
  void SetUp() override { Prepare(GetParam().demuxer, GetParam().playbin); }

  std::unique_ptr<UriPlayer> PlayerOf(const Presentation& presentation, uint32_t bits) {
    return NewPlayer(GetParam().write(presentation, directory_), bits);
  }
};

TEST_P(Adaptive, PlaysToTheEnd) {
  const Presentation presentation = MakePresentation();
  const auto playing = PlayerOf(presentation, kForLarge);
  UriPlayer& player = *playing;
  ASSERT_EQ(player.PlayToEnd(), "");
  ExpectPictures(player.video(), 0);
  ExpectSound(player.audio(), 0);
  ExpectSamplesInTheirTime(player.demuxed(), presentation);
  ExpectRightElements(player);
}

struct SeekCase {
  int flags;
  GstClockTime target;
  GstClockTime lands;
};

/// Segments begin at 0, 1.6, 3.2, 4.8 and 6.4 s.
constexpr SeekCase kSeeks[] = {
    {GST_SEEK_FLAG_ACCURATE, 5480 * GST_MSECOND, 5480 * GST_MSECOND},
    {GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE, 2600 * GST_MSECOND, 1600 * GST_MSECOND},
    {GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_AFTER, 4960 * GST_MSECOND, 6400 * GST_MSECOND},
    {GST_SEEK_FLAG_ACCURATE, 40 * GST_MSECOND, 40 * GST_MSECOND},
    {GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE, 3200 * GST_MSECOND, 3200 * GST_MSECOND},
};

/// Each seek comes when nothing is under way any more. GStreamer 1.22 has races where one comes
/// while it downloads: adaptivedemux2's assertions fail now and then (downloadrequest.c: in_use,
/// gstadaptivedemux-stream.c: pending_cb_id), with qtdemux behind it as well; and with the older
/// demuxers libsoup crashed on a thread of its own, closing what was cancelled (not tried with
/// qtdemux).
TEST_P(Adaptive, SeeksFromPauseAndPlaysOn) {
  const Presentation presentation = MakePresentation();
  const auto playing = PlayerOf(presentation, kForLarge);
  UriPlayer& player = *playing;
  ASSERT_EQ(player.Pause(), "");
  for (const SeekCase& seek : kSeeks) {
    SCOPED_TRACE("to " + std::to_string(seek.target));
    ASSERT_TRUE(player.WaitDemuxed(2));
    ASSERT_EQ(player.Seek(seek.flags, seek.target), "");
  }
  ASSERT_EQ(player.PlayToEnd(), "");
  ExpectPictures(player.video(), std::rbegin(kSeeks)->lands / kFrame);
  ExpectSound(player.audio(), std::rbegin(kSeeks)->lands);
  ExpectSamplesInTheirTime(player.demuxed(), presentation);
}

TEST_P(Adaptive, EachSeekPlaysToTheEnd) {
  const Presentation presentation = MakePresentation();
  const auto playing = PlayerOf(presentation, kForLarge);
  UriPlayer& player = *playing;
  ASSERT_EQ(player.PlayToEnd(), "");
  for (const SeekCase& seek : kSeeks) {
    SCOPED_TRACE("to " + std::to_string(seek.target));
    gst_element_set_state(player.pipeline(), GST_STATE_PAUSED);
    ASSERT_EQ(player.Seek(seek.flags, seek.target), "");
    ASSERT_EQ(player.PlayToEnd(), "");
    ExpectPictures(player.video(), seek.lands / kFrame);
    ExpectSound(player.audio(), seek.lands);
  }
  ExpectSamplesInTheirTime(player.demuxed(), presentation);
}

/// The third segment is under way when the bandwidth is said to be another: what comes behind
/// is of the other rendition.
TEST_P(Adaptive, SwitchesRenditions) {
  const Presentation presentation = MakePresentation();
  const std::string held = GetParam().segment_name(presentation.video[0], 2);
  server_.Hold(held);
  const auto playing = PlayerOf(presentation, kForSmall);
  UriPlayer& player = *playing;
  player.Play();
  ASSERT_TRUE(server_.WaitRequested(held, 20));
  GstElement* demuxer = player.Plugged(GetParam().demuxer);
  ASSERT_TRUE(demuxer);
  g_object_set(demuxer, "connection-speed", kForLarge / 1000, nullptr);
  gst_object_unref(demuxer);
  server_.Release(held);
  ASSERT_EQ(player.PlayToEnd(), "");
  const std::vector<Shown> video = player.video();
  ExpectPictures(video, 0);
  if (!GetParam().sound_jumps) ExpectSound(player.audio(), 0);
  EXPECT_EQ(video.front().width, kSmallWidth);
  EXPECT_EQ(video.back().width, kLargeWidth);
  const auto large = std::find_if(
      video.begin(), video.end(), [](const Shown& shown) { return shown.width == kLargeWidth; });
  EXPECT_GE(large - video.begin(), 3 * static_cast<ptrdiff_t>(kSegmentFrames));
  EXPECT_TRUE(std::all_of(
      large, video.end(), [](const Shown& shown) { return shown.width == kLargeWidth; }));
  ExpectSamplesInTheirTime(player.demuxed(), presentation);
}

struct KeyUnitCase {
  const char* name;
  double rate;
  /// Numbers of groups of pictures. Backwards dashdemux 1.22 begins and ends a segment too early,
  /// whatever the demuxer behind it.
  int first;
  int last;
};

void PrintTo(const KeyUnitCase& c, std::ostream* out) {
  *out << c.name;
}

/// Of each fragment the old dashdemux fetches the moof, then its key units alone.
class KeyUnits : public AdaptiveFixture, public testing::WithParamInterface<KeyUnitCase> {
 protected:
  void SetUp() override { Prepare("dashdemux", "playbin"); }
};

TEST_P(KeyUnits, AloneAreFetched) {
  const Presentation presentation = MakePresentation();
  const auto player = NewPlayer(WriteDash(presentation, directory_), kForLarge);
  ASSERT_EQ(player->Pause(), "");
  ASSERT_TRUE(player->WaitDemuxed(2));
  server_.ResetCounts();
  const int flags = GST_SEEK_FLAG_TRICKMODE | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS;
  const GstClockTime target = GetParam().rate > 0 ? 0 : kSeconds * GST_SECOND;
  ASSERT_EQ(player->Seek(flags, target, GetParam().rate), "");
  ASSERT_EQ(player->PlayToEnd(), "");
  constexpr GstClockTime kGroup = kGroupFrames * kFrame;
  const std::vector<Shown> video = player->video();
  const int step = GetParam().rate > 0 ? 1 : -1;
  ASSERT_EQ(video.size(), static_cast<size_t>((GetParam().last - GetParam().first) * step + 1));
  for (size_t i = 0; i < video.size(); ++i) {
    const auto group = static_cast<GstClockTime>(GetParam().first + step * static_cast<int>(i));
    EXPECT_LE(Apart(video[i].stream_time, group * kGroup), 1000) << "picture " << i;
    EXPECT_LE(Apart(video[i].running_time - video[0].running_time, i * kGroup), 1000) << i;
  }
  const Rendition& large = presentation.video[1];
  for (size_t i = 0; i < large.segments(); ++i)
    EXPECT_LT(server_.Counts(DashSegmentName(large, i)).bytes, large.Segment(i).size() / 4) << i;
  ExpectSamplesInTheirTime(player->demuxed(), presentation);
}

constexpr KeyUnitCase kKeyUnitCases[] = {{"Forwards", 1.0, 0, 9}, {"Backwards", -1.0, 7, 2}};

INSTANTIATE_TEST_SUITE_P(Rates, KeyUnits, testing::ValuesIn(kKeyUnitCases), [](const auto& test) {
  return test.param.name;
});

constexpr Client kClients[] = {
    {"dashdemux2", "playbin3", WriteDash, DashSegmentName},
    {"dashdemux", "playbin", WriteDash, DashSegmentName},
    {"hlsdemux2", "playbin3", WriteHls, HlsSegmentName},
    {"hlsdemux", "playbin", WriteHls, HlsSegmentName, true},
    {"mssdemux2", "playbin3", WriteSmooth, SmoothSegmentName},
    {"mssdemux", "playbin", WriteSmooth, SmoothSegmentName},
};

INSTANTIATE_TEST_SUITE_P(Clients, Adaptive, testing::ValuesIn(kClients), [](const auto& test) {
  return std::string(test.param.demuxer);
});

}  // namespace
}  // namespace iso::test
