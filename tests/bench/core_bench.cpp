// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the sample tables cost: nanoseconds a sample in order and at random, and from time
// to sample. Tables are computed, not stored; each answer is checked, and a wrong one ends
// the benchmark with an error.

#include <array>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "../support/table_sources.h"
#include "core/table/sample_table.h"

namespace iso {
namespace {

constexpr uint32_t kPerChunk = 10;
constexpr size_t kBudget = 1u << 20;
constexpr uint64_t kQuestions = 4096;  ///< different ones, asked in turn

enum Kind { kConstant, kVarying };

/// One track. With constant frame rate, stts has one run and there is no ctts; with a
/// varying one, both have a run a sample. Its bytes are as if written one after the other.
class Track {
 public:
  Track(uint32_t samples, Kind kind) : samples_(samples), varying_(kind == kVarying) {
    layout_.sample_count = samples;
    layout_.sizes = Add(samples, [](uint64_t i) { return Size(i); });
    layout_.chunk_runs = Add(3, [](uint64_t i) { return std::array{1u, kPerChunk, 1u}[i]; });
    layout_.chunk_offsets =
        Add((samples + kPerChunk - 1) / kPerChunk, [](uint64_t i) { return ChunkOffset(i); });
    layout_.syncs = Add((samples + 249) / 250, [](uint64_t i) { return SyncNumber(i); });
    layout_.durations = Add(2 * (varying_ ? samples : 1), [this](uint64_t i) {
      return i % 2 ? Delta(i / 2) : varying_ ? 1 : samples_;
    });
    if (varying_) layout_.compositions = Add(2 * uint64_t{samples}, CompositionWord);
    SetStrides();
    source_ = std::make_shared<MemorySource>(std::move(bytes_));
  }

  const SampleTableLayout& layout() const { return layout_; }

  const std::shared_ptr<ByteSource>& source() const { return source_; }

  uint64_t samples() const { return samples_; }

  uint32_t Delta(uint64_t n) const { return varying_ ? 5 + static_cast<uint32_t>(n % 3) : 6; }

  int64_t Dts(uint64_t n) const {
    const uint64_t varied = n / 3 * 18 + std::array{0u, 5u, 11u}[n % 3];
    return static_cast<int64_t>(varying_ ? varied : 6 * n);
  }

  int64_t Pts(uint64_t n) const { return Dts(n) + (varying_ ? Offset(n) : 0); }

  uint64_t ByteOf(uint64_t n) const {
    uint64_t offset = ChunkOffset(n / kPerChunk);
    for (uint64_t i = n / kPerChunk * kPerChunk; i < n; ++i)
      offset += Size(i);
    return offset;
  }

 private:
  static uint32_t Size(uint64_t i) { return 100 + static_cast<uint32_t>(i % 17); }

  static uint32_t ChunkOffset(uint64_t i) { return static_cast<uint32_t>(i * 200); }

  static uint32_t SyncNumber(uint64_t i) { return static_cast<uint32_t>(i * 250 + 1); }

  static int32_t Offset(uint64_t n) { return 12 + 6 * std::array{0, 2, -1, -1}[n % 4]; }

  static uint32_t CompositionWord(uint64_t i) {
    return i % 2 ? static_cast<uint32_t>(Offset(i / 2)) : 1;
  }

  TableRef Add(uint64_t words, auto word) {
    const TableRef table{bytes_.size(), words, 4, true};
    for (uint64_t i = 0; i < words; ++i) {
      const uint32_t w = word(i);
      for (const int shift : {24, 16, 8, 0})
        bytes_.push_back(static_cast<uint8_t>(w >> shift));
    }
    return table;
  }

  void SetStrides() {
    for (TableRef* table : {&layout_.durations, &layout_.compositions}) {
      table->count /= 2;
      table->stride = 8;
    }
    layout_.chunk_runs.count /= 3;
    layout_.chunk_runs.stride = 12;
  }

  const uint32_t samples_;
  const bool varying_;
  SampleTableLayout layout_;
  std::vector<uint8_t> bytes_;
  std::shared_ptr<ByteSource> source_;
};

/// The track for a benchmark's arguments; the last one is kept, as building it takes longer
/// than measuring.
const Track& TrackFor(const benchmark::State& state) {
  static std::unique_ptr<Track> track;
  static std::array<int64_t, 2> made = {-1, -1};
  const std::array<int64_t, 2> wanted = {state.range(0), state.range(1)};
  if (made != wanted) {
    track.reset();
    track = std::make_unique<Track>(static_cast<uint32_t>(wanted[0]), static_cast<Kind>(wanted[1]));
    made = wanted;
  }
  return *track;
}

/// `kQuestions` sample numbers in no order, within `reach` samples of the middle.
std::vector<uint64_t> Numbers(uint64_t samples, uint64_t reach) {
  std::vector<uint64_t> numbers;
  uint64_t x = 1;
  for (uint64_t i = 0; i < kQuestions; ++i) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    numbers.push_back(samples / 2 - reach / 2 + (x >> 33) % reach);
  }
  return numbers;
}

void InOrder(benchmark::State& state) {
  const Track& track = TrackFor(state);
  PageCache cache(track.source(), kBudget);
  const SampleTable table(track.layout(), cache);
  Cursor cursor(table);
  Sample sample;
  for (auto _ : state) {
    if (!cursor.Next(&sample).ok()) {
      if (!cursor.SeekTo(0).ok()) state.SkipWithError("no seek");
      continue;
    }
    benchmark::DoNotOptimize(sample);
  }
  // A division a sample would cost more than the cursor: one sample stands for all.
  if (sample.dts != track.Dts(sample.index) || sample.pts != track.Pts(sample.index) ||
      sample.offset != track.ByteOf(sample.index)) {
    state.SkipWithError("wrong sample");
  }
}

/// Asks `question` about numbers within `reach` (0: anywhere), after one round to warm up.
template <class Question>
void Ask(benchmark::State& state, uint64_t reach, Question question) {
  const Track& track = TrackFor(state);
  PageCache cache(track.source(), kBudget);
  const SampleTable table(track.layout(), cache);
  const std::vector<uint64_t> numbers = Numbers(track.samples(), reach ? reach : track.samples());
  for (const uint64_t n : numbers) {
    if (!question(track, table, n)) state.SkipWithError("wrong answer");
  }
  size_t i = 0;
  for (auto _ : state) {
    if (!question(track, table, numbers[i++ % kQuestions])) state.SkipWithError("wrong answer");
  }
  state.counters["index_bytes"] = static_cast<double>(table.IndexBytes());
  state.counters["page_bytes"] = static_cast<double>(cache.stats().memory.held_bytes);
}

bool AtIsRight(const Track& track, const SampleTable& table, uint64_t n) {
  const Result<Sample> sample = table.At(n);
  return sample.ok() && sample->dts == track.Dts(n) && sample->pts == track.Pts(n) &&
         sample->offset == track.ByteOf(n);
}

bool DecodeTimeIsRight(const Track& track, const SampleTable& table, uint64_t n) {
  const Result<uint64_t> found = table.SampleAtDecodeTime(track.Dts(n) + 3);
  return found.ok() && *found == n;
}

bool PresentationTimeIsRight(const Track& track, const SampleTable& table, uint64_t n) {
  // Another sample may be shown at the very same time; then it is the later one.
  const Result<uint64_t> found = table.SampleAtPresentationTime(track.Pts(n));
  return found.ok() && *found >= n && *found <= n + 8 && track.Pts(*found) == track.Pts(n);
}

constexpr uint64_t kTenMinutes = 36'000;  ///< samples, at 60 a second

void RandomAtNearby(benchmark::State& state) {
  Ask(state, kTenMinutes, AtIsRight);
}

void RandomAtAnywhere(benchmark::State& state) {
  Ask(state, 0, AtIsRight);
}

void DecodeTimeToSampleNearby(benchmark::State& state) {
  Ask(state, kTenMinutes, DecodeTimeIsRight);
}

void DecodeTimeToSampleAnywhere(benchmark::State& state) {
  Ask(state, 0, DecodeTimeIsRight);
}

void PresentationTimeToSampleNearby(benchmark::State& state) {
  Ask(state, kTenMinutes, PresentationTimeIsRight);
}

void PresentationTimeToSampleAnywhere(benchmark::State& state) {
  Ask(state, 0, PresentationTimeIsRight);
}

/// The first question ever put to a table.
void FirstSeek(benchmark::State& state) {
  const Track& track = TrackFor(state);
  for (auto _ : state) {
    PageCache cache(track.source(), kBudget);
    const SampleTable table(track.layout(), cache);
    if (!PresentationTimeIsRight(track, table, track.samples() * 9 / 10)) {
      state.SkipWithError("wrong answer");
    }
  }
}

constexpr uint64_t kTenThousand = 10'000;

/// The questions of another demuxer's tests, whose figures were the compiler's (nobody used
/// the answers) and whose answers were wrong: ten thousand of them an iteration, at random,
/// each used, and their sum checked.
template <class Question>
void AskTenThousand(benchmark::State& state, Question question) {
  const Track& track = TrackFor(state);
  PageCache cache(track.source(), kBudget);
  const SampleTable table(track.layout(), cache);
  std::vector<uint64_t> numbers = Numbers(track.samples(), track.samples());
  while (numbers.size() < kTenThousand)
    numbers.push_back(numbers[numbers.size() - kQuestions]);
  numbers.resize(kTenThousand);
  uint64_t expected = 0;
  for (const uint64_t n : numbers)
    expected += n;
  for (auto _ : state) {
    uint64_t sum = 0;
    for (const uint64_t n : numbers)
      sum += question(track, table, n);
    if (sum != expected) state.SkipWithError("wrong answer");
  }
  const auto held = static_cast<double>(cache.stats().memory.held_bytes);
  state.counters["ns_each"] = benchmark::Counter(
      kTenThousand, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["held_bytes"] = held;
  state.counters["bytes_a_sample"] = held / static_cast<double>(track.samples());
}

/// The number of the sample, by way of everything that is known about it.
uint64_t LookUp(const Track& track, const SampleTable& table, uint64_t n) {
  const Result<Sample> sample = table.At(n);
  const bool right = sample.ok() && sample->dts == track.Dts(n) && sample->pts == track.Pts(n);
  return right ? sample->index : 0;
}

uint64_t ConvertTime(const Track& track, const SampleTable& table, uint64_t n) {
  const Result<uint64_t> found = table.SampleAtDecodeTime(track.Dts(n) + 3);
  return found.ok() ? *found : 0;
}

void TenThousandLookUps(benchmark::State& state) {
  AskTenThousand(state, LookUp);
}

void TenThousandTimeConversions(benchmark::State& state) {
  AskTenThousand(state, ConvertTime);
}

/// What a whole index costs to give up, page cache and checkpoints full.
void Shrink(benchmark::State& state) {
  const Track& track = TrackFor(state);
  PageCache cache(track.source(), kBudget);
  const SampleTable table(track.layout(), cache);
  const std::vector<uint64_t> numbers = Numbers(track.samples(), track.samples());
  uint64_t before = 0;
  uint64_t after = 0;
  for (auto _ : state) {
    state.PauseTiming();
    cache.memory().SetLevel(PressureLevel::kNormal);
    for (size_t i = 0; i < 1000; ++i)
      benchmark::DoNotOptimize(LookUp(track, table, numbers[i]));
    before = cache.stats().memory.held_bytes;
    state.ResumeTiming();
    cache.memory().SetLevel(PressureLevel::kCritical);
    after = cache.stats().memory.held_bytes;
  }
  state.counters["held_bytes"] = static_cast<double>(before);
  state.counters["given_back"] = static_cast<double>(before - after) / static_cast<double>(before);
}

void EarlierSizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"samples", "varying"})->Unit(benchmark::kMicrosecond);
  for (const int64_t samples : {1'000, 10'000, 50'000, 100'000}) {
    for (const int64_t kind : {kConstant, kVarying})
      benchmark->Args({samples, kind});
  }
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"samples", "varying"});
  for (const int64_t samples : {1'000'000, 10'000'000}) {
    for (const int64_t kind : {kConstant, kVarying})
      benchmark->Args({samples, kind});
  }
}

BENCHMARK(InOrder)->Apply(Sizes);
BENCHMARK(RandomAtNearby)->Apply(Sizes);
BENCHMARK(RandomAtAnywhere)->Apply(Sizes);
BENCHMARK(DecodeTimeToSampleNearby)->Apply(Sizes);
BENCHMARK(DecodeTimeToSampleAnywhere)->Apply(Sizes);
BENCHMARK(PresentationTimeToSampleNearby)->Apply(Sizes);
BENCHMARK(PresentationTimeToSampleAnywhere)->Apply(Sizes);
BENCHMARK(FirstSeek)->Apply(Sizes);
BENCHMARK(TenThousandLookUps)->Apply(EarlierSizes);
BENCHMARK(TenThousandTimeConversions)->Apply(EarlierSizes);
BENCHMARK(Shrink)->Apply(Sizes)->Unit(benchmark::kMicrosecond)->Iterations(50);

}  // namespace
}  // namespace iso
