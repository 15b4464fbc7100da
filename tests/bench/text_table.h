// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A Markdown table that can also be read as it stands.

#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace iso::bench {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> head) { rows_.push_back(std::move(head)); }

  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  void Print(std::FILE* out) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// "12.3": three significant digits, all digits of large numbers.
std::string Rounded(double value);

/// "10 k", "2.6 M".
std::string Count(double value);

/// "0.41", in MiB.
std::string Mebibytes(double bytes);

}  // namespace iso::bench
