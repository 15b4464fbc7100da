// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/anchors.h"

#include <algorithm>

namespace iso {
namespace {

bool LiesBefore(const Anchor& a, const Anchor& b) {
  return a.offset < b.offset;
}

bool StartsLater(int64_t time_ns, const Anchor& anchor) {
  return time_ns < anchor.time_ns;
}

}  // namespace

void ThinOut(std::vector<Anchor>* anchors) {
  size_t kept = 0;
  for (size_t i = 0; i < anchors->size(); i += 2)
    (*anchors)[kept++] = (*anchors)[i];
  anchors->resize(kept);
}

void Anchors::SetRoom(size_t bytes) {
  most_ = std::clamp(bytes / sizeof(Anchor), kFewest, kMost);
  while (list_.rows() > most_)
    list_.Thin();
  list_.GiveBack(most_);
}

void Anchors::Add(std::vector<Anchor> anchors) {
  std::sort(anchors.begin(), anchors.end(), LiesBefore);
  MakeRoomFor(&anchors);
  Merge(anchors);
  DropContradictions();
}

/// From the back, so that it takes no memory but the list's own.
void Anchors::Merge(const std::vector<Anchor>& anchors) {
  size_t known = list_.rows();
  size_t added = anchors.size();
  for (size_t i = 0; i < anchors.size(); ++i)
    list_.AppendRow();
  Anchor* const all = list_.row(0);
  while (added > 0) {
    const bool known_last = known > 0 && LiesBefore(anchors[added - 1], all[known - 1]);
    const size_t last = known + added - 1;
    all[last] = known_last ? all[--known] : anchors[--added];
  }
}

/// Whoever lies behind another one and starts before it goes, and who lies where it does.
void Anchors::DropContradictions() {
  Anchor* const all = list_.row(0);
  size_t kept = 0;
  for (size_t i = 0; i < list_.rows(); ++i) {
    const bool follows = kept == 0 || (all[i].offset > all[kept - 1].offset &&
                                       all[i].time_ns >= all[kept - 1].time_ns);
    if (follows) all[kept++] = all[i];
  }
  list_.Truncate(kept);
}

/// Of those that are there and those that come every second one goes until there is.
void Anchors::MakeRoomFor(std::vector<Anchor>* anchors) {
  while (list_.rows() + anchors->size() > list_.capacity()) {
    if (list_.Grow(kFewest, most_)) continue;
    if (list_.rows() > anchors->size()) {
      list_.Thin();
    } else {
      ThinOut(anchors);
    }
  }
}

void Anchors::Add(const Anchor& anchor) {
  if (list_.IsFull() && !list_.Grow(kFewest, most_)) list_.Thin();
  const auto place = std::lower_bound(list().begin(), list().end(), anchor, LiesBefore);
  const bool known = place != list().end() && place->offset == anchor.offset;
  const bool early = place != list().begin() && std::prev(place)->time_ns > anchor.time_ns;
  const bool late = place != list().end() && place->time_ns < anchor.time_ns;
  if (known || early || late) return;
  *list_.InsertRow(static_cast<size_t>(place - list().begin())) = anchor;
}

std::optional<Anchor> Anchors::AtOrBefore(int64_t time_ns) const {
  const auto after = std::upper_bound(list().begin(), list().end(), time_ns, StartsLater);
  if (after == list().begin()) return std::nullopt;
  return *std::prev(after);
}

std::optional<Anchor> Anchors::After(int64_t time_ns) const {
  const auto after = std::upper_bound(list().begin(), list().end(), time_ns, StartsLater);
  if (after == list().end()) return std::nullopt;
  return *after;
}

}  // namespace iso
