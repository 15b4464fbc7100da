// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Session: the element at work on one file, from the activation of its sink pad to its
// deactivation. Owns the demuxer, the pads and the way between them. session.cpp opens
// and plays, following.cpp waits where a file still grows, pushing.cpp feeds it in push mode,
// segmented.cpp with an adaptive stream, seeking.cpp and push_seeking.cpp seek, queries.cpp
// answers.

#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <gst/base/gstflowcombiner.h>
#include <gst/gst.h>

#include "core/demux/demuxer.h"
#include "core/fragment/fragment_index.h"
#include "element/block_reader.h"
#include "element/growth.h"
#include "element/index_cache.h"
#include "element/log.h"
#include "element/output_pad.h"
#include "element/pace.h"
#include "element/process_memory.h"
#include "element/pull_source.h"
#include "element/push_source.h"
#include "element/ref.h"
#include "element/segmented_input.h"
#include "element/wide_source.h"

namespace iso::gst {

/// What an application may set; copied when a session starts.
struct Settings {
  uint64_t index_budget_bytes = kDefaultIndexBudget;
  uint64_t max_buffered_bytes = 64 << 20;  ///< in push mode
  uint64_t follow_timeout_ns = 0;          ///< 0: files do not grow
  uint32_t memory_pressure = 0;            ///< as low-memory warnings are numbered
  std::string index_cache_dir;             ///< empty: none
};

/// What the source pads call.
struct PadFunctions {
  GstPadEventFunction event;
  GstPadQueryFunction query;
};

/// Threads: see the table in docs/architecture.md. "Streaming" below is the thread that
/// holds the sink pad's stream lock.
class Session {
 public:
  /// `mode`: that of the sink pad.
  Session(GstElement* element,
          GstPad* sink,
          GstPadMode mode,
          const Settings& settings,
          PadFunctions functions);
  ~Session();

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Starts the streaming task of pull mode.
  bool Start();

  /// Push mode: what upstream's streaming thread brings.
  GstFlowReturn Feed(Ref<GstBuffer> buffer);
  bool HandleSinkEvent(Ref<GstEvent> event);

  /// Joins the streaming task, for good.
  bool Stop();

  /// Keeps what was found of the file's fragments, where the application wants that. After Stop().
  void KeepIndex() const;

  /// The source pads go. After Stop().
  void RemovePads();

  /// Any thread; takes over the event. `pad` is the source pad it came from, or null.
  bool HandleSeek(GstPad* pad, Ref<GstEvent> event);

  /// A QoS event came to a source pad. Any thread.
  void HandleQos(GstPad* pad, GstEvent* event);

  /// Plays from the chapter with this unique id. Any thread.
  bool SelectChapter(GstPad* pad, const char* uid, guint32 seqnum);

  /// A source pad got a new peer, or its peer new wishes. Any thread.
  void Reconfigure();

  /// True when the query was answered. Any thread. `pad` may be null (the element's).
  bool HandleQuery(GstPad* pad, GstQuery* query);

  /// Bits a second of the whole file; 0 when unknown. Any thread.
  uint64_t Bitrate() const;

  /// Any thread.
  void SetIndexBudget(uint64_t bytes);

  /// The least pressure to assume, whatever the system says. Any thread.
  void SetMemoryPressure(uint32_t warning);

  /// The pressure that the index is under. Any thread.
  uint32_t MemoryPressure() const;

  /// The fields of the element's `stats`. Any thread.
  void FillStats(GstStructure* stats) const;

 private:
  using Outputs = std::vector<std::shared_ptr<OutputPad>>;

  /// What seeks and queries look at. Written by the streaming thread (and a seek), under
  /// lock_; what the pointers point to no longer changes once it is here.
  struct Published {
    std::shared_ptr<const Movie> movie;      ///< null until the pads are there
    std::shared_ptr<const Outputs> outputs;  ///< never null; empty until then
    GstSegment segment;                      ///< of the presentation
    int64_t duration_ns = kTimeMax;          ///< as far as is known; kTimeMax: it is not
    uint64_t header_bytes = 0;               ///< of what the movie header is kept in, packed
  };

  /// A seek in bytes that nobody else has asked for.
  struct OwnSeek {
    guint32 seqnum;
    uint64_t offset;
    bool flushed;  ///< upstream has, for it
  };

  Published Read() const;
  void Publish();
  static std::shared_ptr<const FragmentIndex> Fragments(const Published& now);  ///< null: none

  // session.cpp
  static void Loop(gpointer session);
  bool StartTask();
  GstFlowReturn Open();
  void StartMemory();
  void RecallIndex();
  GstFlowReturn Step();
  GstFlowReturn PlaySegment(OutputPad* output, const Segment& segment);
  void EndOutput(OutputPad* output);
  GstFlowReturn PlaySample(OutputPad* output, const Event& event);
  void Rest(OutputPad* output);
  void RestUnlinked();
  void WakeOutputs();
  void FollowPace(const OutputPad& output);
  GstFlowReturn Combine(OutputPad* output, GstFlowReturn flow, uint32_t epoch);
  GstFlowReturn Finish();
  void PostSegmentDone();
  GstFlowReturn Fail(const Error& error);
  void Pause(GstFlowReturn why);
  void ReportLosses();
  uint64_t LostSamples() const;
  uint64_t LostBytes() const;

  bool IsSegmentSeek() const { return (segment_.flags & GST_SEGMENT_FLAG_SEGMENT) != 0; }

  // following.cpp
  GstFlowReturn AwaitGrowth();
  GstFlowReturn FailForNow(const Error& error);
  void LookForGrowth(bool at_once);
  void NoteEnd();

  bool IsFollowing() const { return growth_ != nullptr && !growth_->over(); }

  // pushing.cpp
  uint64_t InStream(uint64_t offset) const;
  GstFlowReturn Work();
  GstFlowReturn Wait();
  void Trim();
  bool HasCome(const Error& needed) const;
  GstFlowReturn EndFeeding(GstFlowReturn why);
  void HandleEos();

  // segmented.cpp
  void BecomeSegmented();

  bool IsSegmented() const { return segmented_.load(std::memory_order_acquire); }

  void NoteStreamStart(const Ref<GstEvent>& event);
  void NoteCaps(const Ref<GstEvent>& event);
  void FollowSegment(const Ref<GstEvent>& event, const GstSegment& segment);
  void ForwardGap(const Ref<GstEvent>& event);
  void FlushSegments();
  GstFlowReturn FeedSegments(Ref<GstBuffer> buffer);
  GstFlowReturn BreakRun(uint64_t position, uint64_t offset);
  GstFlowReturn FollowRuns();
  void BeginRun(const SegmentRun& run);
  GstFlowReturn EndRun(uint64_t position);
  void EndRunAtBoundary();
  void EndSegments();
  GstFlowReturn OpenRun();
  GstFlowReturn StepRun(OutputPad* output);
  void EnsureSegment(OutputPad* output);

  // streams.cpp
  void CreateOutputs();
  std::shared_ptr<OutputPad> CreateOutput(size_t track_index);
  std::vector<StreamFormat> FormatsOf(const Track& track) const;
  Outputs TakePads(Outputs before);
  void NameOutputs();
  void PrepareProtection();
  void SetTags();
  void GuessBitrate();
  void WarnOfEncryption() const;
  Status ReadToc();
  bool HasOwnCollection() const { return pull_ || input_; }
  void PostCollection(guint group_id);
  void ExposeOutputs(const Outputs& retired);
  void RemovePad(OutputPad& output);

  // seeking.cpp
  struct SeekEvent;
  bool SeekInstantly(const SeekEvent& seek);
  bool Seek(const SeekEvent& seek);
  static Status Prepare(GstSegment* segment, const SeekEvent& seek, SeekRequest* request);
  Status PerformSeek(GstSegment* segment, const SeekEvent& seek);
  void Resume(const SeekEvent& seek, const GstSegment& segment, const Status& sought);
  bool IsPossible(const SeekEvent& seek) const;
  void PostSegmentStart();
  static PlayMode ModeOf(const SeekEvent& seek);
  static void Land(GstSegment* segment, const PlayRange& range);
  bool ConvertSeekToTime(GstPad* pad, SeekEvent* seek) const;
  void PushToOutputs(const Ref<GstEvent>& event) const;

  // push_seeking.cpp
  bool SeekByPushing(const SeekEvent& seek);
  Result<uint64_t> LeastNeededBy(const SeekRequest& request) const;
  std::shared_ptr<SeekEvent> TakePendingSeek(guint32 seqnum);
  void Carry(std::shared_ptr<SeekEvent> seek);
  GstFlowReturn CarryOn();
  void MoveTo(uint64_t byte);
  bool EndOwnSeek(guint32 seqnum, uint64_t offset);
  std::optional<uint64_t> WhereToGo() const;
  bool SendUpstream(const Ref<GstEvent>& event, const std::shared_ptr<SeekEvent>& seek);
  GstFlowReturn SeekUpstream(uint64_t offset);
  void HandleFlush(const Ref<GstEvent>& event);
  void HandleSegment(const Ref<GstEvent>& event);

  // queries.cpp
  bool QueryPosition(GstPad* pad, GstQuery* query) const;
  bool QueryDuration(GstPad* pad, GstQuery* query) const;
  bool QueryConvert(GstPad* pad, GstQuery* query) const;
  bool IsOpenEnded(const Published& now) const;
  bool QuerySeeking(GstQuery* query) const;
  bool QuerySegment(GstQuery* query) const;
  /// The output that stands for all: the pad's, else the first video, else the first.
  static std::shared_ptr<OutputPad> OutputFor(const Outputs& outputs, GstPad* pad);
  bool AskUpstream(GstQuery* query) const;
  std::optional<int64_t> Convert(const OutputPad& output,
                                 GstFormat from,
                                 int64_t value,
                                 GstFormat to) const;

  const std::shared_ptr<ProcessMemory> memory_;
  GstElement* const element_;  ///< outlives the session
  GstPad* const sink_;
  const PadFunctions functions_;
  LogDiagnostics diagnostics_;
  const std::shared_ptr<PullSource> pull_;  ///< null in push mode
  const std::shared_ptr<PushSource> push_;  ///< null in pull mode
  const std::shared_ptr<WideSource> wide_;  ///< null where reads are quick
  const std::shared_ptr<Upstream> source_;  ///< either
  const std::unique_ptr<Growth> growth_;    ///< null: the file is all there
  std::unique_ptr<Inflater> inflater_;
  const MovieOptions options_;
  std::optional<Demuxer> demuxer_;  ///< of an adaptive stream: of the run that goes on
  std::unique_ptr<SampleReader> blocks_;

  Outputs outputs_;
  std::vector<OutputPad*> output_of_track_;  ///< null: not exposed
  std::map<PadFamily, unsigned> pads_named_;
  Ref<GstToc> toc_;     ///< null: no chapters; fixed once published
  GstSegment segment_;  ///< of the presentation
  guint32 seqnum_;
  bool opened_ = false;
  bool losses_reported_ = false;
  std::optional<Error> pending_error_;  ///< of a seek, for the streaming task to tell
  Event event_;
  bool sample_waits_ = false;  ///< event_ is a sample whose bytes have not come

  const uint64_t max_buffered_bytes_;
  bool asked_upstream_ = false;
  Error needed_{Errc::kNotYet};            ///< the bytes without which it does not go on
  uint64_t trimmed_at_ = 0;                ///< where the window ended when it was trimmed last
  GstFlowReturn fed_up_ = GST_FLOW_OK;     ///< otherwise: what came so far was all that was wanted
  std::atomic<bool> reconfigured_{false};  ///< pads that rest may be wanted again
  Pace pace_;
  uint32_t steps_ = 0;
  std::atomic<uint32_t> memory_pressure_;  ///< as set
  const std::string index_cache_dir_;
  std::unique_ptr<IndexCache> index_cache_;  ///< null unless the application wants one
  std::shared_ptr<SeekEvent> carried_seek_;  ///< it needs bytes that have not come
  bool moving_ = false;  ///< upstream was sent elsewhere: what comes before its segment is old
  uint32_t moves_ = 0;   ///< times that it was, for this seek

  std::atomic<bool> segmented_{false};
  std::string stream_id_;                  ///< upstream's
  std::unique_ptr<SegmentedInput> input_;  ///< where upstream brings an adaptive stream

  std::mutex task_lock_;
  bool stopped_ = false;  ///< under task_lock_: the task must not be started again

  mutable std::mutex combiner_lock_;
  Unique<GstFlowCombiner, gst_flow_combiner_unref> combiner_;

  mutable std::mutex lock_;
  Published published_;
  guint32 last_seek_seqnum_ = GST_SEQNUM_INVALID;  ///< under lock_
  std::shared_ptr<SeekEvent> pending_seek_;        ///< under lock_: upstream is on its way for it
  bool pending_flushed_ = false;                   ///< under lock_: and has flushed
  std::optional<OwnSeek> own_seek_;                ///< under lock_: upstream is on its way for us
  bool begins_move_ = false;                       ///< under lock_: it is being told so
  uint64_t own_moves_ = 0;                         ///< under lock_: times that it was
  std::condition_variable move_ended_;             ///< begins_move_ is false again

  std::atomic<uint64_t> seeks_{0};
  std::atomic<uint64_t> lost_samples_{0};
  std::atomic<uint64_t> lost_bytes_{0};
  std::atomic<uint64_t> unread_samples_{0};  ///< lost while their data was read
  std::atomic<uint64_t> unread_bytes_{0};
  std::atomic<uint64_t> open_reads_{0};
  std::atomic<uint64_t> open_bytes_{0};
  std::atomic<uint64_t> pushed_{0};
};

/// Lead-in of a codec's decoder, and runs of raw audio: how the core plays such a track.
TrackOptions OptionsFor(const Track& track, const StreamFormat& format);

}  // namespace iso::gst
