// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleTable: every question about a track's samples, answered from the tables as they
// lie in the file. Nothing is expanded; what is kept are pages in a cache that may be
// emptied at any moment, and sparse checkpoints whose number is capped.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/result.h"
#include "core/table/page_cache.h"
#include "core/table/table_ref.h"

namespace iso {

/// One sample. Times are in ticks of the track's timescale, before any edit list.
struct Sample {
  uint64_t index = 0;     ///< from 0
  uint64_t offset = 0;    ///< bytes from the start of the file; at most INT64_MAX, see At()
  uint32_t size = 0;      ///< bytes
  uint32_t duration = 0;  ///< ticks
  int64_t dts = 0;
  int64_t pts = 0;           ///< dts + composition offset; may be negative
  uint32_t description = 1;  ///< index into the stsd, from 1 (as stored: may be out of range)
  bool sync = false;
};

/// Thread-safe: any number of threads may ask at the same time, and the page cache may
/// be shrunk meanwhile. Functions that read the source may answer kNotYet, kInterrupted
/// or kReadFailed, and change nothing when they do. A sample number at or past the end
/// is answered with kEndOfTable.
class SampleTable {
 public:
  /// `cache` must outlive the table; the tables are read from the cache's source.
  SampleTable(const SampleTableLayout& layout, PageCache& cache);
  ~SampleTable();

  SampleTable(const SampleTable&) = delete;
  SampleTable& operator=(const SampleTable&) = delete;

  const SampleTableLayout& layout() const;

  /// Samples, as far as stsz/stz2, stsc and stco/co64 agree. O(1) but for files with
  /// more than one stsc run, where it may read the stsc once.
  Result<uint64_t> SampleCount() const;

  /// Everything about sample `n`. An stts delta of 2^31 or more counts as 0. A sample that
  /// would lie beyond byte INT64_MAX, where no file reaches, is said to lie there, so that
  /// offset + size never wraps.
  Result<Sample> At(uint64_t n) const;

  /// Where in the file the chunks behind the one that holds sample n lie: none of them before
  /// this byte. UINT64_MAX when there is none.
  Result<uint64_t> LeastOffsetBehind(uint64_t n) const;

  /// Decode time of sample n; n == sample count is allowed and gives the end.
  Result<int64_t> DecodeTime(uint64_t n) const;

  /// The last sample whose decode time is <= t; the first one when t is before all.
  /// kEndOfTable when there are no samples.
  Result<uint64_t> SampleAtDecodeTime(int64_t t) const;

  /// Composition offset (pts - dts) of sample n, ticks.
  Result<int32_t> CompositionOffset(uint64_t n) const;

  /// The sample on display at presentation time t: of those with pts <= t the one with
  /// the greatest pts (of equals the last in decode order); when t is before all, the
  /// one with the smallest pts (of equals the first). Exact where ctts has up to 65,536
  /// entries; beyond that, offsets are taken to be bounded as they are around t.
  Result<uint64_t> SampleAtPresentationTime(int64_t t) const;

  /// The last sync sample at or before n.
  Result<std::optional<uint64_t>> SyncAtOrBefore(uint64_t n) const;

  /// The first sync sample at or after n; n may be past the end: there is none.
  Result<std::optional<uint64_t>> SyncAtOrAfter(uint64_t n) const;

  /// The smallest composition offset of the track, exact for tables of up to 65,536
  /// entries, else of the first 4,096 (later samples may go lower). 0 without ctts.
  Result<int32_t> LeastCompositionOffset() const;

  /// Whether each sample has the same size and duration, no composition offset, and is
  /// a sync sample: runs of samples can then be handled as one (raw audio).
  bool IsUniform() const;

  /// Bytes of checkpoints and fences held now (pages are the cache's).
  size_t IndexBytes() const;

 private:
  friend class Cursor;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Walks a table forward, a few nanoseconds a sample. Holds at most one page of each
/// table. Not thread-safe; the table must outlive it.
class Cursor {
 public:
  explicit Cursor(const SampleTable& table);
  ~Cursor();
  Cursor(Cursor&&) noexcept;
  Cursor& operator=(Cursor&&) noexcept;

  /// The next Next() answers with sample n (kEndOfTable there when n is past the end).
  Status SeekTo(uint64_t n);

  /// The next sample, or kEndOfTable. After an error the cursor has not moved.
  Status Next(Sample* sample);

  /// For uniform tables (SampleTable::IsUniform): as Next, but takes up to `max` samples
  /// that follow each other in one chunk; `*count` says how many. sample->size stays
  /// that of one sample, sample->duration likewise.
  Status NextRun(uint32_t max, Sample* sample, uint32_t* count);

  /// The number of the sample that Next() would answer with.
  uint64_t position() const;

  /// Where a chunk begins.
  struct ChunkStart {
    uint64_t sample = 0;
    uint64_t offset = 0;
  };

  /// The chunk of what was handed out last or, right after SeekTo(), of what comes next.
  ChunkStart chunk() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso
