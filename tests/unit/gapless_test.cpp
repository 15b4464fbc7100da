// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Gapless sound: of what encoders put in front and behind nothing is presented, and of the
// sound nothing is lost, to the sample.

#include "core/movie/gapless.h"

#include <cstring>

#include <gtest/gtest.h>

#include "metadata_samples.h"
#include "movie_catalog.h"
#include "presentation.h"

namespace iso {
namespace {

using test::Playback;

struct SmpbCase {
  const char* text;
  std::optional<ValidMedia> expected;
};

Bytes BytesOf(const char* text) {
  return Bytes(reinterpret_cast<const uint8_t*>(text), std::strlen(text));
}

TEST(ItunSmpb, IsParsedOrRefused) {
  const SmpbCase cases[] = {
      {" 00000000 00000840 000001C0 0000000000030D40 00000000 00000000", ValidMedia{2112, 202112}},
      {" 00000000 00000840 000001c0 0000000000030d40", ValidMedia{2112, 202112}},
      {"00000000 00000840 000001C0 0000000000030D40", ValidMedia{2112, 202112}},
      {"0 0 0 1", ValidMedia{0, 1}},
      {"  0   840    1C0     30D40 ", ValidMedia{2112, 202112}},
      {" 00000000 FFFFFFFF 00000000 0000000000000001", ValidMedia{4294967295, 4294967296}},
      {"", std::nullopt},
      {" ", std::nullopt},
      {"garbage", std::nullopt},
      {"one two three four", std::nullopt},
      {" 00000000 00000840 000001C0", std::nullopt},
      {" 00000000 00000840 000001C0 ", std::nullopt},
      {" 00000000 00000840 000001C0 0000000000000000", std::nullopt},
      {" 00000000 00000840 000001C0 00000000000G0000", std::nullopt},
      {" 00000000 -0000840 000001C0 0000000000030D40", std::nullopt},
      {" 00000000 0x000840 000001C0 0000000000030D40", std::nullopt},
      {" 00000000 100000000 000001C0 0000000000030D40", std::nullopt},
      {" 00000000 00000840 000001C0 FFFFFFFFFFFFFFFF", std::nullopt},
      {" 00000000 00000840 000001C0 00000000000030D400000", std::nullopt},
      {" 00000000,00000840,000001C0,0000000000030D40", std::nullopt},
  };
  for (const SmpbCase& c : cases)
    EXPECT_EQ(ParseItunSmpb(BytesOf(c.text)), c.expected) << '"' << c.text << '"';
}

/// How much sound goes in, and what an encoder adds.
struct Sound {
  int64_t priming;
  int64_t length;
  uint32_t packet = 1024;
  bool whole_last = true;  ///< else stts says how much of the last packet is sound

  int64_t total() const { return priming + length; }
};

test::TrackSpec Encoded(const Sound& sound) {
  test::TrackSpec track = test::AudioTrack(1, 1);
  track.samples.clear();
  for (int64_t at = 0; at < sound.total(); at += sound.packet) {
    const int64_t left = sound.total() - at;
    const bool cut = !sound.whole_last && left < sound.packet;
    track.samples.push_back(
        {.size = 10, .duration = cut ? static_cast<uint32_t>(left) : sound.packet});
  }
  return track;
}

struct Heard {
  int64_t ticks = 0;
  int64_t first_tick = -1;  ///< of the media
  int64_t clipped_in_front = 0;
  int64_t clipped_behind = 0;
  int64_t ns = 0;  ///< of the presentation
};

/// What is left of the packets once they are clipped, and whether it abuts.
Heard Listen(const test::MovieSpec& movie) {
  Playback playback(BuildMovie(movie));
  EXPECT_TRUE(playback.opened());
  playback.demuxer().SetTrackOptions(0, {.lead_in = 2});
  playback.Seek({});
  const uint32_t packet = playback.demuxer().movie()->tracks[0].packet_duration;
  Heard heard;
  Segment segment;
  int64_t end_ns = -1;
  for (const Event& event : playback.EventsOf(0)) {
    if (event.kind == Event::Kind::kSegment) segment = event.segment;
    if (event.kind != Event::Kind::kSample) continue;
    // Packets decode to one length, whatever stts says of the last one.
    const int64_t left = int64_t{packet} - event.clip_start - event.clip_end;
    if (left > 0 && heard.first_tick < 0) heard.first_tick = event.sample.pts + event.clip_start;
    heard.ticks += left;
    heard.clipped_in_front += event.clip_start;
    heard.clipped_behind += event.clip_end;
    if (left <= 0) continue;
    EXPECT_GE(event.pts_ns, segment.start_ns);
    EXPECT_LE(event.pts_ns + event.duration_ns, segment.stop_ns);
    if (end_ns >= 0) {
      EXPECT_EQ(event.pts_ns, end_ns);
    }
    end_ns = event.pts_ns + event.duration_ns;
    heard.ns += event.duration_ns;
  }
  return heard;
}

test::Bytes Smpb(const Sound& sound) {
  char text[80];
  snprintf(text,
           sizeof text,
           " 00000000 %08X %08X %016llX 00000000",
           static_cast<unsigned>(sound.priming),
           0u,
           static_cast<unsigned long long>(sound.length));
  return test::FreeformText("iTunSMPB", text);
}

test::Bytes Tags(const std::vector<test::Bytes>& items) {
  return test::Box("meta", test::ItunesMeta(items));
}

const Sound kSounds[] = {
    {2112, 200000},
    {2112, 200001},
    {1024, 10240},
    {0, 5000},
    {1, 1},
    {3000, 44100},
    {2112, 1},
    {576, 100000},
    {2112, 99999},
    {1023, 1025},
    {2112, 200000, 1024, false},
    {1024, 3071, 1024, false},
    {2624, 77777, 1024, false},
};

class Gapless : public testing::TestWithParam<Sound> {
 protected:
  void ExpectTheSound(const test::MovieSpec& movie) {
    const Heard heard = Listen(movie);
    EXPECT_EQ(heard.ticks, GetParam().length);
    EXPECT_EQ(heard.first_tick, GetParam().priming);
    EXPECT_NEAR(static_cast<double>(heard.ns),
                static_cast<double>(ToNanoseconds(GetParam().length, 48000)),
                1);
    Playback playback(BuildMovie(movie));
    EXPECT_NEAR(static_cast<double>(playback.demuxer().movie()->duration_ns),
                static_cast<double>(ToNanoseconds(GetParam().length, 48000)),
                1);
  }
};

TEST_P(Gapless, FromItunSmpb) {
  test::MovieSpec movie;
  movie.tracks = {Encoded(GetParam())};
  movie.udta = Tags({Smpb(GetParam())});
  ExpectTheSound(movie);
}

TEST_P(Gapless, NeroWithItunSmpbIsByTheLatter) {
  test::MovieSpec movie;
  movie.tracks = {Encoded(GetParam())};
  movie.udta = Tags({test::TextItem("\xa9too", "Nero AAC codec / 1.5.4.0"), Smpb(GetParam())});
  ExpectTheSound(movie);
}

/// In movie ticks of the sound itself. That the edit list trims something leaves iTunSMPB out.
TEST_P(Gapless, FromTheEditList) {
  test::MovieSpec movie;
  movie.timescale = 48000;
  movie.tracks = {Encoded(GetParam())};
  movie.tracks[0].has_edits = true;
  movie.tracks[0].edits = {{static_cast<uint64_t>(GetParam().length), GetParam().priming}};
  if (GetParam().priming > 0) movie.udta = Tags({Smpb({17, 4711})});
  ExpectTheSound(movie);
}

/// Without padding to cut, in a timescale that cannot say where the sound ends.
TEST_P(Gapless, FromACoarseEditList) {
  if (GetParam().whole_last) return;
  test::MovieSpec movie;
  movie.timescale = 600;
  movie.tracks = {Encoded(GetParam())};
  movie.tracks[0].has_edits = true;
  const auto length = static_cast<uint64_t>(GetParam().length);
  movie.tracks[0].edits = {{length * 600 / 48000, GetParam().priming}};
  const Heard heard = Listen(movie);
  EXPECT_EQ(heard.ticks, GetParam().length);
  EXPECT_EQ(heard.first_tick, GetParam().priming);
}

INSTANTIATE_TEST_SUITE_P(Sounds, Gapless, testing::ValuesIn(kSounds), [](const auto& param) {
  const Sound& s = param.param;
  return std::to_string(s.priming) + "_" + std::to_string(s.length) +
         (s.whole_last ? "" : "_short");
});

TEST(GaplessNero, SaysNothingOfItsPriming) {
  const Sound sound{1600 + 1024, 200 * 1024 - 1600, 1024, false};
  test::MovieSpec movie;
  movie.tracks = {Encoded(sound)};
  movie.udta = Tags({test::TextItem("\xa9too", "Nero AAC codec / 1.5.4.0")});
  const Heard heard = Listen(movie);
  EXPECT_EQ(heard.first_tick, sound.priming);
  EXPECT_EQ(heard.ticks, sound.length);
  EXPECT_EQ(heard.clipped_in_front, sound.priming);
  movie.udta = Tags({test::TextItem("\xa9too", "Lavf58")});
  EXPECT_EQ(Listen(movie).first_tick, 0);
}

test::Bytes OpusEntry(uint16_t pre_skip) {
  test::ByteWriter config;
  config.U8(0).U8(2).U16(pre_skip).U32(48000).U16(0).U8(0);
  return test::AudioEntry("Opus", 2, 16, 48000, test::Box("dOps", config.bytes()));
}

TEST(GaplessOpus, PreSkipIsCut) {
  const Sound sound{312, 100'000, 960, false};
  test::MovieSpec movie;
  movie.tracks = {Encoded(sound)};
  movie.tracks[0].entries = {OpusEntry(312)};
  const Heard heard = Listen(movie);
  EXPECT_EQ(heard.first_tick, 312);
  EXPECT_EQ(heard.ticks, sound.length);
  // An edit list that does it already is not topped.
  movie.timescale = 48000;
  movie.tracks[0].has_edits = true;
  movie.tracks[0].edits = {{static_cast<uint64_t>(sound.length), 312}};
  EXPECT_EQ(Listen(movie).ticks, sound.length);
  movie.tracks[0].has_edits = false;
  movie.tracks[0].entries = {OpusEntry(0)};
  EXPECT_EQ(Listen(movie).ticks, sound.total());
}

/// Values that make no sense for the track are not believed.
TEST(GaplessNonsense, TrimsNothing) {
  const Sound sound{0, 10 * 1024};
  test::MovieSpec movie;
  movie.tracks = {Encoded(sound)};
  movie.udta = Tags({Smpb({10 * 1024, 5})});
  EXPECT_EQ(Listen(movie).ticks, sound.total());
  movie.udta = Tags({Smpb({100'000, 5})});
  EXPECT_EQ(Listen(movie).ticks, sound.total());
  movie.udta = Tags({test::FreeformText("iTunSMPB", "nonsense")});
  EXPECT_EQ(Listen(movie).ticks, sound.total());
}

TEST(GaplessClipping, IsInTicksOfThePacket) {
  const Sound sound{1500, 2000};
  test::MovieSpec movie;
  movie.tracks = {Encoded(sound)};
  movie.udta = Tags({Smpb(sound)});
  Playback playback(BuildMovie(movie));
  playback.demuxer().SetTrackOptions(0, {.lead_in = 2});
  playback.Seek({});
  std::vector<std::pair<uint32_t, uint32_t>> clips;
  for (const Event& event : playback.EventsOf(0)) {
    if (event.kind == Event::Kind::kSample) clips.emplace_back(event.clip_start, event.clip_end);
  }
  const std::vector<std::pair<uint32_t, uint32_t>> expected = {
      {1024, 0}, {476, 0}, {0, 0}, {0, 596}};
  EXPECT_EQ(clips, expected);
}

}  // namespace
}  // namespace iso
