// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Language codes of files: packed ISO 639-2/T, Macintosh codes, BCP 47.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace iso::gst {

/// What a Macintosh language code stands for.
struct MacLanguage {
  uint16_t mac;
  const char* code;     ///< ISO 639-1, or 639-2 where there is no shorter one
  const char* charset;  ///< for iconv
};

/// The row of a Macintosh code, or nullptr.
const MacLanguage* FindMacLanguage(uint16_t mac);

/// A packed language code as ISO 639 letters; "" when it says nothing.
std::string UnpackLanguage(uint16_t packed);

/// The language of a BCP 47 tag, in lower case: "pt" of "pt-BR"; "" when there is none.
std::string PrimaryLanguage(std::string_view bcp47);

}  // namespace iso::gst
