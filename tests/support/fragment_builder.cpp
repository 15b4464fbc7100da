// SPDX-License-Identifier: LGPL-2.1-or-later
//
// BuildFragments: lays out the data of each fragment, then writes its moof for that layout.

#include "fragment_builder.h"

#include <algorithm>
#include <utility>

#include "fragment_index.h"

namespace iso::test {

namespace {

/// Which samples of which tracks come next, and when.
struct Progress {
  std::vector<size_t> next;
  std::vector<uint64_t> times;
};

struct Defaults {
  uint32_t description, duration, size, flags;
};

Defaults TrexOf(const FragmentedSpec& spec, size_t track) {
  const SampleDefaults d = track < spec.trex.size() ? spec.trex[track] : SampleDefaults();
  return {
      d.description.value_or(1), d.duration.value_or(0), d.size.value_or(0), d.flags.value_or(0)};
}

Defaults DefaultsOf(const FragmentedSpec& spec, const TrafSpec& traf) {
  Defaults d = TrexOf(spec, traf.track);
  d.description = traf.defaults.description.value_or(d.description);
  d.duration = traf.defaults.duration.value_or(d.duration);
  d.size = traf.defaults.size.value_or(d.size);
  d.flags = traf.defaults.flags.value_or(d.flags);
  return d;
}

Bytes RunBox(const RunSpec& run,
             const std::vector<SampleSpec>& samples,
             const Defaults& defaults,
             int64_t data_offset,
             bool must_have_offset) {
  const auto any = [&](size_t from, auto differs) {
    return from < samples.size() &&
           std::any_of(samples.begin() + static_cast<ptrdiff_t>(from), samples.end(), differs);
  };
  const auto flagged = [&](const SampleSpec& s) { return SampleFlags(s) != defaults.flags; };
  const bool durations =
      run.durations || any(0, [&](const SampleSpec& s) { return s.duration != defaults.duration; });
  const bool sizes =
      run.sizes || any(0, [&](const SampleSpec& s) { return s.size != defaults.size; });
  const bool offsets = run.offsets || any(0, [](const SampleSpec& s) { return s.cts != 0; });
  const bool flags = run.flags || any(1, flagged);
  const bool first_flags = !flags && !samples.empty() && (run.first_flags || flagged(samples[0]));
  const bool has_offset = run.data_offset || must_have_offset;
  const uint32_t box_flags = (has_offset ? 1u : 0u) | (first_flags ? 4u : 0u) |
                             (durations ? 0x100u : 0u) | (sizes ? 0x200u : 0u) |
                             (flags ? 0x400u : 0u) | (offsets ? 0x800u : 0u);
  ByteWriter w;
  w.U32(samples.size());
  if (has_offset) w.U32(static_cast<uint64_t>(data_offset));
  if (first_flags) w.U32(SampleFlags(samples[0]));
  for (const SampleSpec& s : samples) {
    if (durations) w.U32(s.duration);
    if (sizes) w.U32(s.size);
    if (flags) w.U32(SampleFlags(s));
    if (offsets) w.U32(static_cast<uint32_t>(s.cts));
  }
  return FullBox("trun", run.version, box_flags, w.bytes());
}

/// Writes one fragment whose samples are the next ones by `progress`.
class FragmentWriter {
 public:
  FragmentWriter(const FragmentedSpec& spec, const FragmentSpec& fragment, uint32_t sequence)
      : spec_(spec), fragment_(fragment), sequence_(sequence) {}

  /// Takes the samples: their data, and the parts for the index.
  void Take(Progress* progress) {
    for (size_t i = 0; i < fragment_.trafs.size(); ++i) {
      const TrafSpec& traf = fragment_.trafs[i];
      size_t count = 0;
      for (const RunSpec& run : traf.runs)
        count += run.count;
      uint64_t& time = progress->times[traf.track];
      if (traf.time) time = *traf.time;
      parts_.push_back({traf.track, i, progress->next[traf.track], count, time});
      for (size_t k = 0; k < count; ++k)
        time += Samples(traf.track).at(progress->next[traf.track]++).duration;
      if (traf.duration_is_empty) time += DefaultsOf(spec_, traf).duration;
    }
    PlaceData();
  }

  const std::vector<TrackPart>& parts() const { return parts_; }

  /// From where the fragment starts: everything, for a file in which it lies at `start`.
  Bytes Write(uint64_t start, FragmentPlace* place) const {
    const Bytes& before = fragment_.before;
    const Bytes mdat = Mdat();
    const uint64_t moof_size = Moof(0, uint64_t{1} << 30).size();
    place->start = start;
    place->moof = start + before.size();
    place->mdat = place->moof + moof_size + fragment_.between.size();
    if (fragment_.mdat_first) {
      place->mdat = start + before.size();
      place->moof = place->mdat + mdat.size() + fragment_.between.size();
    }
    place->end = start + before.size() + moof_size + fragment_.between.size() + mdat.size();
    place->parts = parts_;
    const Bytes moof = Moof(place->moof, place->mdat + (mdat.size() - data_.size()));
    ByteWriter w;
    w.Add(before).Add(fragment_.mdat_first ? mdat : moof).Add(fragment_.between);
    return w.Add(fragment_.mdat_first ? moof : mdat).bytes();
  }

 private:
  const std::vector<SampleSpec>& Samples(size_t track) const {
    return spec_.movie.tracks[track].samples;
  }

  /// Number of the first sample of a run.
  size_t FirstOf(size_t traf, size_t run) const {
    size_t first = parts_[traf].first;
    for (size_t i = 0; i < run; ++i)
      first += fragment_.trafs[traf].runs[i].count;
    return first;
  }

  void PlaceData() {
    positions_.resize(fragment_.trafs.size());
    size_t most_runs = 0;
    for (size_t t = 0; t < positions_.size(); ++t) {
      positions_[t].resize(fragment_.trafs[t].runs.size());
      most_runs = std::max(most_runs, positions_[t].size());
    }
    if (!fragment_.interleave) {
      for (size_t t = 0; t < positions_.size(); ++t) {
        for (size_t r = 0; r < positions_[t].size(); ++r)
          PlaceRun(t, r);
      }
      return;
    }
    for (size_t r = 0; r < most_runs; ++r) {
      for (size_t t = 0; t < positions_.size(); ++t) {
        if (r < positions_[t].size()) PlaceRun(t, r);
      }
    }
  }

  void PlaceRun(size_t t, size_t r) {
    const TrafSpec& traf = fragment_.trafs[t];
    positions_[t][r] = data_.size();
    const size_t first = FirstOf(t, r);
    for (size_t i = first; i < first + traf.runs[r].count; ++i) {
      const Bytes sample = SamplePayload(spec_.movie.tracks[traf.track], i);
      data_.insert(data_.end(), sample.begin(), sample.end());
    }
  }

  Bytes Mdat() const {
    if (fragment_.mdat_to_end) return ByteWriter().U32(0).Text("mdat").Add(data_).bytes();
    return Box("mdat", data_, fragment_.large_mdat);
  }

  Bytes Moof(uint64_t moof_start, uint64_t data_start) const {
    ByteWriter w;
    w.Add(FullBox("mfhd", 0, 0, ByteWriter().U32(sequence_).bytes()));
    uint64_t next_base = moof_start;
    for (size_t t = 0; t < fragment_.trafs.size(); ++t)
      w.Add(Traf(t, 8 + w.size(), moof_start, data_start, &next_base));
    w.Add(fragment_.moof_boxes);
    return Box("moof", w.bytes());
  }

  uint64_t BaseOf(size_t t, uint64_t moof_start, uint64_t data_start, uint64_t next_base) const {
    const TrafSpec& traf = fragment_.trafs[t];
    if (traf.base == BaseForm::kNone) return next_base;
    if (traf.base == BaseForm::kMoof || traf.runs.empty()) return moof_start;
    return traf.runs[0].data_offset ? moof_start : data_start + positions_[t][0];
  }

  Bytes Tfhd(size_t t, uint64_t base) const {
    const TrafSpec& traf = fragment_.trafs[t];
    SampleDefaults d = traf.defaults;
    const size_t first = parts_[t].first;
    if (parts_[t].count > 0) {
      const uint32_t description = Samples(traf.track)[first].description;
      if (description != DefaultsOf(spec_, traf).description) d.description = description;
    }
    const bool is_explicit = traf.base == BaseForm::kExplicit;
    const uint32_t flags = (is_explicit ? 1u : 0u) | (d.description ? 2u : 0u) |
                           (d.duration ? 8u : 0u) | (d.size ? 0x10u : 0u) | (d.flags ? 0x20u : 0u) |
                           (traf.duration_is_empty ? 0x10000u : 0u) |
                           (traf.base == BaseForm::kMoof ? 0x20000u : 0u);
    ByteWriter w;
    w.U32(spec_.movie.tracks[traf.track].id);
    if (is_explicit) w.U64(base);
    for (const auto& value : {d.description, d.duration, d.size, d.flags}) {
      if (value) w.U32(*value);
    }
    return FullBox("tfhd", 0, flags, w.bytes());
  }

  Bytes Traf(size_t t,
             uint64_t traf_position,
             uint64_t moof_start,
             uint64_t data_start,
             uint64_t* next_base) const {
    const TrafSpec& traf = fragment_.trafs[t];
    const uint64_t base = BaseOf(t, moof_start, data_start, *next_base);
    ByteWriter w;
    w.Add(Tfhd(t, base));
    if (traf.tfdt_version >= 0) {
      const bool wide = traf.tfdt_version == 1;
      w.Add(FullBox("tfdt", traf.tfdt_version, 0, ByteWriter().Wide(parts_[t].time, wide).bytes()));
    }
    uint64_t at = base;
    for (size_t r = 0; r < traf.runs.size(); ++r) {
      const auto first = Samples(traf.track).begin() + static_cast<ptrdiff_t>(FirstOf(t, r));
      const std::vector<SampleSpec> samples(first,
                                            first + static_cast<ptrdiff_t>(traf.runs[r].count));
      const uint64_t actual = data_start + positions_[t][r];
      w.Add(RunBox(traf.runs[r],
                   samples,
                   DefaultsOf(spec_, traf),
                   static_cast<int64_t>(actual - base),
                   at != actual));
      at = actual;
      for (const SampleSpec& s : samples)
        at += s.size;
    }
    *next_base = at;
    if (traf.boxes) w.Add(traf.boxes(traf_position + 8 + w.size()));
    return Box("traf", w.bytes());
  }

  const FragmentedSpec& spec_;
  const FragmentSpec& fragment_;
  uint32_t sequence_;
  std::vector<TrackPart> parts_;
  std::vector<std::vector<uint64_t>> positions_;  ///< of each traf's runs in the data
  Bytes data_;
};

Bytes MvexBox(const FragmentedSpec& spec) {
  ByteWriter w;
  if (spec.mehd_version >= 0) {
    uint64_t duration = 0;
    for (const TrackSpec& t : spec.movie.tracks)
      duration = std::max(duration, MediaDuration(t) * spec.movie.timescale / t.timescale);
    const bool wide = spec.mehd_version == 1;
    w.Add(FullBox("mehd", spec.mehd_version, 0, ByteWriter().Wide(duration, wide).bytes()));
  }
  for (size_t t = 0; t < spec.movie.tracks.size(); ++t) {
    const Defaults d = TrexOf(spec, t);
    ByteWriter trex;
    trex.U32(spec.movie.tracks[t].id).U32(d.description).U32(d.duration).U32(d.size).U32(d.flags);
    w.Add(FullBox("trex", 0, 0, trex.bytes()));
  }
  return Box("mvex", w.bytes());
}

/// What comes before the fragments: ftyp, moov with the samples that are in it, their mdat.
MovieSpec HeadOf(const FragmentedSpec& spec) {
  MovieSpec head = spec.movie;
  bool any = false;
  for (size_t t = 0; t < head.tracks.size(); ++t) {
    const size_t n = t < spec.progressive.size() ? spec.progressive[t] : 0;
    head.tracks[t].samples.resize(n);
    any = any || n > 0;
  }
  head.no_mdat = !any;
  const Bytes mvex = spec.mvex ? MvexBox(spec) : Bytes();
  head.moov_boxes.insert(head.moov_boxes.begin(), mvex.begin(), mvex.end());
  return head;
}

Bytes MoovOf(const MovieSpec& head) {
  MovieSpec bare = head;
  bare.brand.clear();
  bare.filler = false;
  for (TrackSpec& track : bare.tracks)
    track.samples.clear();
  bare.no_mdat = true;
  return BuildMovie(bare);
}

}  // namespace

uint32_t SampleFlags(const SampleSpec& sample) {
  return sample.sync ? 0x02000000u : 0x01010000u;
}

FragmentedMovie BuildFragments(const FragmentedSpec& spec) {
  const MovieSpec head = HeadOf(spec);
  FragmentedMovie movie;
  ByteWriter file;
  if (!spec.without_moov) file.Add(BuildMovie(head));
  movie.init_size = file.size();
  Progress progress;
  for (size_t t = 0; t < spec.movie.tracks.size(); ++t) {
    progress.next.push_back(head.tracks[t].samples.size());
    progress.times.push_back(MediaDuration(head.tracks[t]));
  }
  SidxPlan plan = PlanSidx(spec);
  for (FileItem& item : plan.items) {
    if (!item.is_sidx && spec.fragments[item.number].moov_before) file.Add(MoovOf(head));
    item.start = file.size();
    if (item.is_sidx) {
      file.Zeros(SidxSize(spec, plan.nodes[item.number]));
      continue;
    }
    const auto sequence = static_cast<uint32_t>(item.number + 1);
    FragmentWriter writer(spec, spec.fragments[item.number], sequence);
    writer.Take(&progress);
    movie.places.emplace_back();
    file.Add(writer.Write(item.start, &movie.places.back()));
  }
  movie.bytes = file.bytes();
  for (size_t i = 0; i < plan.items.size(); ++i) {
    if (!plan.items[i].is_sidx) continue;
    const Bytes sidx = SidxBox(spec, plan, i, movie.places);
    std::copy(sidx.begin(),
              sidx.end(),
              movie.bytes.begin() + static_cast<ptrdiff_t>(plan.items[i].start));
  }
  movie.bytes.insert(movie.bytes.end(), spec.after.begin(), spec.after.end());
  const Bytes mfra = spec.tfra_version >= 0 ? MfraBox(spec, movie.places) : Bytes();
  movie.bytes.insert(movie.bytes.end(), mfra.begin(), mfra.end());
  return movie;
}

std::vector<FragmentSpec> CutFragments(const FragmentedSpec& spec, double seconds) {
  std::vector<FragmentSpec> fragments;
  for (size_t t = 0; t < spec.movie.tracks.size(); ++t) {
    const TrackSpec& track = spec.movie.tracks[t];
    uint64_t time = 0;
    for (size_t i = 0; i < track.samples.size(); time += track.samples[i++].duration) {
      if (t < spec.progressive.size() && i < spec.progressive[t]) continue;
      const double at = static_cast<double>(time) / track.timescale / seconds;
      const auto number = static_cast<size_t>(at + 1e-9);
      if (number >= fragments.size()) fragments.resize(number + 1);
      std::vector<TrafSpec>& trafs = fragments[number].trafs;
      if (trafs.empty() || trafs.back().track != t) {
        trafs.emplace_back();
        trafs.back().track = t;
        trafs.back().runs.emplace_back();
      }
      ++trafs.back().runs.back().count;
    }
  }
  fragments.erase(std::remove_if(fragments.begin(),
                                 fragments.end(),
                                 [](const FragmentSpec& f) { return f.trafs.empty(); }),
                  fragments.end());
  return fragments;
}

std::vector<FragmentSpec> CutFragmentsByTrack(const FragmentedSpec& spec, double seconds) {
  std::vector<FragmentSpec> fragments;
  for (const FragmentSpec& whole : CutFragments(spec, seconds)) {
    for (size_t t = 0; t < whole.trafs.size(); ++t) {
      FragmentSpec one;
      one.trafs = {whole.trafs[t]};
      one.continues_segment = t > 0;
      fragments.push_back(one);
    }
  }
  return fragments;
}

void SplitRuns(FragmentSpec* fragment, size_t most) {
  for (TrafSpec& traf : fragment->trafs) {
    std::vector<RunSpec> runs;
    for (const RunSpec& run : traf.runs) {
      for (size_t done = 0; done < run.count; done += most) {
        runs.push_back(run);
        runs.back().count = std::min(most, run.count - done);
      }
    }
    traf.runs = runs;
  }
}

void ZeroBytes(Bytes* bytes, uint64_t at, size_t count) {
  const size_t from = std::min<uint64_t>(at, bytes->size());
  const size_t to = std::min(from + count, bytes->size());
  std::fill(bytes->begin() + static_cast<ptrdiff_t>(from),
            bytes->begin() + static_cast<ptrdiff_t>(to),
            uint8_t{0});
}

Bytes StypBox() {
  return Box("styp", ByteWriter().Text("msdh").U32(0).Text("msdhmsix").bytes());
}

Bytes EmsgBox(int version, uint32_t timescale, uint64_t time, uint32_t duration, uint32_t id) {
  ByteWriter text;
  text.Text("urn:test:event").U8(0).Text("1").U8(0);
  ByteWriter w;
  if (version == 0) {
    w.Add(text.bytes()).U32(timescale).U32(time).U32(duration).U32(id);
  } else {
    w.U32(timescale).U64(time).U32(duration).U32(id).Add(text.bytes());
  }
  return FullBox("emsg", version, 0, w.Text("payload").bytes());
}

Bytes PrftBox(uint32_t track_id, uint64_t ntp, uint64_t media_time) {
  return FullBox("prft", 1, 24, ByteWriter().U32(track_id).U64(ntp).U64(media_time).bytes());
}

}  // namespace iso::test
