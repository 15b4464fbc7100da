// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The Macintosh language codes (Inside Macintosh, "Script Manager"; QTFF "Language Code
// Values") and the other two ways to name a language.

#include "element/languages.h"

#include <algorithm>
#include <iterator>

namespace iso::gst {
namespace {

constexpr uint16_t kUnspecified = 0x7fff;
constexpr uint16_t kFirstPacked = 0x400;  // what is below is a Macintosh code
constexpr const char* kRoman = "MACINTOSH";

// By code. Scripts for which iconv knows no Macintosh charset have their nearest kin.
// clang-format off
constexpr MacLanguage kMacLanguages[] = {
    {0, "en", kRoman}, {1, "fr", kRoman}, {2, "de", kRoman}, {3, "it", kRoman}, {4, "nl", kRoman},
    {5, "sv", kRoman}, {6, "es", kRoman}, {7, "da", kRoman}, {8, "pt", kRoman}, {9, "no", kRoman},
    {10, "he", "MACHEBREW"}, {11, "ja", "SHIFT_JIS"}, {12, "ar", "MACARABIC"}, {13, "fi", kRoman},
    {14, "el", "MACGREEK"}, {15, "is", "MAC-IS"}, {16, "mt", kRoman}, {17, "tr", "MACTURKISH"},
    {18, "hr", "MACCROATIAN"}, {19, "zh", "BIG5"}, {20, "ur", "MACARABIC"}, {21, "hi", kRoman},
    {22, "th", "TIS-620"}, {23, "ko", "EUC-KR"}, {24, "lt", "MAC-CENTRALEUROPE"},
    {25, "pl", "MAC-CENTRALEUROPE"}, {26, "hu", "MAC-CENTRALEUROPE"},
    {27, "et", "MAC-CENTRALEUROPE"}, {28, "lv", "MAC-CENTRALEUROPE"}, {29, "se", "MAC-SAMI"},
    {30, "fo", "MAC-IS"}, {31, "fa", "MACARABIC"}, {32, "ru", "MAC-CYRILLIC"}, {33, "zh", "GB2312"},
    {34, "nl", kRoman}, {35, "ga", kRoman}, {36, "sq", kRoman}, {37, "ro", "MACROMANIA"},
    {38, "cs", "MAC-CENTRALEUROPE"}, {39, "sk", "MAC-CENTRALEUROPE"}, {40, "sl", "MACCROATIAN"},
    {41, "yi", "MACHEBREW"}, {42, "sr", "MAC-CYRILLIC"}, {43, "mk", "MAC-CYRILLIC"},
    {44, "bg", "MAC-CYRILLIC"}, {45, "uk", "MAC-UK"}, {46, "be", "MAC-CYRILLIC"},
    {47, "uz", "MAC-CYRILLIC"}, {48, "kk", "MAC-CYRILLIC"}, {49, "az", "MAC-CYRILLIC"},
    {50, "az", "MACARABIC"}, {51, "hy", kRoman}, {52, "ka", kRoman}, {53, "ro", "MAC-CYRILLIC"},
    {54, "ky", "MAC-CYRILLIC"}, {55, "tg", "MAC-CYRILLIC"}, {56, "tk", "MAC-CYRILLIC"},
    {57, "mn", kRoman}, {58, "mn", "MAC-CYRILLIC"}, {59, "ps", "MACARABIC"},
    {60, "ku", "MACARABIC"}, {61, "ks", "MACARABIC"}, {62, "sd", "MACARABIC"}, {63, "bo", kRoman},
    {64, "ne", kRoman}, {65, "sa", kRoman}, {66, "mr", kRoman}, {67, "bn", kRoman},
    {68, "as", kRoman}, {69, "gu", kRoman}, {70, "pa", kRoman}, {71, "or", kRoman},
    {72, "ml", kRoman}, {73, "kn", kRoman}, {74, "ta", kRoman}, {75, "te", kRoman},
    {76, "si", kRoman}, {77, "my", kRoman}, {78, "km", kRoman}, {79, "lo", kRoman},
    {80, "vi", kRoman}, {81, "id", kRoman}, {82, "tl", kRoman}, {83, "ms", kRoman},
    {84, "ms", "MACARABIC"}, {85, "am", kRoman}, {86, "ti", kRoman}, {87, "om", kRoman},
    {88, "so", kRoman}, {89, "sw", kRoman}, {90, "rw", kRoman}, {91, "rn", kRoman},
    {92, "ny", kRoman}, {93, "mg", kRoman}, {94, "eo", kRoman}, {128, "cy", kRoman},
    {129, "eu", kRoman}, {130, "ca", kRoman}, {131, "la", kRoman}, {132, "qu", kRoman},
    {133, "gn", kRoman}, {134, "ay", kRoman}, {135, "tt", "MAC-CYRILLIC"}, {136, "ug", "MACARABIC"},
    {137, "dz", kRoman}, {138, "jv", kRoman}, {139, "su", kRoman}, {140, "gl", kRoman},
    {141, "af", kRoman}, {142, "br", kRoman}, {143, "iu", kRoman}, {144, "gd", kRoman},
    {145, "gv", kRoman}, {146, "ga", kRoman}, {147, "to", kRoman}, {148, "el", "MACGREEK"},
    {149, "kl", kRoman}, {150, "az", kRoman},
};

// clang-format on

bool IsLetter(char c) {
  return c >= 'a' && c <= 'z';
}

}  // namespace

const MacLanguage* FindMacLanguage(uint16_t mac) {
  const auto* row = std::lower_bound(std::begin(kMacLanguages),
                                     std::end(kMacLanguages),
                                     mac,
                                     [](const MacLanguage& a, uint16_t b) { return a.mac < b; });
  return row != std::end(kMacLanguages) && row->mac == mac ? row : nullptr;
}

std::string UnpackLanguage(uint16_t packed) {
  if (packed == kUnspecified) return {};
  if (packed < kFirstPacked) {
    const MacLanguage* language = FindMacLanguage(packed);
    return language ? language->code : "";
  }
  std::string code;
  for (const int shift : {10, 5, 0}) {
    code += static_cast<char>(0x60 + (packed >> shift & 0x1f));
  }
  return std::all_of(code.begin(), code.end(), IsLetter) ? code : "";
}

std::string PrimaryLanguage(std::string_view bcp47) {
  std::string code;
  for (const char c : bcp47.substr(0, bcp47.find('-'))) {
    code += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  const bool sane = (code.size() == 2 || code.size() == 3);
  return sane && std::all_of(code.begin(), code.end(), IsLetter) ? code : "";
}

}  // namespace iso::gst
