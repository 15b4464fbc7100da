// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/session.h"

#include <algorithm>
#include <cmath>

#include "core/fragment/fragment_index.h"
#include "element/errors.h"
#include "inflater.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {
namespace {

constexpr uint32_t kStepsOfTick = 1024;

MovieOptions OptionsOf(const Settings& settings,
                       const ProcessMemory& memory,
                       Inflater* inflater,
                       const PullSource* pull) {
  const bool push = pull == nullptr;
  MovieOptions options;
  options.governor = memory.governor();
  options.index_budget_bytes = settings.index_budget_bytes;
  options.inflater = inflater;
  options.streamed = push;
  options.look_at_end = !push;
  options.few_reads = pull != nullptr && pull->is_limited();
  options.growing = !push && settings.follow_timeout_ns > 0;
  return options;
}

}  // namespace

Session::Session(GstElement* element,
                 GstPad* sink,
                 GstPadMode mode,
                 const Settings& settings,
                 PadFunctions functions)
    : memory_(ProcessMemory::Share()),
      element_(element),
      sink_(sink),
      functions_(functions),
      diagnostics_(GST_OBJECT(element)),
      pull_(mode == GST_PAD_MODE_PULL ? std::make_shared<PullSource>(sink) : nullptr),
      push_(pull_ ? nullptr : std::make_shared<PushSource>()),
      wide_(pull_ && pull_->is_limited() ? std::make_shared<WideSource>(pull_) : nullptr),
      source_(pull_ ? std::shared_ptr<Upstream>(pull_) : push_),
      growth_(pull_ && settings.follow_timeout_ns > 0
                  ? std::make_unique<Growth>(*pull_, settings.follow_timeout_ns)
                  : nullptr),
      inflater_(MakeInflater()),
      options_(OptionsOf(settings, *memory_, inflater_.get(), pull_.get())),
      seqnum_(gst_util_seqnum_next()),
      max_buffered_bytes_(settings.max_buffered_bytes),
      memory_pressure_(settings.memory_pressure),
      index_cache_dir_(settings.index_cache_dir),
      combiner_(gst_flow_combiner_new()) {
  std::shared_ptr<ByteSource> bytes = source_;
  if (wide_) bytes = wide_;
  demuxer_.emplace(std::move(bytes), options_, &diagnostics_);
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  published_.segment = segment_;
  published_.outputs = std::make_shared<const Outputs>();
}

Session::~Session() = default;

bool Session::Start() {
  return StartTask();
}

bool Session::StartTask() {
  const std::lock_guard lock(task_lock_);
  return !stopped_ && gst_pad_start_task(sink_, &Session::Loop, this, nullptr);
}

bool Session::Stop() {
  {
    const std::lock_guard lock(task_lock_);
    stopped_ = true;
  }
  if (growth_) growth_->Interrupt();
  return gst_pad_stop_task(sink_);
}

void Session::RemovePads() {
  for (const auto& output : outputs_) {
    RemovePad(*output);
  }
}

Session::Published Session::Read() const {
  const std::lock_guard lock(lock_);
  return published_;
}

void Session::Publish() {
  const std::lock_guard lock(lock_);
  published_.movie = demuxer_->movie();
  published_.duration_ns = published_.movie ? demuxer_->end_ns() : kTimeMax;
  published_.header_bytes = demuxer_->header_bytes();
  if (*published_.outputs != outputs_)
    published_.outputs = std::make_shared<const Outputs>(outputs_);
  published_.segment = segment_;
}

void Session::Loop(gpointer data) {
  auto* session = static_cast<Session*>(data);
  GstFlowReturn flow = session->opened_ ? session->Step() : session->Open();
  if (flow == kFlowNotYet) flow = session->AwaitGrowth();
  if (flow != GST_FLOW_OK) session->Pause(flow);
}

/// The task rests until a seek starts it again or the pad is deactivated.
void Session::Pause(GstFlowReturn why) {
  GST_DEBUG_OBJECT(element_, "pausing: %s", gst_flow_get_name(why));
  gst_pad_pause_task(sink_);
  if (why == GST_FLOW_FLUSHING) return;
  if (why == GST_FLOW_NOT_LINKED || why < GST_FLOW_EOS) {
    GST_ELEMENT_FLOW_ERROR(element_, why);
  }
  if (why == GST_FLOW_EOS && IsSegmentSeek()) return PostSegmentDone();
  for (const auto& output : outputs_) {
    output->PushEos(seqnum_);
  }
}

GstFlowReturn Session::Fail(const Error& error) {
  if (error.code == Errc::kInterrupted) return GST_FLOW_FLUSHING;
  if (error.code == Errc::kNotYet) {
    needed_ = error;
    return kFlowNotYet;
  }
  GST_DEBUG_OBJECT(element_, "failed: %s", Describe(error).c_str());
  // Upstream has said itself why it could not be read.
  const bool upstream =
      error.code == Errc::kReadFailed && source_->last_failure() == GST_FLOW_ERROR;
  if (!upstream) PostError(element_, error);
  for (const auto& output : outputs_) {
    output->PushEos(seqnum_);
  }
  if (push_) return GST_FLOW_ERROR;
  gst_pad_pause_task(sink_);
  return GST_FLOW_FLUSHING;
}

GstFlowReturn Session::Open() {
  if (input_) return OpenRun();
  if (const Status opened = demuxer_->Open(); !opened.ok()) return FailForNow(opened.error());
  if (const Status read = ReadToc(); !read.ok()) return Fail(read.error());
  CreateOutputs();
  if (outputs_.empty()) return Fail(Error{Errc::kNoTracks, FourCC("moov")});
  NameOutputs();
  SetTags();
  const auto landed = demuxer_->Seek({});
  if (!landed.ok()) return Fail(landed.error());
  const SourceStats read = source_->stats();
  open_reads_ = read.reads;
  open_bytes_ = read.bytes;
  if (push_) {
    blocks_ = std::make_unique<PushReader>(*push_);
  } else {
    const auto pressure = [this] { return LevelOfWarning(MemoryPressure()); };
    blocks_ = std::make_unique<BlockReader>(*pull_, outputs_.size(), wide_, pressure);
  }
  segment_.start = segment_.time = segment_.position = static_cast<guint64>(landed->from_ns);
  const int64_t duration = demuxer_->end_ns();
  if (duration != kTimeMax) segment_.duration = static_cast<guint64>(duration);
  opened_ = true;
  Publish();
  StartMemory();
  RecallIndex();
  WarnOfEncryption();
  ExposeOutputs({});
  return GST_FLOW_OK;
}

/// What was set meanwhile takes effect; from now on the system is listened to.
void Session::StartMemory() {
  SetMemoryPressure(memory_pressure_.load());
  memory_->Watch();
}

/// A file that still grows is another one the next time.
void Session::RecallIndex() {
  const std::vector<Track>& tracks = demuxer_->movie()->tracks;
  if (index_cache_dir_.empty() || growth_ || tracks.empty() || !tracks[0].fragments) return;
  index_cache_ = IndexCache::For(sink_, index_cache_dir_, tracks[0].fragments, source_->size());
  if (index_cache_) index_cache_->Load();
}

void Session::KeepIndex() const {
  if (index_cache_) index_cache_->Save();
}

GstFlowReturn Session::Step() {
  if (++steps_ % kStepsOfTick == 0) memory_->Tick();
  if (growth_) LookForGrowth(false);
  if (pending_error_) return Fail(*std::exchange(pending_error_, std::nullopt));
  if (reconfigured_.exchange(false)) WakeOutputs();
  if (!std::exchange(sample_waits_, false)) {
    if (const Status next = demuxer_->Next(&event_); !next.ok()) return Fail(next.error());
  }
  if (event_.kind == Event::Kind::kAllEnded) return input_ ? kFlowRunEnded : Finish();
  OutputPad* output = output_of_track_[event_.track];
  if (input_) return StepRun(output);
  switch (event_.kind) {
    case Event::Kind::kSample:
      return PlaySample(output, event_);
    case Event::Kind::kSegment:
      return PlaySegment(output, event_.segment);
    case Event::Kind::kGap:
      return output->PushGap(event_.gap_start_ns, event_.gap_duration_ns);
    case Event::Kind::kEnd:
      EndOutput(output);
      return GST_FLOW_OK;
    case Event::Kind::kNothing:
    case Event::Kind::kAllEnded:
      break;
  }
  return GST_FLOW_OK;
}

/// A pad's stream ends when its track does; but where all of its data is missing, the error
/// that may follow has to come first. So has, with the last pad, the warning that some is.
void Session::EndOutput(OutputPad* output) {
  const bool last = std::all_of(outputs_.begin(), outputs_.end(), [&](const auto& each) {
    return each.get() == output || each->has_ended();
  });
  if (last) ReportLosses();
  const uint64_t lost = demuxer_->stats().lost_samples + unread_samples_.load();
  const bool missing = output->pushed() == 0 && lost > 0;
  if (!IsSegmentSeek() && !missing) output->PushEos(seqnum_);
}

/// A track's segment is the seek's, moved to where this stretch of media lies. Where an
/// edit plays its media at another rate, running time and stream time stay the movie's.
GstFlowReturn Session::PlaySegment(OutputPad* output, const Segment& segment) {
  constexpr double kRateOne = 0x10000;
  GstSegment own = segment_;
  own.start = static_cast<guint64>(std::max<int64_t>(0, segment.start_ns));
  own.stop = segment.stop_ns == kTimeMax
                 ? GST_CLOCK_TIME_NONE
                 : static_cast<guint64>(std::max<int64_t>(0, segment.stop_ns));
  own.time = static_cast<guint64>(segment.time_ns);
  const bool forward = segment_.rate > 0;
  own.position = forward ? own.start : own.stop;
  const int64_t since = forward ? segment.time_ns - static_cast<int64_t>(segment_.start)
                                : static_cast<int64_t>(segment_.stop) - segment.end_time_ns;
  const auto later = static_cast<guint64>(std::max<int64_t>(0, since));
  const double speed = std::fabs(segment_.rate);
  own.base = segment_.base +
             (speed == 1.0 ? later : static_cast<guint64>(static_cast<double>(later) / speed));
  if (segment.rate != static_cast<int32_t>(kRateOne)) {
    own.rate *= segment.rate / kRateOne;
    own.applied_rate *= kRateOne / segment.rate;
  }
  return output->PushSegment(own, seqnum_);
}

GstFlowReturn Session::PlaySample(OutputPad* output, const Event& event) {
  // A pad that nobody listens to costs no reading; it is tried again once relinked.
  const uint32_t epoch = output->epoch.load();
  if (output->flow.load() != GST_FLOW_OK) {
    output->MarkDiscont();
    if (output->flow.load() == GST_FLOW_NOT_LINKED) Rest(output);
    return GST_FLOW_OK;
  }
  if (output->IsTooLate(event)) return GST_FLOW_OK;
  constexpr uint64_t kSmall = 1024;
  const bool copy = output->format().sparse && event.size < kSmall;
  Ref<GstBuffer> buffer;
  GstFlowReturn read = blocks_->Read(event.sample.offset, event.size, copy, &buffer);
  if (read == GST_FLOW_EOS && IsFollowing()) read = kFlowNotYet;
  if (read == kFlowNotYet) {
    sample_waits_ = true;
    return Fail(Error{Errc::kNotYet, {}, event.sample.offset, event.size});
  }
  if (read == kFlowLeftOut) {
    output->MarkDiscont();
    return GST_FLOW_OK;
  }
  if (read == GST_FLOW_EOS) {
    unread_samples_.fetch_add(event.count, std::memory_order_relaxed);
    unread_bytes_.fetch_add(event.size, std::memory_order_relaxed);
    output->MarkDiscont();
    return GST_FLOW_OK;
  }
  if (read == GST_FLOW_ERROR) return Fail(Error{Errc::kReadFailed, {}, event.sample.offset});
  if (read != GST_FLOW_OK) return read;
  const GstFlowReturn pushed = output->PushSample(event, std::move(buffer));
  segment_.position = static_cast<guint64>(output->position_ns());
  FollowPace(*output);
  return Combine(output, pushed, epoch);
}

/// Its tables are not read, either. In push mode they are in memory, and all passes by anyway.
void Session::Rest(OutputPad* output) {
  if (!pull_) return;
  demuxer_->Suspend(output->track_index());
  output->resting = true;
}

/// After a seek all others are tried again. Where nobody listens at all, that is to be told.
void Session::RestUnlinked() {
  const auto rests = [](const auto& output) {
    return output->resting && !gst_pad_is_linked(output->pad());
  };
  const bool all = std::all_of(outputs_.begin(), outputs_.end(), rests);
  for (const auto& output : outputs_) {
    output->resting = !all && rests(output);
    if (output->resting) demuxer_->Suspend(output->track_index());
  }
}

/// Those that were linked meanwhile go on where the others are.
void Session::WakeOutputs() {
  for (const auto& output : outputs_) {
    if (!output->resting || output->flow.load() != GST_FLOW_OK) continue;
    output->resting = false;
    demuxer_->Resume(output->track_index(), static_cast<int64_t>(segment_.position));
  }
}

/// Samples of one track that come one after the other cost fewer changes between the threads
/// behind the pads. Where media is shown in its own time that gains nothing, and the queues
/// may be too short for it.
void Session::FollowPace(const OutputPad& output) {
  constexpr int64_t kWindowNs = 250'000'000;
  if (!pace_.Note(output.position_ns(), std::fabs(segment_.rate))) return;
  demuxer_->SetInterleave(pace_.IsHurried() && segment_.rate > 0 ? kWindowNs : 0);
}

/// What all pads together say. `epoch` is the pad's from before the push: if it was linked
/// anew meanwhile, what the push returned is out of date.
GstFlowReturn Session::Combine(OutputPad* output, GstFlowReturn flow, uint32_t epoch) {
  if (flow == GST_FLOW_OK) return GST_FLOW_OK;
  GST_DEBUG_OBJECT(output->pad(), "returned %s", gst_flow_get_name(flow));
  if (flow != GST_FLOW_FLUSHING) output->flow.store(flow);
  if (output->epoch.load() != epoch) {
    output->flow.store(GST_FLOW_OK);
    output->MarkDiscont();
    return flow == GST_FLOW_NOT_LINKED ? GST_FLOW_OK : flow;
  }
  const std::lock_guard lock(combiner_lock_);
  return gst_flow_combiner_update_pad_flow(combiner_.get(), output->pad(), flow);
}

/// All pads are tried again: the combiner forgets them together.
void Session::Reconfigure() {
  const Published now = Read();
  for (const auto& output : *now.outputs) {
    output->epoch.fetch_add(1);
    output->flow.store(GST_FLOW_OK);
  }
  reconfigured_ = true;
  const std::lock_guard lock(combiner_lock_);
  gst_flow_combiner_reset(combiner_.get());
}

void Session::HandleQos(GstPad* pad, GstEvent* event) {
  const Published now = Read();
  for (const auto& output : *now.outputs) {
    if (output->pad() == pad) output->ReportQos(event);
  }
}

GstFlowReturn Session::Finish() {
  ReportLosses();
  const bool nothing = std::all_of(
      outputs_.begin(), outputs_.end(), [](const auto& output) { return output->pushed() == 0; });
  if (nothing && LostSamples() > 0) return Fail(Error{Errc::kEndOfData, FourCC("mdat")});
  return GST_FLOW_EOS;
}

/// The end of a segment seek: the application may answer with the next one at once.
void Session::PostSegmentDone() {
  const guint64 last = segment_.stop != GST_CLOCK_TIME_NONE ? segment_.stop : segment_.duration;
  const guint64 end = segment_.rate > 0 ? last : segment_.start;
  if (end != GST_CLOCK_TIME_NONE) segment_.position = end;
  const auto position = static_cast<gint64>(end);
  auto event = Ref<GstEvent>::Adopt(gst_event_new_segment_done(GST_FORMAT_TIME, position));
  gst_event_set_seqnum(event.get(), seqnum_);
  PushToOutputs(event);
  GstMessage* done = gst_message_new_segment_done(GST_OBJECT(element_), GST_FORMAT_TIME, position);
  gst_message_set_seqnum(done, seqnum_);
  gst_element_post_message(element_, done);
}

uint64_t Session::LostSamples() const {
  return lost_samples_.load() + unread_samples_.load();
}

uint64_t Session::LostBytes() const {
  return lost_bytes_.load() + unread_bytes_.load();
}

void Session::ReportLosses() {
  lost_samples_ = demuxer_->stats().lost_samples;
  lost_bytes_ = demuxer_->stats().lost_bytes;
  const auto fragments = Fragments(Read());
  const uint64_t unknown = fragments ? fragments->stats().lost_bytes : 0;
  if ((LostSamples() == 0 && unknown == 0) || losses_reported_) return;
  losses_reported_ = true;
  PostLossWarning(element_, LostSamples(), LostBytes() + unknown);
}

void Session::PushToOutputs(const Ref<GstEvent>& event) const {
  const Published now = Read();
  for (const auto& output : *now.outputs) {
    gst_pad_push_event(output->pad(), Ref<GstEvent>(event).release());
  }
}

void Session::SetIndexBudget(uint64_t bytes) {
  const Published now = Read();
  if (now.movie) now.movie->pages->SetBudget(bytes);
}

void Session::SetMemoryPressure(uint32_t warning) {
  memory_pressure_ = warning;
  const Published now = Read();
  if (now.movie) now.movie->pages->memory().SetLevel(LevelOfWarning(warning));
}

uint32_t Session::MemoryPressure() const {
  memory_->Tick();
  const PressureLevel own = LevelOfWarning(memory_pressure_.load());
  return WarningOfLevel(std::max(own, memory_->governor()->level()));
}

uint64_t Session::Bitrate() const {
  const Published now = Read();
  const auto size = source_->size();
  if (!now.movie || !size || now.duration_ns <= 0 || now.duration_ns == kTimeMax) {
    return 0;
  }
  return gst_util_uint64_scale(*size, 8 * GST_SECOND, static_cast<guint64>(now.duration_ns));
}

std::shared_ptr<const FragmentIndex> Session::Fragments(const Published& now) {
  if (!now.movie || now.movie->tracks.empty()) return nullptr;
  return now.movie->tracks.front().fragments;
}

void Session::FillStats(GstStructure* stats) const {
  memory_->Tick();
  const Published now = Read();
  const PageCacheStats pages = now.movie ? now.movie->pages->stats() : PageCacheStats();
  const SourceStats source = source_->stats();
  const auto index = Fragments(now);
  const FragmentStats fragments = index ? index->stats() : FragmentStats();
  const std::pair<const char*, uint64_t> fields[] = {
      {"index-bytes", pages.memory.held_bytes},
      {"index-budget", pages.memory.limit_bytes},
      {"index-peak-bytes", pages.memory.peak_bytes},
      {"fragment-bytes", index ? index->BytesInUse() : 0},
      {"header-bytes", now.header_bytes},
      {"buffered-bytes", source.held_bytes},
      {"memory-pressure", MemoryPressure()},
      {"shrinks", pages.memory.shrinks},
      {"bytes-given-back", pages.memory.bytes_given_back},
      {"page-hits", pages.hits},
      {"page-misses", pages.misses},
      {"index-reads", pages.reads},
      {"index-bytes-read", pages.bytes_read},
      {"open-reads", open_reads_},
      {"open-bytes-read", open_bytes_},
      {"reads", source.reads},
      {"bytes-read", source.bytes},
      {"seeks", seeks_},
      {"resyncs", fragments.resyncs},
      {"lost-samples", LostSamples()},
      {"lost-bytes", LostBytes() + fragments.lost_bytes},
  };
  for (const auto& [name, value] : fields) {
    gst_structure_set(stats, name, G_TYPE_UINT64, value, nullptr);
  }
}

}  // namespace iso::gst
