// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Fragment: what one moof says of all tracks, and RunWalker, which reads its samples one by
// one. ISO/IEC 14496-12 8.8.

#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/fourcc.h"
#include "core/base/rational.h"
#include "core/fragment/roll_runs.h"
#include "core/table/samples.h"

namespace iso {

/// Duration, size and flags of samples whose run does not say.
struct SampleDefaults {
  uint32_t description = 1;
  uint32_t duration = 0;
  uint32_t size = 0;
  uint32_t flags = 0;
};

/// Set in the flags of a sample that is not a sync sample. 8.8.3.1.
constexpr uint32_t kSampleIsNonSync = 0x00010000;

/// Where in the flags the fields lie that sdtp has too.
constexpr uint32_t kDependencyShift = 20;

/// A trun: samples that lie one behind the other.
struct TrackRun {
  /// Where a sample is, every so many entries of a long run.
  struct Checkpoint {
    int64_t dts;
    uint64_t offset;
  };

  static constexpr uint32_t kCheckpointEntries = 256;

  uint32_t first = 0;  ///< samples of the track in this fragment before it
  uint32_t count = 0;
  uint32_t fields = 0;       ///< which values its entries have: TrunBox's flags
  uint32_t stride = 0;       ///< bytes of an entry, 0 where none has any
  size_t entries = 0;        ///< where they lie in Fragment::bytes
  uint64_t offset = 0;       ///< of the first sample, bytes from the start of the file
  int64_t dts = 0;           ///< of the first sample, ticks since the fragment's base
  uint32_t first_flags = 0;  ///< of the first sample, where the entries say nothing
  SampleDefaults defaults;
  std::vector<Checkpoint> checkpoints;  ///< of entries 256, 512, ...
};

/// What a fragment holds of one track.
struct TrackFragment {
  size_t track = 0;                    ///< index into the movie's tracks
  std::optional<int64_t> decode_time;  ///< as tfdt or tfxd say, ticks
  int64_t base = 0;                    ///< decode time of the first sample, once that is known
  int64_t duration = 0;                ///< of all samples
  uint32_t count = 0;
  std::vector<TrackRun> runs;  ///< without empty ones
  std::array<RollRuns, kRollKinds> rolls;

  // Of all samples, since the base.
  int64_t least_pts = kTimeMax;
  int64_t end_pts = kTimeMin;  ///< where what is shown last ends
  int32_t least_offset = std::numeric_limits<int32_t>::max();
  bool starts_with_sync = false;

  uint64_t data_end = 0;  ///< of the bytes of all samples
  uint64_t traf = 0;      ///< the traf box, bytes from the start of the file
};

/// A small box that stands between fragments and belongs to the next one (prft, emsg).
struct LooseBox {
  FourCC type;
  std::vector<uint8_t> body;
};

/// Immutable, but for what is known of the next one.
struct Fragment {
  uint64_t offset = 0;  ///< of the moof
  uint64_t end = 0;     ///< behind the moof
  uint32_t sequence_number = 0;
  std::vector<uint8_t> bytes;               ///< the moof, header and all
  std::vector<TrackFragment> tracks;        ///< of the movie's tracks that it holds samples of
  bool times_known = true;                  ///< every track's base is right
  uint64_t data_end = 0;                    ///< behind everything that belongs to it
  int64_t start_ns = kTimeMax;              ///< decode time at which the first of its tracks starts
  int64_t end_ns = kTimeMin;                ///< ... and at which the last one ends
  std::vector<int64_t> next_decode_times;   ///< of every track of the movie, behind this fragment;
                                            ///< empty when they are not known
  std::vector<LooseBox> before;             ///< what stands in front of the moof ...
  bool followed = false;                    ///< ... where it was come to from the one before
  mutable std::atomic<uint64_t> next{0};    ///< offset of the next moof, once that is known
  mutable std::atomic<uint64_t> resume{0};  ///< a box boundary from which the next one is looked
                                            ///< for as well as from `end`; 0: none is known
  mutable std::atomic<bool> loss_follows{false};  ///< what lies before the next one is damaged

  /// What it takes in memory, about.
  size_t Footprint() const;

  const TrackFragment* Of(size_t track) const {
    for (const TrackFragment& each : tracks) {
      if (each.track == track) return &each;
    }
    return nullptr;
  }
};

/// The last sync sample before sample `end` of a track, and the first one from `from` on. Of runs
/// that say the same of all samples not each is looked at: there may be millions of them.
std::optional<uint32_t> LastSyncBefore(const Fragment& fragment,
                                       const TrackFragment& track,
                                       uint32_t end);
std::optional<uint32_t> FirstSyncFrom(const Fragment& fragment,
                                      const TrackFragment& track,
                                      uint32_t from);

/// Reads the samples of one track in one fragment. Not thread-safe; the fragment must outlive
/// it. Sample numbers are 0 to count - 1 here.
class RunWalker {
 public:
  RunWalker() = default;

  RunWalker(const Fragment& fragment, const TrackFragment& track)
      : fragment_(&fragment), track_(&track) {}

  /// The next Next() answers with sample i; i == count is allowed.
  void SeekTo(uint32_t i);

  bool AtEnd() const { return track_ == nullptr || position_ >= track_->count; }

  /// The next sample. Only while not AtEnd(). `index` of the sample is not filled in.
  void Next(Sample* sample);

  uint32_t position() const { return position_; }

 private:
  void Step(Sample* sample, const TrackRun& run);

  const Fragment* fragment_ = nullptr;
  const TrackFragment* track_ = nullptr;
  size_t run_ = 0;
  uint32_t position_ = 0;
  int64_t dts_ = 0;
  uint64_t offset_ = 0;
};

}  // namespace iso
