// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How the samples of an entry are protected, as far as its caps say it.

#pragma once

#include "core/codec/sample_description.h"

namespace iso {

enum class Protection : uint8_t {
  kNone,
  kCommonEncryption,  ///< encv, enca and their like, ISO/IEC 23001-7
  kUnknown,           ///< nobody can undo it (drms, drmi)
};

Protection ProtectionOf(const SampleDescription& entry);

/// The scheme of schm, 14496-12 8.12.6: cenc, cbcs and so on; 0 when absent.
FourCC SchemeOf(const SampleDescription& entry);

/// GenericallyCompressed samples, ISO/IEC 23001-17: compression type of cmpC in a
/// restricted entry with scheme gcmp, where each sample is one unit; 0 else.
FourCC GenericCompressionOf(const SampleDescription& entry);

}  // namespace iso
