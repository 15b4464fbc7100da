// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Played over HTTP, as players do it: souphttpsrc pushes. Every sample beside the oracle, seeks,
// and how many requests and bytes it takes to start and to seek.

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "fragment_file.h"
#include "http_movies.h"
#include "http_server.h"
#include "media_files.h"
#include "play_compare.h"
#include "seek_rules.h"
#include "sparse_file.h"

namespace iso::test {
namespace {

constexpr const char* kName = "/movie.mp4";

class Http : public testing::Test {
 protected:
  void SetUp() override {
    GstElementFactory* factory = gst_element_factory_find("souphttpsrc");
    if (!factory) GTEST_SKIP() << "souphttpsrc is not installed";
    gst_object_unref(factory);
    ASSERT_TRUE(server_.ok());
  }

  HttpServer server_;
};

// A server in each of its moods, and each layout of a movie.

struct Mood {
  const char* name;
  bool ranges;
  bool length;
};

constexpr Mood kMoods[] = {
    {"ranges", true, true}, {"no_ranges", false, true}, {"unknown_length", true, false}};

class Whole : public Http, public testing::WithParamInterface<std::tuple<HttpLayout, Mood>> {};

void PrintTo(const std::tuple<HttpLayout, Mood>& c, std::ostream* out) {
  *out << std::get<0>(c).name << " " << std::get<1>(c).name;
}

bool IsSeekable(GstElement* element) {
  GstQuery* query = gst_query_new_seeking(GST_FORMAT_TIME);
  gboolean seekable = FALSE;
  EXPECT_TRUE(gst_element_query(element, query));
  gst_query_parse_seeking(query, nullptr, &seekable, nullptr, nullptr);
  gst_query_unref(query);
  return seekable;
}

TEST_P(Whole, EverySampleAndThenSeeks) {
  const auto& [layout, mood] = GetParam();
  const Watchdog watchdog(layout.name, 120);
  const Bytes bytes = layout.build();
  const TempFile file(bytes);
  server_.Add(kName, {file.path(), mood.ranges, mood.length});
  Recorder recorder(HttpSource(server_.Uri(kName)));
  recorder.Start("");
  const Outcome outcome = recorder.WaitEos();
  const OracleMovie movie = *ExpandMovie(bytes);
  ExpectNone(ComparePlayed(recorder, outcome, movie, bytes), layout.name);
  // souphttpsrc takes a server that tells a length for one that knows ranges.
  EXPECT_EQ(IsSeekable(recorder.demuxer()), mood.length);
  if (!mood.length) {
    EXPECT_FALSE(SeekTo(&recorder, 0, GST_SECOND));
  } else if (mood.ranges) {
    ExpectSeeksToBeRight(&recorder, movie, bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Movies,
                         Whole,
                         testing::Combine(testing::ValuesIn(HttpLayouts()),
                                          testing::ValuesIn(kMoods)),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param).name) + "_" +
                                  std::get<1>(test.param).name;
                         });

TEST_F(Http, AMovieHeaderThatCannotBeReachedIsTheSourcesError) {
  MovieSpec spec = Progressive(false);
  for (SampleSpec& sample : spec.tracks[0].samples)
    sample.size = 20'000;
  const TempFile file(BuildMovie(spec));
  server_.Add(kName, {file.path(), false});
  Recorder recorder(HttpSource(server_.Uri(kName)));
  recorder.Start("");
  EXPECT_EQ(recorder.WaitEos(30), Outcome::kError);
  recorder.Stop();
  const std::vector<std::string> errors = recorder.errors();
  ASSERT_FALSE(errors.empty());
  EXPECT_NE(errors[0].find("Server does not support seeking"), std::string::npos) << errors[0];
  // The source has said it (and that it stopped): the demuxer adds nothing to that.
  for (const std::string& error : errors)
    EXPECT_EQ(error.find("/GstIsoDemux"), std::string::npos) << error;
}

// Long movies, most of them a hole: what it costs to start and to seek.

using bench::Fragments;
using bench::MovieLayout;
using bench::Track;

constexpr Track kVideo = Track::kVideo;
constexpr Track kAudio = Track::kAudio;

/// A link of 20 Mbit/s. The loopback interface by itself fills a socket with up to a megabyte
/// before a request that has brought what was wanted can be given up, and a link ten times as fast
/// does so where the machine is busy.
constexpr uint64_t kLinkBytesPerSecond = 2'500'000;

/// 100 MB: 28 minutes, or 14 in fragments of 2 s.
bench::MovieSpec LongSpec(Fragments fragments, bool moov_last) {
  bench::MovieSpec spec;
  spec.frames = 50'000;
  spec.fragments = fragments;
  spec.moov_last = moov_last;
  return spec;
}

struct LongCase {
  const char* name;
  Fragments fragments;
  bool moov_last;
  size_t start_requests;
  size_t seek_requests;
};

void PrintTo(const LongCase& c, std::ostream* out) {
  *out << c.name;
}

class LongMovie : public Http, public testing::WithParamInterface<LongCase> {
 protected:
  void SetUp() override {
    Http::SetUp();
    if (IsSkipped()) return;
    std::string error;
    ASSERT_TRUE(bench::WriteMovie(layout_, file_.path(), error)) << error;
    HttpFile file{file_.path()};
    file.bytes_per_second = kLinkBytesPerSecond;
    server_.Add(kName, file);
  }

  uint64_t Offset(Track track, uint64_t sample) const {
    const bench::FileMap map = bench::MapOf(layout_);
    if (!layout_.IsFragmented()) return map.payload_start + layout_.Offset(track, sample);
    return bench::FragmentLayout(layout_, map.payload_start).SampleOffset(track, sample);
  }

  void Begin(Recorder* recorder) {
    recorder->HoldAtFirstBuffers();
    recorder->Start("");
    ASSERT_TRUE(recorder->WaitStarted(30));
  }

  /// The first buffer on each pad, by the layout: video from its sync frame on, sound from two
  /// packets before.
  void ExpectStartAt(const Recorder& recorder, uint64_t ns) const {
    for (const RecordedPad& pad : recorder.pads()) {
      const Track track = pad.name[0] == 'v' ? kVideo : kAudio;
      const uint64_t sounding = layout_.AudioFrameAt(ns);
      const uint64_t sample =
          track == kVideo ? layout_.SyncFrameAt(ns) : sounding - std::min<uint64_t>(sounding, 2);
      const auto first = std::find_if(
          pad.items.begin(), pad.items.end(), [](const RecordedItem& item) { return !item.event; });
      ASSERT_NE(first, pad.items.end()) << pad.name;
      EXPECT_EQ(first->offset, Offset(track, sample)) << pad.name << " after a seek to " << ns;
      EXPECT_EQ(first->size, layout_.Size(track, sample)) << pad.name;
      EXPECT_EQ(BufferStreamTime(*first, first->pts),
                static_cast<int64_t>(layout_.PresentationNs(track, sample)))
          << pad.name;
    }
  }

  MovieLayout layout_{LongSpec(GetParam().fragments, GetParam().moov_last)};
  TempFile file_{{}};
};

TEST_P(LongMovie, StartsWithFewRequests) {
  const Watchdog watchdog(GetParam().name, 60);
  Recorder recorder(HttpSource(server_.Uri(kName)));
  ASSERT_NO_FATAL_FAILURE(Begin(&recorder));
  ExpectStartAt(recorder, 0);
  const HttpCounts counts = server_.Counts(kName);
  EXPECT_LE(counts.requests, GetParam().start_requests);
  EXPECT_LT(counts.bytes, bench::MapOf(layout_).file_bytes / 20);
}

uint64_t BytesReceived(GstElement* demuxer) {
  GstStructure* stats = nullptr;
  g_object_get(demuxer, "stats", &stats, nullptr);
  guint64 bytes = 0;
  EXPECT_TRUE(gst_structure_get_uint64(stats, "bytes-read", &bytes));
  gst_structure_free(stats);
  return bytes;
}

/// What the server has sent by the time a request is given up counts, too.
TEST_P(LongMovie, SeeksWithFewRequestsAndBytes) {
  const Watchdog watchdog(GetParam().name, 120);
  const uint64_t file_bytes = bench::MapOf(layout_).file_bytes;
  for (const double first : {0.5, 0.9, 0.1, 0.37, 0.9999}) {
    Recorder recorder(HttpSource(server_.Uri(kName)));
    ASSERT_NO_FATAL_FAILURE(Begin(&recorder));
    for (const double part : {first, 1 - first, first / 2}) {
      server_.ResetCounts();
      const uint64_t before = BytesReceived(recorder.demuxer());
      const auto target = static_cast<int64_t>(part * static_cast<double>(layout_.DurationNs()));
      ASSERT_TRUE(SeekTo(&recorder, GST_SEEK_FLAG_ACCURATE, target)) << part;
      ASSERT_TRUE(recorder.WaitFirstBuffers(30)) << part;
      ExpectStartAt(recorder, static_cast<uint64_t>(target));
      const HttpCounts counts = server_.Counts(kName);
      EXPECT_LE(counts.requests, GetParam().seek_requests) << first << " " << part;
      EXPECT_LT(counts.bytes, file_bytes / 100) << first << " " << part;
      EXPECT_LT(BytesReceived(recorder.demuxer()) - before, file_bytes / 100)
          << first << " " << part;
    }
  }
}

/// The requests of some seeks in a session of its own.
size_t RequestsOfSeeks(HttpServer* server, const std::string& cache, int64_t duration_ns) {
  Recorder recorder(HttpSource(server->Uri(kName)));
  g_object_set(recorder.demuxer(), "index-cache-dir", cache.c_str(), nullptr);
  recorder.HoldAtFirstBuffers();
  recorder.Start("");
  EXPECT_TRUE(recorder.WaitStarted(30));
  server->ResetCounts();
  for (const int64_t tenth : {9, 4, 7}) {
    EXPECT_TRUE(SeekTo(&recorder, GST_SEEK_FLAG_ACCURATE, duration_ns / 10 * tenth));
    EXPECT_TRUE(recorder.WaitFirstBuffers(30));
  }
  return server->Counts(kName).requests;
}

TEST_P(LongMovie, WhatWasFoundIsKeptWhereThatIsAskedFor) {
  const Watchdog watchdog(GetParam().name, 60);
  const TempFile unique{{}};
  const std::string cache = unique.path() + ".cache";
  const auto duration = static_cast<int64_t>(layout_.DurationNs());
  const size_t first = RequestsOfSeeks(&server_, cache, duration);
  const size_t second = RequestsOfSeeks(&server_, cache, duration);
  std::filesystem::remove_all(cache);
  if (GetParam().fragments == Fragments::kWithoutIndex) {
    EXPECT_LT(second, first);
  } else {
    EXPECT_LE(second, first);
  }
}

constexpr LongCase kLongCases[] = {
    {"moov_first", Fragments::kNone, false, 1, 1},
    {"moov_last", Fragments::kNone, true, 3, 1},
    {"sidx", Fragments::kSidx, false, 1, 1},
    {"mfra", Fragments::kMfra, false, 1, 3},
    {"no_index", Fragments::kWithoutIndex, false, 1, 5},
};

INSTANTIATE_TEST_SUITE_P(Movies, LongMovie, testing::ValuesIn(kLongCases), [](const auto& test) {
  return std::string(test.param.name);
});

}  // namespace
}  // namespace iso::test
