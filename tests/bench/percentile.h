// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Order statistics of small series.

#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace iso::bench {

/// Nearest rank; the mean of the middle two for a median of an even number. 0 of nothing.
inline double Percentile(std::vector<double> values, double percent) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  if (percent == 50 && values.size() % 2 == 0) {
    return (values[values.size() / 2 - 1] + values[values.size() / 2]) / 2;
  }
  const double rank = std::ceil(percent / 100 * count);
  return values[static_cast<size_t>(std::clamp(rank, 1.0, count)) - 1];
}

inline double Median(std::vector<double> values) {
  return Percentile(std::move(values), 50);
}

}  // namespace iso::bench
