// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TrackPlayer: one track's way along its timeline: segments, gaps and samples, in order,
// from any presentation time to any other.

#pragma once

#include <cstdint>
#include <optional>

#include "core/demux/event.h"
#include "core/movie/movie.h"

namespace iso {

/// How a track is to be played. Set by whoever knows the codec.
struct TrackOptions {
  bool active = true;        ///< inactive tracks are left out altogether
  bool sparse = false;       ///< subtitles and the like: gaps are announced while they last
  uint32_t lead_in = 0;      ///< samples a decoder needs before the first one wanted
  uint32_t max_run = 1;      ///< samples in one event at most (raw audio)
};

/// Where a key unit seek may land.
enum class Snap : uint8_t { kBefore, kAfter, kNearest };

/// Not thread-safe. Functions that answer kNotYet or kInterrupted changed nothing.
class TrackPlayer {
 public:
  /// `movie` must outlive the player.
  TrackPlayer(const Track& track, size_t index);

  void SetOptions(const TrackOptions& options) { options_ = options; }

  const TrackOptions& options() const { return options_; }

  /// Plays [from_ns, to_ns) of the presentation from now on; to_ns == kTimeMax: all.
  /// Reads nothing yet.
  void Start(int64_t from_ns, int64_t to_ns);

  /// Finds out what comes next, if that is not known. Cheap when it is.
  Status Prepare();

  /// When what comes next is due, nanoseconds of the presentation; kTimeMax when the
  /// track is over. After Prepare() only.
  int64_t due_ns() const { return due_ns_; }

  bool over() const { return phase_ == Phase::kOver; }

  /// Hands out what comes next and forgets it. After Prepare() only.
  void Take(Event* event);

  /// Gives up on the rest: what comes next is the end.
  void Abandon();

  /// The presentation time a key unit seek to `position_ns` lands on.
  Result<int64_t> SnapToSync(int64_t position_ns, Snap snap) const;

 private:
  enum class Phase : uint8_t { kSegment, kGap, kFindStart, kSamples, kEnd, kOver };

  const Edit& edit() const { return track_.timeline.edits()[edit_]; }

  Status PrepareSample();
  Status FindStart();
  Status LoadSample();
  void BeginEdit();
  void EndEdit();
  void PlanGap();
  void TakeSample(Event* event);
  void TakeGap(Event* event);

  /// Media time of a presentation time inside an edit, nanoseconds, shift included.
  int64_t MediaNs(const Edit& edit, int64_t presentation_ns) const;
  int64_t PresentationNs(const Edit& edit, int64_t media_ns) const;
  int64_t PtsNs(int64_t pts) const;
  /// The last tick that is not after media_ns, without the shift.
  int64_t PtsAt(int64_t media_ns) const;

  Result<uint64_t> FirstSampleFor(int64_t pts) const;
  Result<std::optional<uint64_t>> SyncDisplayedBy(int64_t pts) const;
  Result<std::optional<uint64_t>> SyncFrom(int64_t pts, std::optional<uint64_t> before) const;

  const Track& track_;
  const size_t index_;
  TrackOptions options_;
  const int64_t presentation_end_ns_;  ///< kTimeMax: unknown
  const bool uniform_;
  Cursor cursor_;

  int64_t from_ns_ = 0;
  int64_t to_ns_ = kTimeMax;
  size_t edit_ = 0;
  Phase phase_ = Phase::kOver;
  Segment segment_;
  int64_t due_ns_ = kTimeMax;

  bool loaded_ = false;      ///< sample_ is what comes next
  Sample sample_;
  uint32_t count_ = 1;
  int64_t dts_ns_ = 0;
  int64_t pts_ns_ = 0;
  int64_t end_ns_ = 0;       ///< media time at which what is loaded ends
  int64_t end_ticks_ = kTimeMin;  ///< decode time at which it ends, and in nanoseconds:
  int64_t end_ticks_ns_ = 0;      ///< that of the next sample, so that it is scaled once
  int64_t covered_ns_ = 0;   ///< media time up to which this segment's samples and gaps reach
  bool gap_due_ = false;     ///< a gap up to sample_ comes before it (sparse tracks)
};

}  // namespace iso
