// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/timed_boxes.h"

#include <algorithm>

#include "core/base/rational.h"

namespace iso {
namespace {

/// Up to its zero byte, which must be there.
std::string TakeString(Reader& r) {
  std::string text;
  while (r.ok()) {
    const char c = static_cast<char>(r.U8());
    if (c == '\0') break;
    text += c;
  }
  return text;
}

void TakeStrings(Reader& r, EventMessage* message) {
  message->scheme = TakeString(r);
  message->value = TakeString(r);
}

}  // namespace

std::optional<EventMessage> ParseEventMessage(Bytes body) {
  Reader r(body);
  const uint8_t version = r.U8();
  r.Skip(3);
  if (version > 1) return std::nullopt;
  EventMessage message;
  message.is_relative = version == 0;
  if (version == 0) TakeStrings(r, &message);
  message.timescale = r.U32();
  message.time = version == 0 ? r.U32() : r.U64();
  message.duration = r.U32();
  message.id = r.U32();
  if (version == 1) TakeStrings(r, &message);
  const Bytes data = r.TakeRest();
  if (!r.ok() || message.timescale == 0) return std::nullopt;
  message.data.assign(data.begin(), data.end());
  return message;
}

std::optional<ProducerTime> ParseProducerTime(Bytes body) {
  Reader r(body);
  const uint8_t version = r.U8();
  r.Skip(3);
  ProducerTime time;
  time.track_id = r.U32();
  time.ntp = r.U64();
  time.media_time = version == 0 ? r.U32() : r.U64();
  return r.ok() && version <= 1 ? std::optional(time) : std::nullopt;
}

uint64_t ProducerTime::Nanoseconds() const {
  const uint64_t fraction = ntp & UINT32_MAX;
  return (ntp >> 32) * kNanosecondsPerSecond + (fraction * kNanosecondsPerSecond >> 32);
}

}  // namespace iso
