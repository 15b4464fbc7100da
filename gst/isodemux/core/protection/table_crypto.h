// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TableCrypto: encryption of the samples in a track's tables. Their auxiliary information
// stays in the file, wherever that is, and is read a window at a time.

#pragma once

#include <optional>
#include <vector>

#include "core/protection/track_protection.h"

namespace iso {

/// The group of each sample, in order.
class KeyGroupWalker {
 public:
  /// `otherwise` is for samples that no run maps.
  KeyGroupWalker(const CountedRuns& runs, uint32_t otherwise)
      : runs_(&runs), reader_(runs.column()), otherwise_(otherwise) {}

  Result<uint32_t> At(uint64_t n);

  /// The sample behind those that are in the same run.
  uint64_t end() const { return run_.end; }

 private:
  const CountedRuns* runs_;
  RunReader reader_;
  uint32_t otherwise_;
  CountedRun run_;
};

class TableCrypto final : public SampleCrypto {
 public:
  explicit TableCrypto(const TrackProtection& track);

  Status At(const CryptoQuery& sample, SampleProtection* protection) override;

 private:
  /// Records whose sizes saiz tells, and where they begin.
  struct Run {
    uint64_t first = 0;  ///< sample
    uint64_t end = 0;
    uint64_t offset = 0;
  };

  Result<Bytes> RecordOf(const CryptoQuery& sample);
  Result<Bytes> SizedRecord(uint64_t n);
  Status FindRun(uint64_t n);
  Result<Bytes> SencRecord(const CryptoQuery& sample);
  Status WalkTo(uint64_t n, uint32_t description);
  Result<uint32_t> SizeOfRecord(uint64_t position, uint8_t iv_size);
  Result<uint8_t> IvSizeAt(uint64_t n, uint32_t description);
  Result<Bytes> Peek(uint64_t offset, size_t size);
  void Remember();

  const TrackProtection& track_;
  const AuxiliaryLayout& layout_;
  WindowReader window_;
  KeyGroupWalker groups_;

  // By saiz.
  SizeReader sizes_;
  ColumnReader offsets_;
  Run run_;
  uint64_t next_ = 0;           ///< sample
  uint64_t next_position_ = 0;  ///< of its record, when it is in run_

  // By senc alone.
  KeyGroupWalker walk_groups_;
  uint64_t walked_ = 0;  ///< records stepped over
  uint64_t position_;    ///< of the next one
  uint64_t stride_;
  std::vector<uint64_t> checkpoints_;  ///< i: where record (i + 1) * stride_ lies
};

}  // namespace iso
