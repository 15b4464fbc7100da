// SPDX-License-Identifier: LGPL-2.1-or-later
//
// MakeInflater: zlib behind the core's Inflater.

#pragma once

#include <memory>

#include "core/inflate.h"

namespace iso {

/// Null when built without zlib.
std::unique_ptr<Inflater> MakeInflater();

}  // namespace iso
