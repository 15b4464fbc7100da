// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/stream_source.h"

#include <algorithm>

namespace iso {
namespace {

constexpr uint64_t kCopyBytes = 64 << 10;

/// Boxes between the movie header and sample data that are looked at: they may be metadata.
constexpr int kBoxesPastMovie = 16;

bool IsKept(const BoxHeader& box, const Limits& limits) {
  if (box.type == FourCC("moov")) return true;
  // The last two belong to the first fragment, and are read with it.
  static constexpr FourCC kSmall[] = {"ftyp", "meta", "uuid", "sidx", "prft", "emsg"};
  const bool known = std::find(std::begin(kSmall), std::end(kSmall), box.type) != std::end(kSmall);
  return known && box.body_size() <= limits.max_small_box_bytes;
}

bool HoldsSamples(FourCC type) {
  return type == FourCC("mdat") || type == FourCC("moof");
}

/// Samples may lie in a box that nobody knows.
bool MayHoldSamples(FourCC type) {
  static constexpr FourCC kOthers[] = {"ftyp",
                                       "styp",
                                       "moov",
                                       "free",
                                       "skip",
                                       "wide",
                                       "uuid",
                                       "meta",
                                       "udta",
                                       "sidx",
                                       "ssix",
                                       "pdin",
                                       "pssh",
                                       "emsg",
                                       "prft",
                                       "mfra",
                                       "pnot",
                                       "PICT",
                                       "junk"};
  return std::find(std::begin(kOthers), std::end(kOthers), type) == std::end(kOthers);
}

}  // namespace

StreamSource::StreamSource(std::shared_ptr<ByteSource> stream,
                           const Limits& limits,
                           bool in_segments)
    : stream_(std::move(stream)), limits_(limits), in_segments_(in_segments), window_(*stream_) {
}

Status StreamSource::Gather() {
  if (!walker_) walker_.emplace(window_, FourCC(), 0, std::nullopt, limits_, nullptr);
  while (!gathered_) {
    ISO_CHECK(CopyOn());
    if (in_segments_ && movie_) {
      Finish(movie_->end);
      fragmented_ = released_ = true;
      return {};
    }
    ISO_TRY(const std::optional<BoxHeader> box, walker_->Next());
    if (!box) {
      Finish(stream_->size().value_or(kept_.end()));
    } else {
      ISO_CHECK(Visit(*box));
    }
  }
  return {};
}

Status StreamSource::Visit(const BoxHeader& box) {
  if (movie_ && (HoldsSamples(box.type) || ++boxes_past_movie_ > kBoxesPastMovie)) {
    Finish(box.offset);
    fragmented_ = GoesOnInFragments(box);
    released_ = fragmented_;
    return {};
  }
  if (MayHoldSamples(box.type) && !first_data_) first_data_ = box.offset;
  if (box.type == FourCC("moov") && !movie_) movie_ = box;
  copy_from_ = box.offset;
  copy_end_ = IsKept(box, limits_) ? box.end : box.body;
  // So much is asked for where a box begins.
  if (!box.to_end)
    copy_end_ = std::max(copy_end_, std::min(box.end, box.offset + sizeof Head::bytes));
  if (box.to_end && !IsKept(box, limits_)) {
    // Nothing can follow: its header is the last that is wanted.
    ISO_CHECK(CopyOn());
    Finish(box.body);
  }
  return {};
}

/// With a box behind the movie header that holds samples: whether fragments are to be looked
/// for there. Sample data may stand in front of the first one.
bool StreamSource::GoesOnInFragments(const BoxHeader& box) {
  if (box.type == FourCC("moof")) return true;
  const auto size = stream_->size();
  if (box.to_end || (size && box.end >= *size)) return false;
  WindowReader window(kept_);
  BoxWalker walker(window, movie_->type, movie_->body, movie_->end, limits_, nullptr);
  while (true) {
    const auto child = walker.Next();
    if (!child.ok() || !*child) return false;
    if ((*child)->type == FourCC("mvex")) return true;
  }
}

Status StreamSource::CopyOn() {
  while (copy_from_ < copy_end_) {
    uint64_t size = std::min(kCopyBytes, copy_end_ - copy_from_);
    if (const auto stream_size = stream_->size()) {
      size = std::min(size, *stream_size - std::min(*stream_size, copy_from_));
      if (size == 0) return {};
    }
    copied_.resize(static_cast<size_t>(size));
    ISO_CHECK(stream_->Read(copy_from_, copied_));
    kept_.Append(copy_from_, copied_);
    copy_from_ += size;
    if (kept_.bytes() > limits_.max_inflated_bytes) {
      return Error{Errc::kBoxTooLarge, FourCC("moov"), copy_from_};
    }
  }
  return {};
}

void StreamSource::Finish(uint64_t end) {
  kept_.Finish();
  copied_ = {};
  end_ = end;
  gathered_ = true;
}

void StreamSource::GatherNothing() {
  Finish(0);
  fragmented_ = released_ = true;
}

uint64_t StreamSource::LeastNeeded() const {
  if (first_data_) return *first_data_;
  if (gathered_) return end_;
  if (copy_from_ < copy_end_) return copy_from_;
  return walker_ ? walker_->position() : 0;
}

Status StreamSource::Read(uint64_t offset, std::span<uint8_t> out) {
  if (!released_) return ReadGathered(offset, out);
  if (!kept_.Holds(offset)) return ReadStream(offset, out);
  const auto held = static_cast<size_t>(std::min<uint64_t>(kept_.end() - offset, out.size()));
  if (held < out.size()) ISO_CHECK(ReadStream(offset + held, out.subspan(held)));
  return kept_.Read(offset, out.first(held));
}

/// As if there were nothing but what was gathered.
Status StreamSource::ReadGathered(uint64_t offset, std::span<uint8_t> out) {
  if (offset > end_ || out.size() > end_ - offset) {
    return Error{Errc::kEndOfData, {}, offset, out.size()};
  }
  const uint64_t held = kept_.end() - std::min(kept_.end(), offset);
  const auto from_kept = static_cast<size_t>(std::min<uint64_t>(held, out.size()));
  std::fill(out.begin() + static_cast<ptrdiff_t>(from_kept), out.end(), uint8_t{0});
  return from_kept > 0 ? kept_.Read(offset, out.first(from_kept)) : Status();
}

Status StreamSource::ReadStream(uint64_t offset, std::span<uint8_t> out) {
  if (out.size() > Head().bytes.size()) return stream_->Read(offset, out);
  {
    const std::lock_guard lock(mutex_);
    for (const Head& head : heads_) {
      if (head.offset != offset || head.size < out.size()) continue;
      std::copy_n(head.bytes.begin(), out.size(), out.begin());
      return {};
    }
  }
  ISO_CHECK(stream_->Read(offset, out));
  const std::lock_guard lock(mutex_);
  Head& head = heads_[next_head_++ % heads_.size()];
  head.offset = offset;
  head.size = out.size();
  std::copy(out.begin(), out.end(), head.bytes.begin());
  return {};
}

std::optional<uint64_t> StreamSource::size() const {
  if (!released_) return end_;
  return fragmented_ && shown_ == 0 ? std::nullopt : stream_->size();
}

}  // namespace iso
