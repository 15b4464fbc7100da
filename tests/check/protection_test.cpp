// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Encrypted movies: what a decryptor gets (caps, PROTECTION events, GstProtectionMeta), and
// that the samples can be decrypted by it.

#include <algorithm>
#include <cstring>
#include <optional>

#include <gtest/gtest.h>

#include "aes.h"
#include "encrypted_fragments.h"
#include "media_files.h"
#include "movie_catalog.h"
#include "protection_forms.h"
#include "recorder.h"

namespace iso::test {
namespace {

constexpr const char* kContextType = "drm-preferred-decryption-system-id";
constexpr const char* kSystem3 = "03030303-0303-0303-0303-030303030303";
constexpr const char* kSystem4 = "04040404-0404-0404-0404-040404040404";

Bytes BytesOf(GstBuffer* buffer) {
  GstMapInfo map;
  if (buffer == nullptr || !gst_buffer_map(buffer, &map, GST_MAP_READ)) return {};
  Bytes bytes(map.data, map.data + map.size);
  gst_buffer_unmap(buffer, &map);
  return bytes;
}

/// A field of the meta that must be there with this type.
Bytes BufferField(const GstStructure* info, const char* name) {
  const GValue* value = gst_structure_get_value(info, name);
  if (value == nullptr || !G_VALUE_HOLDS(value, GST_TYPE_BUFFER)) {
    ADD_FAILURE() << "no buffer " << name;
    return {};
  }
  return BytesOf(gst_value_get_buffer(value));
}

unsigned NumberField(const GstStructure* info, const char* name, unsigned otherwise = 0) {
  guint number = otherwise;
  gst_structure_get_uint(info, name, &number);
  return number;
}

bool IsEncrypted(const GstStructure* info) {
  gboolean encrypted = FALSE;
  EXPECT_TRUE(gst_structure_get_boolean(info, "encrypted", &encrypted));
  return encrypted;
}

std::vector<std::pair<uint32_t, uint32_t>> SubsamplesOf(const GstStructure* info) {
  guint count = 99;
  EXPECT_TRUE(gst_structure_get_uint(info, "subsample_count", &count));
  std::vector<std::pair<uint32_t, uint32_t>> subsamples;
  if (count == 0) return subsamples;
  const Bytes bytes = BufferField(info, "subsamples");
  EXPECT_EQ(bytes.size(), count * 6);
  for (size_t i = 0; i + 6 <= bytes.size(); i += 6) {
    const uint8_t* p = &bytes[i];
    subsamples.emplace_back(GST_READ_UINT16_BE(p), GST_READ_UINT32_BE(p + 2));
  }
  return subsamples;
}

/// The key is the key ID with every bit turned.
Bytes KeyFor(const Bytes& key_id) {
  Bytes key = key_id;
  for (uint8_t& byte : key)
    byte = static_cast<uint8_t>(~byte);
  return key;
}

SampleCipher CipherOf(const std::string& scheme, const SampleTruth& truth) {
  return {scheme,
          KeyFor(KeyIdOf(truth.key)),
          truth.iv,
          truth.key.crypt,
          truth.key.skip,
          truth.subsamples};
}

/// All a decryptor does, from nothing but the meta.
Bytes DecryptWith(const GstStructure* info, const Bytes& data, const Bytes& key) {
  SampleCipher cipher;
  cipher.scheme = gst_structure_get_string(info, "cipher-mode");
  cipher.key = key;
  cipher.iv = BufferField(info, "iv");
  cipher.crypt = NumberField(info, "crypt_byte_block");
  cipher.skip = NumberField(info, "skip_byte_block");
  cipher.subsamples = SubsamplesOf(info);
  return Decrypt(cipher, data);
}

const RecordedPad* FindPad(const std::vector<RecordedPad>& pads, const std::string& name) {
  for (const RecordedPad& pad : pads) {
    if (pad.name == name) return &pad;
  }
  return nullptr;
}

std::vector<const RecordedItem*> BuffersIn(const RecordedPad& pad) {
  std::vector<const RecordedItem*> buffers;
  for (const RecordedItem& item : pad.items) {
    if (!item.event) buffers.push_back(&item);
  }
  return buffers;
}

void ExpectMeta(const GstStructure* info, const EncryptionSpec& spec, const SampleTruth& truth) {
  EXPECT_STREQ(gst_structure_get_name(info), "application/x-cenc");
  EXPECT_STREQ(gst_structure_get_string(info, "cipher-mode"), spec.scheme.c_str());
  EXPECT_EQ(IsEncrypted(info), truth.encrypted);
  EXPECT_EQ(BufferField(info, "kid"), KeyIdOf(truth.key));
  EXPECT_EQ(NumberField(info, "iv_size", 99), truth.encrypted ? truth.key.iv_size : 0u);
  EXPECT_EQ(NumberField(info, "crypt_byte_block"), truth.key.crypt);
  EXPECT_EQ(NumberField(info, "skip_byte_block"), truth.key.skip);
  EXPECT_EQ(NumberField(info, "constant_iv_size"), truth.key.constant_iv_size);
  if (!truth.encrypted) return;
  EXPECT_EQ(BufferField(info, "iv"), truth.iv);
  EXPECT_EQ(SubsamplesOf(info), truth.subsamples);
}

class Form : public testing::TestWithParam<NamedEncryption> {};

INSTANTIATE_TEST_SUITE_P(Encryption,
                         Form,
                         testing::ValuesIn(EncryptionForms()),
                         [](const auto& test) { return test.param.name; });

TEST_P(Form, EverySampleCanBeDecrypted) {
  if (!HaveAes()) GTEST_SKIP() << "built without libcrypto";
  const Watchdog watchdog(GetParam().name, 60);
  const EncryptionSpec& spec = GetParam().spec;
  const MovieSpec clear = PlainMovie();
  const EncryptedMovie movie = BuildEncrypted(
      clear, spec, [](const std::string& scheme, const SampleTruth& truth, const Bytes& bytes) {
        return Encrypt(CipherOf(scheme, truth), bytes);
      });
  const TempFile file(movie.file);
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto pads = recorder.pads();
  ASSERT_EQ(pads.size(), 2u);
  size_t changed = 0;
  for (size_t t = 0; t < 2; ++t) {
    const auto buffers = BuffersIn(pads[t]);
    ASSERT_EQ(buffers.size(), movie.truth[t].size());
    for (size_t i = 0; i < buffers.size(); ++i) {
      SCOPED_TRACE("track " + std::to_string(t) + " sample " + std::to_string(i));
      const GstStructure* info = buffers[i]->protection.get();
      ASSERT_NE(info, nullptr);
      const SampleTruth& truth = movie.truth[t][i];
      ExpectMeta(info, spec, truth);
      const Bytes expected = SamplePayload(clear.tracks[t], i);
      const Bytes decrypted =
          truth.encrypted ? DecryptWith(info, buffers[i]->data, KeyFor(BufferField(info, "kid")))
                          : buffers[i]->data;
      ASSERT_EQ(decrypted, expected);
      changed += buffers[i]->data != expected;
    }
  }
  EXPECT_GT(changed, 0u) << "nothing was encrypted in the first place";
}

TEST_P(Form, CapsSayHow) {
  const EncryptedMovie movie = BuildEncrypted(PlainMovie(), GetParam().spec, nullptr);
  const TempFile file(movie.file);
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto pads = recorder.pads();
  const std::string mode = "cipher-mode=(string)" + GetParam().spec.scheme;
  for (const RecordedPad& pad : pads) {
    EXPECT_EQ(pad.caps.find("application/x-cenc"), 0u) << pad.caps;
    EXPECT_NE(pad.caps.find(mode), std::string::npos) << pad.caps;
    EXPECT_EQ(pad.caps.find("protection-system"), std::string::npos) << pad.caps;
  }
  EXPECT_NE(pads[0].caps.find("original-media-type=(string)video/x-h264"), std::string::npos);
  EXPECT_NE(pads[1].caps.find("original-media-type=(string)audio/mpeg"), std::string::npos);
}

/// An encrypted video and a clear audio track, with two pssh boxes.
EncryptedMovie MovieWithSystems() {
  MovieSpec spec = PlainMovie();
  spec.tracks.resize(1);
  spec.moov_boxes = PsshBox(0, 3, {1, 2, 3});
  const Bytes second = PsshBox(1, 4, {5});
  spec.moov_boxes.insert(spec.moov_boxes.end(), second.begin(), second.end());
  return BuildEncrypted(spec, {}, nullptr);
}

TEST(Systems, AreToldBeforeTheFirstBuffer) {
  const TempFile file(MovieWithSystems().file);
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const RecordedPad pad = recorder.pads().at(0);
  std::vector<std::string> seen;
  for (const RecordedItem& item : pad.items) {
    if (!item.event) break;
    if (GST_EVENT_TYPE(item.event.get()) == GST_EVENT_SEGMENT) seen.push_back("segment");
    if (GST_EVENT_TYPE(item.event.get()) != GST_EVENT_PROTECTION) continue;
    const gchar* system = nullptr;
    const gchar* origin = nullptr;
    GstBuffer* data = nullptr;
    gst_event_parse_protection(item.event.get(), &system, &data, &origin);
    EXPECT_STREQ(origin, "isobmff/moov");
    seen.push_back(system);
    EXPECT_EQ(BytesOf(data), seen.size() == 2 ? PsshBox(0, 3, {1, 2, 3}) : PsshBox(1, 4, {5}));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"segment", kSystem3, kSystem4}));
}

TEST(Systems, TheApplicationIsAskedForOne) {
  const TempFile file(MovieWithSystems().file);
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto messages = recorder.messages(GST_MESSAGE_NEED_CONTEXT);
  ASSERT_EQ(messages.size(), 1u);
  const gchar* type = nullptr;
  ASSERT_TRUE(gst_message_parse_context_type(messages[0].get(), &type));
  EXPECT_STREQ(type, kContextType);
  const GstStructure* question = gst_message_get_structure(messages[0].get());
  EXPECT_EQ(NumberField(question, "track-id"), PlainMovie().tracks[0].id);
  const GValue* systems = gst_structure_get_value(question, "available-stream-encryption-systems");
  ASSERT_TRUE(systems != nullptr && G_VALUE_HOLDS(systems, G_TYPE_STRV));
  auto* const names = static_cast<gchar**>(g_value_get_boxed(systems));
  ASSERT_EQ(g_strv_length(names), 2u);
  EXPECT_STREQ(names[0], kSystem3);
  const GValue* events = gst_structure_get_value(question, "stream-encryption-events");
  ASSERT_TRUE(events != nullptr && GST_VALUE_HOLDS_LIST(events));
  EXPECT_EQ(gst_value_list_get_size(events), 2u);
}

TEST(Systems, ItsAnswerIsInTheCaps) {
  const TempFile file(MovieWithSystems().file);
  Recorder recorder;
  GstContext* context = gst_context_new(kContextType, FALSE);
  gst_structure_set(gst_context_writable_structure(context),
                    "decryption-system-id",
                    G_TYPE_STRING,
                    kSystem4,
                    nullptr);
  gst_element_set_context(recorder.demuxer(), context);
  gst_context_unref(context);
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  EXPECT_TRUE(recorder.messages(GST_MESSAGE_NEED_CONTEXT).empty());
  const RecordedPad pad = recorder.pads().at(0);
  EXPECT_NE(pad.caps.find(std::string("protection-system=(string)") + kSystem4), std::string::npos)
      << pad.caps;
}

// A decryptor of system 4, so far as the registry is concerned.
struct TestDecryptor {
  GstElement parent;
};

struct TestDecryptorClass {
  GstElementClass parent;
};

void InitDecryptorClass(gpointer klass, gpointer) {
  auto* const element = static_cast<GstElementClass*>(klass);
  GstCaps* caps = gst_caps_new_simple(
      "application/x-cenc", "protection-system", G_TYPE_STRING, kSystem4, nullptr);
  gst_element_class_add_pad_template(
      element, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_caps_unref(caps);
  gst_element_class_set_static_metadata(element, "Test", "Decryptor", "Test", "Test");
}

std::vector<std::string> WarningsOf(const Recorder& recorder) {
  std::vector<std::string> texts;
  for (const MessagePtr& message : recorder.messages(GST_MESSAGE_WARNING)) {
    // Extended types share bits with this one.
    if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_WARNING) continue;
    GError* error = nullptr;
    gst_message_parse_warning(message.get(), &error, nullptr);
    texts.emplace_back(error->message);
    g_error_free(error);
  }
  return texts;
}

TEST(Systems, AnInstalledDecryptorDecidesOtherwise) {
  const GTypeInfo info = {sizeof(TestDecryptorClass),
                          nullptr,
                          nullptr,
                          InitDecryptorClass,
                          nullptr,
                          nullptr,
                          sizeof(TestDecryptor),
                          0,
                          nullptr,
                          nullptr};
  const GType type =
      g_type_register_static(GST_TYPE_ELEMENT, "IsoTestDecryptor", &info, GTypeFlags{});
  ASSERT_TRUE(gst_element_register(nullptr, "isotestdecryptor", GST_RANK_PRIMARY, type));
  const TempFile file(MovieWithSystems().file);
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const RecordedPad pad = recorder.pads().at(0);
  EXPECT_NE(pad.caps.find(std::string("protection-system=(string)") + kSystem4), std::string::npos)
      << pad.caps;
  EXPECT_EQ(WarningsOf(recorder), std::vector<std::string>());
}

guint64 LostOf(GstElement* demuxer) {
  GstStructure* stats = nullptr;
  g_object_get(demuxer, "stats", &stats, nullptr);
  guint64 lost = 0;
  gst_structure_get_uint64(stats, "lost-samples", &lost);
  gst_structure_free(stats);
  return lost;
}

TEST(Damage, SamplesThatNobodyCanDecryptAreLostAndToldOnce) {
  EncryptionSpec spec;
  spec.form = RecordForm::kSaio;
  EncryptedMovie movie = BuildEncrypted(PlainMovie(), spec, nullptr);
  movie.file.resize(movie.file.size() - 5 * 8);
  const TempFile file(movie.file);
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto pads = recorder.pads();
  EXPECT_EQ(BuffersIn(pads[0]).size(), movie.truth[0].size());
  EXPECT_EQ(BuffersIn(pads[1]).size(), movie.truth[1].size() - 5);
  // What is lost is told right after the last pad's EOS.
  for (int tries = 0; LostOf(recorder.demuxer()) == 0 && tries < 500; ++tries)
    g_usleep(10000);
  EXPECT_EQ(LostOf(recorder.demuxer()), 5u);
}

/// Naive: the records of the n-th senc box of the file, IVs of 16 bytes.
std::vector<SampleTruth> ReadSenc(const Bytes& file, size_t n) {
  auto at = file.begin();
  const char* name = "senc";
  for (size_t i = 0; i <= n; ++i)
    at = std::search(at, file.end(), name, name + 4) + 4;
  const uint8_t* p = &*at + 4;
  std::vector<SampleTruth> truth(GST_READ_UINT32_BE(p));
  p += 4;
  for (SampleTruth& sample : truth) {
    sample.iv.assign(p, p + 16);
    const unsigned count = GST_READ_UINT16_BE(p + 16);
    p += 18;
    for (unsigned k = 0; k < count; ++k, p += 6)
      sample.subsamples.emplace_back(GST_READ_UINT16_BE(p), GST_READ_UINT32_BE(p + 2));
  }
  return truth;
}

/// A file of Mozilla's tests, whose keys are public: 7e57111... for key ID 7e571d0...1, and
/// so on.
Bytes MozillaKey(const Bytes& key_id) {
  Bytes key;
  for (int i = 0; i < 4; ++i) {
    const auto digits = static_cast<uint8_t>(key_id[15] * 0x11);
    const Bytes part = {0x7e, 0x57, digits, digits};
    key.insert(key.end(), part.begin(), part.end());
  }
  return key;
}

/// Whether it is whole NAL units with lengths of 4 bytes, of slices and SEI.
bool IsAvc(const Bytes& sample) {
  size_t at = 0;
  while (at + 5 <= sample.size()) {
    const int type = sample[at + 4] & 31;
    if (type != 1 && type != 5 && type != 6) return false;
    at += 4 + size_t{GST_READ_UINT32_BE(&sample[at])};
  }
  return at == sample.size();
}

TEST(Real, ProgressiveFileIsDecrypted) {
  const std::string path = MediaRoot() + "/real/mozilla+mp4parse-rust/short-cenc.mp4";
  if (MediaRoot().empty() || !g_file_test(path.c_str(), G_FILE_TEST_EXISTS)) GTEST_SKIP();
  if (!HaveAes()) GTEST_SKIP() << "built without libcrypto";
  const Bytes bytes = ReadFile(path);
  Recorder recorder;
  recorder.Start(path);
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto pads = recorder.pads();
  const char* const names[] = {"video_0", "audio_0"};
  for (size_t t = 0; t < 2; ++t) {
    const RecordedPad* pad = FindPad(pads, names[t]);
    ASSERT_NE(pad, nullptr);
    const auto buffers = BuffersIn(*pad);
    const auto truth = ReadSenc(bytes, t);
    ASSERT_EQ(buffers.size(), truth.size());
    for (size_t i = 0; i < buffers.size(); ++i) {
      SCOPED_TRACE(std::string(names[t]) + " sample " + std::to_string(i));
      const GstStructure* info = buffers[i]->protection.get();
      ASSERT_NE(info, nullptr);
      EXPECT_EQ(BufferField(info, "iv"), truth[i].iv);
      EXPECT_EQ(SubsamplesOf(info), truth[i].subsamples);
      const Bytes clear = DecryptWith(info, buffers[i]->data, MozillaKey(BufferField(info, "kid")));
      // AAC begins with a channel pair, in its first three bits.
      EXPECT_TRUE(t == 0 ? IsAvc(clear) : clear[0] >> 5 == 1);
    }
  }
  const RecordedPad* video = FindPad(pads, "video_0");
  const Bytes first = DecryptWith(
      BuffersIn(*video)[0]->protection.get(), BuffersIn(*video)[0]->data, MozillaKey(Bytes(16, 1)));
  const char* const encoder = "x264 - core";
  EXPECT_NE(std::search(first.begin(), first.end(), encoder, encoder + 11), first.end());
}

/// A file of mp4ff's tests and its documented key. Its sound has no clear bytes.
TEST(Real, FragmentsAreDecrypted) {
  const std::string path = MediaRoot() + "/real/Eyevinn+mp4ff/prog_8s_enc_dashinit.mp4";
  if (MediaRoot().empty() || !g_file_test(path.c_str(), G_FILE_TEST_EXISTS)) GTEST_SKIP();
  if (!HaveAes()) GTEST_SKIP() << "built without libcrypto";
  const Bytes key = {0x63,
                     0xcb,
                     0x5f,
                     0x71,
                     0x84,
                     0xdd,
                     0x4b,
                     0x68,
                     0x9a,
                     0x5c,
                     0x5f,
                     0xf1,
                     0x1e,
                     0xe6,
                     0xa3,
                     0x28};
  Recorder recorder;
  recorder.Start(path);
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto pads = recorder.pads();
  const RecordedPad* sound = FindPad(pads, "audio_0");
  ASSERT_NE(sound, nullptr);
  const auto buffers = BuffersIn(*sound);
  EXPECT_EQ(buffers.size(), 375u);
  for (size_t i = 0; i < buffers.size(); ++i) {
    const GstStructure* info = buffers[i]->protection.get();
    ASSERT_NE(info, nullptr);
    EXPECT_EQ(BufferField(info, "iv").size(), 8u);
    // AAC that begins with the channel pair 0, and shares its window.
    EXPECT_EQ(DecryptWith(info, buffers[i]->data, key).at(0), 0x21) << i;
  }
}

TEST(Fragments, SystemsOfAFragmentAreToldBeforeItsFirstBuffer) {
  const TempFile file(BuildEncryptedFragments({}, PsshBox(0, 3, {1, 2, 3})).file);
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto pads = recorder.pads();
  ASSERT_EQ(pads.size(), 2u);
  for (const RecordedPad& pad : pads) {
    int told = 0;
    for (const RecordedItem& item : pad.items) {
      EXPECT_TRUE(item.event || told > 0);
      if (!item.event || GST_EVENT_TYPE(item.event.get()) != GST_EVENT_PROTECTION) continue;
      const gchar* system = nullptr;
      const gchar* origin = nullptr;
      GstBuffer* data = nullptr;
      gst_event_parse_protection(item.event.get(), &system, &data, &origin);
      EXPECT_STREQ(origin, "isobmff/moof");
      EXPECT_STREQ(system, kSystem3);
      EXPECT_EQ(BytesOf(data), PsshBox(0, 3, {1, 2, 3}));
      ++told;
    }
    EXPECT_EQ(told, 4) << "fragments of " << pad.name;
  }
}

}  // namespace
}  // namespace iso::test
