// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sample entries of all layouts, and the boxes in them, built by hand.

#pragma once

#include <bit>
#include <initializer_list>
#include <string>
#include <string_view>

#include "byte_writer.h"

namespace iso::test {

inline Bytes Join(std::initializer_list<Bytes> parts) {
  ByteWriter w;
  for (const Bytes& part : parts) {
    w.Add(part);
  }
  return w.bytes();
}

inline ByteWriter EntryStart() {
  return ByteWriter().Zeros(6).U16(1);
}

struct Picture {
  uint32_t width = 320;
  uint32_t height = 240;
  uint32_t depth = 24;
  uint32_t version = 0;
  uint32_t color_table = 0xffff;
};

inline Bytes Visual(std::string_view type, const Bytes& boxes = {}, const Picture& picture = {}) {
  ByteWriter w = EntryStart();
  w.U16(picture.version).Zeros(14).U16(picture.width).U16(picture.height);
  w.U32(0x480000).U32(0x480000).U32(0).U16(1).Zeros(32);
  w.U16(picture.depth).U16(picture.color_table);
  return Box(type, w.Add(boxes).bytes());
}

struct Sound {
  uint32_t channels = 2;
  uint32_t bits = 16;
  uint32_t rate = 44100;
};

/// The 28 bytes that all sound entries have.
inline ByteWriter SoundFields(uint32_t version, const Sound& sound) {
  ByteWriter w = EntryStart();
  w.U16(version).Zeros(6).U16(sound.channels).U16(sound.bits).U32(0);
  return w.U32(static_cast<uint64_t>(sound.rate) << 16);
}

inline Bytes Audio(std::string_view type, const Bytes& boxes = {}, const Sound& sound = {}) {
  return Box(type, SoundFields(0, sound).Add(boxes).bytes());
}

/// QuickTime's version 1.
struct Packets {
  uint32_t samples = 1;
  uint32_t bytes = 2;
  uint32_t frame_bytes = 4;
};

inline Bytes AudioV1(std::string_view type,
                     const Packets& packets,
                     const Bytes& boxes = {},
                     const Sound& sound = {}) {
  ByteWriter w = SoundFields(1, sound);
  w.U32(packets.samples).U32(packets.bytes).U32(packets.frame_bytes).U32(2);
  return Box(type, w.Add(boxes).bytes());
}

/// QuickTime's version 2.
struct Linear {
  double rate = 96000;
  uint32_t channels = 2;
  uint32_t bits = 24;
  uint32_t flags = 12;
  uint32_t frame_bytes = 6;
};

inline Bytes AudioV2(std::string_view type, const Linear& linear, const Bytes& boxes = {}) {
  ByteWriter w = SoundFields(2, {3, 16, 1});
  w.U32(72).U64(std::bit_cast<uint64_t>(linear.rate)).U32(linear.channels).U32(0x7f000000);
  w.U32(linear.bits).U32(linear.flags).U32(linear.frame_bytes).U32(1);
  return Box(type, w.Add(boxes).bytes());
}

inline Bytes Plain(std::string_view type, const Bytes& rest = {}) {
  return Box(type, EntryStart().Add(rest).bytes());
}

/// The body of an stsd box.
inline Bytes StsdBody(std::initializer_list<Bytes> entries, int version = 0) {
  ByteWriter w;
  w.U8(static_cast<uint64_t>(version)).U24(0).U32(entries.size());
  return w.Add(Join(entries)).bytes();
}

inline Bytes Raw(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) {
    bytes.push_back(static_cast<uint8_t>(value));
  }
  return bytes;
}

inline Bytes Text(std::string_view text) {
  return ByteWriter().Text(text).bytes();
}

/// An esds box with one decoder configuration.
inline Bytes EsdsBox(uint8_t object_type, uint8_t stream_type, const Bytes& config) {
  ByteWriter decoder;
  decoder.U8(object_type).U8(static_cast<uint64_t>(stream_type << 2 | 1)).U24(0);
  decoder.U32(128000).U32(96000);
  if (!config.empty()) decoder.U8(5).U8(config.size()).Add(config);
  ByteWriter es;
  es.U16(1).U8(0).U8(4).U8(decoder.size()).Add(decoder.bytes()).U8(6).U8(1).U8(2);
  return FullBox("esds", 0, 0, ByteWriter().U8(3).U8(es.size()).Add(es.bytes()).bytes());
}

/// sinf with the original format and a scheme.
inline Bytes SinfBox(std::string_view original, std::string_view scheme) {
  const Bytes key = ByteWriter().U24(1).U8(8).Zeros(16).bytes();
  return Box("sinf",
             Join({Box("frma", Text(original)),
                   FullBox("schm", 0, 0, ByteWriter().Text(scheme).U32(0x10000).bytes()),
                   Box("schi", FullBox("tenc", 0, 0, key))}));
}

}  // namespace iso::test
