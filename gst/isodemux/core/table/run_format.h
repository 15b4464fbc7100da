// SPDX-License-Identifier: LGPL-2.1-or-later
//
// RunFormat: how the entries of a table add up. Each table whose meaning lies in sums
// (stts, ctts, stsc, stsz) has a rule here that takes in one entry.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"

namespace iso {

/// What the first `consumed` entries of a table add up to. Never falls from one entry to
/// the next, on either axis. What the axes mean is the rule's affair.
struct RunState {
  uint64_t consumed = 0;  ///< entries taken in
  uint64_t units = 0;
  uint64_t total = 0;
  uint32_t carry = 0;  ///< what the rule must know of earlier entries

  bool operator==(const RunState&) const = default;
};

/// A count of RunState by which a table can be searched.
using RunAxis = uint64_t RunState::*;

/// Walks entries under one rule, many a call.
class RunFormat {
 public:
  virtual ~RunFormat() = default;

  /// Takes in `n` entries, fewer where Done.
  virtual void Skip(RunState* state, const uint8_t* entries, uint64_t n) const = 0;

  /// Takes in at most `n` entries, as long as the state does not pass `target`.
  virtual void Seek(
      RunState* state, const uint8_t* entries, uint64_t n, RunAxis axis, uint64_t target) const = 0;

  /// Whether no further entry can change the sums.
  virtual bool Done(const RunState& state) const = 0;
};

template <class Rule>
class RunFormatOf final : public RunFormat {
 public:
  explicit RunFormatOf(Rule rule) : rule_(rule) {}

  void Skip(RunState* state, const uint8_t* entries, uint64_t n) const override {
    if (TakeMany(state, entries, n)) return;
    RunState at = *state;
    for (; n > 0 && !rule_.Done(at); --n, entries += Rule::kStride)
      rule_.Take(&at, entries);
    *state = at;
  }

  void Seek(RunState* state,
            const uint8_t* entries,
            uint64_t n,
            RunAxis axis,
            uint64_t target) const override {
    if (axis == &RunState::units) return SeekOn<&RunState::units>(state, entries, n, target);
    if (axis == &RunState::total) return SeekOn<&RunState::total>(state, entries, n, target);
    return SeekOn<&RunState::consumed>(state, entries, n, target);
  }

  bool Done(const RunState& state) const override { return rule_.Done(state); }

 private:
  /// Entries that a search takes in at once: first few, since what is looked for is near as a rule.
  static constexpr uint64_t kStep = 8;
  static constexpr uint64_t kLeap = 32;

  /// What has been taken in, and what comes next.
  struct Walk {
    RunState state;
    const uint8_t* entries;
    uint64_t left;
  };

  /// Takes in all of `n` entries, if the rule can do that at once; else none.
  bool TakeMany(RunState* state, const uint8_t* entries, uint64_t n) const {
    if constexpr (requires { rule_.TakeMany(state, entries, n); }) {
      return rule_.TakeMany(state, entries, n);
    }
    return false;
  }

  template <RunAxis kAxis>
  void SeekOn(RunState* state, const uint8_t* entries, uint64_t n, uint64_t target) const {
    Walk walk{*state, entries, n};
    if (Leap<kAxis, kStep>(&walk, kLeap / kStep, target) &&
        !Leap<kAxis, kLeap>(&walk, UINT64_MAX, target)) {
      Leap<kAxis, kStep>(&walk, kLeap / kStep, target);
    }
    for (; walk.left > 0 && !rule_.Done(walk.state); --walk.left, walk.entries += Rule::kStride) {
      RunState next = walk.state;
      rule_.Take(&next, walk.entries);
      if (next.*kAxis > target) break;
      walk.state = next;
    }
    *state = walk.state;
  }

  /// Takes in `times` times kEntries, or as often as the state does not pass the target. True when
  /// that was all of them.
  template <RunAxis kAxis, uint64_t kEntries>
  bool Leap(Walk* walk, uint64_t times, uint64_t target) const {
    for (; times > 0; --times) {
      RunState next = walk->state;
      if (walk->left < kEntries || !TakeMany(&next, walk->entries, kEntries)) return false;
      if (next.*kAxis > target) return false;
      *walk = {next, walk->entries + kEntries * Rule::kStride, walk->left - kEntries};
    }
    return true;
  }

  Rule rule_;
};

/// A delta of stts as ticks. With the top bit set it is a negative number that an encoder
/// wrote to mend a timestamp; time does not run backwards here, so it counts as 0.
inline uint32_t SampleDelta(uint32_t stored) {
  return stored >> 31 ? 0 : stored;
}

/// stts: units are samples, total is ticks, carry the last delta that had a sample. As
/// there are at most 2^32 - 1 samples of less than 2^31 ticks, the total stays below 2^63.
struct DurationRule {
  static constexpr uint32_t kStride = 8;

  uint64_t samples;

  bool Done(const RunState& state) const { return state.units >= samples; }

  void Take(RunState* state, const uint8_t* entry) const {
    const uint64_t run = std::min<uint64_t>(LoadBE32(entry), samples - state->units);
    const uint32_t delta = SampleDelta(LoadBE32(entry + 4));
    state->carry = run ? delta : state->carry;
    state->units += run;
    state->total += run * delta;
    ++state->consumed;
  }

  /// As Take() `n` times but several times as fast; false, and nothing taken, where the
  /// samples end.
  bool TakeMany(RunState* state, const uint8_t* entries, uint64_t n) const {
    uint64_t units = state->units;
    uint64_t total = state->total;
    for (uint64_t i = 0; i < n; ++i) {
      const uint64_t entry = LoadBE64(entries + kStride * i);
      units += entry >> 32;
      total += (entry >> 32) * SampleDelta(static_cast<uint32_t>(entry));
    }
    if (units >= samples) return false;
    uint64_t last = n;
    while (last > 0 && LoadBE32(entries + kStride * (last - 1)) == 0)
      --last;
    if (last > 0) state->carry = SampleDelta(LoadBE32(entries + kStride * (last - 1) + 4));
    state->units = units;
    state->total = total;
    state->consumed += n;
    return true;
  }
};

/// ctts: units are samples.
struct CompositionRule {
  static constexpr uint32_t kStride = 8;

  uint64_t samples;

  bool Done(const RunState& state) const { return state.units >= samples; }

  void Take(RunState* state, const uint8_t* entry) const {
    state->units += std::min<uint64_t>(LoadBE32(entry), samples - state->units);
    ++state->consumed;
  }

  /// As Take() `n` times; false, and nothing taken, where the samples end.
  bool TakeMany(RunState* state, const uint8_t* entries, uint64_t n) const {
    uint64_t units = state->units;
    for (uint64_t i = 0; i < n; ++i)
      units += LoadBE32(entries + kStride * i);
    if (units >= samples) return false;
    state->units = units;
    state->consumed += n;
    return true;
  }
};

/// stsc: the state after entry i is where run i begins: units are the chunks and total the
/// samples before it, carry is its samples a chunk. The first run begins at the first
/// chunk, and a first chunk that is not greater than the one before leaves that run empty.
struct ChunkRule {
  static constexpr uint32_t kStride = 12;

  uint64_t chunks;
  uint64_t samples;

  bool Done(const RunState& state) const { return state.units >= chunks || state.total >= samples; }

  void Take(RunState* state, const uint8_t* entry) const {
    const uint64_t first = state->consumed ? RunBegin(*state, LoadBE32(entry)) : 0;
    state->total = SamplesUpTo(*state, first);
    state->units = first;
    state->carry = LoadBE32(entry + 4);
    ++state->consumed;
  }

  /// The chunk (from 0) at which a run with this stored first chunk (from 1) begins.
  uint64_t RunBegin(const RunState& before, uint64_t first_chunk) const {
    return std::clamp(first_chunk ? first_chunk - 1 : 0, before.units, chunks);
  }

  /// Samples before `chunk`, which is of the state's run or the first one after it.
  uint64_t SamplesUpTo(const RunState& state, uint64_t chunk) const {
    const uint64_t left = samples - state.total;
    uint64_t held;
    if (__builtin_mul_overflow(chunk - state.units, uint64_t{state.carry}, &held)) held = left;
    return state.total + std::min(held, left);
  }
};

/// stsz and stz2, kBits an entry: units are samples, total is bytes.
template <uint32_t kBits>
struct SizeRule {
  static constexpr uint32_t kStride = kBits < 8 ? 1 : kBits / 8;

  bool Done(const RunState&) const { return false; }

  void Take(RunState* state, const uint8_t* entry) const {
    if constexpr (kBits == 4) {
      state->total += static_cast<uint64_t>(entry[0] >> 4) + (entry[0] & 15);
    } else if constexpr (kBits == 8) {
      state->total += entry[0];
    } else if constexpr (kBits == 16) {
      state->total += LoadBE16(entry);
    } else {
      state->total += LoadBE32(entry);
    }
    state->units += kBits == 4 ? 2 : 1;
    ++state->consumed;
  }
};

}  // namespace iso
