// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SegmentedInput: what a session knows of an adaptive stream (DASH, HLS, Smooth Streaming, Media
// Source Extensions) that upstream pushes, and what upstream says of it.

#pragma once

#include <memory>
#include <string>

#include <gst/gst.h>

#include "core/movie/movie_reader.h"
#include "core/movie/segment_splitter.h"
#include "element/caps.h"
#include "element/push_source.h"
#include "element/ref.h"

namespace iso::gst {

/// Streaming thread only.
struct SegmentedInput {
  /// `stream` must outlive this.
  explicit SegmentedInput(ByteSource& stream);

  /// Takes in upstream's caps: Smooth Streaming's (variant mss-fragmented) say what its fragments
  /// hold.
  void TakeCaps(const GstCaps* caps);

  /// A new segment of upstream's.
  void TakeSegment(const GstSegment& upstream);

  /// What of upstream's segment holds for a track whose media times are this much greater than
  /// those that are presented.
  GstSegment SegmentFor(int64_t shift_ns) const;

  /// Upstream does not send all of a run.
  bool leaves_out() const {
    return (segment.flags & GST_SEGMENT_FLAG_TRICKMODE_KEY_UNITS) != 0 ||
           (run && run->run().left_out);
  }

  SegmentSplitter splitter;
  std::shared_ptr<SegmentRunSource> run;      ///< null: none has begun
  Ref<GstCaps> media_caps;                    ///< of fragments that have no movie header; or null
  std::optional<HeaderlessTrack> headerless;  ///< likewise
  GstSegment segment;                         ///< upstream's last, in time
  uint32_t segment_number = 1;                ///< rises with each
};

/// Whether caps are of an adaptive stream, whatever the format of its segments.
bool IsSegmentedVariant(const GstCaps* caps);

/// Of samples of which only the caps are known.
StreamFormat FormatOfCaps(const Ref<GstCaps>& caps);

/// The samples of a run.
class RunReader final : public SampleReader {
 public:
  RunReader(PushSource& source, std::shared_ptr<SegmentRunSource> run)
      : source_(source), run_(std::move(run)) {}

  GstFlowReturn Read(uint64_t offset, uint64_t size, bool copy, Ref<GstBuffer>* out) override;

  void Forget(bool) override {}

 private:
  PushSource& source_;
  const std::shared_ptr<SegmentRunSource> run_;
};

}  // namespace iso::gst
