// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/segment_splitter.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace iso::test {
namespace {

/// A stream of which only a beginning has come.
class Arriving final : public ByteSource {
 public:
  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    if (out.size() > bytes.size() || offset > bytes.size() - out.size()) {
      return Error{Errc::kNotYet, {}, offset, out.size()};
    }
    std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  }

  std::optional<uint64_t> size() const override { return std::nullopt; }

  std::vector<uint8_t> bytes;
};

std::vector<uint8_t> Box(const std::string& type, size_t body) {
  const auto size = static_cast<uint32_t>(8 + body);
  std::vector<uint8_t> box(size, 0xaa);
  for (size_t i = 0; i < 4; ++i) {
    box[i] = static_cast<uint8_t>(size >> (24 - 8 * i));
    box[4 + i] = static_cast<uint8_t>(type[i]);
  }
  return box;
}

class SegmentSplitterTest : public ::testing::Test {
 protected:
  uint64_t Add(const std::vector<uint8_t>& bytes) {
    const uint64_t at = stream_.bytes.size();
    stream_.bytes.insert(stream_.bytes.end(), bytes.begin(), bytes.end());
    return at;
  }

  uint64_t AddBox(const std::string& type, size_t body) { return Add(Box(type, body)); }

  uint64_t AddSegment() {
    const uint64_t at = AddBox("moof", 40);
    AddBox("mdat", 100);
    return at;
  }

  void AddHeader(size_t moov_body) {
    AddBox("ftyp", 16);
    AddBox("moov", moov_body);
  }

  std::optional<SegmentRun> Next() {
    auto next = splitter_.Next();
    EXPECT_TRUE(next.ok());
    return next.ok() ? *next : std::nullopt;
  }

  Arriving stream_;
  SegmentSplitter splitter_{stream_};
};

TEST_F(SegmentSplitterTest, ARunBeginsBehindEachHeader) {
  AddHeader(50);
  const uint64_t first = AddSegment();
  AddSegment();
  const uint64_t second_header = AddBox("ftyp", 16);
  AddBox("free", 4);
  AddBox("moov", 70);
  const uint64_t second = AddSegment();
  auto run = Next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->begin, first);
  ASSERT_TRUE(run->header);
  EXPECT_EQ(run->header->size(), first);
  EXPECT_TRUE(std::equal(run->header->begin(), run->header->end(), stream_.bytes.begin()));
  run = Next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->last_end, second_header);
  EXPECT_EQ(run->begin, second);
  EXPECT_EQ(run->header->size(), second - second_header);
  EXPECT_FALSE(run->discont);
  EXPECT_FALSE(Next());
}

TEST_F(SegmentSplitterTest, BytesMayComeOneByOne) {
  Arriving whole;
  AddHeader(50);
  AddSegment();
  AddHeader(30);
  AddSegment();
  std::swap(whole.bytes, stream_.bytes);
  std::vector<uint64_t> begins;
  for (const uint8_t byte : whole.bytes) {
    stream_.bytes.push_back(byte);
    EXPECT_LE(splitter_.LeastNeeded(), stream_.bytes.size() + 148);
    while (const auto run = Next()) {
      EXPECT_EQ(run->begin, stream_.bytes.size()) << "as soon as its header is there";
      begins.push_back(run->begin);
    }
  }
  EXPECT_EQ(begins, (std::vector<uint64_t>{82, 82 + 156 + 62}));
}

TEST_F(SegmentSplitterTest, AfterABreakTheHeaderStillHolds) {
  AddHeader(50);
  AddBox("moof", 40);
  Add({0, 0, 0, 200, 'm', 'd', 'a', 't', 1, 2, 3});
  ASSERT_TRUE(Next());
  EXPECT_FALSE(Next());
  const uint64_t broken = stream_.bytes.size();
  EXPECT_FALSE(splitter_.AtBoundary(broken));
  splitter_.Break(broken);
  EXPECT_FALSE(Next());
  AddBox("styp", 12);
  AddSegment();
  const auto run = Next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->last_end, broken);
  EXPECT_EQ(run->begin, broken);
  EXPECT_TRUE(run->discont);
  EXPECT_EQ(run->header->size(), 82u);
  EXPECT_FALSE(Next());
}

TEST_F(SegmentSplitterTest, ABreakInsideAHeaderForgetsThatOne) {
  AddHeader(50);
  AddSegment();
  ASSERT_TRUE(Next());
  AddBox("ftyp", 16);
  EXPECT_FALSE(Next());
  splitter_.Break(stream_.bytes.size());
  AddSegment();
  const auto run = Next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->header->size(), 82u);
}

TEST_F(SegmentSplitterTest, ASegmentMayBeginWithAnFtypOfItsOwn) {
  AddHeader(50);
  AddSegment();
  ASSERT_TRUE(Next());
  const uint64_t ftyp = AddBox("ftyp", 16);
  const uint64_t moof = AddSegment();
  AddSegment();
  const auto run = Next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->last_end, ftyp);
  EXPECT_EQ(run->begin, moof);
  EXPECT_EQ(run->header->size(), 82u);
  EXPECT_FALSE(Next());
}

TEST_F(SegmentSplitterTest, PartedWhereABoxEnds) {
  AddHeader(50);
  AddSegment();
  ASSERT_TRUE(Next());
  EXPECT_FALSE(Next());
  const uint64_t end = stream_.bytes.size();
  EXPECT_TRUE(splitter_.AtBoundary(end));
  splitter_.Part(end);
  AddSegment();
  const auto run = Next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->begin, end);
  EXPECT_FALSE(run->discont);
}

TEST_F(SegmentSplitterTest, WithoutAHeaderEachStampBeginsARun) {
  splitter_.SetHeaderless(true);
  splitter_.Stamp(0, 5);
  AddSegment();
  auto run = Next();
  ASSERT_TRUE(run);
  EXPECT_FALSE(run->header);
  EXPECT_EQ(run->time_ns, 5);
  const uint64_t unstamped = AddSegment();
  EXPECT_FALSE(Next());
  const uint64_t second = AddBox("moof", 40);
  splitter_.Stamp(second, 7);
  EXPECT_GT(second, unstamped);
  run = Next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->begin, second);
  EXPECT_EQ(run->last_end, second);
  EXPECT_EQ(run->time_ns, 7);
  // In the middle of a box a stamp means nothing.
  splitter_.Stamp(stream_.bytes.size() + 10, 9);
  AddBox("mdat", 100);
  EXPECT_FALSE(Next());
}

TEST_F(SegmentSplitterTest, WhatIsNoBoxIsWaitedOutUntilABreak) {
  AddHeader(50);
  AddSegment();
  ASSERT_TRUE(Next());
  Add({0, 0, 0, 3, 'j', 'u', 'n', 'k'});
  AddHeader(50);
  EXPECT_FALSE(Next());
  const uint64_t end = stream_.bytes.size();
  splitter_.Break(end);
  AddHeader(20);
  const auto run = Next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->last_end, end);
  EXPECT_EQ(run->header->size(), 52u);
}

TEST_F(SegmentSplitterTest, AHeaderHasALimit) {
  AddBox("ftyp", 16);
  Add({0x7f, 0, 0, 0, 'm', 'o', 'o', 'v'});
  const auto next = splitter_.Next();
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().code, Errc::kTooMuchToKeep);
}

TEST(SegmentRunSource, IsAFileOfItsOwn) {
  const auto stream = std::make_shared<Arriving>();
  stream->bytes.resize(100);
  for (size_t i = 0; i < 100; ++i) {
    stream->bytes[i] = static_cast<uint8_t>(i);
  }
  SegmentRun run;
  run.header = std::make_shared<const std::vector<uint8_t>>(10, uint8_t{200});
  run.begin = 40;
  SegmentRunSource source(stream, run);
  std::vector<uint8_t> out(6);
  ASSERT_TRUE(source.Read(7, out).ok());
  EXPECT_EQ(out, (std::vector<uint8_t>{200, 200, 200, 40, 41, 42}));
  EXPECT_EQ(source.InStream(12), 42u);
  EXPECT_EQ(source.InStream(3), 40u);
  EXPECT_FALSE(source.size());
  const Status late = source.Read(68, out);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error(), (Error{Errc::kNotYet, {}, 68, 6}));
  source.EndAt(45);
  EXPECT_EQ(source.size(), 15u);
  EXPECT_EQ(source.Read(10, out).error().code, Errc::kEndOfData);
  EXPECT_TRUE(source.Read(9, out).ok());
}

/// Upstream sends a moof, then some of its data.
TEST_F(SegmentSplitterTest, AJumpIntoAFragmentBringsItsMoof) {
  AddHeader(50);
  splitter_.Count(0, 0);
  const uint64_t moof = AddBox("moof", 40);
  const std::vector<uint8_t> mdat = Box("mdat", 100);
  Add({mdat.begin(), mdat.begin() + 8});
  ASSERT_TRUE(Next());
  EXPECT_FALSE(Next());
  EXPECT_FALSE(splitter_.Jump(stream_.bytes.size(), moof)) << "not its data";
  EXPECT_FALSE(splitter_.Jump(stream_.bytes.size(), moof + 48 + 108)) << "behind it";
  const uint64_t begin = Add({mdat.begin() + 90, mdat.end()});
  ASSERT_TRUE(splitter_.Jump(begin, moof + 48 + 90));
  const uint64_t second = AddSegment();
  const auto run = Next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->begin, begin);
  EXPECT_TRUE(run->discont);
  EXPECT_EQ(run->left_out, 82u);
  ASSERT_EQ(run->header->size(), second - 18);
  EXPECT_TRUE(std::equal(run->header->begin(), run->header->end(), stream_.bytes.begin()));
  EXPECT_FALSE(Next()) << "the next segment is of the same run";
  EXPECT_TRUE(splitter_.AtBoundary(stream_.bytes.size()));
}

TEST_F(SegmentSplitterTest, WhatIsLeftOutIsNotThere) {
  const auto stream = std::make_shared<Arriving>();
  stream->bytes = {0, 1, 2, 3, 4, 5, 6, 7};
  SegmentRun run;
  run.header = std::make_shared<const std::vector<uint8_t>>(std::vector<uint8_t>{10, 11, 12});
  run.left_out = 4;
  run.begin = 2;
  SegmentRunSource source(stream, run);
  uint8_t bytes[3];
  EXPECT_TRUE(source.Read(7, bytes).ok());
  EXPECT_EQ(bytes[0], 2);
  EXPECT_EQ(source.InStream(8), 3u);
  EXPECT_TRUE(source.Read(0, bytes).ok());
  EXPECT_EQ(bytes[2], 12);
  for (const uint64_t offset : {1, 3, 6}) {
    const Status read = source.Read(offset, bytes);
    ASSERT_FALSE(read.ok()) << offset;
    EXPECT_EQ(read.error().code, Errc::kEndOfData);
  }
  source.EndAt(6);
  EXPECT_EQ(source.size(), 3u + 4u + 4u);
}

/// No count, no jump; nor behind a break that was none.
TEST_F(SegmentSplitterTest, AJumpNeedsAFragmentThatIsKnown) {
  AddHeader(50);
  const uint64_t moof = AddSegment();
  ASSERT_TRUE(Next());
  EXPECT_FALSE(Next());
  EXPECT_FALSE(splitter_.Jump(stream_.bytes.size(), moof + 60));
  splitter_.Break(stream_.bytes.size());
  splitter_.Count(stream_.bytes.size(), 5000);
  AddSegment();
  ASSERT_TRUE(Next());
  EXPECT_FALSE(Next());
  splitter_.Break(stream_.bytes.size());
  EXPECT_FALSE(splitter_.Jump(stream_.bytes.size(), 5060));
}

}  // namespace
}  // namespace iso::test
