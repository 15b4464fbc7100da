// SPDX-License-Identifier: LGPL-2.1-or-later

#include "temp_directory.h"

#include <cstdlib>
#include <fstream>

namespace iso::test {

TempDirectory::TempDirectory() {
  std::string name = std::filesystem::temp_directory_path() / "isodemux-XXXXXX";
  if (mkdtemp(name.data())) path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

void TempDirectory::Write(const std::string& name, const Bytes& bytes) const {
  Write(name, std::string(bytes.begin(), bytes.end()));
}

void TempDirectory::Write(const std::string& name, const std::string& text) const {
  const std::filesystem::path file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace iso::test
