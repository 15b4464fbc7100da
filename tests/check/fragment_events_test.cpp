// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What stands between fragments reaches each pad with the first buffer of the next one: event
// messages as events, the time of making as a meta.

#include <gtest/gtest.h>

#include "fragment_builder.h"
#include "movie_catalog.h"
#include "recorder.h"

namespace iso::test {
namespace {

constexpr uint64_t kNtp = uint64_t{3'900'000'000} << 32 | 0x80000000;

/// Fragments of a second; before the third one stand two messages and the time of track 1.
std::vector<uint8_t> Movie() {
  FragmentedSpec spec;
  spec.movie = PlainMovie();
  spec.fragments = CutFragments(spec, 1);
  ByteWriter before;
  before.Add(EmsgBox(0, 1000, 250, 500, 7)).Add(EmsgBox(1, 90000, 270000, UINT32_MAX, 8));
  before.Add(PrftBox(spec.movie.tracks[0].id, kNtp, 0));
  spec.fragments.at(2).before = before.bytes();
  return BuildFragments(spec).bytes;
}

guint64 Time(const GstStructure* message, const char* field) {
  guint64 time = 0;
  EXPECT_TRUE(gst_structure_get_uint64(message, field, &time)) << field;
  return time;
}

TEST(FragmentEvents, MessagesComeBeforeTheFirstBufferOfTheirFragment) {
  const TempFile file(Movie());
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto pads = recorder.pads();
  ASSERT_EQ(pads.size(), 2u);
  for (const RecordedPad& pad : pads) {
    std::vector<const GstStructure*> messages;
    GstClockTime before = GST_CLOCK_TIME_NONE;
    for (const RecordedItem& item : pad.items) {
      if (!item.event && messages.empty()) before = item.dts;
      const bool custom =
          item.event && GST_EVENT_TYPE(item.event.get()) == GST_EVENT_CUSTOM_DOWNSTREAM;
      if (custom) messages.push_back(gst_event_get_structure(item.event.get()));
    }
    ASSERT_EQ(messages.size(), 2u) << pad.name;
    EXPECT_LT(before, 2 * GST_SECOND);
    EXPECT_GT(before, 2 * GST_SECOND - 50 * GST_MSECOND);
    EXPECT_STREQ(gst_structure_get_name(messages[0]), "application/x-emsg");
    guint id = 0;
    EXPECT_TRUE(gst_structure_get_uint(messages[0], "id", &id) && id == 7);
    EXPECT_GE(Time(messages[0], "stream-time"), 2250 * GST_MSECOND - 50 * GST_MSECOND);
    EXPECT_LE(Time(messages[0], "stream-time"), 2250 * GST_MSECOND + 200 * GST_MSECOND);
    EXPECT_EQ(Time(messages[0], "duration"), 500 * GST_MSECOND);
    EXPECT_TRUE(gst_structure_get_uint(messages[1], "id", &id) && id == 8);
    EXPECT_EQ(Time(messages[1], "stream-time"), 3 * GST_SECOND);
    EXPECT_EQ(Time(messages[1], "duration"), GST_CLOCK_TIME_NONE);
  }
}

TEST(FragmentEvents, TheTimeOfMakingIsOnTheFirstBufferOfItsTrack) {
  const TempFile file(Movie());
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  size_t found = 0;
  for (const RecordedPad& pad : recorder.pads()) {
    for (const RecordedItem& item : pad.items) {
      if (item.event || item.ntp_time == GST_CLOCK_TIME_NONE) continue;
      ++found;
      EXPECT_EQ(pad.name, "video_0");
      EXPECT_EQ(item.dts, 2 * GST_SECOND);
      EXPECT_EQ(item.ntp_time, 3'900'000'000'500'000'000u);
    }
  }
  EXPECT_EQ(found, 1u);
}

}  // namespace
}  // namespace iso::test
