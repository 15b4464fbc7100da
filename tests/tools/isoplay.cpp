// SPDX-License-Identifier: LGPL-2.1-or-later
//
// isoplay FILE|URI: plays with playbin3, says which demuxer did the work, and shows
// isodemux's own figures at the end. ./run play builds and starts it.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include <glib-unix.h>
#include <gst/gst.h>
#include <gst/pbutils/pbutils.h>

#include "element/ref.h"
#include "isoplay_report.h"

namespace iso::play {
namespace {

using gst::GCharPtr;
using gst::Ref;
using gst::Unique;

constexpr char kDemuxer[] = "isodemux";
constexpr int kExitInterrupted = 130;
constexpr int kExitUsage = 2;

/// dfbvideosink crashes where there is no framebuffer, and nobody's window is one.
void AvoidFramebufferSink() {
  const auto sink = Ref<GstPluginFeature>::Adopt(
      gst_registry_find_feature(gst_registry_get(), "dfbvideosink", GST_TYPE_ELEMENT_FACTORY));
  if (sink) gst_plugin_feature_set_rank(sink.get(), GST_RANK_NONE);
}

/// Whether a window can be had: $DISPLAY may name a display that does not answer, and then
/// autovideosink takes a fakesink.
bool HasDisplay() {
  if (!std::getenv("DISPLAY") && !std::getenv("WAYLAND_DISPLAY")) return false;
  AvoidFramebufferSink();
  const auto sink = Ref<GstElement>::Adopt(gst_element_factory_make("autovideosink", nullptr));
  if (!sink) return false;
  gst_element_set_state(sink.get(), GST_STATE_READY);
  const auto* child = static_cast<GstElement*>(g_list_nth_data(GST_BIN_CHILDREN(sink.get()), 0));
  const bool window = child && !g_str_has_prefix(GST_OBJECT_NAME(child), "fake");
  gst_element_set_state(sink.get(), GST_STATE_NULL);
  return window;
}

/// The demuxers that playbin chose. Filled from streaming threads.
class DemuxerWatch {
 public:
  static void OnElementAdded(GstBin*, GstBin*, GstElement* element, gpointer self) {
    static_cast<DemuxerWatch*>(self)->Add(element);
  }

  bool any() const {
    const std::lock_guard guard(mutex_);
    return !names_.empty();
  }

  void PrintChoice() const;
  void PrintStatsOfDemuxer() const;

 private:
  void Add(GstElement* element) {
    GstElementFactory* factory = gst_element_get_factory(element);
    const char* kind =
        factory ? gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS) : nullptr;
    if (!kind || !std::strstr(kind, "Demux")) return;
    const std::lock_guard guard(mutex_);
    names_.emplace_back(GST_OBJECT_NAME(factory));
    if (names_.back() == kDemuxer) demuxer_ = Ref<GstElement>::Share(element);
  }

  mutable std::mutex mutex_;
  std::vector<std::string> names_;
  Ref<GstElement> demuxer_;
};

void DemuxerWatch::PrintChoice() const {
  const std::lock_guard guard(mutex_);
  if (demuxer_) {
    std::printf("Demuxer: %s\n", kDemuxer);
  } else if (names_.empty()) {
    std::printf("Demuxer: none was needed. This is not an ISO media file (MP4, MOV, M4A, 3GP).\n");
  } else if (names_.back() == "qtdemux") {
    std::printf("Demuxer: qtdemux, not %s, which is turned off or ranked lower.\n", kDemuxer);
  } else {
    std::printf(
        "Demuxer: %s. This is not an ISO media file (MP4, MOV, M4A, 3GP), so %s had no part.\n",
        names_.back().c_str(),
        kDemuxer);
  }
}

void DemuxerWatch::PrintStatsOfDemuxer() const {
  const std::lock_guard guard(mutex_);
  if (!demuxer_) return;
  if (!g_object_class_find_property(G_OBJECT_GET_CLASS(demuxer_.get()), "stats")) return;
  GstStructure* raw = nullptr;
  g_object_get(demuxer_.get(), "stats", &raw, nullptr);
  const gst::UniqueStructure stats(raw);
  if (!stats) return;
  std::printf("What %s says of itself:\n", kDemuxer);
  PrintStats(stats.get());
}

/// The line that says how far we are: rewritten in place on a terminal, now and then
/// a new one elsewhere.
class Progress {
 public:
  Progress() : in_place_(isatty(STDOUT_FILENO) != 0) {}

  unsigned interval_ms() const { return in_place_ ? 200 : 1000; }

  void Show(GstElement* pipeline) {
    gint64 position = -1;
    gint64 duration = -1;
    if (!gst_element_query_position(pipeline, GST_FORMAT_TIME, &position)) return;
    gst_element_query_duration(pipeline, GST_FORMAT_TIME, &duration);
    const int percent = duration > 0 ? static_cast<int>(gst_util_uint64_scale_round(
                                           GstClockTime(position), 100, GstClockTime(duration)))
                                     : -1;
    if (!in_place_ && !IsNews(position, percent)) return;
    std::string line = FormatTime(static_cast<GstClockTime>(position)) + " / " +
                       FormatTime(duration < 0 ? GST_CLOCK_TIME_NONE : GstClockTime(duration));
    if (percent >= 0) line += "  " + std::to_string(percent) + " %";
    if (in_place_) {
      std::printf("\r\033[K%s", line.c_str());
      open_ = true;
    } else {
      std::puts(line.c_str());
    }
    std::fflush(stdout);
  }

  /// What is printed next begins on a line of its own.
  void End() {
    if (open_) std::puts("");
    open_ = false;
  }

 private:
  bool IsNews(gint64 position, int percent) {
    const gint64 step = percent >= 0 ? percent / 10 : position / gint64(10 * GST_SECOND);
    return std::exchange(last_step_, step) != step;
  }

  const bool in_place_;
  bool open_ = false;
  gint64 last_step_ = -1;
};

class Player {
 public:
  explicit Player(bool headless) : headless_(headless) {}

  /// Plays to the end, to an error, or to Ctrl-C. What main() returns.
  int Play(const std::string& uri);

 private:
  bool Create(const std::string& uri);
  void PrintOnce();
  void Fail(GstMessage* message);
  void Warn(GstMessage* message);
  void Buffering(GstMessage* message);
  void MissingPlugin(GstMessage* message);
  void KeepTags(GstMessage* message);
  void OnMessage(GstMessage* message);

  void Stop(int exit_code) {
    exit_code_ = exit_code;
    g_main_loop_quit(loop_.get());
  }

  static gboolean OnBus(GstBus*, GstMessage* message, gpointer self) {
    static_cast<Player*>(self)->OnMessage(message);
    return G_SOURCE_CONTINUE;
  }

  static gboolean OnTick(gpointer self) {
    auto* player = static_cast<Player*>(self);
    if (player->printed_) player->progress_.Show(player->playbin_.get());
    return G_SOURCE_CONTINUE;
  }

  static gboolean OnInterrupt(gpointer self) {
    auto* player = static_cast<Player*>(self);
    player->progress_.End();
    std::puts("Stopped.");
    player->Stop(kExitInterrupted);
    return G_SOURCE_CONTINUE;
  }

  const bool headless_;
  const Unique<GMainLoop, g_main_loop_unref> loop_{g_main_loop_new(nullptr, FALSE)};
  DemuxerWatch demuxers_;  // outlives the pipeline, whose threads write to it
  Ref<GstElement> playbin_;
  Ref<GstStreamCollection> streams_;
  Ref<GstTagList> tags_;
  Progress progress_;
  bool printed_ = false;
  int exit_code_ = 0;
};

int Player::Play(const std::string& uri) {
  if (!Create(uri)) return EXIT_FAILURE;
  std::printf("%s %s\n", headless_ ? "Decoding" : "Playing", uri.c_str());
  if (headless_)
    std::puts("There is no display: decoding at full speed, without window and sound.");
  const auto bus = Ref<GstBus>::Adopt(gst_element_get_bus(playbin_.get()));
  gst_bus_add_watch(bus.get(), OnBus, this);
  const guint timer = g_timeout_add(progress_.interval_ms(), OnTick, this);
  const guint interrupt = g_unix_signal_add(SIGINT, OnInterrupt, this);
  const guint terminate = g_unix_signal_add(SIGTERM, OnInterrupt, this);

  const gint64 started = g_get_monotonic_time();
  gst_element_set_state(playbin_.get(), GST_STATE_PLAYING);
  g_main_loop_run(loop_.get());
  const double seconds = double(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
  progress_.End();
  if (exit_code_ == 0) std::printf("Reached the end after %.1f seconds.\n", seconds);
  demuxers_.PrintStatsOfDemuxer();

  for (const guint source : {timer, interrupt, terminate}) {
    g_source_remove(source);
  }
  gst_bus_remove_watch(bus.get());
  gst_element_set_state(playbin_.get(), GST_STATE_NULL);
  return exit_code_;
}

bool Player::Create(const std::string& uri) {
  playbin_ = Ref<GstElement>::Adopt(gst_element_factory_make("playbin3", nullptr));
  if (!playbin_) {
    std::fputs("playbin3 is missing: install GStreamer's base plugins.\n", stderr);
    return false;
  }
  g_object_set(playbin_.get(), "uri", uri.c_str(), nullptr);
  g_signal_connect(
      playbin_.get(), "deep-element-added", G_CALLBACK(DemuxerWatch::OnElementAdded), &demuxers_);
  if (!headless_) return true;
  for (const char* property : {"video-sink", "audio-sink", "text-sink"}) {
    GstElement* sink = gst_element_factory_make("fakesink", nullptr);
    g_object_set(playbin_.get(), property, sink, nullptr);
  }
  return true;
}

/// Once everything is known: demuxer, title, streams.
void Player::PrintOnce() {
  if (std::exchange(printed_, true)) return;
  demuxers_.PrintChoice();
  if (tags_) PrintTitle(tags_.get());
  if (streams_) PrintStreams(streams_.get());
}

void Player::OnMessage(GstMessage* message) {
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_STREAM_COLLECTION: {
      GstStreamCollection* streams = nullptr;
      gst_message_parse_stream_collection(message, &streams);
      streams_ = Ref<GstStreamCollection>::Adopt(streams);
      break;
    }
    case GST_MESSAGE_TAG:
      KeepTags(message);
      break;
    case GST_MESSAGE_ASYNC_DONE:
      PrintOnce();
      break;
    case GST_MESSAGE_BUFFERING:
      Buffering(message);
      break;
    case GST_MESSAGE_ELEMENT:
      MissingPlugin(message);
      break;
    case GST_MESSAGE_WARNING:
      Warn(message);
      break;
    case GST_MESSAGE_ERROR:
      Fail(message);
      break;
    case GST_MESSAGE_EOS:
      PrintOnce();
      progress_.Show(playbin_.get());
      Stop(EXIT_SUCCESS);
      break;
    default:
      break;
  }
}

void Player::KeepTags(GstMessage* message) {
  GstTagList* list = nullptr;
  gst_message_parse_tag(message, &list);
  const auto tags = Ref<GstTagList>::Adopt(list);
  if (gst_tag_list_get_scope(tags.get()) != GST_TAG_SCOPE_GLOBAL) return;
  tags_ =
      Ref<GstTagList>::Adopt(gst_tag_list_merge(tags_.get(), tags.get(), GST_TAG_MERGE_REPLACE));
}

void Player::Buffering(GstMessage* message) {
  int percent = 0;
  gst_message_parse_buffering(message, &percent);
  gst_element_set_state(playbin_.get(), percent < 100 ? GST_STATE_PAUSED : GST_STATE_PLAYING);
}

void Player::MissingPlugin(GstMessage* message) {
  if (!gst_is_missing_plugin_message(message)) return;
  const GCharPtr what(gst_missing_plugin_message_get_description(message));
  progress_.End();
  std::printf("Cannot play one stream: no %s is installed.\n", what.get());
}

void Player::Warn(GstMessage* message) {
  GError* warning = nullptr;
  gst_message_parse_warning(message, &warning, nullptr);
  const Unique<GError, g_error_free> owned(warning);
  progress_.End();
  std::printf("Warning from %s: %s\n", GST_MESSAGE_SRC_NAME(message), warning->message);
}

void Player::Fail(GstMessage* message) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  gst_message_parse_error(message, &error, &debug);
  const Unique<GError, g_error_free> owned(error);
  const GCharPtr owned_debug(debug);
  if (demuxers_.any()) PrintOnce();
  progress_.End();
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", GST_MESSAGE_SRC_NAME(message), error->message);
  // "file(line): function (): element:\nwhat exactly": only the last part is for people.
  const char* detail = debug ? std::strchr(debug, '\n') : nullptr;
  if (detail && detail[1]) std::fprintf(stderr, "  %s\n", detail + 1);
  Stop(EXIT_FAILURE);
}

/// Says whether GStreamer sees isodemux, where, and at which rank.
bool PrintWhereDemuxerIs() {
  const auto factory = Ref<GstElementFactory>::Adopt(gst_element_factory_find(kDemuxer));
  if (!factory) {
    std::fprintf(stderr,
                 "GStreamer does not see %s. Set GST_PLUGIN_PATH to where libgstisodemux.so is,\n"
                 "or start this through ./run play.\n",
                 kDemuxer);
    return false;
  }
  auto* feature = GST_PLUGIN_FEATURE(factory.get());
  const auto plugin = Ref<GstPlugin>::Adopt(gst_plugin_feature_get_plugin(feature));
  std::printf("%s %s, rank %u, %s\n",
              kDemuxer,
              plugin ? gst_plugin_get_version(plugin.get()) : "",
              gst_plugin_feature_get_rank(feature),
              plugin ? gst_plugin_get_filename(plugin.get()) : "");
  return true;
}

std::optional<std::string> ToUri(const char* target) {
  if (gst_uri_is_valid(target)) return target;
  if (!g_file_test(target, G_FILE_TEST_IS_REGULAR)) {
    std::fprintf(stderr, "There is no file %s.\n", target);
    return std::nullopt;
  }
  GError* error = nullptr;
  const GCharPtr uri(gst_filename_to_uri(target, &error));
  if (uri) return uri.get();
  std::fprintf(stderr, "%s: %s\n", target, error->message);
  g_error_free(error);
  return std::nullopt;
}

struct Options {
  bool check = false;
  bool headless = false;
  const char* target = nullptr;
};

std::optional<Options> ParseArguments(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--check") == 0) {
      options.check = true;
    } else if (std::strcmp(argv[i], "--headless") == 0) {
      options.headless = true;
    } else if (argv[i][0] != '-' && !options.target) {
      options.target = argv[i];
    } else {
      return std::nullopt;
    }
  }
  if (!options.check && !options.target) return std::nullopt;
  return options;
}

int Main(int argc, char** argv) {
  const auto options = ParseArguments(argc, argv);
  if (!options) {
    std::fputs(
        "isoplay [--headless] FILE|URI  play, in a window where there is a display\n"
        "isoplay --check                say whether GStreamer sees isodemux, and at which rank\n",
        stderr);
    return kExitUsage;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  gst_init(nullptr, nullptr);
  gst_pb_utils_init();
  if (!PrintWhereDemuxerIs()) return EXIT_FAILURE;
  if (options->check) return EXIT_SUCCESS;
  const auto uri = ToUri(options->target);
  return uri ? Player(options->headless || !HasDisplay()).Play(*uri) : EXIT_FAILURE;
}

}  // namespace
}  // namespace iso::play

int main(int argc, char** argv) {
  return iso::play::Main(argc, argv);
}
