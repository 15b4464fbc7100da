// SPDX-License-Identifier: LGPL-2.1-or-later
//
// GroupReader: the sample groups of a track that tell where decoding can and must start.
// ISO/IEC 14496-12 8.9 and 10, 14496-15 8.4 (`sync`).

#pragma once

#include <cstdint>
#include <vector>

#include "core/movie/box_loader.h"
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
  GroupTable* TableOf(FourCC type);

  GroupTable access_points_;
  GroupTable sync_kinds_;
  GroupTable rolls_;
  GroupTable prerolls_;
};

}  // namespace iso
