// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The element's answers to queries and its ways of seeking, with sequence numbers.

#include <cmath>

#include "element_fixture.h"

using namespace iso::test;

namespace {

constexpr int kFlush = GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE;

bool SeekTime(Recorder& recorder, int flags, int64_t start, int64_t stop, guint32* seqnum) {
  return recorder.Seek(1.0,
                       GST_FORMAT_TIME,
                       flags,
                       GST_SEEK_TYPE_SET,
                       start,
                       stop < 0 ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET,
                       stop,
                       seqnum);
}

/// Waits until every pad's last item is an event of this type.
bool WaitForLast(Recorder& recorder, GstEventType type) {
  return recorder.WaitFor([&](const auto& pads) {
    for (const RecordedPad* pad : pads) {
      if (pad->items.empty() || !pad->items.back().event ||
          GST_EVENT_TYPE(pad->items.back().event.get()) != type) {
        return false;
      }
    }
    return !pads.empty();
  });
}

/// A source pad that is unreffed at the end of the scope.
struct PadRef {
  PadRef(Recorder& recorder, const char* name) : pad(recorder.SourcePad(name)) {
    fail_unless(pad != nullptr, "no pad %s", name);
  }

  ~PadRef() { gst_object_unref(pad); }

  GstPad* pad;
};

/// Where the last picture of the plain movie ends: 4 s of frames, shown three frames late.
constexpr int64_t kMovieEnd = 4120 * static_cast<int64_t>(GST_MSECOND);

void ExpectNear(int64_t value, int64_t expected, int64_t by, const char* what) {
  fail_unless(std::llabs(value - expected) <= by,
              "%s is %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT,
              what,
              value,
              expected);
}

}  // namespace

GST_START_TEST(query_position) {
  Playing playing(PlainMovie());
  playing.recorder.SetDelay(2000);
  playing.Start();
  fail_unless(playing.recorder.WaitFor([](const auto& pads) {
    return pads.size() == 2 && pads[0]->buffers > 20 && pads[1]->buffers > 20;
  }));
  for (const char* name : {"video_0", "audio_0"}) {
    const PadRef ref(playing.recorder, name);
    gint64 before = -1, after = -1;
    fail_unless(gst_pad_query_position(ref.pad, GST_FORMAT_TIME, &before), "%s", name);
    const std::vector<RecordedItem> buffers = BuffersOf(playing.Pad(name));
    fail_unless(gst_pad_query_position(ref.pad, GST_FORMAT_TIME, &after));
    fail_unless(before > 0 && after >= before);
    ExpectNear(before, static_cast<int64_t>(buffers.back().pts), GST_SECOND, "position");
  }
  gint64 position = -1;
  fail_unless(gst_element_query_position(playing.recorder.demuxer(), GST_FORMAT_TIME, &position));
  fail_unless(position > 0 && position < static_cast<gint64>(4 * GST_SECOND));
}

GST_END_TEST

GST_START_TEST(query_duration) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  gint64 duration = -1;
  fail_unless(gst_element_query_duration(playing.recorder.demuxer(), GST_FORMAT_TIME, &duration));
  ExpectNear(
      duration, kMovieEnd, GST_MSECOND, "duration");
  const PadRef video(playing.recorder, "video_0");
  fail_unless(gst_pad_query_duration(video.pad, GST_FORMAT_TIME, &duration));
  fail_unless(duration >= static_cast<gint64>(4 * GST_SECOND) - 1 &&
              duration <= kMovieEnd);
}

GST_END_TEST

GST_START_TEST(query_seeking) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  GstQuery* query = gst_query_new_seeking(GST_FORMAT_TIME);
  fail_unless(gst_element_query(playing.recorder.demuxer(), query));
  gboolean seekable = FALSE;
  gint64 start = -1, end = -1;
  gst_query_parse_seeking(query, nullptr, &seekable, &start, &end);
  fail_unless(seekable && start == 0);
  ExpectNear(end, kMovieEnd, GST_MSECOND, "end");
  gst_query_unref(query);
  query = gst_query_new_seeking(GST_FORMAT_BYTES);
  const PadRef video(playing.recorder, "video_0");
  seekable = FALSE;
  if (gst_pad_query(video.pad, query)) {
    gst_query_parse_seeking(query, nullptr, &seekable, nullptr, nullptr);
  }
  fail_unless(!seekable, "seekable in bytes");
  gst_query_unref(query);
}

GST_END_TEST

GST_START_TEST(query_segment) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  fail_unless(SeekTime(playing.recorder, kFlush, GST_SECOND, 3 * GST_SECOND, nullptr));
  fail_unless(playing.recorder.WaitFirstBuffers());
  GstQuery* query = gst_query_new_segment(GST_FORMAT_TIME);
  fail_unless(gst_element_query(playing.recorder.demuxer(), query));
  gdouble rate = 0;
  GstFormat format = GST_FORMAT_UNDEFINED;
  gint64 start = -1, stop = -1;
  gst_query_parse_segment(query, &rate, &format, &start, &stop);
  fail_unless(rate == 1.0 && format == GST_FORMAT_TIME);
  ExpectNear(start, GST_SECOND, 1, "start");
  ExpectNear(stop, 3 * GST_SECOND, 1, "stop");
  gst_query_unref(query);
}

GST_END_TEST

GST_START_TEST(query_convert) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  const PadRef audio(playing.recorder, "audio_0");
  const auto convert = [&](GstFormat from, int64_t value, GstFormat to) {
    gint64 result = -1;
    fail_unless(gst_pad_query_convert(audio.pad, from, value, to, &result), "%d to %d", from, to);
    return result;
  };
  for (const int64_t sample : {0, 1, 10, 77, 187}) {
    const int64_t time = sample * 1024 * static_cast<int64_t>(GST_SECOND) / 48000;
    ExpectNear(convert(GST_FORMAT_DEFAULT, sample, GST_FORMAT_TIME), time, 1, "time of sample");
    fail_unless_equals_int64(convert(GST_FORMAT_TIME, time + 5 * GST_MSECOND, GST_FORMAT_DEFAULT),
                             sample);
  }
  int64_t last = -1;
  for (int64_t second = 0; second < 4; ++second) {
    const int64_t bytes = convert(GST_FORMAT_TIME, second * GST_SECOND, GST_FORMAT_BYTES);
    fail_unless(bytes > last, "bytes at %d s", static_cast<int>(second));
    last = bytes;
    const int64_t back = convert(GST_FORMAT_BYTES, bytes, GST_FORMAT_TIME);
    ExpectNear(back, second * GST_SECOND, 100 * GST_MSECOND, "bytes back to time");
  }
}

GST_END_TEST

GST_START_TEST(query_formats_and_bitrate) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  const PadRef video(playing.recorder, "video_0");
  GstQuery* query = gst_query_new_formats();
  fail_unless(gst_pad_query(video.pad, query));
  guint count = 0;
  bool time = false, samples = false;
  gst_query_parse_n_formats(query, &count);
  for (guint i = 0; i < count; ++i) {
    GstFormat format = GST_FORMAT_UNDEFINED;
    gst_query_parse_nth_format(query, i, &format);
    time |= format == GST_FORMAT_TIME;
    samples |= format == GST_FORMAT_DEFAULT;
  }
  fail_unless(time && samples);
  gst_query_unref(query);
  GstPad* sink = gst_element_get_static_pad(playing.recorder.demuxer(), "sink");
  query = gst_query_new_bitrate();
  fail_unless(gst_pad_query(sink, query));
  guint bitrate = 0;
  gst_query_parse_bitrate(query, &bitrate);
  const double expected = 8.0 * static_cast<double>(BuildMovie(PlainMovie()).size()) / 4.12;
  ExpectNear(bitrate, static_cast<int64_t>(expected), static_cast<int64_t>(expected / 50), "rate");
  gst_query_unref(query);
  gst_object_unref(sink);
}

GST_END_TEST

GST_START_TEST(queries_before_and_after_playing) {
  Playing playing(PlainMovie());
  for (int i = 0; i < 2; ++i) {
    gint64 value = -1;
    GstElement* demuxer = playing.recorder.demuxer();
    // Without pads the source may be asked: what counts is that there is no duration.
    fail_unless(!gst_element_query_duration(demuxer, GST_FORMAT_TIME, &value) || value == -1);
    gst_element_query_position(demuxer, GST_FORMAT_TIME, &value);
    gst_element_send_event(demuxer,
                           gst_event_new_seek(1.0,
                                              GST_FORMAT_TIME,
                                              GST_SEEK_FLAG_FLUSH,
                                              GST_SEEK_TYPE_SET,
                                              0,
                                              GST_SEEK_TYPE_NONE,
                                              -1));
    if (i == 0) playing.PlayToEos();
    playing.recorder.Stop();
  }
}

GST_END_TEST

GST_START_TEST(seek_flushing_keeps_seqnum) {
  Playing playing(ThreeTracks());
  playing.PlayToEos();
  guint32 seqnum = 0;
  fail_unless(SeekTime(playing.recorder, kFlush, GST_SECOND, 2 * GST_SECOND, &seqnum));
  fail_unless(WaitForLast(playing.recorder, GST_EVENT_EOS));
  for (const RecordedPad& pad : playing.recorder.pads()) {
    fail_unless_equals_int(pad.flush_start_seqnum, seqnum);
    for (const GstEventType type : {GST_EVENT_FLUSH_STOP, GST_EVENT_SEGMENT, GST_EVENT_EOS}) {
      const std::vector<GstEvent*> events = EventsOf(pad, type);
      fail_unless_equals_int(events.size(), 1);
      fail_unless(gst_event_get_seqnum(events[0]) == seqnum,
                  "%s on %s",
                  gst_event_type_get_name(type),
                  pad.name.c_str());
    }
    fail_unless(IndexOf(pad, GST_EVENT_STREAM_START) < 0);
    fail_unless(IndexOf(pad, GST_EVENT_TAG) < 0, "pads keep tags over a flush");
    ExpectNear(static_cast<int64_t>(pad.segment.time), GST_SECOND, 1, "segment.time");
    fail_unless_equals_uint64(pad.segment.base, 0);
  }
}

GST_END_TEST

GST_START_TEST(seek_without_flush) {
  Playing playing(PlainMovie());
  playing.recorder.SetDelay(3000);
  playing.Start();
  fail_unless(playing.recorder.WaitFor([](const auto& pads) {
    return pads.size() == 2 && pads[0]->buffers > 10 && pads[1]->buffers > 10;
  }));
  guint32 seqnum = 0;
  fail_unless(SeekTime(playing.recorder, GST_SEEK_FLAG_ACCURATE, 3 * GST_SECOND, -1, &seqnum));
  fail_unless(playing.recorder.WaitEos() == Outcome::kEos);
  for (const RecordedPad& pad : playing.recorder.pads()) {
    fail_unless_equals_int(pad.flushes, 0);
    const std::vector<GstEvent*> segments = EventsOf(pad, GST_EVENT_SEGMENT);
    fail_unless_equals_int(segments.size(), 2);
    fail_unless(gst_event_get_seqnum(segments[1]) == seqnum);
    fail_unless(gst_event_get_seqnum(EventsOf(pad, GST_EVENT_EOS).at(0)) == seqnum);
    ExpectNear(static_cast<int64_t>(pad.segment.time), 3 * GST_SECOND, 1, "segment.time");
    fail_unless(pad.segment.base > 0, "running time starts over on %s", pad.name.c_str());
    fail_unless(pad.segment.base < 2 * GST_SECOND);
    fail_unless(pad.buffers < 100);
  }
  fail_unless_equals_uint64(playing.Pad("video_0").segment.base,
                            playing.Pad("audio_0").segment.base);
}

GST_END_TEST

GST_START_TEST(seek_segment_and_loop) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  guint32 seqnum = 0;
  fail_unless(SeekTime(playing.recorder, kFlush | GST_SEEK_FLAG_SEGMENT, 0, GST_SECOND, &seqnum));
  fail_unless(WaitForLast(playing.recorder, GST_EVENT_SEGMENT_DONE));
  for (int loop = 1; loop < 4; ++loop) {
    for (const RecordedPad& pad : playing.recorder.pads()) {
      GstEvent* done = EventsOf(pad, GST_EVENT_SEGMENT_DONE).back();
      fail_unless(gst_event_get_seqnum(done) == seqnum);
      GstFormat format = GST_FORMAT_UNDEFINED;
      gint64 position = -1;
      gst_event_parse_segment_done(done, &format, &position);
      fail_unless_equals_int(format, GST_FORMAT_TIME);
      ExpectNear(position, GST_SECOND, 1, "position of SEGMENT_DONE");
      fail_unless(EventsOf(pad, GST_EVENT_EOS).empty(), "EOS in a segment seek");
      fail_unless_equals_uint64(pad.segment.base, (loop - 1) * GST_SECOND);
      fail_unless(gst_event_get_seqnum(EventsOf(pad, GST_EVENT_SEGMENT).back()) == seqnum);
    }
    g_usleep(20000);  // the message follows the events
    const auto ends = playing.recorder.messages(GST_MESSAGE_SEGMENT_DONE);
    fail_unless_equals_int(ends.size(), loop);
    fail_unless(gst_message_get_seqnum(ends.back().get()) == seqnum);
    const size_t items = playing.Pad("video_0").items.size();
    fail_unless(SeekTime(
        playing.recorder, GST_SEEK_FLAG_SEGMENT | GST_SEEK_FLAG_ACCURATE, 0, GST_SECOND, &seqnum));
    fail_unless(playing.recorder.WaitFor(
        [&](const auto& pads) { return pads[0]->items.size() > items + 1; }));
    fail_unless(WaitForLast(playing.recorder, GST_EVENT_SEGMENT_DONE));
  }
}

GST_END_TEST

GST_START_TEST(seek_with_stop_ends_there) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  fail_unless(SeekTime(playing.recorder, kFlush, 0, GST_SECOND, nullptr));
  fail_unless(WaitForLast(playing.recorder, GST_EVENT_EOS));
  const RecordedPad audio = playing.Pad("audio_0");
  // 1 s is 46.875 samples: the 47th is the last that starts before it.
  fail_unless_equals_int(audio.buffers, 47);
  ExpectNear(static_cast<int64_t>(audio.segment.stop), GST_SECOND, 1, "segment.stop");
  const RecordedPad video = playing.Pad("video_0");
  fail_unless(video.buffers >= 25 && video.buffers <= 30, "%zu video buffers", video.buffers);
}

GST_END_TEST

GST_START_TEST(seek_relative_to_the_end) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  fail_unless(playing.recorder.Seek(1.0,
                                    GST_FORMAT_TIME,
                                    kFlush,
                                    GST_SEEK_TYPE_END,
                                    -static_cast<int64_t>(GST_SECOND),
                                    GST_SEEK_TYPE_NONE,
                                    -1));
  fail_unless(playing.recorder.WaitFirstBuffers());
  const int64_t expected = kMovieEnd - GST_SECOND;
  ExpectNear(static_cast<int64_t>(playing.Pad("video_0").segment.time),
             expected,
             GST_MSECOND,
             "segment.time");
}

GST_END_TEST

GST_START_TEST(seek_to_a_frame) {
  MovieSpec spec = PlainMovie();
  for (SampleSpec& s : spec.tracks[0].samples)
    s.cts = 0;
  spec.tracks[0].ctts = CttsForm::kNone;
  Playing playing(spec);
  playing.PlayToEos();
  const PadRef video(playing.recorder, "video_0");
  for (const int64_t frame : {0, 30, 52, 99}) {
    const unsigned before = playing.Pad("video_0").flushes;
    fail_unless(gst_pad_send_event(video.pad,
                                   gst_event_new_seek(1.0,
                                                      GST_FORMAT_DEFAULT,
                                                      static_cast<GstSeekFlags>(kFlush),
                                                      GST_SEEK_TYPE_SET,
                                                      frame,
                                                      GST_SEEK_TYPE_NONE,
                                                      -1)),
                "seek to frame %d refused",
                static_cast<int>(frame));
    fail_unless(playing.recorder.WaitFor(
        [&](const auto& pads) { return pads[0]->flushes > before && pads[0]->buffers > 0; }));
    const RecordedPad pad = playing.Pad("video_0");
    ExpectNear(static_cast<int64_t>(pad.segment.time), frame * 40 * GST_MSECOND, 1, "segment.time");
    ExpectNear(static_cast<int64_t>(BuffersOf(pad)[0].pts),
               frame / 13 * 13 * 40 * GST_MSECOND,
               1,
               "first buffer");
  }
}

GST_END_TEST

GST_START_TEST(seek_refused) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  const PadRef video(playing.recorder, "video_0");
  fail_unless(!gst_pad_send_event(video.pad,
                                  gst_event_new_seek(1.0,
                                                     GST_FORMAT_BYTES,
                                                     GST_SEEK_FLAG_FLUSH,
                                                     GST_SEEK_TYPE_SET,
                                                     1000,
                                                     GST_SEEK_TYPE_NONE,
                                                     -1)) ||
              playing.recorder.WaitFirstBuffers());
  // Whatever became of it, the next one works.
  fail_unless(SeekTime(playing.recorder, kFlush, GST_SECOND, -1, nullptr));
  fail_unless(playing.recorder.WaitFirstBuffers());
}

GST_END_TEST

GST_START_TEST(seek_past_the_end) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  fail_unless(SeekTime(playing.recorder, kFlush, 3600 * GST_SECOND, -1, nullptr));
  fail_unless(WaitForLast(playing.recorder, GST_EVENT_EOS));
  fail_unless(SeekTime(playing.recorder, kFlush, 0, -1, nullptr));
  fail_unless(WaitForLast(playing.recorder, GST_EVENT_EOS));
  fail_unless_equals_int(playing.Pad("video_0").buffers, 100);
}

GST_END_TEST

GST_START_TEST(seek_same_event_twice) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  GstEvent* seek = gst_event_new_seek(1.0,
                                      GST_FORMAT_TIME,
                                      GST_SEEK_FLAG_FLUSH,
                                      GST_SEEK_TYPE_SET,
                                      GST_SECOND,
                                      GST_SEEK_TYPE_NONE,
                                      -1);
  const unsigned before = playing.Pad("video_0").flushes;
  for (const char* name : {"video_0", "audio_0"}) {
    const PadRef ref(playing.recorder, name);
    fail_unless(gst_pad_send_event(ref.pad, gst_event_ref(seek)), "%s", name);
  }
  gst_event_unref(seek);
  fail_unless(playing.recorder.WaitEos() == Outcome::kEos);
  fail_unless_equals_int(playing.Pad("video_0").flushes, before + 1);
}

GST_END_TEST

GST_START_TEST(seek_while_playing_many_times) {
  Playing playing(ThreeTracks());
  playing.recorder.SetDelay(50);
  playing.Start();
  fail_unless(playing.recorder.WaitFor(
      [](const auto& pads) { return pads.size() == 3 && pads[0]->buffers > 0; }));
  for (int i = 0; i < 200; ++i) {
    const int flags = i % 3 == 0 ? kFlush : GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT;
    fail_unless(SeekTime(playing.recorder, flags, i * 37 % 40 * (GST_SECOND / 10), -1, nullptr));
    if (i % 5 == 0) g_usleep(1000);
  }
  fail_unless(playing.recorder.WaitFirstBuffers());
  playing.recorder.SetDelay(0);
  fail_unless(playing.recorder.WaitEos() == Outcome::kEos);
}

GST_END_TEST

GST_START_TEST(rate_changes_at_once) {
  Playing playing(PlainMovie());
  playing.recorder.SetDelay(3000);
  playing.Start();
  fail_unless(playing.recorder.WaitFor([](const auto& pads) {
    return pads.size() == 2 && pads[0]->buffers > 5 && pads[1]->buffers > 5;
  }));
  guint32 seqnum = 0;
  fail_unless(playing.recorder.Seek(2.0,
                                    GST_FORMAT_TIME,
                                    GST_SEEK_FLAG_INSTANT_RATE_CHANGE,
                                    GST_SEEK_TYPE_NONE,
                                    0,
                                    GST_SEEK_TYPE_NONE,
                                    0,
                                    &seqnum));
  fail_unless(playing.recorder.WaitEos() == Outcome::kEos);
  for (const RecordedPad& pad : playing.recorder.pads()) {
    const std::vector<GstEvent*> events = EventsOf(pad, GST_EVENT_INSTANT_RATE_CHANGE);
    fail_unless(!events.empty());
    gdouble multiplier = 0;
    gst_event_parse_instant_rate_change(events[0], &multiplier, nullptr);
    fail_unless_equals_float(multiplier, 2.0);
    fail_unless(gst_event_get_seqnum(events[0]) == seqnum);
    fail_unless_equals_int(EventsOf(pad, GST_EVENT_SEGMENT).size(), 1);
    fail_unless_equals_int(pad.flushes, 0);
  }
  fail_unless_equals_int(playing.Pad("video_0").buffers, 100);
}

GST_END_TEST

GST_START_TEST(seek_with_rate) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  fail_unless(playing.recorder.Seek(
      2.0, GST_FORMAT_TIME, kFlush, GST_SEEK_TYPE_SET, GST_SECOND, GST_SEEK_TYPE_NONE, -1));
  fail_unless(playing.recorder.WaitFirstBuffers());
  for (const RecordedPad& pad : playing.recorder.pads()) {
    fail_unless_equals_float(pad.segment.rate, 2.0);
    const uint64_t running =
        gst_segment_to_running_time(&pad.segment, GST_FORMAT_TIME, pad.segment.start + GST_SECOND);
    ExpectNear(static_cast<int64_t>(running), GST_SECOND / 2, 1, "running time");
  }
}

GST_END_TEST

static Suite* element_seek_suite() {
  Suite* suite = suite_create("element-seek");
  TCase* tests = tcase_create("general");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, query_position);
  tcase_add_test(tests, query_duration);
  tcase_add_test(tests, query_seeking);
  tcase_add_test(tests, query_segment);
  tcase_add_test(tests, query_convert);
  tcase_add_test(tests, query_formats_and_bitrate);
  tcase_add_test(tests, queries_before_and_after_playing);
  tcase_add_test(tests, seek_flushing_keeps_seqnum);
  tcase_add_test(tests, seek_without_flush);
  tcase_add_test(tests, seek_segment_and_loop);
  tcase_add_test(tests, seek_with_stop_ends_there);
  tcase_add_test(tests, seek_relative_to_the_end);
  tcase_add_test(tests, seek_to_a_frame);
  tcase_add_test(tests, seek_refused);
  tcase_add_test(tests, seek_past_the_end);
  tcase_add_test(tests, seek_same_event_twice);
  tcase_add_test(tests, seek_while_playing_many_times);
  tcase_add_test(tests, rate_changes_at_once);
  tcase_add_test(tests, seek_with_rate);
  return suite;
}

GST_CHECK_MAIN(element_seek)
