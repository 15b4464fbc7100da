// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Adaptive streaming as players do it: DASH, HLS and Smooth Streaming from a server on the
// loopback interface, through playbin, with each of GStreamer's adaptive demuxers.

#include <algorithm>
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "http_server.h"
#include "presentation_files.h"
#include "recorder.h"
#include "uri_player.h"

namespace iso::test {
namespace {

constexpr uint32_t kSeconds = 8;
constexpr uint32_t kFrames = kSeconds * kFrameRate;
constexpr GstClockTime kFrame = GST_SECOND / kFrameRate;
constexpr int kSmallWidth = 96;
constexpr int kLargeWidth = 160;

/// Ranks above all others, and below.
constexpr guint kFirst = 10'000;
constexpr guint kNever = GST_RANK_NONE;

/// Encoded once.
struct Media {
  std::optional<EncodedTrack> small, large, audio;

  static const Media& Get() {
    // qtdemux, to which this may be compared, moves pictures by what offsets go below zero.
    const int b_frames = ElementName() == "qtdemux" ? 0 : 2;
    static const Media media{EncodeVideo(kSmallWidth, 64, kSeconds, b_frames),
                             EncodeVideo(kLargeWidth, 96, kSeconds, b_frames),
                             EncodeAudio(kSeconds)};
    return media;
  }

  bool ok() const { return small && large && audio; }
};

constexpr uint32_t kSmallBits = 200'000;
constexpr uint32_t kLargeBits = 900'000;

/// A connection for either.
constexpr uint32_t kForSmall = 2 * kSmallBits;
constexpr uint32_t kForLarge = 4 * kLargeBits;

Presentation MakePresentation(Rendition::Change change = nullptr) {
  const Media& media = Media::Get();
  Presentation presentation;
  presentation.video.emplace_back("small", *media.small, kSmallBits, change);
  presentation.video.emplace_back("large", *media.large, kLargeBits, change);
  presentation.audio.emplace_back("sound", *media.audio, 64'000, change);
  presentation.seconds = kSeconds;
  return presentation;
}

using Writer = std::string (*)(const Presentation&, const TempDirectory&);
using SegmentNamer = std::string (*)(const Rendition&, size_t);

/// A way to play.
struct Client {
  const char* demuxer;  ///< adaptive
  const char* playbin;
  Writer write;
  SegmentNamer segment_name;
  /// The old hlsdemux begins all streams anew where one changes: sound that had run ahead comes
  /// twice, whatever the demuxer behind it.
  bool repeats_sound = false;
  /// adaptivedemux2 1.22 has assertions that fail now and then where a seek comes while it
  /// downloads (downloadrequest.c: in_use, gstadaptivedemux-stream.c: pending_cb_id), whatever
  /// the demuxer behind it. It has everything in memory by the time of a seek here.
  bool seeks_when_idle = false;
};

void PrintTo(const Client& client, std::ostream* out) {
  *out << client.demuxer;
}

constexpr const char* kAdaptiveDemuxers[] = {
    "dashdemux2", "hlsdemux2", "mssdemux2", "dashdemux", "hlsdemux", "mssdemux"};

/// Another element than the one to be tested must not be plugged in its place.
const char* OtherDemuxer() {
  return ElementName() == "qtdemux" ? "isodemux" : "qtdemux";
}

class Adaptive : public testing::TestWithParam<Client> {
 protected:
  void SetUp() override {
    const std::string missing = MissingForMedia();
    if (!missing.empty()) GTEST_SKIP() << missing << " is not installed";
    for (const char* needed : {GetParam().demuxer, GetParam().playbin, "souphttpsrc"}) {
      GstElementFactory* factory = gst_element_factory_find(needed);
      if (!factory) GTEST_SKIP() << needed << " is not installed";
      gst_object_unref(factory);
    }
    ASSERT_TRUE(Media::Get().ok()) << "the encoders failed";
    ASSERT_TRUE(server_.ok());
    for (const char* demuxer : kAdaptiveDemuxers) {
      ranks_.push_back(std::make_unique<Preferred>(
          demuxer, std::string(demuxer) == GetParam().demuxer ? kFirst : kNever));
    }
    ranks_.push_back(std::make_unique<Preferred>(OtherDemuxer(), kNever));
    // faad keeps its last packet to itself where a stream is drained, as between renditions.
    for (const char* decoder : {"avdec_aac", "avdec_h264"})
      ranks_.push_back(std::make_unique<Preferred>(decoder, kFirst));
    server_.AddDirectory(directory_.path());
  }

  /// `bits`: what the connection is said to carry in a second.
  std::unique_ptr<UriPlayer> PlayerOf(const Presentation& presentation, uint32_t bits) {
    auto player = std::make_unique<UriPlayer>(
        GetParam().playbin, server_.Uri(GetParam().write(presentation, directory_)));
    g_object_set(player->pipeline(), "connection-speed", guint64{bits / 1000}, nullptr);
    return player;
  }

  void ExpectRightElements(const UriPlayer& player) const {
    const std::set<std::string> factories = player.factories();
    EXPECT_EQ(factories.count(ElementName()), 1u);
    EXPECT_EQ(factories.count(OtherDemuxer()), 0u);
    EXPECT_EQ(factories.count(GetParam().demuxer), 1u);
  }

  const Watchdog watchdog_{GetParam().demuxer, 60};
  TempDirectory directory_;
  HttpServer server_;
  std::vector<std::unique_ptr<Preferred>> ranks_;
};

int64_t Apart(GstClockTime a, GstClockTime b) {
  return std::llabs(static_cast<int64_t>(a) - static_cast<int64_t>(b));
}

/// Pictures from number `first` to the end, each once and in its time.
void ExpectPictures(const std::vector<Shown>& video, size_t first) {
  ASSERT_EQ(video.size(), kFrames - first);
  for (size_t i = 0; i < video.size(); ++i) {
    SCOPED_TRACE("picture " + std::to_string(first + i));
    ASSERT_LE(Apart(video[i].stream_time, (first + i) * kFrame), 1000);
    ASSERT_LE(Apart(video[i].running_time, i * kFrame), 1000);
  }
}

/// Sound from `from` to the end, without a hole; `repeats`: some of it may come twice.
void ExpectSound(const std::vector<Shown>& audio, GstClockTime from, bool repeats = false) {
  constexpr GstClockTime kPacket = kPacketSamples * GST_SECOND / kSampleRate;
  ASSERT_FALSE(audio.empty());
  EXPECT_LE(audio[0].stream_time, from);
  EXPECT_GT(audio[0].stream_time + kPacket + 1000, from);
  for (size_t i = 1; i < audio.size(); ++i) {
    const GstClockTime expected = audio[i - 1].stream_time + audio[i - 1].duration;
    if (repeats && audio[i].stream_time < expected) continue;
    ASSERT_LE(Apart(audio[i].stream_time, expected), 100'000) << "buffer " << i;
  }
  const GstClockTime end = audio.back().stream_time + audio.back().duration;
  EXPECT_LE(Apart(end, kSeconds * GST_SECOND), static_cast<int64_t>(2 * kPacket));
}

/// When a sample of a rendition is presented, by its own track.
GstClockTime TimeOf(const Rendition& rendition, int sample) {
  int64_t ticks = 0;
  for (int i = 0; i < sample; ++i)
    ticks += rendition.track().samples[static_cast<size_t>(i)].duration;
  ticks += rendition.track().samples[static_cast<size_t>(sample)].cts;
  return gst_util_uint64_scale(
      static_cast<guint64>(ticks), GST_SECOND, rendition.track().timescale);
}

/// Whatever the demuxers handed out is a sample of the presentation, and at its time.
void ExpectSamplesInTheirTime(const std::vector<Demuxed>& demuxed,
                              const Presentation& presentation) {
  ASSERT_FALSE(demuxed.empty());
  for (size_t i = 0; i < demuxed.size(); ++i) {
    SCOPED_TRACE("buffer " + std::to_string(i));
    int sample = -1;
    const Rendition* of = nullptr;
    for (const auto* renditions : {&presentation.video, &presentation.audio}) {
      for (const Rendition& rendition : *renditions) {
        if (sample < 0) sample = rendition.SampleWith(demuxed[i].content), of = &rendition;
      }
    }
    ASSERT_GE(sample, 0) << demuxed[i].content.size() << " bytes";
    ASSERT_LE(Apart(demuxed[i].stream_time, TimeOf(*of, sample)), 1000)
        << of->name << ", sample " << sample << ", pts " << demuxed[i].pts;
  }
}

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

TEST_P(Adaptive, SeeksFromPauseAndPlaysOn) {
  const Presentation presentation = MakePresentation();
  const auto playing = PlayerOf(presentation, kForLarge);
  UriPlayer& player = *playing;
  ASSERT_EQ(player.Pause(), "");
  for (const SeekCase& seek : kSeeks) {
    SCOPED_TRACE("to " + std::to_string(seek.target));
    if (GetParam().seeks_when_idle) {
      ASSERT_TRUE(player.WaitDemuxed(2));
    }
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
  ExpectSound(player.audio(), 0, GetParam().repeats_sound);
  EXPECT_EQ(video.front().width, kSmallWidth);
  EXPECT_EQ(video.back().width, kLargeWidth);
  const auto large = std::find_if(
      video.begin(), video.end(), [](const Shown& shown) { return shown.width == kLargeWidth; });
  EXPECT_GE(large - video.begin(), 3 * static_cast<ptrdiff_t>(kGroupFrames));
  EXPECT_TRUE(std::all_of(
      large, video.end(), [](const Shown& shown) { return shown.width == kLargeWidth; }));
  ExpectSamplesInTheirTime(player.demuxed(), presentation);
}

constexpr Client kClients[] = {
    {"dashdemux2", "playbin3", WriteDash, DashSegmentName, false, true},
    {"dashdemux", "playbin", WriteDash, DashSegmentName},
    {"hlsdemux2", "playbin3", WriteHls, HlsSegmentName, false, true},
    {"hlsdemux", "playbin", WriteHls, HlsSegmentName, true},
    {"mssdemux2", "playbin3", WriteSmooth, SmoothSegmentName, false, true},
    {"mssdemux", "playbin", WriteSmooth, SmoothSegmentName},
};

INSTANTIATE_TEST_SUITE_P(Clients, Adaptive, testing::ValuesIn(kClients), [](const auto& test) {
  return std::string(test.param.demuxer);
});

}  // namespace
}  // namespace iso::test
