// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TableSpec: writing, expanding and inventing sample tables.

#include "table_builder.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "byte_writer.h"

namespace iso::test {
namespace {

uint32_t Between(uint32_t low, uint32_t high, Random& random) {
  return std::uniform_int_distribution<uint32_t>(low, high)(random);
}

/// Writes tables one behind the other, with a gap so that offsets differ from 0.
class TableWriter {
 public:
  TableRef Begin(uint64_t count, uint32_t stride) {
    out.Zeros(5);
    return {out.size(), count, stride, true};
  }

  TableRef Runs(const std::optional<std::vector<TableSpec::Run>>& runs) {
    if (!runs) return {};
    const TableRef table = Begin(runs->size(), 8);
    for (const TableSpec::Run& run : *runs)
      out.U32(run.samples).U32(run.value);
    return table;
  }

  TableRef Numbers(const std::optional<std::vector<uint32_t>>& numbers) {
    if (!numbers) return {};
    const TableRef table = Begin(numbers->size(), 4);
    for (const uint32_t number : *numbers)
      out.U32(number);
    return table;
  }

  TableRef Sizes(const TableSpec& spec) {
    if (spec.constant_size != 0) return {};
    const TableRef table = Begin(spec.sizes.size(), std::max(spec.size_bits / 8, 1u));
    if (spec.size_bits == 4) {
      for (size_t i = 0; i < spec.sizes.size(); i += 2) {
        out.U8(spec.sizes[i] << 4 | (i + 1 < spec.sizes.size() ? spec.sizes[i + 1] : 0));
      }
      return table;
    }
    for (const uint32_t size : spec.sizes) {
      if (spec.size_bits == 8) out.U8(size);
      if (spec.size_bits == 16) out.U16(size);
      if (spec.size_bits == 32) out.U32(size);
    }
    return table;
  }

  TableRef ChunkRuns(const TableSpec& spec) {
    const TableRef table = Begin(spec.chunk_runs.size(), 12);
    for (const auto& run : spec.chunk_runs)
      out.U32(run[0]).U32(run[1]).U32(run[2]);
    return table;
  }

  TableRef ChunkOffsets(const TableSpec& spec) {
    const TableRef table = Begin(spec.chunk_offsets.size(), spec.wide_offsets ? 8 : 4);
    for (const uint64_t offset : spec.chunk_offsets)
      out.Wide(offset, spec.wide_offsets);
    return table;
  }

  ByteWriter out;
};

/// One value a sample, as far as the runs go.
std::vector<uint32_t> Values(const std::optional<std::vector<TableSpec::Run>>& runs, uint32_t n) {
  std::vector<uint32_t> values;
  if (!runs) return values;
  for (const TableSpec::Run& run : *runs) {
    for (uint32_t i = 0; i < run.samples && values.size() < n; ++i)
      values.push_back(run.value);
  }
  return values;
}

std::optional<std::vector<TableSpec::Run>> RandomRuns(RunForm form,
                                                      uint32_t samples,
                                                      Random& random,
                                                      auto value) {
  if (form == RunForm::kNone) return std::nullopt;
  std::vector<TableSpec::Run> runs;
  if (form == RunForm::kEmpty) return runs;
  if (form == RunForm::kOne) return std::vector<TableSpec::Run>{{samples, value()}};
  const uint32_t longest = form == RunForm::kFew ? std::max(samples / 7, 2u) : 1;
  const uint32_t all = form == RunForm::kShort ? samples - samples / 3 : samples;
  for (uint32_t n = 0; n < all;) {
    // Now and then a run of no samples, as some writers leave behind.
    if (form != RunForm::kPerSample && Between(0, 9, random) == 0) runs.push_back({0, value()});
    const uint32_t run = std::min(Between(1, longest, random), all - n);
    runs.push_back({run, value()});
    n += run;
  }
  if (form == RunForm::kShort) runs.push_back({0, value()});
  return runs;
}

void AddSizes(const SpecForms& forms, TableSpec* spec, Random& random) {
  spec->sample_count = forms.samples;
  if (forms.size_bits == 0) {
    spec->constant_size = Between(1, 4000, random);
    return;
  }
  spec->size_bits = forms.size_bits;
  const uint32_t most = forms.size_bits >= 16 ? 60000 : (1u << forms.size_bits) - 1;
  for (uint32_t i = 0; i < forms.samples; ++i)
    spec->sizes.push_back(Between(0, most, random));
}

void AddChunks(const SpecForms& forms, TableSpec* spec, Random& random) {
  uint32_t chunk = 1;
  uint64_t held = 0;
  while (held < forms.samples) {
    const uint32_t chunks = Between(1, 2 * forms.chunk_run_length, random);
    const uint32_t per_chunk = Between(1, forms.most_per_chunk, random);
    spec->chunk_runs.push_back({chunk, per_chunk, Between(1, 3, random)});
    chunk += chunks;
    held += uint64_t{chunks} * per_chunk;
  }
  spec->wide_offsets = forms.wide_offsets;
  for (uint32_t i = 1; i < chunk; ++i) {
    const uint64_t high = forms.wide_offsets ? Between(0, 1000, random) : 0;
    spec->chunk_offsets.push_back(high << 32 | Between(0, 4'000'000'000u, random));
  }
}

void AddSyncs(const SpecForms& forms, TableSpec* spec, Random& random) {
  if (forms.sync_every == 0) return;
  spec->syncs.emplace();
  if (forms.partial_syncs) spec->partial_syncs.emplace();
  if (forms.sync_every < 0) return;
  const auto gap = static_cast<uint32_t>(forms.sync_every);
  for (uint32_t n = Between(1, gap, random); n <= forms.samples + gap;) {
    const bool partial = forms.partial_syncs && Between(0, 2, random) == 0;
    (partial ? spec->partial_syncs : spec->syncs)->push_back(n);
    n += Between(1, 2 * gap - 1, random);
  }
}

}  // namespace

BuiltTables Build(const TableSpec& spec) {
  TableWriter writer;
  BuiltTables built;
  SampleTableLayout& layout = built.layout;
  layout.sample_count = spec.sample_count;
  layout.constant_size = spec.constant_size;
  layout.size_bits = spec.size_bits;
  layout.sizes = writer.Sizes(spec);
  layout.durations = writer.Runs(spec.durations);
  layout.compositions = writer.Runs(spec.compositions);
  layout.chunk_runs = writer.ChunkRuns(spec);
  layout.chunk_offsets = writer.ChunkOffsets(spec);
  layout.syncs = writer.Numbers(spec.syncs);
  layout.partial_syncs = writer.Numbers(spec.partial_syncs);
  built.bytes = writer.out.bytes();
  return built;
}

std::vector<Sample> Expand(const TableSpec& spec) {
  std::vector<Sample> samples;
  if (spec.chunk_runs.empty()) return samples;
  const size_t count = spec.constant_size ? spec.sample_count : spec.sizes.size();
  const std::vector<uint32_t> durations = Values(spec.durations, spec.sample_count);
  const std::vector<uint32_t> offsets = Values(spec.compositions, spec.sample_count);
  std::set<uint32_t> syncs;
  if (spec.syncs) syncs.insert(spec.syncs->begin(), spec.syncs->end());
  if (spec.syncs && spec.partial_syncs) {
    syncs.insert(spec.partial_syncs->begin(), spec.partial_syncs->end());
  }
  size_t run = 0;
  int64_t dts = 0;
  for (size_t chunk = 0; chunk < spec.chunk_offsets.size(); ++chunk) {
    while (run + 1 < spec.chunk_runs.size() && spec.chunk_runs[run + 1][0] <= chunk + 1)
      ++run;
    uint64_t at = spec.chunk_offsets[chunk];
    for (uint32_t k = 0; k < spec.chunk_runs[run][1] && samples.size() < count; ++k) {
      const size_t i = samples.size();
      Sample s;
      s.index = i;
      s.offset = at;
      s.size = spec.constant_size ? spec.constant_size : spec.sizes[i];
      s.duration = i < durations.size() ? durations[i] : durations.empty() ? 0 : durations.back();
      if (s.duration >= 1u << 31) s.duration = 0;
      s.dts = dts;
      s.pts = dts + (i < offsets.size() ? static_cast<int32_t>(offsets[i]) : 0);
      s.description = spec.chunk_runs[run][2];
      s.sync = !spec.syncs || syncs.count(static_cast<uint32_t>(i + 1)) > 0;
      samples.push_back(s);
      at += s.size;
      dts += s.duration;
    }
  }
  return samples;
}

TableSpec RandomSpec(const SpecForms& forms, Random& random) {
  TableSpec spec;
  AddSizes(forms, &spec, random);
  AddChunks(forms, &spec, random);
  const auto duration = [&] {
    return forms.zero_durations && Between(0, 2, random) == 0 ? 0 : Between(1, 200, random);
  };
  const auto offset = [&] {
    const int32_t most = 100 * forms.reorder;
    return static_cast<uint32_t>(std::uniform_int_distribution<int32_t>(-most, most)(random));
  };
  spec.durations = RandomRuns(forms.durations, forms.samples, random, duration);
  spec.compositions = RandomRuns(forms.compositions, forms.samples, random, offset);
  AddSyncs(forms, &spec, random);
  return spec;
}

std::vector<SpecForms> AllForms(uint32_t samples) {
  constexpr std::array kRunForms = {RunForm::kNone,
                                    RunForm::kEmpty,
                                    RunForm::kOne,
                                    RunForm::kFew,
                                    RunForm::kPerSample,
                                    RunForm::kShort};
  std::vector<SpecForms> all;
  for (const RunForm durations : kRunForms) {
    for (const RunForm compositions : kRunForms) {
      SpecForms forms;
      const auto i = static_cast<uint32_t>(all.size());
      forms.samples = samples - i % 3;
      forms.size_bits = std::array{0u, 4u, 8u, 16u, 32u}[i % 5];
      forms.wide_offsets = i % 2 == 0;
      forms.most_per_chunk = std::array{1u, 5u, 40u, 3000u}[i % 4];
      forms.chunk_run_length = std::array{1u, 4u, 100000u}[i % 3];
      forms.durations = durations;
      forms.compositions = compositions;
      forms.zero_durations = i % 4 == 1;
      forms.reorder = i % 7 == 0 ? 200 : 3;
      forms.sync_every = std::array{0, 1, 2, 30, -1}[(i + i / 5) % 5];
      forms.partial_syncs = i % 3 == 1;
      all.push_back(forms);
    }
  }
  return all;
}

uint64_t NaiveAtDecodeTime(const std::vector<Sample>& samples, int64_t t) {
  uint64_t found = 0;
  for (const Sample& s : samples) {
    if (s.dts <= t) found = s.index;
  }
  return found;
}

uint64_t NaiveAtPresentationTime(const std::vector<Sample>& samples, int64_t t) {
  const Sample* found = nullptr;
  const Sample* first = &samples[0];
  for (const Sample& s : samples) {
    if (s.pts <= t && (!found || s.pts >= found->pts)) found = &s;
    if (s.pts < first->pts) first = &s;
  }
  return found ? found->index : first->index;
}

std::optional<uint64_t> NaiveSyncAtOrBefore(const std::vector<Sample>& samples, uint64_t n) {
  for (uint64_t i = n + 1; i-- > 0;) {
    if (samples[i].sync) return i;
  }
  return std::nullopt;
}

std::optional<uint64_t> NaiveSyncAtOrAfter(const std::vector<Sample>& samples, uint64_t n) {
  for (uint64_t i = n; i < samples.size(); ++i) {
    if (samples[i].sync) return i;
  }
  return std::nullopt;
}

bool Same(const Sample& a, const Sample& b) {
  return a.index == b.index && a.offset == b.offset && a.size == b.size &&
         a.duration == b.duration && a.dts == b.dts && a.pts == b.pts &&
         a.description == b.description && a.sync == b.sync;
}

std::string Text(const Sample& s) {
  std::ostringstream text;
  text << "sample " << s.index << " at " << s.offset << " +" << s.size << ", dts " << s.dts
       << " pts " << s.pts << " for " << s.duration << ", description " << s.description
       << (s.sync ? ", sync" : "");
  return text.str();
}

}  // namespace iso::test
