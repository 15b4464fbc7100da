// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Session: seeks in push mode. Upstream is sent to a byte; what it then says of its flushing and
// of its segment is told apart by sequence numbers. Not all sources keep these (those that make
// flushes of their own): then what comes next is taken for the answer.

#include <algorithm>

#include "element/queries.h"
#include "element/seek_event.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {
namespace {

/// While the movie header is looked for, what is further away than this is jumped to.
constexpr uint64_t kJumpToHeader = 256 << 10;

/// Once it plays, reading on is cheaper than a new request for a long while.
constexpr uint64_t kJumpToSamples = 8 << 20;

/// Requests in one search at most. It takes a few dozen in the worst of files; if bytes are needed
/// in turns that were thrown away for each other, it never ends.
constexpr uint32_t kMostMoves = 1000;

bool HasFragments(const Movie& movie) {
  return std::any_of(movie.tracks.begin(), movie.tracks.end(), [](const Track& track) {
    return track.fragments != nullptr;
  });
}

}  // namespace

/// The demuxer moves when upstream's new segment has come, on its thread. What can be said
/// beforehand is: whether it can be, and from which byte on.
bool Session::SeekByPushing(const SeekEvent& asked) {
  SeekEvent seek = asked;
  // From one key unit to the next would be a search each time.
  if (HasFragments(*Read().movie)) {
    seek.flags = static_cast<GstSeekFlags>(seek.flags & ~GST_SEEK_FLAG_TRICKMODE_KEY_UNITS);
  }
  if (seek.rate <= 0 || !push_->can_seek()) return false;
  GstSegment segment = Read().segment;
  SeekRequest request;
  if (!Prepare(&segment, seek, &request).ok()) return false;
  const Result<uint64_t> least = LeastNeededBy(request);
  if (!least.ok() && least.error().code != Errc::kNotYet) return false;
  // What would have to be read to find out is the first that is needed. Where nothing is, the
  // last byte is asked for: sources that are sent to their end say EOS without a SEGMENT.
  const uint64_t last = std::max<uint64_t>(push_->size().value_or(G_MAXINT64), 1) - 1;
  const uint64_t offset = std::min(least.ok() ? *least : least.error().offset, last);
  // Without a flush upstream could not go on where it has ended.
  auto event = NumberedEvent(gst_event_new_seek(1.0,
                                                GST_FORMAT_BYTES,
                                                GST_SEEK_FLAG_FLUSH,
                                                GST_SEEK_TYPE_SET,
                                                static_cast<gint64>(offset),
                                                GST_SEEK_TYPE_NONE,
                                                -1),
                             seek.seqnum);
  GST_DEBUG_OBJECT(element_, "the seek needs bytes from %" G_GUINT64_FORMAT " on", offset);
  return SendUpstream(event, std::make_shared<SeekEvent>(seek));
}

/// An application's seek in bytes, for `seek` if there is one. While upstream flushes for a move of
/// our own it cannot be told of another one. Not for the streaming thread.
bool Session::SendUpstream(const Ref<GstEvent>& event, const std::shared_ptr<SeekEvent>& seek) {
  while (true) {
    uint64_t before = 0;
    {
      std::unique_lock lock(lock_);
      move_ended_.wait(lock, [this] { return !begins_move_; });
      before = own_moves_;
      if (seek) pending_seek_ = seek;
      pending_flushed_ = pending_flushed_ && !seek;
    }
    if (gst_pad_push_event(sink_, Ref<GstEvent>(event).release())) return true;
    const std::lock_guard lock(lock_);
    if (pending_seek_ == seek) pending_seek_ = nullptr;
    if (own_moves_ == before) return false;
  }
}

Result<uint64_t> Session::LeastNeededBy(const SeekRequest& request) const {
  ISO_TRY(const PlayRange range, demuxer_->Resolve(request));
  return demuxer_->LeastNeededFor(range);
}

/// The seek that a segment of this number is for. A later seek of our own may have taken its
/// segment's place; then its flush has been seen.
std::shared_ptr<Session::SeekEvent> Session::TakePendingSeek(guint32 seqnum) {
  const std::lock_guard lock(lock_);
  if (!pending_seek_ || (pending_seek_->seqnum != seqnum && !pending_flushed_)) return nullptr;
  own_seek_.reset();
  return std::exchange(pending_seek_, nullptr);
}

void Session::Carry(std::shared_ptr<SeekEvent> seek) {
  carried_seek_ = std::move(seek);
  moves_ = 0;
  CarryOn();
}

/// Where there is no index, a seek takes several tries, each with more bytes.
GstFlowReturn Session::CarryOn() {
  GstSegment segment = segment_;
  demuxer_->BeginSearch();
  const Status sought = PerformSeek(&segment, *carried_seek_);
  if (!sought.ok() && sought.error().code == Errc::kNotYet) return Fail(sought.error());
  Resume(*std::exchange(carried_seek_, nullptr), segment, sought);
  return GST_FLOW_OK;
}

/// Somebody else has sent upstream to this byte: the movie goes on from what lies there.
void Session::MoveTo(uint64_t byte) {
  auto event = std::make_shared<SeekEvent>();
  SeekEvent& seek = *event;
  seek.rate = segment_.rate;
  seek.format = GST_FORMAT_TIME;
  seek.flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT);
  seek.start_type = GST_SEEK_TYPE_SET;
  seek.start = std::numeric_limits<gint64>::max();
  seek.seqnum = seqnum_;
  for (const auto& output : outputs_) {
    const auto sample = SampleAtByte(*output->track().samples, byte);
    const auto time =
        sample ? TimeOfSample(output->track(), static_cast<uint64_t>(*sample)) : std::nullopt;
    if (time) seek.start = std::min<gint64>(seek.start, *time);
  }
  if (demuxer_->movie()->duration_ns != kTimeMax) {
    seek.start = std::min<gint64>(seek.start, demuxer_->movie()->duration_ns);
  }
  if (seek.start == std::numeric_limits<gint64>::max()) seek.start = 0;
  Carry(std::move(event));
}

/// Whether a segment answers the seek in bytes that was sent last. Then none is under way any more.
bool Session::EndOwnSeek(guint32 seqnum, uint64_t offset) {
  const std::lock_guard lock(lock_);
  if (!own_seek_) return false;
  const bool answers =
      own_seek_->seqnum == seqnum || own_seek_->offset == offset || own_seek_->flushed;
  if (answers) own_seek_.reset();
  return answers;
}

/// Where upstream had better go on than where it is.
std::optional<uint64_t> Session::WhereToGo() const {
  if (!push_->can_seek() || moving_) return std::nullopt;
  const uint64_t wanted = needed_.offset;
  if (wanted < push_->begin()) return wanted;
  if (wanted <= push_->end()) return std::nullopt;
  const uint64_t ahead = wanted - push_->end();
  const uint64_t held = push_->end() - push_->begin();
  const bool playing = opened_ && !carried_seek_ && !demuxer_->searching();
  const bool apart = held == 0 || needed_.box == kAuxiliaryInformation;
  const bool far = playing ? apart && ahead > kJumpToSamples : ahead > kJumpToHeader;
  return far || held > max_buffered_bytes_ ? std::optional(wanted) : std::nullopt;
}

GstFlowReturn Session::SeekUpstream(uint64_t offset) {
  const bool searches = carried_seek_ || demuxer_->searching();
  if (searches && ++moves_ > kMostMoves) {
    carried_seek_ = nullptr;
    return EndFeeding(Fail(Error{Errc::kSearchEndless, {}, offset}));
  }
  const guint32 seqnum = gst_util_seqnum_next();
  {
    const std::lock_guard lock(lock_);
    own_seek_ = OwnSeek{seqnum, offset, false};
    begins_move_ = true;
    ++own_moves_;
  }
  auto event = NumberedEvent(gst_event_new_seek(1.0,
                                                GST_FORMAT_BYTES,
                                                GST_SEEK_FLAG_FLUSH,
                                                GST_SEEK_TYPE_SET,
                                                static_cast<gint64>(offset),
                                                GST_SEEK_TYPE_NONE,
                                                -1),
                             seqnum);
  GST_DEBUG_OBJECT(element_, "going to byte %" G_GUINT64_FORMAT, offset);
  moving_ = true;
  const bool accepted = gst_pad_push_event(sink_, event.release());
  bool crossed = false;
  {
    const std::lock_guard lock(lock_);
    begins_move_ = false;
    crossed = pending_seek_ != nullptr;
  }
  move_ended_.notify_all();
  if (accepted) return GST_FLOW_OK;
  moving_ = false;
  EndOwnSeek(seqnum, offset);
  // Somebody else's flush was faster: with it comes where to go on.
  if (GST_PAD_IS_FLUSHING(sink_)) return GST_FLOW_FLUSHING;
  if (crossed) return GST_FLOW_OK;
  GST_WARNING_OBJECT(
      element_, "upstream cannot go to byte %" G_GUINT64_FORMAT " after all", offset);
  push_->GiveUpSeeking();
  return Work();
}

/// Our own seeks are nobody else's business, and one without a flush is to be none for those
/// downstream. Any thread.
void Session::HandleFlush(const Ref<GstEvent>& event) {
  if (IsSegmented()) {
    PushToOutputs(event);
    if (GST_EVENT_TYPE(event.get()) == GST_EVENT_FLUSH_STOP) FlushSegments();
    return;
  }
  guint32 seqnum = gst_event_get_seqnum(event.get());
  {
    const std::lock_guard lock(lock_);
    const bool stop = GST_EVENT_TYPE(event.get()) == GST_EVENT_FLUSH_STOP;
    if (own_seek_ && (own_seek_->seqnum == seqnum || !pending_seek_)) {
      own_seek_->flushed = stop;
      return;
    }
    if (pending_seek_) {
      seqnum = pending_seek_->seqnum;
      pending_flushed_ = stop;
      if (!pending_seek_->Has(GST_SEEK_FLAG_FLUSH)) return;
    }
  }
  PushToOutputs(NumberedEvent(gst_event_copy(event.get()), seqnum));
}

void Session::HandleSegment(const Ref<GstEvent>& event) {
  GstSegment segment;
  gst_event_copy_segment(event.get(), &segment);
  GST_DEBUG_OBJECT(element_, "upstream's %" GST_SEGMENT_FORMAT, static_cast<void*>(&segment));
  if (segment.format == GST_FORMAT_TIME) BecomeSegmented();
  if (input_) return FollowSegment(event, segment);
  if (segment.format != GST_FORMAT_BYTES) return;
  push_->Restart(segment.start);
  trimmed_at_ = segment.start;
  moving_ = false;
  const guint32 seqnum = gst_event_get_seqnum(event.get());
  const bool own = EndOwnSeek(seqnum, segment.start);
  const auto seek = TakePendingSeek(seqnum);
  if (seek == nullptr && (!opened_ || own)) return;
  needed_ = Error{Errc::kNotYet};
  fed_up_ = GST_FLOW_OK;
  if (seek) {
    Carry(seek);
  } else {
    MoveTo(segment.start);
  }
}

}  // namespace iso::gst
