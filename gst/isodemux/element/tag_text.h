// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Text of metadata items as UTF-8, whatever charset the file has it in.

#pragma once

#include <string>

#include "core/base/bytes.h"
#include "core/movie/metadata.h"

namespace iso::gst {

/// An item's value as valid UTF-8 without NULs and without white space at its ends; ""
/// when it is no text, damaged, or too long to be a tag.
std::string TextOf(const MetadataItem& item);

/// Text of 3GPP TS 26.244: UTF-8, or UTF-16 after a byte order mark; up to a NUL.
std::string AssetText(Bytes bytes);

/// Takes a string with its NUL from the front of `bytes`, as AssetText.
std::string TakeAssetText(Bytes& bytes);

}  // namespace iso::gst
