// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AdaptiveFixture: a presentation of two sizes of video and of sound, a server for it, and a
// player in which one adaptive demuxer and the element under test are the ones that are plugged;
// and what the pictures and the sound that come out have to be.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http_server.h"
#include "presentation_files.h"
#include "recorder.h"
#include "uri_player.h"

namespace iso::test {

constexpr uint32_t kSeconds = 8;
constexpr uint32_t kFrames = kSeconds * kFrameRate;
constexpr GstClockTime kFrame = GST_SECOND / kFrameRate;
constexpr int kSmallWidth = 96;
constexpr int kLargeWidth = 160;
constexpr uint32_t kSmallBits = 200'000;
constexpr uint32_t kLargeBits = 900'000;

/// A connection for either.
constexpr uint32_t kForSmall = 2 * kSmallBits;
constexpr uint32_t kForLarge = 4 * kLargeBits;

/// Encoded once a process.
Presentation MakePresentation(const Rendition::Change& change = nullptr);

class AdaptiveFixture : public testing::Test {
 protected:
  /// Skips the test where something is not installed.
  void Prepare(const std::string& demuxer, const std::string& playbin);

  /// Of what `name` is on the server. `bits`: what the connection is said to carry in a second.
  std::unique_ptr<UriPlayer> NewPlayer(const std::string& name, uint32_t bits);

  void ExpectRightElements(const UriPlayer& player) const;

  const Watchdog watchdog_{"adaptive", 60};
  TempDirectory directory_;
  HttpServer server_;

 private:
  std::string demuxer_;
  std::string playbin_;
  std::vector<std::unique_ptr<Preferred>> ranks_;
};

int64_t Apart(GstClockTime a, GstClockTime b);

/// Pictures from number `first` to the end, each once and in its time.
void ExpectPictures(const std::vector<Shown>& video, size_t first);

/// Sound from `from` to the end, without a hole.
void ExpectSound(const std::vector<Shown>& audio, GstClockTime from);

/// Whatever the demuxers handed out is a sample of the presentation, and at its time.
void ExpectSamplesInTheirTime(const std::vector<Demuxed>& demuxed,
                              const Presentation& presentation);

}  // namespace iso::test
