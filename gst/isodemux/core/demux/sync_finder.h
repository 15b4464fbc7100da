// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where decoding has to start so that a given moment can be shown, and where a key unit
// seek lands.

#pragma once

#include <cstdint>
#include <optional>

#include "core/base/result.h"
#include "core/demux/media_clock.h"
#include "core/movie/movie.h"

namespace iso {

/// Where a key unit seek may land.
enum class Snap : uint8_t { kBefore, kAfter, kNearest };

/// Asks the sample table of one track. All times are ticks before any edit list unless
/// they are named otherwise.
class SyncFinder {
 public:
  explicit SyncFinder(const Track& track) : track_(track), clock_(track) {}

  /// The sample from which decoding starts so that what is on display at `pts` can be
  /// shown. `lead_in`: samples a decoder wants before that (not for video), unless the file
  /// says itself how many.
  Result<uint64_t> DecodeStart(int64_t pts, uint32_t lead_in) const;

  /// The last sync sample that is on display by `pts`. It need not be the last one before
  /// the picture at `pts` in decoding order: where that picture leads a sync sample (open
  /// GOP), decoding has to start a sync sample earlier.
  Result<std::optional<uint64_t>> DisplayedBy(int64_t pts) const;

  /// The sample behind those that lead `sync`: that follow it in decoding order, are presented
  /// before it, and may need what comes before. Nothing where none does.
  Result<std::optional<uint64_t>> LeadingEnd(const Sample& sync) const;

  /// Whether `sample` cannot be decoded when decoding starts at `sync` before it: it leads it, and
  /// needs what comes before. What the file does not say is taken to be decodable: a sync
  /// sample of stss promises that.
  static bool IsLostAfter(const Sample& sync, const Sample& sample) {
    // QuickTime's sdtp means something else by the bits of is_leading: times have to agree.
    if (sample.pts >= sync.pts) return false;
    if (sample.leading() == Sample::Leading::kUnknown) return sync.open_gop;
    return sample.leading() == Sample::Leading::kNotDecodable;
  }

  /// The presentation time a key unit seek to `position_ns` lands on.
  Result<int64_t> Land(int64_t position_ns, Snap snap) const;

 private:
  Result<std::optional<uint64_t>> StepBack(std::optional<uint64_t> sync, int64_t pts) const;
  Result<std::optional<uint64_t>> StepOn(std::optional<uint64_t> sync, int64_t pts) const;
  Result<std::optional<uint64_t>> From(int64_t pts, std::optional<uint64_t> before) const;
  Result<int64_t> PresentationOf(const Edit& edit, uint64_t sync) const;

  const Track& track_;
  MediaClock clock_;
};

}  // namespace iso
