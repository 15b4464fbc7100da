// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/memory/index_memory.h"

#include <algorithm>
#include <utility>

#include "core/memory/fair_share.h"

namespace iso {
namespace {

constexpr uint64_t kHighestFloor = 256u << 10;

}  // namespace

IndexMemory::IndexMemory(uint64_t budget, std::shared_ptr<MemoryGovernor> governor, Pages* pages)
    : governor_(std::move(governor)),
      pages_(pages),
      meter_(std::make_shared<MemoryMeter>(budget)),
      budget_(budget),
      allowance_(budget) {
  if (governor_) governor_->Join(this, budget, own_level_);
}

IndexMemory::~IndexMemory() {
  if (governor_) governor_->Leave(this);
}

bool IndexMemory::Reserve(uint64_t bytes) {
  while (!meter_->TryAdd(bytes)) {
    if (bytes > meter_->limit() || !pages_->DropOldest()) return false;
  }
  return true;
}

void IndexMemory::Join(const Holder* holder) {
  const std::lock_guard lock(mutex_);
  holders_.push_back(holder);
  wanted_ += holder->Want();
  DistributeRoom(meter_->limit() / 2);
}

void IndexMemory::Leave(const Holder* holder) {
  const std::lock_guard lock(mutex_);
  std::erase(holders_, holder);
  wanted_ -= holder->Want();
}

void IndexMemory::RaiseFloor(uint64_t held_bytes, uint64_t working_bytes) {
  const std::lock_guard lock(mutex_);
  held_floor_ += held_bytes;
  working_floor_ = std::max(working_floor_, working_bytes);
  Apply(level());
}

void IndexMemory::SetBudget(uint64_t bytes) {
  const std::lock_guard lock(settings_mutex_);
  budget_ = bytes;
  Change();
}

void IndexMemory::SetLevel(PressureLevel level) {
  const std::lock_guard lock(settings_mutex_);
  own_level_ = level;
  Change();
}

/// The settings have changed; their mutex is held.
void IndexMemory::Change() {
  if (governor_) return governor_->Change(this, budget_, own_level_);
  SetAllowance(own_level_, BytesAtLevel(own_level_, budget_));
}

void IndexMemory::SetAllowance(PressureLevel level, uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const bool told_to_shrink =
      level > this->level() || (level == this->level() && bytes < allowance_);
  shrinks_ += told_to_shrink;
  allowance_ = bytes;
  Apply(level);
}

/// Brings everything to the present limits. The mutex is held. What holders move to less memory
/// is there twice meanwhile: for that there has to be room below the limit before.
void IndexMemory::Apply(PressureLevel level) {
  const uint64_t before = meter_->held();
  const uint64_t limit =
      std::max(allowance_, std::min(held_floor_ + working_floor_, kHighestFloor));
  DistributeRoom(limit / 2);
  meter_->SetLimit(limit);
  // Pages that cost least to read again go first when it matters most.
  const bool newly_critical = level > this->level() && level == PressureLevel::kCritical;
  DropPages(newly_critical ? 0 : limit);
  level_.store(level, std::memory_order_relaxed);
  given_back_ += before - std::min(before, meter_->held());
}

/// Half of the memory is the holders'; pages have the other half, and what they leave.
void IndexMemory::DistributeRoom(uint64_t room) {
  uint64_t share = UINT64_MAX;
  if (wanted_ > room) {
    std::vector<uint64_t> wants;
    wants.reserve(holders_.size());
    for (const Holder* holder : holders_)
      wants.push_back(holder->Want());
    share = FairShare(room, std::move(wants));
  }
  for (const Holder* holder : holders_)
    holder->SetRoom(static_cast<size_t>(std::min<uint64_t>(holder->Want(), share)));
}

void IndexMemory::DropPages(uint64_t bytes) {
  while (meter_->held() > bytes && pages_->DropOldest()) {
  }
}

void IndexMemory::Shrink(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const uint64_t before = meter_->held();
  DropPages(bytes);
  given_back_ += before - std::min(before, meter_->held());
  ++shrinks_;
}

IndexMemoryStats IndexMemory::stats() const {
  const std::lock_guard lock(mutex_);
  return {meter_->held(), meter_->limit(), meter_->peak(), shrinks_, given_back_, level()};
}

}  // namespace iso
