// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Playing a file both ways.

#include "file_run.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <vector>

#include "core/demux/demuxer.h"
#include "inflater.h"

namespace iso::fuzz {
namespace {

constexpr size_t kEventsFromStart = 1500;
constexpr size_t kEventsAfterSeek = 100;
constexpr int kSeeks = 12;
constexpr size_t kBlock = 4096;
constexpr size_t kLargestLazy = 256 << 10;
constexpr int kMostNothings = 100'000;

/// Bytes that are somebody else's; a block is there from the second time on, if `lazy`.
class SpanSource final : public ByteSource {
 public:
  SpanSource(std::span<const uint8_t> bytes, bool lazy) : bytes_(bytes), lazy_(lazy) {}

  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      return Error{Errc::kEndOfData, {}, offset, out.size()};
    }
    bool missing = false;
    for (uint64_t block = offset / kBlock; lazy_ && block * kBlock < offset + out.size(); ++block)
      missing = there_.insert(block).second || missing;
    if (missing) return Error{Errc::kNotYet, {}, offset, out.size()};
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return {};
  }

  std::optional<uint64_t> size() const override { return bytes_.size(); }

 private:
  const std::span<const uint8_t> bytes_;
  const bool lazy_;
  std::set<uint64_t> there_;
};

class Run {
 public:
  Run(std::span<const uint8_t> bytes, bool lazy)
      : size_(bytes.size()),
        inflater_(MakeInflater()),
        demuxer_(std::make_shared<SpanSource>(bytes, lazy), Options(), &diagnostics_) {}

  uint64_t Go(uint64_t seed) {
    if (!Retry([&] { return demuxer_.Open(); }).ok()) return transcript_.hash();
    SetTracks();
    transcript_.Add(demuxer_.movie()->tracks.size());
    transcript_.Add(static_cast<uint64_t>(demuxer_.movie()->duration_ns));
    std::mt19937_64 random(seed);
    Play({}, kEventsFromStart);
    for (int i = 0; i < kSeeks; ++i)
      Play(RandomRequest(random), kEventsAfterSeek);
    return transcript_.hash();
  }

 private:
  MovieOptions Options() const {
    MovieOptions options;
    options.index_budget_bytes = 16 << 10;
    options.inflater = inflater_.get();
    return options;
  }

  /// As it is for callers: what was not there is asked for again.
  template <class Call>
  Status Retry(const Call& call) {
    for (size_t tries = 0;; ++tries) {
      const Status status = call();
      if (status.ok() || status.error().code != Errc::kNotYet) return status;
      Require(tries <= 2 * (size_ / kBlock + 2), "bytes are asked for only while they are missing");
    }
  }

  void SetTracks() {
    for (size_t t = 0; t < demuxer_.movie()->tracks.size(); ++t) {
      TrackOptions options;
      options.sparse = t % 3 == 2;
      options.lead_in = t % 2 ? 2 : 0;
      options.max_run = t % 4 == 1 ? 64 : 1;
      demuxer_.SetTrackOptions(t, options);
    }
  }

  SeekRequest RandomRequest(std::mt19937_64& random) const {
    const int64_t duration = std::max<int64_t>(demuxer_.movie()->duration_ns, 1);
    SeekRequest request;
    request.start_ns = static_cast<int64_t>(random() % static_cast<uint64_t>(duration));
    if (random() % 3 == 0) {
      request.stop_ns = request.start_ns + static_cast<int64_t>(random() % 3'000'000'000);
    }
    request.key_unit = random() % 2;
    request.snap = static_cast<Snap>(random() % 3);
    request.mode.reverse = random() % 3 == 0;
    request.mode.key_units = random() % 4 == 0;
    return request;
  }

  void Play(const SeekRequest& request, size_t most) {
    const Status sought = Retry([&]() -> Status {
      const Result<PlayRange> range = demuxer_.Seek(request);
      if (!range.ok()) return range.error();
      transcript_.Add(static_cast<uint64_t>(range->from_ns));
      return {};
    });
    if (!sought.ok()) return;
    int nothings = 0;
    for (size_t i = 0; i < most; ++i) {
      Event event;
      const Status status = Retry([&] { return demuxer_.Next(&event); });
      if (!status.ok()) {
        transcript_.Add(static_cast<uint64_t>(status.error().code));
        return;
      }
      if (event.kind == Event::Kind::kNothing) {
        Require(++nothings < kMostNothings, "something comes of it");
        continue;
      }
      Check(event);
      transcript_.Add(event);
      if (event.kind == Event::Kind::kAllEnded) return;
    }
  }

  void Check(const Event& event) const {
    if (event.kind == Event::Kind::kAllEnded) return;
    Require(event.track < demuxer_.movie()->tracks.size(), "the track is one of the movie's");
    if (event.kind != Event::Kind::kSample) return;
    const bool in_file = event.sample.offset <= size_ && event.size <= size_ - event.sample.offset;
    Require(in_file || event.size == 0, "the sample is in the file");
    Require(event.dts_ns <= event.pts_ns, "DTS is not after PTS");
    Require(event.duration_ns >= 0, "the duration is not negative");
    Require(event.count >= 1, "it is one sample at least");
  }

  const uint64_t size_;
  std::unique_ptr<Inflater> inflater_;
  DeafDiagnostics diagnostics_;
  Demuxer demuxer_;
  Transcript transcript_;
};

}  // namespace

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

uint64_t SeedOf(std::span<const uint8_t> bytes) {
  uint64_t seed = bytes.size();
  for (size_t i = 0; i < bytes.size(); i += 1 + bytes.size() / 64)
    seed = seed * 31 + bytes[i];
  return seed;
}

void PlayBothWays(std::span<const uint8_t> bytes) {
  const uint64_t seed = SeedOf(bytes);
  const uint64_t at_once = Run(bytes, false).Go(seed);
  if (bytes.size() <= kLargestLazy) {
    Require(Run(bytes, true).Go(seed) == at_once, "the same for bytes that come later");
  }
}

}  // namespace iso::fuzz
