// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TableRef, GroupTable and SampleTableLayout: where a track's sample tables lie in the file. This
// is all that opening a file reads of them.

#pragma once

#include <cstdint>
#include <vector>

namespace iso {

/// `count` big-endian entries of `stride` bytes each, from byte `offset` of the source.
/// `count` is proven: the box holds that many.
struct TableRef {
  uint64_t offset = 0;
  uint64_t count = 0;
  uint32_t stride = 0;
  bool present = false;
};

/// One kind of sample group (ISO/IEC 14496-12 8.9).
struct GroupTable {
  TableRef runs;                 ///< sbgp: u32 sample count, u32 number of a description or 0
  std::vector<uint32_t> values;  ///< of descriptions 1, 2, ..., as the kind reads them; 0: nothing
  uint32_t default_description = 0;  ///< of samples that the runs do not reach; 0: none
};

/// What groups of random access points say of a sample: GroupTable::values of `rap ` and `sync`.
enum AccessValue : uint32_t {
  kNoAccess = 0,
  kClosedAccess = 1,  ///< everything that follows it can be decoded
  kOpenAccess = 2,    ///< but for pictures that are presented before it
};

/// The tables of one stbl. ISO/IEC 14496-12 8.6 and 8.7.
struct SampleTableLayout {
  uint64_t sample_count = 0;   ///< as stsz or stz2 say, cut to what their table holds
  uint32_t constant_size = 0;  ///< bytes of every sample, or 0: look in `sizes`
  uint32_t size_bits = 32;     ///< width of an entry of `sizes`: 32 (stsz), 16, 8 or 4 (stz2)
  TableRef sizes;              ///< stride 4, 2, 1; for 4-bit sizes stride 1 and count in samples
  TableRef durations;          ///< stts: u32 sample count, u32 delta
  TableRef compositions;     ///< ctts: u32 sample count, i32 offset (read signed in both versions)
  TableRef chunk_runs;       ///< stsc: u32 first chunk, u32 samples a chunk, u32 description
  TableRef chunk_offsets;    ///< stco (stride 4) or co64 (stride 8)
  TableRef syncs;            ///< stss: u32 sample number, rising from 1; absent: all are sync
  TableRef partial_syncs;    ///< stps (QTFF): likewise
  GroupTable access_points;  ///< `rap `: AccessValue
  GroupTable sync_kinds;     ///< `sync`: AccessValue
  GroupTable rolls;          ///< `roll`: samples before one from which decoding has to start
  GroupTable prerolls;       ///< `prol`: likewise
  TableRef dependencies;     ///< sdtp: a byte a sample
};

}  // namespace iso
