// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PressureLevel: how short of memory the system is.

#pragma once

#include <cstddef>
#include <cstdint>

namespace iso {

enum class PressureLevel : uint8_t { kNormal, kLow, kMedium, kCritical };

/// The level of a low-memory warning, whose numbers are those of GLib and of
/// low-memory-monitor: 50, 100, 255, and whatever may come between them.
constexpr PressureLevel LevelOfWarning(uint32_t warning) {
  if (warning >= 255) return PressureLevel::kCritical;
  if (warning >= 100) return PressureLevel::kMedium;
  if (warning >= 50) return PressureLevel::kLow;
  return PressureLevel::kNormal;
}

/// The least warning of a level; 0 for none.
constexpr uint32_t WarningOfLevel(PressureLevel level) {
  constexpr uint32_t kWarnings[] = {0, 50, 100, 255};
  return kWarnings[static_cast<size_t>(level)];
}

}  // namespace iso
