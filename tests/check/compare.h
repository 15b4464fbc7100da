// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a demuxer must push for a track, by the oracle, and the comparison with what it
// did push. Also the one table of tracks that are not exposed, or not byte for byte.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "oracle.h"
#include "recorder.h"

namespace iso::test {

enum class Exposure { kPad, kNoPad, kMayHavePad };

enum class Content {
  kSame,        ///< one sample, one buffer, the same bytes
  kGrouped,     ///< raw audio: a buffer may hold many samples; the same bytes
  kText,        ///< the 16-bit length is taken off; samples without text are not pushed
  kTimingOnly,  ///< rewritten by design: WebVTT, closed captions
  kSplit,       ///< rewritten by design, and a sample becomes several buffers
};

struct TrackRule {
  Exposure exposure = Exposure::kPad;
  Content content = Content::kSame;
  const char* reason = "";
};

/// A sample of at most so many bytes has nothing to show, and is not pushed.
uint64_t BlankSize(Content content);

/// How the track is handled, by handler and first sample entry (see the table in the .cpp).
TrackRule RuleFor(const OracleTrack& track);

/// Leading empty edits and one media edit. nullopt for anything more.
struct SimpleTimeline {
  uint64_t start = 0;                ///< movie ticks of emptiness before the media
  int64_t media_start = 0;           ///< media ticks
  std::optional<int64_t> media_end;  ///< media ticks; none: to the end
};

std::optional<SimpleTimeline> TimelineOf(const OracleTrack& track);

/// Ticks to nanoseconds, rounded down.
int64_t TicksToNs(int64_t ticks, uint32_t timescale);

/// Where on the movie's time line a media time is shown, ns, rounded down.
int64_t StreamTimeNs(const OracleTrack& track, const SimpleTimeline& timeline, int64_t media_time);

/// For each sample, whether it must be pushed when the movie is played from the start.
std::vector<bool> RequiredSamples(const OracleTrack& track,
                                  const SimpleTimeline& timeline,
                                  uint64_t file_size);

/// The sample that starts this buffer, at or after `from`; nullopt if none matches in time.
std::optional<size_t> MatchSample(const OracleTrack& track,
                                  const RecordedItem& buffer,
                                  size_t from);

/// The buffer's presentation time as stream time; nullopt without PTS.
std::optional<int64_t> BufferStreamTime(const RecordedItem& buffer, GstClockTime time);

/// What is cut off a sample of compressed audio, media ticks: by the edit, and where the
/// last sample's duration is shorter than the others'. A demuxer may say it with a
/// GstAudioClippingMeta: PTS and duration are then those of what is left.
struct Clip {
  int64_t start = 0;
  int64_t end = 0;      ///< of the sample's own duration
  int64_t padding = 0;  ///< behind it
};

/// The clip that accounts for this buffer's times: none where it has no such meta.
Clip ClipIn(const RecordedItem& buffer,
            const OracleTrack& track,
            size_t sample,
            const SimpleTimeline& timeline);

/// Whether the meta's frames are the clip's ticks.
bool IsClipRight(const OracleTrack& track, const RecordedItem& buffer, const Clip& clip);

/// What the sample's buffer must contain, whole buffer for Content::kSame and kText.
std::vector<uint8_t> ExpectedBytes(Content content,
                                   const OracleSample& sample,
                                   std::span<const uint8_t> file);

/// All differences, one line each, at most `limit`.
std::vector<std::string> CompareTrack(const OracleTrack& track,
                                      const RecordedPad& pad,
                                      std::span<const uint8_t> file,
                                      size_t limit = 8);

/// Gives the only track of a file with a delay told in its tags the edit that stands for it.
void ApplyEncoderDelay(const std::string& file, OracleMovie* movie);

/// CompareTrack for all tracks, and which pads there are.
std::vector<std::string> CompareMovie(const OracleMovie& movie,
                                      const std::vector<RecordedPad>& pads,
                                      std::span<const uint8_t> file);

}  // namespace iso::test
