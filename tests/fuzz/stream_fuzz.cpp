// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Any bytes as what is pushed, in pieces of any size: as a file, and as an adaptive stream. However
// the bytes are cut, each track's samples and the runs of segments are the same.

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "core/fragment/fragment_samples.h"
#include "core/movie/segment_splitter.h"
#include "file_run.h"
#include "fuzz_target.h"
#include "inflater.h"

namespace iso::fuzz {
namespace {

constexpr size_t kLargest = 512 << 10;
constexpr size_t kMostEvents = 20'000;
constexpr int kMostMoves = 1000;

/// What has come of a stream and has not been dropped.
class Window final : public ByteSource {
 public:
  explicit Window(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    const uint64_t end = offset > UINT64_MAX - out.size() ? UINT64_MAX : offset + out.size();
    if (sized_ && end > bytes_.size()) return Error{Errc::kEndOfData, {}, offset, out.size()};
    if (offset < begin_ || end > end_) return Error{Errc::kNotYet, {}, offset, out.size()};
    std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  }

  std::optional<uint64_t> size() const override {
    return sized_ ? std::optional<uint64_t>(bytes_.size()) : std::nullopt;
  }

  bool Holds(uint64_t offset, uint64_t size) const {
    return offset >= begin_ && offset <= end_ && size <= end_ - offset;
  }

  /// False at the end.
  bool Push(uint64_t size) {
    end_ += std::min<uint64_t>(size, bytes_.size() - end_);
    return end_ < bytes_.size();
  }

  void End() { ended_ = sized_ = true; }

  void DropBefore(uint64_t offset) { begin_ = std::clamp(offset, begin_, end_); }

  void MoveTo(uint64_t offset) {
    begin_ = end_ = std::min<uint64_t>(offset, bytes_.size());
    ended_ = false;
  }

  uint64_t begin() const { return begin_; }

  uint64_t end() const { return end_; }

  bool ended() const { return ended_; }

 private:
  const std::span<const uint8_t> bytes_;
  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  bool ended_ = false;
  bool sized_ = false;  ///< it ended once
};

/// Sizes of pieces. One for all, or (of 0) any.
class Pieces {
 public:
  Pieces(size_t size, uint64_t seed) : size_(size), random_(seed) {}

  size_t Next() { return size_ > 0 ? size_ : 1 + random_() % (random_() % 4 == 0 ? 20'000 : 300); }

 private:
  const size_t size_;
  std::mt19937_64 random_;
};

/// Whether a byte lies in a box that is read as a header, going by sizes.
bool IsInHeader(std::span<const uint8_t> bytes, uint64_t offset) {
  static constexpr FourCC kHeaders[] = {"ftyp", "moov", "meta", "uuid", "sidx", "prft", "emsg"};
  for (uint64_t at = 0; at <= offset && at + 16 <= bytes.size();) {
    const uint8_t* box = bytes.data() + at;
    uint64_t size = LoadBE32(box);
    if (size == 1) size = LoadBE64(box + 8);
    if (size == 0) size = UINT64_MAX;
    if (size < 8) break;
    const FourCC type(LoadBE32(box + 4));
    const bool here = offset - at < size;
    if (here)
      return std::find(std::begin(kHeaders), std::end(kHeaders), type) != std::end(kHeaders);
    at += size;
  }
  return false;
}

/// About where the moof of a sample lies, by its number; 0 for a sample of moov.
uint64_t PlaceOfMoof(uint64_t number) {
  const uint64_t fragment = FragmentSamples::FragmentOf(number);
  return fragment == 0 ? 0 : (fragment - 1) * FragmentIndex::kPlaceBytes;
}

/// As an element in push mode would play it.
class PushedFile {
 public:
  PushedFile(std::span<const uint8_t> bytes, size_t piece)
      : size_(bytes.size()),
        bytes_(bytes),
        window_(std::make_shared<Window>(bytes)),
        inflater_(MakeInflater()),
        pieces_(piece, SeedOf(bytes)),
        demuxer_(window_, Options(), &diagnostics_) {}

  /// A hash for each track. Nothing: it has not come to an end, and how far it has come depends on
  /// how soon the size is known, since samples outside of the file are left out then.
  std::optional<std::vector<uint64_t>> Go() {
    if (!Repeat([&] { return demuxer_.Open(); })) return std::vector<uint64_t>();
    tracks_.resize(demuxer_.movie()->tracks.size());
    if (Play({}, kMostEvents)) return std::nullopt;
    std::vector<uint64_t> hashes;
    for (const Transcript& track : tracks_)
      hashes.push_back(track.hash());
    return hashes;
  }

  /// A seek, of which only that it comes to an end is wanted.
  void SeekTo(int64_t ns) {
    if (demuxer_.movie() == nullptr) return;
    may_move_ = true;
    moves_ = 0;
    demuxer_.BeginSearch();
    SeekRequest request;
    request.start_ns = ns;
    Play(request, 50);
  }

 private:
  MovieOptions Options() const {
    MovieOptions options;
    options.index_budget_bytes = 16 << 10;
    options.inflater = inflater_.get();
    options.streamed = true;
    options.look_at_end = false;
    return options;
  }

  /// True where more would come.
  bool Play(const SeekRequest& request, size_t most) {
    const bool begun = Repeat([&]() -> Status {
      const Result<PlayRange> range = demuxer_.Seek(request);
      return range.ok() ? Status() : Status(range.error());
    });
    Event event;
    for (size_t i = 0; begun && i < most; ++i) {
      if (!Repeat([&] { return demuxer_.Next(&event); })) return false;
      if (event.kind == Event::Kind::kAllEnded) return false;
      if (event.kind == Event::Kind::kSample) PlaySample(event);
    }
    return begun;
  }

  /// Its bytes are there, will be, or never are.
  void PlaySample(const Event& event) {
    const uint64_t offset = event.sample.offset;
    // What a damaged header takes in is read with it, not kept as samples.
    const bool in_file = offset <= size_ && event.size <= size_ - offset;
    if (in_file && IsInHeader(bytes_, offset)) return;
    // What lies before its moof may be anywhere.
    if (offset < PlaceOfMoof(event.sample.index)) return;
    while (in_file && !window_->Holds(offset, event.size)) {
      if (!(may_move_ || offset >= window_->begin()))
        fprintf(stderr,
                "track %zu sample %lu offset %lu size %lu window %lu..%lu file %lu least %lu "
                "dropped_by %lu\n",
                event.track,
                event.sample.index,
                offset,
                event.size,
                window_->begin(),
                window_->end(),
                size_,
                demuxer_.LeastNeeded(),
                last_least_);
      Require(may_move_ || offset >= window_->begin(), "nothing is dropped that is needed");
      if (!Wait(Error{Errc::kNotYet, {}, offset, event.size}, offset)) return;
    }
    if (!in_file) return;
    // That the one before was lost is not said before that is known.
    Event copy = event;
    copy.discont = false;
    tracks_[event.track].Add(copy);
  }

  template <class Call>
  bool Repeat(const Call& call) {
    for (int rounds = 0;; ++rounds) {
      const Status status = call();
      if (status.ok() || status.error().code != Errc::kNotYet) return status.ok();
      if (!Wait(status.error(), status.error().offset)) return false;
    }
  }

  /// Until what is needed has come; upstream is sent to where it lies, if it may be.
  bool Wait(const Error& needed, uint64_t keep_from) {
    const bool behind = needed.offset < window_->begin();
    const bool far = needed.offset > window_->end() + 4096;
    if (may_move_ && (behind || far)) {
      Require(++moves_ <= kMostMoves, "a search comes to an end");
      window_->MoveTo(needed.offset);
    }
    if (window_->ended()) return false;
    last_least_ = demuxer_.LeastNeeded();
    window_->DropBefore(std::min(demuxer_.LeastNeeded(), keep_from));
    do {
      if (!window_->Push(pieces_.Next())) window_->End();
    } while (!window_->ended() && !window_->Holds(needed.offset, needed.length) &&
             needed.offset >= window_->begin());
    return true;
  }

  const uint64_t size_;
  const std::span<const uint8_t> bytes_;
  const std::shared_ptr<Window> window_;
  std::unique_ptr<Inflater> inflater_;
  DeafDiagnostics diagnostics_;
  Pieces pieces_;
  Demuxer demuxer_;
  std::vector<Transcript> tracks_;
  bool may_move_ = false;
  int moves_ = 0;
  uint64_t last_least_ = 0;
};

/// Where runs of segments begin, and what is their header.
uint64_t RunsOf(std::span<const uint8_t> bytes, size_t piece) {
  Window window(bytes);
  SegmentSplitter splitter(window);
  Pieces pieces(piece, SeedOf(bytes));
  Transcript transcript;
  for (bool more = true; more;) {
    more = window.Push(pieces.Next());
    while (true) {
      const auto run = splitter.Next();
      if (!run.ok()) return transcript.hash();
      if (!*run) break;
      transcript.Add((*run)->begin);
      transcript.Add((*run)->last_end);
      transcript.Add((*run)->discont);
      transcript.Add((*run)->header ? (*run)->header->size() : 0);
    }
    window.DropBefore(splitter.LeastNeeded());
  }
  return transcript.hash();
}

}  // namespace
}  // namespace iso::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace iso::fuzz;
  if (size > kLargest) return 0;
  const std::span<const uint8_t> bytes(data, size);
  PushedFile whole(bytes, size + 1);
  const auto at_once = whole.Go();
  for (const size_t piece : {size_t{0}, size_t{7 + size / 50}}) {
    PushedFile pieces(bytes, piece);
    const auto in_pieces = pieces.Go();
    Require(!at_once || !in_pieces || *in_pieces == *at_once, "the same in pieces of any size");
    pieces.SeekTo(static_cast<int64_t>(SeedOf(bytes) % 14) * 1'000'000'000);
    pieces.SeekTo(0);
    Require(RunsOf(bytes, piece) == RunsOf(bytes, size + 1), "the same runs");
  }
  return 0;
}
