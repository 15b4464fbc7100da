// SPDX-License-Identifier: LGPL-2.1-or-later
//
// UriPlayer: playbin or playbin3 on a URI, with sinks that take down what they are given and
// when it is to be shown. Probes on the demuxers that it plugs take down what those hand out.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "byte_writer.h"

namespace iso::test {

/// A buffer that reached a sink, since its last flush.
struct Shown {
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;
  GstClockTime running_time = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
  int width = 0;  ///< of a picture
};

/// A buffer that left a demuxer.
struct Demuxed {
  std::string caps;
  Bytes content;
  GstClockTime pts = GST_CLOCK_TIME_NONE;
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;
  bool discont = false;
  Bytes iv;  ///< of its GstProtectionMeta; empty: it has none
};

class UriPlayer {
 public:
  /// `playbin`: its factory's name.
  UriPlayer(const std::string& playbin, const std::string& uri);
  ~UriPlayer();

  UriPlayer(const UriPlayer&) = delete;
  UriPlayer& operator=(const UriPlayer&) = delete;

  GstElement* pipeline() const { return pipeline_; }

  /// Sinks then keep the time of a clock.
  void Synchronise();

  // Each returns what went wrong; empty: nothing.
  std::string Pause();
  std::string Play();
  std::string PlayToEnd();
  std::string Seek(int flags, GstClockTime target, double rate = 1.0);

  /// This many of the demuxers' pads have come to their end since the last seek.
  bool WaitDemuxed(size_t pads);

  std::vector<Shown> video() const;
  std::vector<Shown> audio() const;
  std::vector<Demuxed> demuxed() const;
  std::vector<std::string> protection_systems() const;  ///< of PROTECTION events of demuxers

  /// Names of all factories whose elements have been plugged.
  std::set<std::string> factories() const;

  /// The first element of a factory that was plugged; unref it. Null: there is none.
  GstElement* Plugged(const std::string& factory) const;

  void Stop();

 private:
  struct Sink;

  static void OnHandoff(GstElement* element, GstBuffer* buffer, GstPad* pad, gpointer sink);
  static GstPadProbeReturn OnSinkEvent(GstPad* pad, GstPadProbeInfo* info, gpointer sink);
  static void OnElement(GstBin* bin, GstBin* sub_bin, GstElement* element, gpointer self);
  static void OnDemuxerPad(GstElement* demuxer, GstPad* pad, gpointer self);
  static GstPadProbeReturn OnDemuxed(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  void Note(GstEvent* event);

  std::unique_ptr<Sink> AddSink(const char* property);
  std::string Await(GstMessageType what);
  std::vector<Shown> ShownBy(const Sink& sink) const;

  mutable std::mutex mutex_;  ///< guards what the probes write
  std::condition_variable ended_;
  size_t ends_ = 0;
  std::vector<GstElement*> elements_;  ///< all that were plugged, each with a reference
  std::vector<Demuxed> demuxed_;
  std::vector<std::string> protection_systems_;
  GstElement* pipeline_ = nullptr;
  std::unique_ptr<Sink> video_;
  std::unique_ptr<Sink> audio_;
};

/// While it lives, this factory is plugged for what it takes; others keep their ranks.
class Preferred {
 public:
  Preferred(const std::string& factory, guint rank);
  ~Preferred();

  Preferred(const Preferred&) = delete;
  Preferred& operator=(const Preferred&) = delete;

 private:
  GstPluginFeature* feature_;
  guint rank_ = 0;
};

}  // namespace iso::test
