// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How an error of the core is told on the bus: one message, in plain words, with box
// and offset in its debug text.

#pragma once

#include <gst/gst.h>

#include "core/base/result.h"

namespace iso::gst {

void PostError(GstElement* element, const Error& error);

/// For media that plays, but not all of it.
void PostLossWarning(GstElement* element, uint64_t samples, uint64_t bytes);

}  // namespace iso::gst
