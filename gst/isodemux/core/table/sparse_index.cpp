// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SparseIndex: building the checkpoints and finding the page between them.

#include "core/table/sparse_index.h"

#include <algorithm>
#include <utility>

namespace iso {
namespace {

constexpr uint64_t kBlockBytes = 64u << 10;  ///< of one read while building
constexpr size_t kMaxIntervals = 64;

/// Entries that one read takes at most: whole pages.
uint64_t BlockEntries(uint64_t stride) {
  return kBlockBytes / stride / kPageEntries * kPageEntries;
}

}  // namespace

SparseIndex::SparseIndex(const Column& column,
                         std::unique_ptr<const RunFormat> format,
                         Options options)
    : column_(column), format_(std::move(format)), options_(options) {
}

SparseIndex::SparseIndex(const Column& column, std::unique_ptr<const RunFormat> format)
    : SparseIndex(column, std::move(format), Options()) {
}

SparseIndex::~SparseIndex() = default;

bool SparseIndex::AtEnd(const RunState& state) const {
  return state.consumed >= column_.count() || format_->Done(state);
}

Result<RunState> SparseIndex::Find(RunAxis axis, uint64_t target, RunReader& reader) const {
  if (reader.Knows() && reader.before_.*axis <= target) {
    const RunState state = SeekInPage(axis, target, reader);
    if (state.consumed < reader.end()) return state;
  }
  ISO_TRY(const RunState start, PageStart(axis, target));
  if (AtEnd(start)) return start;
  ISO_CHECK(reader.At(start.consumed));
  reader.before_ = start;
  return SeekInPage(axis, target, reader);
}

/// Goes on within the entries at hand.
RunState SparseIndex::SeekInPage(RunAxis axis, uint64_t target, const RunReader& reader) const {
  RunState state = reader.before_;
  const uint8_t* entries = reader.Peek(state.consumed);
  format_->Seek(&state, entries, reader.end() - state.consumed, axis, target);
  return state;
}

Result<RunState> SparseIndex::End() const {
  RunReader reader(column_);
  return Find(&RunState::consumed, column_.count(), reader);
}

size_t SparseIndex::Bytes() const {
  const std::lock_guard lock(mutex_);
  size_t bytes = coarse_.capacity() * sizeof(Checkpoint) + fine_.capacity() * sizeof(IntervalRef);
  for (const IntervalRef& interval : fine_) {
    bytes += sizeof(Interval) + interval->pages.capacity() * sizeof(Checkpoint);
  }
  return bytes;
}

/// The state at the start of the page in which the target is passed.
Result<RunState> SparseIndex::PageStart(RunAxis axis, uint64_t target) const {
  if (column_.count() <= kPageEntries) return RunState();
  const uint64_t most = BlockEntries(column_.table().stride);
  for (uint64_t n = kReadEntries; !Known(axis, target); n = std::min(2 * n, most)) {
    ISO_CHECK(Extend(n));
  }
  std::unique_lock lock(mutex_);
  if (coarse_.empty()) return RunState();
  const size_t i = LastUpTo(coarse_, axis, target);
  const RunState coarse = StateOf(coarse_[i], i * stride_);
  const uint64_t end = std::min(coarse.consumed + stride_, head_.consumed);
  if (end <= coarse.consumed + kPageEntries) return coarse;
  lock.unlock();
  return Refine(coarse, end, axis, target);
}

/// Whether level 1 reaches past the target, or to the end.
bool SparseIndex::Known(RunAxis axis, uint64_t target) const {
  const std::lock_guard lock(mutex_);
  return head_.*axis > target || AtEnd(head_);
}

/// Takes the next entries into level 1.
Status SparseIndex::Extend(uint64_t entries) const {
  RunState state;
  {
    const std::lock_guard lock(mutex_);
    state = head_;
  }
  Walked walked{state};
  ISO_CHECK(Walk(&state, std::min(state.consumed + entries, column_.count()), &walked));
  walked.push_back(state);
  Publish(walked);
  return {};
}

/// Adds the states that are next in turn, whatever other threads have added meanwhile.
void SparseIndex::Publish(const Walked& walked) const {
  const std::lock_guard lock(mutex_);
  for (const RunState& state : walked) {
    if (state.consumed != coarse_.size() * stride_) continue;
    if (coarse_.size() >= options_.max_checkpoints) Thin();
    if (state.consumed == coarse_.size() * stride_) coarse_.push_back(CheckpointOf(state));
  }
  if (walked.back().consumed > head_.consumed) head_ = walked.back();
}

/// Drops every second checkpoint. The mutex is held.
void SparseIndex::Thin() const {
  for (size_t i = 1; 2 * i < coarse_.size(); ++i)
    coarse_[i] = coarse_[2 * i];
  coarse_.resize((coarse_.size() + 1) / 2);
  stride_ *= 2;
}

/// Takes in entries up to number `end`, and adds the state at the start of each page but
/// the first to `walked`. Reads blocks past the page cache.
Status SparseIndex::Walk(RunState* state, uint64_t end, Walked* walked) const {
  const TableRef& table = column_.table();
  const uint64_t most = std::min(end - state->consumed, BlockEntries(table.stride));
  const auto block =
      std::make_unique_for_overwrite<uint8_t[]>(static_cast<size_t>(most) * table.stride);
  walked->reserve(walked->size() + static_cast<size_t>((end - state->consumed) / kPageEntries) + 1);
  while (state->consumed < end && !format_->Done(*state)) {
    const uint64_t first = state->consumed;
    const uint64_t n = std::min(end - first, most);
    const std::span<uint8_t> bytes(block.get(), static_cast<size_t>(n) * table.stride);
    ISO_CHECK(column_.cache().ReadThrough(table.offset + first * table.stride, bytes));
    for (uint64_t i = 0; i < n && !format_->Done(*state); i += kPageEntries) {
      if (i > 0) walked->push_back(*state);
      format_->Skip(
          state, bytes.data() + i * table.stride, std::min<uint64_t>(n - i, kPageEntries));
    }
    if (state->consumed < end && !format_->Done(*state)) walked->push_back(*state);
  }
  return {};
}

/// The page start within the level-1 interval that begins at `coarse`.
Result<RunState> SparseIndex::Refine(const RunState& coarse,
                                     uint64_t end,
                                     RunAxis axis,
                                     uint64_t target) const {
  IntervalRef interval = Recall(coarse.consumed, end);
  if (!interval) {
    RunState state = coarse;
    Walked walked{state};
    ISO_CHECK(Walk(&state, end, &walked));
    Interval built{coarse.consumed, end, {}};
    built.pages.reserve(walked.size());
    for (const RunState& page : walked)
      built.pages.push_back(CheckpointOf(page));
    interval = std::make_shared<const Interval>(std::move(built));
    Remember(interval);
  }
  const size_t i = LastUpTo(interval->pages, axis, target);
  return StateOf(interval->pages[i], interval->begin + i * kPageEntries);
}

SparseIndex::IntervalRef SparseIndex::Recall(uint64_t begin, uint64_t end) const {
  const std::lock_guard lock(mutex_);
  const auto hit = std::find_if(fine_.begin(), fine_.end(), [&](const IntervalRef& interval) {
    return interval->begin == begin && interval->end == end;
  });
  if (hit == fine_.end()) return nullptr;
  std::rotate(fine_.begin(), hit, hit + 1);
  return fine_.front();
}

void SparseIndex::Remember(IntervalRef interval) const {
  const std::lock_guard lock(mutex_);
  const uint64_t each = sizeof(Interval) + stride_ / kPageEntries * sizeof(Checkpoint);
  const size_t room = std::clamp<size_t>(options_.fine_bytes / each, 2, kMaxIntervals);
  fine_.insert(fine_.begin(), std::move(interval));
  if (fine_.size() > room) fine_.resize(room);
}

RunState SparseIndex::StateOf(const Checkpoint& checkpoint, uint64_t consumed) {
  return {consumed, checkpoint.units, checkpoint.total, checkpoint.carry};
}

SparseIndex::Checkpoint SparseIndex::CheckpointOf(const RunState& state) {
  const uint64_t units = std::min<uint64_t>(state.units, UINT32_MAX);
  return {state.total, static_cast<uint32_t>(units), state.carry};
}

/// The last of `list`, which is not empty, that is at or before the target, else the first.
size_t SparseIndex::LastUpTo(const std::vector<Checkpoint>& list, RunAxis axis, uint64_t target) {
  const auto after = std::partition_point(
      list.begin(), list.end(), [&](const Checkpoint& c) { return StateOf(c, 0).*axis <= target; });
  return after == list.begin() ? 0 : static_cast<size_t>(after - list.begin()) - 1;
}

}  // namespace iso
