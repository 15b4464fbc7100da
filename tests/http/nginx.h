// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Nginx: an nginx of the test's own, with its own prefix, configuration and port. Needs no rights,
// and ends with this object, or with the process.

#pragma once

#include <string>
#include <sys/types.h>

namespace iso::test {

class Nginx {
 public:
  /// Serves the files in this directory, where it also keeps what it needs.
  explicit Nginx(const std::string& directory);
  ~Nginx();

  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  /// Its program's path; empty where it is not installed.
  static std::string Program();

  /// It takes connections.
  bool ok() const { return process_ > 0; }

  /// `name` starts with a slash.
  std::string Uri(const std::string& name) const;

 private:
  void Start(const std::string& directory);
  bool AwaitAnswer() const;
  void Stop();

  int port_ = 0;
  pid_t process_ = -1;
};

}  // namespace iso::test
