// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Demuxer: the core's face. Opens a movie, seeks in it, and hands out what comes next,
// over all tracks, in the order in which it is due. It reads nothing but tables: sample
// data is for the caller to fetch, from Event::sample.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/demux/track_player.h"
#include "core/movie/growing_source.h"
#include "core/movie/known_end.h"
#include "core/movie/movie.h"
#include "core/movie/movie_reader.h"
#include "core/movie/stream_source.h"

namespace iso {

/// Plays [start_ns, stop_ns) of the presentation, in reverse from its end.
struct SeekRequest {
  int64_t start_ns = 0;
  int64_t stop_ns = kTimeMax;  ///< kTimeMax: the end of the presentation
  bool key_unit = false;       ///< begin at a sync sample, as `snap` says
  Snap snap = Snap::kBefore;
  PlayMode mode;
};

/// What was lost on the way. Only rises.
struct DemuxerStats {
  uint64_t lost_samples = 0;  ///< whose data lies outside the file, or cannot be decrypted
  uint64_t lost_bytes = 0;
};

/// Tracks are served in the order of presentation or, where bytes come only once
/// (MovieOptions::streamed), in the order in which their samples lie in the file. In that order
/// a movie is played forwards only.
///
/// One thread at a time, but for movie(), whose result may be used by any. Every call
/// that answers kNotYet (bytes [offset, offset + length) are missing) or kInterrupted can
/// be made again and goes on as if it had not been made before.
class Demuxer {
 public:
  Demuxer(std::shared_ptr<ByteSource> source,
          const MovieOptions& options,
          Diagnostics* diagnostics);

  /// Reads the movie header. Seek() must follow before Next().
  Status Open();

  /// Null before Open() has succeeded.
  const std::shared_ptr<const Movie>& movie() const { return movie_; }

  /// Where the presentation ends, as far as is known; kTimeMax: it is not. After Open().
  int64_t end_ns() const;

  /// Of a growing file (MovieOptions::growing): looks for how far it reaches now.
  Status LookForEnd();

  /// What is there of it is all there will be, or not.
  void SetEnded(bool ended);

  /// Takes effect with the next Seek().
  void SetTrackOptions(size_t track, const TrackOptions& options);

  /// What Seek() would play. Thread-safe once tracks have their options.
  Result<PlayRange> Resolve(const SeekRequest& request) const;

  /// The first byte that is needed for that. Thread-safe likewise.
  Result<uint64_t> LeastNeededFor(const PlayRange& range) const;

  /// For a movie in fragments whose bytes come only once: fragments may be looked for anywhere in
  /// the file, until each track has found where it begins after the next Seek().
  void BeginSearch();

  bool searching() const { return search_.has_value(); }

  /// Positions every active track. Returns what is played now: as requested, cut to the
  /// presentation, and for key unit seeks with the end where playing begins (in reverse
  /// that is to_ns) moved to a sync sample.
  Result<PlayRange> Seek(const SeekRequest& request);

  /// Nobody wants the track: what is next of it is not looked for any more, until it is resumed from
  /// this time of the presentation on, or the next Seek(). Not for a stream.
  void Suspend(size_t track);
  void Resume(size_t track, int64_t from_ns);

  /// From now on a track may be served ahead of others by this much of the presentation, so
  /// that some of its samples come one after the other. 0, as at first and after each Seek(): all
  /// come in the order in which they are due. A stream is played in the order of the file.
  void SetInterleave(int64_t window_ns) { window_ns_ = stream_ ? 0 : window_ns; }

  /// What comes next.
  Status Next(Event* event);

  /// Memory in which a stream's movie header is kept, since it comes only once. After Open().
  uint64_t header_bytes() const { return stream_ ? stream_->kept_bytes() : 0; }

  /// No byte before this one is needed any more, for anything but a seek.
  uint64_t LeastNeeded();

  const DemuxerStats& stats() const { return stats_; }

 private:
  struct Due {
    int64_t due;  ///< as TrackPlayer::due() or offset(), whichever decides
    uint32_t player;
    bool stale = false;  ///< the player does not know what comes next; seen on top only
    bool waits = false;  ///< what comes next has not been written yet; then it is stale

    bool operator<(const Due& other) const {
      return due != other.due ? due < other.due : player < other.player;
    }
  };

  void StartPlayers(const PlayRange& range);
  Status PrepareTop();
  Status Prepare(TrackPlayer& player);
  bool SetAside(const Error& not_yet);
  void TryWaiting();
  void SiftTop();
  bool StaysOnTop() const;
  void SiftDown(Due moving);
  bool Defer(const Error& not_yet);
  void EndSearch();
  bool TakeGap(Event* event);
  void PlanGaps();
  const TrackPlayer* Reference() const;
  bool Keep(Event* event);
  bool TrimToFile(Event* event);
  void TellLoss(const Event& event, Errc why, FourCC box);

  std::shared_ptr<StreamSource> stream_;  ///< null: any byte may be asked for at any time
  std::shared_ptr<GrowingSource> growing_;  ///< null: the file is all there
  std::shared_ptr<ByteSource> source_;
  MovieOptions options_;
  Diagnostics* diagnostics_;
  std::shared_ptr<const Movie> movie_;
  std::vector<TrackPlayer> players_;  ///< one a track of the movie
  std::vector<Due> queue_;            ///< a heap, what is due first on top or, within the
                                      ///< window, who was served last
  PlayRange range_;                   ///< of the last Seek()
  int64_t window_ns_ = 0;
  uint64_t run_bytes_ = 0;         ///< handed out since another track's turn
  std::optional<StreamSource::Shown> search_;
  std::optional<KnownEnd> known_end_;      ///< of a growing file
  Error waits_for_{Errc::kNotYet};         ///< the first bytes that any track waits for
  std::optional<uint64_t> waits_at_size_;  ///< the file's, when tracks were tried last
  int64_t reached_ns_ = kTimeMin;  ///< in file order: as far as samples were handed out
  int64_t gap_ns_ = kTimeMax;      ///< in file order: where the next gap is due
  std::vector<char> lost_;         ///< one a track: its last sample was lost
  DemuxerStats stats_;
};

}  // namespace iso
