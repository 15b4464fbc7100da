// SPDX-License-Identifier: LGPL-2.1-or-later
//
// StoredAnchors: what was stored comes back for the same file, and nothing else ever does.

#include "core/fragment/stored_anchors.h"

#include <random>

#include <gtest/gtest.h>

namespace iso {
namespace {

const FileIdentity kFile{1 << 20, 1'700'000'000, 0x1234'5678'9abc'def0};

std::vector<Anchor> SomeAnchors() {
  std::vector<Anchor> anchors;
  for (uint64_t i = 0; i < 100; ++i)
    anchors.push_back({1000 * i + 7, static_cast<int64_t>(i) * 2'000'000'000});
  return anchors;
}

TEST(StoredAnchors, ComeBackForTheSameFile) {
  const std::vector<Anchor> anchors = SomeAnchors();
  const auto restored = RestoreAnchors(StoreAnchors(kFile, anchors), kFile);
  ASSERT_TRUE(restored.has_value());
  ASSERT_EQ(restored->size(), anchors.size());
  for (size_t i = 0; i < anchors.size(); ++i) {
    EXPECT_EQ((*restored)[i].offset, anchors[i].offset);
    EXPECT_EQ((*restored)[i].time_ns, anchors[i].time_ns);
  }
  EXPECT_TRUE(RestoreAnchors(StoreAnchors(kFile, {}), kFile).has_value());
}

TEST(StoredAnchors, AreOfNoUseForAnotherFile) {
  const std::vector<uint8_t> stored = StoreAnchors(kFile, SomeAnchors());
  FileIdentity longer = kFile;
  ++longer.size;
  FileIdentity newer = kFile;
  ++newer.modified_s;
  FileIdentity other = kFile;
  ++other.header_hash;
  for (const FileIdentity& file : {longer, newer, other})
    EXPECT_FALSE(RestoreAnchors(stored, file).has_value());
}

TEST(StoredAnchors, DamagedAreNone) {
  const std::vector<uint8_t> stored = StoreAnchors(kFile, SomeAnchors());
  for (size_t size = 0; size < stored.size(); ++size)
    EXPECT_FALSE(RestoreAnchors(Bytes(stored).first(size), kFile).has_value()) << size;
  for (size_t at = 0; at < stored.size(); ++at) {
    std::vector<uint8_t> damaged = stored;
    damaged[at] ^= static_cast<uint8_t>(1 << at % 8);
    EXPECT_FALSE(RestoreAnchors(damaged, kFile).has_value()) << at;
  }
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::vector<uint8_t> noise(random() % 400);
    for (uint8_t& byte : noise)
      byte = static_cast<uint8_t>(random());
    EXPECT_FALSE(RestoreAnchors(noise, kFile).has_value());
  }
}

TEST(StoredAnchors, LieWithinTheFile) {
  std::vector<Anchor> anchors = SomeAnchors();
  anchors.push_back({kFile.size, 1});
  anchors.push_back({UINT64_MAX, INT64_MIN});
  const auto restored = RestoreAnchors(StoreAnchors(kFile, anchors), kFile);
  ASSERT_TRUE(restored.has_value());
  EXPECT_EQ(restored->size(), anchors.size() - 2);
}

TEST(StoredAnchors, AreBounded) {
  const std::vector<Anchor> most(Anchors::kMost);
  EXPECT_EQ(StoreAnchors(kFile, most).size(), MostStoredBytes());
  EXPECT_TRUE(RestoreAnchors(StoreAnchors(kFile, most), kFile).has_value());
  const std::vector<Anchor> more(Anchors::kMost + 1);
  EXPECT_FALSE(RestoreAnchors(StoreAnchors(kFile, more), kFile).has_value());
}

}  // namespace
}  // namespace iso
