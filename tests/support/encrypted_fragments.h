// SPDX-License-Identifier: LGPL-2.1-or-later
//
// BuildEncryptedFragments: the plain movie in fragments of a second, under common encryption
// in any form.

#pragma once

#include <vector>

#include "encryption.h"
#include "fragment_builder.h"
#include "movie_catalog.h"

namespace iso::test {

/// The boxes of a traf that starts `position` bytes behind its moof. Where a form has its
/// records outside of a senc box, they are in a free box behind.
inline Bytes TrafBoxes(const EncryptionSpec& spec,
                       const std::vector<SampleTruth>& truth,
                       const std::vector<RunSpec>& runs,
                       uint64_t position) {
  const bool in_free = spec.form == RecordForm::kSaio || spec.form == RecordForm::kSaioPerChunk;
  ByteWriter records;
  std::vector<uint64_t> offsets;
  size_t i = 0;
  for (const RunSpec& run : runs) {
    if (offsets.empty() || spec.form == RecordForm::kSaioPerChunk) {
      records.Zeros(3);
      offsets.push_back(records.size());
    }
    for (size_t k = 0; k < run.count; ++k)
      records.Add(RecordOf(spec, truth[i++]));
  }
  ByteWriter w;
  if (!spec.groups.empty()) w.Add(SgpdBox(spec)).Add(SbgpBox(spec, truth.size(), true));
  const bool has_sizes =
      in_free || spec.form == RecordForm::kSencWithSizes || spec.form == RecordForm::kSencAndSaio;
  if (has_sizes) w.Add(SaizBox(spec, truth));
  if (!in_free) {
    if (spec.form != RecordForm::kNone) w.Add(SencBox(spec, truth));
    return w.bytes();
  }
  const uint64_t saio_bytes = SaioBox(spec, offsets).size();
  for (uint64_t& offset : offsets)
    offset += position + w.size() + saio_bytes + 8;
  w.Add(SaioBox(spec, offsets)).Add(Box("free", records.bytes()));
  return w.bytes();
}

struct EncryptedFragments {
  Bytes file;
  std::vector<std::vector<SampleTruth>> truth;  ///< by track, in decoding order
};

inline EncryptedFragments BuildEncryptedFragments(const EncryptionSpec& encryption,
                                                  const Bytes& pssh = {}) {
  EncryptedFragments built;
  FragmentedSpec spec;
  spec.movie = PlainMovie();
  spec.fragments = CutFragments(spec, 1);
  std::vector<size_t> next(spec.movie.tracks.size());
  built.truth.resize(next.size());
  for (FragmentSpec& fragment : spec.fragments) {
    SplitRuns(&fragment, 7);
    for (TrafSpec& traf : fragment.trafs) {
      const TrackSpec& track = spec.movie.tracks[traf.track];
      std::vector<SampleTruth> truth;
      for (const RunSpec& run : traf.runs) {
        for (size_t k = 0; k < run.count; ++k) {
          const uint32_t size = track.samples[next[traf.track]++].size;
          truth.push_back(TruthOf(encryption, truth.size(), size));
        }
      }
      auto& all = built.truth[traf.track];
      all.insert(all.end(), truth.begin(), truth.end());
      traf.boxes = [encryption, truth, runs = traf.runs](uint64_t position) {
        return TrafBoxes(encryption, truth, runs, position);
      };
    }
    if (!pssh.empty()) fragment.moof_boxes = pssh;
  }
  for (TrackSpec& track : spec.movie.tracks) {
    for (Bytes& entry : track.entries)
      entry = EncryptEntry(entry, encryption);
  }
  built.file = BuildFragments(spec).bytes;
  return built;
}

}  // namespace iso::test
