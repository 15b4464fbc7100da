// SPDX-License-Identifier: LGPL-2.1-or-later
//
// index-cache-dir: what is kept saves reads the next time, and can do nothing else, whatever
// somebody has put there.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "fragment_catalog.h"
#include "movie_catalog.h"
#include "recorder.h"

namespace iso::test {
namespace {

namespace fs = std::filesystem;

/// Ten minutes in fragments of a second, without an index.
Bytes LongMovie() {
  FragmentedSpec spec;
  spec.movie.tracks = {VideoTrack(1, 600)};
  spec.fragments = CutFragments(spec, 1.04);
  return BuildFragments(spec).bytes;
}

class IndexCache : public testing::Test {
 protected:
  IndexCache() {
    fs::remove_all(directory_);
    fs::create_directory(directory_);
  }

  ~IndexCache() override { fs::remove_all(directory_); }

  std::vector<fs::path> Entries() const {
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(directory_))
      entries.push_back(entry.path());
    return entries;
  }

  /// The number of reads that seeks take, and what each of them gives.
  struct Sought {
    uint64_t reads = 0;
    std::vector<std::vector<RecordedItem>> items;
  };

  Sought PlayAndSeek(bool with_cache) {
    Recorder recorder;
    if (with_cache) {
      g_object_set(recorder.demuxer(), "index-cache-dir", directory_.c_str(), nullptr);
    }
    recorder.HoldAtFirstBuffers();
    recorder.Start(file_.path());
    EXPECT_TRUE(recorder.WaitStarted());
    recorder.Release();
    ShowAt(&recorder, 0);
    const uint64_t before = Reads(recorder);
    Sought sought;
    for (const int64_t second : {437, 12, 599, 301, 300, 88}) {
      ShowAt(&recorder, second * static_cast<int64_t>(GST_SECOND));
      sought.items.push_back(recorder.pads()[0].items);
    }
    sought.reads = Reads(recorder) - before;
    return sought;
  }

  /// One picture; then nothing goes on.
  static void ShowAt(Recorder* recorder, int64_t at) {
    const unsigned flushes = recorder->pads()[0].flushes;
    EXPECT_TRUE(recorder->Seek(1.0,
                               GST_FORMAT_TIME,
                               GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                               GST_SEEK_TYPE_SET,
                               at,
                               GST_SEEK_TYPE_SET,
                               at + 1));
    EXPECT_TRUE(recorder->WaitFor(
        [&](const auto& pads) { return pads[0]->flushes > flushes && pads[0]->eos; }));
  }

  static uint64_t Reads(const Recorder& recorder) {
    GstStructure* stats = nullptr;
    g_object_get(recorder.demuxer(), "stats", &stats, nullptr);
    guint64 reads = 0;
    gst_structure_get_uint64(stats, "reads", &reads);
    gst_structure_free(stats);
    return reads;
  }

  const fs::path directory_ =
      fs::path(testing::TempDir()) / ("isodemux-index-" + std::to_string(getpid()));
  const TempFile file_{LongMovie()};
};

void ExpectSame(const std::vector<RecordedItem>& a, const std::vector<RecordedItem>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].event != nullptr, b[i].event != nullptr);
    ASSERT_EQ(a[i].pts, b[i].pts);
    ASSERT_EQ(a[i].dts, b[i].dts);
    ASSERT_EQ(a[i].data, b[i].data);
  }
}

#define EXPECT_SAME_SOUGHT(a, b)                 \
  ASSERT_EQ((a).items.size(), (b).items.size()); \
  for (size_t i = 0; i < (a).items.size(); ++i)  \
  ASSERT_NO_FATAL_FAILURE(ExpectSame((a).items[i], (b).items[i]))

TEST_F(IndexCache, IsOffByDefault) {
  PlayAndSeek(false);
  EXPECT_TRUE(Entries().empty());
}

TEST_F(IndexCache, SavesReadsTheNextTime) {
  const Sought first = PlayAndSeek(true);
  ASSERT_EQ(Entries().size(), 1u);
  const Sought second = PlayAndSeek(true);
  EXPECT_SAME_SOUGHT(first, second);
  EXPECT_LT(second.reads, first.reads);
  EXPECT_EQ(Entries().size(), 1u);
}

using Words = std::vector<uint64_t>;

Words ReadWords(const fs::path& path) {
  const std::vector<uint8_t> bytes = ReadFile(path);
  Words words;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i % 8 == 0) words.push_back(0);
    words.back() = words.back() << 8 | bytes[i];
  }
  return words;
}

/// With the right checksum, whatever the words say.
void WriteWords(const fs::path& path, Words words) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  uint64_t hash = 0xcbf29ce484222325;
  words.pop_back();
  const auto put = [&](uint64_t word) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      const auto byte = static_cast<uint8_t>(word >> shift);
      hash = (hash ^ byte) * 0x100000001b3;
      out.put(static_cast<char>(byte));
    }
  };
  for (const uint64_t word : words)
    put(word);
  put(hash);
}

TEST_F(IndexCache, AHostileOneCostsTimeOnly) {
  const Sought without = PlayAndSeek(false);
  PlayAndSeek(true);
  ASSERT_EQ(Entries().size(), 1u);
  const fs::path entry = Entries()[0];
  const Words stored = ReadWords(entry);
  constexpr size_t kHead = 5;
  ASSERT_GT(stored.size(), kHead + 5);
  std::mt19937_64 random(7);
  const std::function<void(uint64_t*, uint64_t*)> lies[] = {
      [](uint64_t*, uint64_t* time) { *time = 0; },
      [](uint64_t*, uint64_t* time) { *time = INT64_MAX; },
      [](uint64_t*, uint64_t* time) { *time = static_cast<uint64_t>(INT64_MIN); },
      [](uint64_t*, uint64_t* time) { *time = 600'000'000'000 - *time; },
      [](uint64_t*, uint64_t* time) { *time /= 2; },
      [](uint64_t*, uint64_t* time) { *time *= 3; },
      [](uint64_t* offset, uint64_t*) { *offset += 11; },
      [](uint64_t* offset, uint64_t*) { *offset /= 2; },
      [&](uint64_t* offset, uint64_t* time) {
        *offset = random() % 3'000'000;
        *time = random() % 600'000'000'000;
      },
      [&](uint64_t* offset, uint64_t* time) {
        *offset = random();
        *time = random();
      },
  };
  for (const auto& lie : lies) {
    Words words = stored;
    for (size_t i = kHead; i + 2 < words.size(); i += 2)
      lie(&words[i], &words[i + 1]);
    WriteWords(entry, words);
    EXPECT_SAME_SOUGHT(without, PlayAndSeek(true));
  }
}

TEST_F(IndexCache, ADamagedOneIsMadeAnew) {
  const Sought first = PlayAndSeek(true);
  const fs::path entry = Entries().at(0);
  for (const size_t size : {size_t{0}, size_t{100}, size_t{8} << 20}) {
    fs::resize_file(entry, size);
    EXPECT_SAME_SOUGHT(first, PlayAndSeek(true));
    EXPECT_GT(fs::file_size(entry), 100u);
    EXPECT_LT(PlayAndSeek(true).reads, first.reads);
  }
}

TEST_F(IndexCache, IsOfThatFileOnly) {
  PlayAndSeek(true);
  const Words before = ReadWords(Entries().at(0));
  const auto touched = fs::last_write_time(file_.path()) + std::chrono::seconds(5);
  fs::last_write_time(file_.path(), touched);
  PlayAndSeek(true);
  EXPECT_NE(ReadWords(Entries().at(0))[2], before[2]);
}

TEST_F(IndexCache, HasBoundedlyManyEntries) {
  const auto past = fs::file_time_type::clock::now() - std::chrono::hours(24);
  for (int i = 0; i < 300; ++i) {
    const fs::path path = directory_ / (std::to_string(i) + ".isoindex");
    std::ofstream(path) << "old";
    fs::last_write_time(path, past - std::chrono::minutes(i));
  }
  std::ofstream(directory_ / "somebody else's") << "kept";
  PlayAndSeek(true);
  EXPECT_EQ(Entries().size(), 256u + 1);
  EXPECT_TRUE(fs::exists(directory_ / "0.isoindex"));
  EXPECT_FALSE(fs::exists(directory_ / "299.isoindex"));
  EXPECT_TRUE(fs::exists(directory_ / "somebody else's"));
}

TEST_F(IndexCache, ADirectoryThatCannotBeIsNoHarm) {
  const Sought without = PlayAndSeek(false);
  std::ofstream(directory_ / "file") << "not a directory";
  Recorder recorder;
  g_object_set(
      recorder.demuxer(), "index-cache-dir", (directory_ / "file" / "deeper").c_str(), nullptr);
  recorder.Start(file_.path());
  EXPECT_EQ(recorder.WaitEos(), Outcome::kEos);
}

}  // namespace
}  // namespace iso::test
