// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What stands between movie fragments and belongs to the next one: event messages (emsg)
// and the time at which a fragment was made (prft).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"

namespace iso {

/// ISO/IEC 23009-1 5.10.3.3.
struct EventMessage {
  std::string scheme;
  std::string value;
  uint32_t timescale = 0;
  bool is_relative = false;  ///< time counts from the first presentation time of the fragment
  uint64_t time = 0;         ///< in the timescale
  uint32_t duration = 0;     ///< likewise; kUnknownDuration
  uint32_t id = 0;
  std::vector<uint8_t> data;

  static constexpr uint32_t kUnknownDuration = UINT32_MAX;
};

/// ISO/IEC 14496-12 8.16.5.
struct ProducerTime {
  uint32_t track_id = 0;
  uint64_t ntp = 0;         ///< seconds since 1900 in the upper half, fractions in the lower
  uint64_t media_time = 0;  ///< ticks of that track

  /// Nanoseconds since 1900, rounded down.
  uint64_t Nanoseconds() const;
};

/// `body` is all of the box behind its header. Nothing where it is cut, or of a version that is
/// not known.
std::optional<EventMessage> ParseEventMessage(Bytes body);
std::optional<ProducerTime> ParseProducerTime(Bytes body);

}  // namespace iso
