// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Gapless sound to the ear: what is encoded, put into a file in each way of saying what the
// encoder added, played and decoded, is as long as what went in, and lies where it was, by
// cross-correlation. Needs encoders and decoders; each case is skipped without its own.

#include <cmath>
#include <cstring>
#include <numbers>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "media_files.h"
#include "metadata_samples.h"
#include "movie_catalog.h"
#include "recorder.h"

namespace iso::test {
namespace {

using Frames = std::vector<float>;

constexpr uint32_t kRate = 48000;
constexpr size_t kWindow = 4096;

/// A tone that rises from 300 Hz to 5 kHz: no part of it is like another.
Frames Sweep(size_t frames) {
  Frames sound(frames);
  double phase = 0;
  for (size_t i = 0; i < frames; ++i) {
    const double hertz = 300 + 4700.0 * static_cast<double>(i) / static_cast<double>(frames);
    phase += 2 * std::numbers::pi * hertz / kRate;
    sound[i] = static_cast<float>(0.5 * std::sin(phase));
  }
  return sound;
}

/// How alike the windows of `a` at `i` and of `b` at `k` are, 1 at most.
double Alike(const Frames& a, size_t i, const Frames& b, size_t k) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t n = 0; n < kWindow; ++n) {
    const double x = a[i + n], y = b[k + n];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

struct Match {
  long lag = 0;
  double alike = -1;
};

/// By how many frames `heard` lies behind `sound` around frame `at`.
Match FindLag(const Frames& sound, size_t at, const Frames& heard, long least, long most) {
  Match best;
  for (long lag = least; lag <= most; ++lag) {
    const long k = static_cast<long>(at) + lag;
    if (k < 0 || static_cast<size_t>(k) + kWindow > heard.size()) continue;
    const double alike = Alike(sound, at, heard, static_cast<size_t>(k));
    if (alike > best.alike) best = {lag, alike};
  }
  return best;
}

bool Exists(const std::string& factory) {
  GstElementFactory* found = gst_element_factory_find(factory.c_str());
  if (found) gst_object_unref(found);
  return found != nullptr;
}

struct Captured {
  std::vector<Bytes> buffers;
  std::vector<uint32_t> flags;
  GstCaps* caps = nullptr;
  bool ok = false;

  Captured() = default;
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  ~Captured() {
    if (caps) gst_caps_unref(caps);
  }

  /// A buffer among the caps' fields; empty if there is none.
  Bytes Field(const char* name) const {
    const GValue* value = gst_structure_get_value(gst_caps_get_structure(caps, 0), name);
    if (value && GST_VALUE_HOLDS_ARRAY(value)) value = gst_value_array_get_value(value, 0);
    return value ? BytesOf(gst_value_get_buffer(value)) : Bytes();
  }

  static Bytes BytesOf(GstBuffer* buffer) {
    Bytes bytes(gst_buffer_get_size(buffer));
    gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
    return bytes;
  }
};

void OnHandoff(GstElement*, GstBuffer* buffer, GstPad* pad, gpointer data) {
  auto* captured = static_cast<Captured*>(data);
  captured->buffers.push_back(Captured::BytesOf(buffer));
  captured->flags.push_back(GST_BUFFER_FLAGS(buffer));
  if (!captured->caps) captured->caps = gst_pad_get_current_caps(pad);
}

/// What comes to the end of the pipeline.
void RunPipeline(const std::string& text, Captured* captured) {
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(
      (text + " ! fakesink name=out signal-handoffs=true sync=false").c_str(), &error);
  ASSERT_EQ(error, nullptr) << error->message;
  GstElement* out = gst_bin_get_by_name(GST_BIN(pipeline), "out");
  g_signal_connect(out, "handoff", G_CALLBACK(OnHandoff), captured);
  gst_object_unref(out);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus, 30 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  captured->ok = message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
  if (message) gst_message_unref(message);
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
}

Frames Decode(const std::string& path, const std::string& decoder) {
  Captured captured;
  RunPipeline("filesrc location=\"" + path + "\" ! isodemux ! " + decoder +
                  " ! audioconvert ! audio/x-raw,format=F32LE,channels=1",
              &captured);
  EXPECT_TRUE(captured.ok) << path << " does not play";
  Frames frames;
  for (const Bytes& buffer : captured.buffers) {
    const size_t before = frames.size();
    frames.resize(before + buffer.size() / sizeof(float));
    std::memcpy(frames.data() + before, buffer.data(), buffer.size());
  }
  return frames;
}

struct Codec {
  const char* name;
  const char* encoder;  ///< its first word is the factory
  const char* decoder;
  uint32_t packet;  ///< frames
  Bytes (*entry)(const Captured& encoded);
};

Bytes AacEntry(const Captured&) {
  return Mp4aEntry(1, kRate);
}

Bytes Mp3Entry(const Captured&) {
  return Mp4aEntry(1, kRate, 0x6b);
}

uint32_t PreSkip(const Captured& encoded) {
  const Bytes head = encoded.Field("streamheader");
  return head.size() < 12 ? 0 : head[10] | head[11] << 8;
}

Bytes OpusEntry(const Captured& encoded) {
  ByteWriter config;
  config.U8(0).U8(1).U16(PreSkip(encoded)).U32(kRate).U16(0).U8(0);
  return AudioEntry("Opus", 1, 16, kRate, Box("dOps", config.bytes()));
}

/// GStreamer's codec_data is the whole box.
Bytes AlacEntry(const Captured& encoded) {
  return AudioEntry("alac", 1, 16, kRate, encoded.Field("codec_data"));
}

const Codec kAac{"aac", "avenc_aac bitrate=128000", "avdec_aac", 1024, AacEntry};
const Codec kMp3{"mp3",
                 "lamemp3enc bitrate=192 target=bitrate cbr=true ! mpegaudioparse",
                 "mpegaudioparse ! avdec_mp3",
                 1152,
                 Mp3Entry};
const Codec kOpus{"opus", "opusenc bitrate=128000", "opusdec", 960, OpusEntry};
const Codec kAlac{"alac", "avenc_alac", "avdec_alac", 4096, AlacEntry};

enum class Told { kEdits, kItunSmpb, kNeroAndItunSmpb, kNothing };

struct Case {
  const char* name;
  const Codec* codec;
  Told told;
  size_t frames;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class GaplessDecoded : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const Codec& codec = *GetParam().codec;
    const std::string encoder(codec.encoder, std::strcspn(codec.encoder, " "));
    const std::string chain(codec.decoder);
    const std::string decoder = chain.substr(chain.rfind(' ') + 1);
    for (const std::string& factory :
         {encoder, decoder, std::string("rawaudioparse"), std::string("audioconvert")}) {
      if (!Exists(factory)) GTEST_SKIP() << "no element " << factory;
    }
    sound_ = Sweep(GetParam().frames);
    Bytes raw(sound_.size() * sizeof(float));
    std::memcpy(raw.data(), sound_.data(), raw.size());
    const TempFile file(raw);
    RunPipeline("filesrc location=\"" + file.path() +
                    "\" ! rawaudioparse format=pcm pcm-format=f32le sample-rate=48000 "
                    "num-channels=1 ! audioconvert ! " +
                    codec.encoder,
                &encoded_);
    ASSERT_TRUE(encoded_.ok && encoded_.caps) << "cannot encode";
  }

  MovieSpec Movie(uint64_t priming) const {
    MovieSpec movie;
    movie.timescale = kRate;
    TrackSpec track = AudioTrack(1, 1);
    track.entries = {GetParam().codec->entry(encoded_)};
    track.samples.clear();
    std::vector<Bytes> packets;
    for (size_t i = 0; i < encoded_.buffers.size(); ++i) {
      if ((encoded_.flags[i] & GST_BUFFER_FLAG_HEADER) == 0) packets.push_back(encoded_.buffers[i]);
    }
    const uint64_t total = sound_.size() + priming;
    for (size_t i = 0; i < packets.size(); ++i) {
      const uint32_t whole = GetParam().codec->packet;
      const uint64_t before = i * uint64_t{whole};
      if (before >= total) break;  // encoders may add more than they need
      const bool cut = GetParam().told == Told::kNothing && total - before < whole;
      track.samples.push_back({.size = static_cast<uint32_t>(packets[i].size()),
                               .duration = cut ? static_cast<uint32_t>(total - before) : whole});
    }
    track.payload = [packets](size_t i) { return packets[i]; };
    movie.tracks = {track};
    return movie;
  }

  void Tell(MovieSpec* movie, uint64_t priming) const {
    TrackSpec& track = movie->tracks[0];
    if (GetParam().told == Told::kEdits) {
      track.has_edits = true;
      track.edits = {{sound_.size(), static_cast<int64_t>(priming)}};
      return;
    }
    if (GetParam().told == Told::kNothing) return;
    char text[80];
    std::snprintf(text,
                  sizeof text,
                  " 00000000 %08X 00000000 %016llX 00000000",
                  static_cast<unsigned>(priming),
                  static_cast<unsigned long long>(sound_.size()));
    std::vector<Bytes> items = {FreeformText("iTunSMPB", text)};
    if (GetParam().told == Told::kNeroAndItunSmpb) {
      items.push_back(TextItem("\xa9too", "Nero AAC codec / 1.5.4.0"));
    }
    movie->udta = Box("meta", ItunesMeta(items));
  }

  Frames sound_;
  Captured encoded_;
};

TEST_P(GaplessDecoded, IsWhatWentInWhereItWas) {
  const std::string decoder = GetParam().codec->decoder;
  uint64_t priming = 0;
  if (GetParam().codec == &kOpus) {
    priming = PreSkip(encoded_);  // the decoder believes it, too
  } else if (GetParam().told != Told::kNothing) {
    // What the encoder puts in front is measured, not taken on trust.
    const TempFile untold(BuildMovie(Movie(4096)));
    const Match match = FindLag(sound_, 8192, Decode(untold.path(), decoder), 0, 4096);
    ASSERT_GT(match.alike, 0.95);
    priming = static_cast<uint64_t>(match.lag);
  }
  MovieSpec movie = Movie(priming);
  Tell(&movie, priming);
  const TempFile file(BuildMovie(movie));
  const Frames heard = Decode(file.path(), decoder);
  EXPECT_EQ(heard.size(), sound_.size());
  for (const size_t at : {size_t{600}, sound_.size() / 2, sound_.size() - kWindow - 600}) {
    const Match match = FindLag(sound_, at, heard, -500, 500);
    EXPECT_EQ(match.lag, 0) << "around frame " << at << ", priming " << priming;
    EXPECT_GT(match.alike, 0.95) << "around frame " << at;
  }
}

INSTANTIATE_TEST_SUITE_P(Sounds,
                         GaplessDecoded,
                         testing::Values(Case{"AacEdits", &kAac, Told::kEdits, 50'000},
                                         Case{"AacItunSmpb", &kAac, Told::kItunSmpb, 49'999},
                                         Case{"AacNero", &kAac, Told::kNeroAndItunSmpb, 51'200},
                                         Case{"Mp3Edits", &kMp3, Told::kEdits, 50'001},
                                         Case{"OpusPreSkip", &kOpus, Told::kNothing, 50'003},
                                         Case{"OpusEdits", &kOpus, Told::kEdits, 48'000},
                                         Case{"AlacShortLast", &kAlac, Told::kNothing, 50'007}),
                         [](const auto& param) { return std::string(param.param.name); });

std::string RealFile(const std::string& ending) {
  for (const std::string& name : RealMovies()) {
    if (name.size() >= ending.size() &&
        name.compare(name.size() - ending.size(), ending.size(), ending) == 0) {
      return MediaRoot() + "/" + name;
    }
  }
  return "";
}

/// How far a 1 kHz tone in the window lies behind one that begins with frame 0, frames.
double ToneLag(const Frames& heard, size_t at) {
  double in_phase = 0, quadrature = 0;
  for (size_t n = at; n < at + 4800; ++n) {
    const double angle = 2 * std::numbers::pi * 1000 * static_cast<double>(n) / kRate;
    in_phase += heard[n] * std::sin(angle);
    quadrature += heard[n] * std::cos(angle);
  }
  return -std::atan2(quadrature, in_phase) * kRate / (2 * std::numbers::pi * 1000);
}

double Loudness(const Frames& heard, size_t from, size_t frames) {
  double sum = 0;
  for (size_t n = from; n < from + frames; ++n)
    sum += static_cast<double>(heard[n]) * heard[n];
  return std::sqrt(sum / static_cast<double>(frames));
}

class GaplessTone : public testing::TestWithParam<const char*> {};

/// Two hundred thousand frames of a tone, encoded by iTunes and by Nero.
TEST_P(GaplessTone, IsWholeAndInPlace) {
  const std::string path =
      RealFile(std::string("sine-1kHztone-48kHzrate-mono-s32le-200000samples-") + GetParam());
  if (path.empty()) GTEST_SKIP() << "no such file next to the source tree";
  if (!Exists("avdec_aac")) GTEST_SKIP() << "no element avdec_aac";
  const Frames heard = Decode(path, "avdec_aac");
  ASSERT_EQ(heard.size(), 200'000u);
  EXPECT_NEAR(ToneLag(heard, 2400), 0, 0.5);
  EXPECT_NEAR(ToneLag(heard, 190'000), 0, 0.5);
  // Neither end is silent: a tone is the same each 48 frames, so its phase alone says little.
  const double all = Loudness(heard, 0, heard.size());
  EXPECT_GT(Loudness(heard, 0, 96), all / 2);
  EXPECT_GT(Loudness(heard, heard.size() - 96, 96), all / 2);
}

INSTANTIATE_TEST_SUITE_P(Real,
                         GaplessTone,
                         testing::Values("itunes.m4a",
                                         "nero-with-itunsmpb.m4a",
                                         "nero-without-itunsmpb.m4a"),
                         [](const auto& param) { return TestName(param.param); });

}  // namespace
}  // namespace iso::test
