// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/jpeg2000.h"

#include "core/codec/box_list.h"

namespace iso {
namespace {

constexpr size_t kMaxChannels = 256;
constexpr int kUnspecified = -1;

std::vector<uint32_t> ReadMapping(Bytes cmap) {
  std::vector<uint32_t> mapping;
  Reader r(cmap);
  while (r.left() >= 4 && mapping.size() < kMaxChannels) {
    const uint32_t component = r.U16();
    const uint32_t type = r.U8();
    const uint32_t column = r.U8();
    mapping.push_back(type << 24 | column << 16 | component);
  }
  return mapping;
}

std::vector<int> ReadDefinitions(Bytes cdef) {
  Reader r(cdef);
  const uint16_t count = r.U16();
  if (count > kMaxChannels || r.left() < size_t{count} * 6) return {};
  std::vector<int> definitions(count, kUnspecified);
  for (uint16_t i = 0; i < count; ++i) {
    const uint16_t channel = r.U16();
    const uint16_t type = r.U16();
    const uint16_t association = r.U16();
    if (channel >= count) return {};
    definitions[channel] = type == 0 ? association : type == 1 ? 0 : -type;
  }
  return definitions;
}

}  // namespace

Jpeg2000Header ParseJpeg2000(const SampleDescription& entry) {
  const Bytes boxes = entry.Child("jp2h");
  Jpeg2000Header header;
  Reader image(BoxList::Find(boxes, "ihdr"));
  image.Skip(4 + 4);  // height, width
  header.components = image.U16();
  Reader color(BoxList::Find(boxes, "colr"));
  const uint8_t method = color.U8();
  color.Skip(2);  // precedence, approximation
  if (method == 1) header.color_space = color.U32();
  header.mapping = ReadMapping(BoxList::Find(boxes, "cmap"));
  header.definitions = ReadDefinitions(BoxList::Find(boxes, "cdef"));
  return header;
}

}  // namespace iso
