// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Recorder: `filesrc ! demuxer` with a recording sink pad on every source pad, so that a
// test sees each buffer and event exactly as the demuxer pushed it.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gst/gst.h>

namespace iso::test {

using EventPtr = std::shared_ptr<GstEvent>;
using MessagePtr = std::shared_ptr<GstMessage>;

/// A buffer, or (when `event` is set) an event.
struct RecordedItem {
  EventPtr event;
  GstClockTime pts = GST_CLOCK_TIME_NONE;
  GstClockTime dts = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
  uint64_t offset = GST_BUFFER_OFFSET_NONE;
  uint32_t flags = 0;
  uint64_t size = 0;
  std::vector<uint8_t> data;
  bool clipped = false;     ///< has a GstAudioClippingMeta
  uint64_t clip_start = 0;  ///< frames
  uint64_t clip_end = 0;
  GstClockTime ntp_time = GST_CLOCK_TIME_NONE;  ///< of a reference timestamp of NTP
  std::shared_ptr<GstStructure> protection;  ///< of its GstProtectionMeta
  GstSegment segment;                        ///< in force for this buffer
  std::string caps;                          ///< in force for this buffer
};

struct RecordedPad {
  std::string name;
  std::string stream_id;
  uint32_t track_id = 0;  ///< the end of the stream id
  std::string caps;       ///< the newest
  GstSegment segment;     ///< the newest
  bool eos = false;
  size_t buffers = 0;                                ///< since the last flush
  unsigned flushes = 0;                              ///< FLUSH_STOP events seen
  uint32_t flush_start_seqnum = GST_SEQNUM_INVALID;  ///< of the newest FLUSH_START
  std::vector<RecordedItem> items;                   ///< since the last flush
};

enum class Outcome { kEos, kError, kTimeout };

/// The element under test: $ISODEMUX_TEST_ELEMENT, else isodemux.
std::string ElementName();

class Recorder {
 public:
  /// `source`: a floating element to use instead of a filesrc.
  explicit Recorder(GstElement* source = nullptr);
  ~Recorder();

  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Starts playing a file; with a source of its own the path means nothing. Once per state cycle; Stop() makes it ready for another.
  void Start(const std::string& path, GstState state = GST_STATE_PLAYING);
  void Stop();

  /// Every pad is at EOS (and there are pads), or an error message has come.
  Outcome WaitEos(double seconds = 20);

  /// `done`, called with the pads under the lock, becomes true, or an error comes.
  bool WaitFor(const std::function<bool(const std::vector<const RecordedPad*>&)>& done,
               double seconds = 10);

  /// Sends a seek to the demuxer; counts flushes so that WaitFirstBuffers can tell.
  bool Seek(double rate,
            GstFormat format,
            int flags,
            GstSeekType start_type,
            int64_t start,
            GstSeekType stop_type,
            int64_t stop,
            uint32_t* seqnum = nullptr);

  /// After a flushing seek: each pad has flushed and then got a buffer or EOS.
  bool WaitFirstBuffers(double seconds = 10);

  /// Copies of what was recorded; safe at any time.
  std::vector<RecordedPad> pads() const;
  std::vector<MessagePtr> messages(GstMessageType type) const;
  std::vector<std::string> errors() const;
  bool no_more_pads() const;

  GstElement* demuxer() const { return demuxer_; }

  GstElement* source() const { return source_; }

  /// The demuxer's source pad of this name, or null. The caller unrefs.
  GstPad* SourcePad(const std::string& name) const {
    return gst_element_get_static_pad(demuxer_, name.c_str());
  }

  /// Whether the content of buffers is kept, too. It is by default.
  void KeepData(bool keep) { keep_data_ = keep; }

  /// Every buffer takes this long, so that a test can act while the file plays.
  void SetDelay(unsigned microseconds) { delay_us_ = microseconds; }

  GstElement* pipeline() const { return pipeline_; }

  /// From when every pad has a buffer (or EOS) on, they take no more until Release() or a flush:
  /// what has been read then is what it takes to start. Before Start().
  void HoldAtFirstBuffers() { hold_ = true; }

  /// Every pad has its first buffer, or EOS.
  bool WaitStarted(double seconds = 10);
  void Release();

  /// What the recording pads answer to buffers (for flow tests), by pad name.
  void SetFlow(const std::string& pad, GstFlowReturn flow);

  /// Leaves the pads for which `skip` is true unlinked.
  void SkipPads(std::function<bool(const std::string&)> skip) { skip_ = std::move(skip); }

 private:
  struct Sink;

  static void OnPadAdded(GstElement* element, GstPad* pad, gpointer self);
  static void OnNoMorePads(GstElement* element, gpointer self);
  static GstFlowReturn OnBuffer(GstPad* pad, GstObject* parent, GstBuffer* buffer);
  static gboolean OnEvent(GstPad* pad, GstObject* parent, GstEvent* event);
  static GstBusSyncReply OnMessage(GstBus* bus, GstMessage* message, gpointer self);
  void Record(RecordedPad* pad, GstEvent* event);
  void ReleaseSinks();
  bool HaveStarted() const;

  const bool has_location_;
  GstElement* pipeline_ = nullptr;
  GstElement* source_ = nullptr;
  GstElement* demuxer_ = nullptr;
  std::function<bool(const std::string&)> skip_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::vector<MessagePtr> messages_;
  std::vector<std::pair<std::string, GstFlowReturn>> flows_;
  std::vector<unsigned> flushes_before_;
  std::atomic<unsigned> delay_us_{0};
  std::atomic<bool> keep_data_{true};
  bool no_more_pads_ = false;
  bool failed_ = false;
  bool hold_ = false;
};

/// Aborts the process with the case's name if it lives longer than `seconds`.
class Watchdog {
 public:
  Watchdog(std::string name, double seconds);
  ~Watchdog();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A file in the temporary directory that lives as long as this object.
class TempFile {
 public:
  explicit TempFile(const std::vector<uint8_t>& bytes);
  ~TempFile();

  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<uint8_t> ReadFile(const std::string& path);

}  // namespace iso::test
