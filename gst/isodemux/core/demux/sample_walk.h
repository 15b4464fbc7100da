// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleWalk: the order in which a track's samples are played: on and on, backwards a
// group at a time, or only sync samples in either direction.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/demux/sync_finder.h"
#include "core/movie/movie.h"

namespace iso {

/// How a presentation is played, besides from where to where.
struct PlayMode {
  bool reverse = false;     ///< from the end to the start
  bool key_units = false;   ///< of video only sync samples
  int64_t interval_ns = 0;  ///< media time between these at least
  bool no_audio = false;    ///< audio tracks present nothing
  bool predicted = false;   ///< of video no sample that no other depends on

  bool operator==(const PlayMode&) const = default;
};

/// One step of a walk: a sample, or `count` of raw audio that follow each other.
struct Walked {
  Sample sample;
  uint32_t count = 1;
  uint64_t bytes = 0;         ///< of all of them
  bool starts_group = false;  ///< does not follow what was handed out before
  bool reference = false;     ///< only for decoding what follows: it is handed out again
};

/// Pictures that lead a sync sample are left out where decoding starts at it and they are
/// known to need what comes before. Backwards they come with the group below, and that sync
/// sample before them once more.
///
/// Not thread-safe. A function that answers kNotYet or kInterrupted changed nothing that
/// shows. Holds one cursor, whatever the length of a group.
class SampleWalk {
 public:
  explicit SampleWalk(const Track& track);

  /// Up to `max` samples of a uniform table in one step.
  void SetMaxRun(uint32_t max);

  /// Plays what is needed for [first_pts, last_pts] (ticks, both included; last_pts may be
  /// kTimeMax) in the order that `mode` asks for. Forward walks do not end by themselves.
  Status Start(int64_t first_pts, int64_t last_pts, uint32_t lead_in, const PlayMode& mode);

  /// The next step, or kEndOfTable. After kNothingInFragment there is no sample before
  /// nothing_before(), and it can be asked again.
  Status Next(Walked* walked);

  /// Decode time, ticks.
  int64_t nothing_before() const { return cursor_->nothing_before(); }

  /// Nothing more of this group is wanted. False: there is no other.
  void EndGroup();

  /// In reverse: the presentation time in ticks below which the current group lies (that
  /// of the sync sample of the group played before it); kTimeMax for the first group.
  int64_t group_end_pts() const { return group_end_pts_; }

 private:
  static constexpr uint64_t kNone = UINT64_MAX;

  bool by_sync() const { return track_.kind == MediaKind::kVideo; }

  Status SeekTo(uint64_t n);
  Status NextRun(uint32_t max, Walked* walked);
  Status NextOne(Walked* walked);
  Status StartReverse(int64_t first_pts, int64_t last_pts);
  Status NextForward(Walked* walked);
  Status NextReverse(Walked* walked);
  Status NextOfGroups(Walked* walked);
  Status NextKeyUnit(Walked* walked);
  Status NextRawReverse(Walked* walked);
  Status EnterGroupBefore(uint64_t end);
  Status EnterGroup(uint64_t begin, uint64_t end);
  Status EnterPicturesBefore(uint64_t end, uint64_t last);
  Status GoOnInGroup();
  bool IsPassedOver(const Sample& sample);
  Status GatherRuns(uint64_t begin, uint64_t end);
  Result<std::optional<uint64_t>> SyncFurtherOn(const Sample& from) const;

  const Track& track_;
  SyncFinder finder_;
  MediaClock clock_;
  std::unique_ptr<SampleCursor> cursor_;
  const bool uniform_;
  PlayMode mode_;
  uint32_t max_run_ = 1;

  bool fresh_ = true;         ///< nothing has been handed out of this group
  uint64_t lowest_ = 0;       ///< reverse: the group that holds this sample is the last
  uint64_t group_begin_ = 0;  ///< reverse: the samples of the group
  uint64_t group_end_ = 0;
  uint64_t leading_end_ = 0;    ///< reverse: those before come with the group below, but the first
  uint64_t reference_ = kNone;  ///< reverse: this one is a Walked::reference
  bool group_left_ = false;     ///< reverse: the group is not played out
  int64_t group_end_pts_ = kTimeMax;
  std::optional<Sample> entered_;   ///< the sync sample decoding began with, as long as it matters
  int passed_over_ = 0;             ///< samples since one was handed out
  std::optional<Sample> key_unit_;  ///< key units: the one handed out last
  uint64_t key_start_ = 0;
  std::vector<Walked> runs_;  ///< raw audio in reverse: the group's runs, the last first
};

}  // namespace iso
