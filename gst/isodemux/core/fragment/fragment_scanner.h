// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FragmentScanner: from anywhere in a file to the next moof: box by box where the boxes are
// sound, else by looking for something that can only be one.

#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "core/base/limits.h"
#include "core/box/header.h"
#include "core/fragment/fragment.h"

namespace iso {

/// A moof, and what was met on the way to it.
struct FoundFragment {
  BoxHeader moof;
  uint64_t lost_bytes = 0;  ///< that could not be made out before it
  std::vector<LooseBox> before = {};
  bool followed = false;  ///< the way to it is known, and so what stands before it
};

/// Thread-safe.
class FragmentScanner {
 public:
  FragmentScanner(ByteSource& source, const Limits& limits) : source_(source), limits_(limits) {}

  /// The first moof from the box boundary `from` on; nothing at the end of the file. Where no
  /// box can be at `from`, it is looked for at `data_end` (if that is further on) and then
  /// anywhere behind.
  /// Where damage leads to the end, `*lost_at_end` says how many bytes that is.
  Result<std::optional<FoundFragment>> Next(uint64_t from,
                                            uint64_t data_end,
                                            uint64_t* lost_at_end);

  /// The end of the sample data (mdat) at a box boundary, or the boundary itself where there is
  /// something else.
  Result<uint64_t> BehindData(uint64_t from);

  /// The first moof that starts in [from, to), wherever boxes begin. Bytes that were searched
  /// in vain last time are not searched again, so that a search which was answered kNotYet
  /// goes on where it stopped.
  Result<std::optional<BoxHeader>> Search(uint64_t from, uint64_t to);

  /// The last moof that starts in [from, to).
  Result<std::optional<BoxHeader>> SearchLast(uint64_t from, uint64_t to);

 private:
  enum class Wanted : uint8_t { kFirst, kLast };

  Result<std::optional<BoxHeader>> SearchBlock(uint64_t from, uint64_t to, Wanted wanted);
  std::optional<BoxHeader> Credible(uint64_t offset, uint32_t size) const;
  Result<std::optional<BoxHeader>> BoxAt(uint64_t offset);
  Status KeepLoose(const BoxHeader& box, FoundFragment* found);
  uint64_t SkipSearched(uint64_t from) const;
  uint64_t SkipSearchedBack(uint64_t to) const;
  void RememberSearched(uint64_t from, uint64_t to);

  ByteSource& source_;
  const Limits& limits_;
  mutable std::mutex mutex_;  ///< guards the two below
  uint64_t searched_from_ = 0;
  uint64_t searched_to_ = 0;
};

}  // namespace iso
