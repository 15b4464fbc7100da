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
  static constexpr FourCC kSmall[] = {"ftyp", "meta", "uuid", "sidx"};
  const bool known = std::find(std::begin(kSmall), std::end(kSmall), box.type) != std::end(kSmall);
  return known && box.body_size() <= limits.max_small_box_bytes;
}

bool HoldsSamples(FourCC type) {
  return type == FourCC("mdat") || type == FourCC("moof");
}

}  // namespace

StreamSource::StreamSource(std::shared_ptr<ByteSource> stream, const Limits& limits)
    : stream_(std::move(stream)), limits_(limits), window_(*stream_) {
}

Status StreamSource::Gather() {
  if (!walker_) walker_.emplace(window_, FourCC(), 0, std::nullopt, limits_, nullptr);
  while (!gathered_) {
    ISO_CHECK(CopyOn());
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
  if (has_movie_ && (HoldsSamples(box.type) || ++boxes_past_movie_ > kBoxesPastMovie)) {
    Finish(box.offset);
    return {};
  }
  if (HoldsSamples(box.type) && !first_data_) first_data_ = box.body;
  has_movie_ = has_movie_ || box.type == FourCC("moov");
  copy_from_ = box.offset;
  copy_end_ = IsKept(box, limits_) ? box.end : box.body;
  if (box.to_end && !IsKept(box, limits_)) {
    // Nothing can follow: its header is the last that is wanted.
    ISO_CHECK(CopyOn());
    Finish(box.body);
  }
  return {};
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

uint64_t StreamSource::LeastNeeded() const {
  if (gathered_) return UINT64_MAX;
  if (first_data_) return *first_data_;
  if (copy_from_ < copy_end_) return copy_from_;
  return walker_ ? walker_->position() : 0;
}

Status StreamSource::Read(uint64_t offset, std::span<uint8_t> out) {
  if (released_ && !kept_.Holds(offset)) return stream_->Read(offset, out);
  if (released_) return kept_.Read(offset, out);
  if (offset > end_ || out.size() > end_ - offset) {
    return Error{Errc::kEndOfData, {}, offset, out.size()};
  }
  const uint64_t held = kept_.end() - std::min(kept_.end(), offset);
  const auto from_kept = static_cast<size_t>(std::min<uint64_t>(held, out.size()));
  std::fill(out.begin() + static_cast<ptrdiff_t>(from_kept), out.end(), uint8_t{0});
  return from_kept > 0 ? kept_.Read(offset, out.first(from_kept)) : Status();
}

std::optional<uint64_t> StreamSource::size() const {
  return released_ ? stream_->size() : end_;
}

}  // namespace iso
