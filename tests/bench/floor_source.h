// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The floor under any demuxer's cost: reads the file in 1 MiB blocks, slices out the samples
// and pushes them on two pads. It knows where they are; it parses nothing.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <thread>

#include <gst/gst.h>

#include "movie_layout.h"

namespace iso::bench {

class FloorSource {
 public:
  /// kFile: as they lie, a chunk at a time. kTime: by decode time, the tracks alternating,
  /// which hands over to another thread with nearly every buffer.
  enum class Order : uint8_t { kFile, kTime };

  FloorSource(const MovieLayout& layout, const std::string& path, Order order);

  /// What it pushes to must be flushing by now, so that its thread ends.
  ~FloorSource();
  FloorSource(const FloorSource&) = delete;
  FloorSource& operator=(const FloorSource&) = delete;

  /// To be linked before Start().
  GstPad* pad(Track track) { return pads_[static_cast<size_t>(track)]; }

  void Start();

 private:
  struct Block {
    GstBuffer* buffer = nullptr;
    uint64_t start = 0;
    uint64_t end = 0;
  };

  void Run();
  GstFlowReturn PushInFileOrder();
  GstFlowReturn PushInTimeOrder();
  void PushHead(Track track);
  GstFlowReturn PushSample(Track track, uint64_t sample, uint64_t offset, Block& block);

  /// A slice of the block the bytes lie in; null when the file cannot be read.
  GstBuffer* Slice(uint64_t offset, uint32_t size, Block& block);
  bool Read(uint64_t offset, Block& block);

  const MovieLayout& layout_;
  const Order order_;
  uint64_t payload_start_;
  int fd_;
  std::array<GstPad*, 2> pads_;
  std::array<Block, 2> blocks_;  // file order needs one, time order one for each track
  std::thread thread_;
};

}  // namespace iso::bench
