// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The comparison of pushed buffers with the oracle.

#include "compare.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdlib>
#include <map>

#include "media_files.h"

namespace iso::test {

namespace {

__extension__ using Int128 = __int128;

constexpr int64_t kSecondNs = 1'000'000'000;

// A segment is in nanoseconds: start, time and each buffer are rounded down on their own.
// A stream time made of the three is therefore off by one nanosecond at the most.
constexpr int64_t kRoundingNs = 1;

struct RuleRow {
  const char* handler;
  const char* entry;  // nullptr: any
  TrackRule rule;
};

// The tracks that are not exposed, or not byte for byte, and why. Anything else with the
// handler vide, pict, soun, text, sbtl, subt, subp, clcp or meta has a pad and equal bytes.
constexpr RuleRow kRules[] = {
    {"soun", "raw ", {Exposure::kPad, Content::kGrouped, "raw audio is grouped"}},
    {"soun", "NONE", {Exposure::kPad, Content::kGrouped, "raw audio is grouped"}},
    {"soun", "twos", {Exposure::kPad, Content::kGrouped, "raw audio is grouped"}},
    {"soun", "sowt", {Exposure::kPad, Content::kGrouped, "raw audio is grouped"}},
    {"soun", "in24", {Exposure::kPad, Content::kGrouped, "raw audio is grouped"}},
    {"soun", "in32", {Exposure::kPad, Content::kGrouped, "raw audio is grouped"}},
    {"soun", "fl32", {Exposure::kPad, Content::kGrouped, "raw audio is grouped"}},
    {"soun", "fl64", {Exposure::kPad, Content::kGrouped, "raw audio is grouped"}},
    {"soun", "lpcm", {Exposure::kPad, Content::kGrouped, "raw audio is grouped"}},
    {"soun", "ipcm", {Exposure::kPad, Content::kGrouped, "raw audio is grouped"}},
    {"soun", "fpcm", {Exposure::kPad, Content::kGrouped, "raw audio is grouped"}},
    {"soun", "ulaw", {Exposure::kPad, Content::kGrouped, "one byte a sample, grouped"}},
    {"soun", "alaw", {Exposure::kPad, Content::kGrouped, "one byte a sample, grouped"}},
    {"text", "text", {Exposure::kPad, Content::kText, "length prefix taken off"}},
    {"text", "tx3g", {Exposure::kPad, Content::kText, "length prefix taken off"}},
    {"sbtl", "tx3g", {Exposure::kPad, Content::kText, "length prefix taken off"}},
    {"text", "wvtt", {Exposure::kPad, Content::kTimingOnly, "cues written out as WebVTT"}},
    {"subt", "wvtt", {Exposure::kPad, Content::kTimingOnly, "cues written out as WebVTT"}},
    {"clcp", "c608", {Exposure::kPad, Content::kSplit, "each pair written out as S334-1A"}},
    {"clcp", "c708", {Exposure::kPad, Content::kTimingOnly, "ccdp taken out of its box"}},
    {"meta", "fdsc", {Exposure::kMayHavePad, Content::kSame, "GoPro recovery data, as qtdemux"}},
    {"auxv", nullptr, {Exposure::kNoPad, Content::kSame, "alpha or depth plane of another track"}},
    {"tmcd", nullptr, {Exposure::kNoPad, Content::kSame, "time code: no GStreamer stream type"}},
    {"hint", nullptr, {Exposure::kNoPad, Content::kSame, "RTP packets of another track"}},
    {"sdsm", nullptr, {Exposure::kNoPad, Content::kSame, "MPEG-4 scene description"}},
    {"odsm", nullptr, {Exposure::kNoPad, Content::kSame, "MPEG-4 object descriptors"}},
    {"", nullptr, {Exposure::kMayHavePad, Content::kSame, "no handler box: kind is a guess"}},
};

std::string Format(const char* format, ...) G_GNUC_PRINTF(1, 2);

std::string Format(const char* format, ...) {
  va_list args;
  va_start(args, format);
  gchar* text = g_strdup_vprintf(format, args);
  va_end(args);
  std::string out = text;
  g_free(text);
  return out;
}

bool Near(int64_t a, int64_t b) {
  return std::abs(a - b) <= kRoundingNs;
}

bool NearTime(GstClockTime a, int64_t b) {
  return GST_CLOCK_TIME_IS_VALID(a) && Near(static_cast<int64_t>(a), b);
}

long long Long(GstClockTime t) {
  return GST_CLOCK_TIME_IS_VALID(t) ? static_cast<long long>(t) : -1;
}

/// Compares one track; keeps the place in both sequences.
class TrackComparison {
 public:
  TrackComparison(const OracleTrack& track,
                  const RecordedPad& pad,
                  std::span<const uint8_t> file,
                  size_t limit)
      : track_(track),
        pad_(pad),
        file_(file),
        limit_(limit),
        rule_(RuleFor(track)),
        timeline_(TimelineOf(track)) {
    required_ = timeline_ ? RequiredSamples(track, *timeline_, file.size())
                          : std::vector<bool>(track.samples.size(), false);
  }

  std::vector<std::string> Run() {
    for (const RecordedItem& item : pad_.items) {
      if (!item.event) CompareBuffer(item);
      ++item_;
    }
    SkipTo(track_.samples.size());
    if (total_ > limit_) lines_.push_back(Format("%s: %zu differences in all", Where(), total_));
    return lines_;
  }

 private:
  const char* Where() const { return pad_.name.c_str(); }

  void Report(std::string line) {
    if (++total_ <= limit_) lines_.push_back(std::move(line));
  }

  /// The codec's own headers, pushed ahead of the first sample (Vorbis, Theora).
  bool IsStreamHeader(const RecordedItem& buffer) const {
    return next_ == 0 && (buffer.flags & GST_BUFFER_FLAG_HEADER) &&
           !GST_CLOCK_TIME_IS_VALID(buffer.pts) &&
           buffer.caps.find("streamheader") != std::string::npos;
  }

  /// What starts a WebVTT file, pushed ahead of the first cue.
  bool IsTextHeader(const RecordedItem& buffer) const {
    static constexpr uint8_t kMark[] = {'W', 'E', 'B', 'V', 'T', 'T'};
    return next_ == 0 && rule_.content == Content::kTimingOnly &&
           !GST_CLOCK_TIME_IS_VALID(buffer.pts) && buffer.data.size() >= sizeof kMark &&
           std::equal(std::begin(kMark), std::end(kMark), buffer.data.begin());
  }

  /// Another buffer of the sample that was compared last.
  bool IsMoreOfTheSame(const RecordedItem& buffer) const {
    if (rule_.content != Content::kSplit || next_ == 0) return false;
    const OracleSample& s = track_.samples[next_ - 1];
    const int64_t start = TicksToNs(s.dts, track_.timescale);
    const int64_t end = TicksToNs(s.dts + static_cast<int64_t>(s.duration), track_.timescale);
    const auto dts = static_cast<int64_t>(buffer.dts);
    return dts > start + kRoundingNs && dts < end - kRoundingNs;
  }

  void CompareBuffer(const RecordedItem& buffer) {
    if (IsMoreOfTheSame(buffer)) return;
    if (IsStreamHeader(buffer) || IsTextHeader(buffer)) {
      seen_buffer_ |= (buffer.flags & GST_BUFFER_FLAG_DISCONT) != 0;
      return;
    }
    auto match = MatchSample(track_, buffer, next_);
    if (!match && !timeline_) {
      // Several edits may show a sample more than once.
      match = MatchSample(track_, buffer, 0);
      if (match) next_ = *match;
    }
    if (!match) {
      Report(Format("%s: item %zu (pts %lld dts %lld, %zu bytes) is no sample from %zu on",
                    Where(),
                    item_,
                    Long(buffer.pts),
                    Long(buffer.dts),
                    buffer.data.size(),
                    next_));
      return;
    }
    SkipTo(*match);
    const size_t first = *match;
    const size_t end = rule_.content == Content::kGrouped ? EndOfGroup(first, buffer) : first + 1;
    CompareContent(first, end, buffer);
    CompareTimes(first, end, buffer);
    CompareFlags(first, buffer);
    next_ = end;
  }

  void SkipTo(size_t sample) {
    for (; next_ < sample; ++next_) {
      if (required_[next_]) {
        const OracleSample& s = track_.samples[next_];
        Report(Format("%s: sample %zu (dts %lld cts %lld) is missing",
                      Where(),
                      next_,
                      static_cast<long long>(s.dts),
                      static_cast<long long>(s.cts)));
      }
    }
  }

  size_t EndOfGroup(size_t first, const RecordedItem& buffer) const {
    uint64_t bytes = 0;
    size_t i = first;
    while (i < track_.samples.size() && bytes < buffer.data.size())
      bytes += track_.samples[i++].size;
    return std::max(i, first + 1);
  }

  void CompareContent(size_t first, size_t end, const RecordedItem& buffer) {
    if (rule_.content == Content::kTimingOnly || rule_.content == Content::kSplit) return;
    std::vector<uint8_t> expected;
    for (size_t i = first; i < end; ++i) {
      const std::vector<uint8_t> part = ExpectedBytes(rule_.content, track_.samples[i], file_);
      expected.insert(expected.end(), part.begin(), part.end());
    }
    if (expected != buffer.data) {
      const auto [a, b] =
          std::mismatch(expected.begin(), expected.end(), buffer.data.begin(), buffer.data.end());
      Report(Format("%s: sample %zu: %zu bytes, expected %zu, first difference at %td",
                    Where(),
                    first,
                    buffer.data.size(),
                    expected.size(),
                    a - expected.begin()));
    }
    const bool whole = rule_.content == Content::kSame;
    if (whole && buffer.offset != GST_BUFFER_OFFSET_NONE &&
        buffer.offset != track_.samples[first].offset) {
      Report(Format("%s: sample %zu: offset %llu, expected %llu",
                    Where(),
                    first,
                    static_cast<unsigned long long>(buffer.offset),
                    static_cast<unsigned long long>(track_.samples[first].offset)));
    }
  }

  void CompareTimes(size_t first, size_t end, const RecordedItem& buffer) {
    const OracleSample& s = track_.samples[first];
    const OracleSample& last = track_.samples[end - 1];
    const int64_t dts = TicksToNs(s.dts, track_.timescale);
    const bool has_dts = rule_.content != Content::kGrouped || GST_CLOCK_TIME_IS_VALID(buffer.dts);
    if (has_dts && !NearTime(buffer.dts, dts)) {
      Report(Format("%s: sample %zu: DTS %lld, expected %lld",
                    Where(),
                    first,
                    Long(buffer.dts),
                    static_cast<long long>(dts)));
    }
    const Clip clip = timeline_ ? ClipIn(buffer, track_, first, *timeline_) : Clip();
    const int64_t ticks = last.dts + static_cast<int64_t>(last.duration) - clip.end;
    const int64_t duration =
        TicksToNs(ticks, track_.timescale) - TicksToNs(s.dts + clip.start, track_.timescale);
    if (timeline_ && buffer.clipped && !IsClipRight(track_, buffer, clip)) {
      Report(Format("%s: sample %zu: clipped by %llu and %llu frames, expected %lld and %lld ticks",
                    Where(),
                    first,
                    static_cast<unsigned long long>(buffer.clip_start),
                    static_cast<unsigned long long>(buffer.clip_end),
                    static_cast<long long>(clip.start),
                    static_cast<long long>(clip.end)));
    }
    // The end of an edit lies between two ticks more often than not.
    const int64_t blur = clip.end > 0 ? TicksToNs(1, track_.timescale) : 0;
    if (GST_CLOCK_TIME_IS_VALID(buffer.duration) && rule_.content != Content::kSplit &&
        std::abs(static_cast<int64_t>(buffer.duration) - duration) > blur + kRoundingNs) {
      Report(Format("%s: sample %zu: duration %lld, expected %lld",
                    Where(),
                    first,
                    Long(buffer.duration),
                    static_cast<long long>(duration)));
    }
    if (timeline_) CompareStreamTime(first, buffer);
  }

  void CompareStreamTime(size_t first, const RecordedItem& buffer) {
    const OracleSample& s = track_.samples[first];
    const int64_t expected =
        StreamTimeNs(track_, *timeline_, s.cts + ClipIn(buffer, track_, first, *timeline_).start);
    const auto got = BufferStreamTime(buffer, buffer.pts);
    if (!got || !Near(*got, expected)) {
      Report(Format("%s: sample %zu: PTS %lld is stream time %lld, expected %lld",
                    Where(),
                    first,
                    Long(buffer.pts),
                    static_cast<long long>(got.value_or(-1)),
                    static_cast<long long>(expected)));
      return;
    }
    const uint64_t running =
        gst_segment_to_running_time(&buffer.segment, GST_FORMAT_TIME, buffer.pts);
    const int64_t since = expected - track_.start_ns;
    if (GST_CLOCK_TIME_IS_VALID(running) && !NearTime(running, since)) {
      Report(Format("%s: sample %zu: running time %lld, expected %lld",
                    Where(),
                    first,
                    Long(running),
                    static_cast<long long>(since)));
    }
  }

  void CompareFlags(size_t first, const RecordedItem& buffer) {
    const OracleSample& s = track_.samples[first];
    const bool delta = buffer.flags & GST_BUFFER_FLAG_DELTA_UNIT;
    if (delta == s.sync) {
      Report(Format(
          "%s: sample %zu: DELTA_UNIT is %d, but sync is %d", Where(), first, delta, s.sync));
    }
    if (!seen_buffer_ && !(buffer.flags & GST_BUFFER_FLAG_DISCONT)) {
      Report(Format("%s: sample %zu: first buffer without DISCONT", Where(), first));
    }
    seen_buffer_ = true;
    const auto [known, is_new] = caps_of_.emplace(s.description, buffer.caps);
    if (!is_new && known->second != buffer.caps) {
      Report(Format(
          "%s: sample %zu: caps changed within description %u", Where(), first, s.description));
    }
  }

  const OracleTrack& track_;
  const RecordedPad& pad_;
  std::span<const uint8_t> file_;
  size_t limit_;
  TrackRule rule_;
  std::optional<SimpleTimeline> timeline_;
  std::vector<bool> required_;
  std::map<uint32_t, std::string> caps_of_;
  std::vector<std::string> lines_;
  size_t total_ = 0, next_ = 0, item_ = 0;
  bool seen_buffer_ = false;
};

bool IsTransportedHandler(const std::string& handler) {
  static constexpr const char* kHandlers[] = {
      "vide", "pict", "soun", "text", "sbtl", "subt", "subp", "clcp", "meta"};
  return std::any_of(
      std::begin(kHandlers), std::end(kHandlers), [&](const char* h) { return handler == h; });
}

}  // namespace

uint64_t BlankSize(Content content) {
  switch (content) {
    case Content::kText:
      return 2;  // a length of 0
    case Content::kTimingOnly:
    case Content::kSplit:
      return 8;  // an empty box
    case Content::kSame:
    case Content::kGrouped:
      break;
  }
  return 0;
}

TrackRule RuleFor(const OracleTrack& track) {
  if (track.is_chapter_text) return {Exposure::kNoPad, Content::kSame, "chapters are in the TOC"};
  TrackRule rule;
  const std::string entry = track.entries.empty() ? "" : track.entries[0];
  const std::string handler = track.handler == std::string(4, '\0') ? "" : track.handler;
  if (!IsTransportedHandler(handler)) {
    rule = {Exposure::kNoPad, Content::kSame, "handler is not one of media"};
  }
  for (const RuleRow& row : kRules) {
    if (handler == row.handler && (!row.entry || entry == row.entry)) {
      rule = row.rule;
      break;
    }
  }
  if (rule.exposure == Exposure::kPad && track.samples.empty()) {
    rule.exposure = Exposure::kMayHavePad;
    rule.reason = "no samples";
  }
  return rule;
}

std::optional<SimpleTimeline> TimelineOf(const OracleTrack& track) {
  SimpleTimeline timeline;
  size_t i = 0;
  while (i < track.edits.size() && track.edits[i].media_time < 0) {
    timeline.start += track.edits[i++].duration;
  }
  if (i == track.edits.size()) return timeline;
  if (i + 1 < track.edits.size()) return std::nullopt;
  const OracleEdit& edit = track.edits[i];
  timeline.media_start = edit.media_time;
  if (edit.duration > 0 && track.movie_timescale > 0) {
    const auto length = static_cast<Int128>(edit.duration) * track.timescale;
    timeline.media_end = edit.media_time + static_cast<int64_t>(length / track.movie_timescale);
  }
  return timeline;
}

namespace {

int64_t FloorDiv(Int128 a, Int128 b) {
  Int128 q = a / b;
  if (a % b != 0 && (a < 0) != (b < 0)) --q;
  return static_cast<int64_t>(q);
}

}  // namespace

int64_t TicksToNs(int64_t ticks, uint32_t timescale) {
  return FloorDiv(static_cast<Int128>(ticks) * kSecondNs, std::max(timescale, 1u));
}

int64_t StreamTimeNs(const OracleTrack& track, const SimpleTimeline& timeline, int64_t media_time) {
  const Int128 media = std::max(track.timescale, 1u);
  const Int128 movie = std::max(track.movie_timescale, 1u);
  const Int128 sum = static_cast<Int128>(timeline.start) * media +
                     static_cast<Int128>(media_time - timeline.media_start) * movie;
  return FloorDiv(sum * kSecondNs, media * movie);
}

/// Media ticks in a movie tick, rounded up: the edit's length is in movie ticks, so its
/// end is known only that exactly.
static int64_t MovieTick(const OracleTrack& track) {
  return track.timescale / std::max(track.movie_timescale, 1u) + 1;
}

std::vector<bool> RequiredSamples(const OracleTrack& track,
                                  const SimpleTimeline& timeline,
                                  uint64_t file_size) {
  const std::vector<OracleSample>& all = track.samples;
  std::vector<bool> required(all.size());
  const int64_t blur = MovieTick(track);
  size_t first = all.size(), last = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const int64_t end = all[i].cts + static_cast<int64_t>(all[i].duration);
    const bool after_start = end > timeline.media_start || all[i].cts >= timeline.media_start;
    const bool before_end = !timeline.media_end || all[i].cts < *timeline.media_end - blur;
    required[i] = after_start && before_end;
    if (required[i]) {
      first = std::min(first, i);
      last = i;
    }
  }
  if (track.has_sync_table && first < all.size()) {
    while (first > 0 && !all[first].sync)
      --first;
    std::fill(required.begin() + static_cast<ptrdiff_t>(first),
              required.begin() + static_cast<ptrdiff_t>(last) + 1,
              true);
  }
  const TrackRule rule = RuleFor(track);
  for (size_t i = 0; i < all.size(); ++i) {
    const bool cut = all[i].offset > file_size || all[i].size > file_size - all[i].offset;
    const bool blank = all[i].size <= BlankSize(rule.content);
    if (cut || blank) required[i] = false;
  }
  return required;
}

std::optional<int64_t> BufferStreamTime(const RecordedItem& buffer, GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time) || buffer.segment.format != GST_FORMAT_TIME) {
    return std::nullopt;
  }
  uint64_t stream = 0;
  const int sign = gst_segment_to_stream_time_full(&buffer.segment, GST_FORMAT_TIME, time, &stream);
  if (sign == 0) return std::nullopt;
  return sign > 0 ? static_cast<int64_t>(stream) : -static_cast<int64_t>(stream);
}

std::optional<size_t> MatchSample(const OracleTrack& track,
                                  const RecordedItem& buffer,
                                  size_t from) {
  const auto timeline = TimelineOf(track);
  const auto stream_time = BufferStreamTime(buffer, buffer.pts);
  std::optional<size_t> by_time;
  for (size_t i = from; i < track.samples.size(); ++i) {
    const OracleSample& s = track.samples[i];
    const bool hit =
        GST_CLOCK_TIME_IS_VALID(buffer.dts)
            ? NearTime(buffer.dts, TicksToNs(s.dts, track.timescale))
            : timeline && stream_time && Near(*stream_time, StreamTimeNs(track, *timeline, s.cts));
    if (!hit) {
      if (by_time) break;
      continue;
    }
    // Of samples at the same time (duration 0), the one of this size; else the first.
    if (!by_time) by_time = i;
    if (s.size == buffer.data.size()) return i;
  }
  return by_time;
}

Clip ClipIn(const RecordedItem& buffer,
            const OracleTrack& track,
            size_t sample,
            const SimpleTimeline& timeline) {
  Clip clip;
  if (!buffer.clipped) return clip;
  const OracleSample& s = track.samples[sample];
  const auto duration = static_cast<int64_t>(s.duration);
  clip.start = std::clamp<int64_t>(timeline.media_start - s.cts, 0, duration);
  if (timeline.media_end) {
    const int64_t over = s.cts + duration - *timeline.media_end;
    clip.end = std::clamp<int64_t>(over, 0, duration - clip.start);
  }
  if (sample + 1 == track.samples.size()) {
    clip.padding =
        std::max<int64_t>(0, static_cast<int64_t>(track.samples.front().duration) - duration);
  }
  // The edit's end is known to a movie tick: the media may as well end by itself.
  Clip by_itself = clip;
  by_itself.end = 0;
  const bool blurred = clip.end <= MovieTick(track);
  return blurred && IsClipRight(track, buffer, by_itself) ? by_itself : clip;
}

bool IsClipRight(const OracleTrack& track, const RecordedItem& buffer, const Clip& clip) {
  int rate = static_cast<int>(track.timescale);
  const size_t at = buffer.caps.find("rate=(int)");
  if (at != std::string::npos) rate = std::atoi(buffer.caps.c_str() + at + 10);
  const auto near = [&](uint64_t frames, int64_t ticks) {
    const double expected = static_cast<double>(ticks) * rate / track.timescale;
    return std::abs(static_cast<double>(frames) - expected) <= 1.0;
  };
  return near(buffer.clip_start, clip.start) && near(buffer.clip_end, clip.end + clip.padding);
}

std::vector<uint8_t> ExpectedBytes(Content content,
                                   const OracleSample& sample,
                                   std::span<const uint8_t> file) {
  if (sample.offset > file.size()) return {};
  const size_t size = std::min<uint64_t>(sample.size, file.size() - sample.offset);
  std::span<const uint8_t> bytes = file.subspan(sample.offset, size);
  if (content == Content::kText && bytes.size() >= 2) {
    const size_t length = static_cast<size_t>(bytes[0]) << 8 | bytes[1];
    bytes = bytes.subspan(2, std::min(length, bytes.size() - 2));
  }
  return {bytes.begin(), bytes.end()};
}

std::vector<std::string> CompareTrack(const OracleTrack& track,
                                      const RecordedPad& pad,
                                      std::span<const uint8_t> file,
                                      size_t limit) {
  return TrackComparison(track, pad, file, limit).Run();
}

void ApplyEncoderDelay(const std::string& file, OracleMovie* movie) {
  const int64_t delay = EncoderDelay(file);
  if (delay > 0 && movie->tracks.size() == 1 && movie->tracks[0].edits.empty()) {
    movie->tracks[0].edits = {{0, delay}};
  }
}

std::vector<std::string> CompareMovie(const OracleMovie& movie,
                                      const std::vector<RecordedPad>& pads,
                                      std::span<const uint8_t> file) {
  std::vector<std::string> lines;
  std::vector<bool> used(pads.size());
  std::map<uint32_t, int> seen;
  for (const OracleTrack& track : movie.tracks) {
    TrackRule rule = RuleFor(track);
    if (seen[track.id]++ > 0 && rule.exposure == Exposure::kPad) {
      rule.exposure = Exposure::kMayHavePad;  // an id that another track has already
    }
    size_t i = 0;
    while (i < pads.size() && (used[i] || pads[i].track_id != track.id))
      ++i;
    if (i == pads.size()) {
      if (rule.exposure == Exposure::kPad) {
        lines.push_back(Format("track %u (%s) has no pad", track.id, track.handler.c_str()));
      }
      continue;
    }
    if (rule.exposure == Exposure::kNoPad) {
      lines.push_back(
          Format("track %u (%s) has a pad: %s", track.id, track.handler.c_str(), rule.reason));
    }
    used[i] = true;
    const std::vector<std::string> more = CompareTrack(track, pads[i], file);
    lines.insert(lines.end(), more.begin(), more.end());
    if (!pads[i].eos) lines.push_back(pads[i].name + ": no EOS");
  }
  for (size_t i = 0; i < pads.size(); ++i) {
    if (!used[i]) lines.push_back(pads[i].name + ": a pad without a track");
  }
  return lines;
}

}  // namespace iso::test
