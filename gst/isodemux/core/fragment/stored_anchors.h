// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Anchors as bytes, to be kept outside of the file and read by a later session. What comes back is
// trusted as little as the file: it belongs to this file and is whole, or it is nothing.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/fragment/anchors.h"

namespace iso {

/// By what a file is known again.
struct FileIdentity {
  uint64_t size = 0;         ///< bytes
  int64_t modified_s = 0;    ///< since 1970; 0 where nobody says
  uint64_t header_hash = 0;  ///< of what is in front of its fragments

  bool operator==(const FileIdentity&) const = default;
};

/// FNV-1a, 64 bits: against mistakes, not against malice.
uint64_t HashOf(Bytes bytes);

std::vector<uint8_t> StoreAnchors(const FileIdentity& file, const std::vector<Anchor>& anchors);

/// Nothing where `stored` is of another version or another file, or damaged. Places are within the
/// file; whether fragments begin there is for whoever looks.
std::optional<std::vector<Anchor>> RestoreAnchors(Bytes stored, const FileIdentity& file);

/// The most bytes that StoreAnchors() gives.
size_t MostStoredBytes();

}  // namespace iso
