// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/fragment_scanner.h"

#include <algorithm>
#include <string_view>

namespace iso {
namespace {

/// Bytes searched in one read; backwards as many as have been searched before, since each may be
/// a request of its own.
constexpr uint64_t kSearchBytes = 64 << 10;
constexpr uint64_t kMostSearchBytes = 1 << 20;

/// What is looked for is a moof's code, and behind it its first child, which always is an mfhd
/// of 16 bytes. One that starts with the last byte of a block ends this much behind it.
constexpr uint64_t kOverlapBytes = 15;
constexpr size_t kCodeAt = 4;

/// Boxes between two fragments at most.
constexpr int kMostBoxes = 65536;

constexpr size_t kMostLoose = 64;
constexpr uint64_t kMostLooseBytes = 256 << 10;

bool IsPrintable(FourCC type) {
  for (int i = 0; i < 4; ++i) {
    if (type.at(i) < 0x20 || type.at(i) > 0x7e) return false;
  }
  return true;
}

/// Whether a box can be where one was read: whatever its code, it ends inside the file. Sample
/// data may be cut off.
bool IsCredible(const BoxHeader& box) {
  if (box.type == FourCC("mdat")) return true;
  return IsPrintable(box.type) && !box.cut && !box.to_end;
}

}  // namespace

Result<std::optional<FoundFragment>> FragmentScanner::Next(uint64_t from,
                                                           uint64_t data_end,
                                                           uint64_t* lost_at_end) {
  *lost_at_end = 0;
  FoundFragment found;
  found.followed = true;
  uint64_t position = from;
  for (int boxes = 0; boxes < kMostBoxes; ++boxes) {
    ISO_TRY(const std::optional<BoxHeader> box, BoxAt(position));
    if (box && box->type == FourCC("moof") && box->cut) {
      *lost_at_end = LeftFrom(position);
      break;
    }
    if (box && IsCredible(*box)) {
      if (box->type == FourCC("moof")) {
        found.moof = *box;
        return std::optional<FoundFragment>(std::move(found));
      }
      ISO_CHECK(KeepLoose(*box, &found));
      position = box->end;
      continue;
    }
    if (const auto size = source_.size(); size && position + 8 > *size) break;
    if (!box && !source_.size()) break;
    if (position < data_end) {
      position = data_end;
      continue;
    }
    ISO_TRY(const std::optional<BoxHeader> moof, Search(position, UINT64_MAX));
    if (!moof) {
      *lost_at_end = LeftFrom(position);
      break;
    }
    found.moof = *moof;
    found.lost_bytes = moof->offset - position;
    return std::optional<FoundFragment>(std::move(found));
  }
  return std::optional<FoundFragment>();
}

/// Bytes of the file from one on; 0 where nobody knows.
uint64_t FragmentScanner::LeftFrom(uint64_t position) const {
  const auto size = source_.stated_size();
  return size ? *size - std::min(*size, position) : 0;
}

Result<uint64_t> FragmentScanner::BehindData(uint64_t from) {
  ISO_TRY(const std::optional<BoxHeader> box, BoxAt(from));
  const bool data = box && box->type == FourCC("mdat") && !box->to_end && !box->cut;
  return data ? box->end : from;
}

/// The box at a place, as far as there can be one.
Result<std::optional<BoxHeader>> FragmentScanner::BoxAt(uint64_t offset) {
  WindowReader window(source_, 32);
  return BoxWalker(window, FourCC(), offset, std::nullopt, limits_, nullptr).Next();
}

Status FragmentScanner::KeepLoose(const BoxHeader& box, FoundFragment* found) {
  const bool wanted = box.type == FourCC("prft") || box.type == FourCC("emsg");
  if (!wanted || found->before.size() >= kMostLoose || box.body_size() > kMostLooseBytes) return {};
  LooseBox loose{box.type, std::vector<uint8_t>(static_cast<size_t>(box.body_size()))};
  ISO_CHECK(source_.Read(box.body, loose.body));
  found->before.push_back(std::move(loose));
  return {};
}

Result<std::optional<BoxHeader>> FragmentScanner::Search(uint64_t from, uint64_t to) {
  Searched now{Wanted::kFirst, from, from};
  Recall([&](const Searched& each) { return from >= each.from && from <= each.to; }, &now);
  while (!now.found && now.to < to) {
    const uint64_t end = now.to + std::min(to - now.to, kSearchBytes);
    ISO_TRY(now.found, SearchBlock(now.to, end, now.wanted));
    now.to = now.found ? now.found->offset : end;
    Remember(now);
    if (const auto size = source_.stated_size(); size && end >= *size) break;
  }
  return now.found && now.found->offset < to ? now.found : std::nullopt;
}

Result<std::optional<BoxHeader>> FragmentScanner::SearchLast(uint64_t from, uint64_t to) {
  Searched now{Wanted::kLast, to, to};
  Recall([&](const Searched& each) { return to == each.to && from <= each.from; }, &now);
  while (!now.found && now.from > from) {
    const uint64_t step = std::clamp(to - now.from, kSearchBytes, kMostSearchBytes);
    const uint64_t begin = now.from - std::min(now.from - from, step);
    ISO_TRY(now.found, SearchBlock(begin, now.from, now.wanted));
    now.from = now.found ? now.found->offset : begin;
    Remember(now);
  }
  return now.found;
}

/// The first or last moof that starts in [from, to), all of which is read at once.
Result<std::optional<BoxHeader>> FragmentScanner::SearchBlock(uint64_t from,
                                                              uint64_t to,
                                                              Wanted wanted) {
  uint64_t length = to - from + kOverlapBytes;
  // Also of what only comes in order, where size() is not told.
  if (const auto size = source_.stated_size()) {
    if (from >= *size) return std::optional<BoxHeader>();
    length = std::min(length, *size - from);
  }
  std::vector<uint8_t> bytes(static_cast<size_t>(length));
  ISO_CHECK(source_.Read(from, bytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::optional<BoxHeader> found;
  for (size_t at = text.find("moof", kCodeAt); at != text.npos; at = text.find("moof", at + 1)) {
    const std::string_view child("\0\0\0\x10mfhd", 8);
    if (text.compare(at + kCodeAt, child.size(), child) != 0) continue;
    const uint32_t size = LoadBE32(bytes.data() + at - kCodeAt);
    const std::optional<BoxHeader> moof = Credible(from + at - kCodeAt, size);
    if (moof) found = moof;
    if (found && wanted == Wanted::kFirst) break;
  }
  return found;
}

/// A moof of this size at a place that looks like one, if that can be.
std::optional<BoxHeader> FragmentScanner::Credible(uint64_t offset, uint32_t size) const {
  constexpr uint32_t kLeast = 24;
  const auto source_size = source_.size();
  const bool inside = !source_size || (offset < *source_size && size <= *source_size - offset);
  if (size < kLeast || size > limits_.max_fragment_bytes || !inside) return std::nullopt;
  BoxHeader box;
  box.type = FourCC("moof");
  box.offset = offset;
  box.body = offset + 8;
  box.end = offset + size;
  return box;
}

/// Of a file that grows what was looked at may be whole by now.
template <class Matches>
void FragmentScanner::Recall(const Matches& matches, Searched* now) const {
  if (source_.may_grow()) return;
  const std::lock_guard lock(mutex_);
  for (const Searched& each : searched_) {
    if (each.wanted == now->wanted && each.from <= each.to && matches(each)) *now = each;
  }
}

void FragmentScanner::Remember(const Searched& now) {
  const std::lock_guard lock(mutex_);
  for (Searched& each : searched_) {
    const bool forwards = now.wanted == Wanted::kFirst;
    const bool goes_on = forwards ? each.from == now.from : each.to == now.to;
    if (each.wanted != now.wanted || !goes_on) continue;
    each = now;
    return;
  }
  searched_[next_searched_++ % searched_.size()] = now;
}

}  // namespace iso
