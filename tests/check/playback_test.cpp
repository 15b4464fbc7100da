// SPDX-License-Identifier: LGPL-2.1-or-later
//
// As an application sees it: playbin3, decodebin3, parsebin, uridecodebin3 and the
// discoverer find the element by its rank; and nothing leaks.

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include <gtest/gtest.h>

#include <gst/pbutils/pbutils.h>

#include "media_files.h"
#include "movie_catalog.h"
#include "recorder.h"

namespace iso::test {
namespace {

constexpr int kFrames = 50;  // 2 s

struct Plan {
  const char* video_encoder;
  const char* audio_encoder;
  const char* muxer;
};

// The first one whose elements are all installed is used; the decoders must be, too.
constexpr Plan kPlans[] = {
    {"jpegenc", "audioconvert ! audio/x-raw,format=S16LE", "qtmux"},
    {"x264enc ! h264parse", "avenc_aac ! aacparse", "mp4mux"},
    {"vp9enc deadline=1", "opusenc", "mp4mux"},
};

/// Runs a pipeline to EOS; the error's text, or empty.
std::string RunToEos(GstElement* pipeline, double seconds) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message =
      gst_bus_timed_pop_filtered(bus,
                                 static_cast<GstClockTime>(seconds * GST_SECOND),
                                 static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  std::string result = message ? "" : "no EOS in time";
  if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    GError* error = nullptr;
    gchar* debug = nullptr;
    gst_message_parse_error(message, &error, &debug);
    result = std::string(error->message) + " " + (debug ? debug : "");
    g_error_free(error);
    g_free(debug);
  }
  if (message) gst_message_unref(message);
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  return result;
}

/// Encodes a file with what is installed; false if nothing fits.
bool MakePlayableFile(const std::string& path) {
  for (const Plan& plan : kPlans) {
    const std::string text =
        "videotestsrc num-buffers=" + std::to_string(kFrames) +
        " ! video/x-raw,width=160,height=120,framerate=25/1 ! videoconvert ! " +
        plan.video_encoder + " ! queue ! " + plan.muxer + " name=mux ! filesink location=" + path +
        " audiotestsrc num-buffers=100 samplesperbuffer=882 ! audio/x-raw,rate=44100 ! "
        "audioconvert ! " +
        plan.audio_encoder + " ! queue ! mux.";
    GError* error = nullptr;
    GstElement* pipeline =
        gst_parse_launch_full(text.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error);
    if (error) g_error_free(error);
    if (!pipeline) continue;
    gst_object_ref_sink(pipeline);
    GstElement* mux = gst_bin_get_by_name(GST_BIN(pipeline), "mux");
    gst_tag_setter_add_tags(GST_TAG_SETTER(mux),
                            GST_TAG_MERGE_REPLACE,
                            GST_TAG_TITLE,
                            "A title",
                            GST_TAG_ARTIST,
                            "An artist",
                            nullptr);
    gst_object_unref(mux);
    const std::string failure = RunToEos(pipeline, 30);
    gst_object_unref(pipeline);
    if (failure.empty()) return true;
    std::printf("%s, %s: %s\n", plan.video_encoder, plan.muxer, failure.c_str());
  }
  return false;
}

/// One playable file for all tests of the process.
class Playback : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    file_ = new TempFile({});
    playable_ = MakePlayableFile(file_->path());
  }

  static void TearDownTestSuite() {
    delete file_;
    file_ = nullptr;
  }

  void SetUp() override {
    if (!playable_) GTEST_SKIP() << "no encoder and muxer for a playable file is installed";
  }

  static std::string Uri() { return "file://" + file_->path(); }

  static inline TempFile* file_ = nullptr;
  static inline bool playable_ = false;
};

struct Plugged {
  std::mutex mutex;
  std::set<std::string> factories;

  bool Has(const std::string& name) {
    const std::lock_guard lock(mutex);
    return factories.count(name) > 0;
  }
};

void OnDeepElementAdded(GstBin*, GstBin*, GstElement* element, gpointer data) {
  auto* plugged = static_cast<Plugged*>(data);
  GstElementFactory* factory = gst_element_get_factory(element);
  const std::lock_guard lock(plugged->mutex);
  if (factory) plugged->factories.insert(GST_OBJECT_NAME(factory));
}

/// Counts the buffers that reach the sinks of a pad that came up.
struct SinkCount {
  std::mutex mutex;
  GstElement* pipeline = nullptr;
  std::map<std::string, int> buffers;  // by media type
};

GstPadProbeReturn CountBuffer(GstPad* pad, GstPadProbeInfo*, gpointer data) {
  auto* count = static_cast<SinkCount*>(data);
  GstCaps* caps = gst_pad_get_current_caps(pad);
  const std::string name = caps ? gst_structure_get_name(gst_caps_get_structure(caps, 0)) : "";
  if (caps) gst_caps_unref(caps);
  const std::lock_guard lock(count->mutex);
  ++count->buffers[name];
  return GST_PAD_PROBE_OK;
}

void LinkFakeSink(GstElement*, GstPad* pad, gpointer data) {
  auto* count = static_cast<SinkCount*>(data);
  GstElement* queue = gst_element_factory_make("queue", nullptr);
  GstElement* sink = gst_element_factory_make("fakesink", nullptr);
  g_object_set(sink, "sync", FALSE, nullptr);
  gst_bin_add_many(GST_BIN(count->pipeline), queue, sink, nullptr);
  gst_element_link(queue, sink);
  GstPad* queue_pad = gst_element_get_static_pad(queue, "sink");
  gst_pad_add_probe(queue_pad, GST_PAD_PROBE_TYPE_BUFFER, CountBuffer, data, nullptr);
  gst_pad_link(pad, queue_pad);
  gst_object_unref(queue_pad);
  gst_element_sync_state_with_parent(sink);
  gst_element_sync_state_with_parent(queue);
}

GstElement* FakeSink(const char* name) {
  GstElement* sink = gst_element_factory_make("fakesink", name);
  g_object_set(sink, "sync", FALSE, nullptr);
  return sink;
}

GstPadProbeReturn CountOnly(GstPad*, GstPadProbeInfo*, gpointer data) {
  ++*static_cast<std::atomic<int>*>(data);
  return GST_PAD_PROBE_OK;
}

void CountInto(GstElement* sink, std::atomic<int>* count) {
  GstPad* pad = gst_element_get_static_pad(sink, "sink");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, CountOnly, count, nullptr);
  gst_object_unref(pad);
}

TEST_F(Playback, Playbin) {
  for (const char* name : {"playbin3", "playbin"}) {
    GstElement* playbin = gst_element_factory_make(name, nullptr);
    if (!playbin) GTEST_SKIP() << name << " is not installed";
    gst_object_ref_sink(playbin);
    Plugged plugged;
    std::atomic<int> video{0}, audio{0};
    GstElement* video_sink = FakeSink("v");
    GstElement* audio_sink = FakeSink("a");
    CountInto(video_sink, &video);
    CountInto(audio_sink, &audio);
    g_signal_connect(playbin, "deep-element-added", G_CALLBACK(OnDeepElementAdded), &plugged);
    g_object_set(
        playbin, "uri", Uri().c_str(), "video-sink", video_sink, "audio-sink", audio_sink, nullptr);
    EXPECT_EQ(RunToEos(playbin, 30), "") << name;
    gst_object_unref(playbin);
    EXPECT_TRUE(plugged.Has(ElementName())) << name;
    EXPECT_EQ(video, kFrames) << name;
    EXPECT_GT(audio, 0) << name;
  }
}

TEST_F(Playback, DecodebinsAndParsebin) {
  const std::string file = "filesrc location=" + file_->path() + " ! ";
  const std::string uri = "uri=" + Uri();
  for (const std::string& start : {file + "decodebin3 name=d",
                                   file + "parsebin name=d",
                                   file + "decodebin name=d",
                                   "uridecodebin3 name=d " + uri,
                                   "uridecodebin name=d " + uri}) {
    GError* error = nullptr;
    GstElement* pipeline = gst_parse_launch(start.c_str(), &error);
    ASSERT_TRUE(pipeline && !error) << start;
    gst_object_ref_sink(pipeline);
    if (!GST_IS_PIPELINE(pipeline)) {  // a single element: put it into a pipeline
      GstElement* outer = GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr)));
      gst_bin_add(GST_BIN(outer), pipeline);
      gst_object_unref(pipeline);
      pipeline = outer;
    }
    SinkCount count;
    Plugged plugged;
    count.pipeline = pipeline;
    GstElement* bin = gst_bin_get_by_name(GST_BIN(pipeline), "d");
    g_signal_connect(bin, "pad-added", G_CALLBACK(LinkFakeSink), &count);
    g_signal_connect(pipeline, "deep-element-added", G_CALLBACK(OnDeepElementAdded), &plugged);
    gst_object_unref(bin);
    EXPECT_EQ(RunToEos(pipeline, 30), "") << start;
    EXPECT_TRUE(plugged.Has(ElementName())) << start;
    EXPECT_EQ(count.buffers.size(), 2u) << start;
    for (const auto& [type, buffers] : count.buffers) {
      if (type.rfind("video/", 0) == 0 || type.rfind("image/", 0) == 0) {
        EXPECT_EQ(buffers, kFrames) << start;
      } else {
        EXPECT_GT(buffers, 0) << start << " " << type;
      }
    }
    gst_object_unref(pipeline);
  }
}

GstDiscovererInfo* Discover(const std::string& uri) {
  GstDiscoverer* discoverer = gst_discoverer_new(20 * GST_SECOND, nullptr);
  GError* error = nullptr;
  GstDiscovererInfo* info = gst_discoverer_discover_uri(discoverer, uri.c_str(), &error);
  EXPECT_FALSE(error) << error->message;
  g_object_unref(discoverer);
  return info;
}

TEST_F(Playback, DiscovererFindsDurationStreamsTags) {
  GstDiscovererInfo* info = Discover(Uri());
  ASSERT_TRUE(info);
  EXPECT_EQ(gst_discoverer_info_get_result(info), GST_DISCOVERER_OK);
  EXPECT_NEAR(static_cast<double>(gst_discoverer_info_get_duration(info)),
              2.0 * GST_SECOND,
              0.1 * GST_SECOND);
  EXPECT_TRUE(gst_discoverer_info_get_seekable(info));
  GList* video = gst_discoverer_info_get_video_streams(info);
  GList* audio = gst_discoverer_info_get_audio_streams(info);
  ASSERT_EQ(g_list_length(video), 1u);
  ASSERT_EQ(g_list_length(audio), 1u);
  auto* v = static_cast<GstDiscovererVideoInfo*>(video->data);
  auto* a = static_cast<GstDiscovererAudioInfo*>(audio->data);
  EXPECT_EQ(gst_discoverer_video_info_get_width(v), 160u);
  EXPECT_EQ(gst_discoverer_video_info_get_height(v), 120u);
  EXPECT_EQ(gst_discoverer_video_info_get_framerate_num(v), 25u);
  EXPECT_EQ(gst_discoverer_audio_info_get_sample_rate(a), 44100u);
  gst_discoverer_stream_info_list_free(video);
  gst_discoverer_stream_info_list_free(audio);
  const GstTagList* tags = gst_discoverer_info_get_tags(info);
  gchar* title = nullptr;
  gchar* artist = nullptr;
  ASSERT_TRUE(tags);
  EXPECT_TRUE(gst_tag_list_get_string(tags, GST_TAG_TITLE, &title));
  EXPECT_TRUE(gst_tag_list_get_string(tags, GST_TAG_ARTIST, &artist));
  EXPECT_STREQ(title, "A title");
  EXPECT_STREQ(artist, "An artist");
  EXPECT_GT(gst_tag_list_get_tag_size(tags, GST_TAG_CONTAINER_FORMAT), 0u);
  g_free(title);
  g_free(artist);
  gst_discoverer_info_unref(info);
}

// The next cases run in a child process, under the leaks tracer.

void PlaySeekAndStop(const std::string& path) {
  Recorder recorder;
  for (int i = 0; i < 3; ++i) {
    recorder.Start(path);
    recorder.WaitEos();
    recorder.Seek(1.0,
                  GST_FORMAT_TIME,
                  GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT,
                  GST_SEEK_TYPE_SET,
                  GST_SECOND,
                  GST_SEEK_TYPE_NONE,
                  -1);
    if (i < 2) recorder.WaitEos();
    GstStructure* stats = nullptr;
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(recorder.demuxer()), "stats")) {
      g_object_get(recorder.demuxer(), "stats", &stats, nullptr);
    }
    if (stats) gst_structure_free(stats);
    recorder.Stop();
  }
}

TEST(LeaksChild, DISABLED_PlaysEverything) {
  for (const CatalogMovie& movie : CatalogMovies()) {
    if (movie.name == "large-sample") continue;
    const TempFile file(BuildMovie(movie.spec));
    PlaySeekAndStop(file.path());
  }
  Bytes broken = BuildMovie(PlainMovie());
  for (const size_t size : {100u, 2000u, 3000u, 20000u}) {
    broken.resize(std::min<size_t>(broken.size(), size));
    PlaySeekAndStop(TempFile(broken).path());
  }
}

TEST(LeaksChild, DISABLED_Leaks) {
  GstBuffer* leaked = gst_buffer_new_allocate(nullptr, 1, nullptr);
  EXPECT_TRUE(leaked);
}

/// Exit status of this program running one case under the leaks tracer.
int RunUnderTracer(const char* test_case, std::string* output) {
  const std::string filter = std::string("--gtest_filter=LeaksChild.") + test_case;
  gchar* self = g_file_read_link("/proc/self/exe", nullptr);
  const gchar* arguments[] = {self, filter.c_str(), "--gtest_also_run_disabled_tests", nullptr};
  gchar** environment = g_get_environ();
  environment = g_environ_setenv(environment, "GST_TRACERS", "leaks", TRUE);
  environment = g_environ_setenv(environment, "G_DEBUG", "fatal-warnings", TRUE);
  // The tracer keeps a record of its own until the process ends: it looks for leaks here, and
  // nothing else does.
  environment = g_environ_setenv(environment, "ASAN_OPTIONS", "detect_leaks=0", TRUE);
  gchar* out = nullptr;
  gchar* err = nullptr;
  gint status = -1;
  g_spawn_sync(nullptr,
               const_cast<gchar**>(arguments),
               environment,
               G_SPAWN_DEFAULT,
               nullptr,
               nullptr,
               &out,
               &err,
               &status,
               nullptr);
  *output = std::string(out ? out : "") + (err ? err : "");
  g_free(out);
  g_free(err);
  g_free(self);
  g_strfreev(environment);
  return status;
}

TEST(Leaks, NothingLeaks) {
  GstPlugin* tracers = gst_registry_find_plugin(gst_registry_get(), "coretracers");
  if (!tracers) GTEST_SKIP() << "the core tracers are not installed";
  gst_object_unref(tracers);
  std::string output;
  EXPECT_EQ(RunUnderTracer("DISABLED_PlaysEverything", &output), 0) << output;
  // The same with a leak made on purpose: the tracer must see it.
  EXPECT_NE(RunUnderTracer("DISABLED_Leaks", &output), 0) << output;
}

}  // namespace
}  // namespace iso::test
