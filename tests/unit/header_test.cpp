// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Box headers: every form of size, and every way in which one can lie.

#include "core/box/header.h"

#include <gtest/gtest.h>

namespace iso {
namespace {

class Collect final : public Diagnostics {
 public:
  void Report(const Error& error) override { errors.push_back(error.code); }

  std::vector<Errc> errors;
};

void Put(std::vector<uint8_t>& out, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(i < 8 ? static_cast<uint8_t>(value >> (8 * i)) : uint8_t{0});
}

void PutHeader(std::vector<uint8_t>& out, uint32_t size, FourCC type) {
  Put(out, size, 4);
  Put(out, type.value, 4);
}

struct Walked {
  std::vector<BoxHeader> boxes;
  std::vector<Errc> errors;
};

Walked Walk(std::vector<uint8_t> bytes) {
  MemorySource source(std::move(bytes));
  WindowReader window(source, 32);
  Limits limits;
  limits.max_boxes_per_parent = 100;
  Collect collect;
  BoxWalker walker(window, FourCC(), 0, std::nullopt, limits, &collect);
  Walked walked;
  while (true) {
    const auto box = walker.Next();
    EXPECT_TRUE(box.ok());
    if (!box.ok() || !*box) break;
    walked.boxes.push_back(**box);
  }
  walked.errors = collect.errors;
  return walked;
}

TEST(BoxWalker, ReadsAllForms) {
  std::vector<uint8_t> file;
  PutHeader(file, 12, "ftyp");
  Put(file, 1, 4);
  PutHeader(file, 1, "mdat");
  Put(file, 20, 8);
  Put(file, 0, 4);
  PutHeader(file, 26, "uuid");
  for (int i = 0; i < 18; ++i) Put(file, static_cast<uint64_t>(i), 1);
  PutHeader(file, 0, "free");
  Put(file, 7, 3);
  const Walked walked = Walk(file);
  ASSERT_EQ(walked.boxes.size(), 4u);
  EXPECT_TRUE(walked.errors.empty());
  EXPECT_EQ(walked.boxes[0].body, 8u);
  EXPECT_EQ(walked.boxes[0].end, 12u);
  EXPECT_EQ(walked.boxes[1].type, FourCC("mdat"));
  EXPECT_EQ(walked.boxes[1].body, 12u + 16u);
  EXPECT_EQ(walked.boxes[1].end, 32u);
  EXPECT_EQ(walked.boxes[2].uuid[15], 15);
  EXPECT_EQ(walked.boxes[2].body_size(), 2u);
  EXPECT_TRUE(walked.boxes[3].to_end);
  EXPECT_EQ(walked.boxes[3].end, file.size());
}

TEST(BoxWalker, CutsWhatExceedsItsContainer) {
  std::vector<uint8_t> file;
  PutHeader(file, 100, "moov");
  const Walked walked = Walk(file);
  ASSERT_EQ(walked.boxes.size(), 1u);
  EXPECT_TRUE(walked.boxes[0].cut);
  EXPECT_EQ(walked.boxes[0].end, 8u);
  EXPECT_EQ(walked.errors, std::vector<Errc>{Errc::kBoxExceedsParent});
}

TEST(BoxWalker, StopsAtASizeSmallerThanTheHeader) {
  std::vector<uint8_t> file;
  PutHeader(file, 8, "ftyp");
  PutHeader(file, 7, "mdat");
  PutHeader(file, 8, "moov");
  const Walked walked = Walk(file);
  EXPECT_EQ(walked.boxes.size(), 1u);
  EXPECT_EQ(walked.errors, std::vector<Errc>{Errc::kBoxTooSmall});
}

TEST(BoxWalker, TakesTooSmallPaddingForABareHeader) {
  std::vector<uint8_t> file;
  PutHeader(file, 4, "free");
  PutHeader(file, 8, "moov");
  const Walked walked = Walk(file);
  ASSERT_EQ(walked.boxes.size(), 2u);
  EXPECT_EQ(walked.boxes[1].type, FourCC("moov"));
}

TEST(BoxWalker, LargeSizesDoNotWrap) {
  std::vector<uint8_t> file;
  PutHeader(file, 8, "ftyp");
  PutHeader(file, 1, "mdat");
  Put(file, UINT64_MAX - 3, 8);
  PutHeader(file, 8, "moov");
  const Walked walked = Walk(file);
  ASSERT_EQ(walked.boxes.size(), 2u);
  EXPECT_EQ(walked.boxes[1].end, file.size());
}

TEST(BoxWalker, LargeSizeBelowItsHeaderStops) {
  std::vector<uint8_t> file;
  PutHeader(file, 1, "mdat");
  Put(file, 15, 8);
  PutHeader(file, 8, "moov");
  EXPECT_TRUE(Walk(file).boxes.empty());
}

TEST(BoxWalker, HasABudgetOfBoxes) {
  std::vector<uint8_t> file;
  for (int i = 0; i < 200; ++i) PutHeader(file, 8, "free");
  const Walked walked = Walk(file);
  EXPECT_EQ(walked.boxes.size(), 100u);
  EXPECT_EQ(walked.errors, std::vector<Errc>{Errc::kTooManyBoxes});
}

TEST(BoxWalker, EveryTruncationEndsQuietlyOrWithAReport) {
  std::vector<uint8_t> file;
  PutHeader(file, 1, "mdat");
  Put(file, 20, 8);
  Put(file, 0, 4);
  PutHeader(file, 30, "uuid");
  for (int i = 0; i < 22; ++i) Put(file, 1, 1);
  for (size_t size = 0; size <= file.size(); ++size) {
    const Walked walked = Walk(std::vector<uint8_t>(file.begin(), file.begin() + static_cast<long>(size)));
    EXPECT_LE(walked.boxes.size(), 2u);
    for (const BoxHeader& box : walked.boxes) {
      EXPECT_LE(box.end, size);
      EXPECT_LE(box.body, box.end);
    }
  }
}

/// A source whose bytes arrive bit by bit: a walk continues where it had to wait.
class Arriving final : public ByteSource {
 public:
  explicit Arriving(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    if (offset + out.size() > arrived) return Error{Errc::kNotYet, {}, offset, out.size()};
    std::copy_n(bytes_.begin() + static_cast<long>(offset), out.size(), out.begin());
    return {};
  }

  std::optional<uint64_t> size() const override { return bytes_.size(); }

  uint64_t arrived = 0;

 private:
  std::vector<uint8_t> bytes_;
};

TEST(BoxWalker, WaitsForBytesAndGoesOn) {
  std::vector<uint8_t> file;
  for (uint32_t i = 0; i < 10; ++i) {
    PutHeader(file, 8 + i, FourCC(i + 1));
    Put(file, 0, static_cast<int>(i));
  }
  Arriving source(file);
  WindowReader window(source, 64);
  const Limits limits;
  BoxWalker walker(window, FourCC(), 0, std::nullopt, limits, nullptr);
  uint32_t found = 0;
  while (source.arrived < file.size() || found < 10) {
    const auto box = walker.Next();
    if (!box.ok()) {
      ASSERT_EQ(box.error().code, Errc::kNotYet);
      ASSERT_LT(source.arrived, file.size());
      ++source.arrived;
      continue;
    }
    if (!*box) break;
    EXPECT_EQ((*box)->type.value, ++found);
  }
  EXPECT_EQ(found, 10u);
}

}  // namespace
}  // namespace iso
