// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The measurements of measurements.h.

#include "measurements.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <malloc.h>
#include <memory>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "bench_pipeline.h"
#include "ffprobe.h"
#include "floor_source.h"
#include "percentile.h"
#include "seek_plan.h"

namespace iso::bench {

namespace {

void Say(const char* name, double value) {
  std::printf("%s=%.9g\n", name, value);
}

void Say(const char* name, const std::string& text) {
  std::printf("%s=%s\n", name, text.c_str());
}

double Milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

/// How much this process has read, by its own read calls.
struct ReadCounters {
  double bytes = 0;
  double calls = 0;

  static ReadCounters Now() {
    ReadCounters now;
    std::ifstream io("/proc/self/io");
    for (std::string name; io >> name;) {
      double value = 0;
      io >> value;
      if (name == "rchar:") now.bytes = value;
      if (name == "syscr:") now.calls = value;
    }
    return now;
  }
};

struct MemoryInUse {
  double heap = 0;
  double resident = 0;

  static MemoryInUse Now() {
    const struct mallinfo2 info = mallinfo2();
    double pages = 0;
    std::ifstream statm("/proc/self/statm");
    statm >> pages >> pages;
    return {static_cast<double>(info.uordblks + info.hblkhd),
            pages * static_cast<double>(sysconf(_SC_PAGESIZE))};
  }
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Compares what came with what the layout says must come, and keeps the first difference.
class Judge {
 public:
  explicit Judge(const MovieLayout& layout) : layout_(layout) {}

  void Check(Track track, uint64_t sample, const SeenBuffer& got, const std::string& when) {
    const uint64_t pts = layout_.PresentationNs(track, sample);
    const bool right_time =
        got.stream_time + 1 >= pts && got.stream_time <= pts + 1;  // rounding is free
    const bool right = right_time && got.size == layout_.Size(track, sample) &&
                       got.head == MovieLayout::Marker(track, sample) &&
                       got.delta_unit != MovieLayout::IsSync(track, sample);
    if (right) return;
    if (wrong_++ > 0) return;
    std::array<char, 200> text{};
    std::snprintf(text.data(),
                  text.size(),
                  "%s: %s sample %" PRIu64 " at %" PRIu64 " ns expected, got \"%c%.0f\" at %" PRIu64
                  " ns, %zu bytes%s",
                  when.c_str(),
                  track == Track::kVideo ? "video" : "audio",
                  sample,
                  pts,
                  got.head[4] == 0 ? '?' : got.head[4],
                  MarkedSample(got),
                  got.stream_time,
                  got.size,
                  got.delta_unit ? ", a delta unit" : "");
    Say("wrong", text.data());
  }

  void CheckCount(Track track, uint64_t got) {
    const uint64_t expected = layout_.SampleCount(track);
    if (got == expected || wrong_++ > 0) return;
    Say("wrong",
        std::to_string(got) + " of " + std::to_string(expected) + " buffers of track " +
            (track == Track::kVideo ? "video" : "audio"));
  }

  void Finish() const { Say("wrong_answers", static_cast<double>(wrong_)); }

 private:
  static double MarkedSample(const SeenBuffer& got) {
    double sample = 0;
    for (size_t i = 5; i < got.head.size(); ++i) {
      sample = sample * 256 + got.head[i];
    }
    return sample;
  }

  const MovieLayout& layout_;
  uint64_t wrong_ = 0;
};

int Refused(BenchPipeline& pipeline) {
  Say("refused", pipeline.trouble());
  return 0;
}

/// After the file has been opened, anything but an answer is a failure.
int Failed(BenchPipeline& pipeline) {
  Say("failure", pipeline.trouble());
  return 1;
}

/// Seeks, checks, and returns how long it took until both sinks had their buffer again.
double TimedSeek(
    BenchPipeline& pipeline, const MovieLayout& layout, SeekKind kind, uint64_t ns, Judge& judge) {
  const auto start = Clock::now();
  if (!pipeline.Seek(kind, ns)) return -1;
  const double time = Milliseconds(Clock::now() - start);
  const auto expected = FirstSamples(layout, kind, ns);
  for (const Track track : kTracks) {
    judge.Check(track,
                expected[static_cast<size_t>(track)],
                pipeline.first(track),
                "after a seek to " + std::to_string(ns) + " ns");
  }
  return time;
}

bool OpenTimed(BenchPipeline& pipeline) {
  const ReadCounters before = ReadCounters::Now();
  const auto start = Clock::now();
  if (!pipeline.Open()) return false;
  Say("open_ms", Milliseconds(Clock::now() - start));
  const ReadCounters after = ReadCounters::Now();
  Say("open_read_bytes", after.bytes - before.bytes);
  Say("open_read_calls", after.calls - before.calls);
  return true;
}

int MeasureSeeks(const MeasurementRequest& request, SeekKind first_kind) {
  const MovieLayout layout(request.spec);
  const std::vector<uint64_t> targets = SeekTargets(layout, kRandomSeeks);
  Judge judge(layout);
  BenchPipeline pipeline(Branch::kQueue);
  pipeline.Observe();
  if (!pipeline.AddDemuxer(request.element, request.file)) return Failed(pipeline);
  if (!OpenTimed(pipeline)) return Refused(pipeline);

  const bool accurate = first_kind == SeekKind::kAccurate;
  const ReadCounters before = ReadCounters::Now();
  const double first = TimedSeek(pipeline, layout, first_kind, targets[0], judge);
  if (first < 0) return Failed(pipeline);
  Say(accurate ? "first_accurate_seek_ms" : "first_seek_ms", first);
  Say(accurate ? "first_accurate_seek_read_bytes" : "first_seek_read_bytes",
      ReadCounters::Now().bytes - before.bytes);

  std::vector<double> times;
  for (size_t i = 1; i < targets.size(); ++i) {
    times.push_back(TimedSeek(pipeline, layout, first_kind, targets[i], judge));
    if (times.back() < 0) return Failed(pipeline);
  }
  Say(accurate ? "accurate_seek_median_ms" : "seek_median_ms", Percentile(times, 50));
  Say(accurate ? "accurate_seek_p95_ms" : "seek_p95_ms", Percentile(times, 95));
  judge.Finish();
  return 0;
}

/// How far the duration the element tells is from that of the movie, in seconds.
double DurationError(BenchPipeline& pipeline, const MovieLayout& layout) {
  gint64 told = 0;
  if (!gst_element_query_duration(pipeline.demuxer(), GST_FORMAT_TIME, &told)) told = 0;
  return std::abs(static_cast<double>(told) - static_cast<double>(layout.DurationNs())) * 1e-9;
}

/// An element that takes seconds for a seek is not asked as often.
constexpr double kSeekBudgetMs = 20'000;

int MeasureFragments(const MeasurementRequest& request) {
  const MovieLayout layout(request.spec);
  const std::vector<uint64_t> targets = SeekTargets(layout, kRandomSeeks);
  Judge judge(layout);
  BenchPipeline pipeline(Branch::kShortQueue);
  pipeline.Observe();
  if (!pipeline.AddDemuxer(request.element, request.file)) return Failed(pipeline);
  if (!OpenTimed(pipeline)) return Refused(pipeline);
  Say("duration_error_s", DurationError(pipeline, layout));
  std::vector<double> times, bytes;
  double spent = 0;
  for (size_t i = 0; i < targets.size() && spent < kSeekBudgetMs; ++i) {
    const SeekKind kind = i % 2 ? SeekKind::kAccurate : SeekKind::kKeyUnit;
    const ReadCounters before = ReadCounters::Now();
    times.push_back(TimedSeek(pipeline, layout, kind, targets[i], judge));
    if (times.back() < 0) return Failed(pipeline);
    bytes.push_back(ReadCounters::Now().bytes - before.bytes);
    spent += times.back();
  }
  Say("first_seek_ms", times[0]);
  Say("seek_median_ms", Percentile(times, 50));
  Say("seek_worst_ms", *std::max_element(times.begin(), times.end()));
  Say("seek_read_median_bytes", Percentile(bytes, 50));
  Say("seek_read_worst_bytes", *std::max_element(bytes.begin(), bytes.end()));
  judge.Finish();
  return 0;
}

/// A process for each answer: a seek includes the opening.
int MeasureFfprobe(const MeasurementRequest& request) {
  const MovieLayout layout(request.spec);
  const double seconds = static_cast<double>(layout.DurationNs()) * 1e-9;
  const auto duration = ProbeDuration(request.file);
  const auto sought = ProbeSeek(request.file, seconds * 0.9);
  if (!duration || !sought) {
    Say("failure", "ffprobe says nothing");
    return 1;
  }
  Say("open_ms", duration->milliseconds);
  Say("open_read_bytes", duration->bytes_read);
  Say("duration_error_s", std::abs(duration->value - seconds));
  Say("first_seek_ms", sought->milliseconds);
  Say("seek_read_median_bytes", sought->bytes_read);
  return 0;
}

/// What the element says about itself; every number of its stats.
gboolean SayField(GQuark name, const GValue* value, gpointer) {
  GValue number = G_VALUE_INIT;
  g_value_init(&number, G_TYPE_DOUBLE);
  if (g_value_transform(value, &number)) {
    Say((std::string("stats.") + g_quark_to_string(name)).c_str(), g_value_get_double(&number));
  }
  g_value_unset(&number);
  return TRUE;
}

void SayStats(GstElement* demuxer) {
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(demuxer), "stats") == nullptr) return;
  GstStructure* stats = nullptr;
  g_object_get(demuxer, "stats", &stats, nullptr);
  if (stats == nullptr) return;
  gst_structure_foreach(stats, SayField, nullptr);
  gst_structure_free(stats);
}

int MeasureMemory(const MeasurementRequest& request, size_t seeks) {
  const MovieLayout layout(request.spec);
  const std::vector<uint64_t> targets = SeekTargets(layout, seeks);
  Judge judge(layout);
  const MemoryInUse before = MemoryInUse::Now();
  BenchPipeline pipeline(Branch::kShortQueue);
  pipeline.Observe();
  if (!pipeline.AddDemuxer(request.element, request.file)) return Failed(pipeline);
  if (!pipeline.Open()) return Refused(pipeline);
  const MemoryInUse opened = MemoryInUse::Now();
  Say("heap_open_bytes", opened.heap - before.heap);
  Say("rss_open_bytes", opened.resident - before.resident);
  double spent = 0;
  for (const uint64_t target : targets) {
    if (layout.IsFragmented() && spent > kSeekBudgetMs) break;
    const double time = TimedSeek(pipeline, layout, SeekKind::kKeyUnit, target, judge);
    if (time < 0) return Failed(pipeline);
    spent += time;
  }
  const MemoryInUse used = MemoryInUse::Now();
  Say("heap_bytes", used.heap - before.heap);
  Say("rss_bytes", used.resident - before.resident);
  SayStats(pipeline.demuxer());
  judge.Finish();
  return 0;
}

double StatOf(GstElement* demuxer, const char* name) {
  GstStructure* stats = nullptr;
  g_object_get(demuxer, "stats", &stats, nullptr);
  guint64 value = 0;
  gst_structure_get_uint64(stats, name, &value);
  gst_structure_free(stats);
  return static_cast<double>(value);
}

/// The median of accurate seeks to all targets, or -1.
double MedianSeek(BenchPipeline& pipeline, const MovieLayout& layout, Judge& judge) {
  std::vector<double> times;
  for (const uint64_t target : SeekTargets(layout, kRandomSeeks)) {
    times.push_back(TimedSeek(pipeline, layout, SeekKind::kAccurate, target, judge));
    if (times.back() < 0) return -1;
  }
  return Percentile(times, 50);
}

/// The same seeks with plenty of memory and at critical pressure, and what lies between.
int MeasurePressure(const MeasurementRequest& request) {
  const MovieLayout layout(request.spec);
  Judge judge(layout);
  BenchPipeline pipeline(Branch::kQueue);
  pipeline.Observe();
  if (!pipeline.AddDemuxer(request.element, request.file)) return Failed(pipeline);
  if (!pipeline.Open()) return Refused(pipeline);
  const double normal = MedianSeek(pipeline, layout, judge);
  const double held = StatOf(pipeline.demuxer(), "index-bytes");
  const auto start = Clock::now();
  g_object_set(pipeline.demuxer(), "memory-pressure", 255, nullptr);
  const double shrink = Milliseconds(Clock::now() - start);
  const double left = StatOf(pipeline.demuxer(), "index-bytes");
  const double critical = MedianSeek(pipeline, layout, judge);
  if (normal < 0 || critical < 0) return Failed(pipeline);
  Say("normal_seek_ms", normal);
  Say("critical_seek_ms", critical);
  Say("shrink_ms", shrink);
  Say("normal_index_bytes", held);
  Say("shrunk_index_bytes", left);
  Say("critical_index_bytes", StatOf(pipeline.demuxer(), "index-bytes"));
  judge.Finish();
  return 0;
}

bool IsFloor(const MeasurementRequest& request) {
  return request.element == kFloor || request.element == kTimeFloor;
}

/// Adds what the pipeline plays: a demuxer, or the floor's two pads.
bool AddSource(const MeasurementRequest& request,
               BenchPipeline& pipeline,
               FloorSource* floor_source) {
  if (floor_source == nullptr) return pipeline.AddDemuxer(request.element, request.file);
  for (const Track track : kTracks) {
    pipeline.AddPad(track, floor_source->pad(track));
  }
  return true;
}

int MeasurePlay(const MeasurementRequest& request, Branch branch, guint pressure = 0) {
  const MovieLayout layout(request.spec);
  Judge judge(layout);
  std::unique_ptr<FloorSource> floor_source;
  if (IsFloor(request)) {
    using Order = FloorSource::Order;
    const Order order = request.element == kFloor ? Order::kFile : Order::kTime;
    floor_source = std::make_unique<FloorSource>(layout, request.file, order);
  }
  BenchPipeline pipeline(branch);
  if (!AddSource(request, pipeline, floor_source.get())) return Failed(pipeline);
  const auto start_floor = [&] {
    if (floor_source) floor_source->Start();
  };
  if (!pipeline.Open(start_floor)) return Refused(pipeline);
  if (pressure > 0) g_object_set(pipeline.demuxer(), "memory-pressure", pressure, nullptr);
  const double cpu = CpuSeconds();
  const auto start = Clock::now();
  if (!pipeline.PlayToEnd()) return Failed(pipeline);
  const double seconds = Milliseconds(Clock::now() - start) / 1000;
  double buffers = 0;
  for (const Track track : kTracks) {
    buffers += static_cast<double>(pipeline.Rendered(track));
    judge.CheckCount(track, pipeline.Rendered(track));
  }
  const std::string prefix = pressure > 0              ? "critical_play_"
                             : branch == Branch::kBare ? "bare_"
                                                       : "play_";
  Say((prefix + "buffers_per_second").c_str(), buffers / seconds);
  Say((prefix + "cpu_ns_per_buffer").c_str(), (CpuSeconds() - cpu) * 1e9 / buffers);
  judge.Finish();
  return 0;
}

int Verify(const MeasurementRequest& request) {
  const MovieLayout layout(request.spec);
  Judge judge(layout);
  std::array<uint64_t, 2> count = {0, 0};
  BenchPipeline pipeline(Branch::kQueue);
  pipeline.Observe([&](Track track, const SeenBuffer& got) {
    judge.Check(track, count[static_cast<size_t>(track)]++, got, "played through");
  });
  if (!pipeline.AddDemuxer(request.element, request.file)) return Failed(pipeline);
  if (!pipeline.Open()) return Refused(pipeline);
  if (!pipeline.PlayToEnd()) return Failed(pipeline);
  for (const Track track : kTracks) {
    judge.CheckCount(track, count[static_cast<size_t>(track)]);
  }
  judge.Finish();
  return 0;
}

/// Loads and links all code that the measurement will run.
void WarmUp(const MeasurementRequest& request) {
  if (request.warm_file.empty() || IsFloor(request)) return;
  BenchPipeline pipeline(Branch::kQueue);
  pipeline.Observe();
  if (!pipeline.AddDemuxer(request.element, request.warm_file) || !pipeline.Open()) return;
  pipeline.Seek(SeekKind::kKeyUnit, GST_SECOND);
}

bool LoadPlugin(const std::string& path) {
  if (path.empty()) return true;
  GError* error = nullptr;
  GstPlugin* plugin = gst_plugin_load_file(path.c_str(), &error);
  if (plugin == nullptr) {
    Say("failure", error->message);
    g_error_free(error);
    return false;
  }
  gst_object_unref(plugin);
  return true;
}

}  // namespace

int Measure(const MeasurementRequest& request) {
  if (request.element == kFfprobe) return MeasureFfprobe(request);
  gst_init(nullptr, nullptr);
  if (!LoadPlugin(request.plugin)) return 1;
  WarmUp(request);
  if (request.what == "seek") return MeasureSeeks(request, SeekKind::kKeyUnit);
  if (request.what == "accurate") return MeasureSeeks(request, SeekKind::kAccurate);
  if (request.what == "memory") return MeasureMemory(request, kRandomSeeks);
  if (request.what == "many") return MeasureMemory(request, kManySeeks);
  if (request.what == "fragments") return MeasureFragments(request);
  if (request.what == "pressure") return MeasurePressure(request);
  if (request.what == "critical-play") return MeasurePlay(request, Branch::kQueue, 255);
  if (request.what == "play") return MeasurePlay(request, Branch::kQueue);
  if (request.what == "bare") return MeasurePlay(request, Branch::kBare);
  if (request.what == "verify") return Verify(request);
  Say("failure", "unknown measurement " + request.what);
  return 2;
}

}  // namespace iso::bench
