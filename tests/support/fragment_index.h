// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SidxPlan: which sidx boxes a fragmented movie has, between which fragments, and what they
// say once everything has its place. Used by BuildFragments.

#pragma once

#include <vector>

#include "fragment_builder.h"

namespace iso::test {

/// What lies in the file after the moov: a fragment, or a sidx.
struct FileItem {
  bool is_sidx = false;
  size_t number = 0;  ///< of the fragment, or in SidxPlan::nodes
  uint64_t start = 0;
};

struct SidxReference {
  bool to_sidx = false;
  size_t first_fragment = 0;
  size_t end_fragment = 0;
};

struct SidxNode {
  size_t track = 0;
  size_t before_fragment = 0;
  std::vector<SidxReference> references;
};

struct SidxPlan {
  std::vector<SidxNode> nodes;
  std::vector<FileItem> items;
};

SidxPlan PlanSidx(const FragmentedSpec& spec);

size_t SidxSize(const FragmentedSpec& spec, const SidxNode& node);

/// `end` is where the last fragment ends.
Bytes SidxBox(const FragmentedSpec& spec,
              const SidxPlan& plan,
              size_t item,
              const std::vector<FragmentPlace>& places);

}  // namespace iso::test
