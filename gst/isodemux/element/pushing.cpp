// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Session in push mode: upstream's thread feeds it, and it goes as far as the bytes reach.

#include <algorithm>

#include "element/session.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {
namespace {

/// The window is trimmed each time it has grown by this much: finding out what is still needed
/// costs a little.
constexpr uint64_t kTrimStep = 64 << 10;

}  // namespace

GstFlowReturn Session::Feed(Ref<GstBuffer> buffer) {
  if (input_) return FeedSegments(std::move(buffer));
  if (fed_up_ != GST_FLOW_OK) return fed_up_;
  if (moving_) return GST_FLOW_OK;
  if (!std::exchange(asked_upstream_, true)) push_->Ask(sink_);
  push_->Append(std::move(buffer));
  return Work();
}

/// Where in what upstream pushes a byte of the demuxer's source lies.
uint64_t Session::InStream(uint64_t offset) const {
  return input_ && input_->run ? input_->run->InStream(offset) : offset;
}

/// Whether it is of any use to try again.
bool Session::HasCome(const Error& needed) const {
  if (push_->ended() || needed.length == 0) return true;
  if (input_ && input_->run && input_->run->ended()) return true;
  const uint64_t begin = InStream(needed.offset);
  if (begin < push_->begin()) return !push_->can_seek();
  return needed.length <= UINT64_MAX - needed.offset &&
         InStream(needed.offset + needed.length) <= push_->end();
}

GstFlowReturn Session::Work() {
  if (!HasCome(needed_)) return Wait();
  GstFlowReturn flow = carried_seek_ ? CarryOn() : GST_FLOW_OK;
  while (flow == GST_FLOW_OK) {
    flow = opened_ ? Step() : Open();
  }
  if (flow == kFlowRunEnded) return GST_FLOW_OK;
  if (flow == kFlowNotYet) return Wait();
  return flow == GST_FLOW_FLUSHING ? flow : EndFeeding(flow);
}

/// Until more has come, in the right place.
GstFlowReturn Session::Wait() {
  const uint64_t held = push_->end() - push_->begin();
  if (push_->end() - trimmed_at_ >= kTrimStep || held > max_buffered_bytes_) Trim();
  if (const auto place = WhereToGo()) return SeekUpstream(*place);
  if (push_->end() - push_->begin() > max_buffered_bytes_) {
    if (push_->can_seek()) push_->DropBefore(needed_.offset);
  }
  if (push_->end() - push_->begin() > max_buffered_bytes_) {
    return EndFeeding(Fail(Error{Errc::kTooMuchToKeep, {}, push_->begin(), max_buffered_bytes_}));
  }
  return GST_FLOW_OK;
}

void Session::Trim() {
  uint64_t needed = std::min(demuxer_->LeastNeeded(), needed_.offset);
  if (sample_waits_) needed = std::min(needed, event_.sample.offset);
  needed = InStream(needed);
  if (input_) needed = std::min(needed, input_->splitter.LeastNeeded());
  push_->DropBefore(needed);
  trimmed_at_ = push_->end();
}

/// What still comes is not wanted, until a seek.
GstFlowReturn Session::EndFeeding(GstFlowReturn why) {
  GST_DEBUG_OBJECT(element_, "no more wanted: %s", gst_flow_get_name(why));
  if (why == GST_FLOW_NOT_LINKED) return why;
  fed_up_ = why;
  if (why != GST_FLOW_EOS || input_) return why;
  if (IsSegmentSeek()) {
    PostSegmentDone();
    return why;
  }
  for (const auto& output : outputs_) {
    output->PushEos(seqnum_);
  }
  return why;
}

void Session::HandleEos() {
  if (input_) return EndSegments();
  if (fed_up_ != GST_FLOW_OK || moving_) return;
  push_->End();
  const GstFlowReturn flow = Work();
  GST_DEBUG_OBJECT(element_, "upstream ended: %s", gst_flow_get_name(flow));
}

/// What upstream says of its own stream is nothing to those downstream of this one.
bool Session::HandleSinkEvent(Ref<GstEvent> event) {
  switch (GST_EVENT_TYPE(event.get())) {
    case GST_EVENT_STREAM_START:
      NoteStreamStart(event);
      return true;
    case GST_EVENT_CAPS:
      NoteCaps(event);
      return true;
    case GST_EVENT_GAP:
      if (input_) ForwardGap(event);
      return true;
    case GST_EVENT_SEGMENT_DONE:
      if (input_) PushToOutputs(event);
      return true;
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
      HandleFlush(event);
      return true;
    case GST_EVENT_SEGMENT:
      HandleSegment(event);
      return true;
    case GST_EVENT_EOS:
      HandleEos();
      return true;
    default:
      return gst_pad_event_default(sink_, GST_OBJECT(element_), event.release());
  }
}

}  // namespace iso::gst
