// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/fragment_hints.h"

#include <algorithm>

#include "core/box/fragment_boxes.h"
#include "core/codec/box_list.h"

namespace iso {
namespace {

/// Boxes looked at between the moov and the first moof.
constexpr int kMostBoxes = 1024;

constexpr uint64_t kMfroBytes = 16;

/// A reference to another sidx. 8.16.3.3.
constexpr uint32_t kReferencesIndex = 1u << 31;

Result<std::vector<uint8_t>> BodyOf(const BoxHeader& box, ByteSource& source, uint64_t limit) {
  if (box.body_size() > limit) return Error{Errc::kBoxTooLarge, box.type, box.offset};
  std::vector<uint8_t> body(static_cast<size_t>(box.body_size()));
  if (const Status read = source.Read(box.body, body); !read.ok()) {
    return Error{read.error().code, box.type, box.body, body.size()};
  }
  return body;
}

void AddSegmentIndex(const BoxHeader& box, Bytes body, FragmentHints* hints) {
  const auto sidx = ParseBox<SidxBox>(box, body, nullptr);
  if (!sidx.ok() || sidx->timescale == 0) return;
  uint64_t offset = box.end;
  int64_t ticks =
      static_cast<int64_t>(std::min<uint64_t>(sidx->earliest_presentation_time, kTimeMax));
  if (__builtin_add_overflow(offset, sidx->first_offset, &offset)) return;
  Reader r(body.subspan(static_cast<size_t>(sidx->references.offset - box.body)));
  for (uint64_t i = 0; i < sidx->references.count; ++i) {
    hints->anchors.push_back({offset, ToNanoseconds(ticks, sidx->timescale)});
    offset = static_cast<uint64_t>(
        SaturatingAdd(static_cast<int64_t>(offset), r.U32() & ~kReferencesIndex));
    ticks = SaturatingAdd(ticks, r.U32());
    r.U32();
  }
  if (offset < hints->end) return;
  const int64_t end_ns = ToNanoseconds(ticks, sidx->timescale);
  hints->end_ns = offset > hints->end ? end_ns : std::max(hints->end_ns, end_ns);
  hints->end = offset;
}

uint64_t Wide(Reader* r, uint32_t bytes) {
  return bytes == 8 ? r->U64() : r->U32();
}

/// Rising moof offsets of one track.
void AddRandomAccess(const TfraBox& tfra,
                     Bytes entries,
                     uint32_t timescale,
                     std::vector<Anchor>* anchors) {
  Reader r(entries);
  const uint64_t every = tfra.entries.count / Anchors::kMost + 1;
  const uint32_t rest = tfra.stride() - 2 * tfra.time_bytes();
  for (uint64_t i = 0; i < tfra.entries.count && r.ok(); ++i) {
    const uint64_t time = Wide(&r, tfra.time_bytes());
    const uint64_t offset = Wide(&r, tfra.time_bytes());
    r.Skip(rest);
    if (i % every != 0 || time > INT64_MAX || offset > INT64_MAX) continue;
    anchors->push_back({offset, ToNanoseconds(static_cast<int64_t>(time), timescale)});
  }
}

/// The mfra's box, as the mfro in the last 16 bytes says.
Result<std::optional<BoxHeader>> FindRandomAccess(uint64_t size,
                                                  ByteSource& source,
                                                  const Limits& limits) {
  if (size < kMfroBytes) return std::optional<BoxHeader>();
  uint8_t tail[kMfroBytes];
  ISO_CHECK(source.Read(size - kMfroBytes, tail));
  Reader r(tail);
  const bool is_mfro = r.U32() == kMfroBytes && r.Code() == FourCC("mfro");
  r.Skip(4);
  const uint64_t length = r.U32();
  if (!is_mfro || length <= kMfroBytes || length > size) return std::optional<BoxHeader>();
  WindowReader window(source, 32);
  ISO_TRY(const std::optional<BoxHeader> box,
          BoxWalker(window, FourCC(), size - length, size, limits, nullptr).Next());
  return box && box->type == FourCC("mfra") ? box : std::optional<BoxHeader>();
}

}  // namespace

Result<FragmentHints> ReadSegmentIndexes(uint64_t begin, ByteSource& source, const Limits& limits) {
  FragmentHints hints;
  WindowReader window(source, 32);
  BoxWalker walker(window, FourCC(), begin, std::nullopt, limits, nullptr);
  for (int boxes = 0; boxes < kMostBoxes; ++boxes) {
    ISO_TRY(const std::optional<BoxHeader> box, walker.Next());
    if (!box || box->type == FourCC("moof")) break;
    if (box->type != FourCC("sidx")) continue;
    const auto body = BodyOf(*box, source, limits.max_small_box_bytes);
    if (body.ok()) AddSegmentIndex(*box, *body, &hints);
    if (hints.anchors.size() > Anchors::kMost) ThinOut(2, &hints.anchors);
    if (!body.ok() && SeverityOf(body.error().code) == Severity::kWait) return body.error();
  }
  return hints;
}

Result<FragmentHints> ReadRandomAccess(std::span<const FragmentTrack> tracks,
                                       ByteSource& source,
                                       const Limits& limits) {
  FragmentHints hints;
  const auto size = source.size();
  if (!size) return hints;
  ISO_TRY(const std::optional<BoxHeader> mfra, FindRandomAccess(*size, source, limits));
  if (!mfra) return hints;
  const auto body = BodyOf(*mfra, source, limits.max_small_box_bytes);
  if (!body.ok()) {
    return SeverityOf(body.error().code) == Severity::kWait ? Result<FragmentHints>(body.error())
                                                            : Result<FragmentHints>(hints);
  }
  BoxList boxes(*body);
  for (BoxView box; boxes.Next(&box);) {
    if (box.type != FourCC("tfra")) continue;
    BoxHeader header;
    header.type = box.type;
    header.end = box.body.size();  // offsets count from the body here
    const auto tfra = ParseBox<TfraBox>(header, box.body, nullptr);
    if (!tfra.ok()) continue;
    const auto track = std::find_if(tracks.begin(), tracks.end(), [&](const FragmentTrack& each) {
      return each.id == tfra->track_id;
    });
    if (track == tracks.end()) continue;
    AddRandomAccess(*tfra,
                    box.body.subspan(static_cast<size_t>(tfra->entries.offset)),
                    track->timescale,
                    &hints.anchors);
    if (hints.anchors.size() > Anchors::kMost) ThinOut(2, &hints.anchors);
  }
  return hints;
}

}  // namespace iso
