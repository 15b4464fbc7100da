// SPDX-License-Identifier: LGPL-2.1-or-later
//
// isomemory FILE...: what isodemux keeps in memory for a file while it is played and sought,
// and what of it stays when the system is short of memory. ./run memory builds and starts it.

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>

#include <gst/gst.h>

#include "element/ref.h"

namespace iso::memory {
namespace {

using gst::GCharPtr;
using gst::Ref;

constexpr int kSeeks = 50;
constexpr auto kPatience = std::chrono::seconds(10);
constexpr guint kCritical = 255;

enum class Way { kPulled, kPushed };

/// The element's stats that this is about.
struct Held {
  uint64_t index = 0;
  uint64_t fragments = 0;
  uint64_t buffered = 0;
  uint64_t header = 0;
};

/// A file played as fast as it goes, all of its streams.
class Player {
 public:
  Player(const char* path, Way way);
  ~Player();

  /// Waits until something comes out, or the file has no more of it.
  bool WaitForMedia();

  /// To `share` of the duration.
  bool Seek(double share);

  void SetPressure(guint level) { g_object_set(demuxer_.get(), "memory-pressure", level, nullptr); }

  Held Stats() const;

 private:
  static void OnPadAdded(GstElement*, GstPad* pad, gpointer self) {
    static_cast<Player*>(self)->Connect(pad);
  }

  static GstPadProbeReturn OnData(GstPad*, GstPadProbeInfo*, gpointer self);
  static GstBusSyncReply OnMessage(GstBus*, GstMessage* message, gpointer self);
  void Connect(GstPad* pad);

  Ref<GstElement> pipeline_;
  Ref<GstElement> demuxer_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable came_;
  bool any_ = false;
  bool failed_ = false;
};

Player::Player(const char* path, Way way)
    : pipeline_(Ref<GstElement>::Adopt(gst_pipeline_new(nullptr))) {
  GstElement* source = gst_element_factory_make("filesrc", nullptr);
  GstElement* demuxer = gst_element_factory_make("isodemux", nullptr);
  if (source == nullptr || demuxer == nullptr) std::abort();
  demuxer_ = Ref<GstElement>::Share(demuxer);
  g_object_set(source, "location", path, nullptr);
  gst_bin_add_many(GST_BIN(pipeline_.get()), source, demuxer, nullptr);
  if (way == Way::kPushed) {
    GstElement* queue = gst_element_factory_make("queue", nullptr);
    gst_bin_add(GST_BIN(pipeline_.get()), queue);
    gst_element_link_many(source, queue, demuxer, nullptr);
  } else {
    gst_element_link(source, demuxer);
  }
  g_signal_connect(demuxer, "pad-added", G_CALLBACK(OnPadAdded), this);
  const auto bus = Ref<GstBus>::Adopt(gst_element_get_bus(pipeline_.get()));
  gst_bus_set_sync_handler(bus.get(), OnMessage, this, nullptr);
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

Player::~Player() {
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void Player::Connect(GstPad* pad) {
  GstElement* sink = gst_element_factory_make("fakesink", nullptr);
  g_object_set(sink, "sync", FALSE, "async", FALSE, nullptr);
  gst_bin_add(GST_BIN(pipeline_.get()), sink);
  gst_element_sync_state_with_parent(sink);
  const auto end = Ref<GstPad>::Adopt(gst_element_get_static_pad(sink, "sink"));
  gst_pad_link(pad, end.get());
  const auto what =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
  gst_pad_add_probe(pad, what, OnData, this, nullptr);
}

GstPadProbeReturn Player::OnData(GstPad*, GstPadProbeInfo*, gpointer data) {
  auto* self = static_cast<Player*>(data);
  const std::lock_guard lock(self->mutex_);
  self->any_ = true;
  self->came_.notify_all();
  return GST_PAD_PROBE_OK;
}

GstBusSyncReply Player::OnMessage(GstBus*, GstMessage* message, gpointer data) {
  auto* self = static_cast<Player*>(data);
  const bool ends = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
  const bool fails = GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
  if (ends || fails) {
    const std::lock_guard lock(self->mutex_);
    self->any_ = true;
    self->failed_ = self->failed_ || fails;
    self->came_.notify_all();
  }
  gst_message_unref(message);
  return GST_BUS_DROP;
}

bool Player::WaitForMedia() {
  std::unique_lock lock(mutex_);
  return came_.wait_for(lock, kPatience, [this] { return any_; }) && !failed_;
}

bool Player::Seek(double share) {
  gint64 duration = 0;
  if (!gst_element_query_duration(demuxer_.get(), GST_FORMAT_TIME, &duration)) return false;
  {
    const std::lock_guard lock(mutex_);
    any_ = false;
  }
  const auto to = static_cast<gint64>(static_cast<double>(duration) * share);
  const auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE);
  if (!gst_element_seek_simple(demuxer_.get(), GST_FORMAT_TIME, flags, to)) return false;
  return WaitForMedia();
}

Held Player::Stats() const {
  GstStructure* raw = nullptr;
  g_object_get(demuxer_.get(), "stats", &raw, nullptr);
  const gst::UniqueStructure stats(raw);
  Held held;
  gst_structure_get(stats.get(),
                    "index-bytes",
                    G_TYPE_UINT64,
                    &held.index,
                    "fragment-bytes",
                    G_TYPE_UINT64,
                    &held.fragments,
                    "buffered-bytes",
                    G_TYPE_UINT64,
                    &held.buffered,
                    "header-bytes",
                    G_TYPE_UINT64,
                    &held.header,
                    nullptr);
  return held;
}

/// Here and there, as somebody does who looks for something.
bool SeekAround(Player* player) {
  for (int i = 0; i < kSeeks; ++i) {
    if (!player->Seek(i * 37 % kSeeks / double{kSeeks})) return false;
  }
  return true;
}

std::string Kib(uint64_t bytes) {
  const GCharPtr text(g_strdup_printf("%.1f", static_cast<double>(bytes) / 1024));
  return text.get();
}

void PrintRow(const std::string& name, const std::array<std::string, 6>& cells) {
  std::printf("%-32.32s", name.c_str());
  for (const std::string& cell : cells)
    std::printf(" %10s", cell.c_str());
  std::puts("");
}

/// False where the file does not play.
bool Measure(const char* path) {
  const GCharPtr name(g_path_get_basename(path));
  Player pulled(path, Way::kPulled);
  if (!pulled.WaitForMedia() || !SeekAround(&pulled)) {
    std::printf("%-32.32s does not play, or cannot be sought in\n", name.get());
    return false;
  }
  const Held normal = pulled.Stats();
  pulled.SetPressure(kCritical);
  const Held shrunk = pulled.Stats();
  const bool goes_on = SeekAround(&pulled);
  const Held critical = pulled.Stats();
  Player pushed(path, Way::kPushed);
  const bool opens = pushed.WaitForMedia();
  PrintRow(name.get(),
           {Kib(normal.index),
            Kib(shrunk.index),
            Kib(critical.index),
            Kib(normal.fragments),
            Kib(normal.buffered) + "/" + Kib(critical.buffered),
            opens ? Kib(pushed.Stats().header) : "-"});
  return goes_on;
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("isomemory FILE...    what isodemux keeps in memory for each of these files\n",
               stderr);
    return 2;
  }
  gst_init(nullptr, nullptr);
  std::printf(
      "KiB held by isodemux after %d seeks; then at critical memory pressure: at once,\n"
      "and after %d seeks more; what fragments in use take, and blocks of sample data\n"
      "(normal/critical); and what keeps the movie header when the file is pushed.\n\n",
      kSeeks,
      kSeeks);
  PrintRow("file", {"index", "critical", "and seeks", "fragments", "blocks", "pushed"});
  bool all = true;
  for (int i = 1; i < argc; ++i)
    all = Measure(argv[i]) && all;
  return all ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace iso::memory

int main(int argc, char** argv) {
  return iso::memory::Main(argc, argv);
}
