// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/push_source.h"

#include <algorithm>

#include "element/log.h"

#define GST_CAT_DEFAULT isodemux_io_debug

namespace iso::gst {
namespace {

/// Buffers below this size are gathered: each costs more than its bytes.
constexpr gsize kSmall = 2048;
constexpr size_t kGathered = 64 << 10;

/// GstMemory counts its shares in 16 bits: from here on samples are copied out of a buffer.
constexpr uint32_t kMostShares = 16384;

/// libav's decoders need this many zero bytes after a sample, or they copy it.
constexpr gsize kPadding = 64;
constexpr gsize kAlignment = 63;

}  // namespace

void PushSource::Ask(GstPad* sink) {
  gint64 size = -1;
  const bool sized = gst_pad_peer_query_duration(sink, GST_FORMAT_BYTES, &size) && size > 0;
  const auto query = Ref<GstQuery>::Adopt(gst_query_new_seeking(GST_FORMAT_BYTES));
  gboolean seekable = FALSE;
  if (gst_pad_peer_query(sink, query.get())) {
    gst_query_parse_seeking(query.get(), nullptr, &seekable, nullptr, nullptr);
  }
  can_seek_ = seekable;
  GST_DEBUG_OBJECT(sink, "%" G_GINT64_FORMAT " bytes, seekable: %d", size, seekable);
  const std::lock_guard lock(lock_);
  if (sized) size_ = static_cast<uint64_t>(size);
}

void PushSource::Restart(uint64_t offset) {
  const std::lock_guard lock(lock_);
  pieces_.clear();
  begin_ = end_ = offset;
  ended_ = false;
}

void PushSource::Append(Ref<GstBuffer> buffer) {
  const gsize size = gst_buffer_get_size(buffer.get());
  const std::lock_guard lock(lock_);
  ++stats_.reads;
  stats_.bytes += size;
  if (size == 0) return;
  const uint64_t offset = end_;
  end_ += size;
  // Longer than announced: it is as long as it is.
  if (size_ && *size_ < end_) size_ = std::nullopt;
  if (size >= kSmall) {
    pieces_.push_back(Piece{offset, size, 0, std::move(buffer), {}});
    return;
  }
  if (pieces_.empty() || pieces_.back().buffer || pieces_.back().size + size > kGathered) {
    pieces_.push_back(Piece{offset, 0, 0, nullptr, {}});
  }
  Piece& piece = pieces_.back();
  piece.gathered.resize(static_cast<size_t>(piece.size + size));
  gst_buffer_extract(buffer.get(), 0, piece.gathered.data() + piece.size, size);
  piece.size += size;
}

void PushSource::End() {
  const std::lock_guard lock(lock_);
  ended_ = true;
  size_ = end_;
}

void PushSource::DropBefore(uint64_t offset) {
  const std::lock_guard lock(lock_);
  while (!pieces_.empty() && pieces_.front().offset + pieces_.front().size <= offset) {
    begin_ = pieces_.front().offset + pieces_.front().size;
    pieces_.pop_front();
  }
}

std::optional<uint64_t> PushSource::size() const {
  const std::lock_guard lock(lock_);
  return size_;
}

SourceStats PushSource::stats() const {
  const std::lock_guard lock(lock_);
  SourceStats stats = stats_;
  stats.held_bytes = end_ - begin_;
  return stats;
}

PushSource::Presence PushSource::Find(uint64_t offset, uint64_t size) const {
  const bool outside = size_ && (offset > *size_ || size > *size_ - offset);
  if (outside) return Presence::kNever;
  if (offset < begin_) return can_seek() ? Presence::kNotYet : Presence::kNever;
  return offset <= end_ && size <= end_ - offset ? Presence::kHere : Presence::kNotYet;
}

PushSource::Piece* PushSource::PieceAt(uint64_t offset) {
  // What is read next is mostly at the front.
  if (offset < pieces_.front().offset + pieces_.front().size) return &pieces_.front();
  const auto behind =
      std::upper_bound(pieces_.begin(), pieces_.end(), offset, [](uint64_t at, const Piece& piece) {
        return at < piece.offset;
      });
  return &*std::prev(behind);
}

void PushSource::Copy(uint64_t offset, std::span<uint8_t> out) {
  for (Piece* piece = out.empty() ? nullptr : PieceAt(offset); !out.empty();) {
    const auto from = static_cast<size_t>(offset - piece->offset);
    const auto size = static_cast<size_t>(std::min<uint64_t>(out.size(), piece->size - from));
    if (piece->buffer) {
      gst_buffer_extract(piece->buffer.get(), from, out.data(), size);
    } else {
      std::copy_n(piece->gathered.begin() + static_cast<ptrdiff_t>(from), size, out.begin());
    }
    offset += size;
    out = out.subspan(size);
    if (!out.empty()) piece = PieceAt(offset);
  }
}

Status PushSource::Read(uint64_t offset, std::span<uint8_t> out) {
  const std::lock_guard lock(lock_);
  switch (Find(offset, out.size())) {
    case Presence::kHere:
      Copy(offset, out);
      return {};
    case Presence::kNotYet:
      return Error{Errc::kNotYet, {}, offset, out.size()};
    case Presence::kNever:
      break;
  }
  return Error{Errc::kEndOfData, {}, offset, out.size()};
}

GstFlowReturn PushSource::ReadSample(uint64_t offset,
                                     uint64_t size,
                                     bool copy,
                                     Ref<GstBuffer>* out) {
  if (size == 0) {
    *out = Ref<GstBuffer>::Adopt(gst_buffer_new());
    return GST_FLOW_OK;
  }
  const std::lock_guard lock(lock_);
  const Presence presence = Find(offset, size);
  if (presence != Presence::kHere) {
    return presence == Presence::kNotYet ? kFlowNotYet : GST_FLOW_EOS;
  }
  Piece* piece = PieceAt(offset);
  const bool whole = size <= piece->size - (offset - piece->offset);
  if (copy || !whole || !piece->buffer || piece->shares >= kMostShares) {
    return CopySample(offset, size, out);
  }
  ++piece->shares;
  *out = Ref<GstBuffer>::Adopt(gst_buffer_copy_region(
      piece->buffer.get(), GST_BUFFER_COPY_MEMORY, offset - piece->offset, size));
  return GST_FLOW_OK;
}

GstFlowReturn PushSource::CopySample(uint64_t offset, uint64_t size, Ref<GstBuffer>* out) {
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  params.align = kAlignment;
  params.flags = GST_MEMORY_FLAG_ZERO_PADDED;
  params.padding = kPadding;
  auto buffer = Ref<GstBuffer>::Adopt(gst_buffer_new_allocate(nullptr, size, &params));
  MapGuard map(buffer.get(), GST_MAP_WRITE);
  if (!map) return GST_FLOW_ERROR;
  Copy(offset, map.writable());
  *out = buffer;
  return GST_FLOW_OK;
}

}  // namespace iso::gst
