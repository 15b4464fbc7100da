// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/box/registry.h"

#include <algorithm>
#include <array>

#include "core/box/fragment_boxes.h"
#include "core/box/movie_boxes.h"
#include "core/box/protection_boxes.h"
#include "core/box/sample_table_boxes.h"

namespace iso {
namespace {

template <class B>
DumpVisitor::Line Dump(const BoxHeader& header, Bytes body) {
  DumpVisitor visitor;
  auto box = ParseBox<B>(header, body, nullptr);
  if (!box.ok()) return {{"error", TextOf(box.error().code)}};
  if constexpr (HasVersion<B>) visitor.Version(*box);
  box->Fields(visitor);
  return visitor.TakeFields();
}

template <class... B>
consteval auto Rows() {
  return std::array{KnownBox{B::kInfo, &Dump<B>}...};
}

/// Boxes with a struct of their own: one line for a new one.
constexpr auto kParsed = Rows<Co64Box,
                              CslgBox,
                              CttsBox,
                              DcomBox,
                              DrefBox,
                              ElngBox,
                              ElstBox,
                              FtypBox,
                              HdlrBox,
                              MdhdBox,
                              MehdBox,
                              MfhdBox,
                              MfroBox,
                              MvhdBox,
                              PsshBox,
                              SaioBox,
                              SaizBox,
                              SbgpBox,
                              SchmBox,
                              SdtpBox,
                              SencBox,
                              SgpdBox,
                              SidxBox,
                              SmhdBox,
                              StcoBox,
                              StpsBox,
                              StscBox,
                              StsdBox,
                              StssBox,
                              StszBox,
                              SttsBox,
                              StypBox,
                              Stz2Box,
                              TencBox,
                              TfdtBox,
                              TfhdBox,
                              TfraBox,
                              TkhdBox,
                              TrexBox,
                              TrunBox,
                              VmhdBox>();

/// Boxes of which only the name and the place are known here.
constexpr KnownBox kNamed[] = {
#define ISO_BOX(code, name, source, parents, form) \
  KnownBox{BoxInfo{code, name, source, parents, BoxForm::form}, nullptr},
#include "core/box/known_boxes.def"
#undef ISO_BOX
};

consteval auto Sorted() {
  std::array<KnownBox, kParsed.size() + std::size(kNamed)> all{};
  std::copy(kParsed.begin(), kParsed.end(), all.begin());
  std::copy(std::begin(kNamed), std::end(kNamed), all.begin() + kParsed.size());
  std::sort(all.begin(), all.end(), [](const KnownBox& a, const KnownBox& b) {
    return a.info.type < b.info.type;
  });
  return all;
}

constexpr auto kBoxes = Sorted();

static_assert(std::adjacent_find(kBoxes.begin(),
                                 kBoxes.end(),
                                 [](const KnownBox& a, const KnownBox& b) {
                                   return a.info.type == b.info.type;
                                 }) == kBoxes.end(),
              "a box is listed twice");

}  // namespace

std::span<const KnownBox> KnownBoxes() {
  return kBoxes;
}

const KnownBox* FindBox(FourCC type) {
  const auto found =
      std::lower_bound(kBoxes.begin(), kBoxes.end(), type, [](const KnownBox& row, FourCC wanted) {
        return row.info.type < wanted;
      });
  return found != kBoxes.end() && found->info.type == type ? &*found : nullptr;
}

}  // namespace iso
