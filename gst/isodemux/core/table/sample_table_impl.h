// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleTable::Impl: the indexes of one track, as SampleTable and Cursor share them.

#pragma once

#include "core/table/access_index.h"
#include "core/table/chunk_map.h"
#include "core/table/composition_index.h"
#include "core/table/sample_groups.h"
#include "core/table/sample_table.h"
#include "core/table/size_column.h"
#include "core/table/time_index.h"

namespace iso {

class SampleTable::Impl {
 public:
  Impl(const SampleTableLayout& from, PageCache& cache)
      : layout(from),
        sizes(from, cache),
        times(from.durations, cache, sizes.count()),
        offsets(from.compositions, cache, sizes.count()),
        chunks(from.chunk_runs, from.chunk_offsets, cache, sizes.count()),
        accesses(from, cache, sizes.count()),
        rolls(from.rolls, cache, sizes.count()),
        prerolls(from.prerolls, cache, sizes.count()) {
    uint64_t pages = 0;
    for (const Column* column : {&sizes.column(),
                                 &times.column(),
                                 &offsets.column(),
                                 &chunks.runs(),
                                 &chunks.offsets(),
                                 &accesses.syncs().full(),
                                 &accesses.syncs().partial()}) {
      pages += column->page_bytes();
    }
    // Two of each: one that a reader holds, and one that it goes on to.
    if (pages > 0) cache.memory().RaiseFloor(2 * pages, SparseIndex::kWorkingBytes);
  }

  /// kEndOfTable when there is no sample n.
  Status CheckNumber(uint64_t n) const {
    ISO_TRY(const uint64_t count, chunks.SampleCount());
    if (n >= count) return Error{Errc::kEndOfTable};
    return {};
  }

  const SampleTableLayout layout;
  const SizeColumn sizes;
  const TimeIndex times;
  const CompositionIndex offsets;
  const ChunkMap chunks;
  const AccessIndex accesses;
  const SampleGroup rolls;
  const SampleGroup prerolls;
};

}  // namespace iso
