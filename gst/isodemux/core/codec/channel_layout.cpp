// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/channel_layout.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace iso {
namespace {

/// A channel's name as the specifications abbreviate it, and what CoreAudio's labels and
/// ISO/IEC 23091-3's OutputChannelPosition number it; -1 where one has no number.
struct Name {
  std::string_view text;
  int16_t label;
  int16_t position;
  Speaker speaker;
};

// "Ls" is the surround pair: at the rear, or at the sides where another pair is behind it.
constexpr Name kNames[] = {
    {"L", 1, 0, Speaker::kFrontLeft},           {"R", 2, 1, Speaker::kFrontRight},
    {"C", 3, 2, Speaker::kFrontCenter},         {"LFE", 4, 3, Speaker::kLfe},
    {"Ls", 5, 4, Speaker::kSurroundLeft},       {"Rs", 6, 5, Speaker::kSurroundRight},
    {"Lc", 7, 6, Speaker::kFrontLeftOfCenter},  {"Rc", 8, 7, Speaker::kFrontRightOfCenter},
    {"Lsr", 33, 8, Speaker::kRearLeft},         {"Rsr", 34, 9, Speaker::kRearRight},
    {"Cs", 9, 10, Speaker::kRearCenter},        {"Lsd", 10, 11, Speaker::kSideLeft},
    {"Rsd", 11, 12, Speaker::kSideRight},       {"Lss", -1, 13, Speaker::kSideLeft},
    {"Rss", -1, 14, Speaker::kSideRight},       {"Lw", 35, 15, Speaker::kWideLeft},
    {"Rw", 36, 16, Speaker::kWideRight},        {"Lv", 13, 17, Speaker::kTopFrontLeft},
    {"Rv", 15, 18, Speaker::kTopFrontRight},    {"Cv", 14, 19, Speaker::kTopFrontCenter},
    {"Lvr", 16, 20, Speaker::kTopRearLeft},     {"Rvr", 18, 21, Speaker::kTopRearRight},
    {"Cvr", 17, 22, Speaker::kTopRearCenter},   {"Lvss", 49, 23, Speaker::kTopSideLeft},
    {"Rvss", 51, 24, Speaker::kTopSideRight},   {"Ts", 12, 25, Speaker::kTopCenter},
    {"LFE2", 37, 26, Speaker::kLfe2},           {"Lb", -1, 27, Speaker::kBottomFrontLeft},
    {"Rb", -1, 28, Speaker::kBottomFrontRight}, {"Cb", -1, 29, Speaker::kBottomFrontCenter},
    {"Ltr", 52, -1, Speaker::kTopRearLeft},     {"Rtr", 54, -1, Speaker::kTopRearRight},
    {"Ctr", 53, -1, Speaker::kTopRearCenter},   {"mono", 42, -1, Speaker::kFrontCenter},
    {"Lt", 38, -1, Speaker::kFrontLeft},        {"Rt", 39, -1, Speaker::kFrontRight},
    {"hpL", 301, -1, Speaker::kFrontLeft},      {"hpR", 302, -1, Speaker::kFrontRight},
};

struct Layout {
  uint16_t number;
  std::string_view channels;
};

/// CoreAudio's layout tags; the low half of a tag is the number of channels.
constexpr Layout kTags[] = {
    {100, "C"},
    {101, "L R"},
    {102, "L R"},
    {103, "L R"},
    {105, "L R"},
    {106, "L R"},
    {108, "L R Ls Rs"},
    {109, "L R Ls Rs C"},
    {110, "L R Ls Rs C Cs"},
    {111, "L R Lsr Rsr C Cs Lss Rss"},
    {112, "L R Ls Rs Lv Rv Lvr Rvr"},
    {113, "L R C"},
    {114, "C L R"},
    {115, "L R C Cs"},
    {116, "C L R Cs"},
    {117, "L R C Ls Rs"},
    {118, "L R Ls Rs C"},
    {119, "L C R Ls Rs"},
    {120, "C L R Ls Rs"},
    {121, "L R C LFE Ls Rs"},
    {122, "L R Ls Rs C LFE"},
    {123, "L C R Ls Rs LFE"},
    {124, "C L R Ls Rs LFE"},
    {125, "L R C LFE Ls Rs Cs"},
    {126, "L R C LFE Ls Rs Lc Rc"},
    {127, "C Lc Rc L R Ls Rs LFE"},
    {128, "L R C LFE Ls Rs Lsr Rsr"},
    {129, "L R Ls Rs C LFE Lc Rc"},
    {131, "L R Cs"},
    {132, "L R Ls Rs"},
    {133, "L R LFE"},
    {134, "L R LFE Cs"},
    {135, "L R LFE Ls Rs"},
    {136, "L R C LFE"},
    {137, "L R C LFE Cs"},
    {138, "L R Ls Rs LFE"},
    {139, "L R Ls Rs C Cs"},
    {140, "L R Ls Rs C Lsr Rsr"},
    {141, "C L R Ls Rs Cs"},
    {142, "C L R Ls Rs Cs LFE"},
    {143, "C L R Ls Rs Lsr Rsr"},
    {144, "C L R Ls Rs Lsr Rsr Cs"},
    {148, "L R Ls Rs C Lc Rc"},
    {149, "C LFE"},
    {150, "L C R"},
    {151, "L C R Cs"},
    {152, "L C R LFE"},
    {153, "L R Cs LFE"},
    {154, "L C R Cs LFE"},
    {155, "L C R Ls Rs Cs"},
    {156, "L C R Ls Rs Lsr Rsr"},
    {157, "L C R Ls Rs LFE Cs"},
    {158, "L C R Ls Rs LFE Ts"},
    {159, "L C R Ls Rs LFE Cv"},
    {160, "L C R Ls Rs LFE Lsr Rsr"},
    {161, "L C R Ls Rs LFE Lc Rc"},
    {162, "L C R Ls Rs LFE Lsd Rsd"},
    {163, "L C R Ls Rs LFE Lw Rw"},
    {164, "L C R Ls Rs LFE Lv Rv"},
    {165, "L C R Ls Rs LFE Cs Ts"},
    {166, "L C R Ls Rs LFE Cs Cv"},
    {167, "L C R Ls Rs LFE Ts Cv"},
    {168, "C L R LFE"},
    {169, "C L R Cs LFE"},
    {170, "Lc Rc L R Ls Rs"},
    {171, "C L R Lsr Rsr Ts"},
    {172, "C Cs L R Lsr Rsr"},
    {173, "Lc Rc L R Ls Rs LFE"},
    {174, "C L R Lsr Rsr Ts LFE"},
    {175, "C Cs L R Lsr Rsr LFE"},
    {176, "Lc C Rc L R Ls Rs"},
    {177, "Lc C Rc L R Ls Rs LFE"},
    {178, "Lc Rc L R Ls Rs Lsr Rsr"},
    {179, "Lc C Rc L R Ls Cs Rs"},
    {180, "Lc Rc L R Ls Rs Lsr Rsr LFE"},
    {181, "Lc C Rc L R Ls Cs Rs LFE"},
    {182, "C L R Ls Rs LFE Cs"},
    {192, "L R C LFE Ls Rs Lsr Rsr Lv Rv Ltr Rtr"},
    {194, "L R C LFE Ls Rs Lvss Rvss"},
};

/// ChannelConfiguration of ISO/IEC 23091-3.
constexpr Layout kConfigurations[] = {
    {1, "C"},
    {2, "L R"},
    {3, "C L R"},
    {4, "C L R Cs"},
    {5, "C L R Ls Rs"},
    {6, "C L R Ls Rs LFE"},
    {7, "C Lc Rc L R Ls Rs LFE"},
    {9, "L R Cs"},
    {10, "L R Ls Rs"},
    {11, "C L R Ls Rs Cs LFE"},
    {12, "C L R Ls Rs Lsr Rsr LFE"},
    {13, "C Lc Rc L R Lss Rss Lsr Rsr Cs LFE LFE2 Cv Lv Rv Lvss Rvss Ts Lvr Rvr Cvr Cb Lb Rb"},
    {14, "C L R Ls Rs LFE Lv Rv"},
    {16, "C L R Ls Rs LFE Lv Rv Lvr Rvr"},
    {19, "C L R Lss Rss Lsr Rsr LFE Lv Rv Lvr Rvr"},
};

/// CoreAudio's channel bitmap, bit 0 first.
constexpr std::string_view kBitmap = "L R C LFE Ls Rs Lc Rc Cs Lsd Rsd Ts Lv Cv Rv Lvr Cvr Rvr";

using Speakers = std::vector<Speaker>;

/// The speakers of a text like "L R C", or of those words whose number is not in
/// `left_out`.
Speakers FromText(std::string_view text, uint64_t left_out = 0) {
  Speakers speakers;
  for (unsigned word = 0; !text.empty(); ++word) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word < 64 && left_out >> word & 1) continue;
    for (const Name& known : kNames) {
      if (known.text == name) speakers.push_back(known.speaker);
    }
  }
  return speakers;
}

template <size_t N>
std::string_view ChannelsOf(const Layout (&layouts)[N], uint32_t number) {
  for (const Layout& layout : layouts) {
    if (layout.number == number) return layout.channels;
  }
  return {};
}

/// False when the number stands for nothing with a place.
bool AddByNumber(Speakers& speakers, int16_t Name::*number, uint32_t value) {
  for (const Name& known : kNames) {
    if (known.*number < 0 || static_cast<uint32_t>(known.*number) != value) continue;
    speakers.push_back(known.speaker);
    return true;
  }
  return false;
}

Speakers ParseChan(Bytes body) {
  constexpr uint32_t kUseDescriptions = 0;
  constexpr uint32_t kUseBitmap = 1u << 16;
  constexpr size_t kDescriptionBytes = 20;
  Reader r(body);
  r.Skip(4);  // version and flags
  const uint32_t tag = r.U32();
  const uint32_t bitmap = r.U32();
  const uint32_t descriptions = r.U32();
  if (!r.ok()) return {};
  if (tag == kUseBitmap) return FromText(kBitmap, ~static_cast<uint64_t>(bitmap));
  if (tag != kUseDescriptions) return FromText(ChannelsOf(kTags, tag >> 16));
  Speakers speakers;
  for (uint32_t i = 0; i < descriptions && r.left() >= kDescriptionBytes; ++i) {
    if (!AddByNumber(speakers, &Name::label, r.U32())) return {};
    r.Skip(kDescriptionBytes - 4);  // flags, coordinates
  }
  return speakers;
}

/// The positions of a chnl box without a defined layout.
Speakers ReadPositions(Reader& r, uint32_t channels) {
  Speakers speakers;
  for (uint32_t i = 0; i < channels && r.ok(); ++i) {
    if (!AddByNumber(speakers, &Name::position, r.U8())) return {};
  }
  return r.ok() ? speakers : Speakers();
}

Speakers ParseChnl(Bytes body, uint32_t channels) {
  constexpr uint8_t kChannelStructured = 1;
  Reader r(body);
  const uint8_t version = r.U8();
  r.Skip(3);
  const uint8_t structure = version == 0 ? r.U8() : r.U8() >> 4;
  if (version > 1 || !(structure & kChannelStructured)) return {};
  if (version == 1) r.Skip(1);  // base channel count
  const uint8_t layout = r.U8();
  if (layout == 0) return ReadPositions(r, version == 0 ? channels : r.U8());
  const bool has_omitted = version == 0 || (r.U8() & 1);
  const uint64_t omitted = has_omitted ? r.U64() : 0;
  if (!r.ok()) return {};
  return FromText(ChannelsOf(kConfigurations, layout), omitted);
}

bool Has(const Speakers& speakers, Speaker speaker) {
  return std::find(speakers.begin(), speakers.end(), speaker) != speakers.end();
}

void PlaceSurroundPair(Speakers& speakers) {
  const bool at_sides = Has(speakers, Speaker::kRearLeft) && !Has(speakers, Speaker::kSideLeft);
  const bool at_rear = !Has(speakers, Speaker::kRearLeft);
  for (Speaker& speaker : speakers) {
    if (speaker == Speaker::kSurroundLeft) {
      speaker = at_sides ? Speaker::kSideLeft : at_rear ? Speaker::kRearLeft : speaker;
    } else if (speaker == Speaker::kSurroundRight) {
      speaker = at_sides ? Speaker::kSideRight : at_rear ? Speaker::kRearRight : speaker;
    }
  }
}

bool IsUnique(Speakers speakers) {
  std::sort(speakers.begin(), speakers.end());
  return std::adjacent_find(speakers.begin(), speakers.end()) == speakers.end();
}

}  // namespace

std::vector<Speaker> SpeakersOf(const SampleDescription& entry) {
  const uint32_t channels = entry.audio.channels;
  Speakers speakers = entry.HasChild("chnl") ? ParseChnl(entry.Child("chnl"), channels)
                                             : ParseChan(entry.Child("chan"));
  PlaceSurroundPair(speakers);
  if (speakers.size() != channels || !IsUnique(speakers)) return {};
  return speakers;
}

}  // namespace iso
