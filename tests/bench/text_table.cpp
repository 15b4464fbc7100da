// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Layout of text_table.h.

#include "text_table.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace iso::bench {

namespace {

std::string Formatted(const char* format, double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);  // NOLINT: the callers' literals
  return text.data();
}

}  // namespace

void TextTable::Print(std::FILE* out) const {
  std::vector<size_t> widths(rows_.front().size(), 3);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  for (size_t r = 0; r < rows_.size(); ++r) {
    for (size_t i = 0; i < widths.size(); ++i) {
      std::fprintf(out, "| %*s ", static_cast<int>(widths[i]), rows_[r][i].c_str());
    }
    std::fputs("|\n", out);
    if (r > 0) continue;
    for (const size_t width : widths) {
      std::fprintf(out, "|%s:", std::string(width + 1, '-').c_str());
    }
    std::fputs("|\n", out);
  }
  std::fputc('\n', out);
}

std::string Rounded(double value) {
  const double size = std::fabs(value);
  if (size >= 99.95) return Formatted("%.0f", value);
  if (size >= 9.995) return Formatted("%.1f", value);
  return Formatted("%.2f", value);
}

std::string Count(double value) {
  if (value >= 999'500) return Formatted("%.3g M", value / 1e6);
  if (value >= 1'000) return Formatted("%.3g k", value / 1e3);
  return Formatted("%.0f", value);
}

std::string Mebibytes(double bytes) {
  return Rounded(bytes / (1 << 20));
}

}  // namespace iso::bench
