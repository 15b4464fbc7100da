// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where the build is without GIO.

#include "memory_monitor.h"

namespace iso {

std::unique_ptr<PressureSource> WatchMemoryMonitor(PressureSink*) {
  return nullptr;
}

}  // namespace iso
