// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Limits: how far untrusted input may go before it is cut off. One place, so that a
// reviewer sees them all. None of them bounds the number of samples.

#pragma once

#include <cstddef>
#include <cstdint>

namespace iso {

struct Limits {
  int max_depth = 16;                           ///< nesting of boxes
  uint32_t max_boxes_per_parent = 16384;        ///< children walked in one box
  uint32_t max_tracks = 4096;                   ///< tracks of a movie
  uint64_t max_small_box_bytes = 16u << 20;     ///< a box that is read whole (not a sample table)
  uint64_t max_metadata_bytes = 64u << 20;      ///< udta and meta, cover art included
  uint64_t max_fragment_bytes = 64u << 20;      ///< a moof: some four million samples
  uint32_t max_group_descriptions = 65535;      ///< of one kind of sample group
  uint32_t max_sample_entries = 1024;           ///< entries of one stsd
  uint32_t max_protection_systems = 256;        ///< pssh boxes kept
  uint32_t max_chapters = 10000;                ///< titles read from a chapter track
  uint32_t max_edits = 262144;                  ///< entries of one elst
  uint64_t max_inflated_bytes = 200u << 20;     ///< a compressed moov, inflated
  uint64_t max_sample_bytes = 2047u << 20;      ///< one sample
};

}  // namespace iso
