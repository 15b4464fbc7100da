// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SeekRules.

#include "seek_rules.h"

#include <algorithm>
#include <cstdlib>

namespace iso::test {

namespace {

// Start, time and each buffer are rounded down on their own (see compare.cpp).
constexpr int64_t kRoundingNs = 1;

bool Near(int64_t a, int64_t b, int64_t by = kRoundingNs) {
  return std::abs(a - b) <= by;
}

bool StartsWith(const std::string& text, const char* start) {
  return text.rfind(start, 0) == 0;
}

std::string List(const std::vector<size_t>& numbers) {
  std::string text;
  for (size_t n : numbers)
    text += (text.empty() ? "" : " or ") + std::to_string(n);
  return text;
}

const RecordedPad* FindPad(const std::vector<RecordedPad>& pads, const std::string& name) {
  for (const RecordedPad& pad : pads) {
    if (pad.name == name) return &pad;
  }
  return nullptr;
}

const RecordedItem* FirstBuffer(const RecordedPad& pad) {
  for (const RecordedItem& item : pad.items) {
    if (!item.event) return &item;
  }
  return nullptr;
}

int64_t SignedRunningTime(const RecordedItem& buffer) {
  uint64_t running = 0;
  const int sign =
      gst_segment_to_running_time_full(&buffer.segment, GST_FORMAT_TIME, buffer.pts, &running);
  return sign >= 0 ? static_cast<int64_t>(running) : -static_cast<int64_t>(running);
}

}  // namespace

bool SeekRules::Describe(const OracleTrack& track,
                         const RecordedPad& pad,
                         uint64_t file_size,
                         Stream* stream) {
  const auto timeline = TimelineOf(track);
  if (!timeline || track.samples.empty()) return false;
  const TrackRule rule = RuleFor(track);
  stream->pad = pad.name;
  stream->track = &track;
  stream->timeline = *timeline;
  if (StartsWith(pad.name, "video")) stream->kind = Kind::kVideo;
  if (StartsWith(pad.name, "audio")) {
    stream->kind = StartsWith(pad.caps, "audio/x-raw") ? Kind::kRawAudio : Kind::kAudio;
    const bool mpeg1 = StartsWith(pad.caps, "audio/mpeg") &&
                       pad.caps.find("mpegversion=(int)1") != std::string::npos;
    stream->lead_in = stream->kind == Kind::kRawAudio ? 0 : mpeg1 ? 30 : 2;
  }
  int64_t last = 0;
  for (const OracleSample& s : track.samples) {
    if (s.offset > file_size || s.size > file_size - s.offset) return false;
    const int64_t end = s.cts + static_cast<int64_t>(s.duration);
    last = std::max(last, end);
    stream->samples.push_back({StreamTimeNs(track, *timeline, s.cts),
                               StreamTimeNs(track, *timeline, end),
                               s.sync,
                               s.size > BlankSize(rule.content)});
  }
  if (timeline->media_end) last = std::min(last, *timeline->media_end);
  stream->start = StreamTimeNs(track, *timeline, timeline->media_start);
  stream->end = StreamTimeNs(track, *timeline, last);
  const OracleSample& final = track.samples.back();
  stream->decode_end =
      StreamTimeNs(track, *timeline, final.dts + static_cast<int64_t>(final.duration));
  return stream->end > stream->start;
}

std::optional<SeekRules> SeekRules::For(const OracleMovie& movie,
                                        const std::vector<RecordedPad>& pads,
                                        uint64_t file_size) {
  SeekRules rules;
  for (const RecordedPad& pad : pads) {
    const OracleTrack* found = nullptr;
    for (const OracleTrack& track : movie.tracks) {
      if (track.id == pad.track_id && !found) found = &track;
    }
    Stream stream;
    if (!found || !Describe(*found, pad, file_size, &stream)) return std::nullopt;
    rules.streams_.push_back(std::move(stream));
  }
  if (rules.streams_.empty()) return std::nullopt;
  rules.start_ = movie.tracks.front().start_ns;
  rules.duration_ = TicksToNs(static_cast<int64_t>(movie.duration), movie.timescale);
  if (movie.fragmented) {
    // The header speaks of its own samples at most: the movie lasts until its last sample.
    for (const Stream& stream : rules.streams_)
      rules.duration_ = std::max(rules.duration_, stream.end);
  }
  for (const char* kind : {"audio_", "video_"}) {
    for (size_t i = rules.streams_.size(); i-- > 0;) {
      if (StartsWith(rules.streams_[i].pad, kind)) rules.reference_ = i;
    }
  }
  return rules;
}

int64_t SeekRules::Target(uint64_t random) const {
  const Stream& stream = streams_[reference_];
  const uint64_t span = static_cast<uint64_t>(std::max<int64_t>(end() - stream.start, 1));
  if (random % 8 == 0 && stream.start > 0) {
    return static_cast<int64_t>(random / 8 % static_cast<uint64_t>(stream.start));
  }
  if (random % 2) return stream.start + static_cast<int64_t>(random / 8 % span);
  const Times& s = stream.samples[random / 8 % stream.samples.size()];
  return std::max(stream.start, std::min(s.pts, end() - 1));
}

// The sync sample of the reference stream that a KEY_UNIT seek goes to: the last one in
// table order that is shown by then, or the one that is shown first from then on.
std::optional<size_t> SeekRules::KeySample(int flags, int64_t target) const {
  const Stream& stream = streams_[reference_];
  std::optional<size_t> first, before, after, last;
  for (size_t i = 0; i < stream.samples.size(); ++i) {
    const Times& s = stream.samples[i];
    if (!s.sync || (s.pts >= stream.end && first)) continue;
    if (!first) first = i;
    last = i;
    if (s.pts <= target) before = i;
    if (s.pts >= target && (!after || s.pts < stream.samples[*after].pts)) after = i;
  }
  if (!before) before = first;
  if (!after) after = last;
  const int snap = flags & (GST_SEEK_FLAG_SNAP_BEFORE | GST_SEEK_FLAG_SNAP_AFTER);
  if (!before || snap == 0 || snap == GST_SEEK_FLAG_SNAP_BEFORE) return before;
  if (snap == GST_SEEK_FLAG_SNAP_AFTER) return after;
  const int64_t to_before = std::abs(target - stream.samples[*before].pts);
  const int64_t to_after = std::abs(stream.samples[*after].pts - target);
  return to_after < to_before ? after : before;
}

SeekExpectation SeekRules::Expect(int flags, int64_t target) const {
  target = std::max(target, start_);
  const Stream& reference = streams_[reference_];
  SeekExpectation expected;
  expected.position = target;
  bool anything = false;
  // Streams of text or metadata alone have no key units.
  if ((flags & GST_SEEK_FLAG_KEY_UNIT) && reference.kind != Kind::kOther) {
    const auto key = KeySample(flags, target);
    // In the empty edit before the reference stream there is nothing to snap to.
    anything = !key || target < reference.start;
    if (!anything) expected.position = std::max(reference.samples[*key].pts, reference.start);
  }
  for (const Stream& stream : streams_) {
    expected.pads.push_back(ExpectOn(stream, expected.position));
    expected.pads.back().anything = anything;
  }
  return expected;
}

// The last sync sample at or before sample `i` in table order (and shown by `at`, if that
// is given); else the first one.
size_t SeekRules::SyncBefore(const Stream& stream, size_t i, std::optional<int64_t> at) {
  for (++i; i-- > 0;) {
    if (stream.samples[i].sync && (!at || stream.samples[i].pts <= *at)) return i;
  }
  size_t first = 0;
  while (first + 1 < stream.samples.size() && !stream.samples[first].sync)
    ++first;
  return stream.samples[first].sync ? first : size_t{0};
}

void SeekRules::AddFirst(const Stream& stream, int64_t at, PadExpectation* expected) {
  size_t on_display = 0;
  for (size_t i = 0; i < stream.samples.size(); ++i) {
    if (stream.samples[i].pts <= at) on_display = i;
  }
  std::vector<size_t> first;
  const size_t roll = stream.track->rolls[on_display];
  const bool rolls = roll > 0 && stream.kind != Kind::kVideo;
  const size_t led_in = on_display - std::min(on_display, rolls ? roll : stream.lead_in);
  if (stream.kind == Kind::kVideo) {
    first = {SyncBefore(stream, stream.samples.size() - 1, at)};
  } else if (stream.track->has_sync_table) {
    first = {SyncBefore(stream, led_in, {}), SyncBefore(stream, on_display, {})};
  } else {
    first = {led_in};
  }
  // A sample without content may be left out: then the next one comes first.
  for (size_t i : first) {
    expected->first.push_back(i);
    while (i < stream.samples.size() && !stream.samples[i].pushed)
      ++i;
    expected->first.push_back(i);
    if (i == stream.samples.size()) expected->may_be_empty = true;
  }
}

PadExpectation SeekRules::ExpectOn(const Stream& stream, int64_t position) const {
  PadExpectation expected;
  expected.may_be_empty =
      position >= std::min({stream.end, stream.decode_end, duration_}) - kRoundingNs;
  expected.segment_time = std::max(position, stream.start);
  AddFirst(stream, expected.segment_time, &expected);
  // A sample whose start is rounded down to just the position: by exact arithmetic it has
  // not begun, and where a media offset is added in, roundings add up. Both are right.
  if (stream.timeline.media_start != 0) {
    AddFirst(stream, expected.segment_time - kRoundingNs, &expected);
  }
  std::sort(expected.first.begin(), expected.first.end());
  expected.first.erase(std::unique(expected.first.begin(), expected.first.end()),
                       expected.first.end());
  return expected;
}

std::string SeekRules::CheckSegment(const Stream& stream,
                                    const PadExpectation& expected,
                                    int64_t position,
                                    const RecordedItem& buffer,
                                    size_t sample) const {
  const OracleSample& s = stream.track->samples[sample];
  const int64_t pts =
      StreamTimeNs(*stream.track,
                   stream.timeline,
                   s.cts + ClipIn(buffer, *stream.track, sample, stream.timeline).start);
  const auto stream_time = BufferStreamTime(buffer, buffer.pts);
  if (!stream_time || !Near(*stream_time, pts)) {
    return "stream time " + std::to_string(stream_time.value_or(-1)) + ", expected " +
           std::to_string(pts);
  }
  const auto segment_time = static_cast<int64_t>(buffer.segment.time);
  if (!Near(segment_time, expected.segment_time)) {
    return "segment.time " + std::to_string(segment_time) + ", expected " +
           std::to_string(expected.segment_time);
  }
  const auto start = BufferStreamTime(buffer, buffer.segment.start);
  if (!start || !Near(*start, expected.segment_time)) {
    return "segment.start is not at segment.time";
  }
  // All pads share one clock: running time 0 is the position sought.
  const int64_t running = SignedRunningTime(buffer);
  if (!Near(running, pts - position, 2 * kRoundingNs)) {
    return "running time " + std::to_string(running) + ", expected " +
           std::to_string(pts - position);
  }
  if (!(buffer.flags & GST_BUFFER_FLAG_DISCONT)) return "first buffer without DISCONT";
  return "";
}

std::string SeekRules::CheckFirst(const Stream& stream,
                                  const PadExpectation& expected,
                                  int64_t position,
                                  const RecordedPad& pad,
                                  std::span<const uint8_t> file) const {
  const RecordedItem* buffer = FirstBuffer(pad);
  if (!buffer) {
    return expected.may_be_empty ? "" : "EOS, expected sample " + List(expected.first);
  }
  const auto sample = MatchSample(*stream.track, *buffer, 0);
  if (!sample) return "the first buffer is no sample";
  const TrackRule rule = RuleFor(*stream.track);
  const std::vector<uint8_t> bytes =
      ExpectedBytes(rule.content, stream.track->samples[*sample], file);
  if (rule.content != Content::kTimingOnly && rule.content != Content::kSplit &&
      (bytes.size() > buffer->data.size() ||
       !std::equal(bytes.begin(), bytes.end(), buffer->data.begin()))) {
    return "sample " + std::to_string(*sample) + " has other bytes";
  }
  if (expected.anything) return "";
  if (std::find(expected.first.begin(), expected.first.end(), *sample) == expected.first.end()) {
    if (expected.may_be_empty) return "";
    return "sample " + std::to_string(*sample) + ", expected " + List(expected.first);
  }
  return CheckSegment(stream, expected, position, *buffer, *sample);
}

std::vector<std::string> SeekRules::Check(const SeekExpectation& expected,
                                          const std::vector<RecordedPad>& pads,
                                          std::span<const uint8_t> file) const {
  std::vector<std::string> lines;
  for (size_t i = 0; i < streams_.size(); ++i) {
    const RecordedPad* pad = FindPad(pads, streams_[i].pad);
    const std::string line =
        pad ? CheckFirst(streams_[i], expected.pads[i], expected.position, *pad, file) : "is gone";
    if (!line.empty()) lines.push_back(streams_[i].pad + ": " + line);
  }
  return lines;
}

std::vector<std::string> SeekRules::CheckRange(int64_t start,
                                               int64_t stop,
                                               const std::vector<RecordedPad>& pads) const {
  std::vector<std::string> lines;
  for (const Stream& stream : streams_) {
    const RecordedPad* pad = FindPad(pads, stream.pad);
    std::vector<bool> seen(stream.samples.size());
    size_t next = 0;
    for (const RecordedItem& item : pad ? pad->items : std::vector<RecordedItem>()) {
      if (item.event) continue;
      const auto sample = MatchSample(*stream.track, item, next);
      if (!sample) {
        lines.push_back(stream.pad + ": a buffer is no sample");
        continue;
      }
      next = *sample + 1;
      seen[*sample] = true;
      const int64_t dts =
          StreamTimeNs(*stream.track, stream.timeline, stream.track->samples[*sample].dts);
      if (stream.samples[*sample].pts >= stop && dts >= stop) {
        lines.push_back(stream.pad + ": sample " + std::to_string(*sample) + " is past the stop");
      }
    }
    for (size_t i = 0; i < seen.size(); ++i) {
      const Times& s = stream.samples[i];
      if (s.pushed && !seen[i] && s.end > start && s.pts < stop) {
        lines.push_back(stream.pad + ": sample " + std::to_string(i) + " is missing");
      }
    }
  }
  return lines;
}

bool HasMedia(const OracleMovie& movie, uint64_t file_size) {
  for (const OracleTrack& track : movie.tracks) {
    if (RuleFor(track).exposure != Exposure::kPad) continue;
    for (const OracleSample& s : track.samples) {
      if (s.offset <= file_size && s.size <= file_size - s.offset) return true;
    }
  }
  return false;
}

}  // namespace iso::test
