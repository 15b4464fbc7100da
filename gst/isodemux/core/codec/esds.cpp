// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/esds.h"

#include <algorithm>

namespace iso {
namespace {

constexpr uint8_t kEsDescriptor = 3;
constexpr uint8_t kDecoderConfig = 4;
constexpr uint8_t kDecoderSpecificInfo = 5;

/// The body of the next descriptor, cut to what is there. The length has up to four
/// bytes, seven bits each (14496-1 8.3.3).
Bytes NextDescriptor(Reader& r, uint8_t* tag) {
  *tag = r.U8();
  size_t length = 0;
  for (int i = 0; i < 4; ++i) {
    const uint8_t byte = r.U8();
    length = length << 7 | (byte & 0x7f);
    if ((byte & 0x80) == 0) break;
  }
  return r.Take(std::min(length, r.left()));
}

/// What comes before an ES_Descriptor's own descriptors.
void SkipEsFields(Reader& r) {
  r.Skip(2);  // ES_ID
  const uint8_t flags = r.U8();
  if (flags & 0x80) r.Skip(2);       // dependsOn_ES_ID
  if (flags & 0x40) r.Skip(r.U8());  // URL
  if (flags & 0x20) r.Skip(2);       // OCR_ES_ID
}

bool ParseDecoderConfig(Bytes body, Esds* esds) {
  Reader r(body);
  esds->object_type = r.U8();
  esds->stream_type = r.U8() >> 2;
  r.Skip(3);  // bufferSizeDB
  esds->bitrates.maximum = r.U32();
  esds->bitrates.average = r.U32();
  if (!r.ok()) return body.size() >= 2;
  while (r.left() >= 2) {
    uint8_t tag;
    const Bytes inner = NextDescriptor(r, &tag);
    if (tag == kDecoderSpecificInfo) {
      esds->specific = inner;
      break;
    }
  }
  return true;
}

bool FindDecoderConfig(Bytes descriptors, Esds* esds) {
  Reader r(descriptors);
  while (r.left() >= 2) {
    uint8_t tag;
    const Bytes body = NextDescriptor(r, &tag);
    if (tag == kDecoderConfig) return ParseDecoderConfig(body, esds);
  }
  return false;
}

}  // namespace

bool ParseEsds(Bytes body, Esds* esds) {
  Reader r(body);
  r.Skip(4);  // version and flags
  if (!r.ok()) return false;
  const Bytes descriptors = r.TakeRest();
  Reader es(descriptors);
  uint8_t tag;
  const Bytes es_body = NextDescriptor(es, &tag);
  if (tag != kEsDescriptor) return FindDecoderConfig(descriptors, esds);
  Reader inner(es_body);
  SkipEsFields(inner);
  return FindDecoderConfig(inner.TakeRest(), esds);
}

Bitrates ParseBtrt(Bytes body) {
  Reader r(body);
  r.Skip(4);  // bufferSizeDB
  const uint32_t maximum = r.U32();
  const uint32_t average = r.U32();
  if (!r.ok()) return {};
  return {std::max(maximum, average), std::min(maximum, average)};
}

}  // namespace iso
