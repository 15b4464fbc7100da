// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SparseIndex: building the checkpoints, finding the page between them, giving them up.

#include "core/table/sparse_index.h"

#include <algorithm>
#include <utility>

namespace iso {
namespace {

constexpr uint64_t kMostBlockBytes = 64u << 10;  ///< of one read while building
constexpr uint64_t kMostWalked = 256;            ///< states met on the way
constexpr uint64_t kWalkedBytes = kMostWalked * sizeof(RunState);
constexpr uint64_t kFewestBlockBytes = SparseIndex::kWorkingBytes - kWalkedBytes;
constexpr size_t kMaxIntervals = 64;
constexpr size_t kMostFine = 256;   ///< checkpoints of one level-2 interval
constexpr size_t kFewestFine = 16;  ///< however short memory is
constexpr size_t kFewestCoarse = 16;
constexpr size_t kIntervalBytes = 192;  ///< of an interval, but for its checkpoints

/// The memory that building works in, counted while it lives. Where there is no room, reads
/// are as small as they can usefully be.
class Block {
 public:
  Block(IndexMemory& memory, uint64_t stride, uint64_t entries) {
    const uint64_t pages = (entries + kPageEntries - 1) / kPageEntries;
    const uint64_t most =
        std::clamp(memory.meter()->limit() / 8, kFewestBlockBytes, kMostBlockBytes);
    uint64_t size = std::min(pages * kPageEntries * stride, most);
    if (!memory.Reserve(size + kWalkedBytes)) {
      size = std::min(size, kFewestBlockBytes);
      memory.meter()->Add(size + kWalkedBytes);
    }
    charge_ = MemoryCharge(*memory.meter(), size + kWalkedBytes);
    entries_ = size / stride / kPageEntries * kPageEntries;
    bytes_ = std::make_unique_for_overwrite<uint8_t[]>(static_cast<size_t>(size));
  }

  /// How many it holds: whole pages.
  uint64_t entries() const { return entries_; }

  uint8_t* data() const { return bytes_.get(); }

 private:
  MemoryCharge charge_;
  uint64_t entries_;
  std::unique_ptr<uint8_t[]> bytes_;
};

}  // namespace

SparseIndex::SparseIndex(const Column& column,
                         std::unique_ptr<const RunFormat> format,
                         Options options)
    : column_(column),
      format_(std::move(format)),
      options_(options),
      most_coarse_(std::max<size_t>(options.max_checkpoints, 2)),
      fine_room_(options.fine_bytes),
      coarse_(memory()) {
}

SparseIndex::SparseIndex(const Column& column, std::unique_ptr<const RunFormat> format)
    : SparseIndex(column, std::move(format), Options()) {
}

SparseIndex::~SparseIndex() {
  bool joined = true;
  std::call_once(joined_, [&] { joined = false; });
  if (joined) memory().Leave(this);
}

/// Only an index that is used takes part: from the first checkpoint on.
void SparseIndex::JoinMemory() const {
  std::call_once(joined_, [this] { memory().Join(this); });
}

size_t SparseIndex::Want() const {
  const uint64_t pages = column_.count() / kPageEntries + 1;
  const uint64_t coarse =
      std::min<uint64_t>(column_.count() / kFinestStride + 1, options_.max_checkpoints);
  const uint64_t fine = std::min<uint64_t>(pages * sizeof(Checkpoint), options_.fine_bytes);
  return static_cast<size_t>(coarse * sizeof(Checkpoint) + fine);
}

void SparseIndex::SetRoom(size_t bytes) const {
  const std::lock_guard lock(mutex_);
  fine_room_ = std::min<size_t>(options_.fine_bytes, bytes / 4);
  const size_t most = std::max<size_t>(options_.max_checkpoints, 2);
  most_coarse_ = std::min(most, std::max((bytes - fine_room_) / sizeof(Checkpoint), kFewestCoarse));
  while (coarse_.rows() > most_coarse_)
    Thin();
  coarse_.GiveBack(most_coarse_);
  TrimFine();
}

/// Drops the intervals for which there is no room, but for the one in use. The mutex is held.
void SparseIndex::TrimFine() const {
  uint64_t held = 0;
  size_t kept = 0;
  while (kept < std::min(fine_.size(), kMaxIntervals)) {
    held += fine_[kept]->charge.bytes();
    if (held > fine_room_ && kept > 0) break;
    ++kept;
  }
  fine_.resize(kept);
}

bool SparseIndex::AtEnd(const RunState& state) const {
  return state.consumed >= column_.count() || format_->Done(state);
}

Result<RunState> SparseIndex::Find(RunAxis axis, uint64_t target, RunReader& reader) const {
  if (reader.Knows() && reader.before_.*axis <= target) {
    const RunState state = SeekInPage(axis, target, reader);
    if (state.consumed < reader.end()) return state;
  }
  ISO_TRY(RunState state, Start(axis, target));
  while (!AtEnd(state)) {
    ISO_CHECK(reader.At(state.consumed));
    reader.before_ = state;
    state = SeekInPage(axis, target, reader);
    if (state.consumed < reader.end()) break;
  }
  return state;
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
  size_t bytes = coarse_.bytes();
  for (const IntervalRef& interval : fine_)
    bytes += static_cast<size_t>(interval->charge.bytes());
  return bytes;
}

/// A state at or before the target, and near it: most often at the start of its page.
Result<RunState> SparseIndex::Start(RunAxis axis, uint64_t target) const {
  if (column_.count() <= kPageEntries) return RunState();
  // Whole pages, so that each step begins where there may be a checkpoint.
  const uint64_t pages = kMostBlockBytes / column_.table().stride / kPageEntries;
  const uint64_t most = std::min(pages * kPageEntries, kMostWalked * kFinestStride);
  std::unique_lock lock(mutex_);
  for (uint64_t n = kReadEntries; !Known(axis, target); n = std::min(2 * n, most)) {
    lock.unlock();
    ISO_CHECK(Extend(n));
    lock.lock();
  }
  if (coarse_.rows() == 0) return RunState();
  const size_t i = LastUpTo(coarse_.items(), axis, target);
  const RunState coarse = StateOf(*coarse_.row(i), i * stride_);
  const uint64_t end = std::min(coarse.consumed + stride_, head_.consumed);
  if (end <= coarse.consumed + kPageEntries) return coarse;
  lock.unlock();
  return Refine(coarse, end, axis, target);
}

/// Whether level 1 reaches past the target, or to the end. The mutex is held.
bool SparseIndex::Known(RunAxis axis, uint64_t target) const {
  return head_.*axis > target || AtEnd(head_);
}

/// Takes the next entries into level 1.
Status SparseIndex::Extend(uint64_t entries) const {
  JoinMemory();
  RunState state;
  uint64_t step;
  {
    const std::lock_guard lock(mutex_);
    state = head_;
    step = std::min<uint64_t>(stride_, kPageEntries);
  }
  Walked walked;
  const uint64_t end = std::min(state.consumed + entries, column_.count());
  ISO_CHECK(Walk(&state, end, step, &walked));
  walked.push_back(state);
  Publish(walked);
  return {};
}

/// Adds the states that are next in turn, whatever other threads have added meanwhile.
void SparseIndex::Publish(const Walked& walked) const {
  const std::lock_guard lock(mutex_);
  for (const RunState& state : walked) {
    if (state.consumed != coarse_.rows() * stride_) continue;
    if (coarse_.IsFull() && !coarse_.Grow(kFewestCoarse, most_coarse_)) Thin();
    if (state.consumed == coarse_.rows() * stride_) *coarse_.AppendRow() = CheckpointOf(state);
  }
  if (walked.back().consumed > head_.consumed) head_ = walked.back();
}

/// Drops every second checkpoint. The mutex is held.
void SparseIndex::Thin() const {
  coarse_.Thin();
  stride_ *= 2;
}

/// Takes in entries up to number `end`, and adds the state at every `step`-th of them, the
/// first one included, to `walked`. Reads blocks past the page cache.
Status SparseIndex::Walk(RunState* state, uint64_t end, uint64_t step, Walked* walked) const {
  const TableRef& table = column_.table();
  const Block block(memory(), table.stride, end - state->consumed);
  const uint64_t begin = state->consumed;
  walked->reserve(static_cast<size_t>((end - begin) / step) + 2);
  walked->push_back(*state);
  while (state->consumed < end && !format_->Done(*state)) {
    const uint64_t first = state->consumed;
    const uint64_t n = std::min(end - first, block.entries());
    const std::span<uint8_t> bytes(block.data(), static_cast<size_t>(n) * table.stride);
    ISO_CHECK(column_.cache().ReadThrough(table.offset + first * table.stride, bytes));
    const uint64_t leap = std::min<uint64_t>(step, kPageEntries);
    for (uint64_t i = 0; i < n && !format_->Done(*state); i += leap) {
      if (i + first > begin && (i + first - begin) % step == 0) walked->push_back(*state);
      format_->Skip(state, bytes.data() + i * table.stride, std::min(n - i, leap));
    }
  }
  return {};
}

/// The nearest state within the level-1 interval that begins at `coarse`.
Result<RunState> SparseIndex::Refine(const RunState& coarse,
                                     uint64_t end,
                                     RunAxis axis,
                                     uint64_t target) const {
  IntervalRef interval = Recall(coarse.consumed, end);
  if (!interval) {
    ISO_TRY(interval, Build(coarse, end));
    Remember(interval);
  }
  const size_t i = LastUpTo(interval->checkpoints, axis, target);
  return StateOf(interval->checkpoints[i], interval->begin + i * interval->stride);
}

/// The checkpoints between two of level 1, counted if there was room for them.
Result<SparseIndex::IntervalRef> SparseIndex::Build(const RunState& coarse, uint64_t end) const {
  Interval built{coarse.consumed, end, FineStride(end - coarse.consumed), {}, {}};
  RunState state = coarse;
  Walked walked;
  ISO_CHECK(Walk(&state, end, built.stride, &walked));
  const size_t bytes = kIntervalBytes + walked.size() * sizeof(Checkpoint);
  if (memory().Reserve(bytes)) built.charge = MemoryCharge(*memory().meter(), bytes);
  built.checkpoints.reserve(walked.size());
  for (const RunState& page : walked)
    built.checkpoints.push_back(CheckpointOf(page));
  return std::make_shared<const Interval>(std::move(built));
}

/// Entries from one checkpoint to the next in an interval of so many.
uint64_t SparseIndex::FineStride(uint64_t entries) const {
  const std::lock_guard lock(mutex_);
  const uint64_t most =
      std::clamp<uint64_t>(fine_room_ / 2 / sizeof(Checkpoint), kFewestFine, kMostFine);
  uint64_t stride = kPageEntries;
  while (entries / stride > most)
    stride *= 2;
  return stride;
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
  if (interval->charge.bytes() == 0) return;
  const std::lock_guard lock(mutex_);
  fine_.insert(fine_.begin(), std::move(interval));
  TrimFine();
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
