// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Common encryption in whole fragmented movies: every form of it, played through and sought
// in, and the DRM systems that a fragment names.

#include <set>

#include <gtest/gtest.h>

#include "core/demux/demuxer.h"
#include "encrypted_fragments.h"
#include "protection_forms.h"

namespace iso {
namespace {

using test::NamedEncryption;
using test::SampleTruth;
using State = SampleProtection::State;

std::vector<uint8_t> Copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

std::string Difference(const SampleProtection& protection, const SampleTruth& truth) {
  const State expected = truth.encrypted ? State::kEncrypted : State::kClear;
  if (protection.state != expected) {
    return "state " + std::to_string(static_cast<int>(protection.state));
  }
  if (Copy(protection.parameters->key_id) != KeyIdOf(truth.key)) return "key id";
  if (!truth.encrypted) return "";
  if (Copy(protection.iv) != truth.iv) return "IV";
  test::ByteWriter subsamples;
  for (const auto& [clear, encrypted] : truth.subsamples)
    subsamples.U16(clear).U32(encrypted);
  return Copy(protection.subsamples) == subsamples.bytes() ? "" : "subsamples";
}

/// Calls `check` with each sample to the end; waits where it has to.
template <class Check>
void Play(Demuxer& demuxer, Check&& check) {
  Event event;
  while (true) {
    const Status next = demuxer.Next(&event);
    if (!next.ok() && next.error().code == Errc::kNotYet) continue;
    ASSERT_TRUE(next.ok()) << Describe(next.error());
    if (event.kind == Event::Kind::kAllEnded) return;
    if (event.kind == Event::Kind::kSample) check(event);
  }
}

class Form : public testing::TestWithParam<NamedEncryption> {};

INSTANTIATE_TEST_SUITE_P(Encryption,
                         Form,
                         testing::ValuesIn(test::EncryptionForms()),
                         [](const auto& test) { return test.param.name; });

TEST_P(Form, EverySampleOfEveryFragment) {
  const test::EncryptedFragments built = test::BuildEncryptedFragments(GetParam().spec);
  Demuxer demuxer(std::make_shared<MemorySource>(built.file), {}, nullptr);
  ASSERT_TRUE(demuxer.Open().ok() && demuxer.Seek({}).ok());
  std::vector<size_t> next(built.truth.size());
  Play(demuxer, [&](const Event& event) {
    ASSERT_NE(event.protection, nullptr);
    const size_t i = next[event.track]++;
    ASSERT_LT(i, built.truth[event.track].size());
    EXPECT_EQ(Difference(*event.protection, built.truth[event.track][i]), "")
        << "track " << event.track << " sample " << i;
  });
  for (size_t t = 0; t < next.size(); ++t)
    EXPECT_EQ(next[t], built.truth[t].size());
  EXPECT_EQ(demuxer.stats().lost_samples, 0u);
}

TEST_P(Form, AfterSeeks) {
  const test::EncryptedFragments built = test::BuildEncryptedFragments(GetParam().spec);
  Demuxer demuxer(std::make_shared<MemorySource>(built.file), {}, nullptr);
  ASSERT_TRUE(demuxer.Open().ok());
  for (const int64_t ms : {2500, 300, 3900, 0, 1000}) {
    SeekRequest request;
    request.start_ns = ms * 1'000'000;
    ASSERT_TRUE(demuxer.Seek(request).ok());
    // From the end back, since what is played is the tail of all.
    std::vector<size_t> counts(built.truth.size());
    Play(demuxer, [&](const Event& event) { ++counts[event.track]; });
    ASSERT_TRUE(demuxer.Seek(request).ok());
    std::vector<size_t> next(built.truth.size());
    for (size_t t = 0; t < next.size(); ++t) {
      ASSERT_LE(counts[t], built.truth[t].size());
      next[t] = built.truth[t].size() - counts[t];
    }
    Play(demuxer, [&](const Event& event) {
      const size_t i = next[event.track]++;
      EXPECT_EQ(Difference(*event.protection, built.truth[event.track][i]), "")
          << "at " << ms << " ms, track " << event.track << " sample " << i;
    });
  }
}

TEST(Systems, OfAFragmentComeWithItsSamples) {
  const test::Bytes pssh = test::PsshBox(0, 3, {1, 2, 3});
  const test::EncryptedFragments built = test::BuildEncryptedFragments({}, pssh);
  Demuxer demuxer(std::make_shared<MemorySource>(built.file), {}, nullptr);
  ASSERT_TRUE(demuxer.Open().ok() && demuxer.Seek({}).ok());
  std::vector<std::set<uint64_t>> fragments(2);
  Play(demuxer, [&](const Event& event) {
    ASSERT_EQ(event.protection->systems.size(), 1u);
    EXPECT_EQ(event.protection->systems[0].box, pssh);
    fragments[event.track].insert(event.protection->systems_from);
  });
  EXPECT_EQ(fragments[0].size(), 4u);
  EXPECT_EQ(fragments[1], fragments[0]);
}

}  // namespace
}  // namespace iso
