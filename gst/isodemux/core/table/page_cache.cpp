// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PageCache: a hash map into a list of pages, the most recently used one in front.

#include "core/table/page_cache.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <list>
#include <mutex>
#include <unordered_map>

#include "core/table/page.h"

namespace iso {
namespace {

constexpr uint32_t kMaxStride = 12;
constexpr int kRecent = 24;  ///< pages

/// Bytes of the source. They say all about a page's content, whatever table it is of.
struct Range {
  uint64_t offset;
  uint64_t length;

  bool operator==(const Range&) const = default;
};

struct RangeHash {
  size_t operator()(const Range& range) const {
    uint64_t x = (range.offset ^ range.length << 48) * 0x9e3779b97f4a7c15u;
    return static_cast<size_t>(x ^ x >> 32);
  }
};

/// Pages read ahead would drive each other out where memory is short.
uint32_t MostAtOnce(PressureLevel level) {
  if (level == PressureLevel::kCritical) return 1;
  return level == PressureLevel::kMedium ? kReadPages / 2 : kReadPages;
}

/// The bytes of pages [first, last) of `table`, or an error when there are none.
Result<Range> RangeOf(const TableRef& table, uint64_t first, uint64_t last) {
  if (table.stride == 0 || table.stride > kMaxStride || first >= table.count / kPageEntries + 1) {
    return Error{Errc::kEndOfTable, {}, table.offset};
  }
  const uint64_t begin = first * kPageEntries;
  const uint64_t end = std::min(table.count, last * kPageEntries);
  Range range{0, (end - begin) * table.stride};
  uint64_t skipped, stop;
  if (begin >= end) return Error{Errc::kEndOfTable, {}, table.offset};
  if (__builtin_mul_overflow(begin, uint64_t{table.stride}, &skipped) ||
      __builtin_add_overflow(table.offset, skipped, &range.offset) ||
      __builtin_add_overflow(range.offset, range.length, &stop)) {
    return Error{Errc::kTableOverflow, {}, table.offset};
  }
  return range;
}

}  // namespace

struct PageCache::State final : IndexMemory::Pages {
  struct Entry {
    Range range;
    PageRef page;
  };

  using Lru = std::list<Entry>;

  State(std::shared_ptr<ByteSource> from,
        size_t budget_bytes,
        std::shared_ptr<MemoryGovernor> governor)
      : source(std::move(from)), memory(budget_bytes, std::move(governor), this) {}

  Status Read(uint64_t offset, std::span<uint8_t> out);
  Result<PageRef> ReadPages(const TableRef& table, uint64_t first, uint32_t count, uint64_t wanted);
  bool IsRecent(const TableRef& table, uint64_t page);
  PageRef Find(const Range& range);
  PageRef Insert(const Range& range, Bytes bytes);
  bool DropOldest() override;

  const std::shared_ptr<ByteSource> source;
  std::atomic<uint64_t> reads = 0;
  std::atomic<uint64_t> bytes_read = 0;

  std::mutex mutex;  ///< guards the next four; nothing else is locked while it is held
  Lru lru;
  std::unordered_map<Range, Lru::iterator, RangeHash> pages;
  uint64_t hits = 0;
  uint64_t misses = 0;

  IndexMemory memory;  ///< may drop pages as soon as it is there
};

Status PageCache::State::Read(uint64_t offset, std::span<uint8_t> out) {
  reads.fetch_add(1, std::memory_order_relaxed);
  ISO_CHECK(source->Read(offset, out));
  bytes_read.fetch_add(out.size(), std::memory_order_relaxed);
  return {};
}

PageRef PageCache::State::Find(const Range& range) {
  const std::lock_guard lock(mutex);
  const auto hit = pages.find(range);
  if (hit == pages.end()) {
    ++misses;
    return nullptr;
  }
  ++hits;
  lru.splice(lru.begin(), lru, hit->second);
  return hit->second->page;
}

/// Whether a page is one of those used last: there are a few tables, and a few places in each.
bool PageCache::State::IsRecent(const TableRef& table, uint64_t page) {
  const Result<Range> range = RangeOf(table, page, page + 1);
  const std::lock_guard lock(mutex);
  int left = range.ok() ? kRecent : 0;
  for (auto entry = lru.begin(); left > 0 && entry != lru.end(); ++entry, --left) {
    if (entry->range == *range) return true;
  }
  return false;
}

/// Puts a page in front; where another thread was faster, its page stays and is returned.
/// Null when there is no room.
PageRef PageCache::State::Insert(const Range& range, Bytes bytes) {
  if (!memory.Reserve(Page::FootprintOf(bytes.size()))) return nullptr;
  PageRef page = std::make_shared<const Page>(bytes, memory.meter());
  const std::lock_guard lock(mutex);
  const auto [place, fresh] = pages.try_emplace(range);
  if (!fresh) return place->second->page;
  lru.push_front({range, page});
  place->second = lru.begin();
  return page;
}

/// A page that a reader holds is freed by that reader.
bool PageCache::State::DropOldest() {
  Lru dropped;  // freed after the lock
  const std::lock_guard lock(mutex);
  if (lru.empty()) return false;
  pages.erase(lru.back().range);
  dropped.splice(dropped.end(), lru, std::prev(lru.end()));
  if (pages.bucket_count() > 4 * (pages.size() + 16)) pages.rehash(0);
  return true;
}

/// Reads `count` pages at once, as far as the table goes. The one that is wanted is inserted last,
/// so that it is the one that stays when there is no room for all; if there is none even for it,
/// the reader alone has it.
Result<PageRef> PageCache::State::ReadPages(const TableRef& table,
                                            uint64_t first,
                                            uint32_t count,
                                            uint64_t wanted) {
  ISO_TRY(const Range all, RangeOf(table, first, first + count));
  std::array<uint8_t, size_t{kReadEntries} * kMaxStride> buffer;
  const std::span<uint8_t> bytes(buffer.data(), static_cast<size_t>(all.length));
  ISO_CHECK(Read(all.offset, bytes));
  const uint64_t page_bytes = uint64_t{kPageEntries} * table.stride;
  const auto page_at = [&](uint64_t at) {
    return Bytes(bytes).subspan(at, std::min(page_bytes, all.length - at));
  };
  const uint64_t own_at = (wanted - first) * page_bytes;
  for (uint64_t at = 0; at < all.length; at += page_bytes) {
    if (at != own_at) Insert({all.offset + at, page_at(at).size()}, page_at(at));
  }
  const Bytes own = page_at(own_at);
  if (PageRef page = Insert({all.offset + own_at, own.size()}, own)) return page;
  memory.meter()->Add(Page::FootprintOf(own.size()));
  return std::make_shared<const Page>(own, memory.meter());
}

PageCache::PageCache(std::shared_ptr<ByteSource> source,
                     size_t budget_bytes,
                     std::shared_ptr<MemoryGovernor> governor)
    : state_(std::make_unique<State>(std::move(source), budget_bytes, std::move(governor))) {
}

PageCache::~PageCache() = default;

Result<PageRef> PageCache::Get(const TableRef& table, uint64_t page, uint32_t count) {
  ISO_TRY(const Range range, RangeOf(table, page, page + 1));
  if (PageRef hit = state_->Find(range)) return hit;
  const uint32_t most = MostAtOnce(state_->memory.level());
  uint64_t first = page;
  if (count == 1 && state_->IsRecent(table, page + 1)) {
    first = page - std::min<uint64_t>(page, most - 1);
    count = static_cast<uint32_t>(page - first + 1);
  } else if (count == 1 && page > 0 && state_->IsRecent(table, page - 1)) {
    count = most;
  }
  count = std::clamp(count, 1u, most);
  Result<PageRef> read = state_->ReadPages(table, first, count, page);
  // What is wrong may be with a page that nobody has asked for.
  const bool too_many =
      count > 1 && !read.ok() &&
      (read.error().code == Errc::kEndOfData || read.error().code == Errc::kReadFailed);
  return too_many ? state_->ReadPages(table, page, 1, page) : read;
}

Status PageCache::ReadThrough(uint64_t offset, std::span<uint8_t> out) {
  return state_->Read(offset, out);
}

IndexMemory& PageCache::memory() const {
  return state_->memory;
}

PageCacheStats PageCache::stats() const {
  PageCacheStats stats;
  stats.memory = state_->memory.stats();
  stats.reads = state_->reads.load(std::memory_order_relaxed);
  stats.bytes_read = state_->bytes_read.load(std::memory_order_relaxed);
  const std::lock_guard lock(state_->mutex);
  stats.hits = state_->hits;
  stats.misses = state_->misses;
  return stats;
}

}  // namespace iso
