// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/errors.h"

#include <algorithm>
#include <iterator>

#include "element/i18n.h"

namespace iso::gst {
namespace {

struct Row {
  Errc code;
  GQuark (*domain)();
  int gst_code;
  const char* text;
};

/// What is not listed is damage somewhere in the file.
const Row kRows[] = {
    {Errc::kEmptyFile,
     gst_stream_error_quark,
     GST_STREAM_ERROR_WRONG_TYPE,
     N_("This file is empty.")},
    {Errc::kNotIsoMedia,
     gst_stream_error_quark,
     GST_STREAM_ERROR_WRONG_TYPE,
     N_("This is not an MP4 or QuickTime file.")},
    {Errc::kNoMovieBox,
     gst_stream_error_quark,
     GST_STREAM_ERROR_DEMUX,
     N_("This file is incomplete: the part that says where its sound and pictures are is "
        "missing. It may not have been recorded to its end.")},
    {Errc::kMovieTruncated,
     gst_stream_error_quark,
     GST_STREAM_ERROR_DEMUX,
     N_("This file is incomplete and cannot be played.")},
    {Errc::kEndOfData,
     gst_stream_error_quark,
     GST_STREAM_ERROR_DEMUX,
     N_("This file is incomplete and cannot be played.")},
    {Errc::kNoTracks,
     gst_stream_error_quark,
     GST_STREAM_ERROR_DEMUX,
     N_("This file contains no playable streams.")},
    {Errc::kReferenceMovie,
     gst_stream_error_quark,
     GST_STREAM_ERROR_DEMUX,
     N_("This file only refers to other files and has nothing to play itself.")},
    {Errc::kFragmentsOnly,
     gst_stream_error_quark,
     GST_STREAM_ERROR_DEMUX,
     N_("This is a piece of a stream and cannot be played without its beginning.")},
    {Errc::kNoFragments,
     gst_stream_error_quark,
     GST_STREAM_ERROR_DEMUX,
     N_("This is only the beginning of a stream: there is nothing to play in it.")},
    {Errc::kTooMuchToKeep,
     gst_stream_error_quark,
     GST_STREAM_ERROR_DEMUX,
     N_("This file is not stored in the order in which it is played, and its source cannot go "
        "back. Download it first, or allow more memory for it (max-buffered-bytes).")},
    {Errc::kCompressedUnsupported,
     gst_stream_error_quark,
     GST_STREAM_ERROR_FORMAT,
     N_("This file's index is compressed in a way that is not supported.")},
    {Errc::kReadFailed,
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_READ,
     N_("This file could not be read.")},
    {Errc::kOutOfMemory,
     gst_resource_error_quark,
     GST_RESOURCE_ERROR_NO_SPACE_LEFT,
     N_("There is not enough memory to play this file.")},
};

const Row kDamaged = {Errc::kNotYet,
                      gst_stream_error_quark,
                      GST_STREAM_ERROR_DEMUX,
                      N_("This file is damaged and cannot be played.")};

}  // namespace

void PostError(GstElement* element, const Error& error) {
  const auto found = std::find_if(
      std::begin(kRows), std::end(kRows), [&](const Row& row) { return row.code == error.code; });
  const Row& row = found == std::end(kRows) ? kDamaged : *found;
  gst_element_message_full(element,
                           GST_MESSAGE_ERROR,
                           row.domain(),
                           row.gst_code,
                           g_strdup(_(row.text)),
                           g_strdup(Describe(error).c_str()),
                           __FILE__,
                           GST_FUNCTION,
                           __LINE__);
}

void PostLossWarning(GstElement* element, uint64_t samples, uint64_t bytes) {
  GST_ELEMENT_WARNING(
      element,
      STREAM,
      DEMUX,
      (_("Part of this file is missing: it was played as far as it goes.")),
      ("%" G_GUINT64_FORMAT " samples lie outside the file; %" G_GUINT64_FORMAT " bytes are lost",
       static_cast<guint64>(samples),
       static_cast<guint64>(bytes)));
}

}  // namespace iso::gst
