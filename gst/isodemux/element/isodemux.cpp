// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-isodemux
 * @title: isodemux
 *
 * Demuxes ISO base media files: MP4, QuickTime (MOV), M4A, M4B, 3GP, Motion JPEG 2000 and
 * their kin. The sample tables of a file are never expanded: they are read where they lie,
 * a page at a time, so that opening and seeking cost the same for a minute and for a week of
 * media.
 *
 * Pads, caps, tags and events are those of qtdemux, which this element can stand in for.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=film.mp4 ! isodemux name=d \
 *     d.video_0 ! queue ! decodebin ! autovideosink \
 *     d.audio_0 ! queue ! decodebin ! audioconvert ! autoaudiosink
 * ]| Plays the first video and the first audio track.
 * |[
 * gst-launch-1.0 playbin3 uri=file:///tmp/film.mp4
 * ]| Plays a file; playbin finds isodemux by its rank.
 *
 * Since: 0.1
 */

#include "element/isodemux.h"

#include <algorithm>
#include <memory>
#include <mutex>

#include "config.h"
#include "element/log.h"
#include "element/session.h"
#include "element/tags.h"

#define GST_CAT_DEFAULT isodemux_debug

using iso::gst::PadFunctions;
using iso::gst::Ref;
using iso::gst::Session;
using iso::gst::Settings;

namespace {

enum Property : guint {
  kPropStats = 1,
  kPropIndexBudget,
  kPropMaxBufferedBytes,
  kPropMemoryPressure,
  kPropFollowTimeout,
  kPropIndexCacheDir
};

/// A context of this type, with an unsigned `level`, sets `memory-pressure` of every
/// element of a pipeline.
constexpr char kPressureContext[] = "isodemux.memory-pressure";

constexpr guint kHighestPressure = 255;

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink",
                            GST_PAD_SINK,
                            GST_PAD_ALWAYS,
                            GST_STATIC_CAPS("video/quicktime; video/mj2; audio/x-m4a; "
                                            "application/x-3gp"));

GstStaticPadTemplate source_templates[] = {
    GST_STATIC_PAD_TEMPLATE("video_%u", GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS_ANY),
    GST_STATIC_PAD_TEMPLATE("audio_%u", GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS_ANY),
    GST_STATIC_PAD_TEMPLATE("subtitle_%u", GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS_ANY),
    GST_STATIC_PAD_TEMPLATE("meta_%u", GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS_ANY),
};

/// What the element owns besides its pads.
struct Impl {
  std::mutex lock;  ///< guards both; never held while anything else is called
  Settings settings;
  std::shared_ptr<Session> session;  ///< while the sink pad is active
};

}  // namespace

struct _GstIsoDemux {
  GstElement parent;
  GstPad* sink;
  Impl* impl;
};

G_DEFINE_TYPE(GstIsoDemux, gst_iso_demux, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(isodemux, "isodemux", ISODEMUX_RANK, GST_TYPE_ISO_DEMUX)

namespace {

std::shared_ptr<Session> SessionOf(GstIsoDemux* self) {
  const std::lock_guard lock(self->impl->lock);
  return self->impl->session;
}

std::shared_ptr<Session> TakeSession(GstIsoDemux* self) {
  const std::lock_guard lock(self->impl->lock);
  return std::exchange(self->impl->session, nullptr);
}

bool SelectChapter(Session& session, GstPad* pad, GstEvent* event) {
  gchar* uid = nullptr;
  gst_event_parse_toc_select(event, &uid);
  const iso::gst::GCharPtr owned(uid);
  return session.SelectChapter(pad, uid, gst_event_get_seqnum(event));
}

gboolean SourceEvent(GstPad* pad, GstObject* parent, GstEvent* event) {
  const auto session = SessionOf(GST_ISO_DEMUX(parent));
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_SEEK: {
      auto seek = Ref<GstEvent>::Adopt(event);
      return session != nullptr && session->HandleSeek(pad, std::move(seek));
    }
    case GST_EVENT_QOS:
      if (session) session->HandleQos(pad, event);
      return gst_pad_event_default(pad, parent, event);
    case GST_EVENT_TOC_SELECT: {
      const auto select = Ref<GstEvent>::Adopt(event);
      return session != nullptr && SelectChapter(*session, pad, select.get());
    }
    case GST_EVENT_RECONFIGURE:
      if (session) session->Reconfigure();
      return gst_pad_event_default(pad, parent, event);
    default:
      return gst_pad_event_default(pad, parent, event);
  }
}

gboolean SourceQuery(GstPad* pad, GstObject* parent, GstQuery* query) {
  const auto session = SessionOf(GST_ISO_DEMUX(parent));
  if (session && session->HandleQuery(pad, query)) return TRUE;
  return gst_pad_query_default(pad, parent, query);
}

gboolean SinkQuery(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_BITRATE) {
    return gst_pad_query_default(pad, parent, query);
  }
  const auto session = SessionOf(GST_ISO_DEMUX(parent));
  const uint64_t bitrate = session ? session->Bitrate() : 0;
  if (bitrate == 0 || bitrate > G_MAXUINT) return FALSE;
  gst_query_set_bitrate(query, static_cast<guint>(bitrate));
  return TRUE;
}

/// Also from what had rather be read in order, as downloadbuffer passes it on of its source: what it
/// has fetched can be read at random, and its flushes in push mode do not say of which seek they are.
bool IsToBePulled(GstPad* sink) {
  const auto query = Ref<GstQuery>::Adopt(gst_query_new_scheduling());
  return gst_pad_peer_query(sink, query.get()) &&
         gst_query_has_scheduling_mode_with_flags(
             query.get(), GST_PAD_MODE_PULL, GST_SCHEDULING_FLAG_SEEKABLE);
}

gboolean SinkActivate(GstPad* sink, GstObject* parent) {
  if (IsToBePulled(sink)) {
    return gst_pad_activate_mode(sink, GST_PAD_MODE_PULL, TRUE);
  }
  GST_DEBUG_OBJECT(parent, "upstream cannot be read at random: it is to push");
  return gst_pad_activate_mode(sink, GST_PAD_MODE_PUSH, TRUE);
}

gboolean StartSession(GstIsoDemux* self, GstPad* sink, GstPadMode mode) {
  Settings settings;
  {
    const std::lock_guard lock(self->impl->lock);
    settings = self->impl->settings;
  }
  const PadFunctions functions{SourceEvent, SourceQuery};
  auto session = std::make_shared<Session>(GST_ELEMENT(self), sink, mode, settings, functions);
  {
    const std::lock_guard lock(self->impl->lock);
    self->impl->session = session;
  }
  return mode == GST_PAD_MODE_PUSH || session->Start();
}

gboolean StopSession(GstIsoDemux* self) {
  const auto session = SessionOf(self);
  return session == nullptr || session->Stop();
}

gboolean SinkActivateMode(GstPad* sink, GstObject* parent, GstPadMode mode, gboolean active) {
  GstIsoDemux* self = GST_ISO_DEMUX(parent);
  return active ? StartSession(self, sink, mode) : StopSession(self);
}

GstFlowReturn SinkChain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  auto data = Ref<GstBuffer>::Adopt(buffer);
  const auto session = SessionOf(GST_ISO_DEMUX(parent));
  return session ? session->Feed(std::move(data)) : GST_FLOW_FLUSHING;
}

gboolean SinkEvent(GstPad* pad, GstObject* parent, GstEvent* event) {
  const auto session = SessionOf(GST_ISO_DEMUX(parent));
  if (session == nullptr) return gst_pad_event_default(pad, parent, event);
  return session->HandleSinkEvent(Ref<GstEvent>::Adopt(event));
}

gboolean SendEvent(GstElement* element, GstEvent* event) {
  if (GST_EVENT_TYPE(event) != GST_EVENT_SEEK) {
    return GST_ELEMENT_CLASS(gst_iso_demux_parent_class)->send_event(element, event);
  }
  auto seek = Ref<GstEvent>::Adopt(event);
  const auto session = SessionOf(GST_ISO_DEMUX(element));
  return session != nullptr && session->HandleSeek(nullptr, std::move(seek));
}

gboolean ElementQuery(GstElement* element, GstQuery* query) {
  const auto session = SessionOf(GST_ISO_DEMUX(element));
  if (session && session->HandleQuery(nullptr, query)) return TRUE;
  return GST_ELEMENT_CLASS(gst_iso_demux_parent_class)->query(element, query);
}

GstStateChangeReturn ChangeState(GstElement* element, GstStateChange transition) {
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_iso_demux_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    if (const auto session = TakeSession(GST_ISO_DEMUX(element))) {
      session->KeepIndex();
      session->RemovePads();
    }
  }
  return result;
}

GstStructure* MakeStats(GstIsoDemux* self) {
  GstStructure* stats = gst_structure_new_empty("application/x-isodemux-stats");
  if (const auto session = SessionOf(self)) session->FillStats(stats);
  return stats;
}

void SetIndexBudget(GstIsoDemux* self, uint64_t bytes) {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(self->impl->lock);
    self->impl->settings.index_budget_bytes = bytes;
    session = self->impl->session;
  }
  if (session) session->SetIndexBudget(bytes);
}

void SetMemoryPressure(GstIsoDemux* self, guint level) {
  std::shared_ptr<Session> session;
  {
    const std::lock_guard lock(self->impl->lock);
    self->impl->settings.memory_pressure = level;
    session = self->impl->session;
  }
  if (session) session->SetMemoryPressure(level);
}

guint MemoryPressure(GstIsoDemux* self) {
  if (const auto session = SessionOf(self)) return session->MemoryPressure();
  const std::lock_guard lock(self->impl->lock);
  return self->impl->settings.memory_pressure;
}

void SetContext(GstElement* element, GstContext* context) {
  guint level = 0;
  if (gst_context_has_context_type(context, kPressureContext) &&
      gst_structure_get_uint(gst_context_get_structure(context), "level", &level)) {
    SetMemoryPressure(GST_ISO_DEMUX(element), std::min(level, kHighestPressure));
  }
  GST_ELEMENT_CLASS(gst_iso_demux_parent_class)->set_context(element, context);
}

void GetProperty(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  GstIsoDemux* self = GST_ISO_DEMUX(object);
  switch (id) {
    case kPropStats:
      g_value_take_boxed(value, MakeStats(self));
      break;
    case kPropIndexBudget: {
      const std::lock_guard lock(self->impl->lock);
      g_value_set_uint64(value, self->impl->settings.index_budget_bytes);
      break;
    }
    case kPropMaxBufferedBytes: {
      const std::lock_guard lock(self->impl->lock);
      g_value_set_uint64(value, self->impl->settings.max_buffered_bytes);
      break;
    }
    case kPropFollowTimeout: {
      const std::lock_guard lock(self->impl->lock);
      g_value_set_uint64(value, self->impl->settings.follow_timeout_ns);
      break;
    }
    case kPropIndexCacheDir: {
      const std::lock_guard lock(self->impl->lock);
      const std::string& dir = self->impl->settings.index_cache_dir;
      g_value_set_string(value, dir.empty() ? nullptr : dir.c_str());
      break;
    }
    case kPropMemoryPressure:
      g_value_set_uint(value, MemoryPressure(self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void SetProperty(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  GstIsoDemux* self = GST_ISO_DEMUX(object);
  switch (id) {
    case kPropIndexBudget:
      SetIndexBudget(self, g_value_get_uint64(value));
      break;
    case kPropMaxBufferedBytes: {
      const std::lock_guard lock(self->impl->lock);
      self->impl->settings.max_buffered_bytes = g_value_get_uint64(value);
      break;
    }
    case kPropFollowTimeout: {
      const std::lock_guard lock(self->impl->lock);
      self->impl->settings.follow_timeout_ns = g_value_get_uint64(value);
      break;
    }
    case kPropIndexCacheDir: {
      const gchar* dir = g_value_get_string(value);
      const std::lock_guard lock(self->impl->lock);
      self->impl->settings.index_cache_dir = dir ? dir : "";
      break;
    }
    case kPropMemoryPressure:
      SetMemoryPressure(self, g_value_get_uint(value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void Finalize(GObject* object) {
  delete GST_ISO_DEMUX(object)->impl;
  G_OBJECT_CLASS(gst_iso_demux_parent_class)->finalize(object);
}

void InstallProperties(GObjectClass* object_class) {
  object_class->get_property = GetProperty;
  object_class->set_property = SetProperty;

  /**
   * GstIsoDemux:stats:
   *
   * What the element does and costs, as numbers (all of them guint64; see the README). Empty
   * while nothing is open.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class,
      kPropStats,
      g_param_spec_boxed("stats",
                         "Statistics",
                         "Index memory, reads, seeks and losses",
                         GST_TYPE_STRUCTURE,
                         static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));

  /**
   * GstIsoDemux:index-budget:
   *
   * Bytes to keep in memory for sample tables at most: pages of them and checkpoints.
   * What is not kept is read again when it is needed: less costs time, never accuracy. Two
   * pages of each long table (some 20 KiB a track) are kept at any budget. Under memory pressure,
   * or with hundreds of open files, it is less; `stats` tells how much.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class,
      kPropIndexBudget,
      g_param_spec_uint64("index-budget",
                          "Index budget",
                          "Bytes to keep in memory for sample tables at most",
                          0,
                          G_MAXUINT64,
                          Settings().index_budget_bytes,
                          static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                   GST_PARAM_MUTABLE_PLAYING)));

  /**
   * GstIsoDemux:max-buffered-bytes:
   *
   * Bytes of media to keep in memory at most where upstream pushes data and cannot go back in
   * it, and the file is not stored in the order in which it is played. A file that needs more
   * is given up with an error.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class,
      kPropMaxBufferedBytes,
      g_param_spec_uint64("max-buffered-bytes",
                          "Maximum buffered bytes",
                          "Bytes of media to keep at most when upstream pushes them out of order",
                          0,
                          G_MAXUINT64,
                          Settings().max_buffered_bytes,
                          static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                   GST_PARAM_MUTABLE_READY)));
}

void InstallMemoryPressure(GObjectClass* object_class) {
  /**
   * GstIsoDemux:memory-pressure:
   *
   * How short of memory the system is: from 50 low, from 100 medium, 255 critical, as in
   * GMemoryMonitor's warnings. The element hears those by itself; an application that knows
   * better sets it, and it holds until set to 0. Reading gives the pressure in force, which is
   * the greater of what was set and what the system has said. It changes memory and speed,
   * never the output.
   *
   * A #GstContext of type "isodemux.memory-pressure" with a field "level" (guint) sets it for all
   * elements of a pipeline.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class,
      kPropMemoryPressure,
      g_param_spec_uint("memory-pressure",
                        "Memory pressure",
                        "How short of memory the system is (50 low, 100 medium, 255 critical)",
                        0,
                        kHighestPressure,
                        0,
                        static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                 GST_PARAM_MUTABLE_PLAYING)));
}

void InstallFollowTimeout(GObjectClass* object_class) {
  /**
   * GstIsoDemux:follow-timeout:
   *
   * For files that another process still writes to: how long (in nanoseconds) a file must not have
   * grown until its end is taken for the end. Until then the element waits there for more, the
   * duration is what is known so far (DURATION_CHANGED messages tell when it has changed), and what
   * has come meanwhile can be sought. 0: the end is the end. Only where data is pulled, from a
   * source that tells a size which grows (filesrc does). Backwards and with
   * TRICKMODE_KEY_UNITS a file is played as it was when that began.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class,
      kPropFollowTimeout,
      g_param_spec_uint64(
          "follow-timeout",
          "Follow timeout",
          "Wait this long (ns) for more at the end of a file that grows (0 = do not)",
          0,
          G_MAXUINT64,
          Settings().follow_timeout_ns,
          static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                   GST_PARAM_MUTABLE_READY)));
}

void InstallIndexCacheDir(GObjectClass* object_class) {
  /**
   * GstIsoDemux:index-cache-dir:
   *
   * A directory in which the element may keep where the fragments of a file are, once it has found
   * them, so that the next seek in it takes a read or two. For fragmented files without an index,
   * from sources that are slow to read. An entry is believed if size, time of modification (of
   * local files), and the movie header are the same, and only as far as the fragments bear it out:
   * a wrong one costs time. At most 256 entries are kept, of at most 1 MiB each. %NULL: nothing is
   * kept.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      object_class,
      kPropIndexCacheDir,
      g_param_spec_string("index-cache-dir",
                          "Index cache directory",
                          "Directory to keep in where fragments were found (NULL = keep nothing)",
                          nullptr,
                          static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                   GST_PARAM_MUTABLE_READY)));
}

}  // namespace

static void gst_iso_demux_class_init(GstIsoDemuxClass* klass) {
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  G_OBJECT_CLASS(klass)->finalize = Finalize;
  InstallProperties(G_OBJECT_CLASS(klass));
  InstallMemoryPressure(G_OBJECT_CLASS(klass));
  InstallFollowTimeout(G_OBJECT_CLASS(klass));
  InstallIndexCacheDir(G_OBJECT_CLASS(klass));
  element_class->change_state = ChangeState;
  element_class->send_event = SendEvent;
  element_class->query = ElementQuery;
  element_class->set_context = SetContext;
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  for (GstStaticPadTemplate& pad_template : source_templates) {
    gst_element_class_add_static_pad_template(element_class, &pad_template);
  }
  gst_element_class_set_static_metadata(
      element_class,
      "ISO media demuxer",
      "Codec/Demuxer",
      "Demuxes MP4, QuickTime, 3GP and other ISO base media files, in bounded memory",
      "The isodemux developers");
  iso::gst::RegisterTags();
}

static void gst_iso_demux_init(GstIsoDemux* self) {
  self->impl = new Impl;
  self->sink = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_activate_function(self->sink, SinkActivate);
  gst_pad_set_activatemode_function(self->sink, SinkActivateMode);
  gst_pad_set_chain_function(self->sink, SinkChain);
  gst_pad_set_event_function(self->sink, SinkEvent);
  gst_pad_set_query_function(self->sink, SinkQuery);
  gst_element_add_pad(GST_ELEMENT(self), self->sink);
}
