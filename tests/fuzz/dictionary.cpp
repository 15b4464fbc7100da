// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Writes the dictionary for libFuzzer: every box of the registry.

#include <cstdio>

#include "core/box/registry.h"

int main() {
  for (const iso::KnownBox& box : iso::KnownBoxes()) {
    const uint32_t code = box.info.type.value;
    std::printf("\"\\x%02x\\x%02x\\x%02x\\x%02x\"\n",
                code >> 24,
                code >> 16 & 255,
                code >> 8 & 255,
                code & 255);
  }
  return 0;
}
