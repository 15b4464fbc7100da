// SPDX-License-Identifier: LGPL-2.1-or-later

#include "adaptive_fixture.h"

#include <cstdlib>

namespace iso::test {
namespace {

/// Ranks above all others, and below.
constexpr guint kFirst = 10'000;
constexpr guint kNever = GST_RANK_NONE;

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

constexpr const char* kAdaptiveDemuxers[] = {
    "dashdemux2", "hlsdemux2", "mssdemux2", "dashdemux", "hlsdemux", "mssdemux"};

/// Another element than the one to be tested must not be plugged in its place.
const char* OtherDemuxer() {
  return ElementName() == "qtdemux" ? "isodemux" : "qtdemux";
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

}  // namespace

int64_t Apart(GstClockTime a, GstClockTime b) {
  return std::llabs(static_cast<int64_t>(a) - static_cast<int64_t>(b));
}

Presentation MakePresentation(const Rendition::Change& change) {
  const Media& media = Media::Get();
  Presentation presentation;
  presentation.video.emplace_back("small", *media.small, kSmallBits, change);
  presentation.video.emplace_back("large", *media.large, kLargeBits, change);
  presentation.audio.emplace_back("sound", *media.audio, 64'000, change);
  presentation.seconds = kSeconds;
  return presentation;
}

void AdaptiveFixture::Prepare(const std::string& demuxer, const std::string& playbin) {
  demuxer_ = demuxer;
  playbin_ = playbin;
  const std::string missing = MissingForMedia();
  if (!missing.empty()) GTEST_SKIP() << missing << " is not installed";
  for (const std::string& needed : {demuxer, playbin, std::string("souphttpsrc")}) {
    GstElementFactory* factory = gst_element_factory_find(needed.c_str());
    if (!factory) GTEST_SKIP() << needed << " is not installed";
    gst_object_unref(factory);
  }
  ASSERT_TRUE(Media::Get().ok()) << "the encoders failed";
  ASSERT_TRUE(server_.ok());
  for (const char* other : kAdaptiveDemuxers)
    ranks_.push_back(std::make_unique<Preferred>(other, demuxer == other ? kFirst : kNever));
  ranks_.push_back(std::make_unique<Preferred>(OtherDemuxer(), kNever));
  // faad keeps its last packet to itself where a stream is drained, as between renditions.
  for (const char* decoder : {"avdec_aac", "avdec_h264"})
    ranks_.push_back(std::make_unique<Preferred>(decoder, kFirst));
  server_.AddDirectory(directory_.path());
}

std::unique_ptr<UriPlayer> AdaptiveFixture::NewPlayer(const std::string& name, uint32_t bits) {
  auto player = std::make_unique<UriPlayer>(playbin_, server_.Uri(name));
  // The queues hold all of it.
  g_object_set(player->pipeline(),
               "connection-speed",
               guint64{bits / 1000},
               "buffer-duration",
               gint64{60 * GST_SECOND},
               "buffer-size",
               64 << 20,
               nullptr);
  return player;
}

void AdaptiveFixture::ExpectRightElements(const UriPlayer& player) const {
  const std::set<std::string> factories = player.factories();
  EXPECT_EQ(factories.count(ElementName()), 1u);
  EXPECT_EQ(factories.count(OtherDemuxer()), 0u);
  EXPECT_EQ(factories.count(demuxer_), 1u);
}

void ExpectPictures(const std::vector<Shown>& video, size_t first) {
  ASSERT_EQ(video.size(), kFrames - first);
  for (size_t i = 0; i < video.size(); ++i) {
    SCOPED_TRACE("picture " + std::to_string(first + i));
    ASSERT_LE(Apart(video[i].stream_time, (first + i) * kFrame), 1000);
    ASSERT_LE(Apart(video[i].running_time, i * kFrame), 1000);
  }
}

void ExpectSound(const std::vector<Shown>& audio, GstClockTime from) {
  constexpr GstClockTime kPacket = kPacketSamples * GST_SECOND / kSampleRate;
  ASSERT_FALSE(audio.empty());
  EXPECT_LE(audio[0].stream_time, from);
  EXPECT_GT(audio[0].stream_time + kPacket + 1000, from);
  for (size_t i = 1; i < audio.size(); ++i) {
    const GstClockTime expected = audio[i - 1].stream_time + audio[i - 1].duration;
    ASSERT_LE(Apart(audio[i].stream_time, expected), 100'000) << "buffer " << i;
  }
  const GstClockTime end = audio.back().stream_time + audio.back().duration;
  EXPECT_LE(Apart(end, kSeconds * GST_SECOND), static_cast<int64_t>(2 * kPacket));
}

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

}  // namespace iso::test
