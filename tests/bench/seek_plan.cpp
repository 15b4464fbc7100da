// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The seeks of seek_plan.h.

#include "seek_plan.h"

#include <algorithm>
#include <random>

namespace iso::bench {

namespace {

constexpr uint64_t kAudioLeadIn = 2;

}  // namespace

std::vector<uint64_t> SeekTargets(const MovieLayout& layout, size_t count) {
  std::vector<uint64_t> targets{layout.DurationNs() / 10 * 9};
  std::mt19937_64 random(20'080'229);  // NOLINT: the same places every time
  for (size_t i = 0; i < count; ++i) {
    targets.push_back(random() % layout.DurationNs());
  }
  return targets;
}

std::array<uint64_t, 2> FirstSamples(const MovieLayout& layout, SeekKind kind, uint64_t ns) {
  const uint64_t frame = layout.SyncFrameAt(ns);
  const uint64_t sound_ns =
      kind == SeekKind::kKeyUnit ? layout.PresentationNs(Track::kVideo, frame) : ns;
  const uint64_t sound = layout.AudioFrameAt(sound_ns);
  return {frame, sound - std::min(sound, kAudioLeadIn)};
}

}  // namespace iso::bench
