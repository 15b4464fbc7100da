// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SegmentFeeder: pushes an adaptive stream into a demuxer, step by step, as the element that
// fetches its segments would. Each step has gone through when its call returns.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "byte_writer.h"
#include "recorder.h"

namespace iso::test {

/// Of the first buffer of a piece.
struct PieceStart {
  bool discont = false;
  GstClockTime pts = GST_CLOCK_TIME_NONE;
  uint64_t offset = GST_BUFFER_OFFSET_NONE;
};

class SegmentFeeder {
 public:
  SegmentFeeder();
  ~SegmentFeeder();

  SegmentFeeder(const SegmentFeeder&) = delete;
  SegmentFeeder& operator=(const SegmentFeeder&) = delete;

  /// stream-start, caps and a segment in time that begins at `start` nanoseconds.
  void Begin(const std::string& caps = "video/quicktime", GstClockTime start = 0);

  void StartStream(const std::string& id);
  void SendCaps(const std::string& caps);
  void SendSegment(GstClockTime start, GstClockTime stop = GST_CLOCK_TIME_NONE, double rate = 1.0);
  void SendGap(GstClockTime start, GstClockTime duration);
  void Flush();
  void SendEvent(GstEvent* event);  ///< takes it over
  void SendEos();

  /// Bytes in buffers of `chunk` at most; what the last push returned.
  GstFlowReturn Push(const Bytes& bytes, size_t chunk = SIZE_MAX, const PieceStart& start = {});

  /// Seeks that have come from downstream; each is answered with true.
  std::vector<EventPtr> seeks() const;

  /// The answer to duration queries, nanoseconds.
  void SetDuration(GstClockTime duration) { duration_ = duration; }

  Recorder& recorder() { return *recorder_; }

  /// A copy of what came out of a pad; an empty one where there is no such pad.
  RecordedPad PadNamed(const std::string& name) const;

 private:
  static gboolean OnEvent(GstPad* pad, GstObject* parent, GstEvent* event);
  static gboolean OnQuery(GstPad* pad, GstObject* parent, GstQuery* query);

  GstPad* pad_ = nullptr;  ///< owned by the recorder's source
  std::unique_ptr<Recorder> recorder_;
  GstClockTime duration_ = GST_CLOCK_TIME_NONE;
  mutable std::mutex mutex_;
  std::vector<EventPtr> seeks_;
};

/// The buffers that came out of a pad, since its last flush.
std::vector<RecordedItem> BuffersOf(const RecordedPad& pad);

/// The events of one type.
std::vector<EventPtr> EventsOf(const RecordedPad& pad, GstEventType type);

}  // namespace iso::test
