// SPDX-License-Identifier: LGPL-2.1-or-later
//
// StreamSource: a file whose bytes come only once, in order, as a source that can be asked
// for its movie header again and again.

#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/base/limits.h"
#include "core/box/header.h"
#include "core/source.h"
#include "core/table/packed_source.h"

namespace iso {

/// Gather() copies what a movie is read from as it comes along. Until Release() that is all
/// there is; what lies between reads as zeros. From then on all else is asked of the stream. A
/// movie that goes on in fragments needs them to be read: then Gather() releases.
/// Read() from any thread, the rest from one.
class StreamSource final : public ByteSource {
 public:
  /// `stream` answers kNotYet for what has not come, or has gone again. `in_segments`: nothing
  /// behind the movie header is gathered (MovieOptions::segments).
  StreamSource(std::shared_ptr<ByteSource> stream, const Limits& limits, bool in_segments);

  /// Goes on to the first sample data behind the movie header, or to the end. kNotYet: call
  /// again once those bytes are there.
  Status Gather();

  void Release() { released_ = true; }

  /// There is no movie header: nothing is gathered.
  void GatherNothing();

  /// The first byte that Gather() needs, or that may be of a sample.
  uint64_t LeastNeeded() const;

  Status Read(uint64_t offset, std::span<uint8_t> out) override;

  /// Of a movie in fragments it is not told, so that nobody looks for them where the stream will
  /// not be for long; unless it is to be Shown, since it can be sent there.
  std::optional<uint64_t> size() const override;

  std::optional<uint64_t> stated_size() const override { return stream_->size(); }

  /// While there is one. Any thread.
  class Shown {
   public:
    explicit Shown(StreamSource& source) : source_(source) { ++source_.shown_; }

    ~Shown() { --source_.shown_; }

    Shown(const Shown&) = delete;
    Shown& operator=(const Shown&) = delete;

   private:
    StreamSource& source_;
  };

  /// What the movie header takes in memory.
  size_t kept_bytes() const { return kept_.bytes(); }

 private:
  /// Where a box begins is asked for again and again; it is short, and soon out of the stream.
  struct Head {
    uint64_t offset = 0;
    size_t size = 0;
    std::array<uint8_t, 32> bytes = {};
  };

  Status CopyOn();
  Status ReadGathered(uint64_t offset, std::span<uint8_t> out);
  Status ReadStream(uint64_t offset, std::span<uint8_t> out);
  Status Visit(const BoxHeader& box);
  bool GoesOnInFragments(const BoxHeader& box);
  void Finish(uint64_t end);

  const std::shared_ptr<ByteSource> stream_;
  const Limits limits_;
  const bool in_segments_;
  WindowReader window_;
  std::optional<BoxWalker> walker_;  ///< from the first Gather() on: the size is known by then
  PackedSource kept_;
  uint64_t copy_from_ = 0;  ///< the rest of a box that is kept
  uint64_t copy_end_ = 0;
  std::vector<uint8_t> copied_;
  std::optional<BoxHeader> movie_;
  int boxes_past_movie_ = 0;
  std::optional<uint64_t> first_data_;  ///< where what may be sample data begins
  bool gathered_ = false;
  bool fragmented_ = false;
  std::atomic<bool> released_{false};
  std::atomic<int> shown_{0};
  uint64_t end_ = 0;  ///< of what was gathered
  std::mutex mutex_;  ///< guards the two below
  std::array<Head, 64> heads_;
  size_t next_head_ = 0;
};

}  // namespace iso
