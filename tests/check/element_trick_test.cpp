// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Playing otherwise than straight on: backwards, in loops, by key units, without what nothing
// depends on, without sound, late; seeks without flush, from the end, into gaps.

#include <algorithm>
#include <malloc.h>

#include "element_fixture.h"

using namespace iso::test;

namespace {

constexpr int kExact = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE;
constexpr auto kMs = static_cast<int64_t>(GST_MSECOND);
constexpr auto kSecond = static_cast<int64_t>(GST_SECOND);

/// Where the last picture of the plain movie ends: 4 s of frames, shown three frames late.
constexpr int64_t kMovieEnd = 4120 * kMs;

bool Seek(Recorder& recorder,
          double rate,
          int flags,
          int64_t start,
          int64_t stop,
          guint32* seqnum = nullptr) {
  return recorder.Seek(rate,
                       GST_FORMAT_TIME,
                       flags,
                       GST_SEEK_TYPE_SET,
                       start,
                       stop < 0 ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET,
                       stop,
                       seqnum);
}

size_t Count(const RecordedPad& pad, GstEventType type) {
  return EventsOf(pad, type).size();
}

/// Waits until every pad has had `n` events of this type since its last flush.
bool WaitForEvents(Recorder& recorder, GstEventType type, size_t n) {
  return recorder.WaitFor([&](const auto& pads) {
    return !pads.empty() && std::all_of(pads.begin(), pads.end(), [&](const RecordedPad* pad) {
      return Count(*pad, type) >= n;
    });
  });
}

/// After a flushing seek: every pad has flushed and ended.
bool WaitForNewEos(Recorder& recorder, unsigned flushes) {
  return recorder.WaitFor([&](const auto& pads) {
    return std::all_of(pads.begin(), pads.end(), [&](const RecordedPad* pad) {
      return pad->flushes > flushes && pad->eos;
    });
  });
}

void PlayAgain(Playing& playing, double rate, int flags, int64_t start, int64_t stop) {
  const unsigned flushes = playing.recorder.pads()[0].flushes;
  fail_unless(Seek(playing.recorder, rate, flags | kExact, start, stop));
  fail_unless(WaitForNewEos(playing.recorder, flushes), "it does not end");
}

GstSegment SegmentOf(GstEvent* event) {
  GstSegment segment;
  gst_event_copy_segment(event, &segment);
  return segment;
}

int64_t StreamTime(const RecordedItem& buffer) {
  return static_cast<int64_t>(
      gst_segment_to_stream_time(&buffer.segment, GST_FORMAT_TIME, buffer.pts));
}

void ExpectNear(int64_t value, int64_t expected, int64_t by, const char* what) {
  fail_unless(std::llabs(value - expected) <= by,
              "%s is %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT,
              what,
              value,
              expected);
}

/// The plain movie; of its pictures nothing depends on the B-frames.
MovieSpec WithDroppable() {
  MovieSpec spec = PlainMovie();
  TrackSpec& video = spec.tracks[0];
  video.sdtp = true;
  for (SampleSpec& sample : video.samples)
    sample.dependency = sample.cts == 24 ? 0x18 : 0x14;
  return spec;
}

}  // namespace

GST_START_TEST(segments_loop_backwards) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  guint32 seqnum = 0;
  fail_unless(
      Seek(playing.recorder, -1.0, kExact | GST_SEEK_FLAG_SEGMENT, kSecond, 2 * kSecond, &seqnum));
  for (size_t loop = 1; loop < 4; ++loop) {
    fail_unless(WaitForEvents(playing.recorder, GST_EVENT_SEGMENT_DONE, loop));
    for (const RecordedPad& pad : playing.recorder.pads()) {
      const std::vector<GstEvent*> ends = EventsOf(pad, GST_EVENT_SEGMENT_DONE);
      gint64 position = -1;
      gst_event_parse_segment_done(ends.back(), nullptr, &position);
      ExpectNear(position, kSecond, 1, "position of SEGMENT_DONE");
      fail_unless(gst_event_get_seqnum(ends.back()) == seqnum);
      const GstSegment segment = SegmentOf(EventsOf(pad, GST_EVENT_SEGMENT).back());
      ExpectNear(static_cast<int64_t>(segment.base),
                 static_cast<int64_t>(loop - 1) * kSecond,
                 0,
                 "segment.base");
      fail_unless(segment.rate == -1.0);
      fail_unless_equals_int(Count(pad, GST_EVENT_EOS), 0);
    }
    fail_unless(Seek(playing.recorder,
                     -1.0,
                     GST_SEEK_FLAG_SEGMENT | GST_SEEK_FLAG_ACCURATE,
                     kSecond,
                     2 * kSecond,
                     &seqnum));
  }
}

GST_END_TEST

GST_START_TEST(loops_turn_round) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  fail_unless(Seek(playing.recorder, 1.0, kExact | GST_SEEK_FLAG_SEGMENT, 0, kSecond));
  const double rates[] = {-1.0, 2.0, -2.0};
  int64_t base = kSecond;
  for (size_t i = 0; i < 3; ++i) {
    fail_unless(WaitForEvents(playing.recorder, GST_EVENT_SEGMENT_DONE, i + 1));
    fail_unless(Seek(playing.recorder, rates[i], GST_SEEK_FLAG_SEGMENT, 0, kSecond));
    fail_unless(WaitForEvents(playing.recorder, GST_EVENT_SEGMENT_DONE, i + 2));
    for (const RecordedPad& pad : playing.recorder.pads()) {
      ExpectNear(static_cast<int64_t>(pad.segment.base), base, 1, "segment.base");
      fail_unless(pad.segment.rate == rates[i]);
    }
    base += rates[i] == -1.0 ? kSecond : kSecond / 2;
  }
}

GST_END_TEST

GST_START_TEST(without_flush_backwards) {
  Playing playing(PlainMovie());
  playing.recorder.SetDelay(2000);
  playing.Start();
  fail_unless(playing.recorder.WaitFor([](const auto& pads) {
    return pads.size() == 2 && pads[0]->buffers > 40 && pads[1]->buffers > 40;
  }));
  guint32 seqnum = 0;
  fail_unless(Seek(playing.recorder, -1.0, GST_SEEK_FLAG_ACCURATE, 0, kSecond, &seqnum));
  playing.recorder.SetDelay(0);
  fail_unless(playing.recorder.WaitEos() == Outcome::kEos);
  uint64_t base = 0;
  for (const RecordedPad& pad : playing.recorder.pads()) {
    fail_unless_equals_int(pad.flushes, 0);
    fail_unless_equals_int(Count(pad, GST_EVENT_SEGMENT), 2);
    GstEvent* segment = EventsOf(pad, GST_EVENT_SEGMENT)[1];
    fail_unless(gst_event_get_seqnum(segment) == seqnum);
    ExpectNear(static_cast<int64_t>(SegmentOf(segment).stop - SegmentOf(segment).start),
               kSecond,
               50 * kMs,
               "length of the segment");
    fail_unless(pad.segment.base > 0);
    fail_unless(base == 0 || base == pad.segment.base);
    base = pad.segment.base;
  }
}

GST_END_TEST

GST_START_TEST(from_the_end_backwards) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  fail_unless(playing.recorder.Seek(
      -1.0, GST_FORMAT_TIME, kExact, GST_SEEK_TYPE_END, -2 * kSecond, GST_SEEK_TYPE_END, -kSecond));
  fail_unless(WaitForNewEos(playing.recorder, 0));
  const RecordedPad video = playing.Pad("video_0");
  const GstSegment segment = SegmentOf(EventsOf(video, GST_EVENT_SEGMENT).at(0));
  ExpectNear(static_cast<int64_t>(segment.time), kMovieEnd - 2 * kSecond, kMs, "segment.time");
  ExpectNear(static_cast<int64_t>(segment.stop - segment.start), kSecond, kMs, "its length");
}

GST_END_TEST

GST_START_TEST(past_the_end_backwards) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  PlayAgain(playing, -1.0, 0, 3900 * kMs, 3600 * kSecond);
  const RecordedPad video = playing.Pad("video_0");
  ExpectNear(static_cast<int64_t>(video.segment.stop - video.segment.start),
             kMovieEnd - 3900 * kMs,
             kMs,
             "length of the segment");
  fail_unless(video.buffers > 5);
  // Nothing lies behind the end, whichever way.
  PlayAgain(playing, -1.0, 0, 5 * kSecond, 6 * kSecond);
  fail_unless_equals_int(playing.Pad("video_0").buffers, 0);
  PlayAgain(playing, 1.0, 0, 5 * kSecond, 6 * kSecond);
  fail_unless_equals_int(playing.Pad("video_0").buffers, 0);
}

GST_END_TEST

/// Nothing for half a second, two pictures and sound, nothing, the rest.
MovieSpec WithGaps() {
  MovieSpec spec = PlainMovie();
  for (TrackSpec& track : spec.tracks) {
    track.has_edits = true;
    track.edits = {{500, -1}, {1000, 0}, {700, -1}, {1000, static_cast<int64_t>(track.timescale)}};
  }
  return spec;
}

GST_START_TEST(into_gaps) {
  Playing playing(WithGaps());
  playing.PlayToEos();

  struct {
    int64_t at;
    int64_t next;
  } const cases[] = {{200 * kMs, 500 * kMs}, {1900 * kMs, 2200 * kMs}};

  for (const auto& [at, next] : cases) {
    PlayAgain(playing, 1.0, 0, at, -1);
    for (const RecordedPad& pad : playing.recorder.pads()) {
      const std::vector<GstEvent*> segments = EventsOf(pad, GST_EVENT_SEGMENT);
      fail_unless(segments.size() >= 2);
      const GstSegment gap = SegmentOf(segments[0]), media = SegmentOf(segments[1]);
      ExpectNear(static_cast<int64_t>(gap.time), at, 0, "time of the gap's segment");
      ExpectNear(static_cast<int64_t>(gap.stop - gap.start), next - at, 1, "length of the gap");
      ExpectNear(static_cast<int64_t>(media.time), next, 0, "time of what follows");
      ExpectNear(static_cast<int64_t>(media.base), next - at, 0, "base of what follows");
      fail_unless(IndexOf(pad, GST_EVENT_GAP) < IndexOf(pad, GST_EVENT_UNKNOWN));
    }
  }
  PlayAgain(playing, -1.0, 0, 0, 1900 * kMs);
  const RecordedPad video = playing.Pad("video_0");
  fail_unless_equals_int(Count(video, GST_EVENT_SEGMENT), 3);
  fail_unless_equals_int(Count(video, GST_EVENT_GAP), 2);
  ExpectNear(static_cast<int64_t>(SegmentOf(EventsOf(video, GST_EVENT_SEGMENT)[1]).base),
             400 * kMs,
             0,
             "base behind the gap");
}

GST_END_TEST

GST_START_TEST(key_units_with_an_interval) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  for (const double rate : {8.0, -8.0}) {
    const unsigned flushes = playing.recorder.pads()[0].flushes;
    GstEvent* seek =
        gst_event_new_seek(rate,
                           GST_FORMAT_TIME,
                           static_cast<GstSeekFlags>(kExact | GST_SEEK_FLAG_TRICKMODE |
                                                     GST_SEEK_FLAG_TRICKMODE_KEY_UNITS |
                                                     GST_SEEK_FLAG_TRICKMODE_NO_AUDIO),
                           GST_SEEK_TYPE_SET,
                           0,
                           GST_SEEK_TYPE_SET,
                           kMovieEnd);
    gst_event_set_seek_trickmode_interval(seek, GST_SECOND);
    fail_unless(gst_element_send_event(playing.recorder.demuxer(), seek));
    fail_unless(WaitForNewEos(playing.recorder, flushes));
    const std::vector<RecordedItem> buffers = BuffersOf(playing.Pad("video_0"));
    // Of eight, 520 ms apart, each second one.
    fail_unless_equals_int(buffers.size(), 4);
    for (size_t i = 0; i < buffers.size(); ++i) {
      fail_unless((buffers[i].flags & GST_BUFFER_FLAG_DELTA_UNIT) == 0);
      fail_unless((buffers[i].flags & GST_BUFFER_FLAG_DISCONT) != 0);
      if (i > 0) {
        ExpectNear(std::llabs(StreamTime(buffers[i]) - StreamTime(buffers[i - 1])),
                   1040 * kMs,
                   1,
                   "distance");
      }
    }
    fail_unless_equals_int(playing.Pad("audio_0").buffers, 0);
    fail_unless(Count(playing.Pad("audio_0"), GST_EVENT_GAP) >= 1);
    fail_unless((playing.Pad("video_0").segment.flags & GST_SEGMENT_FLAG_TRICKMODE) != 0);
  }
}

GST_END_TEST

GST_START_TEST(forward_predicted) {
  Playing playing(WithDroppable());
  playing.PlayToEos();
  size_t droppable = 0;
  for (const RecordedItem& buffer : BuffersOf(playing.Pad("video_0")))
    droppable += (buffer.flags & GST_BUFFER_FLAG_DROPPABLE) != 0 ? 1 : 0;
  const MovieSpec spec = WithDroppable();
  const std::vector<SampleSpec>& samples = spec.tracks[0].samples;
  const auto expected = static_cast<size_t>(std::count_if(
      samples.begin(), samples.end(), [](const SampleSpec& s) { return s.dependency == 0x18; }));
  fail_unless_equals_int(droppable, expected);
  for (const double rate : {4.0, -4.0}) {
    PlayAgain(playing, rate, GST_SEEK_FLAG_TRICKMODE_FORWARD_PREDICTED, 0, kMovieEnd);
    fail_unless_equals_int(playing.Pad("video_0").buffers, 100 - expected);
    for (const RecordedItem& buffer : BuffersOf(playing.Pad("video_0")))
      fail_unless((buffer.flags & GST_BUFFER_FLAG_DROPPABLE) == 0);
  }
}

GST_END_TEST

/// Sends a QoS event up, once, when buffer number `at` passes.
struct LateReport {
  int at;
  GstClockTime timestamp;
  GstClockTimeDiff jitter;
  int seen = 0;
};

static GstPadProbeReturn ReportLate(GstPad* pad, GstPadProbeInfo*, gpointer data) {
  auto* report = static_cast<LateReport*>(data);
  if (report->seen++ == report->at) {
    gst_pad_send_event(
        pad, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2.0, report->jitter, report->timestamp));
  }
  return GST_PAD_PROBE_OK;
}

static void ProbeVideo(GstElement*, GstPad* pad, gpointer report) {
  gchar* name = gst_pad_get_name(pad);
  if (g_str_has_prefix(name, "video")) {
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, ReportLate, report, nullptr);
  }
  g_free(name);
}

/// The samples that come; `messages`: how often it is said that some do not.
std::vector<size_t> PlayLate(const LateReport& plan, size_t messages, double rate = 1.0) {
  LateReport report = plan;
  Playing playing(PlainMovie());
  if (rate < 0) report.at += 100;  // those of the first pass
  g_signal_connect(playing.recorder.demuxer(), "pad-added", G_CALLBACK(ProbeVideo), &report);
  playing.PlayToEos();
  if (rate < 0) PlayAgain(playing, rate, 0, 0, kMovieEnd);
  std::vector<size_t> samples;
  bool discont = true;
  for (const RecordedItem& buffer : BuffersOf(playing.Pad("video_0"))) {
    const auto sample = static_cast<size_t>((buffer.dts + GST_MSECOND) / (40 * GST_MSECOND));
    const bool follows = !samples.empty() && sample == samples.back() + 1;
    discont = (buffer.flags & GST_BUFFER_FLAG_DISCONT) != 0;
    fail_unless(discont == !follows, "sample %zu", sample);
    samples.push_back(sample);
  }
  fail_unless_equals_int(playing.recorder.messages(GST_MESSAGE_QOS).size(), messages);
  return samples;
}

/// All samples but those in [from, to) and [from2, to2).
std::vector<size_t> AllBut(size_t from, size_t to, size_t from2 = 0, size_t to2 = 0) {
  std::vector<size_t> samples;
  for (size_t i = 0; i < 100; ++i) {
    if ((i < from || i >= to) && (i < from2 || i >= to2)) samples.push_back(i);
  }
  return samples;
}

GST_START_TEST(late_pictures_are_skipped) {
  // After sample 4. Key units: sample 13, shown at 600 ms, 26 at 1120 ms, 39 at 1640 ms.
  fail_unless(PlayLate({4, 200 * GST_MSECOND, 399 * kMs}, 0) == AllBut(0, 0));
  fail_unless(PlayLate({4, 200 * GST_MSECOND, 400 * kMs}, 1) == AllBut(5, 13));
  fail_unless(PlayLate({4, 200 * GST_MSECOND, 950 * kMs}, 2) == AllBut(5, 13, 14, 26));
  fail_unless(PlayLate({4, 2000 * GST_MSECOND, -400 * kMs}, 0) == AllBut(0, 0));
  // Behind the last key unit, sample 91, nothing can be skipped; backwards nothing is.
  fail_unless(PlayLate({93, 3700 * GST_MSECOND, 3600 * kSecond}, 0) == AllBut(0, 0));
  fail_unless_equals_int(PlayLate({4, 200 * GST_MSECOND, 3600 * kSecond}, 0, -1.0).size(), 100);
}

GST_END_TEST

/// Takes buffers and keeps none, but looks at each and, now and then, at the memory in use.
struct Watch {
  std::atomic<size_t> buffers = 0;
  std::atomic<size_t> most = 0;
  std::atomic<bool> in_order = true;
  GstClockTime last = 0;

  static size_t InUse() {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  }

  static GstFlowReturn Chain(GstPad* pad, GstObject*, GstBuffer* buffer) {
    auto* watch = static_cast<Watch*>(gst_pad_get_element_private(pad));
    if (watch->buffers > 0 && GST_BUFFER_PTS(buffer) <= watch->last) watch->in_order = false;
    watch->last = GST_BUFFER_PTS(buffer);
    if (watch->buffers % 64 == 0) watch->most = std::max<size_t>(watch->most, InUse());
    gst_buffer_unref(buffer);
    ++watch->buffers;
    return GST_FLOW_OK;
  }
};

static void LinkTo(GstElement*, GstPad* pad, gpointer sink) {
  gst_pad_link(pad, GST_PAD_CAST(sink));
}

bool WaitForBuffers(const Watch& watch, size_t n) {
  for (int i = 0; i < 20000 && watch.buffers < n; ++i)
    g_usleep(1000);
  return watch.buffers == n;
}

/// One key unit, then ten thousand frames: backwards they all are one group.
GST_START_TEST(long_group_backwards) {
  constexpr size_t kFrames = 10000;
  constexpr size_t kBound = 4u << 20;  // bytes: blocks of data being read, and the index
  mallopt(M_ARENA_MAX, 1);             // so that all threads' memory is counted
  MovieSpec spec;
  spec.tracks = {VideoTrack(1, 1)};
  TrackSpec& track = spec.tracks[0];
  track.samples.assign(kFrames, {.size = 2000, .duration = 24, .sync = false});
  track.samples[0].sync = true;
  track.ctts = CttsForm::kNone;
  Playing playing(spec);
  Watch watch;
  playing.recorder.SkipPads([](const std::string&) { return true; });  // it would keep them all
  GstPad* sink = gst_pad_new("sink", GST_PAD_SINK);
  gst_pad_set_element_private(sink, &watch);
  gst_pad_set_chain_function(sink, Watch::Chain);
  gst_pad_set_active(sink, TRUE);
  g_signal_connect(playing.recorder.demuxer(), "pad-added", G_CALLBACK(LinkTo), sink);
  playing.Start();
  fail_unless(WaitForBuffers(watch, kFrames), "%zu frames forwards", watch.buffers.load());
  watch.buffers = watch.most = 0;
  const size_t before = Watch::InUse();
  fail_unless(Seek(playing.recorder, -1.0, kExact, 0, 400 * kSecond));
  fail_unless(WaitForBuffers(watch, kFrames), "%zu frames backwards", watch.buffers.load());
  fail_unless(watch.in_order, "not in decoding order");
  fail_unless(watch.most < before + kBound, "%zu bytes more than before", watch.most - before);
  playing.recorder.Stop();
  gst_pad_set_active(sink, FALSE);
  gst_object_unref(sink);
}

GST_END_TEST

static Suite* element_trick_suite() {
  Suite* suite = suite_create("element-trick");
  TCase* tests = tcase_create("general");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, segments_loop_backwards);
  tcase_add_test(tests, loops_turn_round);
  tcase_add_test(tests, without_flush_backwards);
  tcase_add_test(tests, from_the_end_backwards);
  tcase_add_test(tests, past_the_end_backwards);
  tcase_add_test(tests, into_gaps);
  tcase_add_test(tests, key_units_with_an_interval);
  tcase_add_test(tests, forward_predicted);
  tcase_add_test(tests, late_pictures_are_skipped);
  tcase_add_test(tests, long_group_backwards);
  return suite;
}

GST_CHECK_MAIN(element_trick)
