// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Tag lists as sorted lines of text, to compare and to print.

#pragma once

#include <string>
#include <vector>

#include <gst/gst.h>

namespace iso::test {

using Lines = std::vector<std::string>;

/// "tag=value" for each value of each tag. A sample is "<type what-it-is size>".
Lines TagLines(const GstTagList* tags);

}  // namespace iso::test
