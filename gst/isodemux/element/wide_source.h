// SPDX-License-Identifier: LGPL-2.1-or-later
//
// WideSource: the core's bytes where each read of upstream's is slow to be answered: what lies
// around them is read with them.

#pragma once

#include <mutex>
#include <vector>

#include "element/pull_source.h"

namespace iso::gst {

/// Thread-safe. No lock is held while upstream is read.
class WideSource final : public ByteSource {
 public:
  explicit WideSource(std::shared_ptr<PullSource> source) : source_(std::move(source)) {}

  Status Read(uint64_t offset, std::span<uint8_t> out) override;

  std::optional<uint64_t> size() const override { return source_->size(); }

  /// Sample data that has been read, and what else lies there (fragments), need not be read again.
  void Lend(uint64_t offset, Ref<GstBuffer> buffer);
  void TakeBack();

 private:
  struct Lent {
    uint64_t offset;
    uint64_t size;
    Ref<GstBuffer> buffer;
  };

  struct Block {
    uint64_t offset = 0;
    std::vector<uint8_t> bytes;
  };

  bool CopyFromBlock(uint64_t offset, std::span<uint8_t> out);
  bool CopyFromLent(uint64_t offset, std::span<uint8_t> out);
  Block BlockFor(uint64_t offset, size_t size, uint64_t file_size);
  void Keep(Block block);

  const std::shared_ptr<PullSource> source_;
  std::mutex lock_;            ///< guards what follows
  std::vector<Block> blocks_;  ///< the one used last in front
  std::vector<Lent> lent_;     ///< the newest in front
};

}  // namespace iso::gst
