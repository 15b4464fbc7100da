// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FragmentIndex: which movie fragment comes next, which came before, and which one holds a
// moment, in a file that need not say. ISO/IEC 14496-12 8.8.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "core/fragment/anchors.h"
#include "core/fragment/fragment_reader.h"
#include "core/fragment/fragment_scanner.h"
#include "core/source.h"
#include "core/table/page_cache.h"

namespace iso {

using FragmentRef = std::shared_ptr<const Fragment>;

/// What was met in the file. Only rises.
struct FragmentStats {
  uint64_t resyncs = 0;     ///< times that the next fragment had to be looked for
  uint64_t lost_bytes = 0;  ///< passed over meanwhile
};

/// What fragments are read from.
struct FragmentFile {
  std::shared_ptr<ByteSource> source;
  std::shared_ptr<PageCache> pages;  ///< of the movie; what is known of fragments shares its memory
  Limits limits;
  Diagnostics* diagnostics = nullptr;  ///< may be called from any thread that asks
  bool comes_once = false;             ///< what has been read cannot be had again soon
};

/// Fragments are found by following them from one to the next, by what indexes say (sidx, mfra),
/// or by bisection: a place in the file is probed for the next moof, which says when it starts.
/// What was found is kept as a bounded list of anchors, and a few fragments as a whole: as much
/// as the file's index memory has room for. An index is only ever believed as far as the fragments
/// themselves bear it out: a wrong one costs time.
///
/// Thread-safe. No lock is held while the source is read. Where there is no such fragment the
/// answer is kEndOfTable.
class FragmentIndex final : private IndexMemory::Holder {
 public:
  /// Fragments are looked for from byte `begin` on, where a box starts.
  FragmentIndex(FragmentFile file, std::vector<FragmentTrack> tracks, uint64_t begin);
  ~FragmentIndex() override;

  FragmentIndex(const FragmentIndex&) = delete;
  FragmentIndex& operator=(const FragmentIndex&) = delete;

  const std::vector<FragmentTrack>& tracks() const { return tracks_; }

  Result<FragmentRef> First() const;

  Result<FragmentRef> After(const Fragment& fragment) const;

  Result<FragmentRef> Before(const Fragment& fragment) const;

  /// From which byte on After() will read; tries to get it behind the fragment's data, for those
  /// who cannot keep that until then.
  uint64_t ReadsOnFrom(const Fragment& fragment) const;

  /// The fragment whose moof begins in [offset, offset + kPlaceBytes).
  Result<FragmentRef> AtPlace(uint64_t offset) const;

  static constexpr uint64_t kPlaceBytes = 32;

  /// The last fragment that has samples of `track` and starts at or before `decode_time` (ticks
  /// of the track); where there is none, the first fragment.
  Result<FragmentRef> Find(size_t track, int64_t decode_time) const;

  /// The last fragment of the file.
  Result<FragmentRef> Last() const;

  /// Takes in what the mfra at the end of the file says, if there is one. Find() does so by itself
  /// where nothing else says how far away a time is.
  Status ReadAccesses() const;

  /// How long headers say that all fragments last; they may be wrong. Before anything is looked
  /// for.
  void SetStatedLength(int64_t length_ns) { stated_length_ns_ = length_ns; }

  /// Places where the file says that fragments begin.
  void AddAnchors(std::vector<Anchor> anchors) const;

  /// All places known so far, in their order.
  std::vector<Anchor> KnownAnchors() const;

  /// Of the bytes before the fragments, the movie header's end among them.
  Result<uint64_t> HeaderHash() const;

  FragmentStats stats() const;

  /// What the fragments in use take in memory, and those that cannot be read again; all else
  /// is counted by the index memory.
  size_t BytesInUse() const;

 private:
  using Times = std::vector<int64_t>;

  size_t Want() const override;
  void SetRoom(size_t bytes) const override;

  /// Two neighbouring fragments between which nothing else need be looked for.
  struct Bracket {
    FragmentRef low;
    uint64_t high;  ///< a byte at or behind a fragment that starts too late, or the end
    int64_t high_ns;
  };

  Result<FragmentRef> FollowedFrom(uint64_t offset,
                                   uint64_t data_end,
                                   const Times& times,
                                   bool* loss) const;
  Result<FragmentRef> Load(const FoundFragment& found, const Times& times) const;
  Result<FragmentRef> LoadAt(uint64_t offset) const;
  FragmentRef Recall(uint64_t offset) const;
  void Remember(const FragmentRef& fragment) const;
  void ShareRoom() const;
  std::vector<FragmentRef> TrimRecent() const;
  bool CountKept(size_t bytes) const;

  /// A search for a time, as far as it has come. One that is answered kNotYet is begun anew, and
  /// what its first probes looked at may be out of reach by then.
  struct TimeSearch {
    int64_t time_ns;
    uint64_t file_size;  ///< as it was
    Bracket bracket;
    int tries = 0;
    bool stale = false;  ///< the last probe has brought nothing new
  };

  Result<TimeSearch> BeginSearch(int64_t time_ns) const;
  bool RecallSearch(TimeSearch* search) const;
  void RememberSearch(const TimeSearch& search) const;
  Result<Bracket> BracketOf(int64_t time_ns) const;
  Status Bisect(TimeSearch* search) const;
  Result<FragmentRef> Probe(const Bracket& bracket, uint64_t guess) const;
  uint64_t Guess(const TimeSearch& search) const;
  double BytesPerNs(const Bracket& bracket, int64_t time_ns) const;
  void NoteAnchor(const Fragment& fragment) const;
  Result<FragmentRef> WalkTo(FragmentRef from, size_t track, int64_t decode_time) const;
  Result<FragmentRef> WalkBack(FragmentRef from, size_t track, int64_t decode_time) const;
  Result<FragmentRef> LastBefore(uint64_t end) const;
  void NoteStep(const Fragment& fragment, const Times& times) const;
  void ThinSteps() const;
  size_t StepBytes() const;
  Result<FragmentRef> InOrderFrom(uint64_t end, int64_t time_ns) const;
  Result<FragmentRef> WalkUpTo(FragmentRef from, uint64_t end) const;
  void Forget(uint64_t lost, uint64_t offset) const;

  IndexMemory& memory() const { return file_.pages->memory(); }

  const FragmentFile file_;
  const std::vector<FragmentTrack> tracks_;
  const uint64_t begin_;
  const bool mend_offsets_;
  Times first_times_;
  int64_t stated_length_ns_ = 0;  ///< 0: they do not say
  mutable FragmentScanner scanner_;
  mutable std::atomic<bool> in_order_only_{false};  ///< fragments do not say when they start
  mutable std::atomic<bool> accesses_read_{false};  ///< the file's mfra, or that it has none
  mutable std::atomic<uint64_t> resyncs_{0};
  mutable std::atomic<uint64_t> lost_bytes_{0};

  mutable std::mutex mutex_;                 ///< guards all that follows
  mutable FragmentRef first_;                ///< every track asks for it; null before it is read
  mutable std::vector<FragmentRef> recent_;  ///< the last one used in front
  mutable size_t room_ = 0;                  ///< bytes, for all that is counted
  mutable size_t kept_room_;                 ///< of that, for those that nobody need be in
  mutable size_t kept_bytes_ = 0;            ///< of those, as counted
  mutable Anchors anchors_;
  mutable std::vector<TimeSearch> searches_;  ///< the newest in front
  mutable CountedList<int64_t> steps_;  ///< every so many fragments, as far as they were followed:
                                        ///< offset, start (ns), and when each track starts
  mutable size_t most_steps_;
  mutable uint32_t step_stride_ = 1;
  mutable uint32_t steps_passed_ = 0;
  mutable uint64_t loss_seen_to_ = 0;  ///< bytes lost before this one have been counted
};

}  // namespace iso
