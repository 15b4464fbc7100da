// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Chapters: QuickTime's track, Nero's list, both, damaged ones, and ones out of order.

#include "core/movie/chapters.h"

#include <gtest/gtest.h>

#include "core/demux/demuxer.h"
#include "movie_catalog.h"
#include "table_sources.h"

namespace iso {
namespace {

using test::ByteWriter;
using test::MovieSpec;
using test::TrackSpec;

struct Named {
  int64_t start_ms;
  int64_t end_ms;
  std::string title;

  bool operator==(const Named&) const = default;
};

void PrintTo(const Named& chapter, std::ostream* out) {
  *out << chapter.start_ms << " to " << chapter.end_ms << " '" << chapter.title << "'";
}

std::vector<Named> Names(const std::vector<Chapter>& chapters) {
  std::vector<Named> names;
  for (const Chapter& chapter : chapters) {
    names.push_back({chapter.start_ns / 1'000'000,
                     chapter.end_ns == kTimeMax ? -1 : chapter.end_ns / 1'000'000,
                     std::string(chapter.title.begin(), chapter.title.end())});
  }
  return names;
}

Result<std::vector<Chapter>> Read(const test::Bytes& file, bool with_source = true) {
  auto source = std::make_shared<MemorySource>(file);
  Demuxer demuxer(source, {}, nullptr);
  const Status opened = demuxer.Open();
  if (!opened.ok()) return opened.error();
  return ReadChapters(*demuxer.movie(), with_source ? source.get() : nullptr, Limits());
}

test::Bytes NeroBox(int version, const std::vector<std::pair<uint64_t, std::string>>& chapters) {
  ByteWriter w;
  if (version > 0) w.U32(0);
  w.U8(chapters.size());
  for (const auto& [ms, title] : chapters)
    w.U64(ms * 10000).U8(title.size()).Text(title);
  return test::FullBox("chpl", version, 0, w.bytes());
}

/// 4 s of sound.
MovieSpec Sound() {
  MovieSpec spec;
  spec.tracks = {test::AudioTrack(1, 4)};
  return spec;
}

/// The same with a chapter track of three titles, whose samples lie among the sound's.
MovieSpec SoundWithTrack() {
  MovieSpec spec = Sound();
  TrackSpec text;
  text.id = 2;
  text.handler = "text";
  text.timescale = 1000;
  text.entries = {test::Tx3gEntry()};
  const std::vector<std::string> titles = {"One", "", "Drei \xc3\xbc"};
  for (const std::string& title : titles)
    text.samples.push_back({static_cast<uint32_t>(2 + title.size()), 1500, 0, true, false, 1});
  text.samples.back().duration = 1000;
  text.payload = [titles](size_t i) { return test::TextSample(titles[i]); };
  text.chunk_pattern = {1};
  spec.tracks.push_back(text);
  spec.tracks[0].trak = test::Box("tref", test::Box("chap", ByteWriter().U32(2).bytes()));
  return spec;
}

const std::vector<Named> kOfTrack = {
    {0, 1500, "One"}, {1500, 3000, ""}, {3000, 4000, "Drei \xc3\xbc"}};

TEST(Chapters, OfATrack) {
  const auto chapters = Read(BuildMovie(SoundWithTrack()));
  ASSERT_TRUE(chapters.ok());
  auto names = Names(*chapters);
  // The movie ends with its sound, which is whole packets.
  names.back().end_ms = 4000;
  EXPECT_EQ(names, kOfTrack);
}

TEST(Chapters, OfAListInBothVersions) {
  for (const int version : {0, 1}) {
    MovieSpec spec = Sound();
    spec.udta = NeroBox(version, {{0, "Intro"}, {2500, "Rest"}});
    const auto chapters = Read(BuildMovie(spec));
    ASSERT_TRUE(chapters.ok());
    auto names = Names(*chapters);
    ASSERT_EQ(names.size(), 2u) << version;
    EXPECT_EQ(names[0], (Named{0, 2500, "Intro"}));
    EXPECT_EQ(names[1].title, "Rest");
    EXPECT_GE(names[1].end_ms, 4000);
  }
}

TEST(Chapters, TheTrackComesBeforeTheList) {
  MovieSpec spec = SoundWithTrack();
  spec.udta = NeroBox(1, {{0, "Nero"}});
  const auto file = BuildMovie(spec);
  EXPECT_EQ(Names(*Read(file)).size(), 3u);
  EXPECT_EQ(Names(*Read(file, false)).size(), 1u) << "without the source only the list is known";
}

TEST(Chapters, TheListStandsInForATrackWithoutTitles) {
  MovieSpec spec = SoundWithTrack();
  spec.udta = NeroBox(1, {{0, "Nero"}});
  spec.tracks[1].payload = [](size_t) { return ByteWriter().U16(0).bytes(); };
  for (auto& sample : spec.tracks[1].samples)
    sample.size = 2;
  EXPECT_EQ(Names(*Read(BuildMovie(spec))).size(), 1u);
}

TEST(Chapters, AreInOrderAndInsideTheMovie) {
  MovieSpec spec = Sound();
  spec.udta = NeroBox(1, {{2000, "b"}, {99000, "never"}, {1000, "a"}});
  const auto names = Names(*Read(BuildMovie(spec)));
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0], (Named{1000, 2000, "a"}));
  EXPECT_EQ(names[1].title, "b");
}

TEST(Chapters, ALeadingEmptyEditMovesThem) {
  MovieSpec spec = SoundWithTrack();
  TrackSpec& text = spec.tracks[1];
  text.has_edits = true;
  text.edits = {{500, -1}, {3500, 0}};
  const auto names = Names(*Read(BuildMovie(spec)));
  ASSERT_EQ(names.size(), 3u);
  EXPECT_EQ(names[0].start_ms, 500);
  EXPECT_EQ(names[1].start_ms, 2000);
}

TEST(Chapters, ATrackThatNamesItselfOrNoneHasNone) {
  for (const uint32_t id : {1u, 7u, 0u}) {
    MovieSpec spec = Sound();
    spec.tracks[0].trak = test::Box("tref", test::Box("chap", ByteWriter().U32(id).bytes()));
    const auto chapters = Read(BuildMovie(spec));
    ASSERT_TRUE(chapters.ok());
    EXPECT_TRUE(chapters->empty());
  }
}

TEST(Chapters, ALengthBeyondTheSampleIsCut) {
  MovieSpec spec = SoundWithTrack();
  spec.tracks[1].payload = [](size_t) { return ByteWriter().U16(0xffff).Text("abc").bytes(); };
  for (auto& sample : spec.tracks[1].samples)
    sample.size = 5;
  const auto names = Names(*Read(BuildMovie(spec)));
  ASSERT_EQ(names.size(), 3u);
  EXPECT_EQ(names[0].title, "abc");
}

TEST(Chapters, AListCutAtEveryByteGivesWhatIsWhole) {
  const test::Bytes whole = NeroBox(1, {{0, "Intro"}, {2500, "Rest"}});
  for (size_t size = 8; size <= whole.size(); ++size) {
    MovieSpec spec = Sound();
    const test::Bytes body(whole.begin() + 8, whole.begin() + static_cast<ptrdiff_t>(size));
    spec.udta = test::Box("chpl", body);
    const auto chapters = Read(BuildMovie(spec));
    ASSERT_TRUE(chapters.ok());
    EXPECT_EQ(chapters->size(), size < 31 ? 0u : size < whole.size() ? 1u : 2u) << size;
  }
}

TEST(Chapters, AreWaitedFor) {
  const auto file = BuildMovie(SoundWithTrack());
  auto source = std::make_shared<test::FaultSource>(file);
  Demuxer demuxer(source, {}, nullptr);
  ASSERT_TRUE(demuxer.Open().ok());
  source->fail_at = source->reads + 1;
  auto chapters = ReadChapters(*demuxer.movie(), source.get(), Limits());
  ASSERT_FALSE(chapters.ok());
  EXPECT_EQ(chapters.error().code, Errc::kNotYet);
  chapters = ReadChapters(*demuxer.movie(), source.get(), Limits());
  ASSERT_TRUE(chapters.ok());
  EXPECT_EQ(chapters->size(), 3u);
}

TEST(Chapters, NoMoreThanAllowed) {
  auto source = std::make_shared<MemorySource>(BuildMovie(SoundWithTrack()));
  Demuxer demuxer(source, {}, nullptr);
  ASSERT_TRUE(demuxer.Open().ok());
  Limits limits;
  limits.max_chapters = 2;
  EXPECT_EQ(ReadChapters(*demuxer.movie(), source.get(), limits)->size(), 2u);
}

}  // namespace
}  // namespace iso
