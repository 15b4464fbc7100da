// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PushSource: the core's bytes in push mode: a window on the file that moves on as buffers
// come in.

#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include <gst/gst.h>

#include "element/upstream.h"

namespace iso::gst {

/// Read(), size(), stats(): any thread. The rest: streaming thread only. What lies outside the
/// window has not come yet, or may come again if upstream can go back.
class PushSource final : public Upstream {
 public:
  /// Asks upstream how long the file is, and whether it can go back in it.
  void Ask(GstPad* sink);

  /// What comes next is the byte at `offset`; what was there is forgotten.
  void Restart(uint64_t offset);

  /// Takes in what comes next.
  void Append(Ref<GstBuffer> buffer);

  /// Nothing more comes: the file ends where the window does.
  void End();

  /// Bytes before this one are not needed.
  void DropBefore(uint64_t offset);

  uint64_t begin() const { return begin_; }

  uint64_t end() const { return end_; }

  bool ended() const { return ended_; }

  bool can_seek() const { return can_seek_.load(std::memory_order_relaxed); }

  /// Upstream has shown that it cannot go back.
  void GiveUpSeeking() { can_seek_ = false; }

  Status Read(uint64_t offset, std::span<uint8_t> out) override;

  std::optional<uint64_t> size() const override;

  SourceStats stats() const override;

  GstFlowReturn last_failure() const override { return GST_FLOW_OK; }

  /// As SampleReader::Read().
  GstFlowReturn ReadSample(uint64_t offset, uint64_t size, bool copy, Ref<GstBuffer>* out);

 private:
  /// Some of the window. Small buffers are gathered into one, `gathered`.
  struct Piece {
    uint64_t offset = 0;
    uint64_t size = 0;
    uint32_t shares = 0;  ///< parts of `buffer` handed out so far
    Ref<GstBuffer> buffer;
    std::vector<uint8_t> gathered;
  };

  enum class Presence { kHere, kNotYet, kNever };

  Presence Find(uint64_t offset, uint64_t size) const;
  Piece* PieceAt(uint64_t offset);
  void Copy(uint64_t offset, std::span<uint8_t> out);
  GstFlowReturn CopySample(uint64_t offset, uint64_t size, Ref<GstBuffer>* out);

  std::atomic<bool> can_seek_{false};
  mutable std::mutex lock_;  ///< guards what follows; written by the streaming thread
  std::deque<Piece> pieces_;
  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  bool ended_ = false;
  std::optional<uint64_t> size_;
  SourceStats stats_;
};

/// Samples from the window.
class PushReader final : public SampleReader {
 public:
  explicit PushReader(PushSource& source) : source_(source) {}

  GstFlowReturn Read(uint64_t offset, uint64_t size, bool copy, Ref<GstBuffer>* out) override {
    return source_.ReadSample(offset, size, copy, out);
  }

  void Forget(bool) override {}

 private:
  PushSource& source_;
};

}  // namespace iso::gst
