// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FragmentSamples and FragmentCursor: the samples of a track that has movie fragments, those of
// its moov first.

#pragma once

#include <memory>

#include "core/fragment/fragment_index.h"
#include "core/table/sample_table.h"

namespace iso {

/// A sample of a fragment has a number made of the place of its moof and of its own number
/// there, so that a number leads to its sample without any list of fragments. Thread-safe.
class FragmentSamples final : public Samples {
 public:
  /// `track` is the index into the movie's tracks. `table`: those of moov; may be empty.
  FragmentSamples(std::shared_ptr<const FragmentIndex> fragments,
                  std::shared_ptr<const SampleTable> table,
                  size_t track);

  std::unique_ptr<SampleCursor> NewCursor() const override;
  Result<uint64_t> SampleCount() const override;
  Result<uint64_t> First() const override;
  Result<uint64_t> Back(uint64_t n, uint64_t steps) const override;
  Result<Sample> At(uint64_t n) const override;
  Result<uint64_t> SampleAtPresentationTime(int64_t t) const override;
  Result<uint64_t> LeastOffsetBehind(uint64_t n) const override;
  Result<std::optional<uint64_t>> SyncAtOrBefore(uint64_t n) const override;
  Result<std::optional<uint64_t>> SyncAtOrAfter(uint64_t n) const override;

  Result<uint32_t> RollDistance(uint64_t n) const override;

  bool IsUniform() const override { return false; }

  size_t IndexBytes() const override { return table_->IndexBytes(); }

  size_t track() const { return track_; }

  const FragmentIndex& fragments() const { return *fragments_; }

  const SampleTable& table() const { return *table_; }

  uint64_t table_count() const { return table_count_; }

  /// The fragment of a number, and the number inside it: that of a sample, or the track's count
  /// where the number lies behind all of its samples there.
  struct Place {
    FragmentRef fragment;
    uint32_t i = 0;
  };

  Result<Place> PlaceOf(uint64_t n) const;

  static uint64_t NumberOf(const Fragment& fragment, uint32_t i);

  /// The same for all samples of one fragment and for no other's; 0 for those of moov.
  static uint64_t FragmentOf(uint64_t n) {
    return n < kFirstFragmentNumber ? 0 : ((n - kFirstFragmentNumber) >> kIndexBits) + 1;
  }

  /// Whether the number is of a sample of moov's tables.
  bool IsInTable(uint64_t n) const { return n < kFirstFragmentNumber; }

 private:
  static constexpr uint64_t kFirstFragmentNumber = uint64_t{1} << 32;
  static constexpr uint32_t kIndexBits = 24;

  struct Shown;

  Result<FragmentRef> FirstWith() const;
  Result<FragmentRef> LastWith() const;
  Result<FragmentRef> BeforeWith(const Fragment& fragment) const;
  Result<FragmentRef> AfterWith(const Fragment& fragment) const;
  void Look(const Fragment& fragment, int64_t t, Shown* shown) const;
  Status LookBack(const Fragment& fragment, int64_t t, Shown* shown) const;
  Status LookOn(const Fragment& fragment, int64_t t, Shown* shown) const;
  Result<uint64_t> ShownInFragments(int64_t t) const;
  std::optional<uint32_t> LastSync(const Fragment& fragment, uint32_t end) const;
  std::optional<uint32_t> FirstSync(const Fragment& fragment, uint32_t from) const;
  Result<std::optional<uint64_t>> SyncInTable(uint64_t n) const;

  const std::shared_ptr<const FragmentIndex> fragments_;
  const std::shared_ptr<const SampleTable> table_;
  const size_t track_;
  uint64_t table_count_ = 0;
};

/// Next() answers kNothingInFragment where the next fragment has no samples of the track: then
/// the cursor stands behind that fragment, and nothing_before() says when it starts.
class FragmentCursor final : public SampleCursor {
 public:
  explicit FragmentCursor(const FragmentSamples& samples);

  Status SeekTo(uint64_t n) override;
  Status Next(Sample* sample) override;
  Status NextRun(uint32_t max, Sample* sample, uint32_t* count) override;

  uint64_t position() const override;

  ChunkStart chunk() const override { return table_ ? table_->chunk() : ChunkStart(); }

  int64_t nothing_before() const override { return nothing_before_; }

 private:
  Status Advance();
  void Enter(const FragmentRef& fragment, uint32_t i);

  const FragmentSamples& samples_;
  std::unique_ptr<SampleCursor> table_;  ///< null once the fragments are reached
  FragmentRef fragment_;                 ///< null before the first one
  RunWalker walker_;
  bool discont_ = false;  ///< what lies before the next sample is lost
  int64_t nothing_before_ = 0;
};

}  // namespace iso
