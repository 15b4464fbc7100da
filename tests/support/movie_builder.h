// SPDX-License-Identifier: LGPL-2.1-or-later
//
// MovieSpec and BuildMovie: small, valid movies of every table form, built in memory.
// Payload bytes are a function of (track, sample, position), so content can be checked.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "byte_writer.h"

namespace iso::test {

struct SampleSpec {
  uint32_t size = 100;
  uint32_t duration = 1;
  int32_t cts = 0;  ///< composition offset, as written to ctts
  bool sync = true;
  bool partial = false;  ///< listed in stps instead of stss
  uint32_t description = 1;
  uint8_t dependency = 0;  ///< as written to sdtp
};

/// A sgpd and a sbgp of one kind.
struct GroupSpec {
  std::string type;
  int version = 1;             ///< of the sgpd
  bool own_lengths = false;    ///< each description has its length before it
  uint32_t default_index = 0;  ///< version 2
  std::vector<Bytes> descriptions;
  bool has_runs = true;
  std::vector<uint32_t> of_samples;  ///< numbers of descriptions; there may be fewer than samples
  int runs_version = 0;              ///< of the sbgp
};

struct EditSpec {
  uint64_t duration = 0;   ///< in the movie's timescale
  int64_t media_time = 0;  ///< in the media's timescale; -1 is an empty edit
  int16_t rate = 1;
  uint16_t rate_fraction = 0;  ///< 1/65536
};

enum class SizeForm { kStsz, kStszConstant, kStz2Nibble, kStz2Byte, kStz2Short };

enum class CttsForm { kNone, kVersion0, kVersion1 };

struct TrackSpec {
  uint32_t id = 1;
  std::string handler = "vide";
  uint32_t timescale = 600;
  uint32_t width = 0;
  uint32_t height = 0;
  std::string language = "und";
  bool wide_headers = false;  ///< version 1 of tkhd and mdhd
  std::vector<Bytes> entries;
  std::vector<SampleSpec> samples;
  /// Content of a sample; without it, PayloadByte says.
  std::function<Bytes(size_t index)> payload;

  SizeForm size_form = SizeForm::kStsz;
  bool co64 = false;
  bool stts_dense = false;  ///< one entry for each sample
  size_t stts_missing = 0;  ///< samples at the end that stts does not cover
  CttsForm ctts = CttsForm::kNone;
  bool ctts_dense = false;                    ///< one entry for each sample
  size_t ctts_missing = 0;                    ///< samples at the end that ctts does not cover
  std::optional<int32_t> cslg_shift;          ///< writes a cslg with this composition-to-DTS shift
  std::vector<uint32_t> chunk_pattern = {5};  ///< samples per chunk, used over and over
  bool stss = false;
  bool stps = false;
  bool sdtp = false;
  std::vector<GroupSpec> groups;
  bool has_edits = false;
  int elst_version = 0;
  std::vector<EditSpec> edits;
  Bytes udta;  ///< whole boxes to go into the track's udta
  Bytes stbl;  ///< whole boxes to go into its stbl
  Bytes trak;  ///< whole boxes to go into its trak
};

struct MovieSpec {
  std::string brand = "isom";  ///< empty: no ftyp
  uint32_t timescale = 1000;
  bool moov_first = true;
  bool wide_mvhd = false;
  bool large_mdat = false;  ///< 64-bit box size
  bool large_moov = false;
  bool mdat_to_end = false;      ///< size 0; needs the moov first
  bool wide_box = false;         ///< a `wide` before the mdat
  bool filler = false;           ///< `free`, `skip` and `uuid` boxes between the others
  bool compressed_moov = false;  ///< cmov; needs the moov last, and zlib
  bool reverse_chunks = false;   ///< chunks lie in the file last first
  std::vector<TrackSpec> tracks;
  Bytes udta;            ///< whole boxes to go into the movie's udta
  Bytes moov_boxes;      ///< more whole boxes for the moov
  bool no_mdat = false;  ///< for headers alone
  Bytes tail;            ///< whole boxes at the end of the file
};

/// The byte at `position` of sample `index` of a track without a payload of its own.
uint8_t PayloadByte(uint32_t track_id, size_t index, size_t position);

/// The content of sample `index` (0-based).
Bytes SamplePayload(const TrackSpec& track, size_t index);

/// Whether compressed movie headers can be built (zlib was there at build time).
bool CanCompressMoov();

Bytes BuildMovie(const MovieSpec& spec);

/// Sum of the durations, in the track's timescale.
uint64_t MediaDuration(const TrackSpec& track);

// Sample entries.
Bytes Avc1Entry(uint32_t width, uint32_t height, uint8_t level = 31);
Bytes VisualEntry(std::string_view type, uint32_t width, uint32_t height, const Bytes& boxes = {});
Bytes AudioEntry(std::string_view type,
                 uint32_t channels,
                 uint32_t bits,
                 uint32_t rate,
                 const Bytes& boxes = {});
Bytes Mp4aEntry(uint32_t channels, uint32_t rate, uint8_t object_type = 0x40);
Bytes Tx3gEntry();
Bytes MettEntry(std::string_view mime);
Bytes PlainEntry(std::string_view type);  ///< reserved bytes and data reference only

// Metadata.
Bytes IlstText(std::string_view type, std::string_view text);
Bytes IlstBinary(std::string_view type, uint32_t kind, const Bytes& value);
Bytes ItunesMeta(const Bytes& ilst_items);  ///< `meta` with an mdir handler, for a udta

/// A tx3g/text sample: 16-bit length and UTF-8.
Bytes TextSample(std::string_view text);

}  // namespace iso::test
