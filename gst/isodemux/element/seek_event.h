// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Session::SeekEvent: a seek event, taken apart.

#pragma once

#include "element/session.h"

namespace iso::gst {

struct Session::SeekEvent {
  double rate = 1.0;
  GstFormat format = GST_FORMAT_UNDEFINED;
  GstSeekFlags flags = GST_SEEK_FLAG_NONE;
  GstSeekType start_type = GST_SEEK_TYPE_NONE;
  gint64 start = -1;
  GstSeekType stop_type = GST_SEEK_TYPE_NONE;
  gint64 stop = -1;
  guint32 seqnum = GST_SEQNUM_INVALID;
  GstClockTime interval = 0;

  SeekEvent() = default;

  explicit SeekEvent(GstEvent* event) : seqnum(gst_event_get_seqnum(event)) {
    gst_event_parse_seek(event, &rate, &format, &flags, &start_type, &start, &stop_type, &stop);
    gst_event_parse_seek_trickmode_interval(event, &interval);
  }

  bool Has(GstSeekFlags flag) const { return (flags & flag) == flag; }
};

inline Ref<GstEvent> NumberedEvent(GstEvent* event, guint32 seqnum) {
  gst_event_set_seqnum(event, seqnum);
  return Ref<GstEvent>::Adopt(event);
}

}  // namespace iso::gst
