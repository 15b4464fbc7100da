// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Damaged files: exactly one error message, or the media that is there and EOS on every
// pad. Never a crash, a hang, or an end without pads and without a word.

#include <cstdio>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "media_files.h"
#include "movie_catalog.h"
#include "recorder.h"

namespace iso::test {
namespace {

constexpr double kHangSeconds = 15;

/// What is wrong with the way a file was received; empty if nothing is.
std::string Verdict(Outcome outcome, size_t errors, const std::vector<RecordedPad>& pads) {
  if (outcome == Outcome::kTimeout && pads.empty()) return "silence: no error, no pads";
  if (outcome == Outcome::kTimeout) return "no error and no EOS on every pad";
  if (outcome == Outcome::kError && errors != 1) {
    return std::to_string(errors) + " error messages";
  }
  if (outcome == Outcome::kEos && errors != 0) return "an error message after EOS";
  for (const RecordedPad& pad : pads) {
    for (size_t i = 0; i + 1 < pad.items.size(); ++i) {
      const GstEvent* event = pad.items[i].event.get();
      if (event && GST_EVENT_TYPE(event) == GST_EVENT_EOS) return "data after EOS on " + pad.name;
    }
  }
  return "";
}

std::string Judge(Recorder& recorder, const std::string& path) {
  recorder.Start(path);
  const Outcome outcome = recorder.WaitEos(kHangSeconds);
  // The streaming thread may be at work after its error message: what it still says counts.
  gst_element_set_state(recorder.pipeline(), GST_STATE_READY);
  const std::vector<RecordedPad> pads = recorder.pads();
  recorder.Stop();
  return Verdict(outcome, recorder.errors().size(), pads);
}

/// Judges many variants of a file with one element, as an application would.
class Trial {
 public:
  explicit Trial(std::string name) : name_(std::move(name)) {}

  void Try(const Bytes& bytes, const std::string& what) {
    const Watchdog watchdog(name_ + ", " + what, 2 * kHangSeconds);
    const TempFile file(bytes);
    const std::string verdict = Judge(recorder_, file.path());
    if (!verdict.empty() && ++failures_ <= 10) {
      ADD_FAILURE() << name_ << ", " << what << ": " << verdict;
    }
  }

 private:
  std::string name_;
  Recorder recorder_;
  int failures_ = 0;
};

CatalogMovie FromCatalog(const std::string& name) {
  for (const CatalogMovie& movie : CatalogMovies()) {
    if (movie.name == name) return movie;
  }
  ADD_FAILURE() << "no movie " << name;
  return {};
}

/// Small enough that the first 4 KiB hold all of the headers.
Bytes ShortMovie() {
  MovieSpec spec;
  spec.tracks = {VideoTrack(1, 1), AudioTrack(2, 1), TextTrack(3, 2)};
  return BuildMovie(spec);
}

void TruncateEverywhere(const std::string& name, const Bytes& bytes, size_t step) {
  Trial trial(name);
  for (size_t size = 0; size < std::min<size_t>(bytes.size(), 4096); size += step) {
    trial.Try(Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)),
              "cut to " + std::to_string(size));
  }
}

TEST(BadInput, TruncatedAtEveryByte) {
  TruncateEverywhere("short", ShortMovie(), 1);
}

class Catalog : public testing::TestWithParam<const char*> {};

TEST_P(Catalog, TruncatedAtPrimeSteps) {
  TruncateEverywhere(GetParam(), BuildMovie(FromCatalog(GetParam()).spec), 31);
}

TEST_P(Catalog, TruncatedInTheMedia) {
  const Bytes bytes = BuildMovie(FromCatalog(GetParam()).spec);
  Trial trial(GetParam());
  for (size_t i = 1; i < 24; ++i) {
    const size_t size = bytes.size() - i * bytes.size() / 24;
    trial.Try(Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)),
              "cut to " + std::to_string(size));
  }
}

// Counts that the box cannot hold, and counts too small for the other tables.
TEST_P(Catalog, TablesOtherThanTheirCount) {
  const Bytes bytes = BuildMovie(FromCatalog(GetParam()).spec);
  Trial trial(GetParam());
  for (const char* table : {"stsz",
                            "stz2",
                            "stts",
                            "ctts",
                            "stsc",
                            "stco",
                            "co64",
                            "stss",
                            "stps",
                            "stsd",
                            "elst",
                            "dref",
                            "cslg"}) {
    for (size_t at = 4; at + 20 < bytes.size(); ++at) {
      if (std::memcmp(bytes.data() + at, table, 4) != 0) continue;
      const bool sizes = std::strncmp(table, "sts", 3) == 0 && table[3] == 'z';
      const size_t field = at + (sizes || std::strcmp(table, "stz2") == 0 ? 12 : 8);
      for (const uint32_t count : {0u, 1u, 7u, 100000u, 0x10000000u, 0x80000001u, 0xffffffffu}) {
        Bytes changed = bytes;
        const Bytes number = ByteWriter().U32(count).bytes();
        std::copy(number.begin(), number.end(), changed.begin() + static_cast<ptrdiff_t>(field));
        trial.Try(changed, std::string(table) + " count " + std::to_string(count));
      }
    }
  }
}

TEST_P(Catalog, RandomBytesChanged) {
  const Bytes bytes = BuildMovie(FromCatalog(GetParam()).spec);
  Trial trial(GetParam());
  std::mt19937 random(20260101);
  for (int round = 0; round < 150; ++round) {
    Bytes changed = bytes;
    const size_t header = std::min<size_t>(changed.size(), 6000);
    for (size_t k = 1 + random() % 8; k > 0; --k) {
      changed[random() % header] = static_cast<uint8_t>(random());
    }
    trial.Try(changed, "random change " + std::to_string(round));
  }
}

// Without a large moov last: the changes are made to the first bytes.
INSTANTIATE_TEST_SUITE_P(Movies,
                         Catalog,
                         testing::Values("plain",
                                         "wide-and-filler",
                                         "ctts-signed-v1-cslg",
                                         "stz2-4",
                                         "stsc-many-runs",
                                         "edit-empty-first-v1",
                                         "pcm-sowt",
                                         "many-tracks",
                                         "m4a-tags"),
                         [](const auto& test) { return TestName(test.param); });

TEST(BadInput, CompressedMoovChanged) {
  if (!CanCompressMoov()) GTEST_SKIP() << "built without zlib";
  const Bytes bytes = BuildMovie(FromCatalog("cmov").spec);
  const Bytes mark = {'c', 'm', 'v', 'd'};
  const auto found = std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end());
  ASSERT_NE(found, bytes.end());
  const auto start = static_cast<size_t>(found - bytes.begin());
  Trial trial("cmov");
  for (size_t at = start; at < bytes.size(); at += 3) {
    Bytes changed = bytes;
    changed[at] ^= 0x5a;
    trial.Try(changed, "byte " + std::to_string(at) + " changed");
    trial.Try(Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(at)),
              "cut to " + std::to_string(at));
  }
}

TEST(BadInput, NoMovieAtAll) {
  Trial trial("no movie");
  trial.Try({}, "empty file");
  trial.Try({0}, "one byte");
  trial.Try(Bytes(7, uint8_t{0}), "seven zeros");
  trial.Try(Bytes(100000, uint8_t{0}), "zeros");
  trial.Try(Bytes(100000, uint8_t{0xff}), "ones");
  const std::string text = "This is a text, not a movie.\n";
  Bytes long_text;
  for (int i = 0; i < 500; ++i)
    long_text.insert(long_text.end(), text.begin(), text.end());
  trial.Try(long_text, "text");
  const Bytes ftyp = Box("ftyp", ByteWriter().Text("isom").U32(0).Text("isom").bytes());
  trial.Try(ftyp, "ftyp alone");
  trial.Try(ByteWriter().Add(ftyp).Add(Box("mdat", Bytes(5000))).bytes(), "no moov");
  trial.Try(ByteWriter().Add(ftyp).Add(Box("moov", {})).bytes(), "empty moov");
  trial.Try(ByteWriter().Add(ftyp).U32(0).Text("moov").bytes(), "moov to the end, empty");
  trial.Try(ByteWriter().Add(ftyp).U32(1).Text("mdat").U64(~0ull).bytes(), "mdat of 2^64 bytes");
  trial.Try(ByteWriter().Add(ftyp).U32(1).Text("mdat").U64(3).bytes(),
            "mdat smaller than its head");
  trial.Try(ByteWriter().Add(ftyp).U32(7).Text("free").bytes(), "box of 7 bytes");
}

class Real : public testing::TestWithParam<std::string> {};

TEST_P(Real, TruncatedAndChanged) {
  if (GetParam().empty()) GTEST_SKIP() << "no real media next to the source tree";
  const Bytes bytes = ReadFile(MediaRoot() + "/" + GetParam());
  TruncateEverywhere(GetParam(), bytes, 211);
  Trial trial(GetParam());
  std::mt19937 random(7);
  for (int round = 0; round < 12; ++round) {
    Bytes changed = bytes;
    const size_t from = round % 2 && bytes.size() > 4096 ? bytes.size() - 4096 : 0;
    for (size_t k = 1 + random() % 8; k > 0; --k) {
      changed[from + random() % std::min<size_t>(4096, bytes.size() - from)] =
          static_cast<uint8_t>(random());
    }
    trial.Try(changed, "random change " + std::to_string(round));
  }
}

std::vector<std::string> SomeRealMovies() {
  std::vector<std::string> all = RealMovies(), some;
  for (size_t i = 0; i < all.size(); i += 7)
    some.push_back(all[i]);
  return some;
}

INSTANTIATE_TEST_SUITE_P(Files, Real, testing::ValuesIn(SomeRealMovies()), [](const auto& test) {
  return std::to_string(test.index) + "_" + TestName(test.param);
});

TEST(Malformed, EveryFile) {
  if (MalformedFiles()[0].empty()) GTEST_SKIP() << "no damaged media next to the source tree";
  Recorder recorder;
  for (const std::string& file : MalformedFiles()) {
    const Watchdog watchdog(file, 2 * kHangSeconds);
    const std::string verdict = Judge(recorder, MediaRoot() + "/" + file);
    if (!verdict.empty()) ADD_FAILURE() << file << ": " << verdict;
  }
}

// The judge itself: each kind of misbehaviour has a verdict.
TEST(BadInput, TheJudgeSeesWhatIsWrong) {
  RecordedPad ended, goes_on;
  const auto eos = EventPtr(gst_event_new_eos(), gst_event_unref);
  ended.items.resize(2);
  ended.items[1].event = eos;
  goes_on.items.resize(2);
  goes_on.items[0].event = eos;
  EXPECT_EQ(Verdict(Outcome::kEos, 0, {ended}), "");
  EXPECT_EQ(Verdict(Outcome::kError, 1, {}), "");
  EXPECT_EQ(Verdict(Outcome::kError, 1, {ended}), "");
  EXPECT_NE(Verdict(Outcome::kError, 2, {}), "");
  EXPECT_NE(Verdict(Outcome::kTimeout, 0, {}), "");
  EXPECT_NE(Verdict(Outcome::kTimeout, 0, {ended}), "");
  EXPECT_NE(Verdict(Outcome::kEos, 1, {ended}), "");
  EXPECT_NE(Verdict(Outcome::kEos, 0, {goes_on}), "");
  Recorder recorder;
  const TempFile good(ShortMovie());
  EXPECT_EQ(Judge(recorder, good.path()), "");
}

}  // namespace
}  // namespace iso::test
