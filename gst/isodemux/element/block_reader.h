// SPDX-License-Identifier: LGPL-2.1-or-later
//
// BlockReader: sample data for all tracks, read in blocks and handed on as parts of
// them, without a copy. Neighbouring samples of any tracks come from one read.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/memory/pressure.h"
#include "element/pull_source.h"
#include "element/ref.h"
#include "element/wide_source.h"

namespace iso::gst {

/// Streaming thread only.
class BlockReader final : public SampleReader {
 public:
  /// `streams`: how many tracks are read side by side, each perhaps from its own place. `wide`:
  /// null, or who else wants what is read; then blocks are large from the first one on. `pressure`:
  /// how short memory is, asked before each read.
  BlockReader(PullSource& source,
              size_t streams,
              std::shared_ptr<WideSource> wide,
              std::function<PressureLevel()> pressure);

  GstFlowReturn Read(uint64_t offset, uint64_t size, bool copy, Ref<GstBuffer>* out) override;

  /// Reading starts small again.
  void Forget(bool backward) override;

 private:
  struct Block {
    uint64_t offset;
    uint64_t size;
    uint32_t shares;  ///< parts handed out so far
    uint64_t last_use;
    Ref<GstBuffer> buffer;

    bool Holds(uint64_t at, uint64_t bytes) const {
      return at >= offset && at - offset <= size && bytes <= size - (at - offset);
    }
  };

  /// What one block is to hold.
  struct Span {
    uint64_t begin;
    uint64_t size;
  };

  Block* Find(uint64_t offset, uint64_t size);
  GstFlowReturn Load(uint64_t offset, uint64_t size, Block** block);
  Span SpanFor(uint64_t offset, uint64_t size) const;
  Span SpanFrom(uint64_t offset, uint64_t size) const;
  const Block* Behind(uint64_t offset) const;
  GstFlowReturn ReadAlone(uint64_t offset, uint64_t size, Ref<GstBuffer>* out);
  void MakeRoom();
  uint64_t LargestBlock() const;
  void NoteHeld();

  PullSource& source_;
  const std::shared_ptr<WideSource> wide_;
  const std::function<PressureLevel()> pressure_;
  const uint64_t smallest_block_;
  const uint64_t nearby_;
  size_t max_blocks_;
  bool backward_ = false;
  uint64_t uses_ = 0;
  size_t latest_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace iso::gst
