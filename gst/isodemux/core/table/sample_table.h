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
#include "core/table/samples.h"
#include "core/table/table_ref.h"

namespace iso {

/// Thread-safe: any number of threads may ask at the same time, and the page cache may
/// be shrunk meanwhile. Functions that read the source may answer kNotYet, kInterrupted
/// or kReadFailed, and change nothing when they do. A sample number at or past the end
/// is answered with kEndOfTable.
class SampleTable final : public Samples {
 public:
  /// `cache` must outlive the table; the tables are read from the cache's source.
  SampleTable(const SampleTableLayout& layout, PageCache& cache);
  ~SampleTable() override;

  SampleTable(const SampleTable&) = delete;
  SampleTable& operator=(const SampleTable&) = delete;

  const SampleTableLayout& layout() const;

  /// Samples, as far as stsz/stz2, stsc and stco/co64 agree. O(1) but for files with
  /// more than one stsc run, where it may read the stsc once.
  Result<uint64_t> SampleCount() const override;

  std::unique_ptr<SampleCursor> NewCursor() const override;

  Result<uint64_t> First() const override;

  Result<uint64_t> Back(uint64_t n, uint64_t steps) const override;

  /// Everything about sample `n`. An stts delta of 2^31 or more counts as 0. A sample that
  /// would lie beyond byte INT64_MAX, where no file reaches, is said to lie there, so that
  /// offset + size never wraps.
  Result<Sample> At(uint64_t n) const override;

  Result<uint64_t> LeastOffsetBehind(uint64_t n) const override;

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
  Result<uint64_t> SampleAtPresentationTime(int64_t t) const override;

  /// The last sync sample at or before n.
  Result<std::optional<uint64_t>> SyncAtOrBefore(uint64_t n) const override;

  /// The first sync sample at or after n; n may be past the end: there is none.
  Result<std::optional<uint64_t>> SyncAtOrAfter(uint64_t n) const override;

  /// Samples before sample n from which decoding must start so that n comes out right, by the
  /// sample groups `roll` and `prol` (10.1); 0 where they name none.
  Result<uint32_t> RollDistance(uint64_t n) const override;

  /// The smallest composition offset of the track, exact for tables of up to 65,536
  /// entries, else of the first 4,096 (later samples may go lower). 0 without ctts.
  Result<int32_t> LeastCompositionOffset() const;

  /// Whether each sample has the same size and duration, no composition offset, and is
  /// a sync sample: runs of samples can then be handled as one (raw audio).
  bool IsUniform() const override;

  /// Bytes of checkpoints held now (pages are the cache's).
  size_t IndexBytes() const override;

 private:
  friend class Cursor;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Walks a table forward, a few nanoseconds a sample. Holds at most one page of each
/// table. Not thread-safe; the table must outlive it.
class Cursor final : public SampleCursor {
 public:
  explicit Cursor(const SampleTable& table);
  ~Cursor() override;
  Cursor(Cursor&&) noexcept;
  Cursor& operator=(Cursor&&) noexcept;

  /// The next Next() answers with sample n (kEndOfTable there when n is past the end).
  Status SeekTo(uint64_t n) override;

  /// The next sample, or kEndOfTable. After an error the cursor has not moved.
  Status Next(Sample* sample) override;

  /// For uniform tables (SampleTable::IsUniform): as Next, but takes up to `max` samples
  /// that follow each other in one chunk; `*count` says how many. sample->size stays
  /// that of one sample, sample->duration likewise.
  Status NextRun(uint32_t max, Sample* sample, uint32_t* count) override;

  /// The number of the sample that Next() would answer with.
  uint64_t position() const override;

  /// The chunk of what was handed out last or, right after SeekTo(), of what comes next.
  ChunkStart chunk() const override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso
