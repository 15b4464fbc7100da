// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Finds the metadata items in udta and meta. One copy of the bytes is made, to which all
// items point; damage is reported and costs the one item that has it.

#include "core/movie/metadata.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <new>
#include <optional>
#include <utility>

namespace iso {
namespace {

constexpr size_t kHeaderBytes = 8;
constexpr uint8_t kCopyrightSign = 0xa9;           // (c) in Macintosh Roman
constexpr uint16_t kUndetermined = 0x55c4;         // 'und', packed as in mdhd
constexpr uint16_t kLongestCredibleText = 0x2020;  // two spaces, taken for a length

constexpr std::array<uint8_t, 16> kXmpUuid = {
    0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac};

std::string_view Text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Child {
  FourCC type;
  Bytes box;
  Bytes body;
};

/// Reads one udta or meta that lies in memory for good.
class Parser {
 public:
  Parser(Bytes data, uint64_t file_offset, const Limits& limits, Diagnostics* diagnostics)
      : base_(data.data()),
        file_offset_(file_offset),
        limits_(limits),
        diagnostics_(diagnostics),
        items_left_(limits.max_boxes_per_parent) {}

  void UserData(Bytes body);
  void Meta(Bytes body);
  void Uuid(const Child& child);

  std::vector<MetadataItem> TakeItems() { return std::move(items_); }

 private:
  using Handler = void (Parser::*)(const Child&);

  struct Row {
    FourCC type;
    Handler handler;
  };

  static const Row kUserDataBoxes[];
  static const Row kMetaBoxes[];

  template <class Visit>
  void ForEachChild(Bytes data, bool zero_ends, Visit visit);
  std::optional<Child> Next(Bytes& data, bool zero_ends) const;
  std::optional<uint64_t> SizeOf(Bytes data, size_t* header, bool zero_ends) const;
  void Dispatch(std::span<const Row> rows, const Child& child, Handler fallback);

  void MetaBox(const Child& child) { Meta(child.body); }

  void ItemList(const Child& child);
  void Item(const Child& child);
  void Freeform(const Child& child);
  bool Values(const Child& child, MetadataItem item);
  bool ReadKeys(const Child& child);
  void International(const Child& child);
  void InternationalTexts(const Child& child);
  void UnmarkedText(const Child& child, uint16_t size);
  void Asset(const Child& child);
  void AssetWithLanguage(const Child& child);
  void Raw(const Child& child);

  void Ignore(const Child&) {}

  void Add(MetadataItem item);
  void Report(Errc code, FourCC box, Bytes where) const;

  const uint8_t* base_;
  uint64_t file_offset_;
  const Limits& limits_;
  Diagnostics* diagnostics_;
  uint32_t items_left_;
  std::vector<std::string_view> keys_;  // of the meta box being read
  std::vector<MetadataItem> items_;
};

// QTFF "User Data Atoms"; 3GPP TS 26.244 clause 8; whatever is not here is kept raw.
const Parser::Row Parser::kUserDataBoxes[] = {
    {"meta", &Parser::MetaBox},
    {"ilst", &Parser::ItemList},
    {"uuid", &Parser::Uuid},
    {"titl", &Parser::AssetWithLanguage},
    {"dscp", &Parser::AssetWithLanguage},
    {"cprt", &Parser::AssetWithLanguage},
    {"perf", &Parser::AssetWithLanguage},
    {"auth", &Parser::AssetWithLanguage},
    {"gnre", &Parser::AssetWithLanguage},
    {"albm", &Parser::AssetWithLanguage},
    {"kywd", &Parser::AssetWithLanguage},
    {"loci", &Parser::AssetWithLanguage},
    {"coll", &Parser::AssetWithLanguage},
    {"yrrc", &Parser::Asset},
    {"clsf", &Parser::Asset},
    {"rtng", &Parser::Asset},
    {"free", &Parser::Ignore},
    {"skip", &Parser::Ignore},
    {"wide", &Parser::Ignore},
};

// What else a meta box holds describes items of an image file, not the movie.
const Parser::Row Parser::kMetaBoxes[] = {
    {"ilst", &Parser::ItemList},
    {"ID32", &Parser::Raw},
    {"XMP_", &Parser::Raw},
    {"xml ", &Parser::Raw},
    {"uuid", &Parser::Uuid},
};

void Parser::Report(Errc code, FourCC box, Bytes where) const {
  if (!diagnostics_) return;
  const uint64_t offset = file_offset_ + static_cast<uint64_t>(where.data() - base_);
  diagnostics_->Report({.code = code, .box = box, .offset = offset});
}

void Parser::Add(MetadataItem item) {
  if (items_left_ == 0) return;
  if (--items_left_ == 0) Report(Errc::kTooManyBoxes, item.code, item.box);
  items_.push_back(item);
}

/// The size of the box at the front of `data`, which has a header's bytes at least.
std::optional<uint64_t> Parser::SizeOf(Bytes data, size_t* header, bool zero_ends) const {
  *header = kHeaderBytes;
  uint64_t size = LoadBE32(data.data());
  if (size == 0) return zero_ends ? std::nullopt : std::optional<uint64_t>(data.size());
  if (size == 1 && data.size() >= 16) {
    *header = 16;
    size = LoadBE64(data.data() + kHeaderBytes);
  }
  if (size >= *header) return size;
  Report(Errc::kBoxTooSmall, FourCC(LoadBE32(data.data() + 4)), data);
  return std::nullopt;
}

/// The box at the front of `data`, which is stepped over. `zero_ends`: a size of 0 is the
/// terminator that QTFF allows in udta.
std::optional<Child> Parser::Next(Bytes& data, bool zero_ends) const {
  if (data.size() < kHeaderBytes) return std::nullopt;
  size_t header;
  const std::optional<uint64_t> size = SizeOf(data, &header, zero_ends);
  if (!size) return std::nullopt;
  const FourCC type(LoadBE32(data.data() + 4));
  if (*size > data.size()) Report(Errc::kBoxExceedsParent, type, data);
  const Bytes box = data.first(static_cast<size_t>(std::min<uint64_t>(*size, data.size())));
  data = data.subspan(box.size());
  return Child{type, box, box.subspan(header)};
}

template <class Visit>
void Parser::ForEachChild(Bytes data, bool zero_ends, Visit visit) {
  for (uint32_t left = limits_.max_boxes_per_parent; items_left_ > 0; --left) {
    const Bytes rest = data;
    const std::optional<Child> child = Next(data, zero_ends);
    if (!child) return;
    if (left == 0) return Report(Errc::kTooManyBoxes, child->type, rest);
    visit(*child);
  }
}

void Parser::Dispatch(std::span<const Row> rows, const Child& child, Handler fallback) {
  for (const Row& row : rows) {
    if (row.type == child.type) return (this->*row.handler)(child);
  }
  (this->*fallback)(child);
}

void Parser::UserData(Bytes body) {
  ForEachChild(body, true, [this](const Child& child) {
    const bool international = child.type.value >> 24 == kCopyrightSign;
    Dispatch(kUserDataBoxes, child, international ? &Parser::International : &Parser::Raw);
  });
}

/// ISO/IEC 14496-12 8.11.1 has version and flags in front of the children, QuickTime has
/// not: there the type of the first child follows its size.
void Parser::Meta(Bytes body) {
  if (body.size() < kHeaderBytes) return;
  const bool quicktime = FourCC(LoadBE32(body.data() + 4)) == FourCC("hdlr");
  const bool full_box = LoadBE32(body.data()) == 0 ||
                        (body.size() >= 12 && FourCC(LoadBE32(body.data() + 8)) == FourCC("hdlr"));
  if (full_box && !quicktime) body = body.subspan(4);
  keys_.clear();
  ForEachChild(body, false, [this](const Child& child) {
    if (child.type == FourCC("keys") && !ReadKeys(child)) {
      Report(Errc::kMetadataInvalid, child.type, child.box);
    }
  });
  ForEachChild(
      body, false, [this](const Child& child) { Dispatch(kMetaBoxes, child, &Parser::Ignore); });
  keys_.clear();
}

/// QTFF "Metadata Item Keys Atom": each key is laid out like a box, the namespace its type.
bool Parser::ReadKeys(const Child& child) {
  if (child.body.size() < 8) return false;
  const uint32_t count = LoadBE32(child.body.data() + 4);
  ForEachChild(
      child.body.subspan(8), true, [this](const Child& key) { keys_.push_back(Text(key.body)); });
  return keys_.size() >= count;
}

void Parser::ItemList(const Child& child) {
  ForEachChild(child.body, false, [this](const Child& item) {
    if (item.type == FourCC("free")) return;
    item.type == FourCC("----") ? Freeform(item) : Item(item);
  });
}

void Parser::Item(const Child& child) {
  MetadataItem item = {.source = MetadataSource::kItunes, .code = child.type};
  const uint32_t index = child.type.value;
  if (index >= 1 && index <= keys_.size()) {
    item.source = MetadataSource::kKeys;
    item.code = "mdta";
    item.name = keys_[index - 1];
  }
  if (Values(child, item)) return;
  if (child.type.value >> 24 == kCopyrightSign) return InternationalTexts(child);
  Report(Errc::kMetadataInvalid, child.type, child.box);
  Raw(child);
}

void Parser::Freeform(const Child& child) {
  MetadataItem item = {.source = MetadataSource::kFreeform, .code = child.type};
  ForEachChild(child.body, false, [&item](const Child& part) {
    if (part.body.size() < 4) return;
    if (part.type == FourCC("mean")) item.mean = Text(part.body.subspan(4));
    if (part.type == FourCC("name")) item.name = Text(part.body.subspan(4));
  });
  if (!item.name.empty() && Values(child, item)) return;
  Report(Errc::kMetadataInvalid, child.type, child.box);
}

/// Adds a copy of `item` for each `data` box in `child`. True when there was any.
bool Parser::Values(const Child& child, MetadataItem item) {
  item.box = child.box;
  bool found = false;
  ForEachChild(child.body, false, [&](const Child& part) {
    if (part.type != FourCC("data")) return;
    Reader reader(part.body);
    item.type = reader.U32() & 0xffffff;
    reader.Skip(4);  // country and language
    if (!reader.ok()) return Report(Errc::kMetadataInvalid, child.type, part.box);
    item.value = reader.TakeRest();
    item.first = !found;
    found = true;
    Add(item);
  });
  return found;
}

/// A '(c)xxx' child of udta. Some writers put iTunes' form here.
void Parser::International(const Child& child) {
  const bool itunes = child.body.size() >= kHeaderBytes &&
                      FourCC(LoadBE32(child.body.data() + 4)) == FourCC("data");
  if (itunes && Values(child, {.source = MetadataSource::kItunes, .code = child.type})) return;
  InternationalTexts(child);
}

/// QTFF "User Data Text Strings and Language Codes": size, language, text; repeatedly.
void Parser::InternationalTexts(const Child& child) {
  Reader reader(child.body);
  MetadataItem item = {.source = MetadataSource::kQuickTime, .code = child.type, .box = child.box};
  while (reader.left() >= 4) {
    const uint16_t size = reader.U16();
    item.language = reader.U16();
    if (size > reader.left()) {
      if (item.first) UnmarkedText(child, size);
      return Report(Errc::kMetadataInvalid, child.type, child.box);
    }
    item.value = reader.Take(size);
    if (item.value.empty()) continue;
    Add(item);
    item.first = false;
  }
  if (reader.position() == 0) Report(Errc::kMetadataInvalid, child.type, child.box);
}

/// A size too large for the box is cut, unless it looks like text itself.
void Parser::UnmarkedText(const Child& child, uint16_t size) {
  const bool text_only = size >= kLongestCredibleText;
  Add({.source = MetadataSource::kQuickTime,
       .code = child.type,
       .language = text_only ? kUndetermined : LoadBE16(child.body.data() + 2),
       .value = text_only ? child.body : child.body.subspan(4),
       .box = child.box});
}

void Parser::Asset(const Child& child) {
  if (child.body.size() < 4) return Report(Errc::kMetadataInvalid, child.type, child.box);
  Add({.source = MetadataSource::k3gpp,
       .code = child.type,
       .value = child.body.subspan(4),
       .box = child.box});
}

void Parser::AssetWithLanguage(const Child& child) {
  if (child.body.size() < 6) return Report(Errc::kMetadataInvalid, child.type, child.box);
  Add({.source = MetadataSource::k3gpp,
       .code = child.type,
       .language = LoadBE16(child.body.data() + 4),
       .value = child.body.subspan(6),
       .box = child.box});
}

void Parser::Raw(const Child& child) {
  Add({.code = child.type, .value = child.body, .box = child.box});
}

void Parser::Uuid(const Child& child) {
  if (child.body.size() < kXmpUuid.size()) {
    return Report(Errc::kMetadataInvalid, child.type, child.box);
  }
  if (!std::equal(kXmpUuid.begin(), kXmpUuid.end(), child.body.begin())) return Raw(child);
  Add({.code = "XMP_", .value = child.body.subspan(kXmpUuid.size()), .box = child.box});
}

/// Copies `data` and lets `read` loose on the copy.
template <class Read>
Metadata ReadCopy(
    Bytes data, uint64_t file_offset, const Limits& limits, Diagnostics* diagnostics, Read read) {
  Metadata metadata;
  if (data.empty()) return metadata;
  const auto report = [&](Errc code) {
    if (diagnostics) diagnostics->Report({.code = code, .box = "udta", .offset = file_offset});
  };
  if (data.size() > limits.max_metadata_bytes) {
    report(Errc::kBoxTooLarge);
    data = data.first(static_cast<size_t>(limits.max_metadata_bytes));
  }
  auto* copy = new (std::nothrow) uint8_t[data.size()];
  if (!copy) {
    report(Errc::kOutOfMemory);
    return metadata;
  }
  std::copy(data.begin(), data.end(), copy);
  metadata.storage.emplace_back(copy);
  Parser parser(Bytes(copy, data.size()), file_offset, limits, diagnostics);
  read(parser, Bytes(copy, data.size()));
  metadata.items = parser.TakeItems();
  if (metadata.items.empty()) metadata.storage.clear();
  return metadata;
}

}  // namespace

void Metadata::Append(Metadata other) {
  std::move(other.items.begin(), other.items.end(), std::back_inserter(items));
  std::move(other.storage.begin(), other.storage.end(), std::back_inserter(storage));
}

Metadata ParseUserData(Bytes udta,
                       uint64_t file_offset,
                       const Limits& limits,
                       Diagnostics* diagnostics) {
  return ReadCopy(udta, file_offset, limits, diagnostics, [](Parser& parser, Bytes body) {
    parser.UserData(body);
  });
}

Metadata ParseMeta(Bytes meta,
                   uint64_t file_offset,
                   const Limits& limits,
                   Diagnostics* diagnostics) {
  return ReadCopy(meta, file_offset, limits, diagnostics, [](Parser& parser, Bytes body) {
    parser.Meta(body);
  });
}

Metadata ParseUuid(Bytes uuid,
                   uint64_t file_offset,
                   const Limits& limits,
                   Diagnostics* diagnostics) {
  const bool xmp =
      uuid.size() >= kXmpUuid.size() && std::equal(kXmpUuid.begin(), kXmpUuid.end(), uuid.begin());
  if (!xmp) return {};
  return ReadCopy(uuid, file_offset, limits, diagnostics, [](Parser& parser, Bytes body) {
    parser.Uuid({.type = "uuid", .box = body, .body = body});
  });
}

}  // namespace iso
