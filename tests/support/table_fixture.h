// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TableFixture: a SampleTable over a spec, and checks of it against the naive expansion.

#pragma once

#include <memory>
#include <ostream>
#include <vector>

#include <gtest/gtest.h>

#include "core/table/sample_table.h"
#include "table_builder.h"
#include "table_sources.h"

namespace iso {

inline bool operator==(const Sample& a, const Sample& b) {
  return test::Same(a, b);
}

inline void PrintTo(const Sample& sample, std::ostream* out) {
  *out << test::Text(sample);
}

namespace test {

constexpr size_t kPlenty = 1u << 20;  ///< a budget that keeps all pages of a small table

/// A table over a source that can fail, and what it should answer.
struct TableFixture {
  explicit TableFixture(const TableSpec& spec, size_t budget = kPlenty)
      : built(Build(spec)),
        expected(Expand(spec)),
        source(std::make_shared<FaultSource>(built.bytes)),
        cache(source, budget),
        table(built.layout, cache) {}

  BuiltTables built;
  std::vector<Sample> expected;
  std::shared_ptr<FaultSource> source;
  PageCache cache;
  SampleTable table;
};

/// Asks again what was answered "not yet".
inline auto Ask(auto question) {
  auto answer = question();
  while (!answer.ok() && answer.error().code == Errc::kNotYet)
    answer = question();
  return answer;
}

inline void CheckSample(const SampleTable& table, const std::vector<Sample>& all, uint64_t n) {
  const auto sample = Ask([&] { return table.At(n); });
  ASSERT_TRUE(sample.ok()) << n;
  EXPECT_EQ(*sample, all[n]) << n;
  const auto dts = Ask([&] { return table.DecodeTime(n); });
  ASSERT_TRUE(dts.ok()) << n;
  EXPECT_EQ(*dts, all[n].dts);
  const auto offset = Ask([&] { return table.CompositionOffset(n); });
  ASSERT_TRUE(offset.ok()) << n;
  EXPECT_EQ(*offset, all[n].pts - all[n].dts);
}

inline void CheckTimes(const SampleTable& table, const std::vector<Sample>& all, int64_t t) {
  const auto decoded = Ask([&] { return table.SampleAtDecodeTime(t); });
  const auto shown = Ask([&] { return table.SampleAtPresentationTime(t); });
  ASSERT_TRUE(decoded.ok() && shown.ok()) << t;
  EXPECT_EQ(*decoded, test::NaiveAtDecodeTime(all, t)) << t;
  EXPECT_EQ(*shown, test::NaiveAtPresentationTime(all, t)) << t;
}

/// One chunk of `samples` samples of 10 bytes and 4 ticks.
inline TableSpec Simple(uint32_t samples) {
  TableSpec spec;
  spec.constant_size = 10;
  spec.sample_count = samples;
  spec.durations = {{samples, 4}};
  spec.chunk_runs = {{1, samples, 1}};
  spec.chunk_offsets = {1000};
  return spec;
}

}  // namespace test
}  // namespace iso
