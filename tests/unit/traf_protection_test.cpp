// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Common encryption in movie fragments: the boxes of a traf in every form, cut off at every
// byte, and contradicting each other.

#include "core/protection/traf_protection.h"

#include <random>

#include <gtest/gtest.h>

#include "core/codec/sample_description.h"
#include "entry_builder.h"
#include "protection_forms.h"
#include "table_sources.h"

namespace iso {
namespace {

using test::EncryptionSpec;
using test::NamedEncryption;
using test::RecordForm;
using test::SampleTruth;
using State = SampleProtection::State;

constexpr size_t kSamples = 40;
constexpr uint32_t kSampleBytes = 200;
constexpr uint64_t kBase = 100;  ///< of data offsets in the source
constexpr uint32_t kRuns[] = {10, 25, 5};

std::vector<uint8_t> Copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

std::vector<SampleTruth> TruthOf(const EncryptionSpec& spec) {
  std::vector<SampleTruth> truth;
  for (size_t i = 0; i < kSamples; ++i)
    truth.push_back(TruthOf(spec, i, kSampleBytes));
  return truth;
}

/// What the movie header says: the sample entry, and nothing about groups.
std::shared_ptr<const TrackProtection> TrackOf(const EncryptionSpec& spec) {
  static PageCache pages(std::make_shared<MemorySource>(std::vector<uint8_t>()), 0);
  static MemorySource none({});
  const Limits limits;
  const auto stsd = test::StsdBody({EncryptEntry(test::Avc1Entry(16, 16), spec)});
  const auto entries = ParseSampleDescriptions(stsd, MediaKind::kVideo, 0, limits, nullptr);
  BoxLoader loader(none, limits, nullptr);
  return ProtectionReader().Finish(*entries, {}, pages, loader);
}

struct Traf {
  std::vector<test::Bytes> boxes;
  std::vector<uint8_t> source;
};

/// Records in the source lie behind kBase, those of each run 7 bytes after the last one's.
Traf TrafOf(const EncryptionSpec& spec) {
  const auto truth = TruthOf(spec);
  Traf traf;
  traf.source.assign(kBase, 0xee);
  std::vector<uint64_t> offsets;
  size_t run = 0;
  size_t left = 0;
  for (const SampleTruth& sample : truth) {
    if (left == 0 && (offsets.empty() || spec.form == RecordForm::kSaioPerChunk)) {
      traf.source.insert(traf.source.end(), 7, 0xee);
      offsets.push_back(traf.source.size() - kBase);
      left = kRuns[run++];
    }
    const test::Bytes record = RecordOf(spec, sample);
    traf.source.insert(traf.source.end(), record.begin(), record.end());
    if (spec.form == RecordForm::kSaioPerChunk) --left;
  }
  const RecordForm form = spec.form;
  if (!spec.groups.empty()) traf.boxes = {test::SgpdBox(spec), test::SbgpBox(spec, kSamples, true)};
  const bool in_source = form == RecordForm::kSaio || form == RecordForm::kSaioPerChunk;
  const bool has_sizes =
      in_source || form == RecordForm::kSencWithSizes || form == RecordForm::kSencAndSaio;
  if (has_sizes) traf.boxes.push_back(test::SaizBox(spec, truth));
  if (in_source) traf.boxes.push_back(test::SaioBox(spec, offsets));
  if (!in_source && form != RecordForm::kNone) traf.boxes.push_back(test::SencBox(spec, truth));
  return traf;
}

void Add(TrafProtectionReader& reader, const test::Bytes& box, size_t cut_at = SIZE_MAX) {
  Reader r(box);
  BoxHeader header;
  header.end = r.U32();
  header.type = r.Code();
  if (header.type == FourCC("uuid")) {
    const Bytes id = r.Take(16);
    std::copy(id.begin(), id.end(), header.uuid.begin());
  }
  header.body = r.position();
  if (cut_at < header.body) return;
  const size_t size = std::min(cut_at, box.size());
  reader.Add(header, Bytes(box).subspan(header.body, size - header.body), nullptr);
}

std::shared_ptr<const TrafProtection> Finish(TrafProtectionReader& reader, const Traf& traf) {
  MemorySource source(traf.source);
  const auto finished = reader.Finish({kBase, kRuns}, source);
  EXPECT_TRUE(finished.ok());
  return *finished;
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

class Form : public testing::TestWithParam<NamedEncryption> {};

INSTANTIATE_TEST_SUITE_P(Encryption,
                         Form,
                         testing::ValuesIn(test::EncryptionForms()),
                         [](const auto& test) { return test.param.name; });

TEST_P(Form, InOrderAndInAnyOrder) {
  const EncryptionSpec& spec = GetParam().spec;
  const auto truth = TruthOf(spec);
  TrafProtectionReader reader(TrackOf(spec));
  const Traf traf = TrafOf(spec);
  for (const test::Bytes& box : traf.boxes)
    Add(reader, box);
  TrafCrypto crypto(Finish(reader, traf));
  SampleProtection protection;
  for (size_t i = 0; i < kSamples; ++i) {
    ASSERT_TRUE(crypto.At({i, 1, kSampleBytes}, &protection).ok());
    EXPECT_EQ(Difference(protection, truth[i]), "") << i;
  }
  std::mt19937 random(5);
  for (int k = 0; k < 500; ++k) {
    const size_t i = random() % kSamples;
    ASSERT_TRUE(crypto.At({i, 1, kSampleBytes}, &protection).ok());
    ASSERT_EQ(Difference(protection, truth[i]), "") << i;
  }
}

TEST_P(Form, BoxesCutAtEveryByteGiveTheTruthOrNothing) {
  const EncryptionSpec& spec = GetParam().spec;
  // What a default group says of samples whose own group is cut away is not wrong.
  if (spec.default_group != 0) GTEST_SKIP();
  const auto truth = TruthOf(spec);
  const Traf traf = TrafOf(spec);
  for (size_t cut = 0; cut < traf.boxes.size(); ++cut) {
    Reader type(Bytes(traf.boxes[cut]).subspan(4));
    // A box of groups that is gone leaves samples to the track's parameters, and rightly.
    if (type.Code() == FourCC("sbgp")) continue;
    for (size_t size = 0; size < traf.boxes[cut].size(); ++size) {
      TrafProtectionReader reader(TrackOf(spec));
      for (size_t i = 0; i < traf.boxes.size(); ++i)
        Add(reader, traf.boxes[i], i == cut ? size : SIZE_MAX);
      TrafCrypto crypto(Finish(reader, traf));
      for (size_t i = 0; i < kSamples; ++i) {
        SampleProtection protection;
        ASSERT_TRUE(crypto.At({i, 1, kSampleBytes}, &protection).ok());
        if (protection.state == State::kLost) continue;
        // Without its record, nothing says that a sample with a constant IV is in parts.
        if (truth[i].key.iv_size == 0 && protection.subsamples.empty()) continue;
        ASSERT_EQ(Difference(protection, truth[i]), "") << "cut at " << size << " sample " << i;
      }
    }
  }
}

TEST(Traf, RecordsThatAreNotThereYetAreWaitedFor) {
  EncryptionSpec spec;
  spec.form = RecordForm::kSaioPerChunk;
  const Traf traf = TrafOf(spec);
  for (uint64_t fail_at = 1; fail_at <= std::size(kRuns); ++fail_at) {
    TrafProtectionReader reader(TrackOf(spec));
    for (const test::Bytes& box : traf.boxes)
      Add(reader, box);
    test::FaultSource source(traf.source);
    source.fail_at = fail_at;
    const auto first = reader.Finish({kBase, kRuns}, source);
    ASSERT_FALSE(first.ok());
    EXPECT_EQ(first.error().code, Errc::kNotYet);
    const auto second = reader.Finish({kBase, kRuns}, source);
    ASSERT_TRUE(second.ok());
    TrafCrypto crypto(*second);
    SampleProtection protection;
    ASSERT_TRUE(crypto.At({39, 1, kSampleBytes}, &protection).ok());
    EXPECT_EQ(Difference(protection, TruthOf(spec)[39]), "");
  }
}

TEST(Traf, SizesThatContradictTheRecordsAreNotBelieved) {
  EncryptionSpec spec;
  spec.form = RecordForm::kSencWithSizes;
  spec.subsamples = true;
  Traf traf = TrafOf(spec);
  for (size_t i = 0; i + 1 < kSamples; ++i)
    traf.boxes[0][traf.boxes[0].size() - 1 - i] = 10;
  TrafProtectionReader reader(TrackOf(spec));
  for (const test::Bytes& box : traf.boxes)
    Add(reader, box);
  TrafCrypto crypto(Finish(reader, traf));
  SampleProtection protection;
  for (size_t i = 0; i < kSamples; ++i) {
    ASSERT_TRUE(crypto.At({i, 1, kSampleBytes}, &protection).ok());
    EXPECT_EQ(Difference(protection, TruthOf(spec)[i]), "") << i;
  }
}

TEST(Traf, GroupsNumberedFromOneAreTheTrafsOwnWhereTheTrackHasNone) {
  EncryptionSpec spec;
  spec.groups = {{true, 8, 0, 0, 0, 2}};
  spec.group = [](size_t) { return 1u; };
  Traf traf = TrafOf(spec);
  traf.boxes[1] = test::SbgpBox(spec, kSamples, false);
  TrafProtectionReader reader(TrackOf(spec));
  for (const test::Bytes& box : traf.boxes)
    Add(reader, box);
  TrafCrypto crypto(Finish(reader, traf));
  SampleProtection protection;
  ASSERT_TRUE(crypto.At({0, 1, kSampleBytes}, &protection).ok());
  EXPECT_EQ(Difference(protection, TruthOf(spec)[0]), "");
}

TEST(Traf, SaysOfHugeRecordsThatTheyAreLost) {
  EncryptionSpec spec;
  spec.form = RecordForm::kSaio;
  const test::Bytes saiz =
      test::FullBox("saiz", 0, 0, test::ByteWriter().U8(255).U32(UINT32_MAX).bytes());
  const test::Bytes saio = test::FullBox("saio", 0, 0, test::ByteWriter().U32(1).U32(0).bytes());
  spec.typed = false;
  TrafProtectionReader reader(TrackOf(spec));
  Add(reader, saiz);
  Add(reader, saio);
  TrafCrypto crypto(Finish(reader, Traf{{}, std::vector<uint8_t>(1000)}));
  SampleProtection protection;
  for (const uint64_t n : {0ull, 1ull, 4000000000ull}) {
    ASSERT_TRUE(crypto.At({n, 1, kSampleBytes}, &protection).ok());
    EXPECT_EQ(protection.state, State::kLost);
  }
}

}  // namespace
}  // namespace iso
