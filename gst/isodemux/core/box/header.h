// SPDX-License-Identifier: LGPL-2.1-or-later
//
// BoxHeader and BoxWalker: finding the boxes of a file, or inside a box, without reading
// what they contain. ISO/IEC 14496-12 4.2.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/fourcc.h"
#include "core/base/limits.h"
#include "core/base/result.h"
#include "core/source.h"

namespace iso {

using Uuid = std::array<uint8_t, 16>;

/// Where a box lies. All offsets are bytes from the start of the source.
struct BoxHeader {
  FourCC type;
  Uuid uuid = {};        ///< extended type, when type is 'uuid'
  uint64_t offset = 0;   ///< of the size field
  uint64_t body = 0;     ///< of what follows the header
  uint64_t end = 0;      ///< one past the last byte, cut to what contains the box
  bool to_end = false;   ///< the size was 0: the box goes on to the end
  bool cut = false;      ///< announced more bytes than its container has

  uint64_t body_size() const { return end - body; }
};

/// Reads small things that lie close together with few reads of the source. Remembers
/// one window of bytes; nothing is remembered of a window that could not be read.
class WindowReader {
 public:
  explicit WindowReader(ByteSource& source, size_t window = 4096) : source_(source), window_(window) {}

  /// Up to `size` bytes from `offset` (at most one window); fewer only at the end of the
  /// source, none past it. Valid until the next call.
  Result<Bytes> Peek(uint64_t offset, size_t size);

  ByteSource& source() { return source_; }

 private:
  Status Fill(uint64_t offset, size_t size);

  ByteSource& source_;
  size_t window_;
  uint64_t start_ = 0;
  std::vector<uint8_t> bytes_;
};

/// Walks the boxes of [begin, end) one after the other. Damaged sizes end the walk (or,
/// for padding boxes, are stepped over) after a report; a walk always gets further with
/// each step.
class BoxWalker {
 public:
  /// `end` empty: to the end of the source, wherever that is. `parent` is for reports.
  BoxWalker(WindowReader& reader,
            FourCC parent,
            uint64_t begin,
            std::optional<uint64_t> end,
            const Limits& limits,
            Diagnostics* diagnostics);

  /// The next box, or nothing at the end. After kNotYet the same call can be repeated.
  Result<std::optional<BoxHeader>> Next();

  /// Where the next box will be looked for.
  uint64_t position() const { return position_; }

 private:
  Result<std::optional<BoxHeader>> Parse(Bytes head);
  std::optional<BoxHeader> Stop(Errc code, FourCC box);
  void Report(Errc code, FourCC box) const;

  WindowReader& reader_;
  FourCC parent_;
  uint64_t position_;
  std::optional<uint64_t> end_;
  uint32_t boxes_left_;
  Diagnostics* diagnostics_;
};

}  // namespace iso
