// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/codec/protection_scheme.h"

#include <algorithm>
#include <array>

#include "core/codec/box_list.h"

namespace iso {
namespace {

constexpr std::array kEncrypted = {
    FourCC("encv"), FourCC("enca"), FourCC("enct"), FourCC("encs"), FourCC("encm")};

FourCC SchemeIn(Bytes scheme_info) {
  Reader schm(BoxList::Find(scheme_info, "schm"));
  schm.Skip(4);
  return schm.Code();
}

}  // namespace

Protection ProtectionOf(const SampleDescription& entry) {
  const FourCC format = entry.format;
  if (format == FourCC("drms") || format == FourCC("drmi")) return Protection::kUnknown;
  const bool encrypted =
      std::find(kEncrypted.begin(), kEncrypted.end(), format) != kEncrypted.end();
  return encrypted ? Protection::kCommonEncryption : Protection::kNone;
}

FourCC SchemeOf(const SampleDescription& entry) {
  return SchemeIn(entry.Child("sinf"));
}

FourCC GenericCompressionOf(const SampleDescription& entry) {
  const Bytes rinf = entry.Child("rinf");
  if (entry.format != FourCC("resv") || SchemeIn(rinf) != FourCC("gcmp")) return {};
  Bytes cmpc = BoxList::Find(BoxList::Find(rinf, "schi"), "cmpC");
  if (cmpc.empty()) cmpc = entry.Child("cmpC");
  Reader r(cmpc);
  r.Skip(4);
  const FourCC type = r.Code();
  const uint8_t unit_type = r.U8() & 0x7f;
  return r.ok() && unit_type == 0 ? type : FourCC();
}

}  // namespace iso
