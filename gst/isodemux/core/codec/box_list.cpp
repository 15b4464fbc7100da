// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/box_list.h"

namespace iso {
namespace {

constexpr size_t kHeaderBytes = 8;
constexpr size_t kUuidBytes = 16;

bool IsCodeCharacter(char c) {
  return (c >= 0x20 && c < 0x7f) || c == '\xa9';
}

}  // namespace

bool BoxList::Next(BoxView* box) {
  while (rest_.size() >= kHeaderBytes) {
    Reader r(rest_);
    uint64_t size = r.U32();
    box->type = r.Code();
    if (size == 1) size = r.U64();
    if (size == 0) {
      // Blackmagic's ATEM writes an empty "bmdc" with the size 0 before other boxes,
      // and QuickTime ends some lists with zeros.
      rest_ = rest_.subspan(kHeaderBytes);
      continue;
    }
    if (box->type == FourCC("uuid")) r.Skip(kUuidBytes);
    if (!r.ok() || size < r.position()) break;
    box->cut = size > rest_.size();
    const size_t length = box->cut ? rest_.size() : static_cast<size_t>(size);
    box->body = rest_.subspan(r.position(), length - r.position());
    rest_ = rest_.subspan(length);
    return true;
  }
  rest_ = {};
  return false;
}

Bytes BoxList::Find(Bytes boxes, FourCC type) {
  BoxList list(boxes);
  for (BoxView box; list.Next(&box);) {
    if (box.type == type) return box.body;
  }
  return {};
}

bool BoxList::LooksLikeBox(Bytes bytes) {
  Reader r(bytes);
  const uint32_t size = r.U32();
  const FourCC type = r.Code();
  if (!r.ok() || size < kHeaderBytes || size > bytes.size()) return false;
  for (int i = 0; i < 4; ++i) {
    if (!IsCodeCharacter(type.at(i))) return false;
  }
  return true;
}

}  // namespace iso
