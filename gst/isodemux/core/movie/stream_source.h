// SPDX-License-Identifier: LGPL-2.1-or-later
//
// StreamSource: a file whose bytes come only once, in order, as a source that can be asked
// for its movie header again and again.

#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/base/limits.h"
#include "core/box/header.h"
#include "core/source.h"
#include "core/table/packed_source.h"

namespace iso {

/// Gather() copies what a movie is read from as it comes along. Until Release() that is all
/// there is; what lies between reads as zeros. From then on all else is asked of the stream.
/// Read() from any thread, the rest from one.
class StreamSource final : public ByteSource {
 public:
  /// `stream` answers kNotYet for what has not come, or has gone again.
  StreamSource(std::shared_ptr<ByteSource> stream, const Limits& limits);

  /// Goes on to the first sample data behind the movie header, or to the end. kNotYet: call
  /// again once those bytes are there.
  Status Gather();

  void Release() { released_ = true; }

  /// The first byte that Gather() needs, or that may be of a sample; UINT64_MAX from its
  /// success on.
  uint64_t LeastNeeded() const;

  Status Read(uint64_t offset, std::span<uint8_t> out) override;

  std::optional<uint64_t> size() const override;

  /// What the movie header takes in memory.
  size_t kept_bytes() const { return kept_.bytes(); }

 private:
  Status CopyOn();
  Status Visit(const BoxHeader& box);
  void Finish(uint64_t end);

  const std::shared_ptr<ByteSource> stream_;
  const Limits limits_;
  WindowReader window_;
  std::optional<BoxWalker> walker_;  ///< from the first Gather() on: the size is known by then
  PackedSource kept_;
  uint64_t copy_from_ = 0;  ///< the rest of a box that is kept
  uint64_t copy_end_ = 0;
  std::vector<uint8_t> copied_;
  bool has_movie_ = false;
  int boxes_past_movie_ = 0;
  std::optional<uint64_t> first_data_;  ///< where sample data before the movie header begins
  bool gathered_ = false;
  bool released_ = false;
  uint64_t end_ = 0;  ///< of what was gathered
};

}  // namespace iso
