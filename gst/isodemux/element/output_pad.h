// SPDX-License-Identifier: LGPL-2.1-or-later
//
// OutputPad: one exposed track: its source pad, what was said on it so far, and how a
// sample becomes a buffer.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "core/demux/event.h"
#include "core/movie/movie.h"
#include "element/caps.h"
#include "element/late_skip.h"
#include "element/protection.h"
#include "element/ref.h"

namespace iso::gst {

/// Streaming thread only, but for what is marked otherwise.
class OutputPad {
 public:
  /// `formats`: one for each of the track's sample descriptions.
  OutputPad(const Track& track, size_t track_index, std::vector<StreamFormat> formats);

  /// Goes on with the track, formats and DRM systems of one that has no pad, of the same family.
  /// Says what is new downstream.
  void GoOnAs(OutputPad& next, guint32 seqnum);

  /// Makes the pad and its stream. `flags` come on top of those the track asks for.
  void Create(GstElement* element, GstPadTemplate* pad_template, const std::string& name);

  /// Of encrypted streams: the DRM system in their caps. Before Create().
  void SetProtectionSystem(const std::string& system);

  /// Whether upstream's caps have chosen one.
  bool HasProtectionSystem() const;

  /// Goes out before the next buffer, where the stream is encrypted.
  void AddProtectionEvent(Ref<GstEvent> event) { protection_events_.push_back(std::move(event)); }

  /// Says what stands at the start of a stream: STREAM_START and CAPS.
  void Announce(guint group_id, guint32 seqnum, bool with_stream);

  GstPad* pad() const { return pad_.get(); }  ///< any thread

  GstStream* stream() const { return stream_.get(); }

  size_t track_index() const { return track_index_; }  ///< any thread

  const Track& track() const { return *track_; }  ///< any thread, but for adaptive streams

  PadFamily family() const { return family_; }  ///< any thread

  const StreamFormat& format() const { return formats_[description_]; }

  const StreamFormat& first_format() const { return formats_.front(); }

  /// Tags to follow the next segment. The stream's own are also kept on its GstStream.
  void SetTags(Ref<GstTagList> stream_tags);

  GstTagList* tags() const { return stream_tags_.get(); }

  void AddGlobalTags(Ref<GstTagList> global_tags) { global_tags_ = std::move(global_tags); }

  /// To follow the next segment, once.
  void SetToc(Ref<GstEvent> event) { toc_ = std::move(event); }

  /// A new segment, and what has to be said after one.
  GstFlowReturn PushSegment(const GstSegment& segment, guint32 seqnum);

  GstFlowReturn PushGap(int64_t start_ns, int64_t duration_ns);

  /// `buffer` holds the bytes of event's sample(s). Caps follow where the sample's
  /// description is another one than before.
  GstFlowReturn PushSample(const Event& event, Ref<GstBuffer> buffer);

  /// True once for a pad: then its EOS has been pushed.
  bool PushEos(guint32 seqnum);

  bool has_ended() const { return eos_; }

  /// After a seek: what was said before no longer holds.
  void Restart();

  /// Where the pad is in the presentation, nanoseconds; -1 before the first sample. Any
  /// thread.
  int64_t position_ns() const { return position_ns_.load(std::memory_order_relaxed); }

  /// The sample at that position. Any thread.
  uint64_t sample_number() const { return sample_number_.load(std::memory_order_relaxed); }

  /// What the pad's last push returned. Any thread may make it OK again (a pad that was
  /// linked is worth trying).
  std::atomic<GstFlowReturn> flow{GST_FLOW_OK};

  /// Rises each time `flow` is made OK from outside.
  std::atomic<uint32_t> epoch{0};

  /// Nobody listens, and so its track rests.
  bool resting = false;

  /// Downstream is behind, or is not any more. Any thread.
  void ReportQos(GstEvent* event) { late_.Report(event); }

  /// Whether the sample is not worth reading: it would be too late, and a key unit follows.
  bool IsTooLate(const Event& event);

  /// Something was left out: the next buffer does not follow the one before.
  void MarkDiscont() { discont_ = true; }

  uint64_t pushed() const { return pushed_; }

  /// Of an adaptive stream: which of upstream's segments was pushed, and how far it was moved.
  struct Followed {
    uint32_t segment = 0;  ///< numbered from 1
    int64_t shift_ns = 0;

    bool operator==(const Followed&) const = default;
  };

  Followed followed;

 private:
  void PostQos(const Event& event) const;
  void ChooseDescription(uint32_t description);
  void PushTags();
  void PushHeaders();
  void PushProtectionEvents();
  void EnterFragment(const Event& event, GstBuffer* buffer);
  void NoteSystems(const SampleProtection& protection);
  int64_t PresentationOf(int64_t media_ns) const;
  void Stamp(const Event& event, GstBuffer* buffer);
  void AddClipping(const Event& event, GstBuffer* buffer) const;
  GstFlowReturn PushTransformed(const Event& event, Ref<GstBuffer> buffer);
  GstFlowReturn PushBuffer(Ref<GstBuffer> buffer);

  const Track* track_;
  size_t track_index_;
  const PadFamily family_;
  std::vector<StreamFormat> formats_;
  size_t description_ = 0;
  Ref<GstPad> pad_;
  Ref<GstStream> stream_;
  Ref<GstTagList> stream_tags_;
  Ref<GstTagList> global_tags_;
  Ref<GstEvent> toc_;                             ///< until it has been pushed
  std::vector<Ref<GstEvent>> protection_events_;  ///< not yet pushed
  ProtectionMetas protection_;
  std::optional<uint64_t> systems_from_;  ///< the fragment whose DRM systems were told last
  GstSegment segment_;
  guint32 seqnum_ = GST_SEQNUM_INVALID;
  bool discont_ = true;
  bool headers_due_ = true;
  bool tags_due_ = false;  ///< downstream does not know these yet; it keeps them over a flush
  bool eos_ = false;
  uint64_t pushed_ = 0;
  LateSkip late_;
  std::atomic<int64_t> position_ns_{-1};
  std::atomic<uint64_t> sample_number_{0};
};

}  // namespace iso::gst
