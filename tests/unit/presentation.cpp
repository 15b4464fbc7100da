// SPDX-License-Identifier: LGPL-2.1-or-later

#include "presentation.h"

#include <algorithm>

namespace iso::test {
namespace {

int64_t Divided(int64_t media_ns, int32_t rate) {
  const Wide scaled = static_cast<Wide>(media_ns) * 65536;
  return static_cast<int64_t>(scaled / rate - (scaled % rate < 0 ? 1 : 0));
}

}  // namespace

Playback::Playback(const std::vector<uint8_t>& file) : inflater_(MakeInflater()) {
  MovieOptions options;
  options.inflater = inflater_.get();
  demuxer_ = std::make_unique<Demuxer>(std::make_shared<MemorySource>(file), options, nullptr);
  opened_ = demuxer_->Open().ok();
}

PlayRange Playback::Seek(const SeekRequest& request) {
  const Result<PlayRange> range = demuxer_->Seek(request);
  return range.ok() ? *range : PlayRange{-1, -1, {}};
}

std::vector<Event> Playback::Events(size_t most) {
  std::vector<Event> events;
  Event event;
  while (events.size() < most && demuxer_->Next(&event).ok()) {
    if (event.kind == Event::Kind::kAllEnded) break;
    events.push_back(event);
  }
  return events;
}

std::vector<Event> Playback::EventsOf(size_t track) {
  std::vector<Event> events;
  for (const Event& event : Events()) {
    if (event.track == track && event.kind != Event::Kind::kEnd) events.push_back(event);
  }
  return events;
}

std::vector<Shown> Presented(const std::vector<Event>& events, const NaiveTimeline& timeline) {
  std::vector<Shown> shown;
  Segment now;
  for (const Event& event : events) {
    if (event.kind == Event::Kind::kSegment) now = event.segment;
    if (event.kind != Event::Kind::kSample || event.decode_only) continue;
    const int64_t from = std::max(event.pts_ns, now.start_ns);
    const int64_t to = std::min(event.pts_ns + event.duration_ns, now.stop_ns);
    if (from >= to) continue;
    shown.push_back({timeline.EditAt(now.time_ns),
                     event.sample.index,
                     now.time_ns + Divided(from - now.start_ns, now.rate),
                     now.time_ns + Divided(to - now.start_ns, now.rate)});
  }
  return shown;
}

std::vector<Shown> PresentedGaps(const std::vector<Event>& events, const NaiveTimeline& timeline) {
  std::vector<Shown> gaps;
  Segment now;
  for (const Event& event : events) {
    if (event.kind == Event::Kind::kSegment) now = event.segment;
    if (event.kind != Event::Kind::kGap) continue;
    const int64_t from = now.time_ns + Divided(event.gap_start_ns - now.start_ns, now.rate);
    const int64_t length = Divided(event.gap_duration_ns, now.rate);
    gaps.push_back({timeline.EditAt(now.time_ns), 0, from, from + length});
  }
  return gaps;
}

}  // namespace iso::test
