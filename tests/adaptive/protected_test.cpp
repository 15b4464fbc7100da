// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Common encryption through an adaptive demuxer: who may decrypt is told by the header's pssh,
// and each sample carries what it takes, from its fragment's senc.

#include <algorithm>
#include <iterator>

#include "adaptive_fixture.h"
#include "encrypted_fragments.h"
#include "test_decryptor.h"

namespace iso::test {
namespace {

using Truth = std::vector<SampleTruth>;

/// Says of all samples that they are encrypted.
Truth Encrypt(const EncryptionSpec& encryption, FragmentedSpec* spec) {
  TrackSpec& track = spec->movie.tracks[0];
  Truth all;
  for (FragmentSpec& fragment : spec->fragments) {
    TrafSpec& traf = fragment.trafs[0];
    Truth truth;
    for (size_t i = 0; i < traf.runs[0].count; ++i) {
      const size_t sample = all.size() + i;
      truth.push_back(TruthOf(encryption, sample, track.samples[sample].size));
    }
    all.insert(all.end(), truth.begin(), truth.end());
    traf.boxes = [encryption, truth, runs = traf.runs](uint64_t position) {
      return TrafBoxes(encryption, truth, runs, position);
    };
  }
  track.entries[0] = EncryptEntry(track.entries[0], encryption);
  spec->movie.moov_boxes = PsshBox(0, 0x11, {1, 2, 3});
  return all;
}

class Protected : public AdaptiveFixture {
 protected:
  void SetUp() override { Prepare("dashdemux2", "playbin3"); }
};

TEST_F(Protected, EachSampleSaysHow) {
  RegisterTestDecryptor();
  EncryptionSpec encryption;
  encryption.subsamples = true;
  std::vector<Truth> truth;
  const Presentation presentation =
      MakePresentation([&](FragmentedSpec* spec) { truth.push_back(Encrypt(encryption, spec)); });
  const auto player = NewPlayer(WriteDash(presentation, directory_), kForLarge);
  ASSERT_EQ(player->PlayToEnd(), "");
  ExpectPictures(player->video(), 0);
  ExpectSound(player->audio(), 0);
  EXPECT_EQ(player->factories().count("testdecryptor"), 1u);
  const std::vector<std::string> systems = player->protection_systems();
  EXPECT_GE(systems.size(), 2u) << "one a pad";
  for (const std::string& system : systems)
    EXPECT_EQ(system, kTestSystem);
  const std::vector<Demuxed> demuxed = player->demuxed();
  ExpectSamplesInTheirTime(demuxed, presentation);
  const Rendition* const renditions[] = {
      &presentation.video[0], &presentation.video[1], &presentation.audio[0]};
  for (const Demuxed& buffer : demuxed) {
    EXPECT_EQ(buffer.caps.find("application/x-cenc"), 0u);
    size_t of = 0;
    while (of + 1 < std::size(renditions) && renditions[of]->SampleWith(buffer.content) < 0)
      ++of;
    const int sample = renditions[of]->SampleWith(buffer.content);
    ASSERT_GE(sample, 0);
    ASSERT_EQ(buffer.iv, truth[of][static_cast<size_t>(sample)].iv);
  }
}

}  // namespace
}  // namespace iso::test
