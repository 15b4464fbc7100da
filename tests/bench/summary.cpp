// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Tables and goals of summary.h.

#include "summary.h"

#include <algorithm>
#include <string>

#include "ffprobe.h"
#include "text_table.h"

namespace iso::bench {

namespace {

constexpr double kGrowthGoal = 1.5;
constexpr double kHeapGoal = 1 << 20;
constexpr double kPlayGoal = 2.5;
constexpr double kFloorGoal = 0.8;
constexpr double kBytesOfRun = 8;
constexpr double kReadSlack = 4 << 20;
constexpr double kCriticalBytesGoal = 256 << 10;
constexpr double kGivenBackGoal = 0.75;
constexpr double kShrinkGoal = 1;  // ms
constexpr double kSlowerGoal = 3;

struct Metric {
  const char* name;
  const char* title;
  bool is_bytes;
};

/// What is measured on the movies whose payload is a hole. Smaller is better for all.
constexpr Metric kMetrics[] = {
    {"open_ms", "open", false},
    {"first_seek_ms", "first seek", false},
    {"first_accurate_seek_ms", "first accurate seek", false},
    {"seek_median_ms", "seek", false},
    {"seek_p95_ms", "seek p95", false},
    {"accurate_seek_median_ms", "accurate seek", false},
    {"heap_bytes", "heap", true},
    {"rss_bytes", "RSS", true},
    {"open_read_bytes", "read to open", true},
    {"first_seek_read_bytes", "read by first seek", true},
};

const Runs* Find(const Movie& movie, const std::string& column) {
  const auto found = movie.runs.find(column);
  return found == movie.runs.end() ? nullptr : &found->second;
}

/// What stands in a cell that has no number.
std::string WhyNot(const Runs* runs) {
  if (runs == nullptr) return "-";
  if (!runs->failure.empty()) return "FAILED";
  if (!runs->refused.empty()) return "refused";
  return "-";
}

bool Usable(const Runs* runs, const char* metric) {
  return runs != nullptr && runs->failure.empty() && runs->Has(metric);
}

std::string Ratio(const Runs* over, const Runs* under, const char* metric) {
  if (!Usable(under, metric)) return WhyNot(under);
  if (!Usable(over, metric)) return WhyNot(over);
  const double below = under->MedianOf(metric);
  return below > 0 ? Rounded(over->MedianOf(metric) / below) : "-";
}

std::vector<std::string> Head(const std::string& first) {
  std::vector<std::string> head{first};
  for (const Metric& metric : kMetrics) {
    head.push_back(metric.title);
  }
  return head;
}

void PrintRatios(const Results& results, const std::vector<const Movie*>& movies, std::FILE* out) {
  const std::string& subject = results.elements[0];
  const std::string& baseline = results.elements[1];
  std::fprintf(out,
               "%s / %s (above 1: %s is faster, or smaller)\n\n",
               baseline.c_str(),
               subject.c_str(),
               subject.c_str());
  TextTable table(Head("frames"));
  for (const Movie* movie : movies) {
    std::vector<std::string> row{Count(static_cast<double>(movie->frames))};
    for (const Metric& metric : kMetrics) {
      row.push_back(Ratio(Find(*movie, baseline), Find(*movie, subject), metric.name));
    }
    table.Add(row);
  }
  table.Print(out);
}

void PrintGrowth(const std::string& element,
                 const std::vector<const Movie*>& movies,
                 std::FILE* out) {
  std::fprintf(out,
               "%s: growth from %s frames (1: flat)\n\n",
               element.c_str(),
               Count(static_cast<double>(movies.front()->frames)).c_str());
  TextTable table(Head("frames"));
  for (const Movie* movie : movies) {
    std::vector<std::string> row{Count(static_cast<double>(movie->frames))};
    for (const Metric& metric : kMetrics) {
      row.push_back(Ratio(Find(*movie, element), Find(*movies.front(), element), metric.name));
    }
    table.Add(row);
  }
  table.Print(out);
}

std::string Absolute(const Runs* runs, const Metric& metric) {
  if (!Usable(runs, metric.name)) return WhyNot(runs);
  const double value = runs->MedianOf(metric.name);
  return metric.is_bytes ? Mebibytes(value) : Rounded(value);
}

void PrintAbsolute(const Results& results,
                   const std::vector<const Movie*>& movies,
                   std::FILE* out) {
  std::fputs("Milliseconds and MiB on this machine\n\n", out);
  std::vector<std::string> head = Head("element");
  head.insert(head.begin(), "frames");
  head.insert(head.begin() + 1, "tables MiB");
  TextTable table(head);
  for (const Movie* movie : movies) {
    for (const std::string& element : results.elements) {
      std::vector<std::string> row{Count(static_cast<double>(movie->frames)),
                                   Mebibytes(static_cast<double>(movie->moov_bytes)),
                                   element};
      for (const Metric& metric : kMetrics) {
        row.push_back(Absolute(Find(*movie, element), metric));
      }
      table.Add(row);
    }
  }
  table.Print(out);
}

/// Of the largest movie; the JSON has all.
void PrintStats(const Movie& movie, std::FILE* out) {
  for (const auto& [column, runs] : movie.runs) {
    std::string line;
    for (const auto& [name, values] : runs.values) {
      if (name.compare(0, 6, "stats.") != 0) continue;
      line.append(" ").append(name, 6).append("=").append(Count(runs.MedianOf(name)));
    }
    if (line.empty()) continue;
    std::fprintf(out,
                 "%s says of itself at %s frames, after the seeks:%s\n\n",
                 column.c_str(),
                 Count(static_cast<double>(movie.frames)).c_str(),
                 line.c_str());
  }
}

void PrintGroup(const Results& results, Group group, const char* title, std::FILE* out) {
  const std::vector<const Movie*> movies = results.Of(group);
  if (movies.empty()) return;
  std::fprintf(out, "## %s\n\n", title);
  if (results.elements.size() > 1) PrintRatios(results, movies, out);
  for (const std::string& element : results.elements) {
    PrintGrowth(element, movies, out);
  }
  PrintAbsolute(results, movies, out);
  PrintStats(*movies.back(), out);
}

double PlayRate(const Movie& movie, const std::string& column, const char* metric) {
  const Runs* runs = Find(movie, column);
  return Usable(runs, metric) ? runs->MedianOf(metric) : 0;
}

void PrintPlay(const Results& results, const Movie& movie, std::FILE* out) {
  const double all = static_cast<double>(movie.frames + movie.audio_samples);
  std::fprintf(out, "## Play through, %s buffers of about 200 bytes\n\n", Count(all).c_str());
  TextTable table({"source",
                   "queues: / floor",
                   "buffers/s",
                   "CPU ns/buffer",
                   "bare: / floor",
                   "buffers/s",
                   "CPU ns/buffer"});
  std::vector<std::string> columns = results.elements;
  columns.insert(columns.end(), {kFloor, kTimeFloor});
  for (const std::string& column : columns) {
    std::vector<std::string> row{column};
    for (const std::string kind : {"play_", "bare_"}) {
      const std::string rate = kind + "buffers_per_second";
      const Runs* runs = Find(movie, column);
      row.push_back(Ratio(runs, Find(movie, kFloor), rate.c_str()));
      row.push_back(Usable(runs, rate.c_str()) ? Count(runs->MedianOf(rate)) : WhyNot(runs));
      row.push_back(runs ? Rounded(runs->MedianOf(kind + "cpu_ns_per_buffer")) : "-");
    }
    table.Add(row);
  }
  table.Print(out);
}

constexpr Metric kFragmentMetrics[] = {
    {"open_ms", "open", false},
    {"open_read_bytes", "read to open", true},
    {"duration_error_s", "duration off by s", false},
    {"first_seek_ms", "first seek", false},
    {"seek_median_ms", "seek", false},
    {"seek_worst_ms", "slowest seek", false},
    {"seek_read_median_bytes", "read by a seek", true},
    {"seek_read_worst_bytes", "read at most", true},
    {"heap_bytes", "heap after 1,000", true},
};

void PrintFragments(const Results& results, std::FILE* out) {
  const std::vector<const Movie*> movies = results.Of(Group::kFragments);
  if (movies.empty()) return;
  std::fprintf(out,
               "## Fragments of 2 s, %s frames at 60 a second\n\nMilliseconds and MiB on this "
               "machine; slow elements are asked for fewer seeks\n\n",
               Count(static_cast<double>(movies.front()->frames)).c_str());
  std::vector<std::string> head{"index", "element"};
  for (const Metric& metric : kFragmentMetrics)
    head.push_back(metric.title);
  TextTable table(head);
  for (const Movie* movie : movies) {
    std::vector<std::string> columns = results.elements;
    if (movie->runs.count(kFfprobe) > 0) columns.emplace_back(kFfprobe);
    for (const std::string& element : columns) {
      std::vector<std::string> row{movie->index, element};
      for (const Metric& metric : kFragmentMetrics)
        row.push_back(Absolute(Find(*movie, element), metric));
      table.Add(row);
    }
  }
  table.Print(out);
}

/// What the subject needs for this metric at most, over the movies with or without an index.
Goal FragmentGoal(const Results& results,
                  bool with_index,
                  const char* metric,
                  const std::string& what,
                  double most,
                  const char* target) {
  Goal goal{what + (with_index ? ", with an index" : ", no index"), target, "", true};
  double worst = 0;
  for (const Movie* movie : results.Of(Group::kFragments)) {
    if ((movie->index != "none") != with_index) continue;
    const Runs* runs = Find(*movie, results.elements[0]);
    goal.reached = goal.reached && Usable(runs, metric);
    if (Usable(runs, metric)) worst = std::max(worst, runs->MedianOf(metric));
  }
  const bool is_bytes = std::string(metric).find("bytes") != std::string::npos;
  goal.reached = goal.reached && worst < most;
  goal.measured = is_bytes ? Mebibytes(worst) + " MiB" : Rounded(worst);
  return goal;
}

void AddFragmentGoals(const Results& results, std::vector<Goal>* goals) {
  constexpr double kMiB = 1 << 20;
  const auto add = [&](bool index, const char* metric, const char* what, double most, auto target) {
    goals->push_back(FragmentGoal(results, index, metric, what, most, target));
  };
  for (const bool index : {false, true}) {
    add(index, "open_ms", "Open of 24 h of fragments", 10, "below 10 ms");
    add(index, "duration_error_s", "Duration told", 0.05, "right");
    add(index,
        "seek_worst_ms",
        "Slowest seek",
        index ? 3 : 10,
        index ? "below 3 ms" : "below 10 ms");
    add(index, "seek_read_worst_bytes", "Read by a seek at most", 8 * kMiB, "below 8 MiB");
    add(index, "heap_bytes", "Heap held after 1,000 seeks", 2 * kMiB, "below 2 MiB");
  }
}

/// The largest growth from the smallest movie to any other.
Goal FlatGoal(const Results& results, Group group, const char* metric, const std::string& what) {
  const std::vector<const Movie*> movies = results.Of(group);
  const std::string& subject = results.elements[0];
  Goal goal{what, "below 1.5x", "", true};
  const Runs* base = Find(*movies.front(), subject);
  double worst = 0;
  for (const Movie* movie : movies) {
    const Runs* runs = Find(*movie, subject);
    if (!Usable(runs, metric) || !Usable(base, metric)) {
      goal.reached = false;
      goal.measured = WhyNot(runs) + " at " + Count(static_cast<double>(movie->frames));
      return goal;
    }
    worst = std::max(worst, runs->MedianOf(metric) / base->MedianOf(metric));
  }
  goal.reached = worst < kGrowthGoal;
  goal.measured =
      Rounded(worst) + "x up to " + Count(static_cast<double>(movies.back()->frames)) + " frames";
  return goal;
}

Goal HeapGoal(const Results& results, Group group, const std::string& what) {
  Goal goal{what, "below 1 MiB", "", true};
  double worst = 0;
  for (const Movie* movie : results.Of(group)) {
    const Runs* runs = Find(*movie, results.elements[0]);
    goal.reached = goal.reached && Usable(runs, "heap_bytes");
    if (runs != nullptr) worst = std::max(worst, runs->MedianOf("heap_bytes"));
  }
  goal.reached = goal.reached && worst < kHeapGoal;
  goal.measured = Mebibytes(worst) + " MiB at most";
  return goal;
}

/// Where every frame has a run of its own, a time is found by reading the runs before it; that
/// is allowed once, and is a limit on bytes, not on time.
Goal ReadOnceGoal(const Results& results) {
  Goal goal{"First seek at variable rate, bytes read", "stts once and 4 MiB", "", true};
  for (const Movie* movie : results.Of(Group::kVariableRate)) {
    const Runs* runs = Find(*movie, results.elements[0]);
    const double table = static_cast<double>(movie->frames) * kBytesOfRun;
    const double read = runs != nullptr ? runs->MedianOf("first_seek_read_bytes") : 0;
    goal.reached =
        goal.reached && Usable(runs, "first_seek_read_bytes") && read < table + kReadSlack;
    goal.measured = Mebibytes(read) + " MiB of " + Mebibytes(table) + " at " +
                    Count(static_cast<double>(movie->frames));
  }
  return goal;
}

/// The smallest lead, over the movies that both can open.
Goal SeekGoal(const Results& results) {
  Goal goal{"Seek median against " + results.elements[1], "at least as fast", "", false};
  double least = 0;
  for (const Movie* movie : results.Of(Group::kConstantRate)) {
    const Runs* subject = Find(*movie, results.elements[0]);
    const Runs* baseline = Find(*movie, results.elements[1]);
    if (!Usable(subject, "seek_median_ms") || !Usable(baseline, "seek_median_ms")) continue;
    const double lead = baseline->MedianOf("seek_median_ms") / subject->MedianOf("seek_median_ms");
    least = least == 0 ? lead : std::min(least, lead);
  }
  goal.reached = least >= 1;
  goal.measured = Rounded(least) + "x at least";
  return goal;
}

Goal PlayGoal(const Results& results, const std::string& against, double factor) {
  const Movie& movie = *results.Of(Group::kPlay).front();
  const double under = PlayRate(movie, against, "play_buffers_per_second");
  const double rate = PlayRate(movie, results.elements[0], "play_buffers_per_second");
  const double ratio = under > 0 ? rate / under : 0;
  return {"Play through, buffers a second against " + against,
          "at least " + Rounded(factor) + "x",
          Rounded(ratio) + "x",
          ratio >= factor};
}

std::vector<const Movie*> PressedMovies(const Results& results) {
  std::vector<const Movie*> movies;
  for (const Movie& movie : results.movies) {
    if (Usable(Find(movie, results.elements[0]), "shrink_ms")) movies.push_back(&movie);
  }
  return movies;
}

double GivenBack(const Runs& runs) {
  return 1 - runs.MedianOf("shrunk_index_bytes") / runs.MedianOf("normal_index_bytes");
}

std::string Kibibytes(double bytes) {
  return Rounded(bytes / 1024);
}

void PrintPressure(const Results& results, std::FILE* out) {
  const std::vector<const Movie*> movies = PressedMovies(results);
  if (movies.empty()) return;
  std::fputs("## Critical memory pressure, after 100 seeks\n\n", out);
  TextTable table({"frames",
                   "rate",
                   "index KiB",
                   "after shrinking",
                   "after 100 more seeks",
                   "given back",
                   "shrink ms",
                   "accurate seek ms",
                   "at Critical"});
  for (const Movie* movie : movies) {
    const Runs& runs = *Find(*movie, results.elements[0]);
    table.Add({Count(static_cast<double>(movie->frames)),
               movie->group == Group::kVariableRate ? "variable" : "constant",
               Kibibytes(runs.MedianOf("normal_index_bytes")),
               Kibibytes(runs.MedianOf("shrunk_index_bytes")),
               Kibibytes(runs.MedianOf("critical_index_bytes")),
               Rounded(100 * GivenBack(runs)) + " %",
               Rounded(runs.MedianOf("shrink_ms")),
               Rounded(runs.MedianOf("normal_seek_ms")),
               Rounded(runs.MedianOf("critical_seek_ms"))});
  }
  table.Print(out);
}

void AddPressureGoals(const Results& results, std::vector<Goal>* goals) {
  double bytes = 0;
  double least_back = 1;
  double shrink = 0;
  double slower = 0;
  for (const Movie* movie : PressedMovies(results)) {
    const Runs& runs = *Find(*movie, results.elements[0]);
    bytes = std::max(bytes, runs.MedianOf("critical_index_bytes"));
    least_back = std::min(least_back, GivenBack(runs));
    shrink = std::max(shrink, runs.MedianOf("shrink_ms"));
    slower = std::max(slower, runs.MedianOf("critical_seek_ms") / runs.MedianOf("normal_seek_ms"));
  }
  if (bytes == 0) return;
  goals->push_back({"Index at Critical",
                    "below 256 KiB",
                    Kibibytes(bytes) + " KiB at most",
                    bytes < kCriticalBytesGoal});
  goals->push_back({"Given back at Critical",
                    "at least 75 %",
                    Rounded(100 * least_back) + " % at least",
                    least_back >= kGivenBackGoal});
  goals->push_back(
      {"Shrinking", "below 1 ms", Rounded(shrink) + " ms at most", shrink < kShrinkGoal});
  goals->push_back({"Seeks at Critical against Normal",
                    "at most 3x",
                    Rounded(slower) + "x at most",
                    slower <= kSlowerGoal});
}

Goal CriticalPlayGoal(const Results& results) {
  const Movie& movie = *results.Of(Group::kPlay).front();
  const std::string& subject = results.elements[0];
  const double rate = PlayRate(movie, subject, "critical_play_buffers_per_second");
  const double slower = rate > 0 ? PlayRate(movie, subject, "play_buffers_per_second") / rate : 0;
  return {"Play through at Critical against Normal",
          "at most 3x",
          Rounded(slower) + "x",
          slower > 0 && slower <= kSlowerGoal};
}

}  // namespace

std::vector<Goal> EvaluateGoals(const Results& results) {
  std::vector<Goal> goals;
  const bool compared = results.elements.size() > 1;
  if (results.Of(Group::kConstantRate).size() > 1) {
    goals.push_back(FlatGoal(results, Group::kConstantRate, "open_ms", "Open, growth"));
    goals.push_back(FlatGoal(results, Group::kConstantRate, "first_seek_ms", "First seek, growth"));
    goals.push_back(HeapGoal(results, Group::kConstantRate, "Heap held after 100 seeks"));
    if (compared) goals.push_back(SeekGoal(results));
  }
  if (results.Of(Group::kVariableRate).size() > 1) {
    goals.push_back(
        FlatGoal(results, Group::kVariableRate, "open_ms", "Open at variable rate, growth"));
    goals.push_back(ReadOnceGoal(results));
    goals.push_back(
        HeapGoal(results, Group::kVariableRate, "Heap held after 100 seeks, variable rate"));
  }
  if (!results.Of(Group::kFragments).empty()) AddFragmentGoals(results, &goals);
  if (!results.Of(Group::kPlay).empty()) {
    if (compared) goals.push_back(PlayGoal(results, results.elements[1], kPlayGoal));
    goals.push_back(PlayGoal(results, kFloor, kFloorGoal));
    if (results.HasPressure()) goals.push_back(CriticalPlayGoal(results));
  }
  AddPressureGoals(results, &goals);
  return goals;
}

void PrintSummary(const Results& results, const std::vector<Goal>& goals, std::FILE* out) {
  PrintGroup(results, Group::kConstantRate, "Constant frame rate", out);
  PrintGroup(results, Group::kVariableRate, "Variable frame rate, a run for every frame", out);
  PrintFragments(results, out);
  for (const Movie* movie : results.Of(Group::kPlay)) {
    PrintPlay(results, *movie, out);
  }
  PrintPressure(results, out);
  std::fprintf(out, "## Goals of %s\n\n", results.elements[0].c_str());
  TextTable table({"goal", "target", "measured", ""});
  for (const Goal& goal : goals) {
    table.Add({goal.what, goal.target, goal.measured, goal.reached ? "reached" : "MISSED"});
  }
  table.Print(out);
  for (const Movie& movie : results.movies) {
    for (const auto& [column, runs] : movie.runs) {
      const std::string where = column + " at " + Count(static_cast<double>(movie.frames));
      if (!runs.refused.empty()) {
        std::fprintf(out, "%s: refused: %s\n", where.c_str(), runs.refused.c_str());
      }
      if (!runs.wrong.empty()) {
        std::fprintf(out, "%s: WRONG: %s\n", where.c_str(), runs.wrong.c_str());
      }
      if (!runs.failure.empty()) {
        std::fprintf(out, "%s: FAILED: %s\n", where.c_str(), runs.failure.c_str());
      }
    }
  }
}

}  // namespace iso::bench
