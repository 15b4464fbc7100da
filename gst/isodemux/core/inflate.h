// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Inflater: how the core asks for zlib data to be unpacked, without knowing a library.

#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace iso {

class Inflater {
 public:
  virtual ~Inflater() = default;

  /// Unpacks a zlib stream (RFC 1950). `announced` is how many bytes the file says come
  /// out; never more than `limit` are made. kCompressedDamaged when the data is not
  /// whole, kOutOfMemory when there is none.
  virtual Result<std::vector<uint8_t>> Inflate(Bytes packed, uint64_t announced, uint64_t limit) = 0;
};

}  // namespace iso
