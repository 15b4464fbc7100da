// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/block_reader.h"

#include <algorithm>

#include "core/memory/memory_governor.h"
#include "element/log.h"

#define GST_CAT_DEFAULT isodemux_io_debug

namespace iso::gst {
namespace {

constexpr uint64_t kSmallestBlock = 32 << 10;  ///< after a seek, and for lone tracks
constexpr uint64_t kLargestBlock = 1 << 20;    ///< when reading goes on and on; less under pressure
constexpr uint64_t kNearby = 64 << 10;         ///< a hole this small does not end a run of reads
constexpr uint64_t kSmallestWide = 256 << 10;  ///< the same where each read is slow
constexpr uint64_t kNearbyWide = 256 << 10;
constexpr uint64_t kAlone = 256 << 10;  ///< a sample from here on gets a read of its own
constexpr size_t kMostBlocks = 16;

/// GstMemory counts its shares in 16 bits; a block is retired long before they run out.
constexpr uint32_t kMostShares = 16384;

/// Reading into aligned memory is several times faster than into memory that is not.
constexpr gsize kAlignment = 63;

/// libav's decoders need this many zero bytes after a sample, or they copy it.
constexpr gsize kPadding = 64;

Ref<GstBuffer> Allocate(uint64_t size, bool padded) {
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  params.align = kAlignment;
  if (padded) {
    params.flags = GST_MEMORY_FLAG_ZERO_PADDED;
    params.padding = kPadding;
  }
  return Ref<GstBuffer>::Adopt(gst_buffer_new_allocate(nullptr, size, &params));
}

}  // namespace

BlockReader::BlockReader(PullSource& source,
                         size_t streams,
                         std::shared_ptr<WideSource> wide,
                         std::function<PressureLevel()> pressure)
    : source_(source),
      wide_(std::move(wide)),
      pressure_(std::move(pressure)),
      smallest_block_(wide_ ? kSmallestWide : kSmallestBlock),
      nearby_(wide_ ? kNearbyWide : kNearby),
      max_blocks_(std::clamp<size_t>(streams + 1, 2, kMostBlocks)) {
}

void BlockReader::Forget(bool backward) {
  blocks_.clear();
  backward_ = backward;
  NoteHeld();
  if (wide_) wide_->TakeBack();
}

GstFlowReturn BlockReader::Read(uint64_t offset, uint64_t size, bool copy, Ref<GstBuffer>* out) {
  if (size == 0) {
    *out = Ref<GstBuffer>::Adopt(gst_buffer_new());
    return GST_FLOW_OK;
  }
  Block* block = Find(offset, size);
  if (block == nullptr) {
    if (size >= kAlone) return ReadAlone(offset, size, out);
    const GstFlowReturn flow = Load(offset, size, &block);
    // What is wrong may be with bytes that nobody has asked for.
    if (flow == GST_FLOW_ERROR) return ReadAlone(offset, size, out);
    if (flow != GST_FLOW_OK) return flow;
  }
  block->last_use = ++uses_;
  const auto flags = static_cast<GstBufferCopyFlags>(
      copy ? GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_DEEP : GST_BUFFER_COPY_MEMORY);
  *out = Ref<GstBuffer>::Adopt(
      gst_buffer_copy_region(block->buffer.get(), flags, offset - block->offset, size));
  ++block->shares;
  return GST_FLOW_OK;
}

BlockReader::Block* BlockReader::Find(uint64_t offset, uint64_t size) {
  const auto serves = [&](const Block& block) {
    return block.Holds(offset, size) && block.shares < kMostShares;
  };
  if (latest_ < blocks_.size() && serves(blocks_[latest_])) return &blocks_[latest_];
  const auto found = std::find_if(blocks_.begin(), blocks_.end(), serves);
  if (found == blocks_.end()) return nullptr;
  latest_ = static_cast<size_t>(found - blocks_.begin());
  return &*found;
}

/// By what memory there is: 1 MiB, 512, 256 and 128 KiB. Where each read is slow no less than what
/// one is worth.
uint64_t BlockReader::LargestBlock() const {
  return std::max(BytesAtLevel(pressure_(), kLargestBlock), smallest_block_);
}

/// A block that continues an earlier one is twice as large as that. What another block holds (a
/// track may be ahead) is not read again.
BlockReader::Span BlockReader::SpanFrom(uint64_t offset, uint64_t size) const {
  const uint64_t largest = LargestBlock();
  uint64_t wanted = smallest_block_;
  for (const Block& block : blocks_) {
    const bool continues = offset >= block.offset && offset <= block.offset + block.size + nearby_;
    if (continues) wanted = std::max(wanted, std::min(2 * block.size, largest));
  }
  for (const Block& block : blocks_) {
    if (block.offset > offset) wanted = std::min(wanted, block.offset - offset);
  }
  wanted = std::max(wanted, size);
  if (const auto file_size = source_.size()) {
    wanted = std::min(wanted, *file_size - std::min(offset, *file_size));
  }
  return {offset, wanted};
}

/// Backwards a block holds what leads to where one begins that is there, twice as much as that
/// holds.
BlockReader::Span BlockReader::SpanFor(uint64_t offset, uint64_t size) const {
  const uint64_t largest = LargestBlock();
  const Block* behind = backward_ ? Behind(offset) : nullptr;
  if (behind == nullptr || behind->offset - offset > largest) return SpanFrom(offset, size);
  const uint64_t wanted = std::clamp(2 * behind->size, smallest_block_, largest);
  const uint64_t end = std::max(behind->offset, offset + size);
  uint64_t begin = std::min(offset, end - std::min(end, wanted));
  for (const Block& block : blocks_) {
    if (block.offset <= offset)
      begin = std::max(begin, std::min(offset, block.offset + block.size));
  }
  return {begin, end - begin};
}

/// The nearest block that begins behind a byte; null: there is none.
const BlockReader::Block* BlockReader::Behind(uint64_t offset) const {
  const Block* nearest = nullptr;
  for (const Block& block : blocks_) {
    if (block.offset <= offset) continue;
    if (nearest == nullptr || block.offset < nearest->offset) nearest = &block;
  }
  return nearest;
}

GstFlowReturn BlockReader::Load(uint64_t offset, uint64_t size, Block** block) {
  const Span span = SpanFor(offset, size);
  if (span.size < size) return GST_FLOW_EOS;
  Ref<GstBuffer> buffer = Allocate(span.size, false);
  if (!buffer) return GST_FLOW_ERROR;
  const GstFlowReturn flow = source_.Pull(span.begin, &buffer);
  if (flow != GST_FLOW_OK) return flow;
  const uint64_t got = gst_buffer_get_size(buffer.get());
  if (got < size + (offset - span.begin)) return GST_FLOW_EOS;
  if (wide_) wide_->Lend(span.begin, buffer);
  MakeRoom();
  blocks_.push_back(Block{span.begin, got, 0, 0, std::move(buffer)});
  latest_ = blocks_.size() - 1;
  *block = &blocks_.back();
  NoteHeld();
  return GST_FLOW_OK;
}

/// The block used longest ago goes, where they are too many; and those that came before memory was
/// short.
void BlockReader::MakeRoom() {
  const uint64_t largest = std::max(LargestBlock(), kAlone);
  std::erase_if(blocks_, [&](const Block& block) { return block.size > largest; });
  if (blocks_.size() < max_blocks_) return;
  const auto oldest =
      std::min_element(blocks_.begin(), blocks_.end(), [](const Block& a, const Block& b) {
        return a.last_use < b.last_use;
      });
  blocks_.erase(oldest);
}

GstFlowReturn BlockReader::ReadAlone(uint64_t offset, uint64_t size, Ref<GstBuffer>* out) {
  Ref<GstBuffer> buffer = Allocate(size, true);
  if (!buffer) return GST_FLOW_ERROR;
  const GstFlowReturn flow = source_.Pull(offset, &buffer);
  if (flow != GST_FLOW_OK) return flow;
  if (gst_buffer_get_size(buffer.get()) < size) return GST_FLOW_EOS;
  *out = std::move(buffer);
  return GST_FLOW_OK;
}

void BlockReader::NoteHeld() {
  uint64_t bytes = 0;
  for (const Block& block : blocks_) {
    bytes += block.size;
  }
  source_.NoteHeld(bytes);
}

}  // namespace iso::gst
