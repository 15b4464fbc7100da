// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Common encryption, towards GStreamer: GstProtectionMeta on samples, PROTECTION events from
// pssh boxes, and which DRM system a stream's caps name.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gst/gst.h>

#include "core/protection/protection_system.h"
#include "core/protection/sample_protection.h"
#include "element/ref.h"

namespace iso::gst {

/// Puts the metadata on the samples of one stream. Streaming thread only.
class ProtectionMetas {
 public:
  /// For a sample that is clear or encrypted, and not lost.
  void Attach(const SampleProtection& protection, GstBuffer* buffer);

 private:
  void Describe(const SampleProtection& protection);

  FourCC scheme_;
  std::optional<EncryptionParameters> parameters_;  ///< those in common_
  UniqueStructure common_;                          ///< what all samples have that share them
};

/// `origin` is isobmff/moov or isobmff/moof.
Ref<GstEvent> ProtectionEvent(const ProtectionSystem& system, const char* origin);

/// Those from upstream, which are sticky on the sink pad, then those of the movie.
std::vector<Ref<GstEvent>> ProtectionEvents(GstPad* sink,
                                            const std::vector<ProtectionSystem>& systems);

/// The DRM system by which a track is to be decrypted: what the application prefers (context
/// drm-preferred-decryption-system-id), else the first one for which there is a decryptor.
/// Empty where there is none. Asks upstream and the application: no lock may be held.
std::string ChooseProtectionSystem(GstElement* element,
                                   GstPad* sink,
                                   const std::vector<Ref<GstEvent>>& events,
                                   guint track_id);

}  // namespace iso::gst
