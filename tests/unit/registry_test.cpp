// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The registry of boxes: complete, and able to dump what it knows.

#include "core/box/registry.h"

#include <gtest/gtest.h>

namespace iso {
namespace {

TEST(Registry, IsSortedAndFindsEveryRow) {
  const auto boxes = KnownBoxes();
  EXPECT_GT(boxes.size(), 250u);
  for (const KnownBox& box : boxes) {
    ASSERT_EQ(FindBox(box.info.type), &box) << box.info.name;
    EXPECT_STRNE(box.info.name, "");
    EXPECT_STRNE(box.info.parents, "");
  }
  EXPECT_EQ(FindBox("zzzz"), nullptr);
}

TEST(Registry, DumpsFieldsAndSurvivesEveryTruncation) {
  const std::vector<uint8_t> body(128, 1);
  for (const KnownBox& box : KnownBoxes()) {
    if (box.dump == nullptr) continue;
    for (size_t size = 0; size <= body.size(); ++size) {
      BoxHeader header;
      header.type = box.info.type;
      header.body = 8;
      header.end = 8 + size;
      const auto fields = box.dump(header, Bytes(body).first(size));
      EXPECT_FALSE(fields.empty() && size == 0 && box.info.type != FourCC("elng"))
          << box.info.name;
    }
  }
}

TEST(Registry, TablesAreProvenAgainstTheirBox) {
  // An stts that announces 4 billion entries in room for two.
  std::vector<uint8_t> body = {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
  body.resize(8 + 16);
  BoxHeader header;
  header.type = "stts";
  header.body = 100;
  header.end = 100 + body.size();
  const auto fields = FindBox("stts")->dump(header, body);
  ASSERT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields[0].second, "2 x 8 bytes at 108");
}

}  // namespace
}  // namespace iso
