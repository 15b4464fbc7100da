// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ReadTrack: from a trak box to a Track. ISO/IEC 14496-12 8.3.

#pragma once

#include "core/movie/box_loader.h"
#include "core/movie/movie.h"

namespace iso {

/// What a track needs to know of its movie.
struct TrackContext {
  uint32_t movie_timescale;  ///< not 0
  bool fragmented;           ///< samples may come in movie fragments (mvex)
  PageCache& pages;
};

/// An error of severity kTrack means: go on without this track.
Result<Track> ReadTrack(const BoxHeader& trak, const TrackContext& context, BoxLoader& loader);

/// When the track's presentation ends, nanoseconds; kTimeMax when that is unknown.
int64_t PresentationEnd(const Track& track);

/// The same if its media ended at `media_end` (ticks; kTimeMax: unknown).
int64_t PresentationEndAt(const Track& track, int64_t media_end);

/// Adds what a udta, meta or uuid box says. Damage costs at most that box.
Status ReadUserData(const BoxHeader& box, BoxLoader& loader, Metadata* metadata);
Status ReadMetaBox(const BoxHeader& box, BoxLoader& loader, Metadata* metadata);
Status ReadUuidBox(const BoxHeader& box, BoxLoader& loader, Metadata* metadata);

}  // namespace iso
