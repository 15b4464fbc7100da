// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/protection/protection_system.h"

#include <algorithm>

#include "core/box/protection_boxes.h"
#include "core/protection/encryption.h"

namespace iso {
namespace {

void AppendBE32(std::vector<uint8_t>* bytes, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes->push_back(static_cast<uint8_t>(value >> shift));
  }
}

/// Whether the system's data, whose size comes first, is there.
bool HasData(const PsshBox& pssh) {
  Reader r(pssh.data);
  r.Skip(r.U32());
  return r.ok();
}

}  // namespace

bool IsProtectionSystem(const BoxHeader& box) {
  return box.type == FourCC("pssh") || box.uuid == kPiffProtectionSystem;
}

std::optional<ProtectionSystem> ParseProtectionSystem(const BoxHeader& box, Bytes body) {
  BoxHeader whole = box;
  whole.end = box.body + body.size();
  const auto pssh = ParseBox<PsshBox>(whole, body, nullptr);
  if (!pssh.ok() || !HasData(*pssh)) return std::nullopt;
  ProtectionSystem system;
  system.system_id = pssh->system_id;
  AppendBE32(&system.box, static_cast<uint32_t>(body.size() + 8));
  AppendBE32(&system.box, FourCC("pssh").value);
  system.box.insert(system.box.end(), body.begin(), body.end());
  return system;
}

}  // namespace iso
