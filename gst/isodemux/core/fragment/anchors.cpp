// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/fragment/anchors.h"

#include <algorithm>

namespace iso {
namespace {

bool LiesBefore(const Anchor& a, const Anchor& b) {
  return a.offset < b.offset;
}

}  // namespace

void Anchors::Add(std::vector<Anchor> anchors) {
  list_.insert(list_.end(), anchors.begin(), anchors.end());
  std::stable_sort(list_.begin(), list_.end(), LiesBefore);
  std::vector<Anchor> kept;
  kept.reserve(std::min(list_.size(), kMost));
  for (const Anchor& anchor : list_) {
    const bool follows = kept.empty() || (anchor.offset > kept.back().offset &&
                                          anchor.time_ns >= kept.back().time_ns);
    if (follows) kept.push_back(anchor);
  }
  list_ = std::move(kept);
  while (list_.size() > kMost) {
    Thin();
  }
}

void Anchors::Add(const Anchor& anchor) {
  const auto place = std::lower_bound(list_.begin(), list_.end(), anchor, LiesBefore);
  const bool known = place != list_.end() && place->offset == anchor.offset;
  const bool early = place != list_.begin() && std::prev(place)->time_ns > anchor.time_ns;
  const bool late = place != list_.end() && place->time_ns < anchor.time_ns;
  if (known || early || late) return;
  list_.insert(place, anchor);
  if (list_.size() > kMost) Thin();
}

void Anchors::Thin() {
  size_t kept = 0;
  for (size_t i = 0; i < list_.size(); i += 2) {
    list_[kept++] = list_[i];
  }
  list_.resize(kept);
  list_.shrink_to_fit();
}

std::optional<Anchor> Anchors::AtOrBefore(int64_t time_ns) const {
  const auto after =
      std::upper_bound(list_.begin(), list_.end(), time_ns, [](int64_t t, const Anchor& a) {
        return t < a.time_ns;
      });
  if (after == list_.begin()) return std::nullopt;
  return *std::prev(after);
}

std::optional<Anchor> Anchors::After(int64_t time_ns) const {
  const auto after =
      std::upper_bound(list_.begin(), list_.end(), time_ns, [](int64_t t, const Anchor& a) {
        return t < a.time_ns;
      });
  if (after == list_.end()) return std::nullopt;
  return *after;
}

std::optional<Anchor> Anchors::BeforeByte(uint64_t offset) const {
  const auto place = std::lower_bound(list_.begin(), list_.end(), Anchor{offset, 0}, LiesBefore);
  if (place == list_.begin()) return std::nullopt;
  return *std::prev(place);
}

}  // namespace iso
