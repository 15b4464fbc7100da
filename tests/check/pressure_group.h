// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PressureGroup: a control group of the kernel's with little memory, and a child in it that wants
// more: real memory pressure, and of nobody else.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>

namespace iso::test {

class PressureGroup {
 public:
  /// Null where no group can be made (that takes root, and a hierarchy of version 2 that can be
  /// written to); then `why_not` says why.
  static std::unique_ptr<PressureGroup> Make(std::string* why_not);

  ~PressureGroup();

  PressureGroup(const PressureGroup&) = delete;
  PressureGroup& operator=(const PressureGroup&) = delete;

  /// The group's memory.pressure.
  std::string pressure_file() const { return group_ + "/memory.pressure"; }

  /// How long its tasks have waited for memory so far.
  uint64_t waited_us() const;

  /// From now on a child reads more than it can keep, again and again.
  bool StartChild();

 private:
  PressureGroup() = default;

  bool Limit();

  std::string group_;   ///< of version 2: here the kernel counts how long tasks wait
  std::string limits_;  ///< where the memory is limited: the same, or one of version 1
  std::string file_;    ///< that the child reads
  pid_t child_ = -1;
};

}  // namespace iso::test
