// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the boxes of any visual sample entry say about its pictures: pixel shape (pasp),
// colours (colr), fields (fiel), brightness (mdcv, clli and VP9's SmDm, CoLL).

#pragma once

#include <array>
#include <optional>

#include "core/codec/sample_description.h"

namespace iso {

/// PixelAspectRatioBox, 14496-12 12.1.4. Neither is 0.
struct PixelAspect {
  uint32_t horizontal;
  uint32_t vertical;
};

std::optional<PixelAspect> PixelAspectOf(const SampleDescription& entry);

/// ColourInformationBox, 12.1.5, with code points of ISO/IEC 23091-2. ICC profiles are
/// not read.
struct ColorCodes {
  uint16_t primaries;
  uint16_t transfer;
  uint16_t matrix;
  bool full_range;
};

std::optional<ColorCodes> ColorCodesOf(const SampleDescription& entry);

/// FieldHandlingBox, QTFF 'fiel'.
struct FieldInfo {
  bool interlaced;
  bool top_first;  ///< when interlaced; neither flag: the order is not known
  bool bottom_first;
};

std::optional<FieldInfo> FieldInfoOf(const SampleDescription& entry);

/// MasteringDisplayColourVolumeBox, 12.1.6: chromaticities in units of 0.00002,
/// luminance in 0.0001 candela a square metre.
struct MasteringDisplay {
  struct Point {
    uint16_t x;
    uint16_t y;
  };

  Point red;
  Point green;
  Point blue;
  Point white;
  uint32_t max_luminance;
  uint32_t min_luminance;
};

std::optional<MasteringDisplay> MasteringDisplayOf(const SampleDescription& entry);

/// ContentLightLevelBox, 12.1.7, candela a square metre.
struct LightLevel {
  uint16_t max_content;
  uint16_t max_frame_average;
};

std::optional<LightLevel> LightLevelOf(const SampleDescription& entry);

}  // namespace iso
