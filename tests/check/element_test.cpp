// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The element from outside: states, pads, event order, streams, flows, errors, stats.

#include <algorithm>
#include <set>

#include "element_fixture.h"

using namespace iso::test;

GST_START_TEST(states_repeat_and_other_files) {
  const TempFile first(BuildMovie(PlainMovie())), second(BuildMovie(ThreeTracks()));
  Recorder recorder;
  for (int round = 0; round < 6; ++round) {
    const bool three = round % 2;
    recorder.Start(three ? second.path() : first.path());
    fail_unless(recorder.WaitEos() == Outcome::kEos);
    const std::vector<RecordedPad> pads = recorder.pads();
    fail_unless_equals_int(pads.size(), three ? 3 : 2);
    fail_unless_equals_int(pads[0].buffers, 100);
    fail_unless_equals_string(pads[0].name.c_str(), "video_0");
    recorder.Stop();
    fail_unless_equals_int(GST_ELEMENT(recorder.demuxer())->numsrcpads, 0);
  }
}

GST_END_TEST

GST_START_TEST(states_stopped_at_any_moment) {
  const TempFile file(BuildMovie(ThreeTracks()));
  Recorder recorder;
  for (unsigned wait = 0; wait < 40; ++wait) {
    recorder.Start(file.path(), wait % 3 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
    g_usleep(wait * 37);
    recorder.Stop();
  }
  recorder.Start(file.path());
  fail_unless(recorder.WaitEos() == Outcome::kEos);
}

GST_END_TEST

GST_START_TEST(ready_again_without_null) {
  Playing playing(PlainMovie());
  playing.PlayToEos();
  gst_element_set_state(playing.recorder.pipeline(), GST_STATE_READY);
  fail_unless_equals_int(GST_ELEMENT(playing.recorder.demuxer())->numsrcpads, 0);
  playing.PlayToEos();
  fail_unless_equals_int(playing.Pad("video_0").buffers, 100);
}

GST_END_TEST

GST_START_TEST(templates) {
  GstElement* element = gst_element_factory_make(ElementName().c_str(), nullptr);
  fail_unless(element != nullptr);
  GstElementClass* klass = GST_ELEMENT_GET_CLASS(element);
  for (const char* name : {"video_%u", "audio_%u", "subtitle_%u", "meta_%u"}) {
    GstPadTemplate* t = gst_element_class_get_pad_template(klass, name);
    fail_unless(t != nullptr, "no template %s", name);
    fail_unless_equals_int(GST_PAD_TEMPLATE_PRESENCE(t), GST_PAD_SOMETIMES);
    fail_unless_equals_int(GST_PAD_TEMPLATE_DIRECTION(t), GST_PAD_SRC);
  }
  GstPadTemplate* sink = gst_element_class_get_pad_template(klass, "sink");
  for (const char* name : {"video/quicktime", "video/mj2", "audio/x-m4a", "application/x-3gp"}) {
    GstCaps* caps = gst_caps_new_empty_simple(name);
    fail_unless(gst_caps_can_intersect(GST_PAD_TEMPLATE_CAPS(sink), caps), "%s", name);
    gst_caps_unref(caps);
  }
  fail_unless_equals_string(gst_element_class_get_metadata(klass, GST_ELEMENT_METADATA_KLASS),
                            "Codec/Demuxer");
  gst_object_unref(element);
}

GST_END_TEST

GST_START_TEST(pad_names) {
  MovieSpec spec = ThreeTracks();
  spec.tracks.push_back(VideoTrack(4, 4));
  spec.tracks.push_back(AudioTrack(5, 4));
  TrackSpec meta = TextTrack(6, 4);
  meta.handler = "meta";
  meta.entries = {MettEntry("text/plain")};
  spec.tracks.push_back(meta);
  Playing playing(spec);
  playing.PlayToEos();
  const std::vector<std::pair<const char*, unsigned>> expected = {{"video_0", 1},
                                                                  {"audio_0", 2},
                                                                  {"subtitle_0", 3},
                                                                  {"video_1", 4},
                                                                  {"audio_1", 5},
                                                                  {"meta_0", 6}};
  const std::vector<RecordedPad> pads = playing.recorder.pads();
  fail_unless_equals_int(pads.size(), expected.size());
  for (size_t i = 0; i < pads.size(); ++i) {
    fail_unless_equals_string(pads[i].name.c_str(), expected[i].first);
    fail_unless_equals_int(pads[i].track_id, expected[i].second);
  }
}

GST_END_TEST

GST_START_TEST(event_order) {
  MovieSpec spec = ThreeTracks();
  spec.udta = ItunesMeta(IlstText("\xa9nam", "A title"));
  Playing playing(spec);
  playing.PlayToEos();
  for (const RecordedPad& pad : playing.recorder.pads()) {
    const int start = IndexOf(pad, GST_EVENT_STREAM_START), caps = IndexOf(pad, GST_EVENT_CAPS);
    const int segment = IndexOf(pad, GST_EVENT_SEGMENT), tag = IndexOf(pad, GST_EVENT_TAG);
    const int buffer = IndexOf(pad, GST_EVENT_UNKNOWN), eos = IndexOf(pad, GST_EVENT_EOS);
    const int collection = IndexOf(pad, GST_EVENT_STREAM_COLLECTION);
    fail_unless_equals_int(start, 0);
    fail_unless(caps > start, "CAPS at %d", caps);
    fail_unless(segment > caps, "SEGMENT at %d", segment);
    fail_unless(tag > segment, "TAG at %d", tag);
    fail_unless(collection > start && collection < buffer, "STREAM_COLLECTION at %d", collection);
    fail_unless(buffer > tag, "first buffer at %d", buffer);
    fail_unless_equals_int(eos, pad.items.size() - 1);
    for (const GstEventType once : {GST_EVENT_STREAM_START,
                                    GST_EVENT_CAPS,
                                    GST_EVENT_SEGMENT,
                                    GST_EVENT_STREAM_COLLECTION,
                                    GST_EVENT_EOS}) {
      fail_unless_equals_int(EventsOf(pad, once).size(), 1);
    }
  }
}

GST_END_TEST

namespace {

struct AtPadAdded {
  Recorder* recorder;
  int pads = 0;
  bool collection = true;
  bool stickies = true;
};

void CheckAtPadAdded(GstElement*, GstPad* pad, gpointer data) {
  auto* seen = static_cast<AtPadAdded*>(data);
  ++seen->pads;
  seen->collection &= !seen->recorder->messages(GST_MESSAGE_STREAM_COLLECTION).empty();
  for (const GstEventType type : {GST_EVENT_STREAM_START, GST_EVENT_CAPS}) {
    GstEvent* event = gst_pad_get_sticky_event(pad, type, 0);
    seen->stickies &= event != nullptr;
    if (event) gst_event_unref(event);
  }
}

}  // namespace

GST_START_TEST(ready_before_pad_added) {
  Playing playing(ThreeTracks());
  AtPadAdded seen{&playing.recorder};
  g_signal_connect(playing.recorder.demuxer(), "pad-added", G_CALLBACK(CheckAtPadAdded), &seen);
  playing.PlayToEos();
  fail_unless_equals_int(seen.pads, 3);
  fail_unless(seen.collection, "a pad came before the stream collection message");
  fail_unless(seen.stickies, "a pad came without STREAM_START or CAPS");
}

GST_END_TEST

GST_START_TEST(streams_and_collection) {
  Playing playing(ThreeTracks());
  playing.PlayToEos();
  const auto messages = playing.recorder.messages(GST_MESSAGE_STREAM_COLLECTION);
  fail_unless_equals_int(messages.size(), 1);
  GstStreamCollection* collection = nullptr;
  gst_message_parse_stream_collection(messages[0].get(), &collection);
  fail_unless_equals_int(gst_stream_collection_get_size(collection), 3);
  const GstStreamType types[] = {
      GST_STREAM_TYPE_VIDEO, GST_STREAM_TYPE_AUDIO, GST_STREAM_TYPE_TEXT};
  std::set<guint> groups;
  const std::vector<RecordedPad> pads = playing.recorder.pads();
  for (size_t i = 0; i < pads.size(); ++i) {
    GstEvent* event = EventsOf(pads[i], GST_EVENT_STREAM_START).at(0);
    GstStream* stream = nullptr;
    guint group = 0;
    GstStreamFlags flags = GST_STREAM_FLAG_NONE;
    gst_event_parse_stream(event, &stream);
    fail_unless(stream != nullptr, "no GstStream on %s", pads[i].name.c_str());
    fail_unless(gst_event_parse_group_id(event, &group));
    groups.insert(group);
    gst_event_parse_stream_flags(event, &flags);
    fail_unless_equals_int((flags & GST_STREAM_FLAG_SPARSE) != 0, i == 2);
    fail_unless_equals_int(gst_stream_get_stream_type(stream), types[i]);
    fail_unless_equals_string(gst_stream_get_stream_id(stream), pads[i].stream_id.c_str());
    fail_unless(gst_stream_collection_get_stream(collection, static_cast<guint>(i)) == stream);
    GstCaps* caps = gst_stream_get_caps(stream);
    fail_unless(caps != nullptr && gst_caps_is_fixed(caps));
    gst_caps_unref(caps);
    gst_object_unref(stream);
  }
  fail_unless_equals_int(groups.size(), 1);
  gst_object_unref(collection);
}

GST_END_TEST

GST_START_TEST(stream_ids_are_stable) {
  Playing playing(ThreeTracks());
  std::vector<std::string> ids[2];
  for (std::vector<std::string>& round : ids) {
    playing.PlayToEos();
    for (const RecordedPad& pad : playing.recorder.pads())
      round.push_back(pad.stream_id);
    playing.recorder.Stop();
  }
  fail_unless(ids[0] == ids[1]);
  for (size_t i = 0; i < ids[0].size(); ++i) {
    const std::string ending = "/00" + std::to_string(i + 1);
    fail_unless(g_str_has_suffix(ids[0][i].c_str(), ending.c_str()), "%s", ids[0][i].c_str());
    fail_unless(ids[0][i].size() > ending.size() + 8, "no upstream id in %s", ids[0][i].c_str());
  }
}

GST_END_TEST

GST_START_TEST(tags) {
  MovieSpec spec = PlainMovie();
  spec.udta = ItunesMeta(ByteWriter()
                             .Add(IlstText("\xa9nam", "A title"))
                             .Add(IlstText("\xa9"
                                           "ART",
                                           "An artist"))
                             .Add(IlstBinary("trkn", 0, {0, 0, 0, 3, 0, 9, 0, 0}))
                             .bytes());
  Playing playing(spec);
  playing.PlayToEos();
  for (const RecordedPad& pad : playing.recorder.pads()) {
    bool title = false, codec = false, language = false;
    for (GstEvent* event : EventsOf(pad, GST_EVENT_TAG)) {
      GstTagList* list = nullptr;
      gst_event_parse_tag(event, &list);
      gchar* text = nullptr;
      guint number = 0;
      if (gst_tag_list_get_string(list, GST_TAG_TITLE, &text)) {
        fail_unless_equals_string(text, "A title");
        fail_unless_equals_int(gst_tag_list_get_scope(list), GST_TAG_SCOPE_GLOBAL);
        fail_unless(gst_tag_list_get_uint(list, GST_TAG_TRACK_NUMBER, &number) && number == 3);
        title = true;
        g_free(text);
      }
      codec |= gst_tag_list_get_tag_size(list, GST_TAG_VIDEO_CODEC) > 0 ||
               gst_tag_list_get_tag_size(list, GST_TAG_AUDIO_CODEC) > 0;
      language |= gst_tag_list_get_tag_size(list, GST_TAG_LANGUAGE_CODE) > 0;
    }
    fail_unless(title, "no global tags on %s", pad.name.c_str());
    fail_unless(codec, "no codec tag on %s", pad.name.c_str());
    fail_unless_equals_int(language, pad.name == "audio_0");
  }
}

GST_END_TEST

GST_START_TEST(gaps_for_sparse_streams) {
  MovieSpec spec;
  spec.tracks = {VideoTrack(1, 30), TextTrack(2, 30)};
  spec.tracks[1].samples.resize(3);  // a line, nothing for 24 s, a line
  spec.tracks[1].samples[1].duration = 24000;
  spec.tracks.push_back(TextTrack(3, 4));  // nothing for 20 s, then some lines
  spec.tracks[2].has_edits = true;
  spec.tracks[2].edits = {{20000, -1, 1}, {4000, 0, 1}};
  Playing playing(spec);
  playing.PlayToEos();
  for (const char* name : {"subtitle_0", "subtitle_1"}) {
    const RecordedPad pad = playing.Pad(name);
    const std::vector<GstEvent*> gaps = EventsOf(pad, GST_EVENT_GAP);
    fail_unless(!gaps.empty(), "no GAP on %s", name);
    GstClockTime last = 0;
    for (GstEvent* gap : gaps) {
      GstClockTime start = 0, duration = 0;
      gst_event_parse_gap(gap, &start, &duration);
      fail_unless(GST_CLOCK_TIME_IS_VALID(start) && start >= last);
      last = start;
    }
    fail_unless_equals_int(IndexOf(pad, GST_EVENT_EOS), pad.items.size() - 1);
  }
  fail_unless_equals_int(EventsOf(playing.Pad("video_0"), GST_EVENT_GAP).size(), 0);
}

GST_END_TEST

GST_START_TEST(every_pad_ends_once) {
  MovieSpec spec = ThreeTracks();
  spec.tracks[1].samples.resize(20);
  Playing playing(spec);
  playing.PlayToEos();
  for (const RecordedPad& pad : playing.recorder.pads()) {
    fail_unless_equals_int(EventsOf(pad, GST_EVENT_EOS).size(), 1);
    fail_unless_equals_int(IndexOf(pad, GST_EVENT_EOS), pad.items.size() - 1);
  }
}

GST_END_TEST

GST_START_TEST(flow_one_pad_not_linked) {
  for (const char* unlinked : {"video_0", "audio_0", "subtitle_0"}) {
    Playing playing(ThreeTracks());
    playing.recorder.SkipPads([&](const std::string& name) { return name == unlinked; });
    playing.PlayToEos();
    const std::vector<RecordedPad> pads = playing.recorder.pads();
    fail_unless_equals_int(pads.size(), 2);
    for (const RecordedPad& pad : pads)
      fail_unless(pad.buffers > 0);
  }
}

GST_END_TEST

GST_START_TEST(flow_no_pad_linked) {
  Playing playing(ThreeTracks());
  playing.recorder.SkipPads([](const std::string&) { return true; });
  playing.Start();
  fail_unless(playing.recorder.WaitEos() == Outcome::kError);
  playing.recorder.Stop();
  fail_unless_equals_int(playing.recorder.errors().size(), 1);
}

GST_END_TEST

GST_START_TEST(flow_eos_from_downstream) {
  Playing playing(PlainMovie());
  playing.recorder.SetFlow("audio_0", GST_FLOW_EOS);
  playing.PlayToEos();
  fail_unless_equals_int(playing.Pad("video_0").buffers, 100);
  fail_unless(playing.Pad("audio_0").buffers < 188);
  Playing all(PlainMovie());
  all.recorder.SetFlow("audio_0", GST_FLOW_EOS);
  all.recorder.SetFlow("video_0", GST_FLOW_EOS);
  all.PlayToEos();
  fail_unless(all.Pad("video_0").buffers < 100);
}

GST_END_TEST

GST_START_TEST(flow_error_from_downstream) {
  Playing playing(PlainMovie());
  playing.recorder.SetFlow("audio_0", GST_FLOW_ERROR);
  playing.Start();
  fail_unless(playing.recorder.WaitEos() == Outcome::kError);
  playing.recorder.Stop();
  fail_unless_equals_int(playing.recorder.errors().size(), 1);
}

GST_END_TEST

namespace {

void AddChecker(GstElement*, GstPad* pad, gpointer data) {
  auto* checkers = static_cast<std::vector<GstStreamConsistency*>*>(data);
  checkers->push_back(gst_consistency_checker_new(pad));
}

}  // namespace

GST_START_TEST(streams_are_consistent) {
  MovieSpec spec = ThreeTracks();
  spec.tracks[1].has_edits = true;
  spec.tracks[1].edits = {{1500, -1, 1}, {2400, 1024, 1}};
  Playing playing(spec);
  std::vector<GstStreamConsistency*> checkers;
  g_signal_connect(playing.recorder.demuxer(), "pad-added", G_CALLBACK(AddChecker), &checkers);
  playing.PlayToEos();
  for (const int64_t second : {2, 0, 3}) {
    fail_unless(playing.recorder.Seek(1.0,
                                      GST_FORMAT_TIME,
                                      GST_SEEK_FLAG_FLUSH,
                                      GST_SEEK_TYPE_SET,
                                      second * GST_SECOND,
                                      GST_SEEK_TYPE_NONE,
                                      -1));
    fail_unless(playing.recorder.WaitFirstBuffers());
  }
  fail_unless(playing.recorder.WaitEos() == Outcome::kEos);
  playing.recorder.Stop();
  fail_unless_equals_int(checkers.size(), 3);
  for (GstStreamConsistency* checker : checkers)
    gst_consistency_checker_free(checker);
}

GST_END_TEST

namespace {

void ExpectOneError(const std::vector<uint8_t>& bytes, const char* what) {
  Playing playing(bytes);
  playing.Start();
  fail_unless(playing.recorder.WaitEos() == Outcome::kError, "%s: no error message", what);
  playing.recorder.Stop();
  const auto messages = playing.recorder.messages(GST_MESSAGE_ERROR);
  fail_unless_equals_int(messages.size(), 1);
  GError* error = nullptr;
  gst_message_parse_error(messages[0].get(), &error, nullptr);
  fail_unless(error->domain == GST_STREAM_ERROR, "%s: %s", what, error->message);
  fail_unless(GST_MESSAGE_SRC(messages[0].get()) == GST_OBJECT(playing.recorder.demuxer()));
  g_error_free(error);
  fail_unless(playing.recorder.pads().empty());
}

}  // namespace

GST_START_TEST(errors_without_pads) {
  ExpectOneError(Bytes(3000, uint8_t{'x'}), "text");
  ExpectOneError(Box("ftyp", ByteWriter().Text("isom").U32(0).Text("isom").bytes()), "ftyp only");
  ExpectOneError(ByteWriter().Add(Box("free", Bytes(40))).Add(Box("mdat", Bytes(99))).bytes(),
                 "no moov");
  MovieSpec no_tracks;
  ExpectOneError(BuildMovie(no_tracks), "no tracks");
  MovieSpec hints = PlainMovie();
  for (TrackSpec& track : hints.tracks) {
    track.handler = "hint";
    track.entries = {PlainEntry("rtp ")};
  }
  ExpectOneError(BuildMovie(hints), "hint tracks only");
}

GST_END_TEST

GST_START_TEST(usable_after_an_error) {
  const TempFile bad(Bytes(3000, uint8_t{'x'})), good(BuildMovie(PlainMovie()));
  Recorder recorder;
  for (int i = 0; i < 3; ++i) {
    recorder.Start(bad.path());
    fail_unless(recorder.WaitEos() == Outcome::kError);
    recorder.Stop();
    recorder.Start(good.path());
    fail_unless(recorder.WaitEos() == Outcome::kEos);
    recorder.Stop();
  }
}

GST_END_TEST

GST_START_TEST(stats_property) {
  const std::vector<uint8_t> bytes = BuildMovie(PlainMovie());
  Playing playing(bytes);
  playing.PlayToEos();
  fail_unless(playing.recorder.Seek(
      1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, -1));
  fail_unless(playing.recorder.WaitFirstBuffers());
  GstStructure* stats = nullptr;
  g_object_get(playing.recorder.demuxer(), "stats", &stats, nullptr);
  fail_unless(stats != nullptr);
  const auto field = [&](const char* name) {
    guint64 value = 0;
    fail_unless(gst_structure_get_uint64(stats, name, &value), "no %s", name);
    return value;
  };
  for (const char* name :
       {"index-budget", "page-hits", "page-misses", "index-reads", "index-bytes-read"}) {
    field(name);
  }
  fail_unless(field("index-bytes") < 1 << 20);
  fail_unless(field("open-reads") > 0 && field("open-reads") <= field("reads"));
  fail_unless(field("open-bytes-read") <= field("bytes-read"));
  fail_unless(field("bytes-read") >= SampleBytes(PlainMovie()));
  fail_unless_equals_uint64(field("seeks"), 1);
  fail_unless_equals_uint64(field("lost-samples"), 0);
  fail_unless_equals_uint64(field("lost-bytes"), 0);
  gst_structure_free(stats);
}

GST_END_TEST

namespace {

void AddHarnessPad(GstElement* element, GstPad* pad, gpointer data) {
  GstPad* ghost = gst_ghost_pad_new("src", pad);
  gst_pad_set_active(ghost, TRUE);
  GstObject* bin = gst_object_get_parent(GST_OBJECT(element));
  gst_element_add_pad(GST_ELEMENT(bin), ghost);
  gst_object_unref(bin);
  gst_harness_add_element_src_pad(static_cast<GstHarness*>(data), ghost);
}

}  // namespace

GST_START_TEST(harness_pulls_every_buffer) {
  MovieSpec spec;
  spec.tracks = {AudioTrack(1, 2)};
  const TempFile file(BuildMovie(spec));
  GstElement* bin = gst_bin_new(nullptr);
  GstElement* source = gst_element_factory_make("filesrc", nullptr);
  GstElement* demuxer = gst_element_factory_make(ElementName().c_str(), nullptr);
  g_object_set(source, "location", file.path().c_str(), nullptr);
  gst_bin_add_many(GST_BIN(bin), source, demuxer, nullptr);
  gst_element_link(source, demuxer);
  GstHarness* harness = gst_harness_new_with_element(bin, nullptr, nullptr);
  g_signal_connect(demuxer, "pad-added", G_CALLBACK(AddHarnessPad), harness);
  gst_harness_play(harness);
  const size_t samples = spec.tracks[0].samples.size();
  for (size_t i = 0; i < samples; ++i) {
    GstBuffer* buffer = gst_harness_pull(harness);
    fail_unless(buffer != nullptr, "no buffer %zu", i);
    fail_unless_equals_int(gst_buffer_get_size(buffer), spec.tracks[0].samples[i].size);
    gst_buffer_unref(buffer);
  }
  GstBuffer* more = nullptr;
  fail_unless(gst_harness_pull_until_eos(harness, &more) && more == nullptr);
  gst_harness_teardown(harness);
  gst_object_unref(bin);
}

GST_END_TEST

static Suite* element_suite() {
  Suite* suite = suite_create("element");
  TCase* tests = tcase_create("general");
  suite_add_tcase(suite, tests);
  tcase_add_test(tests, states_repeat_and_other_files);
  tcase_add_test(tests, states_stopped_at_any_moment);
  tcase_add_test(tests, ready_again_without_null);
  tcase_add_test(tests, templates);
  tcase_add_test(tests, pad_names);
  tcase_add_test(tests, event_order);
  tcase_add_test(tests, ready_before_pad_added);
  tcase_add_test(tests, streams_and_collection);
  tcase_add_test(tests, stream_ids_are_stable);
  tcase_add_test(tests, tags);
  tcase_add_test(tests, gaps_for_sparse_streams);
  tcase_add_test(tests, every_pad_ends_once);
  tcase_add_test(tests, flow_one_pad_not_linked);
  tcase_add_test(tests, flow_no_pad_linked);
  tcase_add_test(tests, flow_eos_from_downstream);
  tcase_add_test(tests, flow_error_from_downstream);
  tcase_add_test(tests, streams_are_consistent);
  tcase_add_test(tests, errors_without_pads);
  tcase_add_test(tests, usable_after_an_error);
  tcase_add_test(tests, stats_property);
  tcase_add_test(tests, harness_pulls_every_buffer);
  return suite;
}

GST_CHECK_MAIN(element)
