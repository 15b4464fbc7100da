// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AccessIndex and AccessWalker: where decoding can start, and which samples others need,
// from all that a file has to say about it: sync tables, sample groups, dependencies.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/base/result.h"
#include "core/table/sample_groups.h"
#include "core/table/sync_index.h"

namespace iso {

/// Of one sample; the fields are those of Sample.
struct Access {
  bool sync = true;
  bool open_gop = false;
  uint8_t dependency = 0;
};

/// Thread-safe. Decoding can start at what stss and stps list and at what the groups `rap ` and
/// `sync` name. Without stss it can start everywhere, whatever these say, but at samples of
/// which sdtp says that they depend on others.
class AccessIndex {
 public:
  AccessIndex(const SampleTableLayout& layout, PageCache& cache, uint64_t samples);

  /// Whether decoding can start at every sample.
  bool all() const { return syncs_.all() && dependencies_.count() == 0; }

  Result<Access> At(uint64_t n) const;

  /// The last sync sample <= n; n < count.
  Result<std::optional<uint64_t>> AtOrBefore(uint64_t n) const;

  /// The first sync sample >= n and < count.
  Result<std::optional<uint64_t>> AtOrAfter(uint64_t n, uint64_t count) const;

  const SyncIndex& syncs() const { return syncs_; }

  size_t IndexBytes() const {
    return access_points_.IndexBytes() + sync_kinds_.IndexBytes();
  }

 private:
  friend class AccessWalker;

  Result<std::optional<uint64_t>> IndependentFrom(uint64_t n, uint64_t count) const;
  Result<std::optional<uint64_t>> IndependentUpTo(uint64_t n) const;
  Result<uint8_t> DependencyOf(uint64_t n, ColumnReader& reader) const;

  static bool IsIndependent(uint8_t dependency) { return (dependency >> 4 & 3) != 1; }

  /// What all of them say together. `group` is the greater of the groups' AccessValues.
  Access Of(bool listed, bool partial, uint32_t group, uint8_t dependency) const {
    if (syncs_.all()) return {IsIndependent(dependency), false, dependency};
    return {listed || group != kNoAccess, partial || group == kOpenAccess, dependency};
  }

  SyncIndex syncs_;
  SampleGroup access_points_;
  SampleGroup sync_kinds_;
  Column dependencies_;
};

/// In sample order. Not thread-safe.
class AccessWalker {
 public:
  explicit AccessWalker(const AccessIndex& index)
      : index_(&index),
        plain_(index.access_points_.none() && index.sync_kinds_.none() &&
               index.dependencies_.count() == 0),
        syncs_(index.syncs_),
        access_points_(index.access_points_),
        sync_kinds_(index.sync_kinds_),
        dependencies_(index.dependencies_) {}

  Status Seek(uint64_t n);

  bool Covers(uint64_t n) const {
    if (!syncs_.Covers(n)) return false;
    return plain_ || (access_points_.Covers(n) && sync_kinds_.Covers(n) && n < DependenciesEnd(n));
  }

  /// The sample behind those that are covered.
  uint64_t end() const {
    if (plain_) return syncs_.end();
    const uint64_t groups = std::min(access_points_.end(), sync_kinds_.end());
    return std::min({syncs_.end(), groups, DependenciesEnd(dependencies_.end())});
  }

  /// Makes At(n) right for a sample at or behind the last one. After an error it can be made
  /// again.
  Status Cover(uint64_t n);

  Access At(uint64_t n) const {
    const bool partial = syncs_.IsPartial(n);
    if (plain_) return {syncs_.IsSync(n), partial, 0};
    const uint8_t* dependency = dependencies_.Peek(n);
    return index_->Of(syncs_.IsSync(n),
                      partial,
                      std::max(access_points_.value(), sync_kinds_.value()),
                      dependency != nullptr ? *dependency : uint8_t{0});
  }

 private:
  /// Behind the table nothing has to be read.
  uint64_t DependenciesEnd(uint64_t n) const {
    return n >= index_->dependencies_.count() ? kForever : dependencies_.end();
  }

  const AccessIndex* index_;
  bool plain_;  ///< there are only stss and stps
  SyncWalker syncs_;
  GroupWalker access_points_;
  GroupWalker sync_kinds_;
  ColumnReader dependencies_;
};

}  // namespace iso
