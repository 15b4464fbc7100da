// SPDX-License-Identifier: LGPL-2.1-or-later
//
// emsg and prft: both versions, cut off at every byte.

#include "core/fragment/timed_boxes.h"

#include <gtest/gtest.h>

#include "byte_writer.h"

namespace iso {
namespace {

using test::ByteWriter;

ByteWriter MessageHead(int version) {
  return ByteWriter().U8(static_cast<uint64_t>(version)).U24(0);
}

void ExpectMessage(const std::optional<EventMessage>& message) {
  ASSERT_TRUE(message);
  EXPECT_EQ(message->scheme, "urn:scte:scte35:2013:bin");
  EXPECT_EQ(message->value, "7");
  EXPECT_EQ(message->timescale, 90000u);
  EXPECT_EQ(message->duration, EventMessage::kUnknownDuration);
  EXPECT_EQ(message->id, 3u);
  EXPECT_EQ(message->data, (std::vector<uint8_t>{0xfc, 0x30}));
}

TEST(EventMessages, Version0) {
  ByteWriter w = MessageHead(0);
  w.Text("urn:scte:scte35:2013:bin").U8(0).Text("7").U8(0);
  w.U32(90000).U32(4500).U32(UINT32_MAX).U32(3).U8(0xfc).U8(0x30);
  const auto message = ParseEventMessage(w.bytes());
  ExpectMessage(message);
  EXPECT_TRUE(message->is_relative);
  EXPECT_EQ(message->time, 4500u);
}

ByteWriter Version1() {
  ByteWriter w = MessageHead(1);
  w.U32(90000).U64(uint64_t{1} << 40).U32(UINT32_MAX).U32(3);
  return w.Text("urn:scte:scte35:2013:bin").U8(0).Text("7").U8(0).U8(0xfc).U8(0x30);
}

TEST(EventMessages, Version1) {
  const auto message = ParseEventMessage(Version1().bytes());
  ExpectMessage(message);
  EXPECT_FALSE(message->is_relative);
  EXPECT_EQ(message->time, uint64_t{1} << 40);
}

TEST(EventMessages, AreCutAtEveryByte) {
  const auto whole = Version1().bytes();
  for (size_t size = 0; size + 2 < whole.size(); ++size)
    EXPECT_FALSE(ParseEventMessage(Bytes(whole).first(size))) << size;
}

TEST(EventMessages, OfNoTimescaleOrOtherVersionAreNone) {
  auto bytes = Version1().bytes();
  bytes[0] = 2;
  EXPECT_FALSE(ParseEventMessage(bytes));
  bytes[0] = 1;
  std::fill(bytes.begin() + 4, bytes.begin() + 8, uint8_t{0});
  EXPECT_FALSE(ParseEventMessage(bytes));
}

TEST(ProducerTimes, BothVersions) {
  ByteWriter narrow = MessageHead(0);
  narrow.U32(5).U32(3'900'000'000).U32(0x80000000).U32(77);
  const auto first = ParseProducerTime(narrow.bytes());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->track_id, 5u);
  EXPECT_EQ(first->media_time, 77u);
  EXPECT_EQ(first->Nanoseconds(), 3'900'000'000'500'000'000u);
  ByteWriter wide = MessageHead(1);
  wide.U32(5).U32(3'900'000'000).U32(0xffffffff).U64(uint64_t{1} << 33);
  const auto second = ParseProducerTime(wide.bytes());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->media_time, uint64_t{1} << 33);
  EXPECT_EQ(second->Nanoseconds(), 3'900'000'000'999'999'999u);
  const auto bytes = wide.bytes();
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(ParseProducerTime(Bytes(bytes).first(size))) << size;
}

}  // namespace
}  // namespace iso
