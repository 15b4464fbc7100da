// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/group_reader.h"

#include <utility>

namespace iso {

Status GroupReader::ReadDescriptions(const BoxHeader& box, BoxLoader& loader) {
  ISO_TRY(const std::vector<uint8_t> body, loader.Body(box));
  ISO_TRY(const SgpdBox groups, ParseBox<SgpdBox>(box, body, loader.diagnostics()));
  const auto kind = GroupKindOf(groups.grouping_type);
  if (!kind) return {};
  GroupTable& table = TableOf(*kind);
  if (!table.values.empty()) return Error{Errc::kDuplicateBox, box.type, box.offset};
  ISO_TRY(table.values, GroupValues(*kind, groups, box, loader.limits().max_group_descriptions));
  table.default_description = groups.default_index;
  return {};
}

Status GroupReader::ReadRuns(const BoxHeader& box, BoxLoader& loader) {
  ISO_TRY(const SbgpBox runs, loader.LoadTable<SbgpBox>(box));
  const auto kind = GroupKindOf(runs.grouping_type);
  if (!kind) return {};
  GroupTable& table = TableOf(*kind);
  if (table.runs.present) return Error{Errc::kDuplicateBox, box.type, box.offset};
  table.runs = runs.entries;
  return {};
}

void GroupReader::Fill(SampleTableLayout* layout) const {
  const auto table_of = [this](GroupKind kind) { return tables_[static_cast<size_t>(kind)]; };
  layout->access_points = table_of(GroupKind::kAccessPoints);
  layout->sync_kinds = table_of(GroupKind::kSyncKinds);
  layout->rolls = table_of(GroupKind::kRolls);
  layout->prerolls = table_of(GroupKind::kPrerolls);
}

}  // namespace iso
