// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/memory/memory_governor.h"

#include <algorithm>

#include "core/memory/fair_share.h"

namespace iso {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int64_t kNeverYet = std::numeric_limits<int64_t>::min();

size_t IndexOf(PressureLevel level) {
  return static_cast<size_t>(level);
}

PressureLevel Below(PressureLevel level) {
  return static_cast<PressureLevel>(IndexOf(level) - 1);
}

}  // namespace

MemoryGovernor::MemoryGovernor() : MemoryGovernor(Options()) {
}

MemoryGovernor::MemoryGovernor(const Options& options)
    : options_(options), quiet_ns_(options.quiet_ns) {
  warned_ns_.fill(kNeverYet);
}

MemoryGovernor::~MemoryGovernor() = default;

void MemoryGovernor::Join(Client* client, uint64_t wanted, PressureLevel level) {
  const std::lock_guard lock(mutex_);
  members_.push_back({client, wanted, level, PressureLevel::kNormal, UINT64_MAX});
  Distribute();
}

void MemoryGovernor::Leave(Client* client) {
  const std::lock_guard lock(mutex_);
  std::erase_if(members_, [&](const Member& member) { return member.client == client; });
  Distribute();
}

void MemoryGovernor::Change(Client* client, uint64_t wanted, PressureLevel level) {
  const std::lock_guard lock(mutex_);
  Member* member = Find(client);
  if (member == nullptr) return;
  member->wanted = wanted;
  member->level = level;
  Distribute();
}

MemoryGovernor::Member* MemoryGovernor::Find(Client* client) {
  const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& member) {
    return member.client == client;
  });
  return found == members_.end() ? nullptr : &*found;
}

void MemoryGovernor::Warn(uint32_t warning, int64_t now_ns) {
  Tick(now_ns);
  const PressureLevel warned = LevelOfWarning(warning);
  if (warned == PressureLevel::kNormal) return;
  const std::lock_guard lock(mutex_);
  warned_ns_[IndexOf(warned)] = now_ns;
  if (warned < level()) return;
  if (warned > level()) {
    const bool relapse = fell_ns_ != kNeverYet && now_ns - fell_ns_ < options_.longest_quiet_ns;
    quiet_ns_ = relapse ? std::min(2 * quiet_ns_, options_.longest_quiet_ns) : options_.quiet_ns;
  }
  SetLevel(warned, now_ns);
}

void MemoryGovernor::StepDown(int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  while (now_ns >= next_step_ns_.load(std::memory_order_relaxed)) {
    fell_ns_ = next_step_ns_.load(std::memory_order_relaxed);
    const PressureLevel next = Below(level());
    SetLevel(next, std::max(fell_ns_, warned_ns_[IndexOf(next)]));
  }
}

/// The mutex is held. At `level` since then, or warned of it then.
void MemoryGovernor::SetLevel(PressureLevel level, int64_t since_ns) {
  const bool changed = level != this->level();
  level_.store(level, std::memory_order_relaxed);
  next_step_ns_.store(level == PressureLevel::kNormal ? kNever : since_ns + quiet_ns_,
                      std::memory_order_relaxed);
  if (changed) Distribute();
}

/// Tells each client what is its own, where that has changed. The mutex is held.
void MemoryGovernor::Distribute() {
  std::vector<uint64_t> wants;
  wants.reserve(members_.size());
  for (const Member& member : members_) {
    wants.push_back(BytesAtLevel(std::max(member.level, level()), member.wanted));
  }
  const uint64_t share = FairShare(BytesAtLevel(level(), options_.total_bytes), wants);
  for (size_t i = 0; i < members_.size(); ++i) {
    Tell(&members_[i], std::max(members_[i].level, level()), std::min(wants[i], share));
  }
}

void MemoryGovernor::Tell(Member* member, PressureLevel level, uint64_t bytes) {
  if (member->told_level == level && member->told_bytes == bytes) return;
  member->told_level = level;
  member->told_bytes = bytes;
  member->client->SetAllowance(level, bytes);
}

}  // namespace iso
