// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Memory pressure as applications and systems tell of it: what is pushed stays the same, the
// stats follow, and nothing is left behind. The bus is private to the test, and so is the
// monitor on it.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include <gio/gio.h>
#include <gst/gst.h>

#include "chunk_source.h"
#include "fragment_catalog.h"
#include "media_files.h"
#include "movie_catalog.h"
#include "pressure_group.h"
#include "recorder.h"
#include "same_output.h"
#include "test_bus.h"

namespace iso::test {
namespace {

uint64_t Stat(GstElement* demuxer, const char* name) {
  GstStructure* stats = nullptr;
  g_object_get(demuxer, "stats", &stats, nullptr);
  guint64 value = 0;
  gst_structure_get_uint64(stats, name, &value);
  gst_structure_free(stats);
  return value;
}

guint Pressure(GstElement* demuxer) {
  guint level = 0;
  g_object_get(demuxer, "memory-pressure", &level, nullptr);
  return level;
}

/// Does `act` now and then until the element is under this pressure.
bool Reaches(GstElement* demuxer, uint64_t level, const std::function<void()>& act) {
  for (int i = 0; i < 500; ++i) {
    if (i % 25 == 0) act();
    if (Stat(demuxer, "memory-pressure") == level) return true;
    g_usleep(20'000);
  }
  return false;
}

/// Threads of ours that are alive.
int WatchThreads() {
  int count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream in(task.path() / "comm");
    std::string name;
    std::getline(in, name);
    count += name == "isodemux-memory";
  }
  return count;
}

struct Playing {
  double rate;
  double from;  ///< of the duration
};

/// What a file gives from the start, then from a seek on, forwards or backwards.
std::vector<RecordedPad> Play(Recorder* recorder, const std::string& path, const Playing& playing) {
  recorder->Start(path);
  if (recorder->WaitEos(60) != Outcome::kEos) return {};
  gint64 duration = 0;
  gst_element_query_duration(recorder->demuxer(), GST_FORMAT_TIME, &duration);
  const auto at = static_cast<int64_t>(static_cast<double>(duration) * playing.from);
  const bool forward = playing.rate > 0;
  recorder->Seek(playing.rate,
                 GST_FORMAT_TIME,
                 GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                 GST_SEEK_TYPE_SET,
                 forward ? at : 0,
                 forward ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET,
                 forward ? -1 : at);
  return recorder->WaitEos(60) == Outcome::kEos ? recorder->pads() : std::vector<RecordedPad>();
}

/// Changes pressure and budget all the time, as long as it lives.
class Shaker {
 public:
  explicit Shaker(GstElement* demuxer)
      : thread_([this, demuxer] {
          std::mt19937 random(1);
          const std::array<guint, 4> levels = {0, 50, 100, 255};
          while (!done_) {
            g_object_set(demuxer,
                         "memory-pressure",
                         levels[random() % 4],
                         "index-budget",
                         guint64{random() % (1u << 19)},
                         nullptr);
            std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
          }
        }) {}

  ~Shaker() {
    done_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> done_{false};
  std::thread thread_;
};

enum class Way { kPulled, kPushed };

void ExpectSameWhileShaken(const std::string& path, Way way, const Playing& playing) {
  std::shared_ptr<const std::vector<uint8_t>> bytes;
  if (way == Way::kPushed) bytes = std::make_shared<const std::vector<uint8_t>>(ReadFile(path));
  const auto source = [&] { return bytes ? MakeChunkSource(bytes, {4096, true, true}) : nullptr; };
  const std::string location = way == Way::kPulled ? path : "";
  Recorder quiet(source());
  const std::vector<RecordedPad> expected = Play(&quiet, location, playing);
  if (expected.empty()) GTEST_SKIP() << "the file does not play to its end";
  Recorder shaken(source());
  const Shaker shaker(shaken.demuxer());
  ExpectSame(Play(&shaken, location, playing), expected);
}

/// On and backwards; what is pushed only goes on.
void ExpectSameWhileShaken(const std::string& path) {
  ASSERT_NO_FATAL_FAILURE(ExpectSameWhileShaken(path, Way::kPulled, {1.0, 0.4}));
  ASSERT_NO_FATAL_FAILURE(ExpectSameWhileShaken(path, Way::kPulled, {-1.0, 0.8}));
  ASSERT_NO_FATAL_FAILURE(ExpectSameWhileShaken(path, Way::kPushed, {1.0, 0.4}));
}

class Real : public testing::TestWithParam<std::string> {};

TEST_P(Real, NothingChangesWhileTheIndexShrinks) {
  if (GetParam().empty()) GTEST_SKIP() << "no ISODEMUX_TEST_MEDIA";
  const Watchdog watchdog(GetParam(), 400);
  ExpectSameWhileShaken(MediaRoot() + "/" + GetParam());
}

std::string NameOf(const testing::TestParamInfo<std::string>& test) {
  return std::to_string(test.index) + "_" + TestName(test.param);
}

INSTANTIATE_TEST_SUITE_P(Files, Real, testing::ValuesIn(RealMovies()), NameOf);
INSTANTIATE_TEST_SUITE_P(Fragmented, Real, testing::ValuesIn(RealFragments()), NameOf);

class Generated : public testing::Test {
 protected:
  const TempFile file_{BuildMovie(PlainMovie())};
};

TEST_F(Generated, NothingChangesWhileTheIndexShrinks) {
  ExpectSameWhileShaken(file_.path());
  const TempFile fragmented(BuildFragments(PlainFragments()).bytes);
  ExpectSameWhileShaken(fragmented.path());
}

/// Another file than the FIFO, for elements that are started meanwhile.
class OtherPressureFile {
 public:
  explicit OtherPressureFile(const std::string& path) : before_(g_getenv(kVariable)) {
    g_setenv(kVariable, path.c_str(), TRUE);
  }

  ~OtherPressureFile() { g_setenv(kVariable, before_.c_str(), TRUE); }

  OtherPressureFile(const OtherPressureFile&) = delete;
  OtherPressureFile& operator=(const OtherPressureFile&) = delete;

 private:
  static constexpr char kVariable[] = "ISODEMUX_PRESSURE_FILE";

  const std::string before_;
};

/// A recorder that goes on playing for as long as a test may need.
class Signals : public Generated {
 protected:
  void SetUp() override {
    recorder_.SetDelay(5'000);
    recorder_.Start(file_.path());
    ASSERT_TRUE(recorder_.WaitFor([](const auto& pads) { return !pads.empty(); }));
  }

  GstElement* demuxer() const { return recorder_.demuxer(); }

  Recorder recorder_;
};

TEST_F(Signals, ThePropertyHoldsUntilItIsTakenBack) {
  EXPECT_EQ(Pressure(demuxer()), 0u);
  const uint64_t budget = Stat(demuxer(), "index-budget");
  EXPECT_EQ(budget, 768u << 10);
  g_object_set(demuxer(), "memory-pressure", 255, nullptr);
  EXPECT_EQ(Pressure(demuxer()), 255u);
  EXPECT_EQ(Stat(demuxer(), "memory-pressure"), 255u);
  EXPECT_EQ(Stat(demuxer(), "shrinks"), 1u);
  EXPECT_LE(Stat(demuxer(), "index-budget"), budget / 8);
  EXPECT_LE(Stat(demuxer(), "index-bytes"), Stat(demuxer(), "index-budget"));
  g_object_set(demuxer(), "memory-pressure", 0, nullptr);
  EXPECT_EQ(Stat(demuxer(), "memory-pressure"), 0u);
  EXPECT_EQ(Stat(demuxer(), "index-budget"), budget);
}

TEST_F(Signals, AContextOfThePipelineSetsIt) {
  GstContext* context = gst_context_new("isodemux.memory-pressure", TRUE);
  gst_structure_set(gst_context_writable_structure(context), "level", G_TYPE_UINT, 100u, nullptr);
  gst_element_set_context(recorder_.pipeline(), context);
  gst_context_unref(context);
  EXPECT_EQ(Pressure(demuxer()), 100u);
}

/// A FIFO stands in for the kernel's file here.
TEST_F(Signals, AStandInForTheKernelsTriggerIsHeard) {
  for (const uint8_t warning : {50, 100, 255}) {
    EXPECT_TRUE(Reaches(demuxer(), warning, [&] { WritePressure(warning); })) << int{warning};
  }
  EXPECT_EQ(Stat(demuxer(), "shrinks"), 3u);
}

/// The kernel itself: a child waits for memory that its control group has not.
TEST_F(Generated, TheKernelIsHeardWhereMemoryIsShort) {
  std::string why_not;
  const auto group = PressureGroup::Make(&why_not);
  if (!group) GTEST_SKIP() << "only the stand-in is tested: " << why_not;
  const OtherPressureFile other(group->pressure_file());
  Recorder recorder;
  recorder.SetDelay(5'000);
  recorder.Start(file_.path());
  ASSERT_TRUE(recorder.WaitFor([](const auto& pads) { return !pads.empty(); }));
  EXPECT_EQ(Stat(recorder.demuxer(), "memory-pressure"), 0u);
  if (!group->StartChild()) GTEST_SKIP() << "no child can be put into " << group->pressure_file();
  for (int i = 0; i < 3000 && Stat(recorder.demuxer(), "memory-pressure") == 0; ++i)
    g_usleep(20'000);
  // Twenty times what a trigger takes: it may have come piecemeal.
  if (Stat(recorder.demuxer(), "memory-pressure") == 0 && group->waited_us() < 1'400'000) {
    GTEST_SKIP() << "this kernel lets the child wait for memory too seldom: " << group->waited_us()
                 << " us";
  }
  EXPECT_GE(Stat(recorder.demuxer(), "memory-pressure"), 50u);
  EXPECT_GE(Stat(recorder.demuxer(), "shrinks"), 1u);
  EXPECT_LT(Stat(recorder.demuxer(), "index-budget"), 768u << 10);
}

TEST_F(Signals, TheApplicationsMonitorIsHeard) {
  GMemoryMonitor* monitor = g_memory_monitor_dup_default();
  for (const int level : {50, 100, 255}) {
    EXPECT_TRUE(Reaches(demuxer(), static_cast<uint64_t>(level), [&] {
      g_signal_emit_by_name(monitor, "low-memory-warning", level);
    })) << level;
  }
  g_object_unref(monitor);
}

TEST_F(Signals, TheBusIsHeardWithoutAMainLoop) {
  if (!TestBus::Available()) GTEST_SKIP() << TestBus::WhyNot();
  for (const uint8_t warning : {50, 100, 255}) {
    EXPECT_TRUE(Reaches(demuxer(), warning, [&] { TestBus::Warn(warning); })) << int{warning};
  }
}

TEST_F(Signals, TheBusIsHeardWithAMainLoop) {
  if (!TestBus::Available()) GTEST_SKIP() << TestBus::WhyNot();
  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  std::thread application([&] { g_main_loop_run(loop); });
  EXPECT_TRUE(Reaches(demuxer(), 100, [] { TestBus::Warn(100); }));
  EXPECT_TRUE(Reaches(demuxer(), 255, [] { TestBus::Warn(255); }));
  while (!g_main_loop_is_running(loop))
    g_usleep(1000);
  g_main_loop_quit(loop);
  application.join();
  g_main_loop_unref(loop);
}

TEST_F(Signals, ThreadsGoWithTheLastElementAndSoDoesTheLevel) {
  EXPECT_TRUE(Reaches(demuxer(), 255, [] { WritePressure(255); }));
  EXPECT_GT(WatchThreads(), 0);
  recorder_.Stop();
  EXPECT_EQ(WatchThreads(), 0);
  EXPECT_EQ(Pressure(demuxer()), 0u);
}

TEST_F(Generated, NoThreadIsStartedBeforeAFileIsOpen) {
  GstElement* demuxer = gst_element_factory_make("isodemux", nullptr);
  gst_element_set_state(demuxer, GST_STATE_READY);
  EXPECT_EQ(WatchThreads(), 0);
  gst_element_set_state(demuxer, GST_STATE_NULL);
  gst_object_unref(demuxer);
}

TEST_F(Generated, ElementsGoWhileSignalsAreDelivered) {
  std::atomic<bool> done{false};
  std::thread warning([&] {
    GMemoryMonitor* monitor = g_memory_monitor_dup_default();
    for (guint i = 0; !done; ++i) {
      g_signal_emit_by_name(monitor, "low-memory-warning", i % 2 ? 255 : 50);
      WritePressure(100);
      if (TestBus::Available() && i % 8 == 0) TestBus::Warn(255);
    }
    g_object_unref(monitor);
  });
  for (int i = 0; i < 40; ++i) {
    Recorder recorder;
    recorder.Start(file_.path());
    EXPECT_EQ(recorder.WaitEos(30), Outcome::kEos);
  }
  done = true;
  warning.join();
}

TEST_F(Generated, TwoHundredElementsShareTheMemoryOfAll) {
  GstElement* pipeline = gst_pipeline_new(nullptr);
  std::vector<GstElement*> demuxers;
  for (int i = 0; i < 200; ++i) {
    GstElement* source = gst_element_factory_make("filesrc", nullptr);
    demuxers.push_back(gst_element_factory_make("isodemux", nullptr));
    g_object_set(source, "location", file_.path().c_str(), nullptr);
    gst_bin_add_many(GST_BIN(pipeline), source, demuxers.back(), nullptr);
    gst_element_link(source, demuxers.back());
  }
  gst_element_set_state(pipeline, GST_STATE_PAUSED);
  const auto sum = [&](const char* name) {
    uint64_t bytes = 0;
    for (GstElement* demuxer : demuxers)
      bytes += Stat(demuxer, name);
    return bytes;
  };
  const auto open = [&] {
    return std::all_of(demuxers.begin(), demuxers.end(), [](GstElement* demuxer) {
      return Stat(demuxer, "index-budget") > 0;
    });
  };
  for (int i = 0; i < 1000 && !open(); ++i)
    g_usleep(20'000);
  ASSERT_TRUE(open());
  EXPECT_LE(sum("index-budget"), 32u << 20);
  EXPECT_LE(sum("index-bytes"), sum("index-budget"));
  EXPECT_TRUE(Reaches(demuxers[0], 255, [] { WritePressure(255); }));
  for (GstElement* demuxer : demuxers) {
    EXPECT_EQ(Stat(demuxer, "memory-pressure"), 255u);
    EXPECT_LE(Stat(demuxer, "index-bytes"), Stat(demuxer, "index-budget"));
  }
  EXPECT_LE(sum("index-budget"), 200u * (48u << 10));
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}

}  // namespace
}  // namespace iso::test
