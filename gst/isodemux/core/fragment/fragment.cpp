// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/fragment.h"

#include <algorithm>

#include "core/box/fragment_boxes.h"

namespace iso {
namespace {

constexpr uint64_t kFarthest = INT64_MAX;

/// Whether each entry of the run has flags of its own.
bool HasFlags(const TrackRun& run) {
  return (run.fields & TrunBox::kFlags) != 0;
}

/// Of sample n of a run.
bool IsSync(const Fragment& fragment, const TrackRun& run, uint32_t n) {
  uint32_t flags = n == 0 ? run.first_flags : run.defaults.flags;
  if (HasFlags(run)) {
    const size_t before =
        ((run.fields & TrunBox::kDuration) ? 4 : 0) + ((run.fields & TrunBox::kSize) ? 4 : 0);
    flags = LoadBE32(fragment.bytes.data() + run.entries + size_t{n} * run.stride + before);
  }
  return (flags & kSampleIsNonSync) == 0;
}

}  // namespace

size_t Fragment::Footprint() const {
  size_t all = sizeof(Fragment) + bytes.capacity() + next_decode_times.capacity() * sizeof(int64_t);
  for (const LooseBox& box : before)
    all += sizeof(LooseBox) + box.body.capacity();
  for (const TrackFragment& track : tracks) {
    all += sizeof(TrackFragment) + track.runs.capacity() * sizeof(TrackRun);
    for (const RollRuns& rolls : track.rolls)
      all += rolls.Bytes();
    for (const TrackRun& run : track.runs)
      all += run.checkpoints.capacity() * sizeof(TrackRun::Checkpoint);
  }
  return all;
}

std::optional<uint32_t> LastSyncBefore(const Fragment& fragment,
                                       const TrackFragment& track,
                                       uint32_t end) {
  for (auto run = track.runs.rbegin(); run != track.runs.rend(); ++run) {
    if (run->first >= end) continue;
    uint32_t n = std::min(end - run->first, run->count);
    while (n-- > 0) {
      if (IsSync(fragment, *run, n)) return run->first + n;
      // All others but the first are like this one.
      if (!HasFlags(*run)) n = std::min(n, 1u);
    }
  }
  return std::nullopt;
}

std::optional<uint32_t> FirstSyncFrom(const Fragment& fragment,
                                      const TrackFragment& track,
                                      uint32_t from) {
  for (const TrackRun& run : track.runs) {
    if (run.first + run.count <= from) continue;
    for (uint32_t n = std::max(from, run.first) - run.first; n < run.count; ++n) {
      if (IsSync(fragment, run, n)) return run.first + n;
      if (!HasFlags(run) && n > 0) break;
    }
  }
  return std::nullopt;
}

void RunWalker::SeekTo(uint32_t i) {
  const auto& runs = track_->runs;
  const auto after = std::upper_bound(
      runs.begin(), runs.end(), i, [](uint32_t n, const TrackRun& run) { return n < run.first; });
  if (after == runs.begin()) return;
  const TrackRun& run = *std::prev(after);
  run_ = static_cast<size_t>(std::prev(after) - runs.begin());
  const uint32_t into = std::min(i - run.first, run.count);
  position_ = run.first;
  dts_ = run.dts;
  offset_ = run.offset;
  if (run.stride == 0) {
    position_ += into;
    dts_ += int64_t{into} * run.defaults.duration;
    offset_ = std::min(offset_ + uint64_t{into} * run.defaults.size, kFarthest);
    return;
  }
  const size_t checkpoint =
      std::min<size_t>(into / TrackRun::kCheckpointEntries, run.checkpoints.size());
  if (checkpoint > 0) {
    position_ += static_cast<uint32_t>(checkpoint) * TrackRun::kCheckpointEntries;
    dts_ = run.checkpoints[checkpoint - 1].dts;
    offset_ = run.checkpoints[checkpoint - 1].offset;
  }
  Sample passed;
  while (position_ < run.first + into) {
    Step(&passed, run);
  }
}

void RunWalker::Next(Sample* sample) {
  const TrackRun* run = &track_->runs[run_];
  while (position_ >= run->first + run->count) {
    run = &track_->runs[++run_];
    dts_ = run->dts;
    offset_ = run->offset;
  }
  if (position_ == run->first) {
    dts_ = run->dts;
    offset_ = run->offset;
  }
  Step(sample, *run);
}

/// The sample at position_, which is of `run`, and on behind it.
void RunWalker::Step(Sample* sample, const TrackRun& run) {
  const uint32_t n = position_ - run.first;
  uint32_t duration = run.defaults.duration;
  uint32_t size = run.defaults.size;
  uint32_t flags = n == 0 ? run.first_flags : run.defaults.flags;
  int32_t composition = 0;
  if (run.stride != 0) {
    const uint8_t* entry = fragment_->bytes.data() + run.entries + size_t{n} * run.stride;
    const auto take = [&entry] {
      const uint32_t value = LoadBE32(entry);
      entry += 4;
      return value;
    };
    if (run.fields & TrunBox::kDuration) duration = take();
    if (run.fields & TrunBox::kSize) size = take();
    if (run.fields & TrunBox::kFlags) flags = take();
    if (run.fields & TrunBox::kCompositionOffset) composition = static_cast<int32_t>(take());
  }
  sample->offset = offset_;
  sample->size = size;
  sample->duration = duration;
  sample->dts = SaturatingAdd(track_->base, dts_);
  sample->pts = SaturatingAdd(sample->dts, composition);
  sample->description = run.defaults.description;
  sample->sync = (flags & kSampleIsNonSync) == 0;
  sample->dependency = static_cast<uint8_t>(flags >> kDependencyShift);
  dts_ += duration;
  offset_ = std::min(offset_ + size, kFarthest);
  ++position_;
}

}  // namespace iso
