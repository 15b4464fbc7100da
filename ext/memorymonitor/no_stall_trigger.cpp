// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Where the build is without pressure stall information.

#include "memory_monitor.h"

namespace iso {

std::unique_ptr<PressureSource> WatchPressureStalls(PressureSink*) {
  return nullptr;
}

}  // namespace iso
