// SPDX-License-Identifier: LGPL-2.1-or-later

#include "seek_model.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

namespace iso::test {
namespace {

/// Without what is on display only because a time was rounded: a stop asked for in whole
/// nanoseconds may lie one behind the picture that begins there.
std::vector<Shown> LongEnough(std::vector<Shown> all, const NaiveTimeline& timeline) {
  std::erase_if(all, [&](const Shown& shown) {
    return shown.to_ns - shown.from_ns <= Tolerance(timeline.edits[shown.edit]);
  });
  return all;
}

void SortByEdit(std::vector<Shown>* all) {
  std::sort(all->begin(), all->end(), [](const Shown& a, const Shown& b) {
    return std::tuple(a.edit, a.index, a.from_ns) < std::tuple(b.edit, b.index, b.from_ns);
  });
}

/// Of `expected` those of which there is something in `got`.
std::vector<Shown> Those(const std::vector<Shown>& expected, const std::vector<Shown>& got) {
  std::vector<Shown> some;
  for (const Shown& want : expected) {
    const bool there = std::any_of(got.begin(), got.end(), [&](const Shown& g) {
      return g.edit == want.edit && g.index == want.index;
    });
    if (there) some.push_back(want);
  }
  return some;
}

}  // namespace

bool IsVideo(const OracleTrack& track) {
  return track.handler == "vide" || track.handler == "pict";
}

std::vector<Shown> Joined(const std::vector<Shown>& all) {
  std::vector<Shown> runs;
  for (const Shown& shown : all) {
    const bool follows = !runs.empty() && runs.back().edit == shown.edit &&
                         std::abs(runs.back().to_ns - shown.from_ns) <= 2;
    if (follows) {
      runs.back().to_ns = shown.to_ns;
    } else {
      runs.push_back({shown.edit, 0, shown.from_ns, shown.to_ns});
    }
  }
  return runs;
}

SeekModel::SeekModel(std::vector<SeekTrack> tracks, int64_t end_ns)
    : tracks_(std::move(tracks)), end_ns_(end_ns) {
  for (size_t t = 0; t < tracks_.size(); ++t) {
    whole_.push_back(Expand(tracks_[t].oracle, tracks_[t].spec));
    times_.emplace_back();
    for (const NaiveEdit& edit : whole_[t].edits)
      times_[t].push_back(TimesOf(t, edit));
  }
}

/// When samples are on display, as the edit plays them, whether it does or not.
std::vector<int64_t> SeekModel::TimesOf(size_t track, const NaiveEdit& edit) const {
  std::vector<int64_t> times;
  if (edit.kind != NaiveEdit::Kind::kMedia) return times;
  const OracleTrack& t = tracks_[track].oracle;
  for (const OracleSample& sample : t.samples) {
    const auto media = Rational::Of(sample.cts - edit.media_ticks, t.timescale);
    times.push_back((edit.start + media / edit.rate).FloorNs());
  }
  return times;
}

int64_t SeekModel::RandomTime(std::mt19937_64& random) const {
  const auto past = static_cast<uint64_t>(end_ns_ / 20 * 21 + 1);
  const auto any = static_cast<int64_t>(random() % past);
  if (random() % 2 == 0) return any;
  const size_t t = random() % whole_.size();
  if (whole_[t].shown.empty()) return any;
  const Shown& shown = whole_[t].shown[random() % whole_[t].shown.size()];
  return std::max<int64_t>(0, shown.from_ns + static_cast<int64_t>(random() % 3) - 1);
}

/// The track whose sync samples count, if there is one.
std::optional<size_t> SeekModel::Reference() const {
  for (const bool video : {true, false}) {
    for (size_t t = 0; t < tracks_.size(); ++t) {
      const OracleTrack& track = tracks_[t].oracle;
      if (video ? IsVideo(track) : track.handler == "soun") return t;
    }
  }
  return std::nullopt;
}

int64_t SeekModel::Landing(int64_t position, int snap) const {
  if (!Reference()) return position;
  const size_t track = *Reference();
  const NaiveTimeline& whole = whole_[track];
  const size_t e = whole.EditAt(position);
  const NaiveEdit& edit = whole.edits[e];
  if (edit.kind != NaiveEdit::Kind::kMedia || position >= edit.end.FloorNs()) return position;
  std::optional<int64_t> before, after;
  for (size_t i = 0; i < tracks_[track].oracle.samples.size(); ++i) {
    if (!tracks_[track].oracle.samples[i].sync) continue;
    const int64_t time = times_[track][e][i];
    if (time <= position) before = std::max(before.value_or(time), time);
    if (time >= position) after = std::min(after.value_or(time), time);
  }
  const bool reachable = after && *after < edit.end.FloorNs();
  const bool nearer = reachable && before && *after - position < position - *before;
  int64_t landing = before.value_or(position);
  if (reachable && (!before || snap == SeekAsk::kAfter || (snap == SeekAsk::kNearest && nearer)))
    landing = *after;
  return std::max(landing, edit.start.FloorNs());
}

int64_t SeekModel::Slack() const {
  int64_t most = 1;
  for (const NaiveEdit& edit : whole_[Reference().value_or(0)].edits)
    most = std::max(most, Tolerance(edit));
  return most;
}

SeekRange SeekModel::Expected(const SeekAsk& ask, int64_t off_by) const {
  SeekRange range;
  range.from_ns = std::clamp<int64_t>(ask.start_ns, 0, end_ns_);
  range.to_ns = std::max(range.from_ns, ask.stop_ns);
  if (ask.reverse) range.to_ns = std::min(range.to_ns, end_ns_);
  if (!ask.key_unit) return range;
  int64_t& beginning = ask.reverse ? range.to_ns : range.from_ns;
  beginning = Landing(std::max<int64_t>(0, beginning + off_by), ask.snap);
  range.to_ns = std::max(range.from_ns, range.to_ns);
  return range;
}

bool SeekModel::IsExpected(const SeekAsk& ask, const SeekRange& range) const {
  const int64_t slack = Slack();
  for (int64_t off_by = -slack; off_by <= slack; ++off_by) {
    const SeekRange expected = Expected(ask, off_by);
    if (std::abs(range.from_ns - expected.from_ns) <= slack &&
        std::abs(range.to_ns - expected.to_ns) <= slack)
      return true;
  }
  return false;
}

std::optional<uint64_t> SeekModel::First(size_t track, size_t edit, int64_t from_ns) const {
  const OracleTrack& t = tracks_[track].oracle;
  const std::vector<int64_t>& times = times_[track][edit];
  if (times.empty()) return std::nullopt;
  uint64_t first = 0;
  const bool video = IsVideo(t);
  for (size_t i = 0; i < t.samples.size(); ++i) {
    const bool shown = times[i] <= from_ns;
    if (shown && (t.samples[i].sync || !video)) first = i;
  }
  // From the beginning on nothing is left out, even if several samples share its time.
  if (times[0] >= from_ns) return 0;
  if (video) return first;
  const uint32_t back = t.rolls[first] > 0 ? t.rolls[first] : tracks_[track].lead_in;
  first -= std::min<uint64_t>(first, back);
  while (first > 0 && !t.samples[first].sync)
    --first;
  return first;
}

std::string SeekModel::CheckFirst(size_t track, const SeekRange& range, uint64_t first) const {
  const size_t edit = whole_[track].EditAt(range.from_ns);
  const int64_t slack = Tolerance(whole_[track].edits[edit]);
  const auto least = First(track, edit, range.from_ns - slack);
  const auto most = First(track, edit, range.from_ns + slack);
  if (!least || (first >= *least && first <= *most)) return "";
  return "begins with sample " + std::to_string(first) + ", expected " + std::to_string(*least) +
         " to " + std::to_string(*most);
}

std::string SeekModel::CheckShown(size_t track,
                                  const SeekAsk& ask,
                                  const SeekRange& range,
                                  std::vector<Shown> got,
                                  bool all) const {
  const SeekTrack& t = tracks_[track];
  const NaiveTimeline expected = Expand(t.oracle, t.spec, range.from_ns, range.to_ns);
  got = LongEnough(std::move(got), expected);
  if (ask.reverse) SortByEdit(&got);
  std::vector<Shown> want = expected.shown;
  if (ask.reverse && !all) want = Those(want, got);
  if (t.runs) {
    // Samples that are shorter than what rounding may cost are there in runs.
    got = Joined(got);
    want = Joined(want);
  }
  const std::string difference = Difference(expected, want, got);
  const bool cut_off = !all && difference.find("got no more") != std::string::npos;
  return cut_off ? "" : difference;
}

}  // namespace iso::test
