// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/timeline.h"

#include <algorithm>

namespace iso {
namespace {

constexpr int32_t kRateOne = 0x10000;

/// Lays edits one after the other on the presentation.
class Builder {
 public:
  Builder(uint32_t movie_timescale, uint32_t track_timescale, int64_t media_duration)
      : movie_timescale_(movie_timescale),
        track_timescale_(track_timescale),
        media_duration_(media_duration) {}

  /// False when nothing can follow this entry.
  bool Add(const EditEntry& entry) {
    Edit edit;
    edit.start_ns = ToNanoseconds(movie_time_, movie_timescale_);
    const bool open_ended = entry.duration == 0 || entry.duration > INT64_MAX;
    if (!open_ended) {
      movie_time_ = SaturatingAdd(movie_time_, static_cast<int64_t>(entry.duration));
      edit.end_ns = ToNanoseconds(movie_time_, movie_timescale_);
    }
    if (entry.media_time < 0) {
      edit.kind = Edit::Kind::kEmpty;
    } else {
      FillMedia(entry, open_ended, &edit);
    }
    edits_.push_back(edit);
    return !open_ended && edit.end_ns != kTimeMax;
  }

  std::vector<Edit> Take() { return std::move(edits_); }

 private:
  void FillMedia(const EditEntry& entry, bool open_ended, Edit* edit) const {
    edit->media_start = entry.media_time;
    edit->rate = entry.rate_integer * kRateOne + static_cast<uint16_t>(entry.rate_fraction);
    if (edit->rate == 0) {
      edit->kind = Edit::Kind::kDwell;
      edit->media_end = entry.media_time;
      return;
    }
    if (open_ended) return;
    const auto duration = static_cast<int64_t>(entry.duration);
    const int64_t ticks = RescaleCeil(duration, movie_timescale_, track_timescale_);
    edit->media_end = SaturatingAdd(entry.media_time, ScaleByRate(ticks, edit->rate));
    if (EndsWithMedia(edit->media_end)) {
      edit->media_end = kTimeMax;
    }
  }

  static int64_t ScaleByRate(int64_t ticks, int32_t rate) {
    return rate == kRateOne ? ticks : RescaleCeil(ticks, kRateOne, static_cast<uint32_t>(rate));
  }

  /// A duration in movie ticks cannot always say exactly where the media ends: an edit
  /// that ends within one movie tick of it means all of it.
  bool EndsWithMedia(int64_t media_end) const {
    if (media_duration_ == kTimeMax) return false;
    const int64_t tick = RescaleCeil(1, movie_timescale_, track_timescale_);
    return media_end >= media_duration_ - tick;
  }

  uint32_t movie_timescale_;
  uint32_t track_timescale_;
  int64_t media_duration_;
  int64_t movie_time_ = 0;
  std::vector<Edit> edits_;
};

bool IsSane(const EditEntry& entry) {
  return entry.media_time >= -1 && entry.rate_integer >= 0;
}

}  // namespace

Timeline Timeline::Build(std::span<const EditEntry> entries,
                         uint32_t movie_timescale,
                         uint32_t track_timescale,
                         int64_t media_duration,
                         Diagnostics* diagnostics) {
  Builder builder(movie_timescale, track_timescale, media_duration);
  bool any_media = false;
  for (const EditEntry& entry : entries) {
    if (!IsSane(entry)) {
      if (diagnostics != nullptr) diagnostics->Report(Error{Errc::kEditInvalid, FourCC("elst")});
      continue;
    }
    any_media = any_media || entry.media_time >= 0;
    if (!builder.Add(entry)) break;
  }
  // A list that presents no media at all is a writer's mistake (met with a single empty
  // edit of duration 0): the media is played as if there were none.
  if (!any_media) return Timeline();
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
