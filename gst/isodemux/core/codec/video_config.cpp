// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/video_config.h"

namespace iso {
namespace {

/// `count` NAL units, each with its length in 16 bits.
void SkipNalUnits(Reader& r, unsigned count) {
  for (unsigned i = 0; i < count && r.ok(); ++i) {
    r.Skip(r.U16());
  }
}

}  // namespace

bool IsConsistentAvcC(Bytes body) {
  Reader r(body);
  const uint8_t version = r.U8();
  r.Skip(4);  // profile, compatibility, level, length size
  SkipNalUnits(r, r.U8() & 0x1f);
  SkipNalUnits(r, r.U8());
  return r.ok() && version == 1;
}

bool IsConsistentHvcC(Bytes body) {
  Reader r(body);
  r.Skip(22);  // profile, tier, level and so on; drafts had version 0
  const uint8_t arrays = r.U8();
  for (unsigned i = 0; i < arrays && r.ok(); ++i) {
    r.Skip(1);  // NAL unit type
    SkipNalUnits(r, r.U16());
  }
  return r.ok();
}

std::optional<VvcConfig> ParseVvcC(Bytes body) {
  Reader r(body);
  const uint8_t version = r.U8();
  r.Skip(3);
  VvcConfig config;
  config.record = body.subspan(r.position());
  const uint8_t first = r.U8();
  if (!r.ok() || version != 0) return std::nullopt;
  if ((first & 1) == 0) return config;  // ptl_present_flag
  r.Skip(3);                            // OLS, sublayers, frame rate, chroma, bit depth
  r.Skip(1);                            // bytes of constraints
  const uint8_t profile_tier = r.U8();
  config.level = r.U8();
  if (!r.ok()) return std::nullopt;
  config.has_profile = true;
  config.profile = profile_tier >> 1;
  config.high_tier = profile_tier & 1;
  return config;
}

std::optional<Av1Config> ParseAv1C(Bytes body) {
  Reader r(body);
  const uint8_t marker_version = r.U8();
  const uint8_t profile_level = r.U8();
  r.Skip(1);  // tier, depth, chroma
  const uint8_t delay = r.U8();
  if (!r.ok() || marker_version != 0x81) return std::nullopt;
  Av1Config config;
  config.profile = profile_level >> 5;
  config.has_presentation_delay = delay & 0x10;
  config.presentation_delay = static_cast<uint8_t>((delay & 0x0f) + 1);
  return config;
}

std::optional<VpxConfig> ParseVpcC(Bytes body) {
  Reader r(body);
  const uint8_t version = r.U8();
  r.Skip(3);
  VpxConfig config;
  config.profile = r.U8();
  config.level = r.U8();
  const uint8_t format = r.U8();
  config.primaries = r.U8();
  config.transfer = r.U8();
  config.matrix = r.U8();
  if (!r.ok() || version != 1) return std::nullopt;
  config.bit_depth = format >> 4;
  config.chroma = format >> 1 & 7;
  config.full_range = format & 1;
  return config;
}

}  // namespace iso
