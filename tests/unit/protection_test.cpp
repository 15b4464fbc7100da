// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Common encryption as the demuxer tells it: every form of it, in order, at random, after
// seeks, waiting for bytes at every read, and from files cut off at every byte.

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "core/codec/sample_description.h"
#include "core/demux/demuxer.h"
#include "core/protection/table_crypto.h"
#include "entry_builder.h"
#include "movie_catalog.h"
#include "protection_forms.h"
#include "table_sources.h"

namespace iso {
namespace {

using test::EncryptedMovie;
using test::NamedEncryption;
using test::SampleTruth;
using State = SampleProtection::State;

std::vector<uint8_t> Copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

std::vector<uint8_t> SubsampleBytes(const SampleTruth& truth) {
  test::ByteWriter w;
  for (const auto& [clear, encrypted] : truth.subsamples)
    w.U16(clear).U32(encrypted);
  return w.bytes();
}

/// Empty where they agree.
std::string Difference(const SampleProtection& protection, const SampleTruth& truth) {
  const State expected = truth.encrypted ? State::kEncrypted : State::kClear;
  if (protection.state != expected) {
    return "state " + std::to_string(static_cast<int>(protection.state));
  }
  const EncryptionParameters& p = *protection.parameters;
  if (p.is_protected != truth.encrypted) return "is_protected";
  if (Copy(p.key_id) != KeyIdOf(truth.key)) return "key id";
  if (!truth.encrypted) return "";
  if (p.iv_size != truth.key.iv_size) return "IV size";
  if (p.crypt_blocks != truth.key.crypt || p.skip_blocks != truth.key.skip) return "pattern";
  if (Copy(protection.iv) != truth.iv) return "IV";
  return Copy(protection.subsamples) == SubsampleBytes(truth) ? "" : "subsamples";
}

/// One video track in chunks of different lengths.
test::MovieSpec OneTrack() {
  test::MovieSpec spec = test::PlainMovie();
  spec.tracks.resize(1);
  spec.tracks[0].chunk_pattern = {4, 1, 7};
  return spec;
}

class Form : public testing::TestWithParam<NamedEncryption> {};

INSTANTIATE_TEST_SUITE_P(Encryption,
                         Form,
                         testing::ValuesIn(test::EncryptionForms()),
                         [](const auto& test) { return test.param.name; });

/// Plays on, waiting where it has to. Calls `check` with each sample; the error that ended it.
template <class Check>
Errc Play(Demuxer& demuxer, Check&& check) {
  Event event;
  while (true) {
    const Status next = demuxer.Next(&event);
    if (!next.ok() && next.error().code == Errc::kNotYet) continue;
    if (!next.ok()) return next.error().code;
    if (event.kind == Event::Kind::kAllEnded) return Errc::kEndOfTable;
    if (event.kind == Event::Kind::kSample) check(event);
  }
}

TEST_P(Form, EverySampleOfEveryTrack) {
  const EncryptedMovie movie = BuildEncrypted(test::PlainMovie(), GetParam().spec, nullptr);
  Demuxer demuxer(std::make_shared<MemorySource>(movie.file), {}, nullptr);
  ASSERT_TRUE(demuxer.Open().ok());
  ASSERT_TRUE(demuxer.Seek({}).ok());
  std::vector<size_t> counts(2);
  Play(demuxer, [&](const Event& event) {
    ASSERT_NE(event.protection, nullptr);
    EXPECT_EQ(event.protection->scheme.Text(), GetParam().spec.scheme);
    EXPECT_EQ(Difference(*event.protection, movie.truth[event.track][event.sample.index]), "")
        << "track " << event.track << " sample " << event.sample.index;
    ++counts[event.track];
  });
  EXPECT_EQ(counts[0], movie.truth[0].size());
  EXPECT_EQ(counts[1], movie.truth[1].size());
  EXPECT_EQ(demuxer.stats().lost_samples, 0u);
}

TEST_P(Form, AnyOrder) {
  const EncryptedMovie movie = BuildEncrypted(OneTrack(), GetParam().spec, nullptr);
  Demuxer demuxer(std::make_shared<MemorySource>(movie.file), {}, nullptr);
  ASSERT_TRUE(demuxer.Open().ok());
  const Track& track = demuxer.movie()->tracks[0];
  const auto crypto = track.protection->NewTableCrypto();
  std::mt19937 random(7);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t n = random() % movie.truth[0].size();
    const Result<Sample> sample = track.samples->At(n);
    ASSERT_TRUE(sample.ok());
    SampleProtection protection;
    ASSERT_TRUE(crypto->At({n, 1, sample->size}, &protection).ok());
    ASSERT_EQ(Difference(protection, movie.truth[0][n]), "") << n;
    // The same again is the same.
    ASSERT_TRUE(crypto->At({n, 1, sample->size}, &protection).ok());
    ASSERT_EQ(Difference(protection, movie.truth[0][n]), "") << n;
  }
}

TEST_P(Form, WaitsAtEveryRead) {
  const EncryptedMovie movie = BuildEncrypted(OneTrack(), GetParam().spec, nullptr);
  auto source = std::make_shared<test::FaultSource>(movie.file);
  {
    Demuxer demuxer(source, {}, nullptr);
    ASSERT_TRUE(demuxer.Open().ok() && demuxer.Seek({}).ok());
    Play(demuxer, [](const Event&) {});
  }
  const uint64_t reads = source->reads;
  for (uint64_t fail_at = 1; fail_at <= reads; ++fail_at) {
    source->reads = 0;
    source->fail_at = fail_at;
    Demuxer demuxer(source, {}, nullptr);
    while (!demuxer.Open().ok()) {
    }
    while (!demuxer.Seek({}).ok()) {
    }
    size_t count = 0;
    Play(demuxer, [&](const Event& event) {
      ++count;
      EXPECT_EQ(Difference(*event.protection, movie.truth[0][event.sample.index]), "")
          << "read " << fail_at;
    });
    EXPECT_EQ(count, movie.truth[0].size()) << "read " << fail_at;
  }
}

TEST_P(Form, CutAtEveryByteGivesTheTruthOrNothing) {
  // A table of groups that is cut away leaves all samples to the default group, and rightly.
  if (GetParam().spec.default_group != 0) GTEST_SKIP();
  test::MovieSpec spec = OneTrack();
  spec.tracks[0].samples.assign(12, {100, 1, 0, true, false, 1});
  const EncryptedMovie movie = BuildEncrypted(spec, GetParam().spec, nullptr);
  for (size_t size = 0; size < movie.file.size(); ++size) {
    std::vector<uint8_t> cut(movie.file.begin(), movie.file.begin() + static_cast<ptrdiff_t>(size));
    Demuxer demuxer(std::make_shared<MemorySource>(std::move(cut)), {}, nullptr);
    if (!demuxer.Open().ok() || !demuxer.Seek({}).ok()) continue;
    Play(demuxer, [&](const Event& event) {
      // Where the sample entry itself is cut off, encryption is not known of.
      if (event.protection == nullptr) return;
      ASSERT_EQ(Difference(*event.protection, movie.truth[0][event.sample.index]), "")
          << "cut at " << size;
    });
  }
}

/// What is lost: samples whose records are not as they should be.
uint64_t LostOf(const std::vector<uint8_t>& file) {
  Demuxer demuxer(std::make_shared<MemorySource>(file), {}, nullptr);
  EXPECT_TRUE(demuxer.Open().ok());
  EXPECT_TRUE(demuxer.Seek({}).ok());
  Play(demuxer, [](const Event&) {});
  return demuxer.stats().lost_samples;
}

TEST(Damage, RecordsAfterTheEndOfTheFile) {
  test::EncryptionSpec spec;
  spec.form = test::RecordForm::kSaio;
  EncryptedMovie movie = BuildEncrypted(OneTrack(), spec, nullptr);
  movie.file.resize(movie.file.size() - 8 * 3 - 1);
  EXPECT_EQ(LostOf(movie.file), 4u);
}

TEST(Damage, NoRecordsAtAll) {
  test::EncryptionSpec spec;
  spec.form = test::RecordForm::kNone;
  const EncryptedMovie movie = BuildEncrypted(OneTrack(), spec, nullptr);
  EXPECT_EQ(LostOf(movie.file), movie.truth[0].size());
}

TEST(Damage, SubsamplesThatAreMoreThanTheSample) {
  test::EncryptionSpec spec;
  spec.subsamples = true;
  EncryptedMovie movie = BuildEncrypted(OneTrack(), spec, nullptr);
  // The first encrypted length of the third sample.
  const auto iv = movie.truth[0][2].iv;
  const auto at = std::search(movie.file.begin(), movie.file.end(), iv.begin(), iv.end());
  ASSERT_NE(at, movie.file.end());
  at[12] = 0x7f;
  EXPECT_EQ(LostOf(movie.file), 1u);
}

TEST(Damage, AGroupThatIsNotDescribed) {
  test::EncryptionSpec spec;
  spec.groups = {{true, 8, 0, 0, 0, 2}};
  spec.group = [](size_t) { return 1u; };
  EncryptedMovie movie = BuildEncrypted(OneTrack(), spec, nullptr);
  const char* sbgp = "sbgp";
  const auto at = std::search(movie.file.begin(), movie.file.end(), sbgp, sbgp + 4);
  ASSERT_NE(at, movie.file.end());
  at[4 + 4 + 4 + 4 + 4 + 3] = 2;
  EXPECT_EQ(LostOf(movie.file), movie.truth[0].size());
}

TEST(Damage, TheFirstLossIsTold) {
  class Collect final : public Diagnostics {
   public:
    void Report(const Error& error) override { errors.push_back(error.code); }

    std::vector<Errc> errors;
  } collect;

  test::EncryptionSpec spec;
  spec.form = test::RecordForm::kNone;
  const EncryptedMovie movie = BuildEncrypted(OneTrack(), spec, nullptr);
  Demuxer demuxer(std::make_shared<MemorySource>(movie.file), {}, &collect);
  ASSERT_TRUE(demuxer.Open().ok() && demuxer.Seek({}).ok());
  Play(demuxer, [](const Event&) { FAIL() << "a sample nobody can decrypt"; });
  EXPECT_EQ(std::count(collect.errors.begin(), collect.errors.end(), Errc::kSampleUndecryptable),
            1);
}

TEST(Long, SencWithoutSizesIsWalkedOnce) {
  test::MovieSpec spec = OneTrack();
  spec.tracks[0].samples.assign(20000, {100, 1, 0, true, false, 1});
  spec.tracks[0].ctts = test::CttsForm::kNone;
  test::EncryptionSpec encryption;
  encryption.subsamples = true;
  const EncryptedMovie movie = BuildEncrypted(spec, encryption, nullptr);
  auto source = std::make_shared<test::FaultSource>(movie.file);
  Demuxer demuxer(source, {}, nullptr);
  ASSERT_TRUE(demuxer.Open().ok());
  const auto crypto = demuxer.movie()->tracks[0].protection->NewTableCrypto();
  SampleProtection protection;
  ASSERT_TRUE(crypto->At({19999, 1, 100}, &protection).ok());
  ASSERT_EQ(Difference(protection, movie.truth[0][19999]), "");
  for (const uint64_t n : {5000u, 12345u, 0u, 19000u}) {
    const uint64_t before = source->bytes_read;
    ASSERT_TRUE(crypto->At({n, 1, 100}, &protection).ok());
    EXPECT_EQ(Difference(protection, movie.truth[0][n]), "") << n;
    EXPECT_LT(source->bytes_read - before, 64u << 10) << n;
  }
}

EntryEncryption Parse(const test::Bytes& entry) {
  Limits limits;
  const auto parsed =
      ParseSampleDescriptions(test::StsdBody({entry}), MediaKind::kVideo, 0, limits, nullptr);
  return EncryptionOf(parsed->front());
}

TEST(TrackEncryption, ReadsAllForms) {
  test::EncryptionSpec spec;
  spec.scheme = "cbcs";
  spec.track = {true, 0, 16, 1, 9, 4};
  const EntryEncryption entry = Parse(EncryptEntry(test::Avc1Entry(16, 16), spec));
  EXPECT_EQ(entry.scheme, FourCC("cbcs"));
  ASSERT_TRUE(entry.parameters);
  EXPECT_EQ(entry.parameters->crypt_blocks, 1);
  EXPECT_EQ(entry.parameters->skip_blocks, 9);
  EXPECT_EQ(entry.parameters->constant_iv_size, 16);
  EXPECT_EQ(entry.parameters->constant_iv[15], 0xc0 + 15 + 4);
}

TEST(TrackEncryption, RefusesSizesOfIvsThatAreNone) {
  test::EncryptionSpec spec;
  for (const int size : {1, 7, 9, 17, 255}) {
    spec.track.iv_size = static_cast<uint8_t>(size);
    EXPECT_FALSE(Parse(EncryptEntry(test::Avc1Entry(16, 16), spec)).parameters) << size;
  }
  spec.track.iv_size = 0;
  spec.track.constant_iv_size = 4;
  EXPECT_FALSE(Parse(EncryptEntry(test::Avc1Entry(16, 16), spec)).parameters);
}

TEST(TrackEncryption, IsCutAtEveryByte) {
  test::EncryptionSpec spec;
  spec.track = {true, 0, 16, 1, 9, 4};
  const test::Bytes whole = EncryptEntry(test::Avc1Entry(16, 16), spec);
  for (size_t size = 8; size < whole.size(); ++size) {
    const EntryEncryption entry =
        Parse(test::Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)));
    EXPECT_FALSE(entry.parameters) << size;
  }
}

TEST(TrackEncryption, OtherSchemesAreNotCommonEncryption) {
  test::EncryptionSpec spec;
  spec.scheme = "sve1";
  EXPECT_EQ(Parse(EncryptEntry(test::Avc1Entry(16, 16), spec)).scheme, FourCC());
  EXPECT_EQ(Parse(test::Avc1Entry(16, 16)).scheme, FourCC());
}

TEST(ProtectionSystems, OfMovieAndFile) {
  test::MovieSpec spec = OneTrack();
  spec.moov_boxes = test::Join({test::PsshBox(0, 3, {1, 2, 3}), test::PsshBox(1, 4, {5})});
  spec.tail = test::PsshBox(0, 5, {});
  Demuxer demuxer(std::make_shared<MemorySource>(BuildMovie(spec)), {}, nullptr);
  ASSERT_TRUE(demuxer.Open().ok());
  const auto& systems = demuxer.movie()->protection_systems;
  ASSERT_EQ(systems.size(), 3u);
  EXPECT_EQ(systems[0].system_id[0], 3);
  EXPECT_EQ(systems[0].box, test::PsshBox(0, 3, {1, 2, 3}));
  EXPECT_EQ(systems[1].box, test::PsshBox(1, 4, {5}));
  EXPECT_EQ(systems[2].system_id[15], 5);
}

TEST(ProtectionSystems, AreCutAtEveryByte) {
  const test::Bytes whole = test::PsshBox(1, 4, {5, 6, 7});
  for (size_t size = 8; size < whole.size(); ++size) {
    BoxHeader header;
    header.type = "pssh";
    header.body = 8;
    header.end = whole.size();
    EXPECT_FALSE(ParseProtectionSystem(header, Bytes(whole).subspan(8, size - 8))) << size;
  }
}

}  // namespace
}  // namespace iso
