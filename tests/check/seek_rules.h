// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SeekRules: where each stream must start after a seek, worked out from the oracle's
// samples by search over all of them. Times are stream times in nanoseconds.

#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compare.h"
#include "oracle.h"
#include "recorder.h"

namespace iso::test {

/// What must be seen on one pad.
struct PadExpectation {
  std::vector<size_t> first;  ///< samples that may be the first one pushed
  bool may_be_empty = false;  ///< EOS without a buffer is right, too
  bool anything = false;      ///< the rules do not say
  int64_t segment_time = 0;
};

struct SeekExpectation {
  int64_t position = 0;  ///< what all pads are positioned to
  std::vector<PadExpectation> pads;
};

class SeekRules {
 public:
  static constexpr const char* kNoRules =
      "several media edits, a track without samples, or samples that are not in the file";

  /// nullopt for files of kNoRules.
  static std::optional<SeekRules> For(const OracleMovie& movie,
                                      const std::vector<RecordedPad>& pads,
                                      uint64_t file_size);

  /// A position to seek to: half of them exactly on a sample of the reference stream.
  int64_t Target(uint64_t random) const;

  /// The end of the reference stream.
  int64_t end() const { return std::min(streams_[reference_].end, duration_); }

  SeekExpectation Expect(int flags, int64_t target) const;

  std::vector<std::string> Check(const SeekExpectation& expected,
                                 const std::vector<RecordedPad>& pads,
                                 std::span<const uint8_t> file) const;

  /// After an accurate seek with a stop position, at EOS: nothing between is missing, and
  /// nothing that starts after the stop is there.
  std::vector<std::string> CheckRange(int64_t start,
                                      int64_t stop,
                                      const std::vector<RecordedPad>& pads) const;

 private:
  enum class Kind { kVideo, kAudio, kRawAudio, kOther };

  struct Times {
    int64_t pts = 0;
    int64_t end = 0;
    bool sync = false;
    bool pushed = true;  ///< false: has nothing to push (empty, or text without text)
  };

  struct Stream {
    std::string pad;
    const OracleTrack* track = nullptr;
    SimpleTimeline timeline;
    Kind kind = Kind::kOther;
    size_t lead_in = 0;
    int64_t start = 0;  ///< where its edit begins
    int64_t end = 0;
    int64_t decode_end = 0;  ///< without an edit list, a track lasts as long as its durations
    std::vector<Times> samples;
  };

  static bool Describe(const OracleTrack& track,
                       const RecordedPad& pad,
                       uint64_t file_size,
                       Stream* stream);
  std::optional<size_t> KeySample(int flags, int64_t target) const;
  static size_t SyncBefore(const Stream& stream, size_t i, std::optional<int64_t> at);
  static void AddFirst(const Stream& stream, int64_t at, PadExpectation* expected);
  PadExpectation ExpectOn(const Stream& stream, int64_t position) const;
  std::string CheckFirst(const Stream& stream,
                         const PadExpectation& expected,
                         int64_t position,
                         const RecordedPad& pad,
                         std::span<const uint8_t> file) const;
  std::string CheckSegment(const Stream& stream,
                           const PadExpectation& expected,
                           int64_t position,
                           const RecordedItem& buffer,
                           size_t sample) const;

  std::vector<Stream> streams_;
  size_t reference_ = 0;
  int64_t duration_ = 0;  ///< of the movie by its header: seeking past it is seeking to EOS
  int64_t start_ = 0;  ///< of the movie: seeks before it land there
};

/// Whether any sample of a track with a pad is in the file.
bool HasMedia(const OracleMovie& movie, uint64_t file_size);

}  // namespace iso::test
