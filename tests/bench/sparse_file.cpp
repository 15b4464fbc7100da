// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The boxes of a benchmark movie, and the writing of the file.

#include "sparse_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include "box_tree.h"
#include "fragment_file.h"

namespace iso::bench {

namespace {

constexpr uint32_t kMovieTimescale = 48'000;  // holds both tracks' durations exactly
constexpr uint16_t kWidth = 320;
constexpr uint16_t kHeight = 240;
constexpr uint64_t kMdatHeader = 16;

/// H.264 High 3.1, 320x240, 8 bit 4:2:0: one SPS, one PPS.
constexpr std::string_view kAvcConfig(
    "\x01\x64\x00\x1f\xff\xe1\x00\x09\x67\x64\x00\x1f\xac\xd9\x01\x41\xf9"
    "\x01\x00\x04\x68\xce\x3c\x80\xfd\xf8\xf8\x00",
    28);

/// MPEG-4 AAC LC, 48 kHz, stereo.
constexpr std::string_view kEsds(
    "\x00\x00\x00\x00\x03\x19\x00\x02\x00\x04\x11\x40\x15\x00\x00\x00\x00\x01\xf4\x00"
    "\x00\x01\xf4\x00\x05\x02\x11\x90\x06\x01\x02",
    31);

void Store32(uint8_t* out, uint64_t value) {
  for (int i = 0; i < 4; ++i) {
    out[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
  }
}

void Store64(uint8_t* out, uint64_t value) {
  Store32(out, value >> 32);
  Store32(out + 4, value);
}

template <class Value>
Table Column32(uint64_t count, Value value) {
  return {count, 4, [value](uint64_t first, uint64_t n, uint8_t* out) {
            for (uint64_t i = 0; i < n; ++i) {
              Store32(out + 4 * i, value(first + i));
            }
          }};
}

/// Entries of (1, value): a run for each sample.
template <class Value>
Table RunsOfOne(uint64_t count, Value value) {
  return {count, 8, [value](uint64_t first, uint64_t n, uint8_t* out) {
            for (uint64_t i = 0; i < n; ++i) {
              Store32(out + 8 * i, 1);
              Store32(out + 8 * i + 4, value(first + i));
            }
          }};
}

std::string Counted(uint64_t count) {
  return Fields().U32(0).U32(static_cast<uint32_t>(count)).Take();
}

/// Samples that the moov's own tables name.
uint64_t TableCount(const MovieLayout& layout, Track track) {
  return layout.IsFragmented() ? 0 : layout.SampleCount(track);
}

Box TimeToSample(const MovieLayout& layout, Track track) {
  const uint64_t count = TableCount(layout, track);
  if (count == 0) return {"stts", Counted(0)};
  if (track == Track::kVideo && layout.spec().variable_rate) {
    return {"stts", Counted(count), {}, RunsOfOne(count, [&layout](uint64_t i) {
              return layout.DecodeTicks(Track::kVideo, i + 1) -
                     layout.DecodeTicks(Track::kVideo, i);
            })};
  }
  const uint32_t ticks =
      track == Track::kVideo ? MovieLayout::kFrameTicks : MovieLayout::kAudioTicks;
  return {"stts", Counted(1) + Fields().U32(static_cast<uint32_t>(count)).U32(ticks).Take()};
}

Box CompositionOffsets(const MovieLayout& layout) {
  const uint64_t count = layout.SampleCount(Track::kVideo);
  return {"ctts", Counted(count), {}, RunsOfOne(count, [&layout](uint64_t i) {
            return layout.CompositionOffset(i);
          })};
}

Box SyncSamples(const MovieLayout& layout) {
  const uint64_t count = layout.SampleCount(Track::kVideo) / MovieLayout::kGroup;
  return {"stss", Counted(count), {}, Column32(count, [](uint64_t i) {
            return i * MovieLayout::kGroup + 1;
          })};
}

Box SampleToChunk(const MovieLayout& layout, Track track) {
  const uint32_t per_chunk = MovieLayout::SamplesPerChunk(track);
  const auto rest = static_cast<uint32_t>(layout.SampleCount(track) % per_chunk);
  Fields runs;
  runs.U32(1).U32(per_chunk).U32(1);
  if (rest != 0) {
    runs.U32(static_cast<uint32_t>(layout.ChunkCount(track))).U32(rest).U32(1);
  }
  return {"stsc", Counted(rest == 0 ? 1 : 2) + runs.Take()};
}

Box SampleSizeBox(const MovieLayout& layout, Track track) {
  const uint64_t count = layout.SampleCount(track);
  return {"stsz",
          Fields().U32(0).U32(0).U32(static_cast<uint32_t>(count)).Take(),
          {},
          Column32(count, [&layout, track](uint64_t i) { return layout.Size(track, i); })};
}

Box ChunkOffsets(const MovieLayout& layout, Track track, uint64_t payload_start) {
  const uint64_t count = layout.ChunkCount(track);
  const auto fill = [&layout, track, payload_start](uint64_t first, uint64_t n, uint8_t* out) {
    for (uint64_t i = 0; i < n; ++i) {
      Store64(out + 8 * i, payload_start + layout.ChunkOffset(track, first + i));
    }
  };
  return {"co64", Counted(count), {}, {count, 8, fill}};
}

Box VideoEntry() {
  Fields entry;
  entry.Zeros(6).U16(1).Zeros(16).U16(kWidth).U16(kHeight).U32(72 << 16).U32(72 << 16).U32(0);
  entry.U16(1).Zeros(32).U16(24).U16(0xffff);
  return {"avc1", entry.Take(), {{"avcC", std::string(kAvcConfig)}}};
}

Box AudioEntry() {
  Fields entry;
  entry.Zeros(6).U16(1).Zeros(8).U16(2).U16(16).Zeros(4).U32(MovieLayout::kAudioTimescale << 16);
  return {"mp4a", entry.Take(), {{"esds", std::string(kEsds)}}};
}

Box SampleTableBox(const MovieLayout& layout, Track track, uint64_t payload_start) {
  const bool video = track == Track::kVideo;
  Box stbl{"stbl", ""};
  stbl.children.push_back({"stsd", Counted(1), {video ? VideoEntry() : AudioEntry()}});
  stbl.children.push_back(TimeToSample(layout, track));
  if (layout.IsFragmented()) {
    stbl.children.push_back({"stsc", Counted(0)});
    stbl.children.push_back({"stsz", Fields().Zeros(12).Take()});
    stbl.children.push_back({"stco", Counted(0)});
    return stbl;
  }
  if (video) {
    stbl.children.push_back(CompositionOffsets(layout));
    stbl.children.push_back(SyncSamples(layout));
  }
  stbl.children.push_back(SampleToChunk(layout, track));
  stbl.children.push_back(SampleSizeBox(layout, track));
  stbl.children.push_back(ChunkOffsets(layout, track, payload_start));
  return stbl;
}

uint32_t TimescaleOf(Track track) {
  return track == Track::kVideo ? MovieLayout::kVideoTimescale : MovieLayout::kAudioTimescale;
}

/// 0 for fragments: how long they last is not known when the moov is written.
uint64_t MovieTicks(const MovieLayout& layout, Track track) {
  if (layout.IsFragmented()) return 0;
  const uint64_t ticks = layout.DecodeTicks(track, layout.SampleCount(track));
  return ticks * (kMovieTimescale / 240) / (TimescaleOf(track) / 240);
}

void AppendMatrix(Fields& fields) {
  fields.U32(0x10000).Zeros(12).U32(0x10000).Zeros(12).U32(0x40000000);
}

Box TrackHeader(const MovieLayout& layout, Track track) {
  const bool video = track == Track::kVideo;
  Fields tkhd;
  tkhd.U32(0x01000003).Zeros(16).U32(video ? 1 : 2).U32(0).U64(MovieTicks(layout, track));
  tkhd.Zeros(12).U16(video ? 0 : 0x100).U16(0);
  AppendMatrix(tkhd);
  tkhd.U32(video ? kWidth << 16 : 0).U32(video ? kHeight << 16 : 0);
  return {"tkhd", tkhd.Take()};
}

Box EditList(const MovieLayout& layout, Track track) {
  Fields elst;
  elst.U32(0x01000000).U32(1);
  elst.U64(MovieTicks(layout, track)).U64(layout.MediaStart(track)).U32(0x10000);
  return {"edts", "", {{"elst", elst.Take()}}};
}

Box MediaHeader(const MovieLayout& layout, Track track) {
  Fields mdhd;
  mdhd.U32(0x01000000).Zeros(16).U32(TimescaleOf(track));
  mdhd.U64(layout.DecodeTicks(track, TableCount(layout, track))).U16(0x55c4).U16(0);
  return {"mdhd", mdhd.Take()};
}

Box Handler(Track track) {
  const std::string_view type = track == Track::kVideo ? "vide" : "soun";
  return {"hdlr", Fields().Zeros(8).Text(type).Zeros(12).Text("bench").U8(0).Take()};
}

Box MediaInformation(const MovieLayout& layout, Track track, uint64_t payload_start) {
  const Box header = track == Track::kVideo ? Box{"vmhd", Fields().U32(1).Zeros(8).Take()}
                                            : Box{"smhd", Fields().Zeros(8).Take()};
  const Box data{"dinf", "", {{"dref", Counted(1), {{"url ", Fields().U32(1).Take()}}}}};
  return {"minf", "", {header, data, SampleTableBox(layout, track, payload_start)}};
}

Box TrackBox(const MovieLayout& layout, Track track, uint64_t payload_start) {
  const Box media{
      "mdia",
      "",
      {MediaHeader(layout, track), Handler(track), MediaInformation(layout, track, payload_start)}};
  return {"trak", "", {TrackHeader(layout, track), EditList(layout, track), media}};
}

Box MovieBox(const MovieLayout& layout, uint64_t payload_start) {
  Fields mvhd;
  mvhd.U32(0x01000000).Zeros(16).U32(kMovieTimescale).U64(MovieTicks(layout, Track::kVideo));
  mvhd.U32(0x10000).U16(0x100).Zeros(10);
  AppendMatrix(mvhd);
  mvhd.Zeros(24).U32(3);
  Box moov{"moov",
           "",
           {{"mvhd", mvhd.Take()},
            TrackBox(layout, Track::kVideo, payload_start),
            TrackBox(layout, Track::kAudio, payload_start)}};
  if (layout.IsFragmented()) moov.children.push_back(MovieExtends());
  return moov;
}

Box FileType() {
  return {"ftyp", Fields().Text("isom").U32(0x200).Text("isomiso2avc1mp41").Take()};
}

void WritePayload(const MovieLayout& layout, ByteSink& sink) {
  std::vector<uint8_t> sample(1 << 16, 0xa5);
  ChunkWalk walk(layout);
  for (ChunkWalk::Chunk chunk{}; walk.Next(chunk);) {
    for (uint64_t n = chunk.first; n < chunk.first + chunk.count; ++n) {
      const auto marker = MovieLayout::Marker(chunk.track, n);
      std::memcpy(sample.data(), marker.data(), marker.size());
      sink.Write(sample.data(), layout.Size(chunk.track, n));
    }
  }
}

/// Moves on over the payload: written, or left as a hole.
bool PutPayload(const MovieLayout& layout, const FileMap& map, ByteSink& sink, int fd) {
  if (layout.spec().payload) {
    WritePayload(layout, sink);
    return true;
  }
  const uint64_t end = map.payload_start + layout.PayloadBytes();
  return sink.Finish() && lseek(fd, static_cast<off_t>(end), SEEK_SET) >= 0;
}

bool WriteAt(int fd, const std::string& bytes, uint64_t offset) {
  return pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(bytes.size());
}

bool WriteFragments(int fd, const MovieLayout& layout) {
  const FileMap map = MapOf(layout);
  ByteSink sink(fd);
  FileType().Write(sink);
  MovieBox(layout, 0).Write(sink);
  const std::string sidx = layout.spec().fragments == Fragments::kSidx ? SidxFor(layout) : "";
  sink.Write(sidx.data(), sidx.size());
  if (!sink.Finish() || ftruncate(fd, static_cast<off_t>(map.file_bytes)) != 0) return false;
  const FragmentLayout fragments(layout, map.payload_start);
  for (uint64_t i = 0; i < fragments.Count(); ++i) {
    if (!WriteAt(fd, fragments.Head(i), fragments.MoofOffset(i))) return false;
  }
  if (layout.spec().fragments != Fragments::kMfra) return true;
  return WriteAt(fd, MfraFor(fragments, layout), fragments.MoofOffset(fragments.Count()));
}

bool WriteTo(int fd, const MovieLayout& layout) {
  if (layout.IsFragmented()) return WriteFragments(fd, layout);
  const FileMap map = MapOf(layout);
  const Box moov = MovieBox(layout, map.payload_start);
  ByteSink sink(fd);
  FileType().Write(sink);
  if (!layout.spec().moov_last) moov.Write(sink);
  const std::string mdat = BoxHeader("mdat", kMdatHeader + layout.PayloadBytes(), true);
  sink.Write(mdat.data(), mdat.size());
  if (!PutPayload(layout, map, sink, fd)) return false;
  if (layout.spec().moov_last) moov.Write(sink);
  return sink.Finish() && ftruncate(fd, static_cast<off_t>(map.file_bytes)) == 0;
}

}  // namespace

FileMap MapOf(const MovieLayout& layout) {
  FileMap map;
  const uint64_t ftyp = FileType().Size();
  map.moov_bytes = MovieBox(layout, 0).Size();
  if (layout.IsFragmented()) {
    const bool has_sidx = layout.spec().fragments == Fragments::kSidx;
    map.payload_start = ftyp + map.moov_bytes + (has_sidx ? SidxFor(layout).size() : 0);
    const FragmentLayout fragments(layout, map.payload_start);
    map.file_bytes = fragments.MoofOffset(fragments.Count());
    if (layout.spec().fragments == Fragments::kMfra) {
      map.file_bytes += MfraFor(fragments, layout).size();
    }
    return map;
  }
  map.payload_start = ftyp + kMdatHeader + (layout.spec().moov_last ? 0 : map.moov_bytes);
  map.file_bytes = ftyp + map.moov_bytes + kMdatHeader + layout.PayloadBytes();
  return map;
}

bool WriteMovie(const MovieLayout& layout, const std::string& path, std::string& error) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    error = path + ": " + std::strerror(errno);
    return false;
  }
  const bool written = WriteTo(fd, layout);
  if (!written) error = path + ": " + std::strerror(errno);
  return close(fd) == 0 && written;
}

MarkerWriter::MarkerWriter(const MovieLayout& layout, const std::string& path)
    : layout_(layout),
      payload_start_(MapOf(layout).payload_start),
      fd_(open(path.c_str(), O_WRONLY | O_CLOEXEC)) {
}

MarkerWriter::~MarkerWriter() {
  if (fd_ >= 0) close(fd_);
}

bool MarkerWriter::Mark(Track track, uint64_t sample) {
  const auto marker = MovieLayout::Marker(track, sample);
  const uint64_t offset = layout_.IsFragmented()
                              ? FragmentLayout(layout_, payload_start_).SampleOffset(track, sample)
                              : payload_start_ + layout_.Offset(track, sample);
  return pwrite(fd_, marker.data(), marker.size(), static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(marker.size());
}

}  // namespace iso::bench
