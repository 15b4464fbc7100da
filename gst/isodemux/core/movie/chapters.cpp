// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/chapters.h"

#include <algorithm>

#include "core/box/header.h"
#include "core/movie/box_loader.h"

namespace iso {
namespace {

/// Of a title; what is longer is cut.
constexpr uint32_t kMostTitleBytes = 4096;

/// Nero's times are in units of 100 ns.
constexpr uint64_t kNeroUnitNs = 100;

const Track* FindTrack(const Movie& movie, uint32_t id) {
  const auto found = std::find_if(
      movie.tracks.begin(), movie.tracks.end(), [id](const Track& t) { return t.id == id; });
  return found == movie.tracks.end() ? nullptr : &*found;
}

/// The first text track that one of the others refers to.
const Track* ChapterTrackOf(const Movie& movie) {
  for (const Track& track : movie.tracks) {
    for (const uint32_t id : track.chapter_tracks) {
      const Track* chapters = FindTrack(movie, id);
      if (chapters != nullptr && IsChapterText(movie, *chapters)) return chapters;
    }
  }
  return nullptr;
}

/// When a tick is on display; kTimeMax where no edit shows it.
int64_t ShownAt(const Track& track, int64_t pts) {
  for (const Edit& edit : track.timeline.edits()) {
    const bool inside =
        edit.kind == Edit::Kind::kMedia && pts >= edit.media_start && pts < edit.media_end;
    if (!inside) continue;
    const int64_t since = ToNanoseconds(pts - edit.media_start, track.timescale);
    return SaturatingAdd(edit.start_ns,
                         RescaleFloor(since, static_cast<uint32_t>(edit.rate), Edit().rate));
  }
  return kTimeMax;
}

/// A text sample: its length, the text, then boxes. QTFF, text media.
std::vector<uint8_t> TitleIn(Bytes sample) {
  Reader r(sample);
  const size_t length = r.U16();
  const Bytes text = r.Take(std::min(length, r.left()));
  return {text.begin(), text.end()};
}

Result<std::vector<Chapter>> FromTrack(const Track& track, ByteSource& source, uint32_t most) {
  std::vector<Chapter> chapters;
  const Result<uint64_t> count = track.samples->SampleCount();
  if (!count.ok()) return chapters;
  WindowReader window(source);
  for (uint64_t i = 0; i < std::min<uint64_t>(*count, most); ++i) {
    ISO_TRY(const Sample sample, track.samples->At(i));
    Chapter chapter;
    chapter.start_ns = ShownAt(track, sample.pts);
    const Result<Bytes> bytes = window.Peek(sample.offset, std::min(sample.size, kMostTitleBytes));
    if (!bytes.ok() && IsSourceError(bytes.error().code)) return bytes.error();
    if (bytes.ok()) chapter.title = TitleIn(*bytes);
    chapters.push_back(std::move(chapter));
  }
  return chapters;
}

/// `chpl` has no specification. In version 1 four bytes precede the count.
std::vector<Chapter> FromList(const Metadata& metadata) {
  std::vector<Chapter> chapters;
  for (const MetadataItem& item : metadata.items) {
    if (item.code != FourCC("chpl") || item.source != MetadataSource::kRaw) continue;
    Reader r(item.value);
    const uint8_t version = r.U8();
    r.Skip(version == 0 ? 3 : 3 + 4);
    const uint8_t count = r.U8();
    for (unsigned i = 0; i < count; ++i) {
      Chapter chapter;
      const uint64_t start = std::min<uint64_t>(r.U64(), kTimeMax / kNeroUnitNs);
      chapter.start_ns = static_cast<int64_t>(start * kNeroUnitNs);
      const Bytes title = r.Take(r.U8());
      if (!r.ok()) break;
      chapter.title.assign(title.begin(), title.end());
      chapters.push_back(std::move(chapter));
    }
    break;
  }
  return chapters;
}

bool HasTitles(const std::vector<Chapter>& chapters) {
  return std::any_of(chapters.begin(), chapters.end(), [](const Chapter& chapter) {
    return !chapter.title.empty();
  });
}

/// Each lasts until the next one starts.
void PutInOrder(std::vector<Chapter>* chapters, int64_t end_ns) {
  std::stable_sort(chapters->begin(), chapters->end(), [](const Chapter& a, const Chapter& b) {
    return a.start_ns < b.start_ns;
  });
  const auto past = std::find_if(chapters->begin(), chapters->end(), [end_ns](const Chapter& c) {
    return c.start_ns >= end_ns;
  });
  chapters->erase(past, chapters->end());
  for (size_t i = 0; i < chapters->size(); ++i) {
    (*chapters)[i].end_ns = i + 1 < chapters->size() ? (*chapters)[i + 1].start_ns : end_ns;
  }
}

}  // namespace

bool IsChapterText(const Movie& movie, const Track& track) {
  if (track.kind != MediaKind::kText) return false;
  return std::any_of(movie.tracks.begin(), movie.tracks.end(), [&track](const Track& other) {
    const auto& ids = other.chapter_tracks;
    return &other != &track && std::find(ids.begin(), ids.end(), track.id) != ids.end();
  });
}

Result<std::vector<Chapter>> ReadChapters(const Movie& movie,
                                          ByteSource* source,
                                          const Limits& limits) {
  std::vector<Chapter> chapters = FromList(movie.metadata);
  const Track* track = source != nullptr ? ChapterTrackOf(movie) : nullptr;
  if (track != nullptr) {
    auto read = FromTrack(*track, *source, limits.max_chapters);
    if (!read.ok() && IsSourceError(read.error().code)) return read.error();
    // Where the track's titles are missing from the file, the list is what there is.
    if (read.ok() && (chapters.empty() || HasTitles(*read))) chapters = std::move(*read);
  }
  PutInOrder(&chapters, movie.duration_ns);
  return chapters;
}

}  // namespace iso
