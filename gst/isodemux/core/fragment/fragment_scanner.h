// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FragmentScanner: from anywhere in a file to the next moof: box by box where the boxes are
// sound, else by looking for something that can only be one.

#pragma once

#include <array>
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
  /// Where damage leads to the end, or a moof is cut off there, `*lost_at_end` says how many bytes
  /// that is.
  Result<std::optional<FoundFragment>> Next(uint64_t from,
                                            uint64_t data_end,
                                            uint64_t* lost_at_end);

  /// The end of the sample data (mdat) at a box boundary, or the boundary itself where there is
  /// something else.
  Result<uint64_t> BehindData(uint64_t from);

  /// The first moof that starts in [from, to), wherever boxes begin. What the last search has come
  /// to is not looked for again, so that one which was answered kNotYet goes on where it stopped,
  /// and one that found something needs no bytes to find it once more.
  Result<std::optional<BoxHeader>> Search(uint64_t from, uint64_t to);

  /// The last moof that starts in [from, to). Likewise.
  Result<std::optional<BoxHeader>> SearchLast(uint64_t from, uint64_t to);

 private:
  enum class Wanted : uint8_t { kFirst, kLast };

  Result<std::optional<BoxHeader>> SearchBlock(uint64_t from, uint64_t to, Wanted wanted);
  std::optional<BoxHeader> Credible(uint64_t offset, uint32_t size) const;
  uint64_t LeftFrom(uint64_t position) const;
  Result<std::optional<BoxHeader>> BoxAt(uint64_t offset);
  Status KeepLoose(const BoxHeader& box, FoundFragment* found);

  /// A search, as far as it has come: no moof begins in [from, to), but for one that was found
  /// backwards.
  struct Searched {
    Wanted wanted = Wanted::kFirst;
    uint64_t from = UINT64_MAX;
    uint64_t to = 0;
    std::optional<BoxHeader> found = {};
  };

  template <class Matches>
  void Recall(const Matches& matches, Searched* now) const;
  void Remember(const Searched& now);

  ByteSource& source_;
  const Limits& limits_;
  mutable std::mutex mutex_;  ///< guards the two below
  std::array<Searched, 8> searched_;
  size_t next_searched_ = 0;
};

}  // namespace iso
