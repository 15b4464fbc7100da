// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Timeline: a track's edit list as a list of intervals of the presentation, each mapped
// onto its media. ISO/IEC 14496-12 8.6.5 and 8.6.6.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/limits.h"
#include "core/base/rational.h"
#include "core/base/result.h"

namespace iso {

/// An entry of elst as stored.
struct EditEntry {
  uint64_t duration = 0;    ///< movie ticks; 0: to the end of the media
  int64_t media_time = 0;   ///< track ticks; -1: nothing is presented
  int16_t rate_integer = 1;
  int16_t rate_fraction = 0;
};

/// One interval of the presentation. Times in nanoseconds are rounded down from the
/// exact rational, so that what ends at a point and what starts there agree.
struct Edit {
  enum class Kind : uint8_t {
    kMedia,  ///< plays [media_start, media_end)
    kEmpty,  ///< presents nothing
    kDwell,  ///< holds what is on display at media_start (media_rate 0)
  };

  Kind kind = Kind::kMedia;
  int64_t start_ns = 0;            ///< of the presentation
  int64_t end_ns = kTimeMax;       ///< kTimeMax: until the media ends
  int64_t media_start = 0;         ///< track ticks, first one presented
  int64_t media_end = kTimeMax;    ///< track ticks, exclusive; kTimeMax: until the media ends
  int32_t rate = 0x10000;          ///< media_rate, 16.16, above 0 for kMedia

  bool operator==(const Edit&) const = default;
};

/// Immutable. There is always at least one edit.
class Timeline {
 public:
  /// No edit list: the whole media from presentation time 0.
  Timeline() : edits_(1) {}

  /// `media_end` is where what is shown last ends, in track ticks (kTimeMax or 0: unknown). Entries
  /// that make no sense are left out after a report. Timescales must not be 0.
  static Timeline Build(std::span<const EditEntry> entries,
                        uint32_t movie_timescale,
                        uint32_t track_timescale,
                        int64_t media_end,
                        Diagnostics* diagnostics);

  /// Presents media ticks [start, end) from presentation time 0; end == kTimeMax: all that
  /// follows. For trims that are known to the tick, outside any edit list.
  static Timeline Trim(int64_t start, int64_t end, uint32_t track_timescale, int64_t media_duration);

  const std::vector<Edit>& edits() const { return edits_; }

  /// Index of the edit that holds presentation time t; edits().size() when t is past the
  /// end of the last one.
  size_t EditAt(int64_t presentation_ns) const;

 private:
  explicit Timeline(std::vector<Edit> edits) : edits_(std::move(edits)) {}

  std::vector<Edit> edits_;
};

}  // namespace iso
