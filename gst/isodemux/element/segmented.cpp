// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Session: adaptive streams. Upstream fetches segments and says what of them is presented when;
// here each run of them is opened as a file of its own, and goes on on the pads of the one
// before.

#include <algorithm>

#include "element/session.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {

/// Upstream's segments are in time, or its caps say that it is no file.
void Session::BecomeSegmented() {
  if (input_ || opened_) return;
  GST_DEBUG_OBJECT(element_, "upstream brings an adaptive stream");
  input_ = std::make_unique<SegmentedInput>(*push_);
  segmented_.store(true, std::memory_order_release);
}

/// Another stream has other tracks, whatever their numbers.
void Session::NoteStreamStart(const Ref<GstEvent>& event) {
  const gchar* id = nullptr;
  gst_event_parse_stream_start(event.get(), &id);
  const bool same = std::exchange(stream_id_, id) == id;
  if (!input_ || same) return;
  EndRun(push_->end());
  input_->splitter.ForgetHeader();
  input_->splitter.Break(push_->end());
}

void Session::NoteCaps(const Ref<GstEvent>& event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event.get(), &caps);
  if (IsSegmentedVariant(caps)) BecomeSegmented();
  if (!input_) return;
  EndRunAtBoundary();
  input_->TakeCaps(caps);
}

/// What has come so far is still under the segment before.
void Session::FollowSegment(const Ref<GstEvent>& event, const GstSegment& segment) {
  EndRunAtBoundary();
  if (fed_up_ == GST_FLOW_EOS) Reconfigure();
  fed_up_ = GST_FLOW_OK;
  seqnum_ = gst_event_get_seqnum(event.get());
  if (segment.format != GST_FORMAT_TIME) return;
  input_->TakeSegment(segment);
  segment_ = segment;
  if (opened_) Publish();
}

void Session::ForwardGap(const Ref<GstEvent>& event) {
  GstClockTime start = 0;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
  gst_event_parse_gap(event.get(), &start, &duration);
  for (const auto& output : outputs_) {
    EnsureSegment(output.get());
    output->PushGap(SaturatingAdd(static_cast<int64_t>(start), output->followed.shift_ns),
                    GST_CLOCK_TIME_IS_VALID(duration) ? static_cast<int64_t>(duration) : -1);
  }
}

void Session::FlushSegments() {
  push_->Restart(push_->end());
  input_->run = nullptr;
  input_->splitter.Break(push_->end());
  ++input_->segment_number;  // downstream has forgotten it
  opened_ = false;
  sample_waits_ = false;
  needed_ = Error{Errc::kNotYet};
  fed_up_ = GST_FLOW_OK;
  for (const auto& output : outputs_) {
    output->Restart();
  }
  const std::lock_guard lock(combiner_lock_);
  gst_flow_combiner_reset(combiner_.get());
}

GstFlowReturn Session::FeedSegments(Ref<GstBuffer> buffer) {
  if (fed_up_ != GST_FLOW_OK) return fed_up_;
  const uint64_t position = push_->end();
  if (GST_BUFFER_IS_DISCONT(buffer.get())) {
    const GstFlowReturn flow = BreakRun(position, GST_BUFFER_OFFSET(buffer.get()));
    if (flow != GST_FLOW_OK) return flow;
  }
  if (GST_BUFFER_OFFSET_IS_VALID(buffer.get())) {
    input_->splitter.Count(position, GST_BUFFER_OFFSET(buffer.get()));
  }
  if (GST_BUFFER_PTS_IS_VALID(buffer.get())) {
    const guint64 time = std::min<guint64>(GST_BUFFER_PTS(buffer.get()), G_MAXINT64);
    input_->splitter.Stamp(position, static_cast<int64_t>(time));
  }
  push_->Append(std::move(buffer));
  return FollowRuns();
}

/// What comes next does not follow what came. `offset` is upstream's count of it, or
/// GST_BUFFER_OFFSET_NONE. Where upstream goes from key unit to key unit, what lies between is not
/// lost.
GstFlowReturn Session::BreakRun(uint64_t position, uint64_t offset) {
  const bool jumps = offset != GST_BUFFER_OFFSET_NONE && input_->splitter.Jump(position, offset);
  if (jumps || input_->leaves_out()) {
    input_->run = nullptr;
  } else if (const GstFlowReturn flow = EndRun(position); flow != GST_FLOW_OK) {
    return flow;
  }
  if (!jumps) input_->splitter.Break(position);
  return GST_FLOW_OK;
}

GstFlowReturn Session::FollowRuns() {
  while (true) {
    const auto next = input_->splitter.Next();
    if (!next.ok()) return EndFeeding(Fail(next.error()));
    if (!*next) break;
    const GstFlowReturn flow = EndRun((*next)->last_end);
    if (flow != GST_FLOW_OK) return flow;
    BeginRun(**next);
  }
  if (input_->run && !input_->run->ended()) return Work();
  push_->DropBefore(input_->splitter.LeastNeeded());
  return GST_FLOW_OK;
}

void Session::BeginRun(const SegmentRun& run) {
  GST_DEBUG_OBJECT(element_,
                   "segments from byte %" G_GUINT64_FORMAT " on%s",
                   run.begin,
                   run.discont ? ", after a break" : "");
  lost_samples_ += demuxer_->stats().lost_samples;
  lost_bytes_ += demuxer_->stats().lost_bytes;
  MovieOptions options = options_;
  options.segments = SegmentOptions{input_->headerless, run.time_ns.value_or(0)};
  input_->run = std::make_shared<SegmentRunSource>(push_, run);
  demuxer_.emplace(input_->run, options, &diagnostics_);
  blocks_ = std::make_unique<RunReader>(*push_, input_->run);
  opened_ = false;
  sample_waits_ = false;
  needed_ = Error{Errc::kNotYet};
  for (const auto& output : outputs_) {
    if (run.discont) output->MarkDiscont();
  }
}

/// Everything of the run that has come before this byte goes out.
GstFlowReturn Session::EndRun(uint64_t position) {
  if (!input_->run || input_->run->ended() || fed_up_ != GST_FLOW_OK) return fed_up_;
  input_->run->EndAt(position);
  return Work();
}

void Session::EndRunAtBoundary() {
  if (!input_->splitter.AtBoundary(push_->end())) return;
  EndRun(push_->end());
  input_->splitter.Part(push_->end());
}

GstFlowReturn Session::OpenRun() {
  if (!input_->run->run().header && !input_->headerless) {
    return Fail(Error{Errc::kFragmentsOnly, FourCC("moof")});
  }
  if (const Status opened = demuxer_->Open(); !opened.ok()) return Fail(opened.error());
  Outputs before = outputs_;
  const bool first = before.empty();
  CreateOutputs();
  if (outputs_.empty()) {
    outputs_ = std::move(before);
    return Fail(Error{Errc::kNoTracks, FourCC("moov")});
  }
  before = TakePads(std::move(before));
  const bool all_known = std::all_of(
      outputs_.begin(), outputs_.end(), [](const auto& each) { return each->pad() != nullptr; });
  NameOutputs();
  SetTags();
  if (const auto landed = demuxer_->Seek({}); !landed.ok()) return Fail(landed.error());
  opened_ = true;
  Publish();
  StartMemory();
  if (first) WarnOfEncryption();
  if (!all_known || !before.empty()) ExposeOutputs(before);
  return GST_FLOW_OK;
}

/// A track that ends with its run goes on with the next one; its end is upstream's to say.
GstFlowReturn Session::StepRun(OutputPad* output) {
  switch (event_.kind) {
    case Event::Kind::kSample:
      EnsureSegment(output);
      return PlaySample(output, event_);
    case Event::Kind::kGap:
      EnsureSegment(output);
      return output->PushGap(event_.gap_start_ns, event_.gap_duration_ns);
    default:
      return GST_FLOW_OK;
  }
}

/// The pad has upstream's segment, moved to where the track's media is presented.
void Session::EnsureSegment(OutputPad* output) {
  const OutputPad::Followed now{input_->segment_number, output->track().edit_shift_ns};
  if (output->followed == now) return;
  output->followed = now;
  output->PushSegment(input_->SegmentFor(now.shift_ns), seqnum_);
}

void Session::EndSegments() {
  if (fed_up_ != GST_FLOW_OK && fed_up_ != GST_FLOW_EOS) return;
  push_->End();
  EndRun(push_->end());
  if (outputs_.empty()) {
    Fail(Error{push_->end() == 0 ? Errc::kEmptyFile : Errc::kNoMovieBox});
  }
  for (const auto& output : outputs_) {
    EnsureSegment(output.get());
    output->PushEos(seqnum_);
  }
  push_->Restart(push_->end());
  input_->splitter.Break(push_->end());
}

}  // namespace iso::gst
