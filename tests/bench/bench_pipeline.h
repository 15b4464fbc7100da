// SPDX-License-Identifier: LGPL-2.1-or-later
//
// filesrc ! demuxer ! a branch for each pad, as the benchmarks need it: opens, seeks, plays to
// the end, and remembers what came first on each pad after a seek.

#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include <gst/gst.h>

#include "movie_layout.h"
#include "seek_plan.h"

namespace iso::bench {

using Clock = std::chrono::steady_clock;

/// kQueue: queue ! fakesink, as every application has it. kShortQueue: the queue holds few
/// buffers, so that little media counts as memory of the demuxer. kBare: fakesink alone, which
/// does not wait for preroll.
enum class Branch : uint8_t { kQueue, kShortQueue, kBare };

/// What of a buffer can be checked.
struct SeenBuffer {
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;  // its PTS, through its segment
  size_t size = 0;
  bool delta_unit = false;
  std::array<uint8_t, MovieLayout::kMarkerBytes> head{};
};

class BenchPipeline {
 public:
  explicit BenchPipeline(Branch branch);
  ~BenchPipeline();
  BenchPipeline(const BenchPipeline&) = delete;
  BenchPipeline& operator=(const BenchPipeline&) = delete;

  /// False when there is no such element.
  bool AddDemuxer(const std::string& element, const std::string& file);

  /// Links a pad that was there from the start.
  void AddPad(Track track, GstPad* pad);

  /// Sees every buffer, on the streaming thread.
  using Watcher = std::function<void(Track, const SeenBuffer&)>;

  /// Looks at the buffers from now on, for first() and for `watcher`. To be called before
  /// Open(); a timed run that only plays does without.
  void Observe(Watcher watcher = nullptr);

  /// To PAUSED with both pads prerolled (kBare: both pads there). False: see trouble().
  /// `on_paused` is called as soon as the sinks take data.
  bool Open(const std::function<void()>& on_paused = nullptr);

  /// From PAUSED; returns once both sinks have prerolled again.
  bool Seek(SeekKind kind, uint64_t ns);

  /// From PAUSED to EOS of both pads.
  bool PlayToEnd();

  /// Buffers that have reached the sink.
  uint64_t Rendered(Track track) const;

  /// The first one after the last flush.
  SeenBuffer first(Track track);

  GstElement* demuxer() const { return demuxer_; }

  /// Why one of the above returned false.
  std::string trouble();

 private:
  static void OnPadAdded(GstElement* demuxer, GstPad* pad, gpointer self);
  static void OnNoMorePads(GstElement* demuxer, gpointer self);
  static GstBusSyncReply OnMessage(GstBus* bus, GstMessage* message, gpointer self);
  static GstPadProbeReturn OnData(GstPad* pad, GstPadProbeInfo* info, gpointer self);

  Track TrackOf(GstPad* pad) const;
  GstElement* AddSink(GstPad* pad);
  void OnEvent(Track track, GstEvent* event);
  GstPadProbeReturn OnBuffer(Track track, GstBuffer* buffer);
  bool WaitFor(const std::function<bool()>& done);
  bool WaitPrerolled();
  void Fail(const std::string& why);

  const Branch branch_;
  GstElement* pipeline_;
  GstElement* demuxer_ = nullptr;
  bool observes_ = false;
  Watcher watcher_;

  std::mutex mutex_;  // guards all that follows
  std::condition_variable changed_;
  std::array<GstElement*, 2> sinks_ = {nullptr, nullptr};
  std::array<GstPad*, 2> pads_ = {nullptr, nullptr};
  std::array<bool, 2> armed_ = {true, true};  // the next buffer is a first one
  std::array<GstSegment, 2> segment_{};
  std::array<SeenBuffer, 2> first_;
  bool complete_ = false;  // there will be no more pads
  bool ended_ = false;
  std::string trouble_;
};

}  // namespace iso::bench
