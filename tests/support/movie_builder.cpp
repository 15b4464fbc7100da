// SPDX-License-Identifier: LGPL-2.1-or-later
//
// BuildMovie: lays the chunks out, then writes the headers for that layout.

#include "movie_builder.h"

#include <algorithm>
#include <map>
#include <utility>

#ifdef ISODEMUX_TEST_ZLIB
#include <zlib.h>
#endif

namespace iso::test {

namespace {

struct Chunk {
  size_t track = 0;
  size_t first = 0;
  size_t count = 0;
  uint32_t description = 1;
  double time = 0;
  uint64_t offset = 0;  ///< from the start of the mdat's content
};

// A chunk ends where the pattern says, and where the sample description changes.
std::vector<Chunk> ChunksOf(const TrackSpec& track, size_t track_index) {
  std::vector<Chunk> chunks;
  uint64_t time = 0;
  for (size_t i = 0; i < track.samples.size();) {
    const uint32_t want = track.chunk_pattern[chunks.size() % track.chunk_pattern.size()];
    Chunk chunk{track_index,
                i,
                0,
                track.samples[i].description,
                static_cast<double>(time) / track.timescale,
                0};
    while (i < track.samples.size() && chunk.count < want &&
           track.samples[i].description == chunk.description) {
      time += track.samples[i].duration;
      ++chunk.count;
      ++i;
    }
    chunks.push_back(chunk);
  }
  return chunks;
}

struct Layout {
  std::vector<std::vector<Chunk>> by_track;
  Bytes media;
};

Layout LayOut(const MovieSpec& spec) {
  Layout layout;
  std::vector<Chunk> all;
  for (size_t t = 0; t < spec.tracks.size(); ++t) {
    const std::vector<Chunk> chunks = ChunksOf(spec.tracks[t], t);
    all.insert(all.end(), chunks.begin(), chunks.end());
  }
  std::stable_sort(
      all.begin(), all.end(), [](const Chunk& a, const Chunk& b) { return a.time < b.time; });
  if (spec.reverse_chunks) std::reverse(all.begin(), all.end());
  layout.by_track.resize(spec.tracks.size());
  for (Chunk& chunk : all) {
    chunk.offset = layout.media.size();
    for (size_t i = 0; i < chunk.count; ++i) {
      const Bytes sample = SamplePayload(spec.tracks[chunk.track], chunk.first + i);
      layout.media.insert(layout.media.end(), sample.begin(), sample.end());
    }
    layout.by_track[chunk.track].push_back(chunk);
  }
  for (std::vector<Chunk>& chunks : layout.by_track) {
    std::sort(chunks.begin(), chunks.end(), [](const Chunk& a, const Chunk& b) {
      return a.first < b.first;
    });
  }
  return layout;
}

// Run-length form of a value for each sample: (count, value) pairs.
template <class Get>
Bytes RunTable(const TrackSpec& track, size_t missing, bool dense, const Get& get) {
  std::vector<std::pair<uint32_t, uint32_t>> runs;
  const size_t n = track.samples.size() - std::min(missing, track.samples.size());
  for (size_t i = 0; i < n; ++i) {
    const auto value = static_cast<uint32_t>(get(track.samples[i]));
    if (!dense && !runs.empty() && runs.back().second == value) {
      ++runs.back().first;
    } else {
      runs.emplace_back(1, value);
    }
  }
  ByteWriter w;
  w.U32(runs.size());
  for (const auto& [count, value] : runs)
    w.U32(count).U32(value);
  return w.bytes();
}

Bytes SizesBox(const TrackSpec& track) {
  const size_t n = track.samples.size();
  ByteWriter w;
  if (track.size_form == SizeForm::kStszConstant) {
    return FullBox("stsz", 0, 0, w.U32(n ? track.samples[0].size : 0).U32(n).bytes());
  }
  if (track.size_form == SizeForm::kStsz) {
    w.U32(0).U32(n);
    for (const SampleSpec& s : track.samples)
      w.U32(s.size);
    return FullBox("stsz", 0, 0, w.bytes());
  }
  const int bits = track.size_form == SizeForm::kStz2Nibble ? 4
                   : track.size_form == SizeForm::kStz2Byte ? 8
                                                            : 16;
  w.U24(0).U8(static_cast<uint64_t>(bits)).U32(n);
  for (size_t i = 0; i < n; ++i) {
    if (bits == 16) w.U16(track.samples[i].size);
    if (bits == 8) w.U8(track.samples[i].size);
    if (bits == 4 && i % 2 == 0) {
      const uint32_t next = i + 1 < n ? track.samples[i + 1].size : 0;
      w.U8((track.samples[i].size & 15) << 4 | (next & 15));
    }
  }
  return FullBox("stz2", 0, 0, w.bytes());
}

Bytes ChunkBoxes(const TrackSpec& track, const std::vector<Chunk>& chunks, uint64_t media_start) {
  ByteWriter offsets;
  offsets.U32(chunks.size());
  for (const Chunk& c : chunks)
    offsets.Wide(media_start + c.offset, track.co64);
  ByteWriter runs;
  uint32_t count = 0;
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (i > 0 && chunks[i].count == chunks[i - 1].count &&
        chunks[i].description == chunks[i - 1].description) {
      continue;
    }
    runs.U32(i + 1).U32(chunks[i].count).U32(chunks[i].description);
    ++count;
  }
  return ByteWriter()
      .Add(FullBox("stsc", 0, 0, ByteWriter().U32(count).Add(runs.bytes()).bytes()))
      .Add(FullBox(track.co64 ? "co64" : "stco", 0, 0, offsets.bytes()))
      .bytes();
}

Bytes SyncBox(const TrackSpec& track, std::string_view type, bool partial) {
  ByteWriter w;
  uint32_t count = 0;
  for (size_t i = 0; i < track.samples.size(); ++i) {
    const SampleSpec& s = track.samples[i];
    if (s.sync && s.partial == partial) {
      w.U32(i + 1);
      ++count;
    }
  }
  return FullBox(type, 0, 0, ByteWriter().U32(count).Add(w.bytes()).bytes());
}

Bytes DependencyBox(const TrackSpec& track) {
  ByteWriter w;
  for (const SampleSpec& s : track.samples)
    w.U8(s.dependency);
  return FullBox("sdtp", 0, 0, w.bytes());
}

Bytes GroupBoxes(const GroupSpec& group) {
  ByteWriter descriptions;
  for (const Bytes& description : group.descriptions) {
    if (group.own_lengths) descriptions.U32(description.size());
    descriptions.Add(description);
  }
  ByteWriter sgpd;
  sgpd.Text(group.type);
  if (group.version >= 1) sgpd.U32(group.own_lengths ? 0 : group.descriptions.at(0).size());
  if (group.version >= 2) sgpd.U32(group.default_index);
  sgpd.U32(group.descriptions.size()).Add(descriptions.bytes());
  ByteWriter runs;
  uint32_t count = 0;
  for (size_t i = 0, end; i < group.of_samples.size(); i = end, ++count) {
    for (end = i; end < group.of_samples.size() && group.of_samples[end] == group.of_samples[i];)
      ++end;
    runs.U32(end - i).U32(group.of_samples[i]);
  }
  ByteWriter sbgp;
  sbgp.Text(group.type);
  if (group.runs_version >= 1) sbgp.U32(0);
  sbgp.U32(count).Add(runs.bytes());
  ByteWriter w;
  w.Add(FullBox("sgpd", group.version, 0, sgpd.bytes()));
  if (group.has_runs) w.Add(FullBox("sbgp", group.runs_version, 0, sbgp.bytes()));
  return w.bytes();
}

Bytes CompositionBoxes(const TrackSpec& track) {
  ByteWriter w;
  if (track.ctts != CttsForm::kNone) {
    w.Add(FullBox("ctts",
                  track.ctts == CttsForm::kVersion1 ? 1 : 0,
                  0,
                  RunTable(track, track.ctts_missing, track.ctts_dense, [](const SampleSpec& s) {
                    return s.cts;
                  })));
  }
  if (track.cslg_shift) {
    int32_t least = INT32_MAX, greatest = INT32_MIN;
    for (const SampleSpec& s : track.samples) {
      least = std::min(least, s.cts);
      greatest = std::max(greatest, s.cts);
    }
    w.Add(FullBox("cslg",
                  0,
                  0,
                  ByteWriter()
                      .U32(static_cast<uint32_t>(*track.cslg_shift))
                      .U32(static_cast<uint32_t>(least))
                      .U32(static_cast<uint32_t>(greatest))
                      .U32(0)
                      .U32(MediaDuration(track))
                      .bytes()));
  }
  return w.bytes();
}

Bytes SampleTableBox(const TrackSpec& track, const std::vector<Chunk>& chunks, uint64_t start) {
  ByteWriter entries;
  entries.U32(track.entries.size());
  for (const Bytes& entry : track.entries)
    entries.Add(entry);
  ByteWriter w;
  w.Add(FullBox("stsd", 0, 0, entries.bytes()));
  w.Add(FullBox(
      "stts", 0, 0, RunTable(track, track.stts_missing, track.stts_dense, [](const SampleSpec& s) {
        return s.duration;
      })));
  w.Add(CompositionBoxes(track));
  if (track.stss) w.Add(SyncBox(track, "stss", false));
  if (track.stps) w.Add(SyncBox(track, "stps", true));
  if (track.sdtp) w.Add(DependencyBox(track));
  for (const GroupSpec& group : track.groups)
    w.Add(GroupBoxes(group));
  w.Add(SizesBox(track));
  w.Add(ChunkBoxes(track, chunks, start));
  w.Add(track.stbl);
  return Box("stbl", w.bytes());
}

Bytes MediaHeaderBox(const std::string& handler) {
  if (handler == "vide" || handler == "pict") {
    return FullBox("vmhd", 0, 1, ByteWriter().Zeros(8).bytes());
  }
  if (handler == "soun") return FullBox("smhd", 0, 0, ByteWriter().Zeros(4).bytes());
  return FullBox("nmhd", 0, 0, {});
}

uint32_t PackLanguage(const std::string& code) {
  uint32_t packed = 0;
  for (char c : code)
    packed = packed << 5 | static_cast<uint32_t>((c - 0x60) & 31);
  return packed;
}

Bytes MediaBox(const TrackSpec& track, const std::vector<Chunk>& chunks, uint64_t start) {
  const bool wide = track.wide_headers;
  const Bytes mdhd = FullBox("mdhd",
                             wide ? 1 : 0,
                             0,
                             ByteWriter()
                                 .Wide(0, wide)
                                 .Wide(0, wide)
                                 .U32(track.timescale)
                                 .Wide(MediaDuration(track), wide)
                                 .U16(PackLanguage(track.language))
                                 .U16(0)
                                 .bytes());
  const Bytes hdlr = FullBox(
      "hdlr", 0, 0, ByteWriter().U32(0).Text(track.handler).Zeros(12).Text("test").U8(0).bytes());
  const Bytes dref =
      FullBox("dref", 0, 0, ByteWriter().U32(1).Add(FullBox("url ", 0, 1, {})).bytes());
  const Bytes minf = Box("minf",
                         ByteWriter()
                             .Add(MediaHeaderBox(track.handler))
                             .Add(Box("dinf", dref))
                             .Add(SampleTableBox(track, chunks, start))
                             .bytes());
  return Box("mdia", ByteWriter().Add(mdhd).Add(hdlr).Add(minf).bytes());
}

uint64_t EditedDuration(const MovieSpec& spec, const TrackSpec& track) {
  if (!track.has_edits) return MediaDuration(track) * spec.timescale / track.timescale;
  uint64_t sum = 0;
  for (const EditSpec& edit : track.edits)
    sum += edit.duration;
  return sum;
}

void PutMatrix(ByteWriter& w) {
  w.U32(0x10000).U32(0).U32(0).U32(0).U32(0x10000).U32(0).U32(0).U32(0).U32(0x40000000);
}

Bytes TrackHeaderBox(const MovieSpec& spec, const TrackSpec& track) {
  const bool wide = track.wide_headers;
  ByteWriter w;
  w.Wide(0, wide).Wide(0, wide).U32(track.id).U32(0).Wide(EditedDuration(spec, track), wide);
  w.Zeros(8).U16(0).U16(0).U16(track.handler == "soun" ? 0x100 : 0).U16(0);
  PutMatrix(w);
  w.U32(track.width << 16).U32(track.height << 16);
  return FullBox("tkhd", wide ? 1 : 0, 7, w.bytes());
}

Bytes EditBox(const TrackSpec& track) {
  const bool wide = track.elst_version == 1;
  ByteWriter w;
  w.U32(track.edits.size());
  for (const EditSpec& edit : track.edits) {
    w.Wide(edit.duration, wide).Wide(static_cast<uint64_t>(edit.media_time), wide);
    w.U16(static_cast<uint16_t>(edit.rate)).U16(edit.rate_fraction);
  }
  return Box("edts", FullBox("elst", track.elst_version, 0, w.bytes()));
}

Bytes TrackBox(const MovieSpec& spec,
               const TrackSpec& track,
               const std::vector<Chunk>& chunks,
               uint64_t start) {
  ByteWriter w;
  w.Add(TrackHeaderBox(spec, track));
  if (track.has_edits) w.Add(EditBox(track));
  w.Add(MediaBox(track, chunks, start));
  if (!track.udta.empty()) w.Add(Box("udta", track.udta));
  w.Add(track.trak);
  return Box("trak", w.bytes());
}

Bytes CompressMoov(const Bytes& moov) {
#ifdef ISODEMUX_TEST_ZLIB
  uLongf size = compressBound(moov.size());
  Bytes packed(size);
  compress(packed.data(), &size, moov.data(), moov.size());
  packed.resize(size);
  const Bytes cmvd = Box("cmvd", ByteWriter().U32(moov.size()).Add(packed).bytes());
  const Bytes dcom = Box("dcom", ByteWriter().Text("zlib").bytes());
  return Box("moov", Box("cmov", ByteWriter().Add(dcom).Add(cmvd).bytes()));
#else
  return moov;
#endif
}

Bytes MoovBox(const MovieSpec& spec, const Layout& layout, uint64_t media_start) {
  uint64_t duration = 0;
  uint32_t next_id = 1;
  for (const TrackSpec& track : spec.tracks) {
    duration = std::max(duration, EditedDuration(spec, track));
    next_id = std::max(next_id, track.id + 1);
  }
  const bool wide = spec.wide_mvhd;
  ByteWriter mvhd;
  mvhd.Wide(0, wide).Wide(0, wide).U32(spec.timescale).Wide(duration, wide);
  mvhd.U32(0x10000).U16(0x100).Zeros(10);
  PutMatrix(mvhd);
  mvhd.Zeros(24).U32(next_id);
  ByteWriter w;
  w.Add(FullBox("mvhd", wide ? 1 : 0, 0, mvhd.bytes()));
  for (size_t t = 0; t < spec.tracks.size(); ++t) {
    w.Add(TrackBox(spec, spec.tracks[t], layout.by_track[t], media_start));
  }
  if (!spec.udta.empty()) w.Add(Box("udta", spec.udta));
  w.Add(spec.moov_boxes);
  const Bytes moov = Box("moov", w.bytes(), spec.large_moov);
  return spec.compressed_moov ? CompressMoov(moov) : moov;
}

Bytes Filler() {
  return ByteWriter()
      .Add(Box("free", ByteWriter().Zeros(13).bytes()))
      .Add(Box("skip", {}))
      .Add(Box("uuid", ByteWriter().Text("0123456789abcdef").U32(7).bytes()))
      .bytes();
}

Bytes MdatHeader(const MovieSpec& spec, size_t size) {
  if (spec.no_mdat) return {};
  if (spec.mdat_to_end) return ByteWriter().U32(0).Text("mdat").bytes();
  if (spec.large_mdat) return ByteWriter().U32(1).Text("mdat").U64(size + 16).bytes();
  return ByteWriter().U32(size + 8).Text("mdat").bytes();
}

}  // namespace

uint8_t PayloadByte(uint32_t track_id, size_t index, size_t position) {
  uint64_t x = (uint64_t{track_id} << 48) ^ (uint64_t{index} << 24) ^ (position / 8);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  x ^= x >> 31;
  return static_cast<uint8_t>(x >> (8 * (position % 8)));
}

Bytes SamplePayload(const TrackSpec& track, size_t index) {
  if (track.payload) return track.payload(index);
  Bytes bytes(track.samples[index].size);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = PayloadByte(track.id, index, i);
  return bytes;
}

bool CanCompressMoov() {
#ifdef ISODEMUX_TEST_ZLIB
  return true;
#else
  return false;
#endif
}

uint64_t MediaDuration(const TrackSpec& track) {
  uint64_t sum = 0;
  for (const SampleSpec& s : track.samples)
    sum += s.duration;
  return sum;
}

Bytes BuildMovie(const MovieSpec& spec) {
  const Layout layout = LayOut(spec);
  ByteWriter head;
  if (!spec.brand.empty()) {
    head.Add(Box("ftyp", ByteWriter().Text(spec.brand).U32(0x200).Text(spec.brand).bytes()));
  }
  if (spec.filler) head.Add(Filler());
  const Bytes mdat_header = MdatHeader(spec, layout.media.size());
  ByteWriter tail;
  if (spec.filler) tail.Add(Filler());
  if (spec.wide_box) tail.Add(Box("wide", {}));
  tail.Add(mdat_header);
  uint64_t media_start = head.size() + tail.size();
  if (spec.moov_first) media_start += MoovBox(spec, layout, 0).size();
  const Bytes moov = MoovBox(spec, layout, media_start);
  ByteWriter file;
  file.Add(head.bytes());
  if (spec.moov_first) file.Add(moov);
  file.Add(tail.bytes()).Add(layout.media);
  if (!spec.moov_first) {
    if (spec.filler) file.Add(Filler());
    file.Add(moov);
  }
  return file.Add(spec.tail).bytes();
}

}  // namespace iso::test
