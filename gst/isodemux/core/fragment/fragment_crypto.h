// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FragmentCrypto: encryption of the samples of a track that has movie fragments. What a
// fragment says of it is read when the first of its samples is asked for.

#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/fragment/fragment_samples.h"
#include "core/movie/movie.h"
#include "core/protection/traf_protection.h"

namespace iso {

class FragmentCrypto final : public SampleCrypto {
 public:
  /// All must outlive this. `id` is the track's; nothing: it is the only one.
  FragmentCrypto(const FragmentSamples& samples,
                 std::optional<uint32_t> id,
                 std::shared_ptr<const TrackProtection> protection);

  Status At(const CryptoQuery& sample, SampleProtection* protection) override;

 private:
  /// One traf of the track.
  struct Part {
    uint32_t first = 0;  ///< number in the fragment of its first sample
    std::unique_ptr<TrafCrypto> crypto;
  };

  Status Enter(const FragmentRef& fragment);
  Status AddPart(const Fragment& fragment, Bytes traf, uint32_t* first, std::vector<Part>* parts);

  const FragmentSamples& samples_;
  const std::optional<uint32_t> id_;
  const std::shared_ptr<const TrackProtection> protection_;
  const std::unique_ptr<SampleCrypto> table_;  ///< for the samples in moov
  FragmentRef fragment_;                       ///< whose parts these are; null: none
  uint64_t key_ = 0;                           ///< FragmentSamples::FragmentOf its samples
  std::vector<Part> parts_;
  std::vector<ProtectionSystem> systems_;  ///< of the moof
};

/// Null where the track is not under common encryption.
std::unique_ptr<SampleCrypto> NewSampleCrypto(const Track& track);

}  // namespace iso
