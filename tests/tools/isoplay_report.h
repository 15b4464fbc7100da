// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What isoplay prints: times, the streams of a file, the numbers of an element.

#pragma once

#include <string>

#include <gst/gst.h>

namespace iso::play {

/// "0:01:02.3", or "?" for an unknown time.
std::string FormatTime(GstClockTime time);

/// One line per stream: kind, codec, what its caps say, language, title.
void PrintStreams(GstStreamCollection* collection);

/// Title, artist and album, where the tags have them.
void PrintTitle(const GstTagList* tags);

/// Every field of a structure, aligned, structures within it indented.
void PrintStats(const GstStructure* stats);

}  // namespace iso::play
