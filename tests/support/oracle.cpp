// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The naive expansion of what is in the moov, and the script that does the same.

#include "oracle.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <sstream>

#include "oracle_bytes.h"
#include "oracle_fragments.h"

#ifdef ISODEMUX_TEST_ZLIB
#include <zlib.h>
#endif

namespace iso::test {

namespace {

std::vector<uint64_t> Sizes(const View& stbl) {
  std::vector<uint64_t> sizes;
  if (const auto t = Find(stbl, {"stsz"})) {
    const uint64_t constant = t->U32(4);
    const uint64_t n = constant ? t->U32(8) : t->Count(12, 4, t->U32(8));
    for (uint64_t i = 0; i < n && i < 10'000'000; ++i) {
      sizes.push_back(constant ? constant : t->U32(12 + 4 * i));
    }
  } else if (const auto z = Find(stbl, {"stz2"})) {
    const uint64_t bits = z->Read(7, 1);
    for (uint64_t i = 0; i < z->U32(8) && 12 + i * bits / 8 < z->size(); ++i) {
      if (bits == 16) sizes.push_back(z->Read(12 + 2 * i, 2));
      if (bits == 8) sizes.push_back(z->Read(12 + i, 1));
      if (bits == 4) sizes.push_back(z->Read(12 + i / 2, 1) >> (i % 2 ? 0 : 4) & 15);
    }
  }
  return sizes;
}

/// Values of a (count, value) table, one for each of at most n samples.
std::vector<uint32_t> Runs(const View& stbl, const char* type, size_t n) {
  std::vector<uint32_t> out;
  const auto t = Find(stbl, {type});
  if (!t) return out;
  const uint64_t count = t->Count(8, 8, t->U32(4));
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t room = n - out.size();
    out.insert(
        out.end(), std::min(t->U32(8 + 8 * i), room), static_cast<uint32_t>(t->U32(12 + 8 * i)));
  }
  return out;
}

/// The sample numbers that a table lists.
std::optional<std::set<uint64_t>> Listed(const View& stbl, const char* type) {
  const auto table = Find(stbl, {type});
  if (!table) return std::nullopt;
  std::set<uint64_t> numbers;
  const uint64_t count = table->Count(8, 4, table->U32(4));
  for (uint64_t i = 0; i < count; ++i)
    numbers.insert(table->U32(8 + 4 * i));
  return numbers;
}

std::vector<uint64_t> ChunkOffsets(const View& stbl) {
  std::vector<uint64_t> out;
  const auto stco = Find(stbl, {"stco"});
  const auto t = stco ? stco : Find(stbl, {"co64"});
  if (!t) return out;
  const int width = stco ? 4 : 8;
  const auto stride = static_cast<size_t>(width);
  const uint64_t count = t->Count(8, stride, t->U32(4));
  for (uint64_t i = 0; i < count; ++i)
    out.push_back(t->Read(8 + stride * i, width));
  return out;
}

void ExpandSamples(const View& stbl, OracleTrack* track) {
  const std::vector<uint64_t> sizes = Sizes(stbl);
  const auto stsc = Find(stbl, {"stsc"});
  if (!stsc || sizes.empty()) return;
  const std::vector<uint32_t> durations = Runs(stbl, "stts", sizes.size());
  const std::vector<uint32_t> offsets = Runs(stbl, "ctts", sizes.size());
  const auto sync = Listed(stbl, "stss");
  const std::set<uint64_t> partial = Listed(stbl, "stps").value_or(std::set<uint64_t>());
  track->has_sync_table = sync.has_value();
  const uint64_t runs = stsc->Count(8, 12, stsc->U32(4));
  uint64_t run = 0, chunk_number = 0;
  int64_t dts = 0;
  for (uint64_t base : ChunkOffsets(stbl)) {
    ++chunk_number;
    while (run + 1 < runs && stsc->U32(8 + 12 * (run + 1)) <= chunk_number)
      ++run;
    for (uint64_t k = stsc->U32(12 + 12 * run); k > 0; --k) {
      const size_t i = track->samples.size();
      if (i >= sizes.size()) return;
      OracleSample s;
      s.dts = dts;
      s.cts = dts + (i < offsets.size() ? static_cast<int32_t>(offsets[i]) : 0);
      s.duration = i < durations.size() ? durations[i] : durations.empty() ? 0 : durations.back();
      s.size = sizes[i];
      s.offset = base;
      s.sync = !sync || sync->count(i + 1) > 0 || partial.count(i + 1) > 0;
      s.description = static_cast<uint32_t>(stsc->U32(16 + 12 * run));
      base += s.size;
      dts += static_cast<int64_t>(s.duration);
      track->samples.push_back(s);
    }
  }
}

/// The description of each of n samples in the sample group `type`, its bytes as a number; nothing
/// where there is none.
std::vector<std::optional<uint64_t>> Groups(const View& stbl, const std::string& type, size_t n) {
  std::vector<uint64_t> descriptions;
  std::vector<std::optional<uint64_t>> of_samples;
  uint64_t otherwise = 0;
  std::vector<uint64_t> numbers;
  for (const Child& child : Children(stbl)) {
    const View& body = child.body;
    if (body.Text(4, 4) != type) continue;
    const uint64_t version = body.Read(0, 1);
    if (child.type == "sgpd") {
      size_t at = 8;
      const uint64_t every = version >= 1 ? body.U32(at) : type[0] == 's' || type == "rap " ? 1 : 2;
      at += version >= 1 ? 4 : 0;
      otherwise = version >= 2 ? body.U32(at) : 0;
      at += version >= 2 ? 4 : 0;
      const uint64_t count = body.U32(at);
      at += 4;
      for (uint64_t i = 0; i < count && at < body.size(); ++i) {
        const uint64_t length = every ? every : body.U32(at);
        at += every ? 0 : 4;
        descriptions.push_back(body.Read(at, length == 1 ? 1 : 2));
        at += length;
      }
    } else if (child.type == "sbgp") {
      const size_t at = version >= 1 ? 12 : 8;
      for (uint64_t i = 0; i < body.Count(at + 4, 8, body.U32(at)); ++i) {
        const uint64_t samples = std::min<uint64_t>(body.U32(at + 4 + 8 * i), n - numbers.size());
        numbers.insert(numbers.end(), samples, body.U32(at + 8 + 8 * i));
      }
    }
  }
  numbers.resize(n, otherwise);
  for (const uint64_t number : numbers) {
    const bool some = number >= 1 && number <= descriptions.size();
    of_samples.push_back(some ? std::optional(descriptions[number - 1]) : std::nullopt);
  }
  return of_samples;
}

void ExpandAccess(const View& stbl, OracleTrack* track) {
  const size_t n = track->samples.size();
  const auto sdtp = Find(stbl, {"sdtp"});
  const std::set<uint64_t> full = Listed(stbl, "stss").value_or(std::set<uint64_t>());
  const std::set<uint64_t> partial = Listed(stbl, "stps").value_or(std::set<uint64_t>());
  const auto raps = Groups(stbl, "rap ", n), syncs = Groups(stbl, "sync", n);
  const auto rolls = Groups(stbl, "roll", n), prols = Groups(stbl, "prol", n);
  for (size_t i = 0; i < n; ++i) {
    OracleSample& s = track->samples[i];
    const uint8_t dependency = sdtp ? static_cast<uint8_t>(sdtp->Read(4 + i, 1)) : 0;
    const bool depends = (dependency & 0x30) == 0x10 && track->handler == "vide";
    const bool rap_open = raps[i] && *raps[i] != 0x80;
    const bool sync_open = syncs[i] && ((*syncs[i] & 63) == 21 || (*syncs[i] & 63) == 16);
    uint32_t roll = 0;
    for (const auto& distance : {rolls[i], prols[i]}) {
      const int signed_distance = static_cast<int16_t>(distance.value_or(0));
      if (signed_distance < 0) roll = std::max(roll, static_cast<uint32_t>(-signed_distance));
    }
    s.sync = track->has_sync_table ? s.sync || raps[i] || syncs[i] : !depends;
    const bool only_partial = partial.count(i + 1) > 0 && full.count(i + 1) == 0;
    track->open.push_back(track->has_sync_table && (only_partial || rap_open || sync_open));
    track->rolls.push_back(roll);
    track->dependencies.push_back(track->handler == "vide" ? dependency : 0);
  }
}

std::vector<OracleEdit> Edits(const View& trak) {
  std::vector<OracleEdit> edits;
  const auto elst = Find(trak, {"edts", "elst"});
  if (!elst) return edits;
  const bool wide = elst->Read(0, 1) == 1;
  const size_t width = wide ? 8 : 4, stride = wide ? 20 : 12;
  const uint64_t count = elst->Count(8, stride, elst->U32(4));
  for (uint64_t i = 0; i < count; ++i) {
    OracleEdit edit;
    edit.duration = elst->Read(8 + stride * i, static_cast<int>(width));
    const uint64_t raw = elst->Read(8 + stride * i + width, static_cast<int>(width));
    edit.media_time = wide ? static_cast<int64_t>(raw) : static_cast<int32_t>(raw);
    edit.rate = static_cast<int16_t>(elst->Read(8 + stride * i + 2 * width, 2));
    edit.rate_fraction = static_cast<uint16_t>(elst->Read(10 + stride * i + 2 * width, 2));
    edits.push_back(edit);
  }
  return edits;
}

OracleTrack ReadTrack(const View& trak, uint32_t movie_timescale) {
  OracleTrack track;
  track.movie_timescale = movie_timescale;
  if (const auto tkhd = Find(trak, {"tkhd"})) {
    track.id = static_cast<uint32_t>(tkhd->U32(tkhd->Read(0, 1) == 1 ? 20 : 12));
  }
  if (const auto mdhd = Find(trak, {"mdia", "mdhd"})) {
    track.timescale = static_cast<uint32_t>(mdhd->U32(mdhd->Read(0, 1) == 1 ? 20 : 12));
  }
  if (const auto hdlr = Find(trak, {"mdia", "hdlr"})) track.handler = hdlr->Text(8, 4);
  if (const auto chap = Find(trak, {"tref", "chap"})) {
    for (size_t at = 0; at + 4 <= chap->size(); at += 4)
      track.chapter_tracks.push_back(chap->U32(at));
  }
  track.edits = Edits(trak);
  if (const auto stbl = Find(trak, {"mdia", "minf", "stbl"})) {
    if (const auto stsd = Find(*stbl, {"stsd"})) {
      for (const Child& c : Children(stsd->Sub(8, stsd->size())))
        track.entries.push_back(c.type);
    }
    ExpandSamples(*stbl, &track);
    ExpandAccess(*stbl, &track);
  }
  return track;
}

std::vector<uint8_t> Inflate(const View& cmvd) {
  std::vector<uint8_t> out;
#ifdef ISODEMUX_TEST_ZLIB
  uLongf size = static_cast<uLongf>(std::min<uint64_t>(cmvd.U32(0), 64u << 20));
  out.resize(size);
  if (uncompress(out.data(), &size, cmvd.data() + 4, cmvd.size() - 4) != Z_OK) size = 0;
  out.resize(size);
#else
  (void)cmvd;
#endif
  return out;
}

OracleMovie ReadMovie(const View& moov) {
  OracleMovie movie;
  if (const auto mvhd = Find(moov, {"mvhd"})) {
    const bool wide = mvhd->Read(0, 1) == 1;
    movie.timescale = static_cast<uint32_t>(mvhd->U32(wide ? 20 : 12));
    movie.duration = wide ? mvhd->Read(24, 8) : mvhd->U32(16);
  }
  for (const Child& child : Children(moov)) {
    if (child.type == "trak") movie.tracks.push_back(ReadTrack(child.body, movie.timescale));
  }
  for (OracleTrack& text : movie.tracks) {
    if (text.handler != "text" && text.handler != "sbtl") continue;
    for (const OracleTrack& other : movie.tracks) {
      const auto& named = other.chapter_tracks;
      const bool names = std::find(named.begin(), named.end(), text.id) != named.end();
      if (names && &other != &text) text.is_chapter_text = true;
    }
  }
  return movie;
}

}  // namespace

std::optional<OracleMovie> ExpandMovie(std::span<const uint8_t> file) {
  const auto moov = Find(View(file.data(), file.size()), {"moov"});
  if (!moov) return std::nullopt;
  const auto cmvd = Find(*moov, {"cmov", "cmvd"});
  if (!cmvd || cmvd->size() < 4) {
    OracleMovie movie = ReadMovie(*moov);
    ExpandFragments(View(file.data(), file.size()), *moov, &movie);
    return movie;
  }
  const std::vector<uint8_t> inflated = Inflate(*cmvd);
  const auto inner = Find(View(inflated.data(), inflated.size()), {"moov"});
  if (!inner) return std::nullopt;
  return ReadMovie(*inner);
}

std::optional<std::vector<ScriptRow>> ParseExpandOutput(const std::string& text) {
  std::vector<ScriptRow> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    ScriptRow row;
    long long dts = 0, cts = 0;
    unsigned long long index = 0, duration = 0, size = 0, offset = 0;
    unsigned sync = 0, id = 0, description = 0;
    if (std::sscanf(line.c_str(),
                    "%u,%llu,%lld,%lld,%llu,%llu,%llu,%u,%u",
                    &id,
                    &index,
                    &dts,
                    &cts,
                    &duration,
                    &size,
                    &offset,
                    &sync,
                    &description) != 9) {
      return std::nullopt;
    }
    row.track_id = id;
    row.index = index;
    row.sample = {dts, cts, duration, size, offset, sync != 0, description};
    rows.push_back(row);
  }
  return rows;
}

std::vector<std::optional<std::vector<ScriptRow>>> RunExpandScript(
    const std::string& script, const std::vector<std::string>& files) {
  // Between the files a line "=", or "!" where the script failed.
  std::string command =
      "python3 -B -c '"
      "import runpy, sys\n"
      "expand = runpy.run_path(sys.argv[1])[\"expand\"]\n"
      "for name in sys.argv[2:]:\n"
      "  try:\n"
      "    for t in expand(name).values():\n"
      "      for i, s in enumerate(t.samples): print(t.id, i, *s, sep=\",\")\n"
      "    print(\"=\")\n"
      "  except Exception: print(\"!\")\n' '" +
      script + "'";
  for (const std::string& file : files)
    command += " '" + file + "'";
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return {};
  std::string text;
  char block[65536];
  for (size_t n; (n = fread(block, 1, sizeof block, pipe)) > 0;)
    text.append(block, n);
  if (pclose(pipe) != 0) return {};
  std::vector<std::optional<std::vector<ScriptRow>>> results;
  std::istringstream lines(text);
  std::string rows;
  for (std::string line; std::getline(lines, line);) {
    if (line == "=" || line == "!") {
      results.push_back(line == "=" ? ParseExpandOutput(rows) : std::nullopt);
      rows.clear();
    } else {
      rows += line + "\n";
    }
  }
  return results;
}

std::string CompareWithScript(const OracleMovie& movie, const std::vector<ScriptRow>& rows) {
  std::set<uint32_t> seen;
  size_t total = 0;
  for (const OracleTrack& track : movie.tracks) {
    if (!seen.insert(track.id).second) continue;  // the script keeps the first of an id
    std::vector<OracleSample> samples;
    for (const ScriptRow& row : rows) {
      if (row.track_id == track.id) samples.push_back(row.sample);
    }
    total += samples.size();
    if (samples.size() != track.samples.size()) {
      return "track " + std::to_string(track.id) + ": " + std::to_string(track.samples.size()) +
             " samples, the script has " + std::to_string(samples.size());
    }
    for (size_t i = 0; i < samples.size(); ++i) {
      if (samples[i] != track.samples[i]) {
        return "track " + std::to_string(track.id) + " sample " + std::to_string(i) + " differs";
      }
    }
  }
  return total == rows.size() ? "" : "the script has tracks that the expansion has not";
}

}  // namespace iso::test
