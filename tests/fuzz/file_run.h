// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the fuzz targets share: a file that is opened, played, and sought in, in every mode; a
// hash of what a demuxer said.

#pragma once

#include <cstdint>
#include <span>

#include "core/base/result.h"
#include "core/demux/demuxer.h"

namespace iso::fuzz {

/// Ends the program where it does not hold.
void Require(bool holds, const char* what);

/// The same for the same bytes.
uint64_t SeedOf(std::span<const uint8_t> bytes);

/// Plays the bytes as a file. Then all of it once more over a source that never has bytes at the
/// first time of asking: it must say the very same. What a sample says of itself must hold.
void PlayBothWays(std::span<const uint8_t> bytes);

/// A hash of all that the demuxer said, in order.
class Transcript {
 public:
  void Add(uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3 + (hash_ >> 29); }

  void Add(const Event& event) {
    Add(static_cast<uint64_t>(event.kind));
    if (event.kind == Event::Kind::kAllEnded || event.kind == Event::Kind::kNothing) return;
    Add(event.track);
    if (event.kind == Event::Kind::kSegment) {
      Add(static_cast<uint64_t>(event.segment.start_ns));
      Add(static_cast<uint64_t>(event.segment.time_ns));
    }
    if (event.kind == Event::Kind::kGap) Add(static_cast<uint64_t>(event.gap_start_ns));
    if (event.kind != Event::Kind::kSample) return;
    Add(event.sample.offset);
    Add(event.size);
    Add(static_cast<uint64_t>(event.pts_ns));
    Add(static_cast<uint64_t>(event.dts_ns));
    Add(static_cast<uint64_t>(event.duration_ns));
    Add(event.discont);
  }

  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325;
};

/// Whatever the demuxer remarks is fine.
class DeafDiagnostics final : public Diagnostics {
 public:
  void Report(const Error&) override {}
};

}  // namespace iso::fuzz
