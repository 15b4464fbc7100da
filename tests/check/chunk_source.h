// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A source element that pushes bytes from memory in buffers of a given size, with or without
// the ability to go back, or lets itself be pulled, and counts what is asked of it.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <gst/gst.h>

namespace iso::test {

struct ChunkOptions {
  size_t chunk = 4096;      ///< bytes of a buffer
  bool seekable = false;    ///< in bytes
  bool size_known = false;  ///< always, when seekable
  bool pullable = false;    ///< only when seekable
  size_t announced = 0;     ///< the size it tells instead of the right one
  int flags = 0;            ///< more GstSchedulingFlags
  size_t bad_byte = SIZE_MAX;  ///< this one cannot be read
};

/// What has been asked of one.
struct ChunkCounts {
  uint64_t seeks = 0;  ///< beginnings included
  uint64_t bytes = 0;  ///< pushed or pulled
  uint64_t reads = 0;  ///< buffers or pulls
  uint64_t end = 0;    ///< of what lies furthest in the file of them
};

/// A floating element. `bytes` is shared with it.
GstElement* MakeChunkSource(std::shared_ptr<const std::vector<uint8_t>> bytes,
                            const ChunkOptions& options);

ChunkCounts CountsOf(GstElement* chunk_source);

bool IsPulled(GstElement* chunk_source);

}  // namespace iso::test
