// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Files that grow while they are played (follow-timeout).

#include <chrono>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "fragment_catalog.h"
#include "oracle_bytes.h"
#include "play_compare.h"
#include "recorder.h"

namespace iso::test {
namespace {

constexpr GstClockTime kTimeout = 1500 * GST_MSECOND;

Bytes Part(const Bytes& bytes, size_t size) {
  return Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
}

void Append(const std::string& path, const Bytes& bytes, size_t from, size_t to) {
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file.write(reinterpret_cast<const char*>(bytes.data()) + from,
             static_cast<std::streamsize>(to - from));
}

/// Appends all but the first `from` bytes in pieces of odd sizes.
void Write(const std::string& path, const Bytes& bytes, size_t from) {
  const size_t step = bytes.size() / 9 + 1;
  for (size_t at = from; at < bytes.size();) {
    const size_t end = std::min(bytes.size(), at + step + at % 7);
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    Append(path, bytes, at, end);
    at = end;
  }
}

void Follow(Recorder& recorder, GstClockTime timeout) {
  g_object_set(recorder.demuxer(), "follow-timeout", static_cast<guint64>(timeout), nullptr);
}

size_t Buffers(const Recorder& recorder) {
  size_t sum = 0;
  for (const RecordedPad& pad : recorder.pads()) sum += pad.buffers;
  return sum;
}

TEST(Growing, IsPlayedToItsFinalEnd) {
  const FragmentedMovie built = BuildFragments(PlainFragments());
  for (const uint64_t begin : {uint64_t{5}, built.init_size, built.places[0].end, built.places[2].mdat + 9}) {
    const TempFile file(Part(built.bytes, begin));
    Recorder recorder;
    Follow(recorder, kTimeout);
    std::thread writer([&] { Write(file.path(), built.bytes, begin); });
    recorder.Start(file.path());
    const Outcome outcome = recorder.WaitEos(60);
    writer.join();
    ExpectNone(ComparePlayed(recorder, outcome, *ExpandMovie(built.bytes), built.bytes),
               "from " + std::to_string(begin));
    EXPECT_FALSE(recorder.messages(GST_MESSAGE_DURATION_CHANGED).empty()) << begin;
  }
}

TEST(Growing, WithoutTheTimeoutTheEndIsTheEnd) {
  const FragmentedMovie built = BuildFragments(PlainFragments());
  const Bytes bytes = Part(built.bytes, built.places[2].end);
  const TempFile file(bytes);
  Recorder recorder;
  recorder.Start(file.path());
  const Outcome outcome = recorder.WaitEos();
  ExpectNone(ComparePlayed(recorder, outcome, *ExpandMovie(bytes), bytes), "cut");
}

// The wait would last an hour.
TEST(Growing, TheWaitIsInterrupted) {
  const FragmentedMovie built = BuildFragments(PlainFragments());
  const TempFile file(Part(built.bytes, built.places[2].end));
  const Watchdog watchdog("interrupted", 60);
  Recorder recorder;
  Follow(recorder, 3600 * GST_SECOND);
  recorder.Start(file.path());
  ASSERT_TRUE(recorder.WaitFor([](const auto& pads) {
    return !pads.empty() && pads[0]->buffers > 0;
  }));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const size_t before = Buffers(recorder);
  Append(file.path(), built.bytes, built.places[2].end, built.bytes.size());
  ASSERT_TRUE(recorder.Seek(1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
                            GST_SEEK_TYPE_NONE, -1));
  EXPECT_TRUE(recorder.WaitFor([&](const auto& pads) {
    size_t sum = 0;
    for (const RecordedPad* pad : pads) sum += pad->buffers;
    return sum > before;
  }));
  recorder.Stop();
}

}  // namespace
}  // namespace iso::test
