// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ChunkMap and ChunkWalker: which chunk holds a sample and where chunks lie, from stsc
// and stco or co64.

#pragma once

#include <atomic>
#include <cstdint>

#include "core/base/result.h"
#include "core/table/column.h"
#include "core/table/offset_floor.h"
#include "core/table/sparse_index.h"

namespace iso {

/// A chunk: samples [first_sample, first_sample + samples) from byte `offset` on.
struct Chunk {
  uint64_t run = 0;  ///< of stsc
  uint64_t number = 0;
  uint64_t first_sample = 0;
  uint32_t samples = 0;
  uint32_t description = 1;
  uint64_t offset = 0;  ///< never above kFarthestByte
};

/// No byte of any file lies further out. What a table puts there is put exactly here, so
/// that adding a sample's size does not wrap.
constexpr uint64_t kFarthestByte = INT64_MAX;

/// Thread-safe. Runs that are out of order or empty hold no samples.
class ChunkMap {
 public:
  /// `samples` as the table of sizes says; at most 2^32 - 1.
  ChunkMap(const TableRef& runs, const TableRef& offsets, PageCache& cache, uint64_t samples);

  /// Samples that the chunks hold, at most `samples`.
  Result<uint64_t> SampleCount() const;

  /// The chunk of sample n, or kEndOfTable.
  Result<Chunk> ChunkOf(uint64_t n) const;

  const Column& runs() const { return runs_; }

  const Column& offsets() const { return offsets_; }

  /// The least offset of the chunks behind this one, see OffsetFloor.
  Result<uint64_t> LeastOffsetBehind(const Chunk& chunk) const {
    return floor_.From(chunk.number + 1);
  }

  size_t IndexBytes() const { return index_.Bytes(); }

 private:
  friend class ChunkWalker;

  static constexpr uint64_t kUnknown = UINT64_MAX;

  Result<Chunk> Find(uint64_t n, RunReader& runs, ColumnReader& offsets) const;
  Result<uint64_t> OffsetOf(uint64_t chunk, ColumnReader& offsets) const;

  Column runs_;
  Column offsets_;
  OffsetFloor floor_;
  ChunkRule rule_;
  SparseIndex index_;
  mutable std::atomic<uint64_t> count_ = kUnknown;
};

/// Chunks in order. Not thread-safe.
class ChunkWalker {
 public:
  explicit ChunkWalker(const ChunkMap& map)
      : map_(&map), runs_(map.runs_), offsets_(map.offsets_) {}

  Status Seek(uint64_t n);

  bool Covers(uint64_t n) const { return n < end_; }

  /// Goes on to the chunk of sample n, the first one behind those covered. After an error
  /// nothing has changed.
  Status Cover(uint64_t n);

  const Chunk& chunk() const { return chunk_; }

  uint64_t end() const { return end_; }

 private:
  Status EndOfRun(const Chunk& chunk, uint64_t* run_end);
  Status NextRun(Chunk* chunk, uint64_t* run_end);

  const ChunkMap* map_;
  RunReader runs_;
  ColumnReader offsets_;
  Chunk chunk_;
  uint64_t end_ = 0;      ///< sample
  uint64_t run_end_ = 0;  ///< chunk
};

}  // namespace iso
