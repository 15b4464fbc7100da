// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Tags: what the metadata and the headers of a file say, as GstTagLists. Which tag comes
// from where is one table in tags.cpp; tags from header fields are in header_tags.cpp.

#pragma once

#include <cstdint>
#include <string_view>

#include <gst/gst.h>

#include "core/base/fourcc.h"
#include "core/box/movie_boxes.h"
#include "core/movie/metadata.h"
#include "element/ref.h"

namespace iso::gst {

/// A sample for every box that has no tag: the box, with an info that names it. qtdemux
/// has the same tag, and either may register it first.
constexpr const char* kPrivateTag = "private-qt-tag";

/// A track's ID as text: a tag of GStreamer 1.24, by which WebKit tells tracks apart.
constexpr const char* kTrackIdTag = "container-specific-track-id";

/// What the whole file says of itself besides metadata.
struct FileFacts {
  FourCC major_brand;  ///< 'qt  ' where the file has no ftyp
  bool fragmented = false;
  uint64_t creation_time = 0;  ///< of mvhd: seconds since 1904, 0 unknown
};

/// Registers the tags that GStreamer's core does not know. Any number of times.
void RegisterTags();

/// Tags of the whole file (scope global): container-format, the metadata's, datetime.
Ref<GstTagList> GlobalTags(const Metadata& metadata, const FileFacts& facts);

/// Tags of one track (scope stream) from its own udta and meta, and its title from the
/// handler's name where that is not just a muxer's name for the kind of media. Never
/// null; codec, language and orientation are for the caller to add.
Ref<GstTagList> StreamTags(const Metadata& metadata,
                           const FileFacts& facts,
                           std::string_view handler_name);

/// language-code and language-name. `packed` is mdhd's (ISO 639-2/T or Macintosh),
/// `elng` a BCP 47 tag that wins over it, or "".
void AddLanguage(GstTagList* tags, uint16_t packed, std::string_view elng);

/// image-orientation, when both matrices together turn or mirror the picture; nothing
/// for the identity and for what is not one of the eight orientations.
void AddOrientation(GstTagList* tags, const Matrix& movie, const Matrix& track);

/// title, unless there is one, from a handler's name that says more than the kind of
/// media or who wrote the file. StreamTags does it.
void AddHandlerName(GstTagList* tags, std::string_view name);

/// The value of container-format: "Quicktime", "ISO MP4/M4A", "3GP", ...
const char* ContainerFormat(const FileFacts& facts);

}  // namespace iso::gst
