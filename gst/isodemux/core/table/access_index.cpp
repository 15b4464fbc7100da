// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AccessIndex and AccessWalker.

#include "core/table/access_index.h"

namespace iso {
namespace {

/// Samples looked at for one that depends on no other: half an hour of pictures.
constexpr uint64_t kMostDependent = 65536;

}  // namespace

AccessIndex::AccessIndex(const SampleTableLayout& layout, PageCache& cache, uint64_t samples)
    : syncs_(layout.syncs, layout.partial_syncs, cache, samples),
      access_points_(layout.access_points, cache, samples),
      sync_kinds_(layout.sync_kinds, cache, samples),
      dependencies_(layout.dependencies, cache) {
}

Result<uint8_t> AccessIndex::DependencyOf(uint64_t n, ColumnReader& reader) const {
  if (n >= dependencies_.count()) return uint8_t{0};
  ISO_TRY(const uint8_t* entry, reader.At(n));
  return *entry;
}

Result<Access> AccessIndex::At(uint64_t n) const {
  ColumnReader reader(dependencies_);
  ISO_TRY(const uint8_t dependency, DependencyOf(n, reader));
  ISO_TRY(const bool listed, syncs_.IsSync(n));
  ISO_TRY(const bool partial, syncs_.IsPartial(n));
  ISO_TRY(const uint32_t access, access_points_.At(n));
  ISO_TRY(const uint32_t kind, sync_kinds_.At(n));
  return Of(listed, partial, std::max(access, kind), dependency);
}

Result<std::optional<uint64_t>> AccessIndex::AtOrBefore(uint64_t n) const {
  if (all()) return std::optional(n);
  if (syncs_.all()) return IndependentUpTo(n);
  ISO_TRY(std::optional<uint64_t> last, syncs_.AtOrBefore(n));
  for (const SampleGroup* group : {&access_points_, &sync_kinds_}) {
    ISO_TRY(const std::optional<uint64_t> member, group->MemberAtOrBefore(n));
    last = std::max(last, member);
  }
  return last;
}

Result<std::optional<uint64_t>> AccessIndex::AtOrAfter(uint64_t n, uint64_t count) const {
  if (all()) return n < count ? std::optional(n) : std::nullopt;
  if (syncs_.all()) return IndependentFrom(n, count);
  ISO_TRY(std::optional<uint64_t> first, syncs_.AtOrAfter(n, count));
  for (const SampleGroup* group : {&access_points_, &sync_kinds_}) {
    ISO_TRY(const std::optional<uint64_t> member, group->MemberAtOrAfter(n, count));
    if (member && (!first || *member < *first)) first = member;
  }
  return first;
}

Result<std::optional<uint64_t>> AccessIndex::IndependentUpTo(uint64_t n) const {
  ColumnReader reader(dependencies_);
  for (uint64_t steps = 0; steps <= std::min(n, kMostDependent); ++steps) {
    ISO_TRY(const uint8_t dependency, DependencyOf(n - steps, reader));
    if (IsIndependent(dependency)) return std::optional(n - steps);
  }
  return std::optional<uint64_t>();
}

Result<std::optional<uint64_t>> AccessIndex::IndependentFrom(uint64_t n, uint64_t count) const {
  ColumnReader reader(dependencies_);
  const uint64_t end = std::min(count, n + kMostDependent);
  for (; n < end; ++n) {
    ISO_TRY(const uint8_t dependency, DependencyOf(n, reader));
    if (IsIndependent(dependency)) return std::optional(n);
  }
  return std::optional<uint64_t>();
}

Status AccessWalker::Seek(uint64_t n) {
  ISO_CHECK(syncs_.Seek(n));
  if (plain_) return {};
  ISO_CHECK(access_points_.Seek(n));
  ISO_CHECK(sync_kinds_.Seek(n));
  if (n < index_->dependencies_.count()) ISO_CHECK(dependencies_.At(n));
  return {};
}

Status AccessWalker::Cover(uint64_t n) {
  if (!syncs_.Covers(n)) ISO_CHECK(syncs_.Cover(n));
  if (plain_) return {};
  ISO_CHECK(access_points_.Cover(n));
  ISO_CHECK(sync_kinds_.Cover(n));
  if (n < index_->dependencies_.count()) ISO_CHECK(dependencies_.At(n));
  return {};
}

}  // namespace iso
