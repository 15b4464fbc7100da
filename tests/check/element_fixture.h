// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the gst-check programs share: a generated movie being played by a Recorder. Takes
// in the standard headers before gst-check, whose macro `fail` they must not see.

#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gst/check/gstcheck.h>
#include <gst/check/gstconsistencychecker.h>
#include <gst/check/gstharness.h>

#include "movie_catalog.h"
#include "recorder.h"

namespace iso::test {

/// A movie in a file, and a recorder for it.
struct Playing {
  explicit Playing(const MovieSpec& spec) : Playing(BuildMovie(spec)) {}

  explicit Playing(const std::vector<uint8_t>& bytes) : file(bytes) {}

  void Start() { recorder.Start(file.path()); }

  void PlayToEos() {
    Start();
    const Outcome outcome = recorder.WaitEos();
    fail_unless(outcome == Outcome::kEos, "not at EOS: %s", Error().c_str());
  }

  std::string Error() const {
    const std::vector<std::string> errors = recorder.errors();
    return errors.empty() ? "no error message" : errors[0];
  }

  /// The pad of this name as recorded so far.
  RecordedPad Pad(const std::string& name) const {
    for (const RecordedPad& pad : recorder.pads()) {
      if (pad.name == name) return pad;
    }
    fail("no pad %s", name.c_str());
    return {};
  }

  TempFile file;
  Recorder recorder;
};

/// Events of a type among the items, in order.
inline std::vector<GstEvent*> EventsOf(const RecordedPad& pad, GstEventType type) {
  std::vector<GstEvent*> events;
  for (const RecordedItem& item : pad.items) {
    if (item.event && GST_EVENT_TYPE(item.event.get()) == type) events.push_back(item.event.get());
  }
  return events;
}

/// Index of the first event of a type, or of the first buffer for GST_EVENT_UNKNOWN; -1.
inline int IndexOf(const RecordedPad& pad, GstEventType type) {
  for (size_t i = 0; i < pad.items.size(); ++i) {
    const GstEvent* event = pad.items[i].event.get();
    if (event ? GST_EVENT_TYPE(event) == type : type == GST_EVENT_UNKNOWN) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

inline std::vector<RecordedItem> BuffersOf(const RecordedPad& pad) {
  std::vector<RecordedItem> buffers;
  for (const RecordedItem& item : pad.items) {
    if (!item.event) buffers.push_back(item);
  }
  return buffers;
}

/// The plain movie with a subtitle track: one pad of each common kind.
inline MovieSpec ThreeTracks() {
  MovieSpec spec = PlainMovie();
  spec.tracks.push_back(TextTrack(3, 4));
  return spec;
}

/// All bytes of all samples.
inline uint64_t SampleBytes(const MovieSpec& spec) {
  uint64_t sum = 0;
  for (const TrackSpec& track : spec.tracks) {
    for (const SampleSpec& sample : track.samples)
      sum += sample.size;
  }
  return sum;
}

}  // namespace iso::test
