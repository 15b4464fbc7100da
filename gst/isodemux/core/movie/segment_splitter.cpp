// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/segment_splitter.h"

#include <algorithm>

#include "core/base/bytes.h"

namespace iso {
namespace {

constexpr uint64_t kBoxHeader = 8;
constexpr uint64_t kLargeBoxHeader = 16;

/// A movie header with cover art in it may be large; this is a file that is none of segments.
constexpr uint64_t kMostHeaderBytes = 64u << 20;

}  // namespace

void SegmentSplitter::Break(uint64_t position) {
  last_end_ = std::min(last_end_.value_or(position), position);
  position_ = position;
  header_begin_.reset();
  fragment_.reset();
  counted_at_ = UINT64_MAX;
  due_ = true;
  discont_ = true;
}

void SegmentSplitter::Part(uint64_t position) {
  last_end_ = std::min(last_end_.value_or(position), position);
  due_ = true;
}

void SegmentSplitter::Stamp(uint64_t position, int64_t time_ns) {
  stamped_at_ = position;
  stamp_ns_ = time_ns;
}

void SegmentSplitter::Count(uint64_t position, uint64_t offset) {
  counted_at_ = position;
  count_ = offset;
}

uint64_t SegmentSplitter::LeastNeeded() const {
  const uint64_t here = header_begin_.value_or(position_);
  return fragment_ && fragment_->lead.empty() ? std::min(here, fragment_->begin) : here;
}

/// A box that ends at `end` begins at position_.
void SegmentSplitter::NoteFragment(const Box& box, uint64_t end) {
  if (box.type == FourCC("moof")) {
    fragment_.reset();
    // Its first bytes may have come before those that were counted last.
    const uint64_t before = counted_at_ - std::min(counted_at_, position_);
    if (counted_at_ == UINT64_MAX || before > count_) return;
    fragment_ =
        Fragment{position_, count_ + (position_ - std::min(position_, counted_at_)) - before};
  } else if (box.type == FourCC("mdat") && fragment_ && fragment_->lead.empty()) {
    const uint64_t header = position_ + (box.large ? kLargeBoxHeader : kBoxHeader);
    if (!TakeLead(header)) return;
    if (end != UINT64_MAX) fragment_->size = end - fragment_->begin;
  } else if (box.type == FourCC("moov")) {
    fragment_.reset();
  }
}

/// From the fragment's beginning to `end`. Without it, nothing goes on there.
bool SegmentSplitter::TakeLead(uint64_t end) {
  const uint64_t size = end - fragment_->begin;
  if (size <= kMostHeaderBytes) {
    fragment_->lead.resize(static_cast<size_t>(size));
    if (window_.Read(fragment_->begin, fragment_->lead).ok()) return true;
  }
  fragment_.reset();
  return false;
}

bool SegmentSplitter::Jump(uint64_t position, uint64_t offset) {
  if (!fragment_ || offset < fragment_->offset) return false;
  if (fragment_->lead.empty()) {
    // The moof came alone. What mdat says of its size is not missed: this run ends with it.
    constexpr uint8_t kToTheEnd[] = {0, 0, 0, 0, 'm', 'd', 'a', 't'};
    if (position_ > position || !TakeLead(position_)) return false;
    fragment_->lead.insert(fragment_->lead.end(), std::begin(kToTheEnd), std::end(kToTheEnd));
  }
  const uint64_t at = offset - fragment_->offset;
  const std::vector<uint8_t>& lead = fragment_->lead;
  if (at < lead.size() || at >= fragment_->size) return false;
  std::vector<uint8_t> header = header_ ? *header_ : std::vector<uint8_t>();
  header.insert(header.end(), lead.begin(), lead.end());
  jump_ = SegmentRun();
  jump_->header = std::make_shared<const std::vector<uint8_t>>(std::move(header));
  jump_->last_end = std::min(last_end_.value_or(position), position);
  jump_->begin = position;
  jump_->discont = true;
  jump_->left_out = at - lead.size();
  last_end_.reset();
  header_begin_.reset();
  due_ = discont_ = false;
  position_ = fragment_->size == UINT64_MAX ? UINT64_MAX : position + (fragment_->size - at);
  return true;
}

/// The box at position_, once so much of it has come.
std::optional<SegmentSplitter::Box> SegmentSplitter::BoxHere() {
  uint8_t head[kLargeBoxHeader];
  if (position_ == UINT64_MAX) return std::nullopt;
  if (!window_.Read(position_, std::span(head).first(kBoxHeader)).ok()) return std::nullopt;
  Reader r{Bytes(head)};
  Box box;
  box.size = r.U32();
  box.type = FourCC(r.U32());
  if (box.size == 1) {
    if (!window_.Read(position_, head).ok()) return std::nullopt;
    box.size = r.U64();
    box.large = true;
    if (box.size < kLargeBoxHeader) box.size = UINT64_MAX;
  } else if (box.size < kBoxHeader) {
    box.size = UINT64_MAX;
  }
  return box;
}

SegmentRun SegmentSplitter::Begin(uint64_t position) {
  SegmentRun run;
  run.header = header_;
  run.begin = position;
  run.last_end = last_end_.value_or(position);
  run.discont = discont_;
  if (stamped_at_ == position) run.time_ns = stamp_ns_;
  last_end_.reset();
  due_ = discont_ = false;
  return run;
}

/// A moov ends here: with what stands before it it is a header, of what follows.
Result<std::optional<SegmentRun>> SegmentSplitter::EndHeader(uint64_t end) {
  const uint64_t size = end - *header_begin_;
  if (end == UINT64_MAX || size > kMostHeaderBytes) {
    return Error{Errc::kTooMuchToKeep, FourCC("moov"), position_, kMostHeaderBytes};
  }
  std::vector<uint8_t> header(static_cast<size_t>(size));
  if (const Status read = window_.Read(*header_begin_, header); !read.ok()) {
    if (read.error().code == Errc::kNotYet) return std::optional<SegmentRun>();
    return read.error();
  }
  header_ = std::make_shared<const std::vector<uint8_t>>(std::move(header));
  header_begin_.reset();
  position_ = end;
  return std::optional(Begin(end));
}

Result<std::optional<SegmentRun>> SegmentSplitter::Next() {
  if (jump_) return std::exchange(jump_, std::nullopt);
  while (const auto box = BoxHere()) {
    const uint64_t end = box->size > UINT64_MAX - position_ ? UINT64_MAX : position_ + box->size;
    const bool moov = box->type == FourCC("moov");
    NoteFragment(*box, end);
    if (box->type == FourCC("ftyp") || (moov && !header_begin_)) {
      last_end_ = std::min(last_end_.value_or(position_), position_);
      header_begin_ = position_;
    }
    if (moov) return EndHeader(end);
    if (header_begin_ && box->type == FourCC("moof")) {
      // No header after all: segments may begin with an ftyp of their own.
      header_begin_.reset();
      due_ = true;
    }
    if (header_begin_ && position_ - *header_begin_ > kMostHeaderBytes) {
      return Error{Errc::kTooMuchToKeep, FourCC("moov"), position_, kMostHeaderBytes};
    }
    const bool stamped = headerless_ && stamped_at_ == position_;
    // Without a header, boxes before the first fragment may still lead to one.
    const bool known = header_ || headerless_ || box->type == FourCC("moof");
    const bool begins = (stamped || (due_ && known)) && !header_begin_;
    const uint64_t here = std::exchange(position_, end);
    if (begins) return std::optional(Begin(here));
  }
  return std::optional<SegmentRun>();
}

SegmentRunSource::SegmentRunSource(std::shared_ptr<ByteSource> stream, SegmentRun run)
    : stream_(std::move(stream)), run_(std::move(run)) {
}

uint64_t SegmentRunSource::InStream(uint64_t offset) const {
  const uint64_t behind = offset - std::min(offset, lead());
  return behind > UINT64_MAX - run_.begin ? UINT64_MAX : run_.begin + behind;
}

Status SegmentRunSource::Read(uint64_t offset, std::span<uint8_t> out) {
  const uint64_t size = out.size();
  if (offset < header_size()) {
    const auto from = run_.header->begin() + static_cast<ptrdiff_t>(offset);
    const auto held = static_cast<size_t>(std::min<uint64_t>(header_size() - offset, size));
    std::copy_n(from, held, out.begin());
    out = out.subspan(held);
    if (out.empty()) return {};
  }
  if (IsLeftOut(offset + (size - out.size()))) {
    return Error{Errc::kEndOfData, {}, offset, size};
  }
  const uint64_t at = InStream(offset + (size - out.size()));
  if (out.size() > end_ - std::min<uint64_t>(end_, at)) {
    return Error{Errc::kEndOfData, {}, offset, size};
  }
  const Status read = stream_->Read(at, out);
  return read.ok() ? read : Error{read.error().code, read.error().box, offset, size};
}

std::optional<uint64_t> SegmentRunSource::size() const {
  if (ended()) return lead() + (end_ - std::min<uint64_t>(end_, run_.begin));
  const auto stream = stream_->size();
  if (!stream) return std::nullopt;
  return lead() + (*stream - std::min(*stream, run_.begin));
}

}  // namespace iso
