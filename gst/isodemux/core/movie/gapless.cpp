// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/gapless.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "core/codec/audio_config.h"

namespace iso {
namespace {

/// Frames that Nero's AAC encoder puts in front, besides one packet of its delay. It says so
/// nowhere (seen from "Nero AAC codec 1.5.4.0").
constexpr int64_t kNeroPriming = 1600;

/// Pre-skip counts at this rate whatever the track's timescale. RFC 7845 5.1.
constexpr uint32_t kOpusRate = 48000;

/// Encoders need some 80 ms at most. More has been written in the wrong byte order (seen from
/// an early muxer: 39936 for 156).
constexpr uint32_t kMostPreSkip = kOpusRate / 4;

constexpr FourCC kEncoder(0xa9746f6f);  // (c)too

std::string_view TextOf(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

const MetadataItem* FindItunSmpb(const Metadata& metadata) {
  const auto found = std::find_if(
      metadata.items.begin(), metadata.items.end(), [](const MetadataItem& item) {
        return item.source == MetadataSource::kFreeform && item.name == "iTunSMPB";
      });
  return found == metadata.items.end() ? nullptr : &*found;
}

bool IsFromNero(const Metadata& metadata) {
  return std::any_of(
      metadata.items.begin(), metadata.items.end(), [](const MetadataItem& item) {
        if (item.code != kEncoder) return false;
        std::string text(TextOf(item.value));
        std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
          return static_cast<char>(std::tolower(c));
        });
        return text.find("nero") != std::string::npos;
      });
}

std::optional<ValidMedia> FromItunSmpb(const Movie& movie, const Track& track) {
  const MetadataItem* item = FindItunSmpb(movie.metadata);
  if (item == nullptr) item = FindItunSmpb(track.metadata);
  return item != nullptr ? ParseItunSmpb(item->value) : std::nullopt;
}

std::optional<ValidMedia> FromNero(const Movie& movie, const Track& track) {
  if (!IsFromNero(movie.metadata) && !IsFromNero(track.metadata)) return std::nullopt;
  const Result<Sample> first = track.table->At(0);
  if (!first.ok()) return std::nullopt;
  return ValidMedia{kNeroPriming + first->duration};
}

std::optional<ValidMedia> FromOpus(const Track& track) {
  const SampleDescription& description = track.descriptions.front();
  if (description.format != FourCC("Opus")) return std::nullopt;
  const auto config = ParseDOps(description.Child("dOps"));
  if (!config || config->pre_skip == 0 || config->pre_skip > kMostPreSkip) return std::nullopt;
  return ValidMedia{RescaleFloor(config->pre_skip, kOpusRate, track.timescale)};
}

bool IsSane(const ValidMedia& valid, const Track& track) {
  return valid.start >= 0 && valid.start < valid.end && valid.start < track.media_duration;
}

}  // namespace

std::optional<ValidMedia> ParseItunSmpb(Bytes text) {
  constexpr size_t kNumbers = 4;
  uint64_t numbers[kNumbers] = {};
  std::string_view rest = TextOf(text);
  for (uint64_t& number : numbers) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const size_t digits = std::min(rest.find(' '), rest.size());
    if (digits == 0 || digits > 16) return std::nullopt;
    for (const char c : rest.substr(0, digits)) {
      const auto digit = static_cast<unsigned char>(c);
      if (std::isxdigit(digit) == 0) return std::nullopt;
      number = number << 4 | static_cast<uint64_t>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    rest.remove_prefix(digits);
  }
  const uint64_t priming = numbers[1];
  const uint64_t length = numbers[3];
  if (priming > UINT32_MAX || length == 0 || length > UINT64_MAX >> 2) return std::nullopt;
  const auto start = static_cast<int64_t>(priming);
  return ValidMedia{start, start + static_cast<int64_t>(length)};
}

void TrimToValidMedia(Movie* movie) {
  if (movie->tracks.size() != 1) return;
  Track& track = movie->tracks.front();
  const auto& edits = track.timeline.edits();
  const bool untouched = edits.size() == 1 && edits[0].kind == Edit::Kind::kMedia &&
                         edits[0].media_start == 0 && edits[0].media_end == kTimeMax;
  if (track.kind != MediaKind::kAudio || !untouched) return;
  std::optional<ValidMedia> valid = FromItunSmpb(*movie, track);
  if (!valid) valid = FromNero(*movie, track);
  if (!valid) valid = FromOpus(track);
  if (!valid || !IsSane(*valid, track)) return;
  track.timeline = Timeline::Trim(valid->start, valid->end, track.timescale, track.media_duration);
}

}  // namespace iso
