// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sample entries and metadata boxes of the movie builder.

#include "movie_builder.h"

namespace iso::test {

namespace {

// A descriptor with a one-byte length.
Bytes Descriptor(uint8_t tag, const Bytes& body) {
  return ByteWriter().U8(tag).U8(body.size()).Add(body).bytes();
}

Bytes AudioSpecificConfig(uint32_t channels, uint32_t rate) {
  static constexpr uint32_t kRates[] = {
      96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000};
  uint32_t index = 4;
  for (uint32_t i = 0; i < std::size(kRates); ++i) {
    if (kRates[i] == rate) index = i;
  }
  return ByteWriter().U16(2u << 11 | index << 7 | channels << 3).bytes();
}

}  // namespace

Bytes VisualEntry(std::string_view type, uint32_t width, uint32_t height, const Bytes& boxes) {
  ByteWriter w;
  w.Zeros(6).U16(1).Zeros(16).U16(width).U16(height);
  w.U32(0x480000).U32(0x480000).U32(0).U16(1).Zeros(32).U16(24).U16(0xffff);
  return Box(type, w.Add(boxes).bytes());
}

Bytes Avc1Entry(uint32_t width, uint32_t height, uint8_t level) {
  const Bytes sps = {0x67, 0x64, 0x00, level, 0xac, 0xd9, 0x41, 0x41, 0xfb};
  const Bytes pps = {0x68, 0xeb, 0xec, 0xb2};
  ByteWriter w;
  w.U8(1).U8(0x64).U8(0).U8(level).U8(0xff).U8(0xe1).U16(sps.size()).Add(sps);
  w.U8(1).U16(pps.size()).Add(pps);
  return VisualEntry("avc1", width, height, Box("avcC", w.bytes()));
}

Bytes AudioEntry(
    std::string_view type, uint32_t channels, uint32_t bits, uint32_t rate, const Bytes& boxes) {
  ByteWriter w;
  w.Zeros(6).U16(1).Zeros(8).U16(channels).U16(bits).U32(0).U16(rate).U16(0);
  return Box(type, w.Add(boxes).bytes());
}

Bytes Mp4aEntry(uint32_t channels, uint32_t rate, uint8_t object_type) {
  ByteWriter config;
  config.U8(object_type).U8(0x15).U24(0x600).U32(128000).U32(96000);
  if (object_type == 0x40) config.Add(Descriptor(5, AudioSpecificConfig(channels, rate)));
  const Bytes es =
      ByteWriter().U16(1).U8(0).Add(Descriptor(4, config.bytes())).Add(Descriptor(6, {2})).bytes();
  return AudioEntry("mp4a", channels, 16, rate, FullBox("esds", 0, 0, Descriptor(3, es)));
}

Bytes Tx3gEntry() {
  ByteWriter w;
  w.Zeros(6).U16(1).U32(0).U8(1).U8(0xff).U32(0).Zeros(8).Zeros(12);
  const Bytes font = ByteWriter().U16(1).U16(1).U8(4).Text("Sans").bytes();
  return Box("tx3g", w.Add(Box("ftab", font)).bytes());
}

Bytes MettEntry(std::string_view mime) {
  return Box("mett", ByteWriter().Zeros(6).U16(1).U8(0).Text(mime).U8(0).bytes());
}

Bytes PlainEntry(std::string_view type) {
  return Box(type, ByteWriter().Zeros(6).U16(1).bytes());
}

Bytes IlstBinary(std::string_view type, uint32_t kind, const Bytes& value) {
  return Box(type, Box("data", ByteWriter().U32(kind).U32(0).Add(value).bytes()));
}

Bytes IlstText(std::string_view type, std::string_view text) {
  return IlstBinary(type, 1, Bytes(text.begin(), text.end()));
}

Bytes ItunesMeta(const Bytes& ilst_items) {
  const Bytes hdlr = FullBox("hdlr", 0, 0, ByteWriter().U32(0).Text("mdirappl").Zeros(9).bytes());
  return FullBox("meta", 0, 0, ByteWriter().Add(hdlr).Add(Box("ilst", ilst_items)).bytes());
}

Bytes TextSample(std::string_view text) {
  return ByteWriter().U16(text.size()).Text(text).bytes();
}

}  // namespace iso::test
