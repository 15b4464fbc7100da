// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/movie_reader.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/movie/box_loader.h"
#include "core/movie/fragmented_movie.h"
#include "core/movie/gapless.h"
#include "core/movie/track_reader.h"

namespace iso {
namespace {

/// What a walk over the file's top level found.
struct TopLevel {
  std::optional<FtypBox> file_type;
  std::optional<BoxHeader> movie;
  std::vector<BoxHeader> metadata;  ///< top-level meta, uuid and pssh boxes
  bool any_known_box = false;
  bool any_fragment = false;
};

bool IsKnownAtTopLevel(FourCC type) {
  static constexpr FourCC kKnown[] = {"ftyp", "moov", "mdat", "free", "skip", "wide", "uuid",
                                      "pnot", "PICT", "moof", "styp", "sidx", "meta", "udta",
                                      "mfra", "emsg", "prft", "ssix", "pdin", "jP  ", "junk"};
  return std::find(std::begin(kKnown), std::end(kKnown), type) != std::end(kKnown);
}

Status VisitTopLevel(const BoxHeader& box, BoxLoader& loader, TopLevel* top) {
  top->any_known_box = top->any_known_box || IsKnownAtTopLevel(box.type);
  if (box.type == FourCC("ftyp") && !top->file_type) {
    auto file_type = loader.Load<FtypBox>(box);
    if (!file_type.ok()) return loader.Tolerate(file_type.error());
    top->file_type = std::move(*file_type);
  } else if (box.type == FourCC("moov") && !top->movie) {
    top->movie = box;
  } else if (box.type == FourCC("meta") || box.type == FourCC("uuid") ||
             box.type == FourCC("pssh")) {
    top->metadata.push_back(box);
  } else if (box.type == FourCC("moof")) {
    top->any_fragment = true;
  }
  return {};
}

/// Boxes looked at past the moov: metadata is kept there by some writers, and a fragment
/// tells that the moov is not the whole story.
constexpr int kBoxesPastMovie = 16;

/// Pages of tables that are packed in memory cost next to nothing to read again.
constexpr size_t kPackedIndexBytes = 64 << 10;

/// "und", packed as in mdhd.
constexpr uint16_t kUndetermined = 0x55c4;

/// Steps over sample data: only headers and small boxes are read.
Result<TopLevel> WalkTopLevel(BoxLoader& loader, bool look_past_movie, bool few_reads = false) {
  TopLevel top;
  BoxWalker walker(
      loader.window(), FourCC(), 0, std::nullopt, loader.limits(), loader.diagnostics());
  for (int past = 0; past < kBoxesPastMovie && !top.any_fragment; past += top.movie ? 1 : 0) {
    if (top.movie && !look_past_movie) break;
    ISO_TRY(const std::optional<BoxHeader> box, walker.Next());
    if (!box || (few_reads && top.movie && box->type == FourCC("mdat"))) break;
    ISO_CHECK(VisitTopLevel(*box, loader, &top));
  }
  return top;
}

Error WhyNoMovie(const TopLevel& top, const ByteSource& source) {
  if (source.size() == 0u) return {Errc::kEmptyFile};
  if (top.any_fragment) return {Errc::kFragmentsOnly, FourCC("moof")};
  return {top.any_known_box ? Errc::kNoMovieBox : Errc::kNotIsoMedia};
}

/// Adaptive streams say themselves what is presented when, but where a track's media begins
/// they leave to its edit list.
void ShiftByEdits(uint32_t movie_timescale, Track* track) {
  track->in_segments = true;
  int64_t empty_ns = 0;
  for (const EditEntry& entry : track->edit_list) {
    if (entry.media_time >= 0) {
      track->edit_shift_ns = ToNanoseconds(entry.media_time, track->timescale) - empty_ns;
      break;
    }
    const auto ticks = static_cast<int64_t>(std::min<uint64_t>(entry.duration, INT64_MAX / 2));
    empty_ns = SaturatingAdd(empty_ns, ToNanoseconds(ticks, movie_timescale));
  }
  track->edit_list.clear();
}

/// Reads one moov box into a Movie.
class MovieReader {
 public:
  MovieReader(std::shared_ptr<ByteSource> source, const MovieOptions& options, Diagnostics* diag)
      : source_(std::move(source)),
        options_(options),
        loader_(*source_, options.limits, diag),
        movie_(std::make_shared<Movie>()) {
    movie_->pages =
        std::make_shared<PageCache>(source_, options.index_budget_bytes, options.governor);
  }

  /// `fragmented`: movie fragments are known to follow, whether the moov says so or not.
  Status Read(const BoxHeader& moov, bool fragmented);

  Status ReadTopLevelMetadata(const BoxHeader& box);

  /// In the place of Read(), where there is no moov.
  void Assume(const HeaderlessTrack& known);

  Status Finish();

  std::shared_ptr<Movie> movie() { return movie_; }

 private:
  Status Visit(const BoxHeader& box);
  Status ReadHeader(const BoxHeader& box);
  Status ReadCompressed(const BoxHeader& cmov);
  Status ReadProtectionSystem(const BoxHeader& box);
  Status ReadTracks();
  Status KeepTrack(const BoxHeader& box);
  Status ReadExtends(const BoxHeader& mvex);
  void FindDuration();
  void FixTimescale();
  Error WhyNoTracks(const BoxHeader& moov) const;

  std::shared_ptr<ByteSource> source_;
  const MovieOptions& options_;
  BoxLoader loader_;
  std::shared_ptr<Movie> movie_;
  std::optional<MvhdBox> header_;
  std::vector<BoxHeader> track_boxes_;
  std::unordered_set<uint32_t> track_ids_;
  std::optional<MovieExtends> extends_;
  bool is_reference_ = false;
  bool unpacked_ = false;
};

Status MovieReader::Read(const BoxHeader& moov, bool fragmented) {
  ISO_CHECK(loader_.ForEachChild(moov, [this](const BoxHeader& box) { return Visit(box); }));
  if (unpacked_) return {};
  if (fragmented && !extends_) extends_.emplace();
  FixTimescale();
  ISO_CHECK(ReadTracks());
  if (movie_->tracks.empty()) return WhyNoTracks(moov);
  if (extends_) {
    extends_->moov_end = moov.end;
    extends_->movie_duration = header_ ? header_->duration : 0;
  }
  return {};
}

void MovieReader::Assume(const HeaderlessTrack& known) {
  Track track;
  track.id = 1;
  track.kind = known.kind;
  track.timescale = known.timescale;
  track.language = kUndetermined;
  track.descriptions.emplace_back();
  track.table = std::make_shared<SampleTable>(SampleTableLayout(), *movie_->pages);
  track.samples = track.table;
  track.any_id = true;
  if (known.encrypted) {
    track.protection = AssumeProtection(PiffDefaults(), *movie_->pages, loader_.window().source());
  }
  movie_->tracks.push_back(std::move(track));
  extends_.emplace();
}

Status MovieReader::Visit(const BoxHeader& box) {
  if (unpacked_) return {};
  if (box.type == FourCC("mvhd") && !header_) return loader_.Tolerate(ReadHeader(box));
  if (box.type == FourCC("cmov")) return ReadCompressed(box);
  if (box.type == FourCC("udta")) return ReadUserData(box, loader_, &movie_->metadata);
  if (box.type == FourCC("meta")) return ReadMetaBox(box, loader_, &movie_->metadata);
  if (IsProtectionSystem(box)) return loader_.Tolerate(ReadProtectionSystem(box));
  if (box.type == FourCC("mvex") && !extends_) return loader_.Tolerate(ReadExtends(box));
  if (box.type == FourCC("rmra")) is_reference_ = true;
  if (box.type == FourCC("trak")) {
    if (track_boxes_.size() == options_.limits.max_tracks) {
      loader_.Report(Error{Errc::kTooManyTracks, box.type, box.offset});
      return {};
    }
    track_boxes_.push_back(box);
  }
  return {};
}

Status MovieReader::ReadHeader(const BoxHeader& box) {
  ISO_TRY(header_, loader_.Load<MvhdBox>(box));
  movie_->timescale = header_->timescale;
  movie_->creation_time = header_->creation_time == UINT64_MAX ? 0 : header_->creation_time;
  movie_->matrix = header_->matrix;
  return {};
}

Status MovieReader::ReadExtends(const BoxHeader& mvex) {
  extends_.emplace();
  return loader_.ForEachChild(mvex, [this](const BoxHeader& box) -> Status {
    if (box.type == FourCC("trex")) {
      ISO_TRY(const TrexBox defaults, loader_.Load<TrexBox>(box));
      extends_->defaults.push_back(defaults);
    } else if (box.type == FourCC("mehd")) {
      ISO_TRY(const MehdBox header, loader_.Load<MehdBox>(box));
      extends_->duration = header.fragment_duration;
    }
    return {};
  });
}

Status MovieReader::ReadProtectionSystem(const BoxHeader& box) {
  if (movie_->protection_systems.size() == options_.limits.max_protection_systems) {
    return Error{Errc::kTooManyBoxes, box.type, box.offset};
  }
  ISO_TRY(const std::vector<uint8_t> body, loader_.Body(box));
  auto system = ParseProtectionSystem(box, body);
  if (!system) return Error{Errc::kBoxTruncated, box.type, box.offset};
  movie_->protection_systems.push_back(std::move(*system));
  return {};
}

/// A compressed moov holds one dcom (how) and one cmvd (what); what comes out of it is
/// another moov, whose tables then lie in memory. Only one level is unpacked.
Status MovieReader::ReadCompressed(const BoxHeader& cmov) {
  DcomBox how;
  CmvdBox what;
  ISO_CHECK(loader_.ForEachChild(cmov, [&](const BoxHeader& box) -> Status {
    if (box.type == FourCC("dcom")) {
      ISO_TRY(how, loader_.Load<DcomBox>(box));
    } else if (box.type == FourCC("cmvd")) {
      ISO_TRY(what, loader_.Load<CmvdBox>(box));
    }
    return {};
  }));
  if (options_.inflater == nullptr || how.algorithm != FourCC("zlib")) {
    return Error{Errc::kCompressedUnsupported, cmov.type, cmov.offset};
  }
  ISO_TRY(auto unpacked,
          options_.inflater->Inflate(
              what.data, what.inflated_size, options_.limits.max_inflated_bytes));
  MovieOptions inner_options = options_;
  inner_options.inflater = nullptr;
  MovieReader inner(
      std::make_shared<MemorySource>(std::move(unpacked)), inner_options, loader_.diagnostics());
  ISO_TRY(const TopLevel top, WalkTopLevel(inner.loader_, false));
  if (!top.movie) return Error{Errc::kCompressedDamaged, cmov.type, cmov.offset};
  ISO_CHECK(inner.Read(*top.movie, false));
  movie_ = inner.movie_;
  header_ = inner.header_;
  unpacked_ = true;
  return {};
}

/// Everything in movie ticks is nanoseconds afterwards; a movie without a usable
/// timescale gets one in which durations are milliseconds.
void MovieReader::FixTimescale() {
  if (movie_->timescale == 0) {
    loader_.Report(Error{Errc::kTrackNoTimescale, FourCC("mvhd")});
    movie_->timescale = 1000;
  }
}

Status MovieReader::ReadTracks() {
  for (const BoxHeader& box : track_boxes_) {
    ISO_CHECK(KeepTrack(box));
  }
  return {};
}

/// What can only be said once everything has been read.
Status MovieReader::Finish() {
  const bool fragments_are_sought = extends_ && !options_.segments;
  if (options_.streamed && !fragments_are_sought) {
    movie_->pages->SetBudget(std::min(options_.index_budget_bytes, kPackedIndexBytes));
  }
  if (extends_) {
    ISO_CHECK(AddFragments(*extends_, source_, options_, loader_.diagnostics(), movie_.get()));
  }
  if (options_.segments) {
    for (Track& track : movie_->tracks) {
      ShiftByEdits(movie_->timescale, &track);
    }
  } else {
    TrimToValidMedia(movie_.get());
  }
  FindDuration();
  return {};
}

/// Where the tracks do not say, headers are believed, but not of a file that grows: they were true
/// when they were written, at most.
void MovieReader::FindDuration() {
  uint64_t stated = 0;
  if (extends_) {
    stated = options_.growing ? 0 : extends_->duration;
  } else if (header_) {
    stated = header_->duration;
  }
  int64_t end = 0;
  for (const Track& track : movie_->tracks) {
    end = std::max(end, PresentationEnd(track));
  }
  if (end == kTimeMax && stated != 0 && stated <= INT64_MAX) {
    end = ToNanoseconds(static_cast<int64_t>(stated), movie_->timescale);
  }
  movie_->duration_ns = end;
}

Status MovieReader::KeepTrack(const BoxHeader& box) {
  const bool fragmented = extends_.has_value() || options_.segments.has_value();
  const TrackContext context{movie_->timescale, fragmented, *movie_->pages};
  auto track = ReadTrack(box, context, loader_);
  if (!track.ok()) return loader_.Tolerate(track.error());
  if (!track_ids_.insert(track->id).second) {
    loader_.Report(Error{Errc::kTrackDuplicateId, box.type, box.offset});
    return {};
  }
  movie_->tracks.push_back(std::move(*track));
  return {};
}

Error MovieReader::WhyNoTracks(const BoxHeader& moov) const {
  if (is_reference_) return {Errc::kReferenceMovie, moov.type, moov.offset};
  if (moov.cut) return {Errc::kMovieTruncated, moov.type, moov.offset};
  return {Errc::kNoTracks, moov.type, moov.offset};
}

Status MovieReader::ReadTopLevelMetadata(const BoxHeader& box) {
  if (IsProtectionSystem(box)) return loader_.Tolerate(ReadProtectionSystem(box));
  if (box.type == FourCC("meta")) return ReadMetaBox(box, loader_, &movie_->metadata);
  return ReadUuidBox(box, loader_, &movie_->metadata);
}

}  // namespace

bool Movie::HasBrand(FourCC brand) const {
  return major_brand == brand || std::find(brands.begin(), brands.end(), brand) != brands.end();
}

Result<std::shared_ptr<const Movie>> ReadMovie(std::shared_ptr<ByteSource> source,
                                               const MovieOptions& options,
                                               Diagnostics* diagnostics) {
  MovieReader reader(source, options, diagnostics);
  if (options.segments && options.segments->headerless) {
    reader.Assume(*options.segments->headerless);
    ISO_CHECK(reader.Finish());
    return std::shared_ptr<const Movie>(reader.movie());
  }
  BoxLoader loader(*source, options.limits, diagnostics);
  const bool look_past_movie = options.look_past_movie && !options.segments && !options.growing;
  ISO_TRY(const TopLevel top, WalkTopLevel(loader, look_past_movie, options.few_reads));
  if (!top.movie) return WhyNoMovie(top, *source);
  ISO_CHECK(reader.Read(*top.movie, top.any_fragment));
  for (const BoxHeader& box : top.metadata) {
    ISO_CHECK(reader.ReadTopLevelMetadata(box));
  }
  ISO_CHECK(reader.Finish());
  const std::shared_ptr<Movie> movie = reader.movie();
  movie->major_brand = top.file_type ? top.file_type->major_brand : FourCC("qt  ");
  if (top.file_type) movie->brands = top.file_type->compatible_brands;
  return std::shared_ptr<const Movie>(movie);
}

}  // namespace iso
