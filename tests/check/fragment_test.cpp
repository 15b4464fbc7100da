// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Fragmented files that are damaged or cut short: all that is whole is played, and what is
// lost is said.

#include <algorithm>

#include <gtest/gtest.h>

#include "chunk_source.h"
#include "compare.h"
#include "fragment_catalog.h"
#include "play_compare.h"
#include "recorder.h"

namespace iso::test {
namespace {

constexpr size_t kBlock = 4096;

FragmentedSpec SpecWith(SidxForm sidx, int tfra_version) {
  FragmentedSpec spec = PlainFragments();
  spec.sidx = sidx;
  spec.tfra_version = tfra_version;
  return spec;
}

/// Takes what is in fragment `lost` out of the oracle's answer.
void Remove(const FragmentedMovie& built, size_t lost, OracleMovie* movie) {
  for (const TrackPart& part : built.places[lost].parts) {
    std::vector<OracleSample>& samples = movie->tracks[part.track].samples;
    const auto first = samples.begin() + static_cast<ptrdiff_t>(part.first);
    samples.erase(first, first + static_cast<ptrdiff_t>(part.count));
  }
}

/// On each pad, the first buffer behind the gap says that there is one.
void ExpectDiscont(const Recorder& recorder, const FragmentedMovie& built, size_t lost) {
  for (const RecordedPad& pad : recorder.pads()) {
    for (const TrackPart& part : built.places[lost].parts) {
      if (part.track + 1 != pad.track_id) continue;
      size_t i = 0;
      for (const RecordedItem& item : pad.items) {
        if (item.event || i++ != part.first) continue;
        EXPECT_TRUE(item.flags & GST_BUFFER_FLAG_DISCONT) << pad.name << " buffer " << part.first;
      }
    }
  }
}

uint64_t LostBytes(const Recorder& recorder) {
  GstStructure* stats = nullptr;
  g_object_get(recorder.demuxer(), "stats", &stats, nullptr);
  guint64 lost = 0;
  EXPECT_TRUE(stats && gst_structure_get_uint64(stats, "lost-bytes", &lost));
  if (stats) gst_structure_free(stats);
  return lost;
}

struct DamageCase {
  const char* name;
  SidxForm sidx;
  int tfra_version;
  bool aligned;  ///< the block starts where one on disk does
};

void PrintTo(const DamageCase& c, std::ostream* out) {
  *out << c.name;
}

class Damage : public testing::TestWithParam<DamageCase> {};

// A block of 4 KiB over a moof's header costs that fragment, and nothing else, also where the file is
// pushed.
TEST_P(Damage, CostsOneFragment) {
  const FragmentedMovie built = BuildFragments(SpecWith(GetParam().sidx, GetParam().tfra_version));
  const OracleMovie whole = *ExpandMovie(built.bytes);
  for (size_t lost = 0; lost < built.places.size(); lost += 1 + lost % 4) {
    const uint64_t moof = built.places[lost].moof;
    Bytes bytes = built.bytes;
    // Behind the init segment: what is damaged is a fragment, not the headers.
    const uint64_t from =
        std::max(GetParam().aligned ? moof / kBlock * kBlock : moof, built.places[0].start);
    ZeroBytes(&bytes, from, GetParam().aligned ? moof / kBlock * kBlock + kBlock - from : kBlock);
    OracleMovie movie = whole;
    Remove(built, lost, &movie);
    const auto shared = std::make_shared<const Bytes>(bytes);
    for (const bool pushed : {false, true}) {
      if (pushed && lost == 0) continue;  // the header is waited for in front of it
      const std::string name = GetParam().name + std::string(", fragment ") +
                               std::to_string(lost) + (pushed ? ", pushed" : "");
      const Watchdog watchdog(name, 60);
      ChunkOptions options{4096, true, true};
      options.pullable = !pushed;
      Recorder recorder(MakeChunkSource(shared, options));
      recorder.Start("");
      const Outcome outcome = recorder.WaitEos();
      ExpectNone(ComparePlayed(recorder, outcome, movie, bytes), name);
      if (lost > 0) ExpectDiscont(recorder, built, lost);
      EXPECT_GT(LostBytes(recorder), 0u) << name;
      EXPECT_LE(LostBytes(recorder), built.places[lost].end - built.places[lost].start + kBlock)
          << name;
    }
  }
}

constexpr DamageCase kDamages[] = {
    {"no_index", SidxForm::kNone, -1, false},
    {"no_index_aligned", SidxForm::kNone, -1, true},
    {"sidx", SidxForm::kFlat, -1, false},
    {"mfra", SidxForm::kNone, 1, false},
};

INSTANTIATE_TEST_SUITE_P(Indexes, Damage, testing::ValuesIn(kDamages), [](const auto& test) {
  return std::string(test.param.name);
});

class Cut : public testing::TestWithParam<bool> {};

// A recording that was interrupted: everything up to the last whole sample.
TEST_P(Cut, PlaysToTheLastWholeSample) {
  FragmentedSpec spec = PlainFragments();
  for (FragmentSpec& fragment : spec.fragments)
    fragment.mdat_first = GetParam();
  const FragmentedMovie built = BuildFragments(spec);
  const FragmentPlace& place = built.places[5];
  const uint64_t middle = (place.mdat + place.end) / 2;
  for (const uint64_t size : {place.start,
                              place.moof + 3,
                              place.moof + 60,
                              place.mdat - 1,
                              place.mdat + 8,
                              middle,
                              place.end - 1,
                              built.places[1].start}) {
    const Bytes bytes(built.bytes.begin(), built.bytes.begin() + static_cast<ptrdiff_t>(size));
    const TempFile file(bytes);
    ExpectNone(PlayAndCompare(file.path(), *ExpandMovie(bytes), bytes), std::to_string(size));
  }
}

INSTANTIATE_TEST_SUITE_P(Orders, Cut, testing::Bool(), [](const auto& test) {
  return test.param ? "mdat_first" : "moof_first";
});

// What if the samples of another fragment were missing? It must be noticed.
TEST(DamagePerturbed, AnotherLossIsNoticed) {
  const FragmentedMovie built = BuildFragments(PlainFragments());
  Bytes bytes = built.bytes;
  ZeroBytes(&bytes, built.places[4].moof, kBlock);
  const TempFile file(bytes);
  OracleMovie movie = *ExpandMovie(built.bytes);
  EXPECT_NE(PlayAndCompare(file.path(), movie, bytes), std::vector<std::string>());
  Remove(built, 5, &movie);
  EXPECT_NE(PlayAndCompare(file.path(), movie, bytes), std::vector<std::string>());
}

}  // namespace
}  // namespace iso::test
