// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Encrypted fragments whose auxiliary information stands outside of their moof: between it and
// the samples, or behind these.

#pragma once

#include <memory>
#include <vector>

#include "encryption.h"
#include "fragment_builder.h"
#include "movie_catalog.h"

namespace iso::test {

enum class RecordsPlace { kBeforeSamples, kBehindSamples };

inline Bytes BuildOutsideRecords(const EncryptionSpec& encryption,
                                 RecordsPlace where,
                                 uint32_t sample_bytes) {
  FragmentedSpec spec;
  spec.movie = PlainMovie();
  for (SampleSpec& sample : spec.movie.tracks[0].samples)
    sample.size = sample_bytes;
  for (TrackSpec& track : spec.movie.tracks) {
    for (Bytes& entry : track.entries)
      entry = EncryptEntry(entry, encryption);
  }
  spec.fragments = CutFragments(spec, 1);
  // Of each fragment: where its records begin, from its moof on. Known after a first pass.
  const auto begins = std::make_shared<std::vector<uint64_t>>(spec.fragments.size());
  std::vector<size_t> next(spec.movie.tracks.size());
  for (size_t f = 0; f < spec.fragments.size(); ++f) {
    ByteWriter records;
    for (TrafSpec& traf : spec.fragments[f].trafs) {
      const uint64_t begin = records.size();
      std::vector<SampleTruth> truth;
      for (const RunSpec& run : traf.runs) {
        for (size_t k = 0; k < run.count; ++k) {
          const size_t index = next[traf.track]++;
          const uint32_t size = spec.movie.tracks[traf.track].samples[index].size;
          truth.push_back(TruthOf(encryption, index, size));
          records.Add(RecordOf(encryption, truth.back()));
        }
      }
      traf.boxes = [encryption, truth, begins, f, begin](uint64_t) {
        const std::vector<uint64_t> offsets = {(*begins)[f] + begin};
        return ByteWriter()
            .Add(SaizBox(encryption, truth))
            .Add(SaioBox(encryption, offsets))
            .bytes();
      };
    }
    const bool last = f + 1 == spec.fragments.size();
    Bytes& place = where == RecordsPlace::kBeforeSamples ? spec.fragments[f].between
                   : last                                ? spec.after
                                                         : spec.fragments[f + 1].before;
    place = Box("free", records.bytes());
  }
  constexpr uint64_t kHeader = 8;
  const FragmentedMovie first = BuildFragments(spec);
  for (size_t f = 0; f < first.places.size(); ++f) {
    const FragmentPlace& place = first.places[f];
    const uint64_t box = where == RecordsPlace::kBeforeSamples
                             ? place.mdat - spec.fragments[f].between.size()
                             : place.end;
    (*begins)[f] = box + kHeader - place.moof;
  }
  return BuildFragments(spec).bytes;
}

}  // namespace iso::test
