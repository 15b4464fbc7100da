// SPDX-License-Identifier: LGPL-2.1-or-later
//
// isodemux-bench: isodemux beside qtdemux on files of 10 thousand to 100 million frames, in
// turns, medians, printed as ratios. Ends with 1 when isodemux gave a wrong answer.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>

#include <gst/gst.h>

#include "child_process.h"
#include "ffprobe.h"
#include "results.h"
#include "seek_plan.h"
#include "sparse_file.h"
#include "summary.h"
#include "text_table.h"

namespace {

using namespace iso::bench;

constexpr uint64_t kWarmFrames = 1'200;
constexpr uint64_t kSpareBytes = 256 << 20;
constexpr int kMemoryRepeats = 3;
constexpr uint64_t kFramesOfFragment = 120;
constexpr uint64_t kFragmentRoom = 64;  // bytes of moof and of partly written pages, a frame

volatile std::sig_atomic_t g_interrupted = 0;

void OnInterrupt(int) {
  g_interrupted = 1;
}

struct Options {
  std::string sizes = "10k,100k,1M,2.6M,10M,100M";
  std::string variable_sizes = "10k,1M,10M,100M";
  std::string elements = "isodemux,qtdemux";
  std::string plugin;
  std::string dir;
  std::string json;
  uint64_t play_frames = 600'000;
  uint64_t fragments = 43'200;
  int repeats = 5;
  bool keep = false;
  bool require_goals = false;
};

uint64_t ParseCount(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const double unit = *end == 'k' ? 1e3 : *end == 'M' ? 1e6 : 1;
  return static_cast<uint64_t>(number * unit);
}

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream stream(list);
  for (std::string part; std::getline(stream, part, ',');) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

/// The plugin of the build this program belongs to; "" when there is none.
std::string BuiltPlugin() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto plugin = self.parent_path() / "../../gst/isodemux/libgstisodemux.so";
  return std::filesystem::exists(plugin, error) ? plugin.string() : "";
}

/// A movie on disk that is gone when this is.
class MovieFile {
 public:
  MovieFile(const std::string& dir, const std::string& name, const MovieSpec& spec, bool keep)
      : layout_(spec), path_(dir + "/" + name), keep_(keep) {}

  ~MovieFile() {
    if (!keep_) unlink(path_.c_str());
  }

  MovieFile(const MovieFile&) = delete;
  MovieFile& operator=(const MovieFile&) = delete;

  /// With markers wherever the benchmarks seek to.
  bool Write() {
    std::string error;
    if (!HasRoom() || !WriteMovie(layout_, path_, error) || !MarkTargets()) {
      std::fprintf(stderr, "%s: not written: %s\n", path_.c_str(), error.c_str());
      return false;
    }
    return true;
  }

  const MovieLayout& layout() const { return layout_; }

  const std::string& path() const { return path_; }

 private:
  bool HasRoom() const {
    struct statvfs room {};

    const FileMap map = MapOf(layout_);
    uint64_t needed = layout_.spec().payload ? map.file_bytes : map.moov_bytes;
    if (layout_.IsFragmented()) needed = layout_.SampleCount(Track::kVideo) * kFragmentRoom;
    const std::string dir = std::filesystem::path(path_).parent_path().string();
    if (statvfs(dir.c_str(), &room) != 0) return false;
    return static_cast<uint64_t>(room.f_bavail) * room.f_frsize > needed + kSpareBytes;
  }

  bool MarkTargets() {
    if (layout_.spec().payload) return true;
    MarkerWriter writer(layout_, path_);
    bool written = true;
    const size_t seeks = layout_.IsFragmented() ? kManySeeks : kRandomSeeks;
    for (const uint64_t target : SeekTargets(layout_, seeks)) {
      for (const SeekKind kind : {SeekKind::kKeyUnit, SeekKind::kAccurate}) {
        const auto samples = FirstSamples(layout_, kind, target);
        written = written && writer.Mark(Track::kVideo, samples[0]) &&
                  writer.Mark(Track::kAudio, samples[1]);
      }
    }
    return written;
  }

  MovieLayout layout_;
  std::string path_;
  bool keep_;
};

/// Runs the measurements of one movie, the elements in turns.
class Runner {
 public:
  Runner(const Options& options, std::string warm_file)
      : options_(options), warm_file_(std::move(warm_file)) {}

  void Take(Movie& movie,
            const MovieFile& file,
            const std::string& what,
            const std::vector<std::string>& columns,
            int repeats) {
    // The first round warms the page cache and counts for nothing but its errors.
    const int warm_up = repeats > 1 ? 1 : 0;
    for (int round = 0; round < repeats + warm_up; ++round) {
      for (const std::string& column : columns) {
        TakeOne(movie.runs[column], file, what, column, round >= warm_up);
      }
    }
  }

 private:
  void TakeOne(Runs& runs,
               const MovieFile& file,
               const std::string& what,
               const std::string& column,
               bool counts) {
    if (g_interrupted != 0 || !runs.refused.empty() || !runs.failure.empty()) return;
    MeasurementRequest request;
    request.what = what;
    request.element = column.substr(0, column.find('#'));
    request.plugin = request.element == "isodemux" ? options_.plugin : "";
    request.file = file.path();
    request.warm_file = warm_file_;
    request.spec = file.layout().spec();
    MeasurementResult result = RunInChild(request);
    if (!counts) result.values.clear();
    runs.Add(result);
  }

  const Options& options_;
  std::string warm_file_;
};

Movie NewMovie(Group group, const MovieLayout& layout) {
  Movie movie;
  movie.group = group;
  movie.frames = layout.SampleCount(Track::kVideo);
  movie.audio_samples = layout.SampleCount(Track::kAudio);
  movie.moov_bytes = MapOf(layout).moov_bytes;
  return movie;
}

void RunSparse(const Options& options,
               const std::string& dir,
               Group group,
               uint64_t frames,
               Runner& runner,
               Results& results) {
  MovieSpec spec;
  spec.frames = frames;
  spec.variable_rate = group == Group::kVariableRate;
  const std::string kind = spec.variable_rate ? "variable" : "constant";
  MovieFile file(dir, kind + "-" + std::to_string(frames) + ".mp4", spec, options.keep);
  std::fprintf(stderr, "%s frames, %s rate\n", Count(double(frames)).c_str(), kind.c_str());
  if (g_interrupted != 0 || !file.Write()) return;
  Movie movie = NewMovie(group, file.layout());
  runner.Take(movie, file, "seek", results.elements, options.repeats);
  runner.Take(movie, file, "accurate", results.elements, options.repeats);
  runner.Take(movie, file, "memory", results.elements, std::min(options.repeats, kMemoryRepeats));
  if (results.HasPressure()) runner.Take(movie, file, "pressure", {"isodemux"}, 1);
  results.movies.push_back(std::move(movie));
}

/// The hours of a camera: two-second fragments with each kind of index, and with none.
void RunFragments(const Options& options,
                  const std::string& dir,
                  Runner& runner,
                  Results& results) {
  constexpr std::pair<Fragments, const char*> kKinds[] = {
      {Fragments::kWithoutIndex, "none"}, {Fragments::kSidx, "sidx"}, {Fragments::kMfra, "mfra"}};
  for (const auto& [kind, name] : kKinds) {
    MovieSpec spec;
    spec.frames = options.fragments * kFramesOfFragment;
    spec.fragments = kind;
    MovieFile file(dir, std::string("fragments-") + name + ".mp4", spec, options.keep);
    std::fprintf(
        stderr, "%s fragments, index: %s\n", Count(double(options.fragments)).c_str(), name);
    if (g_interrupted != 0 || !file.Write()) return;
    Movie movie = NewMovie(Group::kFragments, file.layout());
    movie.index = name;
    std::vector<std::string> columns = results.elements;
    if (HasFfprobe()) columns.emplace_back(kFfprobe);
    runner.Take(movie, file, "fragments", columns, std::min(options.repeats, 3));
    runner.Take(movie, file, "many", results.elements, 1);
    results.movies.push_back(std::move(movie));
  }
}

void RunPlay(const Options& options, const std::string& dir, Runner& runner, Results& results) {
  MovieSpec spec;
  spec.frames = options.play_frames;
  spec.sizes = SampleSizes::kSmall;
  spec.payload = true;
  MovieFile file(dir, "play.mp4", spec, options.keep);
  std::fprintf(stderr, "playing %s frames through\n", Count(double(spec.frames)).c_str());
  if (g_interrupted != 0 || !file.Write()) return;
  Movie movie = NewMovie(Group::kPlay, file.layout());
  std::vector<std::string> columns = results.elements;
  runner.Take(movie, file, "verify", columns, 1);
  columns.insert(columns.end(), {kFloor, kTimeFloor});
  runner.Take(movie, file, "play", columns, options.repeats);
  runner.Take(movie, file, "bare", columns, options.repeats);
  if (results.HasPressure()) {
    runner.Take(movie, file, "critical-play", {"isodemux"}, options.repeats);
  }
  results.movies.push_back(std::move(movie));
}

/// Each element once more under another name where it is compared with itself.
std::vector<std::string> Columns(const std::string& elements) {
  std::vector<std::string> columns = Split(elements);
  for (size_t i = 1; i < columns.size(); ++i) {
    if (columns[i] == columns[0]) columns[i].append("#").append(std::to_string(i + 1));
  }
  return columns;
}

void RunAll(const Options& options, const std::string& dir, Results& results) {
  MovieSpec warm;
  warm.frames = kWarmFrames;
  MovieFile warm_file(dir, "warm.mp4", warm, options.keep);
  if (!warm_file.Write()) return;
  Runner runner(options, warm_file.path());
  for (const std::string& size : Split(options.sizes)) {
    RunSparse(options, dir, Group::kConstantRate, ParseCount(size), runner, results);
  }
  for (const std::string& size : Split(options.variable_sizes)) {
    RunSparse(options, dir, Group::kVariableRate, ParseCount(size), runner, results);
  }
  if (options.fragments > 0) RunFragments(options, dir, runner, results);
  if (options.play_frames > 0) RunPlay(options, dir, runner, results);
}

/// Wrong answers of qtdemux are noted; those of anything else are failures.
bool AllRight(const Results& results) {
  return std::all_of(results.movies.begin(), results.movies.end(), [](const Movie& movie) {
    return std::all_of(movie.runs.begin(), movie.runs.end(), [](const auto& entry) {
      const auto& [column, runs] = entry;
      if (column.compare(0, 7, "qtdemux") == 0) return true;
      return runs.wrong.empty() && runs.failure.empty() && runs.refused.empty();
    });
  });
}

constexpr char kUsage[] =
    "usage: isodemux-bench [OPTIONS]\n"
    "  --quick             10 k and 100 k frames, three repetitions: for every day\n"
    "  --sizes=LIST        frames at constant rate   [10k,100k,1M,2.6M,10M,100M]\n"
    "  --variable-sizes=LIST  frames at variable rate  [10k,1M,10M,100M]\n"
    "  --play-frames=N     frames to play through, 0 for none   [600k]\n"
    "  --fragments=N       fragments of two seconds at 60 frames a second, 0 for none   [43200]\n"
    "  --repeats=N         after one round that does not count   [5]\n"
    "  --elements=A,B      the element measured, and what it is compared with\n"
    "                      [isodemux,qtdemux]\n"
    "  --plugin=FILE       the plugin with isodemux   [that of this build]\n"
    "  --dir=DIR           where movies are written   [$TMPDIR]; needs 3.5 GB for 100 M frames\n"
    "  --keep              leave the movies there\n"
    "  --json=FILE         write every value of every repetition\n"
    "  --require-goals     end with 1 when a goal is missed, too\n";

void SetQuick(Options& options) {
  options.sizes = "10k,100k";
  options.variable_sizes = "10k,100k";
  options.play_frames = 150'000;
  options.fragments = 5'000;
  options.repeats = 3;
}

bool SetFlag(Options& options, const std::string& name) {
  if (name == "--quick") {
    SetQuick(options);
  } else if (name == "--keep") {
    options.keep = true;
  } else if (name == "--require-goals") {
    options.require_goals = true;
  } else {
    return false;
  }
  return true;
}

bool SetValue(Options& options, const std::string& name, const std::string& value) {
  const std::map<std::string, std::string*> texts = {{"--sizes", &options.sizes},
                                                     {"--variable-sizes", &options.variable_sizes},
                                                     {"--elements", &options.elements},
                                                     {"--plugin", &options.plugin},
                                                     {"--dir", &options.dir},
                                                     {"--json", &options.json}};
  const auto text = texts.find(name);
  if (text != texts.end()) {
    *text->second = value;
  } else if (name == "--play-frames") {
    options.play_frames = ParseCount(value);
  } else if (name == "--fragments") {
    options.fragments = ParseCount(value);
  } else if (name == "--repeats") {
    options.repeats = std::max(1, static_cast<int>(ParseCount(value)));
  } else {
    return false;
  }
  return true;
}

/// "--name=value" or "--name value".
bool Parse(const std::vector<std::string>& arguments, Options& options) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (SetFlag(options, arguments[i])) continue;
    const size_t equals = arguments[i].find('=');
    const bool joined = equals != std::string::npos;
    if (!joined && i + 1 == arguments.size()) return false;
    const std::string name = arguments[i].substr(0, equals);
    const std::string value = joined ? arguments[i].substr(equals + 1) : arguments[++i];
    if (!SetValue(options, name, value)) return false;
  }
  return !Split(options.elements).empty();
}

/// What was measured, without the paths of this machine.
std::string CommandLine(const Options& options) {
  return "isodemux-bench --elements=" + options.elements + " --sizes=" + options.sizes +
         " --variable-sizes=" + options.variable_sizes +
         " --play-frames=" + std::to_string(options.play_frames) +
         " --fragments=" + std::to_string(options.fragments) +
         " --repeats=" + std::to_string(options.repeats);
}

}  // namespace

int main(int argc, char** argv) {
  MeasurementRequest request;
  if (FromArguments(argc, argv, request)) return Measure(request);

  Options options;
  options.plugin = BuiltPlugin();
  if (!Parse({argv + 1, argv + argc}, options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  std::signal(SIGINT, OnInterrupt);
  std::signal(SIGTERM, OnInterrupt);
  const std::string parent = options.dir.empty() ? g_get_tmp_dir() : options.dir;
  std::string dir = parent + "/isodemux-bench-XXXXXX";
  if (mkdtemp(dir.data()) == nullptr) {
    std::fprintf(stderr, "%s: cannot be made\n", dir.c_str());
    return 2;
  }
  Results results;
  results.command = CommandLine(options);
  results.elements = Columns(options.elements);
  RunAll(options, dir, results);
  if (!options.keep) rmdir(dir.c_str());

  const std::vector<Goal> goals = EvaluateGoals(results);
  PrintSummary(results, goals, stdout);
  if (!options.json.empty() && !WriteJson(results, goals, options.json)) return 2;
  const bool reached =
      std::all_of(goals.begin(), goals.end(), [](const Goal& goal) { return goal.reached; });
  if (g_interrupted != 0 || !AllRight(results)) return 1;
  return options.require_goals && !reached ? 1 : 0;
}
