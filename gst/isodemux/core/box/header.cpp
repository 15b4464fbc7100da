// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/box/header.h"

#include <algorithm>
#include <cstring>

namespace iso {
namespace {

constexpr size_t kCompactHeader = 8;
constexpr size_t kLargeHeader = 16;
constexpr size_t kUuidBytes = 16;
constexpr size_t kLongestHeader = kLargeHeader + kUuidBytes;

/// Boxes that only pad. Some writers leave one with a size smaller than a header
/// (seen from Android phones): it is then taken for a bare header.
bool IsPadding(FourCC type) {
  return type == FourCC("free") || type == FourCC("skip") || type == FourCC("wide");
}

}  // namespace

Result<Bytes> WindowReader::Peek(uint64_t offset, size_t size) {
  if (const auto source_size = source_.size()) {
    if (offset >= *source_size) return Bytes();
    size = static_cast<size_t>(std::min<uint64_t>(size, *source_size - offset));
  }
  const bool inside = offset >= start_ && offset - start_ <= bytes_.size() &&
                      size <= bytes_.size() - static_cast<size_t>(offset - start_);
  if (!inside) {
    ISO_CHECK(Fill(offset, size));
  }
  return Bytes(bytes_).subspan(static_cast<size_t>(offset - start_), size);
}

Status WindowReader::Fill(uint64_t offset, size_t size) {
  size_t wanted = std::max(size, window_);
  if (const auto source_size = source_.size()) {
    wanted = static_cast<size_t>(std::min<uint64_t>(wanted, *source_size - offset));
  }
  std::vector<uint8_t> bytes(wanted);
  Status status = source_.Read(offset, bytes);
  if (!status.ok() && wanted > size) {
    // The window was a wish; what was asked for may be there all the same.
    bytes.resize(size);
    status = source_.Read(offset, bytes);
  }
  if (!status.ok()) return status;
  start_ = offset;
  bytes_ = std::move(bytes);
  return {};
}

BoxWalker::BoxWalker(WindowReader& reader,
                     FourCC parent,
                     uint64_t begin,
                     std::optional<uint64_t> end,
                     const Limits& limits,
                     Diagnostics* diagnostics)
    : reader_(reader),
      parent_(parent),
      position_(begin),
      end_(end ? end : reader.source().size()),
      boxes_left_(limits.max_boxes_per_parent),
      diagnostics_(diagnostics) {}

Result<std::optional<BoxHeader>> BoxWalker::Next() {
  if (end_ && (position_ >= *end_ || *end_ - position_ < kCompactHeader)) {
    return std::optional<BoxHeader>();
  }
  if (boxes_left_ == 0) {
    return Stop(Errc::kTooManyBoxes, parent_);
  }
  size_t wanted = kLongestHeader;
  if (end_) wanted = static_cast<size_t>(std::min<uint64_t>(wanted, *end_ - position_));
  auto head = reader_.Peek(position_, wanted);
  if (!head.ok() && head.error().code == Errc::kEndOfData && wanted > kCompactHeader) {
    head = reader_.Peek(position_, kCompactHeader);
  }
  if (!head.ok()) {
    if (head.error().code == Errc::kEndOfData) return std::optional<BoxHeader>();
    return head.error();
  }
  if (head->size() < kCompactHeader) return std::optional<BoxHeader>();
  return Parse(*head);
}

Result<std::optional<BoxHeader>> BoxWalker::Parse(Bytes head) {
  Reader r(head);
  uint64_t size = r.U32();
  BoxHeader box;
  box.type = r.Code();
  box.offset = position_;
  if (size == 1) size = r.U64();
  if (size == 0 && r.position() == kCompactHeader) {
    // "To the end": only the file's last box may say so (4.2.2), but it is met in
    // containers too, and then means the end of those.
    box.to_end = true;
    size = end_ ? *end_ - position_ : UINT64_MAX - position_;
  }
  if (box.type == FourCC("uuid")) {
    const Bytes id = r.Take(kUuidBytes);
    if (r.ok()) std::memcpy(box.uuid.data(), id.data(), kUuidBytes);
  }
  if (!r.ok() || size < r.position()) {
    if (!IsPadding(box.type) || !r.ok()) return Stop(Errc::kBoxTooSmall, box.type);
    Report(Errc::kBoxTooSmall, box.type);
    size = r.position();
  }
  if (__builtin_add_overflow(position_, size, &box.end)) box.end = UINT64_MAX;
  if (end_ && box.end > *end_) {
    box.cut = true;
    box.end = *end_;
    Report(Errc::kBoxExceedsParent, box.type);
  }
  box.body = position_ + r.position();
  position_ = box.end;
  --boxes_left_;
  return std::optional<BoxHeader>(box);
}

std::optional<BoxHeader> BoxWalker::Stop(Errc code, FourCC box) {
  Report(code, box);
  position_ = end_.value_or(UINT64_MAX);
  end_ = position_;
  return std::nullopt;
}

void BoxWalker::Report(Errc code, FourCC box) const {
  if (diagnostics_ != nullptr) {
    diagnostics_->Report(Error{code, box, position_});
  }
}

}  // namespace iso
