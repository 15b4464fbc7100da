// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a Demuxer hands out, mapped through its segments.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/demux/demuxer.h"
#include "inflater.h"
#include "naive_timeline.h"

namespace iso::test {

/// A demuxer on a movie in memory.
class Playback {
 public:
  explicit Playback(const std::vector<uint8_t>& file);

  Demuxer& demuxer() { return *demuxer_; }

  bool opened() const { return opened_; }

  PlayRange Seek(const SeekRequest& request);

  /// All events of one track from the last Seek() on, kEnd not included.
  std::vector<Event> EventsOf(size_t track);

  /// All events, kAllEnded not included; `most` at most.
  std::vector<Event> Events(size_t most = SIZE_MAX);

 private:
  std::unique_ptr<Inflater> inflater_;
  std::unique_ptr<Demuxer> demuxer_;
  bool opened_ = false;
};

/// The samples among `events` (of one track) that are on display for any time at all, mapped
/// through their segments, in the order of the events. Runs of samples count as their first.
std::vector<Shown> Presented(const std::vector<Event>& events, const NaiveTimeline& timeline);

/// The gaps likewise.
std::vector<Shown> PresentedGaps(const std::vector<Event>& events, const NaiveTimeline& timeline);

}  // namespace iso::test
