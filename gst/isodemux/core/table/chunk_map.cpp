// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ChunkMap and ChunkWalker: ISO/IEC 14496-12 8.7.4 and 8.7.5.

#include "core/table/chunk_map.h"

#include <algorithm>

namespace iso {

ChunkMap::ChunkMap(const TableRef& runs,
                   const TableRef& offsets,
                   PageCache& cache,
                   uint64_t samples)
    : runs_(runs, cache),
      offsets_(offsets, cache),
      floor_(offsets_),
      rule_{std::min<uint64_t>(offsets_.count(), UINT32_MAX), samples},
      index_(runs_, std::make_unique<RunFormatOf<ChunkRule>>(rule_)) {
}

Result<uint64_t> ChunkMap::SampleCount() const {
  const uint64_t known = count_.load(std::memory_order_relaxed);
  if (known != kUnknown) return known;
  ISO_TRY(const RunState last, index_.End());
  const uint64_t count = rule_.SamplesUpTo(last, rule_.chunks);
  count_.store(count, std::memory_order_relaxed);
  return count;
}

Result<Chunk> ChunkMap::ChunkOf(uint64_t n) const {
  RunReader runs(runs_);
  ColumnReader offsets(offsets_);
  return Find(n, runs, offsets);
}

Result<Chunk> ChunkMap::Find(uint64_t n, RunReader& runs, ColumnReader& offsets) const {
  ISO_TRY(const RunState state, index_.Find(&RunState::total, n, runs));
  if (state.consumed == 0 || state.carry == 0) return Error{Errc::kEndOfTable};
  Chunk chunk;
  const uint64_t into = (n - state.total) / state.carry;
  chunk.run = state.consumed - 1;
  chunk.number = state.units + into;
  chunk.first_sample = state.total + into * state.carry;
  chunk.samples = state.carry;
  ISO_TRY(const uint8_t* entry, runs.At(chunk.run));
  chunk.description = LoadBE32(entry + 8);
  ISO_TRY(chunk.offset, OffsetOf(chunk.number, offsets));
  return chunk;
}

Result<uint64_t> ChunkMap::OffsetOf(uint64_t chunk, ColumnReader& offsets) const {
  if (chunk >= rule_.chunks) return Error{Errc::kEndOfTable, {}, offsets_.table().offset};
  ISO_TRY(const uint8_t* entry, offsets.At(chunk));
  const uint64_t offset = offsets_.table().stride == 8 ? LoadBE64(entry) : LoadBE32(entry);
  return std::min(offset, kFarthestByte);
}

Status ChunkWalker::Seek(uint64_t n) {
  ISO_TRY(chunk_, map_->Find(n, runs_, offsets_));
  end_ = chunk_.first_sample + chunk_.samples;
  return EndOfRun(chunk_, &run_end_);
}

Status ChunkWalker::Cover(uint64_t n) {
  while (!Covers(n)) {
    Chunk next = chunk_;
    uint64_t run_end = run_end_;
    next.first_sample = end_;
    if (++next.number >= run_end) ISO_CHECK(NextRun(&next, &run_end));
    ISO_TRY(next.offset, map_->OffsetOf(next.number, offsets_));
    chunk_ = next;
    run_end_ = run_end;
    end_ = next.first_sample + next.samples;
  }
  return {};
}

/// The chunk behind the run that `chunk` is of.
Status ChunkWalker::EndOfRun(const Chunk& chunk, uint64_t* run_end) {
  *run_end = map_->rule_.chunks;
  if (chunk.run + 1 >= map_->runs_.count()) return {};
  ISO_TRY(const uint8_t* next, runs_.At(chunk.run + 1));
  const uint64_t first = LoadBE32(next);
  *run_end = std::clamp(first ? first - 1 : 0, chunk.number, map_->rule_.chunks);
  return {};
}

/// Goes to the first chunk of the next run that holds samples.
Status ChunkWalker::NextRun(Chunk* chunk, uint64_t* run_end) {
  chunk->number = *run_end;
  do {
    if (++chunk->run >= map_->runs_.count()) return Error{Errc::kEndOfTable};
    chunk->number = *run_end;
    ISO_TRY(const uint8_t* entry, runs_.At(chunk->run));
    chunk->samples = LoadBE32(entry + 4);
    chunk->description = LoadBE32(entry + 8);
    ISO_CHECK(EndOfRun(*chunk, run_end));
  } while (chunk->samples == 0 || *run_end <= chunk->number);
  return {};
}

}  // namespace iso
