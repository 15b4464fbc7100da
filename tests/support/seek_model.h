// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SeekModel: where a seek lands, with which sample decoding begins, and what is presented
// then, by search through all samples of a movie. Shares nothing with the core.

#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "naive_timeline.h"

namespace iso::test {

struct SeekAsk {
  enum Snap { kBefore, kAfter, kNearest };

  int64_t start_ns = 0;
  int64_t stop_ns = INT64_MAX;
  bool key_unit = false;
  int snap = kBefore;
  bool reverse = false;
};

struct SeekRange {
  int64_t from_ns = 0;
  int64_t to_ns = 0;
};

struct SeekTrack {
  OracleTrack oracle;
  TrackSpec spec;        ///< only its edit list is looked at
  uint32_t lead_in = 0;  ///< samples a decoder wants in front, where the file does not say
  bool runs = false;     ///< what is handed out may be several samples: only times count
};

class SeekModel {
 public:
  /// `end_ns`: of the presentation.
  SeekModel(std::vector<SeekTrack> tracks, int64_t end_ns);

  size_t tracks() const { return tracks_.size(); }

  const NaiveTimeline& whole(size_t track) const { return whole_[track]; }

  int64_t end_ns() const { return end_ns_; }

  /// Anywhere, also past the end, and often just where a sample begins or next to it.
  int64_t RandomTime(std::mt19937_64& random) const;

  /// Whether the seek may play this range. Next to a sync sample rounding tells on which side
  /// of it the position is.
  bool IsExpected(const SeekAsk& ask, const SeekRange& range) const;

  /// What is played if the beginning is `off_by` from where it was asked to be.
  SeekRange Expected(const SeekAsk& ask, int64_t off_by = 0) const;

  /// Empty when sample `first` is the one with which decoding must begin, forward, so that what is
  /// on display at range.from_ns can be shown.
  std::string CheckFirst(size_t track, const SeekRange& range, uint64_t first) const;

  /// Empty when `got` is what is presented in the range: each sample once, forward in order.
  /// Unless `all`, that is the beginning of it.
  std::string CheckShown(size_t track,
                         const SeekAsk& ask,
                         const SeekRange& range,
                         std::vector<Shown> got,
                         bool all) const;

 private:
  std::optional<size_t> Reference() const;
  std::vector<int64_t> TimesOf(size_t track, const NaiveEdit& edit) const;
  int64_t Slack() const;
  int64_t Landing(int64_t position, int snap) const;
  std::optional<uint64_t> First(size_t track, size_t edit, int64_t from_ns) const;

  std::vector<SeekTrack> tracks_;
  std::vector<NaiveTimeline> whole_;
  std::vector<std::vector<std::vector<int64_t>>> times_;  ///< by track, edit, sample
  int64_t end_ns_;
};

/// Sequences of pictures count.
bool IsVideo(const OracleTrack& track);

/// Neighbours that abut made one; the index means nothing then.
std::vector<Shown> Joined(const std::vector<Shown>& all);

}  // namespace iso::test
