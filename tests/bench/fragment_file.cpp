// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The moofs of fragment_file.h, and their indexes.

#include "fragment_file.h"

#include <algorithm>

namespace iso::bench {

namespace {

constexpr uint64_t kFramesEach = 2 * MovieLayout::kGroup;
// Audio frames of four fragments: 8 s of 48 kHz in frames of 1,024.
constexpr uint64_t kAudioOfFour = 375;
constexpr uint64_t kMdatHeader = 8;
constexpr uint64_t kVideoEntry = 12;
constexpr uint64_t kAudioEntry = 4;
constexpr uint32_t kSyncFlags = 0x02000000;
constexpr uint32_t kDeltaFlags = 0x01010000;

// Of all boxes of a moof together, without the entries of its two truns.
constexpr uint64_t kFixedBytes = 8 + 16 + 2 * (8 + 24 + 20 + 20);

uint32_t TrackId(Track track) {
  return track == Track::kVideo ? 1 : 2;
}

std::string Trun(
    const MovieLayout& layout, Track track, uint64_t first, uint64_t end, uint64_t data_offset) {
  const bool video = track == Track::kVideo;
  Fields trun;
  trun.U32(video ? 0x01000e01 : 0x00000201).U32(static_cast<uint32_t>(end - first));
  trun.U32(static_cast<uint32_t>(data_offset));
  for (uint64_t i = first; i < end; ++i) {
    trun.U32(layout.Size(track, i));
    if (!video) continue;
    trun.U32(MovieLayout::IsSync(track, i) ? kSyncFlags : kDeltaFlags);
    trun.U32(layout.CompositionOffset(i));
  }
  return trun.Take();
}

std::string Serialized(const Box& box) {
  std::string text = BoxHeader(box.type, box.Size(), false) + box.fields;
  for (const Box& child : box.children)
    text += Serialized(child);
  return text;
}

}  // namespace

uint64_t FragmentLayout::Count() const {
  return (layout_.SampleCount(Track::kVideo) + kFramesEach - 1) / kFramesEach;
}

uint64_t FragmentLayout::First(Track track, uint64_t fragment) const {
  if (fragment >= Count()) return layout_.SampleCount(track);
  if (track == Track::kVideo) return fragment * kFramesEach;
  return std::min((fragment * kAudioOfFour + 3) / 4, layout_.SampleCount(track));
}

uint64_t FragmentLayout::FragmentOf(Track track, uint64_t sample) const {
  uint64_t fragment = track == Track::kVideo ? sample / kFramesEach : sample * 4 / kAudioOfFour;
  fragment = std::min(fragment, Count() - 1);
  while (First(track, fragment) > sample)
    --fragment;
  return fragment;
}

uint64_t FragmentLayout::HeadBytes(uint64_t fragment) const {
  const uint64_t frames = First(Track::kVideo, fragment + 1) - First(Track::kVideo, fragment);
  const uint64_t sounds = First(Track::kAudio, fragment + 1) - First(Track::kAudio, fragment);
  return kFixedBytes + frames * kVideoEntry + sounds * kAudioEntry + kMdatHeader;
}

uint64_t FragmentLayout::MoofOffset(uint64_t fragment) const {
  const uint64_t frames = First(Track::kVideo, fragment);
  const uint64_t sounds = First(Track::kAudio, fragment);
  return media_start_ + fragment * (kFixedBytes + kMdatHeader) + frames * kVideoEntry +
         sounds * kAudioEntry + layout_.SumOfFirst(Track::kVideo, frames) +
         layout_.SumOfFirst(Track::kAudio, sounds);
}

uint64_t FragmentLayout::SampleOffset(Track track, uint64_t sample) const {
  const uint64_t fragment = FragmentOf(track, sample);
  const uint64_t first = First(track, fragment);
  uint64_t offset = MoofOffset(fragment) + HeadBytes(fragment) + layout_.SumOfFirst(track, sample) -
                    layout_.SumOfFirst(track, first);
  if (track == Track::kAudio) {
    offset += layout_.SumOfFirst(Track::kVideo, First(Track::kVideo, fragment + 1)) -
              layout_.SumOfFirst(Track::kVideo, First(Track::kVideo, fragment));
  }
  return offset;
}

Box FragmentLayout::Traf(Track track, uint64_t fragment, uint64_t data_offset) const {
  const bool video = track == Track::kVideo;
  const uint64_t first = First(track, fragment), end = First(track, fragment + 1);
  Fields tfhd;
  tfhd.U32(0x00020028).U32(TrackId(track));
  tfhd.U32(video ? layout_.FrameTicks() : MovieLayout::kAudioTicks);
  tfhd.U32(video ? kDeltaFlags : kSyncFlags);
  return {"traf",
          "",
          {{"tfhd", tfhd.Take()},
           {"tfdt", Fields().U32(0x01000000).U64(layout_.DecodeTicks(track, first)).Take()},
           {"trun", Trun(layout_, track, first, end, data_offset)}}};
}

std::string FragmentLayout::Head(uint64_t fragment) const {
  const uint64_t moof = MoofOffset(fragment);
  const uint64_t video = moof + HeadBytes(fragment);
  const uint64_t audio = SampleOffset(Track::kAudio, First(Track::kAudio, fragment));
  const auto number = static_cast<uint32_t>(fragment + 1);
  const Box box{"moof",
                "",
                {{"mfhd", Fields().U32(0).U32(number).Take()},
                 Traf(Track::kVideo, fragment, video - moof),
                 Traf(Track::kAudio, fragment, audio - moof)}};
  return Serialized(box) + BoxHeader("mdat", MoofOffset(fragment + 1) - video + kMdatHeader, false);
}

std::string SidxFor(const MovieLayout& layout) {
  const FragmentLayout fragments(layout, 0);
  Fields sidx;
  sidx.U32(0).U32(1).U32(MovieLayout::kVideoTimescale).U32(layout.MediaStart(Track::kVideo));
  sidx.U32(0).U16(0).U16(static_cast<uint16_t>(fragments.Count()));
  for (uint64_t i = 0; i < fragments.Count(); ++i) {
    const uint64_t frames =
        fragments.First(Track::kVideo, i + 1) - fragments.First(Track::kVideo, i);
    sidx.U32(static_cast<uint32_t>(fragments.MoofOffset(i + 1) - fragments.MoofOffset(i)));
    sidx.U32(static_cast<uint32_t>(frames * layout.FrameTicks())).U32(0x90000000);
  }
  return Serialized({"sidx", sidx.Take()});
}

std::string MfraFor(const FragmentLayout& fragments, const MovieLayout& layout) {
  Fields tfra;
  tfra.U32(0x01000000).U32(1).U32(0).U32(static_cast<uint32_t>(fragments.Count()));
  for (uint64_t i = 0; i < fragments.Count(); ++i) {
    const uint64_t frame = fragments.First(Track::kVideo, i);
    tfra.U64(layout.DecodeTicks(Track::kVideo, frame) + layout.CompositionOffset(frame));
    tfra.U64(fragments.MoofOffset(i)).U8(1).U8(1).U8(1);
  }
  const Box table{"tfra", tfra.Take()};
  const auto size = static_cast<uint32_t>(8 + table.Size() + 16);
  return Serialized({"mfra", "", {table, {"mfro", Fields().U32(0).U32(size).Take()}}});
}

Box MovieExtends() {
  Box mvex{"mvex", ""};
  for (const Track track : kTracks) {
    mvex.children.push_back({"trex", Fields().U32(0).U32(TrackId(track)).U32(1).Zeros(12).Take()});
  }
  return mvex;
}

}  // namespace iso::bench
