// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/known_end.h"

#include <algorithm>

#include "core/movie/track_reader.h"

namespace iso {
namespace {

/// Fragments looked at at a time: from the last one on, and where there are more, from the end
/// back, since each track may have one of its own.
constexpr int kMostFragments = 8;

bool IsEnd(const Error& error) {
  return error.code == Errc::kEndOfTable;
}

}  // namespace

KnownEnd::KnownEnd(const Movie& movie)
    : movie_(movie),
      fragments_(movie.tracks.front().fragments.get()),
      shown_until_(movie.tracks.size(), kTimeMin) {
}

Status KnownEnd::Look(uint64_t size) {
  if (fragments_ == nullptr) return {};
  for (int steps = 0; last_ && steps < kMostFragments; ++steps) {
    const Result<FragmentRef> next = fragments_->After(*last_);
    if (!next.ok()) return IsEnd(next.error()) ? Status() : next.error();
    if ((*next)->data_end > size) return {};
    Note(**next);
    last_ = *next;
  }
  return LookBack(size);
}

Status KnownEnd::LookBack(uint64_t size) {
  FragmentRef newest;
  Result<FragmentRef> fragment = fragments_->Last();
  for (int steps = 0; fragment.ok() && steps < kMostFragments; ++steps) {
    if ((*fragment)->data_end <= size) {
      Note(**fragment);
      if (!newest) newest = *fragment;
    }
    fragment = fragments_->Before(**fragment);
  }
  if (newest) last_ = newest;
  return fragment.ok() || IsEnd(fragment.error()) ? Status() : fragment.error();
}

void KnownEnd::Note(const Fragment& fragment) {
  if (!fragment.times_known) return;
  for (const TrackFragment& each : fragment.tracks) {
    int64_t& until = shown_until_[each.track];
    until = std::max(until, SaturatingAdd(each.base, each.end_pts));
  }
}

int64_t KnownEnd::end_ns() const {
  int64_t end = kTimeMin;
  for (size_t i = 0; i < shown_until_.size(); ++i) {
    if (shown_until_[i] <= 0) continue;
    end = std::max(end, PresentationEndAt(movie_.tracks[i], shown_until_[i]));
  }
  return end == kTimeMin ? kTimeMax : end;
}

}  // namespace iso
