// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SegmentSplitter: where in the bytes of an adaptive stream runs of media segments begin, and
// which movie header they belong to. DASH (ISO/IEC 23009-1), HLS (RFC 8216) and MSE send that
// header (an initialization segment) before the first segment and when it changes; what
// follows a jump may come without it, and Smooth Streaming has none at all.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/box/header.h"
#include "core/source.h"

namespace iso {

/// Segments that follow each other without a break, under one movie header.
struct SegmentRun {
  std::shared_ptr<const std::vector<uint8_t>> header;  ///< ftyp to moov; null: there is none
  uint64_t last_end = 0;           ///< the run before ends at this byte of the stream
  uint64_t begin = 0;              ///< of what follows the header
  bool discont = false;            ///< does not go on where the run before ended
  std::optional<int64_t> time_ns;  ///< upstream's timestamp of its first byte
  /// Where a fragment goes on behind a part that upstream does not send, its moof stands at the
  /// end of `header`, and so many bytes of its data are not there.
  std::optional<uint64_t> left_out;
};

/// One thread at a time. Positions are bytes of the stream, which only ever grow.
class SegmentSplitter {
 public:
  /// `window`: the stream, as far as it has come. It must outlive this. `headerless`: each
  /// timestamp at the start of a box begins a run, with a header or without.
  explicit SegmentSplitter(ByteSource& window) : window_(window) {}

  void SetHeaderless(bool headerless) { headerless_ = headerless; }

  /// The bytes from `position` on do not follow those before, or have this timestamp. To be told
  /// before they are asked for.
  void Break(uint64_t position);
  /// They are to be a run of their own, though they do follow. Only AtBoundary().
  void Part(uint64_t position);
  void Stamp(uint64_t position, int64_t time_ns);

  /// Upstream's own count of the byte at `position`.
  void Count(uint64_t position, uint64_t offset);
  /// The bytes from `position` on do not follow those before: upstream counts them from `offset`
  /// on. Where that is in the data of the last fragment, true: they are a run, of that fragment.
  /// Players that want key units only have others left out.
  bool Jump(uint64_t position, uint64_t offset);

  /// The next run that begins; nothing until more bytes have come. kTooMuchToKeep: a movie
  /// header has no end.
  Result<std::optional<SegmentRun>> Next();

  /// Whether a box ends where the stream has come to.
  bool AtBoundary(uint64_t position) const { return position_ == position && !header_begin_; }

  /// Bytes from here on are still looked at.
  uint64_t LeastNeeded() const;

  /// Another stream: no header is known any more.
  void ForgetHeader() { header_ = nullptr; }

 private:
  struct Box {
    FourCC type;
    uint64_t size = 0;   ///< UINT64_MAX: to the end
    bool large = false;  ///< has a header of 16 bytes
  };

  /// The last fragment.
  struct Fragment {
    uint64_t begin = 0;          ///< of its moof; in the stream
    uint64_t offset = 0;         ///< likewise, as upstream counts
    uint64_t size = UINT64_MAX;  ///< of all of it; UINT64_MAX: not known
    std::vector<uint8_t> lead;   ///< from its moof to its mdat's header; empty: not known yet
  };

  std::optional<Box> BoxHere();
  void NoteFragment(const Box& box, uint64_t end);
  bool TakeLead(uint64_t end);
  Result<std::optional<SegmentRun>> EndHeader(uint64_t end);
  SegmentRun Begin(uint64_t position);

  ByteSource& window_;
  bool headerless_ = false;
  uint64_t position_ = 0;  ///< of the next box; UINT64_MAX: no more boxes up to the next break
  bool due_ = true;        ///< what comes next begins a run ...
  bool discont_ = true;    ///< ... that does not follow the one before
  std::optional<uint64_t> last_end_;      ///< of the run before, where it ended early
  std::optional<uint64_t> header_begin_;  ///< of a header that has not come whole
  std::shared_ptr<const std::vector<uint8_t>> header_;
  uint64_t counted_at_ = UINT64_MAX;  ///< UINT64_MAX: upstream does not count
  uint64_t count_ = 0;
  std::optional<Fragment> fragment_;
  std::optional<SegmentRun> jump_;  ///< a run that begins inside of a fragment
  uint64_t stamped_at_ = UINT64_MAX;
  int64_t stamp_ns_ = 0;
};

/// A run as a file of its own: its header, nothing where something is left out, then what follows
/// in the stream.
class SegmentRunSource final : public ByteSource {
 public:
  SegmentRunSource(std::shared_ptr<ByteSource> stream, SegmentRun run);

  /// Nothing of the stream from this position on belongs to the run. Read() and size(): any
  /// thread.
  void EndAt(uint64_t position) { end_ = position; }

  bool ended() const { return end_ != UINT64_MAX; }

  const SegmentRun& run() const { return run_; }

  /// Whether it lies where something is left out.
  bool IsLeftOut(uint64_t offset) const { return offset >= header_size() && offset < lead(); }

  /// Where a byte of the run lies in the stream. For one before: where the run begins.
  uint64_t InStream(uint64_t offset) const;

  /// kNotYet tells the bytes of the run that are missing.
  Status Read(uint64_t offset, std::span<uint8_t> out) override;

  std::optional<uint64_t> size() const override;

 private:
  uint64_t header_size() const { return run_.header ? run_.header->size() : 0; }

  /// Size of what is not in the stream.
  uint64_t lead() const { return header_size() + run_.left_out.value_or(0); }

  const std::shared_ptr<ByteSource> stream_;
  const SegmentRun run_;
  std::atomic<uint64_t> end_{UINT64_MAX};
};

}  // namespace iso
