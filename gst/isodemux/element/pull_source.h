// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PullSource: the core's bytes in pull mode, from the element's sink pad.

#pragma once

#include <atomic>
#include <optional>

#include <gst/gst.h>

#include "element/upstream.h"

namespace iso::gst {

/// Thread-safe. After upstream stopped the pad, every read is kInterrupted.
class PullSource final : public Upstream {
 public:
  explicit PullSource(GstPad* sink);

  Status Read(uint64_t offset, std::span<uint8_t> out) override;

  /// As upstream said when it was asked last; nothing when it does not know.
  std::optional<uint64_t> size() const override;

  /// Asks upstream for the size again. True when it has grown.
  bool AskSize();

  /// Fills `buffer` (its whole size) from `offset`. On success the buffer may have been
  /// replaced, and at the end of the file be shorter.
  GstFlowReturn Pull(uint64_t offset, Ref<GstBuffer>* buffer);

  GstFlowReturn last_failure() const override {
    return last_failure_.load(std::memory_order_relaxed);
  }

  SourceStats stats() const override;

  /// For stats(): what was pulled in blocks and is kept.
  void NoteHeld(uint64_t bytes) { held_.store(bytes, std::memory_order_relaxed); }

  /// Upstream says that it has not much to spare (GST_SCHEDULING_FLAG_BANDWIDTH_LIMITED).
  bool is_limited() const { return limited_; }

 private:
  GstFlowReturn PullRange(uint64_t offset, guint size, GstBuffer** buffer);

  Ref<GstPad> sink_;
  bool limited_ = false;
  std::atomic<int64_t> size_{-1};  ///< bytes; below 0: not known
  std::atomic<GstFlowReturn> last_failure_{GST_FLOW_OK};
  std::atomic<uint64_t> reads_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint64_t> held_{0};
};

}  // namespace iso::gst
