// SPDX-License-Identifier: LGPL-2.1-or-later
//
// sidx and mfra of the fragment builder.

#include "fragment_index.h"

#include <algorithm>

namespace iso::test {

namespace {

constexpr size_t kGroup = 4;  // subsegments of one sidx, where there are several

/// First fragments of all subsegments, and the number of fragments at the end.
std::vector<size_t> SegmentStarts(const FragmentedSpec& spec) {
  std::vector<size_t> starts;
  for (size_t i = 0; i < spec.fragments.size(); ++i) {
    if (!spec.fragments[i].continues_segment) starts.push_back(i);
  }
  starts.push_back(spec.fragments.size());
  return starts;
}

std::vector<SidxReference> MediaReferences(const std::vector<size_t>& starts,
                                           size_t from,
                                           size_t to) {
  std::vector<SidxReference> references;
  for (size_t i = from; i < std::min(to, starts.size() - 1); ++i)
    references.push_back({false, starts[i], starts[i + 1]});
  return references;
}

std::vector<SidxNode> Nodes(const FragmentedSpec& spec) {
  const std::vector<size_t> starts = SegmentStarts(spec);
  const size_t count = starts.size() - 1;
  std::vector<SidxNode> nodes;
  if (spec.sidx == SidxForm::kFlat) nodes.push_back({0, 0, MediaReferences(starts, 0, count)});
  if (spec.sidx == SidxForm::kFlatEachTrack) {
    for (size_t t = 0; t < spec.movie.tracks.size(); ++t)
      nodes.push_back({t, 0, MediaReferences(starts, 0, count)});
  }
  const bool hierarchical = spec.sidx == SidxForm::kHierarchical;
  if (hierarchical) nodes.push_back({0, 0, {}});
  if (spec.sidx >= SidxForm::kHierarchical) {
    for (size_t i = 0; i < count; i += kGroup) {
      const size_t next = std::min(i + kGroup, count);
      SidxNode node{0, starts[i], MediaReferences(starts, i, next)};
      const bool chained = spec.sidx == SidxForm::kChained;
      if (chained && next < count) node.references.push_back({true, starts[next], starts[count]});
      if (hierarchical) nodes[0].references.push_back({true, starts[i], starts[next]});
      nodes.push_back(node);
      if (spec.sidx == SidxForm::kFirstSegment) break;
    }
  }
  return nodes;
}

/// Samples of a track in the fragments, in terms of time.
struct Span {
  bool any = false;
  uint64_t first_dts = 0;
  uint64_t end_dts = 0;
  int64_t earliest_pts = 0;
};

Span SpanOf(const FragmentedSpec& spec,
            const std::vector<FragmentPlace>& places,
            size_t track,
            size_t from,
            size_t to) {
  Span span;
  for (size_t f = from; f < to; ++f) {
    for (const TrackPart& part : places[f].parts) {
      if (part.track != track) continue;
      uint64_t time = part.time;
      for (size_t i = part.first; i < part.first + part.count; ++i) {
        const SampleSpec& s = spec.movie.tracks[track].samples[i];
        const int64_t pts = static_cast<int64_t>(time) + s.cts;
        if (!span.any) span.first_dts = time;
        span.earliest_pts = span.any ? std::min(span.earliest_pts, pts) : pts;
        span.any = true;
        time += s.duration;
      }
      span.end_dts = std::max(span.end_dts, time);
    }
  }
  return span;
}

Bytes TfraBox(const FragmentedSpec& spec, const std::vector<FragmentPlace>& places, size_t track) {
  const bool wide = spec.tfra_version == 1;
  const auto number = [&](ByteWriter* w, uint64_t value) {
    for (int i = spec.tfra_bytes - 1; i >= 0; --i)
      w->U8(value >> (8 * i));
  };
  ByteWriter rows;
  uint32_t count = 0;
  for (const FragmentPlace& place : places) {
    for (const TrackPart& part : place.parts) {
      if (part.track != track) continue;
      const std::vector<RunSpec>& runs =
          spec.fragments[static_cast<size_t>(&place - places.data())].trafs[part.traf].runs;
      uint64_t time = part.time;
      size_t run = 0, in_run = 0;
      for (size_t i = part.first; i < part.first + part.count; ++i) {
        while (in_run == runs[run].count) {
          ++run;
          in_run = 0;
        }
        const SampleSpec& s = spec.movie.tracks[track].samples[i];
        ++in_run;
        if (s.sync) {
          const int64_t pts = static_cast<int64_t>(time) + s.cts;
          rows.Wide(static_cast<uint64_t>(pts), wide).Wide(place.moof, wide);
          number(&rows, part.traf + 1);
          number(&rows, run + 1);
          number(&rows, in_run);
          ++count;
          break;
        }
        time += s.duration;
      }
    }
  }
  const uint64_t length = static_cast<uint64_t>(spec.tfra_bytes - 1);
  ByteWriter w;
  w.U32(spec.movie.tracks[track].id).U32(length << 4 | length << 2 | length).U32(count);
  return FullBox("tfra", spec.tfra_version, 0, w.Add(rows.bytes()).bytes());
}

}  // namespace

SidxPlan PlanSidx(const FragmentedSpec& spec) {
  SidxPlan plan;
  plan.nodes = Nodes(spec);
  for (size_t f = 0; f < spec.fragments.size(); ++f) {
    for (size_t n = 0; n < plan.nodes.size(); ++n) {
      if (plan.nodes[n].before_fragment == f) plan.items.push_back({true, n, 0});
    }
    plan.items.push_back({false, f, 0});
  }
  return plan;
}

size_t SidxSize(const FragmentedSpec& spec, const SidxNode& node) {
  return (spec.sidx_version == 1 ? 40 : 32) + 12 * node.references.size();
}

Bytes SidxBox(const FragmentedSpec& spec,
              const SidxPlan& plan,
              size_t item,
              const std::vector<FragmentPlace>& places) {
  const SidxNode& node = plan.nodes[plan.items[item].number];
  const TrackSpec& track = spec.movie.tracks[node.track];
  const uint64_t own_end = plan.items[item].start + SidxSize(spec, node);
  // Where a referenced item starts: the fragment, or the last sidx before it.
  const auto start_of = [&](const SidxReference& reference) {
    if (!reference.to_sidx) return places[reference.first_fragment].start;
    uint64_t start = 0;
    for (const FileItem& other : plan.items) {
      if (other.is_sidx && plan.nodes[other.number].before_fragment == reference.first_fragment)
        start = other.start;
    }
    return start;
  };
  ByteWriter rows;
  for (size_t i = 0; i < node.references.size(); ++i) {
    const SidxReference& r = node.references[i];
    const uint64_t end = i + 1 < node.references.size() ? start_of(node.references[i + 1])
                                                        : places[r.end_fragment - 1].end;
    const Span span = SpanOf(spec, places, node.track, r.first_fragment, r.end_fragment);
    rows.U32((r.to_sidx ? 0x80000000u : 0u) | (end - start_of(r)));
    rows.U32(span.end_dts - span.first_dts).U32(0x90000000u);
  }
  const bool wide = spec.sidx_version == 1;
  const Span all = SpanOf(spec, places, node.track, node.before_fragment, places.size());
  ByteWriter w;
  w.U32(track.id).U32(track.timescale);
  w.Wide(static_cast<uint64_t>(std::max<int64_t>(all.earliest_pts, 0)), wide);
  w.Wide(start_of(node.references.front()) - own_end, wide);
  w.U16(0).U16(node.references.size()).Add(rows.bytes());
  return FullBox("sidx", spec.sidx_version, 0, w.bytes());
}

Bytes MfraBox(const FragmentedSpec& spec, const std::vector<FragmentPlace>& places) {
  ByteWriter w;
  for (size_t t = 0; t < spec.movie.tracks.size(); ++t)
    w.Add(TfraBox(spec, places, t));
  w.Add(FullBox("mfro", 0, 0, ByteWriter().U32(w.size() + 24).bytes()));
  return Box("mfra", w.bytes());
}

}  // namespace iso::test
