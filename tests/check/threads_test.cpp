// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Everything at the same time: files play while other threads seek in them, ask, read the stats,
// change what may be set, and warn of memory; and go in the middle of it. ./run tests --threads has
// ThreadSanitizer look on.

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include <gio/gio.h>
#include <gst/gst.h>

#include "chunk_source.h"
#include "fragment_catalog.h"
#include "movie_catalog.h"
#include "recorder.h"
#include "same_output.h"
#include "temp_directory.h"
#include "test_bus.h"

namespace iso::test {
namespace {

#ifdef __SANITIZE_THREAD__
constexpr int kSeeks = 200;
constexpr int kDisposals = 60;
#else
constexpr int kSeeks = 500;
constexpr int kDisposals = 100;
#endif

/// How an element comes by its file.
struct Way {
  Bytes file;
  bool pushed;
};

std::vector<Way> AllWays() {
  const Bytes movie = BuildMovie(PlainMovie());
  const Bytes fragments = BuildFragments(PlainFragments()).bytes;
  return {{movie, false}, {fragments, false}, {movie, true}, {fragments, true}};
}

GstElement* SourceOf(const Way& way) {
  ChunkOptions options{4096, true, true};
  options.pullable = !way.pushed;
  return MakeChunkSource(std::make_shared<const Bytes>(way.file), options);
}

/// Threads that do something until they are told to stop, or for a number of times.
class Crowd {
 public:
  ~Crowd() { Finish(); }

  void Repeat(std::function<void(std::mt19937&)> act) {
    const auto seed = static_cast<unsigned>(threads_.size());
    threads_.emplace_back([this, act = std::move(act), seed] {
      std::mt19937 random(seed);
      while (!done_)
        act(random);
    });
  }

  void Finish() {
    done_ = true;
    for (std::thread& thread : threads_)
      thread.join();
    threads_.clear();
  }

 private:
  std::atomic<bool> done_{false};
  std::vector<std::thread> threads_;
};

/// Whether the seek was accepted.
bool SeekSomewhere(Recorder* recorder, bool pushed, std::mt19937& random) {
  gint64 duration = 0;
  gst_element_query_duration(recorder->demuxer(), GST_FORMAT_TIME, &duration);
  const auto at =
      static_cast<gint64>(random() % static_cast<uint64_t>(std::max<gint64>(duration, 1)));
  const int more[] = {GST_SEEK_FLAG_ACCURATE, GST_SEEK_FLAG_KEY_UNIT, GST_SEEK_FLAG_TRICKMODE, 0};
  const bool backward = !pushed && random() % 3 == 0;
  const int flags = GST_SEEK_FLAG_FLUSH | more[random() % 4];
  return recorder->Seek(backward ? -1 : 1,
                        GST_FORMAT_TIME,
                        flags,
                        GST_SEEK_TYPE_SET,
                        backward ? 0 : at,
                        GST_SEEK_TYPE_SET,
                        backward ? at : -1);
}

/// From the start to the end.
bool PlayAgain(Recorder* recorder) {
  const int flags = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE;
  return recorder->Seek(1, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, -1) &&
         recorder->WaitEos(60) == Outcome::kEos;
}

void Ask(GstElement* demuxer) {
  gint64 value = 0;
  gst_element_query_position(demuxer, GST_FORMAT_TIME, &value);
  gst_element_query_duration(demuxer, GST_FORMAT_TIME, &value);
  gst_element_query_convert(demuxer, GST_FORMAT_TIME, GST_SECOND, GST_FORMAT_DEFAULT, &value);
  for (GstQuery* query :
       {gst_query_new_seeking(GST_FORMAT_TIME), gst_query_new_segment(GST_FORMAT_TIME)}) {
    gst_element_query(demuxer, query);
    gst_query_unref(query);
  }
  GstStructure* stats = nullptr;
  g_object_get(demuxer, "stats", &stats, nullptr);
  gst_structure_free(stats);
}

void Change(GstElement* demuxer, std::mt19937& random) {
  const guint levels[] = {0, 50, 100, 255};
  const guint64 budget = random() % (1u << 19);
  g_object_set(demuxer, "memory-pressure", levels[random() % 4], "index-budget", budget, nullptr);
}

/// As the desktop, the kernel and the application's monitor do.
void WarnOfMemory(GMemoryMonitor* monitor, std::mt19937& random) {
  const guint level = random() % 2 ? 255 : 50;
  g_signal_emit_by_name(monitor, "low-memory-warning", level);
  WritePressure(100);
  if (TestBus::Available() && random() % 4 == 0) TestBus::Warn(255);
  g_usleep(500);
}

class Threads : public testing::Test {
 protected:
  void TearDown() override { g_object_unref(monitor_); }

  GMemoryMonitor* const monitor_ = g_memory_monitor_dup_default();
};

TEST_F(Threads, FilesAreSoughtAskedAndShrunkWhileTheyPlay) {
  const std::vector<Way> ways = AllWays();
  std::vector<std::vector<RecordedPad>> expected;
  std::deque<Recorder> recorders;
  for (const Way& way : ways) {
    Recorder quiet(SourceOf(way));
    quiet.Start("");
    ASSERT_EQ(quiet.WaitEos(60), Outcome::kEos);
    ASSERT_TRUE(PlayAgain(&quiet));
    expected.push_back(quiet.pads());
    recorders.emplace_back(SourceOf(way)).Start("");
  }
  for (Recorder& recorder : recorders)
    ASSERT_TRUE(recorder.WaitFor([](const auto& pads) { return !pads.empty(); }, 60));
  Crowd crowd;
  crowd.Repeat([&](std::mt19937& random) { WarnOfMemory(monitor_, random); });
  crowd.Repeat([&](std::mt19937& random) { Ask(recorders[random() % ways.size()].demuxer()); });
  crowd.Repeat([&](std::mt19937& random) {
    Change(recorders[random() % ways.size()].demuxer(), random);
    g_usleep(200);
  });
  std::vector<std::thread> seeking;
  for (size_t i = 0; i < ways.size(); ++i) {
    seeking.emplace_back([&, i] {
      std::mt19937 random(static_cast<unsigned>(i));
      for (int n = 0; n < kSeeks; ++n) {
        ASSERT_TRUE(SeekSomewhere(&recorders[i], ways[i].pushed, random)) << i << " " << n;
        if (random() % 2) {
          ASSERT_TRUE(recorders[i].WaitFirstBuffers(60)) << i << " " << n;
        }
      }
    });
  }
  for (std::thread& thread : seeking)
    thread.join();
  for (size_t i = 0; i < ways.size(); ++i) {
    ASSERT_TRUE(PlayAgain(&recorders[i])) << i;
    EXPECT_EQ(recorders[i].errors(), std::vector<std::string>()) << i;
  }
  crowd.Finish();
  for (size_t i = 0; i < ways.size(); ++i)
    ExpectSame(recorders[i].pads(), expected[i]);
}

TEST_F(Threads, ElementsGoInTheMiddleOfAllThat) {
  const std::vector<Way> ways = AllWays();
  Crowd warning;
  warning.Repeat([&](std::mt19937& random) { WarnOfMemory(monitor_, random); });
  std::mt19937 random(1);
  for (int i = 0; i < kDisposals; ++i) {
    const Way& way = ways[static_cast<size_t>(i) % ways.size()];
    Recorder recorder(SourceOf(way));
    recorder.Start("");
    Crowd crowd;
    crowd.Repeat([&](std::mt19937&) { Ask(recorder.demuxer()); });
    crowd.Repeat([&](std::mt19937& dice) { Change(recorder.demuxer(), dice); });
    crowd.Repeat([&](std::mt19937& dice) { SeekSomewhere(&recorder, way.pushed, dice); });
    g_usleep(random() % 20'000);
    recorder.Stop();
  }
}

}  // namespace
}  // namespace iso::test
