// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Session on a file that somebody still writes to: it waits at the end, and tells how long the
// movie has become.

#include "core/movie/box_loader.h"
#include "element/session.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {

/// What is missing is waited for. When nothing more comes the file ends where it does.
GstFlowReturn Session::AwaitGrowth() {
  // What opening waits for need not be where it was looked for: headers are mended at the end.
  const Growth::Answer answer = growth_->Wait(opened_ ? needed_.offset + needed_.length : 0);
  if (answer == Growth::Answer::kInterrupted) return GST_FLOW_FLUSHING;
  if (answer == Growth::Answer::kOver) {
    GST_INFO_OBJECT(element_, "the file does not grow any more");
    demuxer_->SetEnded(true);
  }
  if (opened_) NoteEnd();
  return GST_FLOW_OK;
}

/// What a writer has not said yet may read like anything: as long as the file grows, no header is
/// wrong for good.
GstFlowReturn Session::FailForNow(const Error& error) {
  const bool for_good = !IsFollowing() || IsSourceError(error.code);
  return Fail(for_good ? error : Error{Errc::kNotYet, error.box, error.offset});
}

void Session::LookForGrowth(bool at_once) {
  if (!growth_->Look(at_once)) return;
  demuxer_->SetEnded(false);
  NoteEnd();
}

/// The duration is what is known of it by now.
void Session::NoteEnd() {
  if (const Status looked = demuxer_->LookForEnd(); !looked.ok()) {
    GST_DEBUG_OBJECT(element_, "no end found: %s", Describe(looked.error()).c_str());
    return;
  }
  const int64_t end = demuxer_->end_ns();
  if (end == kTimeMax || static_cast<guint64>(end) == segment_.duration) return;
  segment_.duration = static_cast<guint64>(end);
  Publish();
  gst_element_post_message(element_, gst_message_new_duration_changed(GST_OBJECT(element_)));
}

}  // namespace iso::gst
