// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PressureSink and PressureSource: what the core asks of whoever hears that memory is short.

#pragma once

#include <cstdint>

namespace iso {

class PressureSink {
 public:
  /// A low-memory warning: 50, 100 or 255 (see LevelOfWarning). From any thread.
  virtual void Warn(uint32_t warning) = 0;

 protected:
  ~PressureSink() = default;
};

/// Warns its sink as long as it lives; once it is gone, no call is under way any more.
class PressureSource {
 public:
  virtual ~PressureSource() = default;
};

}  // namespace iso
