// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/memory/fair_share.h"

#include <algorithm>

namespace iso {

uint64_t FairShare(uint64_t total, std::vector<uint64_t> wants) {
  std::sort(wants.begin(), wants.end());
  uint64_t left = total;
  for (size_t i = 0; i < wants.size(); ++i) {
    const uint64_t each = left / (wants.size() - i);
    if (wants[i] > each) return each;
    left -= wants[i];
  }
  return UINT64_MAX;
}

}  // namespace iso
