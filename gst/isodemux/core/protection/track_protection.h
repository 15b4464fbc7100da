// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TrackProtection: what a trak box says about the encryption of its samples, and where it
// keeps the auxiliary information of those in its tables. Nothing of that is read here.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/movie/box_loader.h"
#include "core/protection/sample_protection.h"
#include "core/table/chunk_map.h"
#include "core/table/counted_runs.h"
#include "core/table/size_column.h"

namespace iso {

/// The records of a senc box.
struct SencRecords {
  uint64_t begin = 0;  ///< byte of the source
  uint64_t end = 0;
  uint64_t count = 0;  ///< records, as the box says
  bool has_subsamples = false;
};

/// Where a record is found, as far as the tables say: its size by saiz, its place by saio.
struct AuxiliaryLayout {
  bool has_sizes = false;
  SampleTableLayout sizes;  ///< saiz, in the form of sample sizes; otherwise empty
  TableRef offsets;         ///< saio
  bool together = true;     ///< by saio, the records of all samples follow each other
  std::optional<SencRecords> senc;
  TableRef groups;  ///< sbgp of type seig
};

/// Immutable but for the sparse indexes of its tables, which any thread may use.
class TrackProtection {
 public:
  /// `pages`, and the source it reads, must outlive this.
  TrackProtection(std::vector<EntryEncryption> entries,
                  KeyGroups groups,
                  std::optional<EncryptionParameters> piff_override,
                  const AuxiliaryLayout& auxiliary,
                  const SampleTableLayout& samples,
                  PageCache& pages,
                  ByteSource& source);

  const KeyGroups& groups() const { return groups_; }

  ByteSource& source() const { return *source_; }

  /// The first scheme there is.
  FourCC scheme() const;

  /// Scheme, parameters and state of a sample whose entry and group are known; kEncrypted
  /// as long as its record has not been looked at. `group` is as in sbgp: from 1, 0 is none,
  /// and above kLocalGroups means one of `local`, a fragment's own. `piff_override` may be null.
  void Resolve(uint32_t description,
               uint32_t group,
               const KeyGroups* local,
               const EncryptionParameters* piff_override,
               SampleProtection* protection) const;

  /// For the samples in the track's tables.
  std::unique_ptr<SampleCrypto> NewTableCrypto() const;

  static constexpr uint32_t kLocalGroups = 0x10000;

 private:
  friend class TableCrypto;

  const EncryptionParameters* InGroup(uint32_t group, const KeyGroups* local) const;

  std::vector<EntryEncryption> entries_;
  KeyGroups groups_;
  std::optional<EncryptionParameters> piff_override_;
  AuxiliaryLayout auxiliary_;
  ByteSource* source_;
  SizeColumn sizes_;
  Column offsets_;
  ChunkMap chunks_;
  CountedRuns group_runs_;
};

/// Of a track that has no movie header. As for TrackProtection, what it reads must outlive it.
std::shared_ptr<const TrackProtection> AssumeProtection(const EntryEncryption& entry,
                                                        PageCache& pages,
                                                        ByteSource& source);

/// Gathers the boxes of an stbl that concern encryption.
class ProtectionReader {
 public:
  static bool Wants(FourCC type);

  Status Visit(const BoxHeader& box, BoxLoader& loader);

  /// Null where no sample entry is under common encryption.
  std::shared_ptr<const TrackProtection> Finish(std::span<const SampleDescription> descriptions,
                                                const SampleTableLayout& samples,
                                                PageCache& pages,
                                                BoxLoader& loader) const;

 private:
  Status ReadSenc(const BoxHeader& box, BoxLoader& loader);
  Status ReadGroups(const BoxHeader& box, BoxLoader& loader);
  AuxiliaryLayout LayoutFor(FourCC scheme) const;

  std::vector<SaizBox> sizes_;
  std::vector<SaioBox> offsets_;
  std::optional<SencRecords> senc_;
  std::optional<EncryptionParameters> piff_override_;
  KeyGroups groups_;
  TableRef group_runs_;
};

/// Whether auxiliary information of this type is common encryption's. 0: the type is not
/// given, and the scheme's own is meant (14496-12 8.7.8.3).
bool IsEncryptionAuxiliary(FourCC type, FourCC scheme);

}  // namespace iso
