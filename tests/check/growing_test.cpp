// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files that grow while they are played (follow-timeout).

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "fragment_catalog.h"
#include "movie_catalog.h"
#include "oracle_bytes.h"
#include "play_compare.h"
#include "recorder.h"
#include "seek_rules.h"

namespace iso::test {
namespace {

constexpr GstClockTime kTimeout = 1500 * GST_MSECOND;

Bytes Part(const Bytes& bytes, size_t size) {
  return Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
}

void Append(const std::string& path, const Bytes& bytes, size_t from, size_t to) {
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file.write(reinterpret_cast<const char*>(bytes.data()) + from,
             static_cast<std::streamsize>(to - from));
}

/// Appends all but the first `from` bytes in pieces of odd sizes.
void Write(const std::string& path, const Bytes& bytes, size_t from) {
  const size_t step = bytes.size() / 9 + 1;
  for (size_t at = from; at < bytes.size();) {
    const size_t end = std::min(bytes.size(), at + step + at % 7);
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    Append(path, bytes, at, end);
    at = end;
  }
}

void Follow(Recorder& recorder, GstClockTime timeout) {
  g_object_set(recorder.demuxer(), "follow-timeout", static_cast<guint64>(timeout), nullptr);
}

TEST(Growing, IsPlayedToItsFinalEnd) {
  const FragmentedMovie built = BuildFragments(PlainFragments());
  for (const uint64_t begin :
       {uint64_t{5}, built.init_size, built.places[0].end, built.places[2].mdat + 9}) {
    const TempFile file(Part(built.bytes, begin));
    Recorder recorder;
    Follow(recorder, kTimeout);
    std::thread writer([&] { Write(file.path(), built.bytes, begin); });
    recorder.Start(file.path());
    const Outcome outcome = recorder.WaitEos(60);
    writer.join();
    ExpectNone(ComparePlayed(recorder, outcome, *ExpandMovie(built.bytes), built.bytes),
               "from " + std::to_string(begin));
    EXPECT_FALSE(recorder.messages(GST_MESSAGE_DURATION_CHANGED).empty()) << begin;
  }
}

TEST(Growing, WithoutTheTimeoutTheEndIsTheEnd) {
  const FragmentedMovie built = BuildFragments(PlainFragments());
  const Bytes bytes = Part(built.bytes, built.places[2].end);
  const TempFile file(bytes);
  Recorder recorder;
  recorder.Start(file.path());
  const Outcome outcome = recorder.WaitEos();
  ExpectNone(ComparePlayed(recorder, outcome, *ExpandMovie(bytes), bytes), "cut");
}

TEST(Growing, AMovieThatIsNotInFragments) {
  const Bytes bytes = BuildMovie(PlainMovie());
  const size_t begin = bytes.size() * 2 / 3;
  const TempFile file(Part(bytes, begin));
  Recorder recorder;
  Follow(recorder, kTimeout);
  std::thread writer([&] { Write(file.path(), bytes, begin); });
  recorder.Start(file.path());
  const Outcome outcome = recorder.WaitEos(60);
  writer.join();
  ExpectNone(ComparePlayed(recorder, outcome, *ExpandMovie(bytes), bytes), "progressive");
}

/// What the writer says first of how large the mdat is, over `bytes` that say it rightly.
Bytes BeforeMending(Bytes bytes, const std::string& box, const Bytes& first) {
  const auto found = std::search(bytes.begin(), bytes.end(), box.begin(), box.end());
  EXPECT_NE(found, bytes.end());
  std::copy(first.begin(), first.end(), found - 4);
  return bytes;
}

/// A writer goes back to what it could not know when it began: the length of mdat, a duration.
void ExpectPlayedAfterMending(const Bytes& bytes, const Bytes& first, const char* name) {
  const size_t begin = bytes.size() / 3;
  const TempFile file(Part(first, begin));
  Recorder recorder;
  Follow(recorder, kTimeout);
  std::thread writer([&] {
    Write(file.path(), first, begin);
    std::fstream mended(file.path(), std::ios::binary | std::ios::in | std::ios::out);
    mended.write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(std::min<size_t>(bytes.size(), 4096)));
  });
  recorder.Start(file.path());
  const Outcome outcome = recorder.WaitEos(60);
  writer.join();
  ExpectNone(ComparePlayed(recorder, outcome, *ExpandMovie(bytes), bytes), name);
}

TEST(Growing, AMovieHeaderAtTheEndOfSampleDataThatGoesOn) {
  MovieSpec spec = PlainMovie();
  spec.moov_first = false;
  const Bytes bytes = BuildMovie(spec);
  const Bytes to_end = BeforeMending(bytes, "mdat", {0, 0, 0, 0});
  ExpectPlayedAfterMending(bytes, to_end, "size 0");
}

TEST(Growing, AMovieHeaderBehindSampleDataThatWasEmpty) {
  MovieSpec spec = PlainMovie();
  spec.moov_first = false;
  const Bytes small = BuildMovie(spec);
  ExpectPlayedAfterMending(small, BeforeMending(small, "mdat", {0, 0, 0, 8}), "8 bytes");
  const Bytes no_box = {0, 0, 0, 8, 'm', 'd', 'a', 't', 0, 0, 0, 3, 1, 2, 3, 4};
  ExpectPlayedAfterMending(small, BeforeMending(small, "mdat", no_box), "8 bytes, then no box");
  spec.large_mdat = true;
  const Bytes large = BuildMovie(spec);
  const Bytes empty =
      BeforeMending(large, "mdat", {0, 0, 0, 1, 'm', 'd', 'a', 't', 0, 0, 0, 0, 0, 0, 0, 16});
  ExpectPlayedAfterMending(large, empty, "16 bytes");
}

TEST(Growing, ADurationThatWasNotKnown) {
  FragmentedSpec spec = PlainFragments();
  spec.mehd_version = 0;
  spec.tfra_version = 0;
  const Bytes bytes = BuildFragments(spec).bytes;
  const Bytes zero = {0, 0, 0, 20, 'm', 'e', 'h', 'd', 0, 0, 0, 0, 0, 0, 0, 0};
  ExpectPlayedAfterMending(bytes, BeforeMending(bytes, "mehd", zero), "mehd");
}

TEST(Growing, AMovieHeaderThatNeverComesIsAnError) {
  const FragmentedMovie built = BuildFragments(PlainFragments());
  const TempFile file(Part(built.bytes, 5));
  Recorder recorder;
  Follow(recorder, 300 * GST_MSECOND);
  recorder.Start(file.path());
  EXPECT_EQ(recorder.WaitEos(60), Outcome::kError);
  recorder.Stop();
  EXPECT_EQ(recorder.errors().size(), 1u);
}

/// A file of which three fragments are there, played to their end: the wait for more would last
/// an hour.
class Waiting : public testing::Test {
 protected:
  void SetUp() override {
    const OracleMovie there = *ExpandMovie(Part(built_.bytes, end_));
    Follow(recorder_, 3600 * GST_SECOND);
    recorder_.Start(file_.path());
    ASSERT_TRUE(recorder_.WaitFor([&](const auto& pads) {
      const auto whole = [&](size_t i) {
        return pads[i]->buffers == there.tracks[i].samples.size();
      };
      return pads.size() == 2 && whole(0) && whole(1);
    }));
  }

  gint64 Duration() {
    gint64 duration = -1;
    EXPECT_TRUE(gst_element_query_duration(recorder_.demuxer(), GST_FORMAT_TIME, &duration));
    return duration;
  }

  gint64 SeekableEnd() {
    GstQuery* query = gst_query_new_seeking(GST_FORMAT_TIME);
    gint64 end = 0;
    EXPECT_TRUE(gst_element_query(recorder_.demuxer(), query));
    gst_query_parse_seeking(query, nullptr, nullptr, nullptr, &end);
    gst_query_unref(query);
    return end;
  }

  const FragmentedMovie built_ = BuildFragments(PlainFragments());
  const uint64_t end_ = built_.places[2].end;
  const TempFile file_{Part(built_.bytes, end_)};
  const Watchdog watchdog_{"waiting", 60};
  Recorder recorder_;
};

TEST_F(Waiting, IsInterruptedByTheEnd) {
  for (const RecordedPad& pad : recorder_.pads())
    EXPECT_FALSE(pad.eos) << pad.name;
  recorder_.Stop();
}

TEST_F(Waiting, IsInterruptedByASeekToWhatHasComeSince) {
  const gint64 before = Duration();
  EXPECT_EQ(SeekableEnd(), -1);
  Append(file_.path(), built_.bytes, end_, built_.bytes.size());
  const OracleMovie movie = *ExpandMovie(built_.bytes);
  const auto rules = SeekRules::For(movie, recorder_.pads(), built_.bytes.size());
  ASSERT_TRUE(rules);
  const int64_t target = before + (rules->end() - before) / 2;
  ASSERT_TRUE(recorder_.Seek(1.0,
                             GST_FORMAT_TIME,
                             GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                             GST_SEEK_TYPE_SET,
                             target,
                             GST_SEEK_TYPE_NONE,
                             -1));
  ASSERT_TRUE(recorder_.WaitFirstBuffers(30));
  const SeekExpectation expected = rules->Expect(GST_SEEK_FLAG_ACCURATE, target);
  ExpectNone(rules->Check(expected, recorder_.pads(), built_.bytes), "sought");
  EXPECT_GT(Duration(), before);
  EXPECT_EQ(SeekableEnd(), -1);
}

}  // namespace
}  // namespace iso::test
