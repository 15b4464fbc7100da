// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/protection/sample_protection.h"

namespace iso {
namespace {

uint64_t BytesOf(Bytes subsamples) {
  uint64_t sum = 0;
  for (size_t i = 0; i < subsamples.size(); i += kSubsampleBytes) {
    sum += uint64_t{LoadBE16(&subsamples[i])} + LoadBE32(&subsamples[i + 2]);
  }
  return sum;
}

}  // namespace

void ReadRecord(Bytes record, uint32_t sample_bytes, SampleProtection* protection) {
  const EncryptionParameters& parameters = *protection->parameters;
  Reader r(record);
  protection->iv = parameters.iv_size != 0 ? r.Take(parameters.iv_size) : parameters.ConstantIv();
  protection->subsamples = {};
  if (r.left() >= 2) protection->subsamples = r.Take(r.U16() * kSubsampleBytes);
  const bool fits = r.ok() && BytesOf(protection->subsamples) <= sample_bytes;
  protection->state = fits ? SampleProtection::State::kEncrypted : SampleProtection::State::kLost;
}

}  // namespace iso
