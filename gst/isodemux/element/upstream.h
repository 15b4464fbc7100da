// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Upstream and SampleReader: what a session asks of where its bytes come from, whether it
// pulls them or they are pushed.

#pragma once

#include <gst/gst.h>

#include "core/source.h"
#include "element/ref.h"

namespace iso::gst {

/// What was read from upstream: counts, which only rise, and what of it is there now.
struct SourceStats {
  uint64_t reads = 0;
  uint64_t bytes = 0;
  uint64_t held_bytes = 0;  ///< of sample data, for what comes next
};

/// The core's bytes. Thread-safe.
class Upstream : public ByteSource {
 public:
  virtual SourceStats stats() const = 0;

  /// What the last read that failed returned; GST_FLOW_OK before any.
  virtual GstFlowReturn last_failure() const = 0;
};

/// Not an error: the bytes have not come yet.
constexpr GstFlowReturn kFlowNotYet = GST_FLOW_CUSTOM_SUCCESS;

/// Not an error either: a run of segments of an adaptive stream is over, others may follow.
constexpr GstFlowReturn kFlowRunEnded = GST_FLOW_CUSTOM_SUCCESS_1;

/// Nor is this: upstream leaves these bytes out, since nobody wants them.
constexpr GstFlowReturn kFlowLeftOut = GST_FLOW_CUSTOM_SUCCESS_2;

/// The bytes of samples. Streaming thread only.
class SampleReader {
 public:
  virtual ~SampleReader() = default;

  /// The bytes [offset, offset + size) in a buffer without timestamps. With `copy` it does not
  /// keep more memory alive than that. kFlowNotYet: ask again when they have come;
  /// GST_FLOW_EOS: they are not all there, and never will be; kFlowLeftOut: nor should they.
  virtual GstFlowReturn Read(uint64_t offset, uint64_t size, bool copy, Ref<GstBuffer>* out) = 0;

  /// A seek: what was read ahead is of no use. From now on samples come in about the order of the
  /// file, or `backward`, some and then those before them.
  virtual void Forget(bool backward) = 0;
};

}  // namespace iso::gst
