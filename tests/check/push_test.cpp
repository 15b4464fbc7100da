// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pushed in chunks of any size, a file gives the same as when it is pulled: every pad, event
// and buffer. Real files where there are any, and generated ones.

#include <sstream>

#include <gtest/gtest.h>

#include "chunk_source.h"
#include "media_files.h"
#include "movie_catalog.h"
#include "recorder.h"

namespace iso::test {
namespace {

using SharedBytes = std::shared_ptr<const std::vector<uint8_t>>;

constexpr size_t kWhole = size_t{1} << 30;

/// Files up to this size are pushed byte by byte.
constexpr size_t kByteByByte = 100 << 10;

struct Played {
  Outcome outcome = Outcome::kTimeout;
  std::vector<std::string> errors;
  std::vector<RecordedPad> pads;
};

Played Play(Recorder* recorder, const std::string& path) {
  recorder->Start(path);
  Played played;
  played.outcome = recorder->WaitEos(60);
  played.errors = recorder->errors();
  played.pads = recorder->pads();
  return played;
}

Played Pull(const std::string& path) {
  Recorder recorder;
  return Play(&recorder, path);
}

Played Push(const SharedBytes& bytes, const ChunkOptions& options) {
  Recorder recorder(MakeChunkSource(bytes, options));
  g_object_set(recorder.demuxer(), "max-buffered-bytes", guint64{1} << 40, nullptr);
  return Play(&recorder, "");
}

std::string TextOf(const GstSegment& s) {
  std::ostringstream out;
  out << s.rate << ' ' << s.applied_rate << ' ' << s.start << ' ' << s.stop << ' ' << s.time << ' '
      << s.base << ' ' << s.flags;
  return out.str();
}

std::string TextOf(const RecordedItem& item) {
  std::ostringstream out;
  if (item.event) {
    out << GST_EVENT_TYPE_NAME(item.event.get());
    if (GST_EVENT_TYPE(item.event.get()) == GST_EVENT_SEGMENT) {
      const GstSegment* segment = nullptr;
      gst_event_parse_segment(item.event.get(), &segment);
      out << ' ' << TextOf(*segment);
    }
    return out.str();
  }
  out << "buffer pts " << item.pts << " dts " << item.dts << " duration " << item.duration
      << " offset " << item.offset << " flags " << (item.flags & ~GST_BUFFER_FLAG_TAG_MEMORY)
      << " bytes " << item.data.size() << " clip " << item.clip_start << '+' << item.clip_end
      << " caps " << item.caps;
  return out.str();
}

/// Gaps have their place in time, of which a file has no order: they are not compared.
std::vector<const RecordedItem*> Comparable(const RecordedPad& pad) {
  std::vector<const RecordedItem*> items;
  for (const RecordedItem& item : pad.items) {
    if (item.event && GST_EVENT_TYPE(item.event.get()) == GST_EVENT_GAP) continue;
    items.push_back(&item);
  }
  return items;
}

std::string Difference(const RecordedPad& pulled, const RecordedPad& pushed, bool failed) {
  if (pulled.name != pushed.name) return pulled.name + " became " + pushed.name;
  const auto a = Comparable(pulled);
  const auto b = Comparable(pushed);
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const std::string expected = TextOf(*a[i]);
    const std::string got = TextOf(*b[i]);
    if (expected != got) {
      return pulled.name + " item " + std::to_string(i) + ": " + expected + " became " + got;
    }
    if (a[i]->data != b[i]->data) return pulled.name + " item " + std::to_string(i) + ": content";
  }
  // After an error there may still be events on their way.
  if (a.size() == b.size() || failed) return "";
  return pulled.name + ": " + std::to_string(a.size()) + " items became " +
         std::to_string(b.size());
}

std::string Difference(const Played& pulled, const Played& pushed) {
  if (pulled.outcome != pushed.outcome) {
    return "outcome " + std::to_string(static_cast<int>(pulled.outcome)) + " became " +
           std::to_string(static_cast<int>(pushed.outcome)) + " " +
           (pushed.errors.empty() ? "" : pushed.errors[0]);
  }
  if (pulled.pads.size() != pushed.pads.size()) return "number of pads";
  for (size_t i = 0; i < pulled.pads.size(); ++i) {
    const std::string difference =
        Difference(pulled.pads[i], pushed.pads[i], pulled.outcome == Outcome::kError);
    if (!difference.empty()) return difference;
  }
  return "";
}

void ExpectSameInAllChunks(const std::string& path) {
  const Watchdog watchdog(path, 300);
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(ReadFile(path));
  const Played pulled = Pull(path);
  for (const size_t chunk :
       {size_t{1}, size_t{7}, size_t{188}, size_t{4096}, size_t{65536}, kWhole}) {
    if (chunk == 1 && bytes->size() > kByteByByte) continue;
    if (chunk == 7 && bytes->size() > 7 * kByteByByte) continue;
    EXPECT_EQ(Difference(pulled, Push(bytes, {chunk, false, false})), "") << "chunks of " << chunk;
  }
  EXPECT_EQ(Difference(pulled, Push(bytes, {4096, true, true})), "") << "seekable";
}

class Generated : public testing::TestWithParam<CatalogMovie> {};

TEST_P(Generated, PushedIsAsPulled) {
  const TempFile file(BuildMovie(GetParam().spec));
  ExpectSameInAllChunks(file.path());
}

INSTANTIATE_TEST_SUITE_P(Movies,
                         Generated,
                         testing::ValuesIn(CatalogMovies()),
                         [](const auto& test) { return TestName(test.param.name); });

class Real : public testing::TestWithParam<std::string> {};

TEST_P(Real, PushedIsAsPulled) {
  if (GetParam().empty()) GTEST_SKIP() << "no real media next to the source tree";
  ExpectSameInAllChunks(MediaRoot() + "/" + GetParam());
}

INSTANTIATE_TEST_SUITE_P(Files, Real, testing::ValuesIn(RealMovies()), [](const auto& test) {
  return std::to_string(test.index) + "_" + TestName(test.param);
});

}  // namespace
}  // namespace iso::test
