// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The oracle's view of movie fragments.

#pragma once

#include "oracle.h"
#include "oracle_bytes.h"

namespace iso::test {

/// Adds the samples of all whole moofs behind the first moov to the movie's tracks.
void ExpandFragments(const View& file, const View& moov, OracleMovie* movie);

}  // namespace iso::test
