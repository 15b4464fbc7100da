// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A thousand random seeks in each of many files, generated and real: position, stop, flags,
// direction and rate. The range that is played, every segment, the first and the last
// buffer, and the set of all between, by a search through the oracle's samples. The seed is
// fixed, so a failure comes back.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "compare.h"
#include "edit_forms.h"
#include "media_files.h"
#include "movie_catalog.h"
#include "presented.h"
#include "seek_rules.h"

namespace iso::test {
namespace {

constexpr int kSeeks = 1000;
constexpr int64_t kLongest = 400'000'000;  ///< ns played in one seek
constexpr size_t kRealFiles = 24;

bool IsRawSound(const RecordedPad& pad) {
  return pad.caps.rfind("audio/x-raw", 0) == 0;
}

uint32_t LeadInOf(const RecordedPad& pad) {
  if (pad.name.rfind("audio", 0) != 0 || IsRawSound(pad)) return 0;
  const bool mpeg_audio = pad.caps.rfind("audio/mpeg", 0) == 0 &&
                          pad.caps.find("mpegversion=(int)1") != std::string::npos;
  return mpeg_audio ? 30 : 2;
}

/// Why a track is nothing for this test; null if it is something.
const char* Unfit(const OracleTrack& track, uint64_t file_size) {
  const TrackRule rule = RuleFor(track);
  if (rule.exposure != Exposure::kPad) return "a track that has no pad for certain";
  if (rule.content != Content::kSame && rule.content != Content::kGrouped) {
    return "samples that are rewritten";
  }
  if (track.samples.empty() || SamplesByOffset(track).empty()) return "samples without a place";
  std::set<int64_t> times;
  for (const OracleSample& sample : track.samples) {
    if (!times.insert(sample.cts).second) return "two samples at one time";
    if (sample.offset > file_size || sample.size > file_size - sample.offset) {
      return "samples that are not in the file";
    }
    if (sample.size == 1 && track.handler == "soun") return "packed sound";
    if (sample.duration >> 31 != 0) return "negative durations";
  }
  return nullptr;
}

class SeekFuzzRun {
 public:
  SeekFuzzRun(const std::string& path, const OracleMovie& movie) : movie_(movie) {
    recorder_.KeepData(false);
    recorder_.Start(path);
    opened_ = recorder_.WaitEos() == Outcome::kEos;
  }

  /// Why the file is nothing for this test; null if it is something.
  const char* Prepare(uint64_t file_size) {
    if (!opened_) return "does not play";
    std::vector<SeekTrack> tracks;
    std::set<uint32_t> ids;
    const std::vector<RecordedPad> pads = recorder_.pads();
    for (const OracleTrack& track : movie_.tracks) {
      if (!ids.insert(track.id).second) return "an id that is there twice";
      if (const char* reason = Unfit(track, file_size)) return reason;
      const auto pad = std::find_if(
          pads.begin(), pads.end(), [&](const RecordedPad& p) { return p.track_id == track.id; });
      if (pad == pads.end()) return "a track without a pad";
      pads_.push_back(pad->name);
      tracks.push_back({track, EditsOf(track), LeadInOf(*pad), IsRawSound(*pad)});
    }
    gint64 end_ns = 0;
    if (!gst_element_query_duration(recorder_.demuxer(), GST_FORMAT_TIME, &end_ns)) {
      return "no duration";
    }
    model_ = std::make_unique<SeekModel>(std::move(tracks), end_ns);
    return nullptr;
  }

  void Run(uint64_t seed) {
    random_.seed(seed);
    for (int i = 0; i < kSeeks && !testing::Test::HasFailure(); ++i)
      OneSeek(i);
  }

 private:
  struct Plan {
    SeekAsk ask;
    double rate = 1.0;
    int flags = GST_SEEK_FLAG_FLUSH;
    bool segment = false;
  };

  Plan RandomPlan() {
    constexpr double kRates[] = {1.0, 1.0, 2.0, 0.5};
    Plan plan;
    SeekAsk& ask = plan.ask;
    ask.reverse = random_() % 3 == 0;
    ask.key_unit = random_() % 2 == 0;
    ask.snap = static_cast<int>(random_() % 3);
    const auto length = static_cast<int64_t>(random_() % kLongest);
    ask.start_ns = model_->RandomTime(random_);
    if (random_() % 8 == 0) {
      ask.start_ns = std::max(ask.start_ns, model_->end_ns() - length);  // and no stop
    } else {
      // Now and then both ends are just where a sample begins.
      const int64_t stop = random_() % 2 == 0 ? model_->RandomTime(random_) : 0;
      const bool near = stop > ask.start_ns && stop - ask.start_ns < kLongest;
      ask.stop_ns = std::max(near ? stop : ask.start_ns + length, ask.start_ns + 100);
    }
    plan.rate = kRates[random_() % std::size(kRates)] * (ask.reverse ? -1 : 1);
    plan.segment = random_() % 5 == 0;
    constexpr int kSnaps[] = {
        GST_SEEK_FLAG_SNAP_BEFORE, GST_SEEK_FLAG_SNAP_AFTER, GST_SEEK_FLAG_SNAP_NEAREST};
    if (ask.key_unit) plan.flags |= GST_SEEK_FLAG_KEY_UNIT | kSnaps[ask.snap];
    if (!ask.key_unit && random_() % 2 == 0) plan.flags |= GST_SEEK_FLAG_ACCURATE;
    if (plan.segment) plan.flags |= GST_SEEK_FLAG_SEGMENT;
    return plan;
  }

  /// Every pad has flushed and says that it is over.
  bool WaitForEnd(bool segment, const std::vector<unsigned>& flushes) {
    return recorder_.WaitFor([&](const auto& pads) {
      for (size_t i = 0; i < pads.size(); ++i) {
        if (pads[i]->flushes <= flushes[i]) return false;
        const GstEvent* last = pads[i]->items.back().event.get();
        const bool done = last != nullptr && GST_EVENT_TYPE(last) == GST_EVENT_SEGMENT_DONE;
        if (segment ? !done : !pads[i]->eos) return false;
      }
      return true;
    });
  }

  void OneSeek(int number) {
    Plan plan = RandomPlan();
    const bool open = plan.ask.stop_ns == INT64_MAX;
    const int64_t stop = open ? -1 : plan.ask.stop_ns;
    // GstSegment lets no stop lie behind the duration.
    if (!open) plan.ask.stop_ns = std::min(plan.ask.stop_ns, model_->end_ns());
    const SeekAsk& ask = plan.ask;
    SCOPED_TRACE(testing::Message()
                 << "seek " << number << ": start " << ask.start_ns << " stop " << ask.stop_ns
                 << " rate " << plan.rate << " flags " << plan.flags << " snap " << ask.snap);
    std::vector<unsigned> flushes;
    for (const RecordedPad& pad : recorder_.pads())
      flushes.push_back(pad.flushes);
    uint32_t seqnum = 0;
    ASSERT_TRUE(recorder_.Seek(plan.rate,
                               GST_FORMAT_TIME,
                               plan.flags,
                               GST_SEEK_TYPE_SET,
                               ask.start_ns,
                               GST_SEEK_TYPE_SET,
                               stop,
                               &seqnum));
    ASSERT_TRUE(WaitForEnd(plan.segment, flushes)) << "it does not end";
    const std::vector<RecordedPad> pads = recorder_.pads();
    const SeekRange range = PlayedRange(pads, ask, model_->end_ns());
    SCOPED_TRACE(testing::Message() << "played " << range.from_ns << " to " << range.to_ns);
    EXPECT_TRUE(model_->IsExpected(ask, range));
    // Pads map the range to their media and back: what they say of it may be a nanosecond off.
    const SeekRange exact = ask.key_unit ? range : model_->Expected(ask);
    for (size_t t = 0; t < pads_.size(); ++t) {
      const auto pad = std::find_if(
          pads.begin(), pads.end(), [&](const RecordedPad& p) { return p.name == pads_[t]; });
      CheckPad(t, *pad, plan, exact, seqnum);
    }
  }

  void CheckPad(
      size_t t, const RecordedPad& pad, const Plan& plan, const SeekRange& range, uint32_t seqnum) {
    SCOPED_TRACE(pad.name);
    const OracleTrack& track = movie_.tracks[t];
    const PadPresentation got = PresentedOn(pad, track, model_->whole(t), plan.rate, range, seqnum);
    EXPECT_EQ(got.errors, std::vector<std::string>());
    if (range.from_ns >= model_->whole(t).end_ns()) {
      // Behind the last edit, even where its media lasts for a part of a movie tick more.
      EXPECT_TRUE(got.shown.empty());
    } else {
      EXPECT_EQ(model_->CheckShown(t, plan.ask, range, got.shown, true), "");
    }
    if (!plan.ask.reverse && got.first) {
      EXPECT_EQ(model_->CheckFirst(t, range, *got.first), "");
    }
    if (plan.ask.reverse) {
      CheckGroups(pad, track);
    } else if (got.last && !IsRawSound(pad)) {
      CheckLast(track, model_->whole(t), got);
    }
  }

  /// Forward, samples come in decoding order until none can be shown before the stop.
  static void CheckLast(const OracleTrack& track,
                        const NaiveTimeline& whole,
                        const PadPresentation& got) {
    if (whole.edits[got.last_edit].kind != NaiveEdit::Kind::kMedia) return;
    if (got.last_segment.stop == GST_CLOCK_TIME_NONE) {
      EXPECT_EQ(*got.last, track.samples.size() - 1);
      return;
    }
    const uint64_t next = *got.last + 1;
    if (next == track.samples.size()) return;
    // Where some are presented before they are decoded, all presentation times are moved.
    const int64_t moved_ns = static_cast<int64_t>(got.last_pts) -
                             TicksToNs(track.samples[*got.last].cts, track.timescale);
    const OracleSample& sample = track.samples[next];
    const int64_t shown_ns =
        TicksToNs(sample.cts, track.timescale) + (IsVideo(track) ? moved_ns : 0);
    const int64_t early = std::min(TicksToNs(sample.dts, track.timescale), shown_ns);
    EXPECT_GE(early + 2, static_cast<int64_t>(got.last_segment.stop))
        << "sample " << next << " should have come, too";
  }

  /// Groups descend, each in decoding order, of pictures from a sync sample on.
  static void CheckGroups(const RecordedPad& pad, const OracleTrack& track) {
    const std::map<uint64_t, uint64_t> by_offset = SamplesByOffset(track);
    uint64_t group = UINT64_MAX, last = UINT64_MAX;
    for (const RecordedItem& item : pad.items) {
      if (item.event && GST_EVENT_TYPE(item.event.get()) == GST_EVENT_SEGMENT) group = UINT64_MAX;
      const auto found = item.event ? by_offset.end() : by_offset.find(item.offset);
      if (found == by_offset.end()) continue;
      const uint64_t sample = found->second;
      if ((item.flags & GST_BUFFER_FLAG_DISCONT) != 0) {
        EXPECT_LT(sample, group);
        EXPECT_TRUE(!IsVideo(track) || track.samples[sample].sync || sample == 0);
        group = sample;
      } else {
        EXPECT_TRUE(last != UINT64_MAX && sample > last) << "sample " << sample;
      }
      last = sample;
    }
  }

  const OracleMovie& movie_;
  Recorder recorder_;
  bool opened_ = false;
  std::vector<std::string> pads_;  ///< of the movie's tracks
  std::unique_ptr<SeekModel> model_;
  std::mt19937_64 random_;
};

/// Edit lists of every fourth form on pictures and sound, and tables of all kinds.
std::vector<CatalogMovie> Movies() {
  std::vector<CatalogMovie> movies;
  const auto lists = EditListMovies({600});
  constexpr size_t kKinds = 6;  // of a form: video, B-frames, negative, cslg, AAC, PCM
  for (size_t form = 0; (form + 1) * kKinds <= lists.size(); form += 4) {
    const EditListMovie& video = lists[form * kKinds + form / 4 % 4];
    MovieSpec spec = video.movie;
    spec.tracks.push_back(lists[form * kKinds + 4 + form / 4 % 2].movie.tracks[0]);
    spec.tracks[1].id = 2;
    movies.push_back({video.name, std::move(spec)});
  }
  const std::set<std::string> chosen = {"plain",
                                        "stts-vfr",
                                        "stts-few-runs",
                                        "ctts-runs",
                                        "all-sync",
                                        "one-sync",
                                        "stps",
                                        "audio-with-stss",
                                        "large-timescale",
                                        "not-interleaved"};
  for (const CatalogMovie& movie : CatalogMovies()) {
    if (chosen.contains(movie.name)) movies.push_back(movie);
  }
  return movies;
}

class GeneratedSeeks : public testing::TestWithParam<CatalogMovie> {};

TEST_P(GeneratedSeeks, PlayWhatWasAskedFor) {
  const Watchdog watchdog(GetParam().name, 120);
  const std::vector<uint8_t> bytes = BuildMovie(GetParam().spec);
  const TempFile file(bytes);
  const auto movie = ExpandMovie(bytes);
  ASSERT_TRUE(movie);
  SeekFuzzRun run(file.path(), *movie);
  const char* unfit = run.Prepare(bytes.size());
  ASSERT_EQ(unfit, nullptr) << unfit;
  run.Run(2024);
}

INSTANTIATE_TEST_SUITE_P(Movies, GeneratedSeeks, testing::ValuesIn(Movies()), [](const auto& test) {
  return TestName(test.param.name);
});

/// The first real files that are fit; one test for all, as only trying tells which are.
TEST(RealSeeks, PlayWhatWasAskedFor) {
  if (MediaRoot().empty()) GTEST_SKIP() << "no real media next to the source tree";
  size_t done = 0;
  for (const std::string& name : RealMovies()) {
    if (done == kRealFiles || testing::Test::HasFailure()) break;
    if (NotComparable(name) || EncoderDelay(name) != 0) continue;
    const Watchdog watchdog(name, 120);
    const std::string path = MediaRoot() + "/" + name;
    const std::vector<uint8_t> bytes = ReadFile(path);
    const auto movie = ExpandMovie(bytes);
    if (!movie || !HasMedia(*movie, bytes.size())) continue;
    SeekFuzzRun run(path, *movie);
    const char* unfit = run.Prepare(bytes.size());
    if (unfit != nullptr) {
      std::printf("%s: %s\n", name.c_str(), unfit);
      continue;
    }
    SCOPED_TRACE(name);
    std::printf("%s: %d seeks\n", name.c_str(), kSeeks);
    run.Run(7 + done);
    ++done;
  }
  if (!testing::Test::HasFailure()) {
    EXPECT_GE(done, 20u) << "files that are fit";
  }
}

}  // namespace
}  // namespace iso::test
