// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What libFuzzer calls, and the replay program instead of it.

#pragma once

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
