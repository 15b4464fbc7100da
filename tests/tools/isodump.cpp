// SPDX-License-Identifier: LGPL-2.1-or-later
//
// isodump FILE: the box tree of a file, and for each track what its tables look like: the
// first thing to look at when a file misbehaves. Reads headers and small boxes only.

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

#include "core/box/header.h"
#include "core/box/registry.h"
#include "core/movie/movie_reader.h"
#include "core/movie/track_reader.h"
#include "inflater.h"

namespace {

using iso::BoxForm;
using iso::BoxHeader;
using iso::Bytes;
using iso::FourCC;

class FileSource final : public iso::ByteSource {
 public:
  explicit FileSource(const char* path) : file_(path, std::ios::binary) {
    file_.seekg(0, std::ios::end);
    size_ = file_ ? static_cast<uint64_t>(file_.tellg()) : 0;
  }

  bool ok() const { return file_.is_open(); }

  iso::Status Read(uint64_t offset, std::span<uint8_t> out) override {
    const iso::Error fail{iso::Errc::kEndOfData, {}, offset, out.size()};
    if (offset > size_ || out.size() > size_ - offset) return fail;
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size()));
    return file_ ? iso::Status() : fail;
  }

  std::optional<uint64_t> size() const override { return size_; }

 private:
  std::ifstream file_;
  uint64_t size_ = 0;
};

/// Prints what is odd as it is met.
class PrintDiagnostics final : public iso::Diagnostics {
 public:
  void Report(const iso::Error& error) override {
    std::printf("! %s\n", iso::Describe(error).c_str());
  }
};

constexpr int kMaxDepth = 16;

/// Fields of this many bytes or fewer are worth reading; larger boxes hold data.
constexpr uint64_t kMaxFieldBytes = 64 << 10;

class TreePrinter {
 public:
  TreePrinter(iso::ByteSource& source, iso::Diagnostics& diagnostics)
      : window_(source), diagnostics_(diagnostics) {}

  iso::Status Print(FourCC parent, uint64_t begin, std::optional<uint64_t> end, int depth) {
    iso::BoxWalker walker(window_, parent, begin, end, limits_, &diagnostics_);
    while (true) {
      ISO_TRY(const std::optional<BoxHeader> box, walker.Next());
      if (!box) return {};
      ISO_CHECK(PrintBox(*box, depth));
    }
  }

 private:
  iso::Status PrintBox(const BoxHeader& box, int depth) {
    const iso::KnownBox* known = iso::FindBox(box.type);
    std::printf("%*s%s  @%" PRIu64 " +%" PRIu64 "  %s%s\n",
                2 * depth,
                "",
                box.type.Text().c_str(),
                box.offset,
                box.end - box.offset,
                known != nullptr ? known->info.name : "(unknown)",
                box.cut ? "  CUT SHORT" : "");
    if (known == nullptr) return {};
    if (known->dump != nullptr) ISO_CHECK(PrintFields(*known, box, depth));
    if (box.type == FourCC("stsd")) return Print(box.type, box.body + 8, box.end, depth + 1);
    if (depth + 1 >= kMaxDepth) return {};
    return PrintChildren(*known, box, depth);
  }

  iso::Status PrintChildren(const iso::KnownBox& known, const BoxHeader& box, int depth) {
    uint64_t skip = 0;
    if (known.info.form == BoxForm::kFullContainer) {
      ISO_TRY(const bool quicktime, IsQuickTimeMeta(box));
      skip = quicktime ? 0 : 4;
    } else if (known.info.form != BoxForm::kContainer) {
      return {};
    }
    return Print(box.type, box.body + skip, box.end, depth + 1);
  }

  /// QuickTime's meta is a plain container: its first child starts where ISO's has
  /// version and flags.
  iso::Result<bool> IsQuickTimeMeta(const BoxHeader& box) {
    if (box.body_size() < 8) return false;
    ISO_TRY(const Bytes head, window_.Peek(box.body, 8));
    return head.size() == 8 && std::memcmp(head.data() + 4, "hdlr", 4) == 0;
  }

  iso::Status PrintFields(const iso::KnownBox& known, const BoxHeader& box, int depth) {
    const uint64_t size = std::min(box.body_size(), kMaxFieldBytes);
    std::vector<uint8_t> body(size);
    ISO_CHECK(window_.source().Read(box.body, body));
    for (const auto& [name, value] : known.dump(box, body)) {
      std::printf("%*s. %s: %s\n", 2 * depth + 2, "", name.c_str(), value.c_str());
    }
    return {};
  }

  iso::WindowReader window_;
  iso::Diagnostics& diagnostics_;
  iso::Limits limits_;
};

void PrintTable(const char* name, const iso::TableRef& table) {
  if (!table.present) return;
  std::printf("    %s: %" PRIu64 " entries at byte %" PRIu64 "\n", name, table.count, table.offset);
}

void PrintEdits(const iso::Track& track) {
  for (const iso::Edit& edit : track.timeline.edits()) {
    static constexpr const char* kKinds[] = {"media", "empty", "dwell"};
    std::printf("    edit: %s from %.6f s",
                kKinds[static_cast<size_t>(edit.kind)],
                static_cast<double>(edit.start_ns) / 1e9);
    if (edit.end_ns != iso::kTimeMax) {
      std::printf(" to %.6f s", static_cast<double>(edit.end_ns) / 1e9);
    }
    std::printf(", media time %" PRId64 "\n", edit.media_start);
  }
}

void PrintTrack(const iso::Track& track) {
  const iso::SampleTableLayout& layout = track.table->layout();
  std::printf("  track %u: handler '%s', timescale %u, %.6f s\n",
              track.id,
              track.handler.Text().c_str(),
              track.timescale,
              static_cast<double>(iso::PresentationEnd(track)) / 1e9);
  for (const iso::SampleDescription& description : track.descriptions) {
    std::printf("    sample entry '%s'\n", description.format.Text().c_str());
  }
  const auto count = track.table->SampleCount();
  std::printf("    %" PRIu64 " samples", count.ok() ? *count : 0);
  if (layout.constant_size != 0) std::printf(" of %u bytes each", layout.constant_size);
  std::printf("\n");
  PrintTable("durations (stts)", layout.durations);
  PrintTable("composition offsets (ctts)", layout.compositions);
  PrintTable("sizes (stsz, stz2)", layout.sizes);
  PrintTable("chunk runs (stsc)", layout.chunk_runs);
  PrintTable("chunk offsets (stco, co64)", layout.chunk_offsets);
  PrintTable("sync samples (stss)", layout.syncs);
  PrintTable("partial sync samples (stps)", layout.partial_syncs);
  if (track.composition_shift != 0) {
    std::printf("    presentation shifted by %" PRId64 " ticks\n", track.composition_shift);
  }
  PrintEdits(track);
}

bool PrintMovie(const std::shared_ptr<iso::ByteSource>& source) {
  const std::unique_ptr<iso::Inflater> inflater = iso::MakeInflater();
  iso::MovieOptions options;
  options.inflater = inflater.get();
  const auto movie = iso::ReadMovie(source, options, nullptr);
  if (!movie.ok()) {
    std::printf("not playable: %s\n", iso::Describe(movie.error()).c_str());
    return false;
  }
  std::printf("movie: brand '%s', %.6f s\n",
              (*movie)->major_brand.Text().c_str(),
              static_cast<double>((*movie)->duration_ns) / 1e9);
  for (const iso::Track& track : (*movie)->tracks) {
    PrintTrack(track);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: isodump FILE\nprints the boxes and sample tables of an MP4 or MOV file\n");
    return 2;
  }
  auto source = std::make_shared<FileSource>(argv[1]);
  if (!source->ok()) {
    std::fprintf(stderr, "isodump: cannot open %s\n", argv[1]);
    return 1;
  }
  PrintDiagnostics diagnostics;
  const iso::Status printed =
      TreePrinter(*source, diagnostics).Print(FourCC(), 0, std::nullopt, 0);
  if (!printed.ok()) std::printf("! %s\n", iso::Describe(printed.error()).c_str());
  return PrintMovie(source) ? 0 : 1;
}
