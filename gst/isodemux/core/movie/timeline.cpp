// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/timeline.h"

#include <algorithm>

namespace iso {
namespace {

constexpr int32_t kRateOne = 0x10000;

__extension__ using Wide = __int128;

int32_t RateOf(const EditEntry& entry) {
  return entry.rate_integer * kRateOne + static_cast<uint16_t>(entry.rate_fraction);
}

/// Only media has an end to play to: nothing, or a picture held, for no time is no edit.
bool HasLength(const EditEntry& entry) {
  return entry.duration != 0 || (entry.media_time >= 0 && RateOf(entry) != 0);
}

/// Lays edits one after the other on the presentation.
class Builder {
 public:
  Builder(uint32_t movie_timescale, uint32_t track_timescale, int64_t media_end)
      : movie_timescale_(movie_timescale),
        track_timescale_(track_timescale),
        media_end_(media_end > 0 ? media_end : kTimeMax) {}

  /// False when nothing can follow this entry.
  bool Add(const EditEntry& entry) {
    Edit edit;
    edit.start_ns = ToNanoseconds(movie_time_, movie_timescale_);
    const bool open_ended = entry.duration == 0 || entry.duration > INT64_MAX;
    if (!open_ended) {
      movie_time_ = SaturatingAdd(movie_time_, static_cast<int64_t>(entry.duration));
      edit.end_ns = ToNanoseconds(movie_time_, movie_timescale_);
    }
    FillMedia(entry, open_ended, &edit);
    any_media_ = any_media_ || edit.kind != Edit::Kind::kEmpty;
    const bool nothing_left = open_ended && edit.kind == Edit::Kind::kEmpty;
    if (!nothing_left) edits_.push_back(edit);
    return !open_ended && edit.end_ns != kTimeMax;
  }

  bool any_media() const { return any_media_; }

  std::vector<Edit> Take() { return std::move(edits_); }

 private:
  void FillMedia(const EditEntry& entry, bool open_ended, Edit* edit) const {
    const int32_t rate = RateOf(entry);
    const bool past_the_end = rate != 0 && entry.media_time >= media_end_;
    if (entry.media_time < 0 || past_the_end) {
      edit->kind = Edit::Kind::kEmpty;
      return;
    }
    edit->media_start = entry.media_time;
    edit->rate = rate;
    if (rate == 0) {
      edit->kind = Edit::Kind::kDwell;
      edit->media_end = entry.media_time;
      return;
    }
    if (open_ended) return;
    const int64_t ticks = MediaTicks(static_cast<int64_t>(entry.duration), rate);
    edit->media_end = SaturatingAdd(entry.media_time, ticks);
    if (EndsWithMedia(edit->media_end, rate)) edit->media_end = kTimeMax;
  }

  /// Media that passes in some movie ticks; a tick that is begun counts. Rounded only once.
  int64_t MediaTicks(int64_t movie_ticks, int32_t rate) const {
    if (rate == kRateOne) return RescaleCeil(movie_ticks, movie_timescale_, track_timescale_);
    const auto from = static_cast<Wide>(movie_timescale_) * kRateOne;
    const auto to = static_cast<Wide>(track_timescale_) * rate;
    const Wide whole = movie_ticks / from;
    if (whole > 0 && to > kTimeMax / whole) return kTimeMax;
    const Wide ticks = whole * to + (movie_ticks % from * to + from - 1) / from;
    return ticks < kTimeMax ? static_cast<int64_t>(ticks) : kTimeMax;
  }

  /// A duration in movie ticks cannot always say exactly where the media ends: an edit
  /// that ends within one movie tick of it means all of it.
  bool EndsWithMedia(int64_t media_end, int32_t rate) const {
    if (media_end_ == kTimeMax) return false;
    return media_end >= SaturatingSubtract(media_end_, MediaTicks(1, rate));
  }

  uint32_t movie_timescale_;
  uint32_t track_timescale_;
  int64_t media_end_;
  int64_t movie_time_ = 0;
  bool any_media_ = false;
  std::vector<Edit> edits_;
};

bool IsSane(const EditEntry& entry) {
  return entry.media_time >= -1 && entry.rate_integer >= 0;
}

}  // namespace

Timeline Timeline::Build(std::span<const EditEntry> entries,
                         uint32_t movie_timescale,
                         uint32_t track_timescale,
                         int64_t media_end,
                         Diagnostics* diagnostics) {
  Builder builder(movie_timescale, track_timescale, media_end);
  for (const EditEntry& entry : entries) {
    if (!IsSane(entry)) {
      if (diagnostics != nullptr) diagnostics->Report(Error{Errc::kEditInvalid, FourCC("elst")});
      continue;
    }
    if (HasLength(entry) && !builder.Add(entry)) break;
  }
  // A list that presents no media at all is a writer's mistake (met with a single empty
  // edit of duration 0): the media is played as if there were none.
  if (!builder.any_media()) return Timeline();
  return Timeline(builder.Take());
}

Timeline Timeline::Trim(int64_t start,
                        int64_t end,
                        uint32_t track_timescale,
                        int64_t media_duration) {
  Edit edit;
  edit.media_start = start;
  edit.media_end = end >= media_duration ? kTimeMax : end;
  const int64_t last = std::min(end, media_duration);
  if (last != kTimeMax) {
    edit.end_ns = ToNanoseconds(last, track_timescale) - ToNanoseconds(start, track_timescale);
  }
  return Timeline({edit});
}

size_t Timeline::EditAt(int64_t presentation_ns) const {
  const auto after = std::upper_bound(
      edits_.begin(), edits_.end(), presentation_ns, [](int64_t t, const Edit& edit) {
        return t < edit.end_ns;
      });
  return static_cast<size_t>(after - edits_.begin());
}

}  // namespace iso
