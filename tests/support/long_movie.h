// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LongMovie: sample tables of any length that are nowhere: each of their words is computed.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "core/table/table_ref.h"
#include "table_sources.h"

namespace iso::test {

/// A movie of `samples` samples. Word i of its file is in one of the tables below, and is
/// computed, so that only what is read costs anything.
struct LongMovie {
  static constexpr uint32_t kPerChunk = 10;

  LongMovie(uint32_t n, bool varying) : samples(n), vfr(varying) {
    layout.sample_count = n;
    layout.sizes = Add(n, 1);
    layout.durations = Add(varying ? n : 1, 2);
    layout.compositions = varying ? Add(n, 2) : TableRef();
    layout.chunk_runs = Add(1, 3);
    layout.chunk_offsets = Add((n + kPerChunk - 1) / kPerChunk, 1);
    layout.syncs = Add((n + 249) / 250, 1);
    source = std::make_shared<FormulaSource>(words, [this](uint64_t i) { return Word(i); });
  }

  TableRef Add(uint64_t count, uint32_t words_each) {
    const TableRef table{words * 4, count, words_each * 4, true};
    words += count * words_each;
    return table;
  }

  uint32_t Word(uint64_t i) const {
    if (i < layout.durations.offset / 4) return Size(i);
    if (vfr && i >= layout.compositions.offset / 4 && i < layout.chunk_runs.offset / 4) {
      const uint64_t k = i - layout.compositions.offset / 4;
      return k % 2 ? static_cast<uint32_t>(Offset(k / 2)) : 1;
    }
    if (i < layout.chunk_runs.offset / 4) {
      const uint64_t k = i - layout.durations.offset / 4;
      return k % 2 ? Delta(k / 2) : vfr ? 1 : samples;
    }
    if (i < layout.chunk_offsets.offset / 4) {
      return std::array{1u, kPerChunk, 1u}[i - layout.chunk_runs.offset / 4];
    }
    if (i < layout.syncs.offset / 4) {
      return static_cast<uint32_t>((i - layout.chunk_offsets.offset / 4) * 100);
    }
    return static_cast<uint32_t>((i - layout.syncs.offset / 4) * 250 + 1);
  }

  static uint32_t Size(uint64_t n) { return static_cast<uint32_t>(n % 17); }

  /// Durations of 5, 6 and 7 ticks in turn, 6 on average.
  uint32_t Delta(uint64_t n) const { return vfr ? 5 + static_cast<uint32_t>(n % 3) : 6; }

  int64_t Dts(uint64_t n) const {
    return static_cast<int64_t>(vfr ? n / 3 * 18 + std::array{0u, 5u, 11u}[n % 3] : 6 * n);
  }

  /// Groups of four shown in the order 0 3 1 2 (one group apart).
  int32_t Offset(uint64_t n) const {
    if (!vfr) return 0;
    const std::array<int, 4> places = {0, 2, -1, -1};
    return 12 + 6 * places[n % 4];
  }

  uint64_t ShownAt(int64_t t) const {
    const uint64_t around = static_cast<uint64_t>(std::max<int64_t>(t, 0)) / 6;
    uint64_t best = 0;
    int64_t best_pts = INT64_MIN;
    for (uint64_t n = around - std::min<uint64_t>(around, 30);
         n < std::min<uint64_t>(around + 30, samples);
         ++n) {
      const int64_t pts = Dts(n) + Offset(n);
      if (pts > t || pts < best_pts) continue;
      best = n;
      best_pts = pts;
    }
    return best;
  }

  const uint32_t samples;
  const bool vfr;
  SampleTableLayout layout;
  uint64_t words = 0;
  std::shared_ptr<FormulaSource> source;
};

}  // namespace iso::test
