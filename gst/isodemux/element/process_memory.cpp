// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/process_memory.h"

#include "element/log.h"
#include "memory_monitor.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {
namespace {

int64_t Now() {
  return g_get_monotonic_time() * 1000;
}

}  // namespace

std::shared_ptr<ProcessMemory> ProcessMemory::Share() {
  static std::mutex mutex;
  static std::weak_ptr<ProcessMemory> shared;
  const std::lock_guard lock(mutex);
  auto memory = shared.lock();
  if (!memory) {
    memory = std::make_shared<ProcessMemory>();
    shared = memory;
  }
  return memory;
}

ProcessMemory::ProcessMemory() : governor_(std::make_shared<MemoryGovernor>()) {
}

ProcessMemory::~ProcessMemory() = default;

void ProcessMemory::Watch() {
  std::call_once(watched_, [this] {
    monitor_ = WatchMemoryMonitor(this);
    stalls_ = WatchPressureStalls(this);
  });
}

void ProcessMemory::Tick() {
  governor_->Tick(Now());
}

void ProcessMemory::Warn(uint32_t warning) {
  GST_INFO("low-memory warning %u", warning);
  governor_->Warn(warning, Now());
}

}  // namespace iso::gst
