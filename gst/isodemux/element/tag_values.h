// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Decoders: how a metadata item's value becomes the value of a tag. Each adds what it can
// make sense of and nothing else; a tag that is there already is kept.

#pragma once

#include <cstdint>

#include <gst/gst.h>

#include "core/movie/metadata.h"

namespace iso::gst {

/// `tag` is the one to set; decoders that set fixed tags of their own take none.
using Decoder = void (*)(const MetadataItem& item, const char* tag, GstTagList* tags);

constexpr const char* kClassificationTag = "classification";  ///< of 3GPP files

void AddText(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddTexts(const MetadataItem& item, const char* tag, GstTagList* tags);  ///< all values
void AddDouble(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddInteger(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddTempo(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddTrack(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddDisc(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddGenreNumber(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddDate(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddPicture(const MetadataItem& item, const char* tag, GstTagList* tags);

// Values of 3GPP TS 26.244 clause 8.
void AddAlbum(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddYear(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddKeywordList(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddLocation(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddClassification(const MetadataItem& item, const char* tag, GstTagList* tags);

void AddIso6709(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddId3(const MetadataItem& item, const char* tag, GstTagList* tags);
void AddXmp(const MetadataItem& item, const char* tag, GstTagList* tags);

}  // namespace iso::gst
