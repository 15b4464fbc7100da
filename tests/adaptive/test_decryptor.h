// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A decryptor that parsebin plugs for what is encrypted for `kTestSystem`. It passes on what it
// gets: the tests' samples say that they are encrypted, and are not.

#pragma once

namespace iso::test {

constexpr const char* kTestSystem = "11111111-1111-1111-1111-111111111111";

/// Makes it known to this process. Once is enough.
void RegisterTestDecryptor();

}  // namespace iso::test
