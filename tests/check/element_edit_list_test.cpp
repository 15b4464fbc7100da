// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Edit lists of every form on every kind of track: the element's buffers and gaps, mapped
// through its SEGMENT events to stream time and running time, forwards and backwards, pulled
// and pushed, against the definition of the list.

#include <algorithm>

#include <gtest/gtest.h>

#include "chunk_source.h"
#include "edit_forms.h"
#include "presented.h"

namespace iso::test {
namespace {

class ElementEditList : public testing::TestWithParam<EditListMovie> {
 protected:
  void Check(const RecordedPad& pad, const OracleTrack& track, double rate, int64_t end_ns) {
    const NaiveTimeline expected =
        Expand(track, GetParam().movie.tracks[0], 0, rate < 0 ? end_ns : INT64_MAX);
    PadPresentation got = PresentedOn(pad, track, expected, rate, {0, end_ns}, 0);
    EXPECT_EQ(got.errors, std::vector<std::string>());
    if (rate < 0) {
      std::sort(got.shown.begin(), got.shown.end(), [](const Shown& a, const Shown& b) {
        return std::pair(a.edit, a.index) < std::pair(b.edit, b.index);
      });
      std::reverse(got.gaps.begin(), got.gaps.end());
    }
    const bool runs = track.entries[0] == "sowt";
    EXPECT_EQ(Difference(expected,
                         runs ? Joined(expected.shown) : expected.shown,
                         runs ? Joined(got.shown) : got.shown),
              "");
    EXPECT_EQ(Difference(expected, expected.gaps, got.gaps), "");
  }
};

TEST_P(ElementEditList, PresentsWhatItSays) {
  const Watchdog watchdog(GetParam().name, 60);
  const std::vector<uint8_t> bytes = BuildMovie(GetParam().movie);
  const TempFile file(bytes);
  const OracleTrack track = ExpandMovie(bytes)->tracks[0];
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  ASSERT_EQ(recorder.pads().size(), 1u);
  gint64 end_ns = 0;
  ASSERT_TRUE(gst_element_query_duration(recorder.demuxer(), GST_FORMAT_TIME, &end_ns));
  {
    SCOPED_TRACE("forwards");
    Check(recorder.pads()[0], track, 1.0, end_ns);
  }
  ASSERT_TRUE(recorder.Seek(-1.0,
                            GST_FORMAT_TIME,
                            GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                            GST_SEEK_TYPE_SET,
                            0,
                            GST_SEEK_TYPE_SET,
                            end_ns));
  ASSERT_TRUE(recorder.WaitFor([](const auto& pads) { return pads[0]->flushes > 0 && pads[0]->eos; }));
  SCOPED_TRACE("backwards");
  Check(recorder.pads()[0], track, -1.0, end_ns);
}

/// Pushed in chunks of any size, and once more after a seek to the beginning.
TEST_P(ElementEditList, PresentsTheSamePushed) {
  const Watchdog watchdog(GetParam().name, 60);
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(BuildMovie(GetParam().movie));
  const OracleTrack track = ExpandMovie(*bytes)->tracks[0];
  for (const size_t chunk : {size_t{188}, bytes->size()}) {
    SCOPED_TRACE(testing::Message() << "chunks of " << chunk);
    Recorder recorder(MakeChunkSource(bytes, {chunk, true, true}));
    recorder.Start("");
    ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
    ASSERT_EQ(recorder.pads().size(), 1u);
    gint64 end_ns = 0;
    ASSERT_TRUE(gst_element_query_duration(recorder.demuxer(), GST_FORMAT_TIME, &end_ns));
    Check(recorder.pads()[0], track, 1.0, end_ns);
    ASSERT_TRUE(recorder.Seek(1.0,
                              GST_FORMAT_TIME,
                              GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                              GST_SEEK_TYPE_SET,
                              0,
                              GST_SEEK_TYPE_NONE,
                              -1));
    ASSERT_TRUE(
        recorder.WaitFor([](const auto& pads) { return pads[0]->flushes > 0 && pads[0]->eos; }));
    SCOPED_TRACE("after a seek");
    Check(recorder.pads()[0], track, 1.0, end_ns);
  }
}

INSTANTIATE_TEST_SUITE_P(Forms,
                         ElementEditList,
                         testing::ValuesIn(EditListMovies({600, 90000})),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace iso::test
