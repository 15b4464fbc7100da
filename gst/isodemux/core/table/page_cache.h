// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PageCache: pages of 256 table entries, as they lie in the file, least recently used
// ones dropped first. One cache serves all tables of a file; it shares one limit with what
// else their indexes keep in memory.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "core/base/result.h"
#include "core/memory/index_memory.h"
#include "core/source.h"
#include "core/table/table_ref.h"

namespace iso {

constexpr uint32_t kPageEntries = 256;   ///< entries of one page
constexpr uint32_t kReadEntries = 1024;  ///< entries read at once by who goes on and on
constexpr uint32_t kReadPages = kReadEntries / kPageEntries;

/// What the cache did, for the element's stats. Counters only ever rise.
struct PageCacheStats {
  IndexMemoryStats memory;  ///< of all that the indexes keep, pages included
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t reads = 0;  ///< reads of the source
  uint64_t bytes_read = 0;
};

/// Raw bytes of up to kPageEntries entries. Immutable. Whoever holds a PageRef keeps the
/// page alive after the cache has dropped it.
class Page;
using PageRef = std::shared_ptr<const Page>;

/// Thread-safe. No lock is held while the source is read.
class PageCache {
 public:
  /// `governor` may be null: then the budget alone is the limit.
  PageCache(std::shared_ptr<ByteSource> source,
            size_t budget_bytes,
            std::shared_ptr<MemoryGovernor> governor = nullptr);
  ~PageCache();

  PageCache(const PageCache&) = delete;
  PageCache& operator=(const PageCache&) = delete;

  /// The page with entries [page * 256, ...) of `table`. On a miss `pages` are read at once
  /// from there on: one for a look-up, kReadPages at most for who reads in order. A look-up next to
  /// a page used just before goes on, or back, from it: what lies further in that direction is
  /// read, too.
  Result<PageRef> Get(const TableRef& table, uint64_t page, uint32_t pages = 1);

  /// Bytes straight from the source, past the cache: for one pass over a long table.
  Status ReadThrough(uint64_t offset, std::span<uint8_t> out);

  /// Drops least recently used pages until at most `bytes` are held, pages pinned by readers
  /// included. From any thread.
  void Shrink(size_t bytes) { memory().Shrink(bytes); }

  /// The most bytes to keep from now on; shrinks at once. From any thread.
  void SetBudget(size_t bytes) { memory().SetBudget(bytes); }

  /// Where everything that an index keeps is counted and bounded.
  IndexMemory& memory() const;

  PageCacheStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace iso
