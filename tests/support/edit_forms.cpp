// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The table of edit lists.

#include "edit_forms.h"

#include <algorithm>

#include "movie_catalog.h"

namespace iso::test {
namespace {

constexpr int64_t kNothing = -1;
constexpr int64_t kToEnd = 0;
constexpr double kSeconds = 2;

/// An edit in milliseconds, whatever the timescales: rounded to their ticks.
struct EditMs {
  int64_t duration;
  int64_t media;
  double rate = 1;
};

struct Form {
  const char* name;
  std::vector<EditMs> edits;
};

const std::vector<Form>& Forms() {
  static const std::vector<Form> forms = {
      {"whole", {{2000, 0}}},
      {"to_end", {{kToEnd, 0}}},
      {"cut_start", {{1500, 500}}},
      {"cut_start_off_grid", {{1393, 607}}},
      {"cut_start_to_end", {{kToEnd, 333}}},
      {"cut_end", {{1201, 0}}},
      {"cut_end_a_little", {{1960, 80}}},
      {"cut_both", {{1013, 457}}},
      {"one_frame", {{40, 1000}}},
      {"shorter_than_a_frame", {{7, 1001}}},
      {"delay", {{500, kNothing}, {2000, 0}}},
      {"delay_and_cut", {{777, kNothing}, {1100, 321}}},
      {"delay_to_end", {{777, kNothing}, {kToEnd, 80}}},
      {"two_delays", {{333, kNothing}, {334, kNothing}, {1000, 500}}},
      {"delay_of_no_length", {{kToEnd, kNothing}, {1500, 200}}},
      {"only_delay", {{1000, kNothing}}},
      {"in_order", {{500, 0}, {500, 1000}}},
      {"in_order_abutting", {{700, 0}, {700, 700}, {600, 1400}}},
      {"out_of_order", {{600, 1300}, {700, 200}}},
      {"overlapping", {{900, 100}, {900, 600}}},
      {"repeated", {{400, 800}, {400, 800}, {400, 800}}},
      {"backwards_frame_by_frame", {{40, 960}, {40, 920}, {40, 880}, {40, 840}}},
      {"empty_in_the_middle", {{600, 100}, {300, kNothing}, {600, 900}}},
      {"empty_at_the_end", {{900, 300}, {500, kNothing}}},
      {"empty_everywhere",
       {{100, kNothing}, {500, 0}, {100, kNothing}, {500, 1000}, {100, kNothing}}},
      {"empty_of_no_length_at_the_end", {{900, 300}, {kToEnd, kNothing}}},
      {"dwell_at_start", {{500, 0, 0}, {1000, 0}}},
      {"dwell_in_the_middle", {{800, 100}, {650, 900, 0}, {700, 900}}},
      {"dwell_at_the_end", {{1000, 500}, {900, 1480, 0}}},
      {"dwell_of_no_length", {{800, 100}, {kToEnd, 900, 0}, {700, 900}}},
      {"only_dwell", {{900, 777, 0}}},
      {"twice_as_fast", {{1000, 0, 2}}},
      {"twice_as_fast_in_part", {{400, 333, 2}, {400, 1133}}},
      {"twice_as_fast_to_end", {{kToEnd, 200, 2}}},
      {"half_as_fast", {{4000, 0, 0.5}}},
      {"half_as_fast_in_part", {{500, 100, 0.5}, {500, 350}}},
      {"half_as_fast_to_end", {{kToEnd, 1600, 0.5}}},
      {"half_more", {{800, 0, 1.5}, {200, 1200, 1.5}}},
      {"three_rates", {{300, 0, 2}, {600, 600, 0.5}, {300, 900, 1.5}, {500, 1350}}},
      {"longer_than_the_media", {{3000, 0}}},
      {"longer_than_the_media_cut", {{3000, 1500}}},
      {"longer_than_the_media_then_more", {{2600, 500}, {500, 0}}},
      {"past_the_media", {{1000, 5000}}},
      {"past_the_media_first", {{700, 2500}, {900, 200}}},
      {"past_the_media_in_the_middle", {{700, 0}, {400, 3000}, {900, 200}}},
      {"past_the_media_to_end", {{700, 0}, {kToEnd, 3000}}},
      {"all_of_it",
       {{250, kNothing},
        {500, 1000},
        {300, 1500, 0},
        {400, 200, 2},
        {111, kNothing},
        {kToEnd, 1700}}},
      {"all_of_it_otherwise",
       {{500, 700, 0},
        {333, kNothing},
        {500, 700, 0.5},
        {200, 2100},
        {500, 0, 1.5},
        {300, 1960, 0}}},
  };
  return forms;
}

TrackSpec Plain() {
  TrackSpec track = VideoTrack(1, kSeconds);
  track.ctts = CttsForm::kNone;
  for (SampleSpec& s : track.samples)
    s.cts = 0;
  return track;
}

TrackSpec Negative(bool cslg) {
  TrackSpec track = VideoTrack(1, kSeconds);
  track.ctts = CttsForm::kVersion1;
  for (SampleSpec& s : track.samples)
    s.cts -= 48;
  if (cslg) track.cslg_shift = 48;
  return track;
}

/// At so low a rate that tests of all its samples are fast.
TrackSpec SlowPcm() {
  constexpr uint32_t kRate = 800;
  TrackSpec track = PcmTrack(1, "sowt", kSeconds * kRate / 8000);
  track.timescale = kRate;
  return track;
}

struct Kind {
  const char* name;
  TrackSpec track;
};

std::vector<Kind> Kinds() {
  return {
      {"video", Plain()},
      {"b_frames", VideoTrack(1, kSeconds)},
      {"negative_offsets", Negative(false)},
      {"cslg", Negative(true)},
      {"aac", AudioTrack(1, kSeconds)},
      {"pcm", SlowPcm()},
  };
}

std::vector<EditSpec> ToTicks(const std::vector<EditMs>& edits, uint32_t movie, uint32_t media) {
  std::vector<EditSpec> specs;
  for (const EditMs& edit : edits) {
    EditSpec spec;
    spec.duration = static_cast<uint64_t>((edit.duration * movie + 500) / 1000);
    if (edit.duration > 0) spec.duration = std::max<uint64_t>(1, spec.duration);
    spec.media_time = edit.media < 0 ? -1 : (edit.media * media + 500) / 1000;
    spec.rate = static_cast<int16_t>(edit.rate);
    spec.rate_fraction = static_cast<uint16_t>((edit.rate - spec.rate) * 65536);
    specs.push_back(spec);
  }
  return specs;
}

}  // namespace

std::vector<EditListMovie> EditListMovies(const std::vector<uint32_t>& movie_timescales) {
  std::vector<EditListMovie> cases;
  for (const Form& form : Forms()) {
    for (const Kind& kind : Kinds()) {
      for (const uint32_t timescale : movie_timescales) {
        EditListMovie c;
        c.name = std::string(form.name) + "_" + kind.name + "_" + std::to_string(timescale);
        c.movie.timescale = timescale;
        c.movie.tracks = {kind.track};
        TrackSpec& track = c.movie.tracks[0];
        track.has_edits = true;
        track.elst_version = static_cast<int>(cases.size() % 2);
        track.edits = ToTicks(form.edits, timescale, track.timescale);
        cases.push_back(std::move(c));
      }
    }
  }
  return cases;
}

}  // namespace iso::test
