// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Samples: every question about a track's samples, wherever they are described: in the
// tables of moov (SampleTable), in movie fragments, or in both.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "core/base/result.h"

namespace iso {

/// One sample. Times are in ticks of the track's timescale, before any edit list.
struct Sample {
  uint64_t index = 0;     ///< its number, see Samples
  uint64_t offset = 0;    ///< bytes from the start of the file; at most INT64_MAX
  uint32_t size = 0;      ///< bytes
  uint32_t duration = 0;  ///< ticks
  int64_t dts = 0;
  int64_t pts = 0;           ///< dts + composition offset; may be negative
  uint32_t description = 1;  ///< index into the stsd, from 1 (as stored: may be out of range)
  bool sync = false;         ///< decoding can start here
  bool open_gop = false;     ///< a sync sample: not so what is presented before it and follows it
  uint8_t dependency = 0;    ///< as in sdtp (8.6.4): four fields of two bits; 0: nothing is known
  bool discont = false;      ///< what lies between it and the one before it is lost

  /// is_leading: whether it is presented before the sync sample that it follows in decoding
  /// order, and, if so, needs what comes before that one. Not to be believed against its times.
  enum class Leading : uint8_t { kUnknown, kNotDecodable, kNo, kDecodable };

  Leading leading() const { return static_cast<Leading>(dependency >> 6); }

  /// sample_is_depended_on says that no other sample needs it.
  bool droppable() const { return (dependency >> 2 & 3) == 2; }
};

class SampleCursor;

/// A number past every sample.
constexpr uint64_t kPastLastSample = UINT64_MAX;

/// Samples have numbers that rise in decoding order. Those of moov's tables count from 0. Those
/// of movie fragments have gaps between them, since nobody counts what lies before a fragment:
/// only First(), Back() and a cursor lead from one sample to another.
///
/// Thread-safe: any number of threads may ask at the same time. Functions that read the source
/// may answer kNotYet, kInterrupted or kReadFailed, and change nothing when they do. A number
/// past the end is answered with kEndOfTable.
class Samples {
 public:
  virtual ~Samples() = default;

  /// A cursor before the first sample. This must outlive it.
  virtual std::unique_ptr<SampleCursor> NewCursor() const = 0;

  /// How many there are, where that is known without reading them all; else kEndOfTable.
  virtual Result<uint64_t> SampleCount() const = 0;

  /// The first sample, or a number before it (where that is all that is known); kEndOfTable
  /// when there is none.
  virtual Result<uint64_t> First() const = 0;

  /// The sample that lies `steps` before number n, or the first one; a nearer one where that is
  /// dozens of fragments away. n may be kPastLastSample or any other number, of a sample or not.
  virtual Result<uint64_t> Back(uint64_t n, uint64_t steps) const = 0;

  /// Everything about sample n.
  virtual Result<Sample> At(uint64_t n) const = 0;

  /// The sample on display at presentation time t: of those with pts <= t the one with
  /// the greatest pts (of equals the last in decode order); when t is before all, the
  /// one with the smallest pts (of equals the first). A number of no sample where the track
  /// has none for long.
  virtual Result<uint64_t> SampleAtPresentationTime(int64_t t) const = 0;

  /// Where in the file the samples behind n lie, but for those of its chunk: none of them, nor
  /// what leads to them, before this byte. UINT64_MAX when there are none.
  virtual Result<uint64_t> LeastOffsetBehind(uint64_t n) const = 0;

  /// The last sync sample at or before n.
  virtual Result<std::optional<uint64_t>> SyncAtOrBefore(uint64_t n) const = 0;

  /// The first sync sample at or after n; n may be past the end: there is none.
  virtual Result<std::optional<uint64_t>> SyncAtOrAfter(uint64_t n) const = 0;

  /// Samples before sample n from which decoding must start so that n comes out right, by the
  /// sample groups `roll` and `prol` (10.1); 0 where they name none.
  virtual Result<uint32_t> RollDistance(uint64_t n) const = 0;

  /// Whether each sample has the same size and duration, no composition offset, and is
  /// a sync sample: runs of samples can then be handled as one (raw audio).
  virtual bool IsUniform() const = 0;

  /// Bytes of checkpoints and fences held now (pages are the cache's).
  virtual size_t IndexBytes() const = 0;
};

/// Walks samples forward. Not thread-safe.
class SampleCursor {
 public:
  virtual ~SampleCursor() = default;

  /// The next Next() answers with sample n, or the first one after it where n is none
  /// (kEndOfTable there when n is past the end).
  virtual Status SeekTo(uint64_t n) = 0;

  /// The next sample, or kEndOfTable. After an error the cursor has not moved, but for
  /// kNothingInFragment: it can be asked again.
  virtual Status Next(Sample* sample) = 0;

  /// After kNothingInFragment: decode time at which that fragment starts, ticks. There is no
  /// sample before it, but for what tracks of neighbouring fragments start apart.
  virtual int64_t nothing_before() const { return 0; }

  /// For uniform samples (Samples::IsUniform): as Next, but takes up to `max` samples that
  /// follow each other in one chunk; `*count` says how many. sample->size stays that of one
  /// sample, sample->duration likewise.
  virtual Status NextRun(uint32_t max, Sample* sample, uint32_t* count) = 0;

  /// A number above that of the last sample handed out and not above that of the next one.
  virtual uint64_t position() const = 0;

  /// Where a chunk begins.
  struct ChunkStart {
    uint64_t sample = 0;
    uint64_t offset = 0;
  };

  /// The chunk of what was handed out last or, right after SeekTo(), of what comes next. Only
  /// for samples of moov.
  virtual ChunkStart chunk() const = 0;
};

}  // namespace iso
