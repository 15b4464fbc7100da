// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ProcessMemory: the one memory governor of the process, and who warns it.

#pragma once

#include <memory>
#include <mutex>

#include "core/memory/memory_governor.h"
#include "core/memory/pressure_source.h"

namespace iso::gst {

/// Shared by all sessions; gone, with its threads, when the last of them is. Thread-safe.
class ProcessMemory final : private PressureSink {
 public:
  /// The one that others use now, or a new one.
  static std::shared_ptr<ProcessMemory> Share();

  ProcessMemory();
  ~ProcessMemory();

  ProcessMemory(const ProcessMemory&) = delete;
  ProcessMemory& operator=(const ProcessMemory&) = delete;

  /// Listens to the system from now on. Cheap after the first time.
  void Watch();

  const std::shared_ptr<MemoryGovernor>& governor() const { return governor_; }

  /// Lets the level fall when its time has come. Cheap; to be called now and then.
  void Tick();

 private:
  void Warn(uint32_t warning) override;

  const std::shared_ptr<MemoryGovernor> governor_;
  std::once_flag watched_;
  std::unique_ptr<PressureSource> monitor_;
  std::unique_ptr<PressureSource> stalls_;
};

}  // namespace iso::gst
