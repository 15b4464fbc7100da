// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What tests that play over HTTP share: movies of each layout, the source, and seeks that are
// held to the rules.

#pragma once

#include <string>
#include <vector>

#include <gst/gst.h>

#include "movie_builder.h"
#include "oracle.h"
#include "recorder.h"

namespace iso::test {

struct HttpLayout {
  const char* name;
  Bytes (*build)();
};

/// Movie header first and last; fragments with each index and without.
std::vector<HttpLayout> HttpLayouts();

MovieSpec Progressive(bool moov_first);

/// A souphttpsrc.
GstElement* HttpSource(const std::string& uri);

/// A flushing seek, with more flags.
bool SeekTo(Recorder* recorder, int flags, int64_t target);

/// Several seeks in a movie that plays; fails the running test where one lands wrongly.
void ExpectSeeksToBeRight(Recorder* recorder, const OracleMovie& movie, const Bytes& bytes);

}  // namespace iso::test
