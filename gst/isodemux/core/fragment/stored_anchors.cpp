// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The form, all numbers big-endian: "isoanch1", size, time of modification, hash of the header,
// number of anchors, each anchor's offset and time, and the hash of all that.

#include "core/fragment/stored_anchors.h"

namespace iso {
namespace {

constexpr uint64_t kMagic = 0x69736f616e636831;  ///< "isoanch1": the last digit is the version
constexpr size_t kWord = 8;
constexpr size_t kHeadWords = 5;

void Append(uint64_t value, std::vector<uint8_t>* out) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out->push_back(static_cast<uint8_t>(value >> shift));
}

size_t StoredBytes(size_t anchors) {
  return kWord * (kHeadWords + 2 * anchors + 1);
}

}  // namespace

uint64_t HashOf(Bytes bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const uint8_t byte : bytes)
    hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

size_t MostStoredBytes() {
  return StoredBytes(Anchors::kMost);
}

std::vector<uint8_t> StoreAnchors(const FileIdentity& file, const std::vector<Anchor>& anchors) {
  std::vector<uint8_t> stored;
  stored.reserve(StoredBytes(anchors.size()));
  for (const uint64_t word : {kMagic,
                              file.size,
                              static_cast<uint64_t>(file.modified_s),
                              file.header_hash,
                              uint64_t{anchors.size()}})
    Append(word, &stored);
  for (const Anchor& anchor : anchors) {
    Append(anchor.offset, &stored);
    Append(static_cast<uint64_t>(anchor.time_ns), &stored);
  }
  Append(HashOf(stored), &stored);
  return stored;
}

std::optional<std::vector<Anchor>> RestoreAnchors(Bytes stored, const FileIdentity& file) {
  if (stored.size() < StoredBytes(0) || stored.size() > MostStoredBytes()) return std::nullopt;
  const Bytes content = stored.first(stored.size() - kWord);
  Reader r(content);
  const uint64_t magic = r.U64();
  FileIdentity of;
  of.size = r.U64();
  of.modified_s = r.I64();
  of.header_hash = r.U64();
  const uint64_t count = r.U64();
  if (magic != kMagic || of != file || count > Anchors::kMost ||
      stored.size() != StoredBytes(static_cast<size_t>(count)) ||
      LoadBE64(stored.data() + content.size()) != HashOf(content)) {
    return std::nullopt;
  }
  std::vector<Anchor> anchors;
  anchors.reserve(static_cast<size_t>(count));
  for (uint64_t i = 0; i < count; ++i) {
    Anchor anchor;
    anchor.offset = r.U64();
    anchor.time_ns = r.I64();
    if (anchor.offset < file.size) anchors.push_back(anchor);
  }
  return anchors;
}

}  // namespace iso
