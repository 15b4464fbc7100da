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

/// Whoever lies behind another one and starts before it goes, and who lies where it does. Returns
/// how many are left in front.
size_t DropContradictions(Anchor* anchors, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    const bool follows = kept == 0 || (anchors[i].offset > anchors[kept - 1].offset &&
                                       anchors[i].time_ns >= anchors[kept - 1].time_ns);
    if (follows) anchors[kept++] = anchors[i];
  }
  return kept;
}

}  // namespace

void ThinOut(size_t every, std::vector<Anchor>* anchors) {
  size_t kept = 0;
  for (size_t i = 0; i < anchors->size(); i += every)
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
  std::stable_sort(anchors.begin(), anchors.end(), LiesBefore);
  anchors.resize(DropContradictions(anchors.data(), anchors.size()));
  MakeRoomFor(&anchors);
  Merge(anchors);
  list_.Truncate(DropContradictions(list_.row(0), list_.rows()));
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

/// Where there is not enough, those that come are thinned out to what there is, unless those that
/// are there have most of it.
void Anchors::MakeRoomFor(std::vector<Anchor>* anchors) {
  while (list_.rows() + anchors->size() > list_.capacity()) {
    if (list_.Grow(kFewest, most_)) continue;
    const size_t room = list_.capacity() - list_.rows();
    if (room <= list_.rows()) {
      list_.Thin();
    } else {
      ThinOut((anchors->size() + room - 1) / room, anchors);
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
