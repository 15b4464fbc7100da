// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The naive expansion of fragments: ISO/IEC 14496-12, 8.8, one field after the other.

#include "oracle_fragments.h"

#include <algorithm>
#include <map>

namespace iso::test {

namespace {

constexpr uint64_t kMostSamples = 10'000'000;

struct Defaults {
  uint64_t description = 1;
  uint64_t duration = 0;
  uint64_t size = 0;
  uint64_t flags = 0;
};

/// Takes one field after the other.
class FieldReader {
 public:
  explicit FieldReader(const View& v, size_t at = 0) : view_(v), at_(at) {}

  uint64_t Take(int width = 4) {
    const uint64_t value = view_.Read(at_, width);
    at_ += static_cast<size_t>(width);
    return value;
  }

  size_t left() const { return at_ < view_.size() ? view_.size() - at_ : 0; }

 private:
  View view_;
  size_t at_;
};

/// The descriptions of one kind of group, in an sgpd of `roll` or `prol`.
struct Rolls {
  std::vector<int> distances;
  size_t otherwise = 0;  ///< of samples that no sbgp names
};

/// By the kind of group.
using RollKinds = std::map<std::string, Rolls>;

struct TrackState {
  OracleTrack* track = nullptr;
  RollKinds rolls;
  Defaults trex;
  int64_t next_dts = 0;
};

class FragmentExpander {
 public:
  FragmentExpander(const View& moov, OracleMovie* movie) {
    for (OracleTrack& track : movie->tracks) {
      TrackState state;
      state.track = &track;
      if (!track.samples.empty()) {
        const OracleSample& last = track.samples.back();
        state.next_dts = last.dts + static_cast<int64_t>(last.duration);
      }
      tracks_.emplace(track.id, state);
    }
    for (const Child& child : Children(moov)) {
      const auto tkhd = Find(child.body, {"tkhd"});
      const auto stbl = Find(child.body, {"mdia", "minf", "stbl"});
      if (child.type != "trak" || !tkhd || !stbl) continue;
      const size_t at = tkhd->Read(0, 1) == 1 ? 20 : 12;
      const auto found = tracks_.find(static_cast<uint32_t>(tkhd->U32(at)));
      if (found != tracks_.end()) found->second.rolls = Described(*stbl);
    }
    const auto mvex = Find(moov, {"mvex"});
    if (!mvex) return;
    for (const Child& child : Children(*mvex)) {
      if (child.type != "trex") continue;
      FieldReader fields(child.body, 4);
      const auto found = tracks_.find(static_cast<uint32_t>(fields.Take()));
      if (found == tracks_.end()) continue;
      Defaults& trex = found->second.trex;
      trex.description = fields.Take();
      trex.duration = fields.Take();
      trex.size = fields.Take();
      trex.flags = fields.Take();
    }
  }

  void Moof(const Child& moof) {
    uint64_t next_base = moof.start;
    for (const Child& child : Children(moof.body)) {
      if (child.type == "traf") Traf(child.body, moof.start, &next_base);
    }
  }

 private:
  void Traf(const View& traf, uint64_t moof_start, uint64_t* next_base) {
    const auto tfhd = Find(traf, {"tfhd"});
    if (!tfhd) return;
    FieldReader fields(*tfhd);
    const uint64_t flags = fields.Take() & 0xffffff;
    const auto found = tracks_.find(static_cast<uint32_t>(fields.Take()));
    if (found == tracks_.end()) return;
    TrackState& state = found->second;
    Defaults d = state.trex;
    uint64_t base = *next_base;
    if (flags & 0x20000) base = moof_start;
    if (flags & 1) base = fields.Take(8);
    if (flags & 2) d.description = fields.Take();
    if (flags & 8) d.duration = fields.Take();
    if (flags & 0x10) d.size = fields.Take();
    if (flags & 0x20) d.flags = fields.Take();
    if (const auto tfdt = Find(traf, {"tfdt"})) {
      state.next_dts = static_cast<int64_t>(tfdt->Read(4, tfdt->Read(0, 1) == 1 ? 8 : 4));
    }
    uint64_t position = base;
    const size_t first = state.track->rolls.size();
    for (const Child& child : Children(traf)) {
      if (child.type == "trun") Trun(child.body, d, base, &position, &state);
    }
    *next_base = position;
    ReadRolls(traf, first, &state);
  }

  static RollKinds Described(const View& parent) {
    RollKinds kinds;
    for (const Child& child : Children(parent)) {
      const std::string type = child.body.Text(4, 4);
      if (child.type != "sgpd" || (type != "roll" && type != "prol")) continue;
      FieldReader fields(child.body);
      const uint64_t version = fields.Take(1);
      fields.Take(3);
      fields.Take();
      const uint64_t every = version >= 1 ? fields.Take() : 2;
      Rolls& rolls = kinds[type];
      rolls.otherwise = static_cast<size_t>(version >= 2 ? fields.Take() : 0);
      for (uint64_t left = fields.Take(); left > 0 && fields.left() > 0; --left) {
        const uint64_t length = every != 0 ? every : fields.Take();
        rolls.distances.push_back(static_cast<int16_t>(fields.Take(2)));
        for (uint64_t more = 2; more < length; ++more)
          fields.Take(1);
      }
    }
    return kinds;
  }

  /// For the samples from `first` on, those of this traf.
  static void ReadRolls(const View& traf, size_t first, TrackState* state) {
    std::vector<uint32_t>& all = state->track->rolls;
    const size_t count = all.size() - first;
    RollKinds own = Described(traf);
    for (const std::string type : {"roll", "prol"}) {
      const Rolls& shared = state->rolls[type];
      std::vector<size_t> numbers;
      for (const Child& child : Children(traf)) {
        if (child.type != "sbgp" || child.body.Text(4, 4) != type) continue;
        FieldReader fields(child.body);
        const uint64_t version = fields.Take(1);
        fields.Take(3);
        fields.Take();
        if (version == 1) fields.Take();
        for (uint64_t left = fields.Take(); left > 0 && fields.left() >= 8; --left) {
          const uint64_t samples = fields.Take();
          const auto number = static_cast<size_t>(fields.Take());
          numbers.resize(std::min(count, numbers.size() + samples), number);
        }
      }
      const size_t own_default = own[type].otherwise;
      numbers.resize(count, own_default != 0 ? 0x10000 + own_default : shared.otherwise);
      for (size_t i = 0; i < count; ++i) {
        const bool local = numbers[i] > 0x10000;
        const std::vector<int>& from = local ? own[type].distances : shared.distances;
        const size_t number = numbers[i] - (local ? 0x10000 : 0);
        if (number == 0 || number > from.size() || from[number - 1] >= 0) continue;
        all[first + i] = std::max(all[first + i], static_cast<uint32_t>(-from[number - 1]));
      }
    }
  }

  static void Trun(
      const View& trun, const Defaults& d, uint64_t base, uint64_t* position, TrackState* state) {
    FieldReader fields(trun);
    const uint64_t flags = fields.Take() & 0xffffff;
    const uint64_t count = fields.Take();
    if (flags & 1) *position = base + static_cast<uint64_t>(Signed(fields.Take()));
    std::optional<uint64_t> first_flags;
    if (flags & 4) first_flags = fields.Take();
    size_t width = 0;
    for (const uint64_t bit : {0x100u, 0x200u, 0x400u, 0x800u})
      width += flags & bit ? 4 : 0;
    for (uint64_t i = 0; i < count && i < kMostSamples && fields.left() >= width; ++i) {
      OracleSample s;
      s.duration = flags & 0x100 ? fields.Take() : d.duration;
      s.size = flags & 0x200 ? fields.Take() : d.size;
      const uint64_t own = i == 0 && first_flags ? *first_flags : d.flags;
      const uint64_t sample_flags = flags & 0x400 ? fields.Take() : own;
      s.dts = state->next_dts;
      s.cts = s.dts + (flags & 0x800 ? Signed(fields.Take()) : 0);
      s.sync = (sample_flags & 0x10000) == 0;
      s.offset = *position;
      s.description = static_cast<uint32_t>(d.description);
      *position += s.size;
      state->next_dts += static_cast<int64_t>(s.duration);
      if (!s.sync) state->track->has_sync_table = true;
      state->track->samples.push_back(s);
      state->track->rolls.push_back(0);
      state->track->open.push_back(false);
      state->track->dependencies.push_back(static_cast<uint8_t>(sample_flags >> 20));
    }
  }

  static int64_t Signed(uint64_t value) { return static_cast<int32_t>(value); }

  std::map<uint32_t, TrackState> tracks_;  ///< the first of each id
};

/// Fragments that begin late begin the presentation then, unless an edit list says otherwise.
void FindStart(OracleMovie* movie) {
  constexpr int64_t kLate = 10'000'000'000;
  int64_t start = -1;
  for (const OracleTrack& track : movie->tracks) {
    if (!track.edits.empty()) return;
    if (track.samples.empty()) continue;
    const int64_t dts = track.samples.front().dts;
    const int64_t first =
        dts / track.timescale * 1'000'000'000 + dts % track.timescale * 1'000'000'000 / track.timescale;
    if (start < 0 || first < start) start = first;
  }
  if (start < kLate) return;
  for (OracleTrack& track : movie->tracks) {
    track.start_ns = start;
  }
}

}  // namespace

void ExpandFragments(const View& file, const View& moov, OracleMovie* movie) {
  movie->fragmented = Find(moov, {"mvex"}).has_value();
  FragmentExpander expander(moov, movie);
  bool behind_moov = false;
  for (const Child& child : Children(file)) {
    if (child.type == "moov") behind_moov = true;
    if (child.type != "moof" || !child.whole || !behind_moov) continue;
    movie->fragmented = true;
    expander.Moof(child);
  }
  if (movie->fragmented) FindStart(movie);
}

}  // namespace iso::test
