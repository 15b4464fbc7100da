// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SampleProtection: all that is needed to decrypt one sample. SampleCrypto: who knows it.

#pragma once

#include <cstdint>
#include <span>

#include "core/protection/encryption.h"
#include "core/protection/protection_system.h"

namespace iso {

struct SampleProtection {
  enum class State : uint8_t {
    kNone,   ///< its sample entry is not under common encryption
    kClear,  ///< it is, but this sample is not encrypted
    kEncrypted,
    kLost,  ///< what is needed to decrypt it is missing or damaged
  };

  State state = State::kNone;
  FourCC scheme;                                     ///< cenc, cens, cbc1 or cbcs
  const EncryptionParameters* parameters = nullptr;  ///< when clear or encrypted
  Bytes iv;                                          ///< the sample's own or the constant one
  Bytes subsamples;  ///< kSubsampleBytes each: u16 clear bytes, u32 encrypted bytes, big-endian;
                     ///< empty: all of the sample is encrypted

  std::span<const ProtectionSystem> systems;  ///< that the sample's fragment names
  uint64_t systems_from = 0;                  ///< which fragment that is: its place in the file

  bool exists() const { return state != State::kNone; }
};

constexpr size_t kSubsampleBytes = 6;

/// What an error names when the auxiliary information of a track's tables cannot be read.
constexpr FourCC kAuxiliaryInformation = FourCC("saio");

/// Takes in a sample's auxiliary information (ISO/IEC 23001-7 7.1): its IV, then its
/// subsamples, if any. `protection` has its parameters set; it is kLost afterwards if the
/// record is cut or its subsamples are more than `sample_bytes`.
void ReadRecord(Bytes record, uint32_t sample_bytes, SampleProtection* protection);

/// Which sample is asked about.
struct CryptoQuery {
  uint64_t number = 0;       ///< in the track's tables or in the traf, from 0
  uint32_t description = 1;  ///< of stsd, from 1
  uint32_t bytes = 0;        ///< of the sample
};

/// Answers cost little when samples are asked for in order. Not thread-safe.
class SampleCrypto {
 public:
  virtual ~SampleCrypto() = default;

  /// What `protection` refers to is good until the next call. Fails only where the source
  /// does; damage is an answer.
  virtual Status At(const CryptoQuery& sample, SampleProtection* protection) = 0;
};

}  // namespace iso
