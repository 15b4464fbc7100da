// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TableSpec: one track's sample tables, written out as bytes and expanded naively. The
// expansion shares nothing with the core but the structs it fills in.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/table/sample_table.h"

namespace iso::test {

using Random = std::mt19937;

struct TableSpec {
  struct Run {
    uint32_t samples;
    uint32_t value;
  };

  uint32_t constant_size = 0;
  uint32_t sample_count = 0;
  std::vector<uint32_t> sizes;  ///< when not constant
  uint32_t size_bits = 32;
  std::optional<std::vector<Run>> durations;
  std::optional<std::vector<Run>> compositions;
  std::vector<std::array<uint32_t, 3>> chunk_runs;
  std::vector<uint64_t> chunk_offsets;
  bool wide_offsets = false;
  std::optional<std::vector<uint32_t>> syncs;
  std::optional<std::vector<uint32_t>> partial_syncs;
};

struct BuiltTables {
  SampleTableLayout layout;
  std::vector<uint8_t> bytes;
};

BuiltTables Build(const TableSpec& spec);

/// Every sample, one after the other, as ISO/IEC 14496-12 reads.
std::vector<Sample> Expand(const TableSpec& spec);

/// How a table of durations or composition offsets is to be written.
enum class RunForm { kNone, kEmpty, kOne, kFew, kPerSample, kShort };

struct SpecForms {
  uint32_t samples = 1000;
  uint32_t size_bits = 32;  ///< 0: constant
  bool wide_offsets = false;
  uint32_t most_per_chunk = 8;
  uint32_t chunk_run_length = 3;  ///< chunks of one stsc run, about
  RunForm durations = RunForm::kFew;
  RunForm compositions = RunForm::kNone;
  bool zero_durations = false;
  int32_t reorder = 3;  ///< composition offsets are within +- so many average durations
  int sync_every = 0;   ///< 0: no stss; -1: an empty one
  bool partial_syncs = false;
};

TableSpec RandomSpec(const SpecForms& forms, Random& random);

/// A good many forms, each at most `samples` long.
std::vector<SpecForms> AllForms(uint32_t samples);

// What SampleTable answers, by looking at every sample.
uint64_t NaiveAtDecodeTime(const std::vector<Sample>& samples, int64_t t);
uint64_t NaiveAtPresentationTime(const std::vector<Sample>& samples, int64_t t);
std::optional<uint64_t> NaiveSyncAtOrBefore(const std::vector<Sample>& samples, uint64_t n);
std::optional<uint64_t> NaiveSyncAtOrAfter(const std::vector<Sample>& samples, uint64_t n);

bool Same(const Sample& a, const Sample& b);
std::string Text(const Sample& sample);

}  // namespace iso::test
