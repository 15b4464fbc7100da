// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The oracle: every sample of a well-formed file by naive expansion of its tables and
// fragments. Shares nothing with the core, so that both cannot be wrong in the same way.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace iso::test {

struct OracleSample {
  int64_t dts = 0;  ///< ticks, before any edit list
  int64_t cts = 0;
  uint64_t duration = 0;
  uint64_t size = 0;
  uint64_t offset = 0;
  bool sync = false;  ///< by stss and stps, and by groups that name random access points
  uint32_t description = 1;

  bool operator==(const OracleSample&) const = default;
};

struct OracleEdit {
  uint64_t duration = 0;   ///< movie ticks
  int64_t media_time = 0;  ///< media ticks, -1 for an empty edit
  int16_t rate = 1;
  uint16_t rate_fraction = 0;  ///< 1/65536
};

struct OracleTrack {
  uint32_t id = 0;
  std::string handler;
  std::vector<std::string> entries;
  uint32_t timescale = 1;
  uint32_t movie_timescale = 1;
  bool has_sync_table = false;  ///< or fragments with samples that are not sync samples
  std::vector<uint64_t> chapter_tracks;  ///< that tref/chap names
  bool is_chapter_text = false;          ///< a text track that another one names
  std::vector<OracleEdit> edits;
  int64_t start_ns = 0;  ///< of the movie, where its fragments begin 10 s or more after 0
  std::vector<OracleSample> samples;
  // For each sample:
  std::vector<uint32_t> rolls;        ///< samples to start before it (`roll`, `prol`); 0: not said
  std::vector<bool> open;             ///< a sync sample of an open GOP (stps, `rap `, `sync`)
  std::vector<uint8_t> dependencies;  ///< its byte of sdtp
};

struct OracleMovie {
  uint32_t timescale = 1;
  uint64_t duration = 0;
  bool fragmented = false;
  std::vector<OracleTrack> tracks;  ///< in file order, also those with an id seen before
};

/// nullopt where there is no readable moov.
std::optional<OracleMovie> ExpandMovie(std::span<const uint8_t> file);

/// One row of expand.py.
struct ScriptRow {
  uint32_t track_id = 0;
  uint64_t index = 0;
  OracleSample sample;
};

/// Runs the script's expand() on all files in one python3; one result for each file, nullopt
/// where it failed. Rows in the script's order. Empty if python3 cannot be run.
std::vector<std::optional<std::vector<ScriptRow>>> RunExpandScript(
    const std::string& script, const std::vector<std::string>& files);

/// Parses the script's output; lines that are no rows make it fail.
std::optional<std::vector<ScriptRow>> ParseExpandOutput(const std::string& text);

/// The first difference between the script's rows and the expansion; empty if none.
std::string CompareWithScript(const OracleMovie& movie, const std::vector<ScriptRow>& rows);

}  // namespace iso::test
