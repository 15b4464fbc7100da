// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The generated fragmented movies.

#include "fragment_catalog.h"

#include <utility>

#include "movie_catalog.h"

namespace iso::test {

namespace {

using Catalog = std::vector<CatalogFragments>;

constexpr double kSeconds = 12;
constexpr double kFragment = 1.04;
constexpr uint32_t kDelta = 0x01010000;
constexpr uint32_t kSync = 0x02000000;

template <class Change>
void AddPlain(Catalog* all, std::string name, const Change& change) {
  FragmentedSpec spec = PlainFragments();
  change(spec);
  all->push_back({std::move(name), std::move(spec)});
}

template <class Change>
void ForTrafs(FragmentedSpec* spec, const Change& change) {
  for (FragmentSpec& fragment : spec->fragments) {
    for (TrafSpec& traf : fragment.trafs)
      change(traf);
  }
}

template <class Change>
void ForRuns(FragmentedSpec* spec, const Change& change) {
  ForTrafs(spec, [&](TrafSpec& traf) {
    for (RunSpec& run : traf.runs)
      change(run);
  });
}

void SplitAllRuns(FragmentedSpec* spec, size_t most) {
  for (FragmentSpec& fragment : spec->fragments)
    SplitRuns(&fragment, most);
}

/// Two trafs for the same track in one moof, each with its tfdt.
void HalveTrafs(FragmentedSpec* spec, size_t traf) {
  for (FragmentSpec& fragment : spec->fragments) {
    TrafSpec second = fragment.trafs[traf];
    if (second.runs[0].count < 2) continue;
    const size_t half = second.runs[0].count / 2;
    fragment.trafs[traf].runs[0].count = half;
    second.runs[0].count -= half;
    fragment.trafs.insert(fragment.trafs.begin() + static_cast<ptrdiff_t>(traf) + 1, second);
  }
}

void AddBases(Catalog* all) {
  for (const auto& [name, base] : {std::pair{"base-moof", BaseForm::kMoof},
                                   std::pair{"base-explicit", BaseForm::kExplicit},
                                   std::pair{"base-none", BaseForm::kNone}}) {
    for (const bool offsets : {true, false}) {
      const BaseForm form = base;
      AddPlain(all, std::string(name) + (offsets ? "" : "-no-offsets"), [&](FragmentedSpec& s) {
        SplitAllRuns(&s, 7);
        ForTrafs(&s, [&](TrafSpec& traf) { traf.base = form; });
        ForRuns(&s, [&](RunSpec& run) { run.data_offset = offsets; });
      });
    }
  }
  for (const bool interleave : {false, true}) {
    const std::string suffix = interleave ? "-interleaved" : "";
    AddPlain(all, "mdat-first" + suffix, [&](FragmentedSpec& s) {
      SplitAllRuns(&s, 6);
      for (FragmentSpec& f : s.fragments) {
        f.mdat_first = true;
        f.interleave = interleave;
      }
    });
    AddPlain(all, "many-runs" + suffix, [&](FragmentedSpec& s) {
      SplitAllRuns(&s, 3);
      for (FragmentSpec& f : s.fragments)
        f.interleave = interleave;
    });
  }
  AddPlain(all, "mdat-first-explicit", [](FragmentedSpec& s) {
    ForTrafs(&s, [](TrafSpec& traf) { traf.base = BaseForm::kExplicit; });
    for (FragmentSpec& f : s.fragments)
      f.mdat_first = true;
  });
}

void AddDefaults(Catalog* all) {
  AddPlain(all, "trex-defaults", [](FragmentedSpec& s) {
    s.trex = {{1, 24, {}, kDelta}, {1, 1024, {}, kSync}};
  });
  AddPlain(all, "tfhd-defaults", [](FragmentedSpec& s) {
    ForTrafs(&s, [](TrafSpec& traf) {
      traf.defaults.duration = traf.track == 0 ? 24 : 1024;
      traf.defaults.flags = traf.track == 0 ? kDelta : kSync;
      traf.defaults.description = 1;
    });
  });
  AddPlain(all, "tfhd-over-trex", [](FragmentedSpec& s) {
    s.trex = {{2, 999, 777, kSync}, {2, 77, 66, kDelta}};
    ForTrafs(&s, [](TrafSpec& traf) {
      traf.defaults.duration = traf.track == 0 ? 24 : 1024;
      traf.defaults.size = 5;
      traf.defaults.flags = traf.track == 0 ? kDelta : kSync;
    });
  });
  for (const bool in_trex : {true, false}) {
    AddPlain(all, in_trex ? "all-in-trex" : "all-in-tfhd", [&](FragmentedSpec& s) {
      // Nothing a sample could say for itself is left.
      for (TrackSpec& track : s.movie.tracks) {
        for (SampleSpec& sample : track.samples)
          sample = {.size = 50 * track.id, .duration = sample.duration};
      }
      const SampleDefaults video{1, 24, 50, kSync}, audio{1, 1024, 100, kSync};
      if (in_trex) s.trex = {video, audio};
      if (!in_trex) {
        ForTrafs(&s, [&](TrafSpec& traf) { traf.defaults = traf.track == 0 ? video : audio; });
      }
      ForRuns(&s, [](RunSpec& run) { run.sizes = false; });
    });
  }
  AddPlain(all, "fields-though-defaults", [](FragmentedSpec& s) {
    s.trex = {{1, 24, 50, kDelta}, {1, 1024, 50, kSync}};
    ForRuns(&s, [](RunSpec& run) { run.durations = run.flags = run.offsets = true; });
  });
  AddPlain(all, "first-sample-flags", [](FragmentedSpec& s) {
    // One group of pictures a fragment, so that only the first sample differs.
    s.fragments = CutFragments(s, kFragment / 2);
    ForTrafs(&s, [](TrafSpec& traf) {
      traf.defaults.flags = traf.track == 0 ? kDelta : kSync;
      traf.runs[0].first_flags = true;
    });
  });
}

/// Every combination of the six fields of a trun, one a fragment.
void AddRunFlags(Catalog* all) {
  AddPlain(all, "every-trun-flag", [](FragmentedSpec& s) {
    s.movie.tracks = {VideoTrack(1, 70 * 0.24), AudioTrack(2, 70 * 0.24)};
    for (TrackSpec& track : s.movie.tracks) {
      for (SampleSpec& sample : track.samples)
        sample.size = 60;
    }
    s.trex = {{1, 24, 60, kDelta}, {1, 1024, 60, kSync}};
    s.fragments = CutFragments(s, 0.24);
    uint32_t bits = 0;
    for (FragmentSpec& f : s.fragments) {
      SplitRuns(&f, 4);
      for (TrafSpec& traf : f.trafs) {
        traf.base = bits & 64 ? BaseForm::kExplicit : BaseForm::kNone;
        for (RunSpec& run : traf.runs) {
          run.data_offset = bits & 1;
          run.first_flags = bits & 2;
          run.durations = bits & 4;
          run.sizes = bits & 8;
          run.flags = bits & 16;
          run.offsets = bits & 32;
        }
      }
      ++bits;
    }
  });
}

void AddTimes(Catalog* all) {
  AddPlain(all, "tfdt-v0", [](FragmentedSpec& s) {
    ForTrafs(&s, [](TrafSpec& traf) { traf.tfdt_version = 0; });
  });
  AddPlain(all, "no-tfdt", [](FragmentedSpec& s) {
    ForTrafs(&s, [](TrafSpec& traf) { traf.tfdt_version = -1; });
  });
  AddPlain(all, "tfdt-now-and-then", [](FragmentedSpec& s) {
    for (size_t i = 0; i < s.fragments.size(); ++i) {
      for (TrafSpec& traf : s.fragments[i].trafs)
        traf.tfdt_version = i % 3 == 0 ? 1 : -1;
    }
  });
  AddPlain(all, "starts-late", [](FragmentedSpec& s) {
    // As a recording of a live stream: an hour in, audio 20 ms behind video.
    s.fragments[0].trafs[0].time = 3600 * 600;
    s.fragments[0].trafs[1].time = 3600ull * 48000 + 960;
  });
  AddPlain(all, "time-above-32-bits", [](FragmentedSpec& s) {
    s.fragments[0].trafs[0].time = 7'200'000'000;
    s.fragments[0].trafs[1].time = 7'200'000'000 * 80;
  });
  AddPlain(all, "hole-in-time", [](FragmentedSpec& s) {
    uint64_t video = 0, audio = 0;
    for (size_t i = 0; i < 5; ++i) {
      for (const TrafSpec& traf : s.fragments[i].trafs) {
        uint64_t& sum = traf.track == 0 ? video : audio;
        sum += traf.runs[0].count * (traf.track == 0 ? 24 : 1024);
      }
    }
    s.fragments[5].trafs[0].time = video + 2 * 600;
    s.fragments[5].trafs[1].time = audio + 2 * 48000;
  });
  AddPlain(all, "duration-is-empty", [](FragmentedSpec& s) {
    FragmentSpec empty;
    for (size_t track = 0; track < 2; ++track) {
      TrafSpec traf;
      traf.track = track;
      traf.duration_is_empty = true;
      traf.defaults.duration = track == 0 ? 600 : 48000;
      empty.trafs.push_back(traf);
    }
    s.fragments.insert(s.fragments.begin() + 4, empty);
  });
  for (const int version : {0, 1}) {
    AddPlain(all, "signed-offsets-v" + std::to_string(version), [&](FragmentedSpec& s) {
      for (SampleSpec& sample : s.movie.tracks[0].samples)
        sample.cts -= 48;
      ForRuns(&s, [&](RunSpec& run) { run.version = version; });
    });
  }
  AddPlain(all, "variable-durations", [](FragmentedSpec& s) {
    std::vector<SampleSpec>& samples = s.movie.tracks[0].samples;
    for (size_t i = 0; i < samples.size(); ++i) {
      samples[i].duration = 15 + static_cast<uint32_t>(i * 13 % 20);
      samples[i].cts = 0;
    }
    s.fragments = CutFragments(s, kFragment);
  });
  for (const int version : {0, 1}) {
    AddPlain(all, "mehd-v" + std::to_string(version), [&](FragmentedSpec& s) {
      s.mehd_version = version;
    });
  }
}

void AddEdits(Catalog* all) {
  AddPlain(all, "edit-offset", [](FragmentedSpec& s) {
    for (TrackSpec& track : s.movie.tracks)
      track.has_edits = true;
    s.movie.tracks[0].edits = {{0, 48, 1}};
    s.movie.tracks[1].edits = {{0, 1024, 1}};
  });
  AddPlain(all, "edit-empty-first", [](FragmentedSpec& s) {
    s.movie.tracks[1].has_edits = true;
    s.movie.tracks[1].edits = {{700, -1, 1}, {0, 0, 1}};
  });
  AddPlain(all, "edit-with-end", [](FragmentedSpec& s) {
    for (TrackSpec& track : s.movie.tracks) {
      track.has_edits = true;
      track.elst_version = 1;
      track.edits = {{9000, track.id == 1 ? 48 : 0, 1}};
    }
  });
}

void AddLayouts(Catalog* all) {
  AddPlain(all, "plain", [](FragmentedSpec&) {});
  AddPlain(all, "moof-for-each-track", [](FragmentedSpec& s) {
    s.fragments = CutFragmentsByTrack(s, kFragment);
  });
  AddPlain(all, "trafs-of-one-track", [](FragmentedSpec& s) { HalveTrafs(&s, 0); });
  AddPlain(all, "large-mdat", [](FragmentedSpec& s) {
    for (FragmentSpec& f : s.fragments)
      f.large_mdat = true;
  });
  AddPlain(
      all, "last-mdat-to-end", [](FragmentedSpec& s) { s.fragments.back().mdat_to_end = true; });
  AddPlain(all, "boxes-between", [](FragmentedSpec& s) {
    for (size_t i = 0; i < s.fragments.size(); ++i) {
      const auto n = static_cast<uint32_t>(i);
      ByteWriter before;
      before.Add(StypBox()).Add(PrftBox(1, 0xe500000000000000 + n, n * 624));
      before.Add(EmsgBox(static_cast<int>(i % 2), 600, i % 2 ? n * 624 : 12, 60, n));
      s.fragments[i].before = before.bytes();
      s.fragments[i].between = Box("free", Bytes(i * 5));
    }
    s.after = Box("skip", Bytes(33));
  });
  AddPlain(all, "chunks", [](FragmentedSpec& s) {
    // CMAF low latency: a few samples a moof, most without a sync sample.
    s.fragments = CutFragments(s, 0.2);
  });
  AddPlain(all, "one-sample-each", [](FragmentedSpec& s) {
    s.movie.tracks = {VideoTrack(1, 4)};
    s.fragments = CutFragments(s, 0.04);
  });
  AddPlain(all, "one-fragment", [](FragmentedSpec& s) { s.fragments = CutFragments(s, 100); });
  AddPlain(all, "hybrid", [](FragmentedSpec& s) {
    s.progressive = {104, 195};
    s.fragments = CutFragments(s, kFragment);
  });
  AddPlain(all, "hybrid-one-track", [](FragmentedSpec& s) {
    s.progressive = {300, 0};
    s.fragments = CutFragments(s, kFragment);
  });
  AddPlain(all, "moov-again", [](FragmentedSpec& s) {
    for (size_t i = 3; i < s.fragments.size(); i += 3)
      s.fragments[i].moov_before = true;
  });
  AddPlain(all, "no-mvex", [](FragmentedSpec& s) {
    s.mvex = false;
    ForRuns(&s, [](RunSpec& run) { run.durations = run.flags = true; });
  });
  AddPlain(all, "two-descriptions", [](FragmentedSpec& s) {
    s.movie.tracks[0].entries.push_back(Avc1Entry(160, 90, 30));
    std::vector<SampleSpec>& samples = s.movie.tracks[0].samples;
    for (size_t i = 5 * 26; i < 8 * 26; ++i)
      samples[i].description = 2;
  });
}

void AddIndexes(Catalog* all) {
  for (const auto& [name, form] : {std::pair{"sidx", SidxForm::kFlat},
                                   std::pair{"sidx-each-track", SidxForm::kFlatEachTrack},
                                   std::pair{"sidx-hierarchical", SidxForm::kHierarchical},
                                   std::pair{"sidx-chained", SidxForm::kChained},
                                   std::pair{"sidx-each-segment", SidxForm::kEachSegment},
                                   std::pair{"sidx-first-segment", SidxForm::kFirstSegment}}) {
    for (const int version : {0, 1}) {
      const SidxForm sidx = form;
      AddPlain(all, std::string(name) + "-v" + std::to_string(version), [&](FragmentedSpec& s) {
        s.sidx = sidx;
        s.sidx_version = version;
      });
    }
  }
  AddPlain(all, "sidx-moof-for-each-track", [](FragmentedSpec& s) {
    s.fragments = CutFragmentsByTrack(s, kFragment);
    s.sidx = SidxForm::kFlat;
  });
  AddPlain(all, "sidx-starts-late", [](FragmentedSpec& s) {
    s.fragments[0].trafs[0].time = 3600 * 600;
    s.fragments[0].trafs[1].time = 3600ull * 48000;
    s.sidx = SidxForm::kFlat;
  });
  for (const int version : {0, 1}) {
    AddPlain(all, "mfra-v" + std::to_string(version), [&](FragmentedSpec& s) {
      s.tfra_version = version;
      s.tfra_bytes = version ? 4 : 1;
    });
  }
  AddPlain(all, "mfra-many-runs", [](FragmentedSpec& s) {
    SplitAllRuns(&s, 3);
    s.tfra_version = 1;
    s.tfra_bytes = 2;
  });
  AddPlain(all, "mfra-and-sidx", [](FragmentedSpec& s) {
    s.tfra_version = 1;
    s.sidx = SidxForm::kFlat;
    s.mehd_version = 0;
  });
  AddPlain(all, "mfra-hybrid", [](FragmentedSpec& s) {
    s.progressive = {104, 195};
    s.fragments = CutFragments(s, kFragment);
    s.tfra_version = 0;
  });
}

/// Runs of samples, each with the number of a description.
Bytes RollMap(const std::vector<std::pair<uint32_t, uint32_t>>& runs) {
  ByteWriter w;
  w.Text("roll").U32(runs.size());
  for (const auto& [samples, number] : runs)
    w.U32(samples).U32(number);
  return FullBox("sbgp", 0, 0, w.bytes());
}

/// Descriptions in a traf.
Bytes OwnRolls(const std::vector<int16_t>& distances, uint32_t otherwise) {
  ByteWriter w;
  w.Text("roll").U32(2).U32(otherwise).U32(distances.size());
  for (const int16_t distance : distances)
    w.U16(static_cast<uint16_t>(distance));
  return FullBox("sgpd", 2, 0, w.bytes());
}

/// Audio that has to be decoded from some packets before: of groups that the moov describes, and
/// of groups of a fragment's own.
void AddRolls(Catalog* all) {
  const auto add = [all](const char* name, uint32_t otherwise, auto boxes, bool halved) {
    AddPlain(all, name, [&](FragmentedSpec& s) {
      GroupSpec group;
      group.type = "roll";
      group.version = 2;
      group.default_index = otherwise;
      group.descriptions = {{0xff, 0xff}, {0xff, 0xf6}};
      group.has_runs = false;
      s.movie.tracks[1].groups = {group};
      if (halved) HalveTrafs(&s, 1);
      uint32_t i = 0;
      ForTrafs(&s, [&](TrafSpec& traf) {
        if (traf.track == 1) traf.boxes = [boxes, i](uint64_t) { return boxes(i); };
        ++i;
      });
    });
  };
  const auto by_default = [](uint32_t) { return Bytes(); };
  const auto mapped = [](uint32_t i) { return RollMap({{7, 1}, {5 + i, 2}, {3, 0}, {9, 1}}); };
  const auto own = [](uint32_t i) {
    Bytes both = OwnRolls({-3, -60, 2}, i % 4);
    const Bytes map = RollMap({{11, 0x10002}, {1, 2}, {4, 0x10001}, {2, 0x10003}, {1, 9}});
    both.insert(both.end(), map.begin(), map.end());
    return both;
  };
  add("rolls-by-default", 2, by_default, false);
  add("rolls-mapped", 0, mapped, false);
  add("rolls-own", 1, own, false);
  add("rolls-own-in-two-trafs", 1, own, true);
  add("rolls-mapped-in-two-trafs", 2, mapped, true);
}

void AddTrackMixes(Catalog* all) {
  AddPlain(all, "audio-only", [](FragmentedSpec& s) {
    s.movie.tracks = {AudioTrack(1, kSeconds)};
    s.fragments = CutFragments(s, kFragment);
  });
  AddPlain(all, "video-only", [](FragmentedSpec& s) {
    s.movie.tracks = {VideoTrack(9, kSeconds)};
    s.fragments = CutFragments(s, kFragment);
  });
  AddPlain(all, "with-subtitles", [](FragmentedSpec& s) {
    s.movie.tracks.push_back(TextTrack(3, kSeconds));
    s.fragments = CutFragments(s, kFragment);
  });
  AddPlain(all, "short-audio", [](FragmentedSpec& s) {
    s.movie.tracks[1].samples.resize(200);
    s.fragments = CutFragments(s, kFragment);
  });
  AddPlain(all, "audio-fragments-longer", [](FragmentedSpec& s) {
    // Audio of four fragments' time in every fourth one.
    s.fragments = CutFragments(s, kFragment);
    for (size_t i = 0; i < s.fragments.size(); ++i) {
      if (i % 4 == 0) continue;
      TrafSpec& first = s.fragments[i / 4 * 4].trafs[1];
      first.runs[0].count += s.fragments[i].trafs[1].runs[0].count;
      s.fragments[i].trafs.resize(1);
    }
  });
  AddPlain(
      all, "empty-track", [](FragmentedSpec& s) { s.movie.tracks.push_back(AudioTrack(3, 0)); });
  AddPlain(all, "empty-fragment", [](FragmentedSpec& s) {
    s.fragments.insert(s.fragments.begin() + 2, FragmentSpec());
  });
}

}  // namespace

FragmentedSpec PlainFragments() {
  FragmentedSpec spec;
  spec.movie.brand = "iso6";
  spec.movie.tracks = {VideoTrack(1, kSeconds), AudioTrack(2, kSeconds)};
  spec.fragments = CutFragments(spec, kFragment);
  return spec;
}

std::vector<CatalogFragments> FragmentCatalog() {
  Catalog all;
  AddLayouts(&all);
  AddBases(&all);
  AddDefaults(&all);
  AddRunFlags(&all);
  AddTimes(&all);
  AddEdits(&all);
  AddIndexes(&all);
  AddRolls(&all);
  AddTrackMixes(&all);
  return all;
}

}  // namespace iso::test
