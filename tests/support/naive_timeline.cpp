// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The definition of an edit list, naively.

#include "naive_timeline.h"

#include <algorithm>

namespace iso::test {
namespace {

constexpr int64_t kUnit = 1'000'000'000;

Wide Gcd(Wide a, Wide b) {
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

Rational Ns(int64_t ns) {
  return Rational::Of(ns, kUnit);
}

/// Ticks at which the sample shown last ends.
int64_t MediaEnd(const OracleTrack& track) {
  int64_t end = 0;
  for (const OracleSample& s : track.samples)
    end = std::max(end, s.cts + static_cast<int64_t>(s.duration));
  return end;
}

class Expansion {
 public:
  Expansion(const OracleTrack& track, const TrackSpec& spec, int64_t from_ns, int64_t to_ns)
      : track_(track), from_(Ns(from_ns)), to_(Ns(to_ns)), media_end_(MediaEnd(track)) {
    Rational at;
    for (const EditSpec& edit : spec.edits) {
      const Rational rate = Rational::Of(edit.rate * 65536 + edit.rate_fraction, 65536);
      const bool plays = edit.media_time >= 0 && rate.n != 0;
      if (edit.duration == 0 && (!plays || edit.media_time >= media_end_)) continue;
      AddEdit(edit, rate, &at);
      if (edit.duration == 0) break;
    }
    const bool any = std::any_of(timeline_.edits.begin(), timeline_.edits.end(), [](auto& e) {
      return e.kind != NaiveEdit::Kind::kNothing || e.rate.n == 0;
    });
    if (!any) {
      timeline_.edits.clear();
      at = {};
      AddEdit({0, 0, 1}, Rational{1, 1}, &at);
    }
    LetTheLastOneEnd();
  }

  NaiveTimeline Run() {
    for (size_t i = 0; i < timeline_.edits.size(); ++i)
      Show(i);
    return std::move(timeline_);
  }

 private:
  Rational Ticks(int64_t ticks) const { return Rational::Of(ticks, track_.timescale); }

  Rational EndOfMedia(const NaiveEdit& edit) const {
    return edit.start + Ticks(media_end_ - edit.media_ticks) / edit.rate;
  }

  void AddEdit(const EditSpec& spec, const Rational& rate, Rational* at) {
    NaiveEdit edit;
    edit.media_ticks = spec.media_time;
    edit.rate = rate;
    edit.start = *at;
    if (spec.media_time < 0 || (rate.n != 0 && spec.media_time >= media_end_)) {
      edit.kind = NaiveEdit::Kind::kNothing;
    } else if (rate.n == 0) {
      edit.kind = track_.handler == "vide" ? NaiveEdit::Kind::kHeld : NaiveEdit::Kind::kNothing;
    }
    edit.end = *at + Rational::Of(static_cast<Wide>(spec.duration), track_.movie_timescale);
    if (spec.duration == 0 && spec.media_time < media_end_) edit.end = EndOfMedia(edit);
    *at = edit.end;
    timeline_.edits.push_back(edit);
  }

  /// A movie tick is too coarse to say where media ends: what ends within one of it (and a tick
  /// of the media, in which it is counted) means it all.
  void LetTheLastOneEnd() {
    NaiveEdit& last = timeline_.edits.back();
    if (last.kind != NaiveEdit::Kind::kMedia) return;
    const Rational end = EndOfMedia(last);
    const Rational tick = Rational::Of(1, track_.movie_timescale) + Ticks(1) / last.rate;
    if (!(last.end < end - tick) && last.end < end) shown_to_ = end;
  }

  void Add(size_t edit, uint64_t index, Rational from, Rational to, std::vector<Shown>* list) {
    from = std::max(from, from_);
    to = std::min(to, to_);
    if (from < to) list->push_back({edit, index, from.FloorNs(), to.FloorNs()});
  }

  void Show(size_t i) {
    const NaiveEdit& edit = timeline_.edits[i];
    const bool last = i + 1 == timeline_.edits.size();
    const Rational end = last ? std::max(edit.end, shown_to_) : edit.end;
    if (edit.kind == NaiveEdit::Kind::kNothing) {
      Add(i, 0, edit.start, end, &timeline_.gaps);
      return;
    }
    if (edit.kind == NaiveEdit::Kind::kHeld) {
      Add(i, OnDisplay(edit.media_ticks), edit.start, end, &timeline_.shown);
      return;
    }
    for (size_t k = 0; k < track_.samples.size(); ++k) {
      const OracleSample& s = track_.samples[k];
      if (IsFarFrom(edit, s)) continue;
      const auto after = s.cts + static_cast<int64_t>(s.duration);
      const Rational from = edit.start + Ticks(s.cts - edit.media_ticks) / edit.rate;
      const Rational to = edit.start + Ticks(after - edit.media_ticks) / edit.rate;
      Add(i, k, std::max(from, edit.start), std::min(to, end), &timeline_.shown);
    }
  }

  /// Without exact arithmetic: surely not in the range. Saves time only.
  bool IsFarFrom(const NaiveEdit& edit, const OracleSample& s) const {
    const double one = track_.timescale * Value(edit.rate);
    const double from = Value(edit.start) + static_cast<double>(s.cts - edit.media_ticks) / one;
    const double to = from + static_cast<double>(s.duration) / one;
    constexpr double kMargin = 0.001;
    return to < Value(from_) - kMargin || from > Value(to_) + kMargin;
  }

  static double Value(const Rational& r) {
    return static_cast<double>(r.n) / static_cast<double>(r.d);
  }

  /// Before the first picture that one is held.
  uint64_t OnDisplay(int64_t ticks) const {
    size_t best = 0;
    for (size_t k = 1; k < track_.samples.size(); ++k) {
      const int64_t cts = track_.samples[k].cts, now = track_.samples[best].cts;
      if (now > ticks ? cts < now : cts <= ticks && cts > now) best = k;
    }
    return best;
  }

  const OracleTrack& track_;
  const Rational from_;
  const Rational to_;
  const int64_t media_end_;
  Rational shown_to_;
  NaiveTimeline timeline_;
};

}  // namespace

Rational Rational::Of(Wide n, Wide d) {
  const Wide g = Gcd(n, d) * (d < 0 ? -1 : 1);
  return {n / g, d / g};
}

int64_t Rational::FloorNs() const {
  const Wide scaled = n * kUnit;
  return static_cast<int64_t>(scaled / d - (scaled % d < 0 ? 1 : 0));
}

size_t NaiveTimeline::EditAt(int64_t presentation_ns) const {
  size_t i = 0;
  while (i + 1 < edits.size() && presentation_ns >= edits[i].end.FloorNs())
    ++i;
  return i;
}

NaiveTimeline Expand(const OracleTrack& track,
                     const TrackSpec& spec,
                     int64_t from_ns,
                     int64_t to_ns) {
  return Expansion(track, spec, from_ns, to_ns).Run();
}

int64_t Tolerance(const NaiveEdit& edit) {
  const bool stretched = edit.kind == NaiveEdit::Kind::kMedia && edit.rate.n != edit.rate.d;
  return stretched ? 1 + static_cast<int64_t>((edit.rate.d + edit.rate.n - 1) / edit.rate.n) : 1;
}

std::string ToString(const Shown& shown) {
  return "edit " + std::to_string(shown.edit) + " sample " + std::to_string(shown.index) +
         " from " + std::to_string(shown.from_ns) + " to " + std::to_string(shown.to_ns);
}

std::string Difference(const NaiveTimeline& timeline,
                       const std::vector<Shown>& expected,
                       const std::vector<Shown>& got) {
  size_t g = 0;
  for (const Shown& want : expected) {
    const int64_t slack = Tolerance(timeline.edits[want.edit]);
    const bool there = g < got.size() && got[g].edit == want.edit && got[g].index == want.index;
    if (!there && want.to_ns - want.from_ns <= slack) continue;
    const std::string what = "expected " + ToString(want);
    if (g == got.size()) return what + ", got no more";
    if (!there || std::abs(got[g].from_ns - want.from_ns) > slack ||
        std::abs(got[g].to_ns - want.to_ns) > slack) {
      return what + ", got " + ToString(got[g]);
    }
    ++g;
  }
  return g == got.size() ? "" : "expected no more, got " + ToString(got[g]);
}

}  // namespace iso::test
