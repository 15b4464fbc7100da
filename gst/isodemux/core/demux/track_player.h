// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TrackPlayer: one track's way along its timeline: segments, gaps and samples, in order,
// between any two presentation times, forwards or backwards.

#pragma once

#include <cstdint>

#include "core/demux/event.h"
#include "core/demux/media_clock.h"
#include "core/demux/sample_walk.h"
#include "core/movie/movie.h"

namespace iso {

/// How a track is to be played. Set by whoever knows the codec.
struct TrackOptions {
  bool active = true;    ///< inactive tracks are left out altogether
  bool sparse = false;   ///< subtitles and the like: gaps are announced while they last
  uint32_t lead_in = 0;  ///< samples a decoder needs before the first one wanted
  uint32_t max_run = 1;  ///< samples in one event at most (raw audio)
};

/// What is played: [from_ns, to_ns) of the presentation; to_ns == kTimeMax: to its end.
struct PlayRange {
  int64_t from_ns = 0;
  int64_t to_ns = kTimeMax;
  PlayMode mode;
};

/// Not thread-safe. Functions that answer kNotYet or kInterrupted changed nothing.
class TrackPlayer {
 public:
  /// The track's movie must outlive the player.
  TrackPlayer(const Track& track, size_t index);

  void SetOptions(const TrackOptions& options);

  const TrackOptions& options() const { return options_; }

  const Track& track() const { return track_; }

  /// What is played from now on. Reads nothing yet.
  void Start(const PlayRange& range);

  /// Finds out where playing starts, as far as Prepare() would.
  Status PrepareStart();

  /// Finds out what comes next, if that is not known. Cheap when it is.
  Status Prepare();

  /// When what comes next is due: nanoseconds of the presentation, negated in reverse, so
  /// that less is always earlier. After Start() or Prepare().
  int64_t due() const { return due_; }

  /// Where what comes next lies in the file: the offset of a sample, 0 for anything else.
  /// After Start() or Prepare().
  uint64_t offset() const { return loaded_ ? walked_.sample.offset : 0; }

  /// Whether a gap comes before the sample that is next; due() is then the gap's.
  bool gap_due() const { return gap_due_; }

  /// No byte before this one is needed any more: neither by what comes next, nor by what was
  /// handed out last. UINT64_MAX: none at all.
  Result<uint64_t> LeastNeeded();

  /// Whether it has not found out yet where it begins.
  bool looks_for_start() const {
    return phase_ == Phase::kSegment || phase_ == Phase::kFindStart ||
           (phase_ == Phase::kSamples && !begun_ && waits_until_ns_ == kTimeMin);
  }

  bool over() const { return phase_ == Phase::kOver; }

  /// Hands out what comes next and forgets it. After Prepare() only.
  void Take(Event* event);

  /// Gives up on the rest: what comes next is the end.
  void Abandon();

 private:
  enum class Phase : uint8_t {
    kSegment,
    kGap,        ///< all of the edit presents nothing
    kFindStart,
    kSamples,
    kEnd,
    kOver,
  };

  const Edit& edit() const { return track_.timeline.edits()[edit_]; }

  bool reverse() const { return range_.mode.reverse; }

  bool silent() const { return range_.mode.no_audio && track_.kind == MediaKind::kAudio; }

  void BeginEdit();
  void FitStop();
  void EndEdit();
  int64_t EndOfEdit() const;
  int64_t MediaEndNs() const;
  Status FindStart();
  Result<uint64_t> LeastNeededBy(const Edit& edit) const;
  Result<uint64_t> LeastNeededNow() const;
  Result<uint64_t> LeastNeededLater();
  Status PrepareSample();
  Status LoadSample();
  void Wait();
  Status PrepareProtection();
  void NoteFragment(Event* event);
  bool PastEdit();
  void SetTimes();
  void LowerDts();
  void FitDwell();
  void PlanNext();
  void SetClipping(Event* event) const;

  void SetDue(int64_t presentation_ns) { due_ = reverse() ? -presentation_ns : presentation_ns; }

  void TakeSegment(Event* event);
  void TakeSample(Event* event);
  void TakeWait(Event* event);
  void TakeGap(Event* event, int64_t start_ns, int64_t duration_ns);

  const Track& track_;
  const size_t index_;
  const MediaClock clock_;
  const bool clips_;  ///< samples are cut where they cross the edge of an edit
  const int64_t presentation_end_ns_;  ///< kTimeMax: unknown
  TrackOptions options_;
  SampleWalk walk_;

  PlayRange range_;
  size_t edit_ = 0;
  Phase phase_ = Phase::kOver;
  Segment segment_;
  int64_t due_ = kTimeMax;

  bool begun_ = false;   ///< walked_ is of this edit
  bool loaded_ = false;  ///< walked_ is what comes next
  Walked walked_;
  uint64_t fragment_ = 0;  ///< FragmentSamples::FragmentOf the last sample handed out
  std::unique_ptr<SampleCrypto> crypto_;  ///< null: the track is not encrypted
  SampleProtection protection_;           ///< of walked_, once known
  bool protection_known_ = false;
  uint64_t protection_from_ = UINT64_MAX;  ///< the first byte that is missing to know it
  uint64_t lowered_for_ = 0;  ///< FragmentSamples::FragmentOf the last sample looked at for ...
  int64_t lowered_by_ = 0;    ///< ... how far decode times are moved, ticks
  int64_t dts_ns_ = 0;
  int64_t pts_ns_ = 0;
  int64_t end_ns_ = 0;            ///< media time at which what is loaded ends
  bool decode_only_ = false;
  uint64_t dwell_on_ = 0;         ///< in a dwell: the sample that is held
  int64_t end_ticks_ = kTimeMin;  ///< decode time at which what is loaded ends, and in
  int64_t end_ticks_ns_ = 0;      ///< nanoseconds: the next sample's, so scaled only once
  int64_t covered_ns_ = 0;        ///< media time up to which samples and gaps reach
  int64_t waits_until_ns_ = kTimeMin;  ///< media time before which no sample comes; kTimeMin:
                                       ///< what comes next is not that
  bool gap_due_ = false;          ///< a gap up to what is loaded comes before it
  size_t later_than_ = SIZE_MAX;  ///< the edits behind this one need bytes from later_ on
  uint64_t later_ = 0;
};

}  // namespace iso
