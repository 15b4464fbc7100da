// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sources that are pushed and give their flushes and segments numbers of their own, whatever seek
// these are for; and flushes that nobody downstream has asked for. What comes out is what comes
// from sources that keep the numbers.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include <gtest/gtest.h>

#include "chunk_source.h"
#include "fragment_catalog.h"
#include "movie_catalog.h"
#include "recorder.h"
#include "same_output.h"

namespace iso::test {
namespace {

struct Case {
  const char* name;
  Bytes (*build)();
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

Bytes MoovLast() {
  MovieSpec spec = PlainMovie();
  spec.tracks = {VideoTrack(1, 60), AudioTrack(2, 60)};
  spec.moov_first = false;
  return BuildMovie(spec);
}

Bytes MoovFirst() {
  MovieSpec spec = PlainMovie();
  spec.tracks = {VideoTrack(1, 60), AudioTrack(2, 60)};
  return BuildMovie(spec);
}

/// Searches go to one byte after the other.
Bytes NoIndex() {
  FragmentedSpec spec = PlainFragments();
  spec.movie.tracks = {VideoTrack(1, 120), AudioTrack(2, 120)};
  spec.fragments = CutFragments(spec, 2.08);
  return BuildFragments(spec).bytes;
}

constexpr Case kCases[] = {
    {"moov_first", MoovFirst}, {"moov_last", MoovLast}, {"fragments", NoIndex}};

GstPadProbeReturn Renumber(GstPad*, GstPadProbeInfo* info, gpointer) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  const GstEventType type = GST_EVENT_TYPE(event);
  if (type != GST_EVENT_FLUSH_START && type != GST_EVENT_FLUSH_STOP && type != GST_EVENT_SEGMENT) {
    return GST_PAD_PROBE_OK;
  }
  GstEvent* other = gst_event_copy(event);
  gst_event_set_seqnum(other, gst_util_seqnum_next());
  gst_event_unref(event);
  GST_PAD_PROBE_INFO_DATA(info) = other;
  return GST_PAD_PROBE_OK;
}

class PushFlush : public testing::TestWithParam<Case> {
 protected:
  GstElement* Source() const { return MakeChunkSource(bytes_, {4096, true, true}); }

  static void LoseNumbers(Recorder& recorder) {
    GstPad* pad = gst_element_get_static_pad(recorder.source(), "src");
    const auto events = static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                                     GST_PAD_PROBE_TYPE_EVENT_FLUSH);
    gst_pad_add_probe(pad, events, Renumber, nullptr, nullptr);
    gst_object_unref(pad);
  }

  static bool SeekTo(Recorder* recorder, int64_t time, uint32_t* seqnum) {
    return recorder->Seek(1,
                          GST_FORMAT_TIME,
                          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                          GST_SEEK_TYPE_SET,
                          time,
                          GST_SEEK_TYPE_NONE,
                          -1,
                          seqnum);
  }

  const std::shared_ptr<const Bytes> bytes_ = std::make_shared<const Bytes>(GetParam().build());
};

TEST_P(PushFlush, NumbersThatAreLostChangeNothing) {
  const Watchdog watchdog(GetParam().name, 60);
  Recorder keeping(Source());
  Recorder losing(Source());
  LoseNumbers(losing);
  for (Recorder* recorder : {&keeping, &losing}) {
    recorder->Start("");
    ASSERT_EQ(recorder->WaitEos(60), Outcome::kEos);
  }
  ExpectSame(losing.pads(), keeping.pads());
  for (const int64_t time : {40, 3, 21}) {
    uint32_t seqnum = 0;
    for (Recorder* recorder : {&keeping, &losing}) {
      ASSERT_TRUE(SeekTo(recorder, time * GST_SECOND, &seqnum));
      ASSERT_EQ(recorder->WaitEos(60), Outcome::kEos) << time;
    }
    const std::vector<RecordedPad> pads = losing.pads();
    ExpectSame(pads, keeping.pads());
    for (const RecordedPad& pad : pads) {
      EXPECT_EQ(pad.flush_start_seqnum, seqnum);
      EXPECT_EQ(pad.flushes, keeping.pads()[0].flushes);
      EXPECT_EQ(pad.segment.start, static_cast<guint64>(time) * GST_SECOND);
    }
  }
}

/// The source flushes by itself: it was sent elsewhere by somebody else. In fragments nobody knows
/// when a byte is due; then the movie starts anew.
TEST_P(PushFlush, OthersFlushesAreFollowedBySegments) {
  const Watchdog watchdog(GetParam().name, 60);
  Recorder recorder(Source());
  LoseNumbers(recorder);
  recorder.Start("");
  ASSERT_EQ(recorder.WaitEos(60), Outcome::kEos);
  GstPad* sink = gst_element_get_static_pad(recorder.demuxer(), "sink");
  ASSERT_TRUE(gst_pad_push_event(sink,
                                 gst_event_new_seek(1,
                                                    GST_FORMAT_BYTES,
                                                    GST_SEEK_FLAG_FLUSH,
                                                    GST_SEEK_TYPE_SET,
                                                    static_cast<gint64>(bytes_->size() / 2),
                                                    GST_SEEK_TYPE_NONE,
                                                    -1)));
  gst_object_unref(sink);
  ASSERT_EQ(recorder.WaitEos(60), Outcome::kEos);
  for (const RecordedPad& pad : recorder.pads()) {
    EXPECT_GT(pad.buffers, 0u) << pad.name;
    EXPECT_EQ(pad.segment.format, GST_FORMAT_TIME) << pad.name;
    if (GetParam().build != NoIndex) {
      EXPECT_GT(pad.segment.start, 10 * GST_SECOND) << pad.name;
    }
  }
}

/// Holds a thread where it meets an event of this type on a pad, once, until it may go. Some before
/// that pass.
class Halt {
 public:
  /// `pad` is adopted.
  Halt(GstPad* pad,
       GstPadProbeType where,
       GstEventType type,
       int passing,
       std::function<bool()> may_go)
      : pad_(pad), type_(type), may_go_(std::move(may_go)), passing_(passing) {
    id_ = gst_pad_add_probe(pad_, where, OnEvent, this, nullptr);
  }

  ~Halt() {
    gst_pad_remove_probe(pad_, id_);
    gst_object_unref(pad_);
  }

  bool WaitReached() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return reached_; });
  }

 private:
  static GstPadProbeReturn OnEvent(GstPad*, GstPadProbeInfo* info, gpointer self) {
    auto* halt = static_cast<Halt*>(self);
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != halt->type_) return GST_PAD_PROBE_OK;
    {
      const std::lock_guard lock(halt->mutex_);
      if (halt->passing_-- > 0 || std::exchange(halt->reached_, true)) return GST_PAD_PROBE_OK;
    }
    halt->changed_.notify_all();
    for (int tries = 0; tries < 2000 && !halt->may_go_(); ++tries)
      g_usleep(1000);
    return GST_PAD_PROBE_OK;
  }

  GstPad* const pad_;
  const GstEventType type_;
  const std::function<bool()> may_go_;
  gulong id_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  int passing_;
  bool reached_ = false;
};

/// Between two samples of an interleaved file, so that one track needs what lies before.
bool SendToMiddle(const Recorder& recorder, size_t size) {
  return gst_element_send_event(recorder.demuxer(),
                                gst_event_new_seek(1,
                                                   GST_FORMAT_BYTES,
                                                   GST_SEEK_FLAG_FLUSH,
                                                   GST_SEEK_TYPE_SET,
                                                   static_cast<gint64>(size / 2),
                                                   GST_SEEK_TYPE_NONE,
                                                   -1));
}

/// The demuxer is about to send upstream elsewhere when an application does.
TEST_P(PushFlush, SeeksThatCrossOurMovesAreFollowed) {
  const Watchdog watchdog(GetParam().name, 120);
  Recorder recorder(Source());
  recorder.Start("");
  ASSERT_EQ(recorder.WaitEos(60), Outcome::kEos);
  GstPad* sink = gst_element_get_static_pad(recorder.demuxer(), "sink");
  {
    Halt halt(recorder.SourcePad("video_0"),
              GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
              GST_EVENT_SEGMENT,
              0,
              [&] { return GST_PAD_IS_FLUSHING(sink); });
    ASSERT_TRUE(SendToMiddle(recorder, bytes_->size()));
    ASSERT_TRUE(halt.WaitReached());
    uint32_t seqnum = 0;
    ASSERT_TRUE(SeekTo(&recorder, 5 * GST_SECOND, &seqnum));
  }
  gst_object_unref(sink);
  ASSERT_EQ(recorder.WaitEos(60), Outcome::kEos);
  for (const int64_t time : {40, 3, 21}) {
    uint32_t seqnum = 0;
    ASSERT_TRUE(SeekTo(&recorder, time * GST_SECOND, &seqnum)) << time;
    ASSERT_EQ(recorder.WaitEos(60), Outcome::kEos) << time;
    for (const RecordedPad& pad : recorder.pads()) {
      EXPECT_EQ(pad.segment.start, static_cast<guint64>(time) * GST_SECOND) << pad.name;
      EXPECT_GT(pad.buffers, 0u) << pad.name;
    }
  }
}

/// An application seeks while upstream flushes for a move of the demuxer's.
TEST_P(PushFlush, SeeksDuringOurMovesAreFollowed) {
  const Watchdog watchdog(GetParam().name, 120);
  Recorder recorder(Source());
  recorder.Start("");
  ASSERT_EQ(recorder.WaitEos(60), Outcome::kEos);
  bool sought = false;
  {
    int waits = 0;
    Halt halt(gst_element_get_static_pad(recorder.source(), "src"),
              GST_PAD_PROBE_TYPE_EVENT_FLUSH,
              GST_EVENT_FLUSH_STOP,
              1,
              [&waits] { return ++waits > 300; });
    ASSERT_TRUE(SendToMiddle(recorder, bytes_->size()));
    ASSERT_TRUE(halt.WaitReached());
    uint32_t seqnum = 0;
    sought = SeekTo(&recorder, 5 * GST_SECOND, &seqnum);
  }
  EXPECT_TRUE(sought);
  ASSERT_EQ(recorder.WaitEos(60), Outcome::kEos);
  for (const RecordedPad& pad : recorder.pads()) {
    EXPECT_EQ(pad.segment.start, 5u * GST_SECOND) << pad.name;
    EXPECT_GT(pad.buffers, 0u) << pad.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Movies, PushFlush, testing::ValuesIn(kCases), [](const auto& test) {
  return std::string(test.param.name);
});

}  // namespace
}  // namespace iso::test
