// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TrafProtection: what a movie fragment says about the encryption of one track's samples in
// it. TrafProtectionReader gathers it from the boxes of the traf; TrafCrypto answers from it.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/protection/track_protection.h"

namespace iso {

/// Immutable. Everything is in memory: it is no more than the traf holds itself, or what
/// its saiz announces.
struct TrafProtection {
  std::shared_ptr<const TrackProtection> track;
  KeyGroups groups;                 ///< the traf's own
  std::vector<uint8_t> group_runs;  ///< entries of sbgp, as stored
  std::optional<EncryptionParameters> piff_override;

  std::vector<uint8_t> records;
  bool has_subsamples = false;  ///< of records that come from a senc box
  uint64_t record_count = 0;

  bool has_sizes = false;  ///< records are divided by saiz; otherwise by what they say
  uint8_t default_size = 0;
  std::vector<uint8_t> sizes;
};

/// Where a traf stands, for offsets in its saio.
struct TrafPlace {
  uint64_t data_base = 0;                 ///< as for trun data offsets: tfhd's, or the moof's start
  std::span<const uint32_t> run_samples;  ///< sample count of each trun
};

class TrafProtectionReader {
 public:
  explicit TrafProtectionReader(std::shared_ptr<const TrackProtection> track);

  static bool Wants(FourCC type) { return ProtectionReader::Wants(type); }

  /// One box of the traf; `body` is all of it. Others than those it wants are passed over.
  /// Damage is reported and costs that box.
  void Add(const BoxHeader& box, Bytes body, Diagnostics* diagnostics);

  /// After the last box. Reads `source` where the records are elsewhere than in the traf: may
  /// answer kNotYet, and can then be called again.
  Result<std::shared_ptr<const TrafProtection>> Finish(const TrafPlace& place, ByteSource& source);

 private:
  Status AddSenc(const BoxHeader& box, Bytes body, Diagnostics* diagnostics);
  Status AddGroups(const BoxHeader& box, Bytes body, Diagnostics* diagnostics);
  Status AddSizes(const BoxHeader& box, Bytes body, Diagnostics* diagnostics);
  Status AddOffsets(const BoxHeader& box, Bytes body, Diagnostics* diagnostics);
  uint64_t BytesOf(uint64_t first, uint64_t count) const;
  Status ReadRecords(const TrafPlace& place, ByteSource& source);
  Status ReadRun(uint64_t offset, uint64_t bytes, ByteSource& source);

  FourCC scheme_;
  TrafProtection traf_;
  bool has_senc_ = false;
  std::vector<uint64_t> offsets_;  ///< of saio
  bool together_ = true;           ///< the records of all runs follow each other
};

class TrafCrypto final : public SampleCrypto {
 public:
  explicit TrafCrypto(std::shared_ptr<const TrafProtection> traf);

  /// Never fails: everything is in memory.
  Status At(const CryptoQuery& sample, SampleProtection* protection) override;

 private:
  uint32_t GroupOf(uint64_t n);
  void Resolve(uint64_t n, uint32_t description, SampleProtection* protection);
  bool AdvanceTo(const CryptoQuery& sample);
  uint64_t RecordBytes(const EncryptionParameters* parameters) const;
  bool IsUniform() const;

  std::shared_ptr<const TrafProtection> traf_;
  uint64_t number_ = 0;  ///< of the record at position_
  size_t position_ = 0;
  std::optional<uint64_t> bytes_;  ///< of that record, once known
  size_t run_ = 0;                 ///< entry of the group runs
  uint64_t run_first_ = 0;         ///< its first sample
};

}  // namespace iso
