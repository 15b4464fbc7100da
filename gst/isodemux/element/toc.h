// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Chapters as a GstToc: one edition, and its chapters in it.

#pragma once

#include <vector>

#include <gst/gst.h>

#include "core/movie/chapters.h"
#include "element/ref.h"

namespace iso::gst {

/// Null where there are no chapters. The unique ids are edition and chapter-1, chapter-2 and
/// so on: the same each time the file is opened.
Ref<GstToc> MakeToc(const std::vector<Chapter>& chapters, int64_t duration_ns);

}  // namespace iso::gst
