// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/fragmented_movie.h"

#include <algorithm>

#include "core/fragment/fragment_hints.h"
#include "core/fragment/fragment_index.h"
#include "core/fragment/fragment_samples.h"

namespace iso {
namespace {

/// Fragments looked at at either end of the file until each track has been met: some writers
/// give each track a fragment of its own.
constexpr uint32_t kMostFragments = 8;

/// Samples that a picture may be reordered across; no codec reorders more than 16.
constexpr uint32_t kMostReordered = 48;

/// Fragments that begin before this simply begin with nothing (or their first ones are damaged).
constexpr int64_t kLateStartNs = int64_t{10} * kNanosecondsPerSecond;

/// Compositions shifted by more than this are a damaged file's, not an encoder's.
constexpr int64_t kMaxCompositionShift = int64_t{1} << 31;

/// kEndOfTable is an answer here: there is no such fragment.
bool IsFailure(const Result<FragmentRef>& fragment) {
  return !fragment.ok() && fragment.error().code != Errc::kEndOfTable;
}

/// What is known of where a track ends.
struct Ending {
  int64_t shown_until = kTimeMin;
  int64_t decoded_until = 0;
  bool exact = false;    ///< to the end of its last sample: that has a duration
  uint64_t samples = 0;  ///< looked at
  bool settled = false;  ///< nothing further back can be shown later
};

uint32_t DurationOfLast(const Fragment& fragment, const TrackFragment& track) {
  RunWalker walker(fragment, track);
  walker.SeekTo(track.count - 1);
  Sample sample;
  walker.Next(&sample);
  return sample.duration;
}

/// Upstream's nanoseconds have been rounded already: rounded down again they would be a tick
/// early.
int64_t NearestTick(int64_t time_ns, uint32_t timescale) {
  const int64_t half = kNanosecondsPerSecond / 2 / timescale;
  return RescaleFloor(SaturatingAdd(time_ns, half), kNanosecondsPerSecond, timescale);
}

class FragmentedMovie {
 public:
  FragmentedMovie(const MovieExtends& extends,
                  const MovieOptions& options,
                  Diagnostics* diagnostics,
                  Movie* movie)
      : extends_(extends), options_(options), diagnostics_(diagnostics), movie_(*movie) {}

  Status Read(const std::shared_ptr<ByteSource>& source);

 private:
  Result<std::vector<FragmentTrack>> Tracks() const;
  void AttachFragments();
  Status ReadBeginning();
  Status ReadHints(ByteSource& source);
  Status ReadEnd();
  void NoteEnds(const Fragment& fragment, std::vector<Ending>* endings);
  void SetDuration(Track* track, int64_t ticks, int64_t shown_end, bool exact);
  void UseStatedDuration();
  void BuildTimelines();
  void FindStart(const Fragment& first);

  const MovieExtends& extends_;
  const MovieOptions& options_;
  Diagnostics* diagnostics_;
  Movie& movie_;
  std::shared_ptr<FragmentIndex> fragments_;
  int64_t stated_end_ns_ = 0;  ///< as indexes or mehd say; 0: nobody says
};

/// How the movie's tracks appear in fragments. A track may have samples in moov as well.
Result<std::vector<FragmentTrack>> FragmentedMovie::Tracks() const {
  std::vector<FragmentTrack> tracks;
  for (const Track& track : movie_.tracks) {
    FragmentTrack each;
    each.id = track.id;
    each.timescale = track.timescale;
    const auto& all = extends_.defaults;
    const auto found = std::find_if(all.begin(), all.end(), [&](const TrexBox& defaults) {
      return defaults.track_id == track.id;
    });
    if (found != all.end()) {
      each.defaults = {found->default_description,
                       found->default_duration,
                       found->default_size,
                       found->default_flags};
    }
    const SampleTableLayout& layout = track.table->layout();
    each.rolls = {layout.rolls, layout.prerolls};
    ISO_TRY(const uint64_t count, track.table->SampleCount());
    if (count > 0) {
      ISO_TRY(each.table_duration, track.table->DecodeTime(count));
    } else if (options_.segments) {
      each.table_duration = NearestTick(options_.segments->start_ns, track.timescale);
      each.any_id = track.any_id;
    }
    tracks.push_back(each);
  }
  return tracks;
}

Status FragmentedMovie::Read(const std::shared_ptr<ByteSource>& source) {
  ISO_TRY(std::vector<FragmentTrack> tracks, Tracks());
  const bool only_fragments = std::all_of(
      tracks.begin(), tracks.end(), [](const auto& track) { return track.table_duration == 0; });
  const FragmentFile file{
      source, movie_.pages, options_.limits, diagnostics_, options_.streamed};
  fragments_ = std::make_shared<FragmentIndex>(file, std::move(tracks), extends_.moov_end);
  if (options_.segments) {
    AttachFragments();
    return {};
  }
  const uint64_t stated = extends_.duration != 0 ? extends_.duration : extends_.movie_duration;
  if (stated <= INT64_MAX) {
    fragments_->SetStatedLength(ToNanoseconds(static_cast<int64_t>(stated), movie_.timescale));
  }
  const Result<FragmentRef> first = fragments_->First();
  if (IsFailure(first)) return first.error();
  if (!first.ok()) {
    if (only_fragments) return Error{Errc::kNoFragments, FourCC("moof"), extends_.moov_end};
    BuildTimelines();
    return {};
  }
  AttachFragments();
  ISO_CHECK(ReadBeginning());
  ISO_CHECK(ReadHints(*source));
  const bool told = options_.few_reads && stated_end_ns_ != 0;
  if (options_.look_at_end && !told) ISO_CHECK(ReadEnd());
  if (!options_.growing) UseStatedDuration();
  BuildTimelines();
  FindStart(**first);
  return {};
}

void FragmentedMovie::AttachFragments() {
  for (size_t i = 0; i < movie_.tracks.size(); ++i) {
    Track& track = movie_.tracks[i];
    track.fragments = fragments_;
    track.samples = std::make_shared<FragmentSamples>(fragments_, track.table, i);
    track.media_duration = kTimeMax;
    track.media_end = kTimeMax;
    track.duration_is_exact = false;
  }
}

/// A recording of a broadcast, or a piece of one, counts from when that began. Nothing is shown
/// until its first fragment does, however long that is.
void FragmentedMovie::FindStart(const Fragment& first) {
  const bool any_edits =
      std::any_of(movie_.tracks.begin(), movie_.tracks.end(), [](const Track& track) {
        return track.timeline.edits() != Timeline().edits();
      });
  const bool any_before = std::any_of(fragments_->tracks().begin(),
                                      fragments_->tracks().end(),
                                      [](const auto& track) { return track.table_duration > 0; });
  if (any_edits || any_before || first.start_ns == kTimeMax) return;
  if (first.start_ns >= kLateStartNs) movie_.start_ns = first.start_ns;
}

/// How far compositions have to be shifted so that none comes before its decoding.
Status FragmentedMovie::ReadBeginning() {
  Result<FragmentRef> fragment = fragments_->First();
  std::vector<char> met(movie_.tracks.size(), false);
  for (uint32_t steps = 0; fragment.ok() && steps < kMostFragments; ++steps) {
    for (const TrackFragment& each : (*fragment)->tracks) {
      Track& track = movie_.tracks[each.track];
      if (met[each.track]) continue;
      met[each.track] = true;
      const int64_t shift = -static_cast<int64_t>(std::min(0, each.least_offset));
      track.composition_shift =
          std::max(track.composition_shift, std::min(shift, kMaxCompositionShift));
      if (track.packet_duration == 0) {
        ISO_TRY(const Sample first, track.samples->At(FragmentSamples::NumberOf(**fragment, 0)));
        track.packet_duration =
            each.count * int64_t{first.duration} == each.duration ? first.duration : 0;
      }
    }
    bool all_pictures = true;
    for (size_t i = 0; i < met.size(); ++i) {
      all_pictures = all_pictures && (met[i] || movie_.tracks[i].kind != MediaKind::kVideo);
    }
    if (all_pictures) return {};
    fragment = fragments_->After(**fragment);
  }
  return IsFailure(fragment) ? Status(fragment.error()) : Status();
}

/// Segments put one behind the other may each have an index of their own: it tells the duration only
/// if it reaches to the end of the file.
Status FragmentedMovie::ReadHints(ByteSource& source) {
  ISO_TRY(FragmentHints segments, ReadSegmentIndexes(extends_.moov_end, source, options_.limits));
  const auto size = source.stated_size();
  if (size && segments.end >= *size) stated_end_ns_ = segments.end_ns;
  fragments_->AddAnchors(std::move(segments.anchors));
  if (extends_.duration != 0 && extends_.duration <= INT64_MAX) {
    stated_end_ns_ = ToNanoseconds(static_cast<int64_t>(extends_.duration), movie_.timescale);
  }
  return options_.look_at_end && !options_.few_reads ? fragments_->ReadAccesses() : Status();
}

/// The last fragments say exactly how long each track lasts. The picture shown last need not be
/// in the last one, where fragments hold a picture or a few.
Status FragmentedMovie::ReadEnd() {
  std::vector<Ending> endings(movie_.tracks.size());
  Result<FragmentRef> fragment = fragments_->Last();
  for (uint32_t steps = 0; fragment.ok() && steps < kMostReordered; ++steps) {
    NoteEnds(**fragment, &endings);
    const bool all_settled = std::all_of(endings.begin(), endings.end(), [&](const Ending& each) {
      return each.settled || (steps >= kMostFragments && each.samples == 0);
    });
    if (all_settled) return {};
    fragment = fragments_->Before(**fragment);
  }
  return IsFailure(fragment) ? Status(fragment.error()) : Status();
}

void FragmentedMovie::NoteEnds(const Fragment& fragment, std::vector<Ending>* endings) {
  if (!fragment.times_known) return;
  for (const TrackFragment& each : fragment.tracks) {
    Ending& ending = (*endings)[each.track];
    Track& track = movie_.tracks[each.track];
    if (ending.settled) continue;
    if (ending.samples == 0) {
      ending.decoded_until = SaturatingAdd(each.base, each.duration);
      ending.exact = DurationOfLast(fragment, each) > 0;
    }
    ending.shown_until = std::max(ending.shown_until, SaturatingAdd(each.base, each.end_pts));
    ending.samples += each.count;
    ending.settled = each.starts_with_sync || ending.samples >= kMostReordered;
    SetDuration(&track, ending.decoded_until, ending.shown_until, ending.exact);
  }
}

void FragmentedMovie::SetDuration(Track* track, int64_t ticks, int64_t shown_end, bool exact) {
  if (ticks <= 0) return;
  track->media_duration = ticks;
  track->media_end = std::max<int64_t>(shown_end, 1);
  track->duration_is_exact = exact;
}

/// Where the file's end could not be looked at, its headers are believed.
void FragmentedMovie::UseStatedDuration() {
  if (stated_end_ns_ == 0) return;
  const bool any_known =
      std::any_of(movie_.tracks.begin(), movie_.tracks.end(), [](const Track& track) {
        return track.media_duration != kTimeMax;
      });
  if (any_known) return;
  for (Track& track : movie_.tracks) {
    const int64_t ticks = RescaleFloor(stated_end_ns_, kNanosecondsPerSecond, track.timescale);
    SetDuration(&track, ticks, ticks, false);
  }
}

/// An edit list that covers the samples of moov alone was written before there were others: its
/// last edit means all that follows.
void FragmentedMovie::BuildTimelines() {
  for (size_t i = 0; i < movie_.tracks.size(); ++i) {
    Track& track = movie_.tracks[i];
    if (track.edit_list.empty()) continue;
    EditEntry& last = track.edit_list.back();
    const int64_t in_table = fragments_->tracks()[i].table_duration;
    const auto edit = static_cast<int64_t>(std::min<uint64_t>(last.duration, INT64_MAX / 2));
    const int64_t ticks = RescaleFloor(edit, movie_.timescale, track.timescale);
    const bool plays = last.media_time >= 0 && last.rate_integer == 1;
    if (track.fragments && plays && last.media_time + ticks <= in_table) last.duration = 0;
    track.timeline = Timeline::Build(
        track.edit_list, movie_.timescale, track.timescale, track.media_end, diagnostics_);
    track.edit_list.clear();
    track.edit_list.shrink_to_fit();
  }
}

}  // namespace

Status AddFragments(const MovieExtends& extends,
                    const std::shared_ptr<ByteSource>& source,
                    const MovieOptions& options,
                    Diagnostics* diagnostics,
                    Movie* movie) {
  return FragmentedMovie(extends, options, diagnostics, movie).Read(source);
}

}  // namespace iso
