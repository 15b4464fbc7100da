// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TempDirectory: a new directory for a test's files, removed with it.

#pragma once

#include <filesystem>
#include <string>

#include "byte_writer.h"

namespace iso::test {

class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();

  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// `name` may have folders in it.
  void Write(const std::string& name, const Bytes& bytes) const;
  void Write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace iso::test
