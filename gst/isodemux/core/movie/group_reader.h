// SPDX-License-Identifier: LGPL-2.1-or-later
//
// GroupReader: the sample groups of a track's tables that tell where decoding can and must start.

#pragma once

#include <array>

#include "core/movie/box_loader.h"
#include "core/table/group_kinds.h"
#include "core/table/table_ref.h"

namespace iso {

class GroupReader {
 public:
  /// Takes in an sgpd or sbgp; of each kind of group the first of either. The box may be
  /// damaged: that is an error, and it is left out.
  Status ReadDescriptions(const BoxHeader& box, BoxLoader& loader);
  Status ReadRuns(const BoxHeader& box, BoxLoader& loader);

  void Fill(SampleTableLayout* layout) const;

 private:
  GroupTable& TableOf(GroupKind kind) { return tables_[static_cast<size_t>(kind)]; }

  std::array<GroupTable, kGroupKinds> tables_;
};

}  // namespace iso
