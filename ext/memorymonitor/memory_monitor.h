// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sources of low-memory warnings outside of the project: the desktop's monitor and the
// kernel's. Each watches on a thread of its own, and is null where the build has it not.

#pragma once

#include <memory>

#include "core/memory/pressure_source.h"

namespace iso {

/// GMemoryMonitor, which speaks in the application's main context and so says nothing where
/// no main loop runs; and the bus signal it is made of, in a context of our own. Returns at
/// once: connecting is the thread's affair.
std::unique_ptr<PressureSource> WatchMemoryMonitor(PressureSink* sink);

/// A trigger on the pressure stall information of the process's control group, else of the
/// whole system, set a second later. Null where the kernel offers neither. The environment variable
/// ISODEMUX_PRESSURE_FILE names another file; if that is a FIFO, each byte that comes
/// through it is a warning.
std::unique_ptr<PressureSource> WatchPressureStalls(PressureSink* sink);

}  // namespace iso
