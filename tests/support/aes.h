// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Common encryption itself, for tests: the four schemes of ISO/IEC 23001-7 over the AES
// block cipher of OpenSSL. Without OpenSSL there is none.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "byte_writer.h"

namespace iso::test {

bool HaveAes();

/// How one sample is encrypted.
struct SampleCipher {
  std::string scheme;  ///< cenc, cens, cbc1 or cbcs
  Bytes key;
  Bytes iv;            ///< 8 or 16 bytes
  uint32_t crypt = 0;  ///< pattern, in blocks; both 0: none
  uint32_t skip = 0;
  std::vector<std::pair<uint32_t, uint32_t>> subsamples;  ///< clear, encrypted; empty: all
};

Bytes Encrypt(const SampleCipher& cipher, const Bytes& clear);
Bytes Decrypt(const SampleCipher& cipher, const Bytes& encrypted);

}  // namespace iso::test
