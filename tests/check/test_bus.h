// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TestBus: a private system bus with a stand-in for low-memory-monitor on it, and a FIFO in
// place of the kernel's pressure file. Both are set up before any test of the program.

#pragma once

#include <cstdint>

namespace iso::test {

class TestBus {
 public:
  /// Whether there is a bus; needs dbus-daemon.
  static bool Available();
  static const char* WhyNot();

  /// The monitor's signal. Any thread.
  static void Warn(uint8_t level);
};

/// One warning through the FIFO. Any thread.
void WritePressure(uint8_t warning);

}  // namespace iso::test
