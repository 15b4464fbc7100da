// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Movie and Track: what a file's moov says, without its samples. Built once, then
// immutable and safe to share between threads.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/box/movie_boxes.h"
#include "core/codec/pcm.h"
#include "core/codec/sample_description.h"
#include "core/movie/metadata.h"
#include "core/movie/timeline.h"
#include "core/protection/protection_system.h"
#include "core/protection/track_protection.h"
#include "core/source.h"
#include "core/table/sample_table.h"

namespace iso {

class FragmentIndex;

struct Track {
  uint32_t id = 0;
  FourCC handler;
  MediaKind kind = MediaKind::kOther;
  bool enabled = true;                ///< tkhd flag: part of the default presentation
  int16_t alternate_group = 0;        ///< tracks of one non-zero group are alternatives
  uint32_t timescale = 0;             ///< ticks a second, not 0
  int64_t media_duration = kTimeMax;  ///< ticks; kTimeMax: unknown
  bool duration_is_exact = false;     ///< summed from stts, not believed from mdhd
  int64_t media_end = kTimeMax;       ///< ticks: where what is shown last ends: as media_duration,
                                      ///< but for composition offsets; kTimeMax: unknown
  uint32_t packet_duration = 0;       ///< of the first sample, ticks
  std::vector<uint32_t> chapter_tracks;  ///< IDs of the tracks that tref names as its chapters
  Matrix matrix = kIdentityMatrix;
  uint32_t width = 0;  ///< of the presentation, 16.16 pixels
  uint32_t height = 0;
  uint16_t language = 0;                        ///< mdhd: packed ISO 639-2/T or a Macintosh code
  std::string extended_language;                ///< elng: BCP 47; empty when absent
  std::string name;                             ///< of the handler, UTF-8 as far as it is valid
  std::vector<SampleDescription> descriptions;  ///< never empty
  std::vector<uint8_t> stereo_video;  ///< body of svmi (ISO/IEC 23000-11); empty when absent
  PacketLayout packing;               ///< frames 0: samples are what the tables say
  Timeline timeline;
  std::vector<EditEntry> edit_list;  ///< as stored, while the timeline waits for fragments
  bool any_id = false;  ///< the only one: samples are its own whatever number fragments give
  bool in_segments = false;   ///< of an adaptive stream, which itself says what is presented when
  int64_t edit_shift_ns = 0;  ///< there: media time minus presentation time, by the edit list
  Metadata metadata;
  std::shared_ptr<const TrackProtection> protection;  ///< null: not under common encryption

  /// Added to every presentation time so that none lies before its decode time, from
  /// cslg or from the smallest composition offset. Ticks, never negative.
  int64_t composition_shift = 0;

  std::shared_ptr<const FragmentIndex> fragments;  ///< of the movie; null where it has none
  std::shared_ptr<const SampleTable> table;  ///< of the moov; never null, but it may be empty
  std::shared_ptr<const Samples> samples;    ///< all of the track's; never null
};

struct Movie {
  FourCC major_brand;          ///< 'qt  ' where the file has no ftyp
  std::vector<FourCC> brands;  ///< compatible ones
  uint32_t timescale = 1000;
  int64_t start_ns = 0;            ///< of the presentation: above 0 where fragments begin late
  int64_t duration_ns = kTimeMax;  ///< its end; kTimeMax: unknown
  uint64_t creation_time = 0;      ///< seconds since 1904-01-01 UTC; 0: unknown
  Matrix matrix = kIdentityMatrix;
  std::shared_ptr<PageCache> pages;  ///< of all tracks' tables, which it outlives
  std::vector<Track> tracks;  ///< in file order
  Metadata metadata;
  std::vector<ProtectionSystem> protection_systems;  ///< of pssh boxes, in file order

  bool HasBrand(FourCC brand) const;
};

}  // namespace iso
