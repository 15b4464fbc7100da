// SPDX-License-Identifier: LGPL-2.1-or-later
//
// BoxLoader: walking and loading boxes while a movie is built. Small boxes are read
// whole, sample tables only up to their first entry.

#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "core/base/limits.h"
#include "core/box/box.h"
#include "core/box/header.h"

namespace iso {

class BoxLoader {
 public:
  BoxLoader(ByteSource& source, const Limits& limits, Diagnostics* diagnostics)
      : window_(source), limits_(limits), diagnostics_(diagnostics) {}

  /// Calls `visit(const BoxHeader&) -> Status` for each child of `parent` (whose body
  /// may start with `skip` bytes of fields). An error from `visit` ends the walk.
  template <class Visit>
  Status ForEachChild(const BoxHeader& parent, Visit&& visit, uint64_t skip = 0) {
    BoxWalker walker(
        window_, parent.type, parent.body + skip, parent.end, limits_, diagnostics_);
    while (true) {
      ISO_TRY(const std::optional<BoxHeader> child, walker.Next());
      if (!child) return {};
      ISO_CHECK(visit(*child));
    }
  }

  /// The whole body, at most `limit` bytes: kBoxTooLarge beyond.
  Result<std::vector<uint8_t>> Body(const BoxHeader& box, uint64_t limit);

  Result<std::vector<uint8_t>> Body(const BoxHeader& box) {
    return Body(box, limits_.max_small_box_bytes);
  }

  /// A small box, read whole.
  template <class B>
  Result<B> Load(const BoxHeader& box) {
    ISO_TRY(const std::vector<uint8_t> body, Body(box));
    return ParseBox<B>(box, body, diagnostics_);
  }

  /// A sample table: only its fixed fields are read.
  template <class B>
  Result<B> LoadTable(const BoxHeader& box) {
    const size_t prefix = static_cast<size_t>(std::min<uint64_t>(box.body_size(), kTablePrefixBytes));
    ISO_TRY(const Bytes bytes, window_.Peek(box.body, prefix));
    return ParseBox<B>(box, bytes, diagnostics_);
  }

  void Report(const Error& error) const {
    if (diagnostics_ != nullptr) diagnostics_->Report(error);
  }

  /// Passes on what ends everything (bytes missing, source failed); reports the rest and
  /// lets the caller go on without what failed.
  Status Tolerate(const Status& status) const;

  WindowReader& window() { return window_; }

  const Limits& limits() const { return limits_; }

  Diagnostics* diagnostics() const { return diagnostics_; }

 private:
  WindowReader window_;
  const Limits& limits_;
  Diagnostics* diagnostics_;
};

/// True for errors of the source rather than of a box: nothing can be concluded.
bool IsSourceError(Errc code);

}  // namespace iso
