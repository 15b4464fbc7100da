// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/wide_source.h"

#include <algorithm>

namespace iso::gst {
namespace {

constexpr uint64_t kSmallestBlock = 64 << 10;
constexpr uint64_t kLargestBlock = 256 << 10;  ///< where reading goes on behind a block
constexpr size_t kMostBlocks = 4;
constexpr size_t kMostLent = 2;

bool Holds(uint64_t begin, uint64_t length, uint64_t offset, size_t size) {
  return offset >= begin && offset - begin <= length && size <= length - (offset - begin);
}

}  // namespace

Status WideSource::Read(uint64_t offset, std::span<uint8_t> out) {
  if (CopyFromBlock(offset, out)) return {};
  const auto known = source_->size();
  const bool wide =
      known && offset <= *known && out.size() <= *known - offset && out.size() <= kSmallestBlock;
  if (!wide) return source_->Read(offset, out);
  Block block = BlockFor(offset, out.size(), *known);
  const Status read = source_->Read(block.offset, block.bytes);
  if (!read.ok() && read.error().code == Errc::kInterrupted) return read;
  // What is wrong may be with bytes that nobody has asked for.
  if (!read.ok()) return source_->Read(offset, out);
  const auto from = static_cast<ptrdiff_t>(offset - block.offset);
  std::copy_n(block.bytes.begin() + from, out.size(), out.begin());
  Keep(std::move(block));
  return {};
}

bool WideSource::CopyFromBlock(uint64_t offset, std::span<uint8_t> out) {
  const std::lock_guard lock(lock_);
  const auto found = std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& block) {
    return Holds(block.offset, block.bytes.size(), offset, out.size());
  });
  if (found == blocks_.end()) return CopyFromLent(offset, out);
  std::rotate(blocks_.begin(), found, found + 1);
  const auto from = static_cast<ptrdiff_t>(offset - blocks_.front().offset);
  std::copy_n(blocks_.front().bytes.begin() + from, out.size(), out.begin());
  return true;
}

bool WideSource::CopyFromLent(uint64_t offset, std::span<uint8_t> out) {
  for (const Lent& each : lent_) {
    if (!Holds(each.offset, each.size, offset, out.size())) continue;
    gst_buffer_extract(each.buffer.get(), offset - each.offset, out.data(), out.size());
    return true;
  }
  return false;
}

void WideSource::Lend(uint64_t offset, Ref<GstBuffer> buffer) {
  Ref<GstBuffer> dropped;  // freed after the lock
  const std::lock_guard lock(lock_);
  const uint64_t size = gst_buffer_get_size(buffer.get());
  lent_.insert(lent_.begin(), Lent{offset, size, std::move(buffer)});
  if (lent_.size() <= kMostLent) return;
  dropped = std::move(lent_.back().buffer);
  lent_.pop_back();
}

void WideSource::TakeBack() {
  std::vector<Lent> dropped;  // freed after the lock
  const std::lock_guard lock(lock_);
  dropped.swap(lent_);
}

/// A block that goes on where another one ends is twice as large; and so is one that leads to where
/// another one begins.
WideSource::Block WideSource::BlockFor(uint64_t offset, size_t size, uint64_t file_size) {
  const std::lock_guard lock(lock_);
  uint64_t wanted = kSmallestBlock;
  uint64_t end = file_size;
  bool backward = false;
  for (const Block& block : blocks_) {
    const uint64_t block_end = block.offset + block.bytes.size();
    const bool goes_on = offset >= block.offset && offset <= block_end;
    const bool leads_to = offset < block.offset && offset + kSmallestBlock > block.offset;
    if (!goes_on && !leads_to) continue;
    wanted = std::clamp<uint64_t>(2 * block.bytes.size(), wanted, kLargestBlock);
    backward = leads_to;
    if (leads_to) end = std::max(block.offset, offset + size);
  }
  const uint64_t begin = backward ? std::min(offset, end - std::min(end, wanted)) : offset;
  return {begin, std::vector<uint8_t>(static_cast<size_t>(std::min(wanted, end - begin)))};
}

void WideSource::Keep(Block block) {
  Block dropped;  // freed after the lock
  const std::lock_guard lock(lock_);
  blocks_.insert(blocks_.begin(), std::move(block));
  if (blocks_.size() <= kMostBlocks) return;
  dropped = std::move(blocks_.back());
  blocks_.pop_back();
}

}  // namespace iso::gst
