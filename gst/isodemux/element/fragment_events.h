// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What stands between fragments, towards GStreamer: event messages (emsg) as events, the time
// at which a fragment was made (prft) as GstReferenceTimestampMeta.

#pragma once

#include <vector>

#include <gst/gst.h>

#include "core/fragment/fragment.h"
#include "element/ref.h"

namespace iso::gst {

/// Custom downstream events with a structure application/x-emsg, in order. `start_ns` is where in
/// the presentation the fragment's first sample is: messages may count from there.
std::vector<Ref<GstEvent>> MessageEvents(const Fragment& fragment, int64_t start_ns);

/// Nanoseconds since 1900 (caps timestamp/x-ntp), where a box of the fragment is for this track.
void AddProducerTime(const Fragment& fragment, uint32_t track_id, GstBuffer* buffer);

}  // namespace iso::gst
