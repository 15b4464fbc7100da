// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Metadata: every form of udta and meta as items, and what damage costs.

#include "core/movie/metadata.h"

#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "../support/metadata_samples.h"

namespace iso {
namespace {

using test::AssetBox;
using test::Box;
using test::ByteWriter;
using test::Data;
using test::FreeformItem;
using test::FreeformText;
using test::ItunesMeta;
using test::Join;
using test::KeysMeta;
using test::LanguageText;
using test::TextBytes;
using test::TextItem;
using Buffer = test::Bytes;
using Lines = std::vector<std::string>;

class Log : public Diagnostics {
 public:
  void Report(const Error& error) override { errors.push_back(error); }

  bool Has(Errc code) const {
    for (const Error& error : errors) {
      if (error.code == code) return true;
    }
    return false;
  }

  std::vector<Error> errors;
};

constexpr const char* kSourceNames[] = {"itunes", "freeform", "keys", "quicktime", "3gpp", "raw"};

std::string Quote(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    if (c >= ' ' && c < 0x7f) {
      text += c;
    } else {
      text += {'<', kHex[c >> 4 & 15], kHex[c & 15], '>'};
    }
  }
  return text;
}

std::string Describe(const MetadataItem& item) {
  std::string text = kSourceNames[static_cast<int>(item.source)];
  text += " " + item.code.Text();
  if (!item.mean.empty()) text += " mean=" + std::string(item.mean);
  if (!item.name.empty()) text += " name=" + std::string(item.name);
  if (item.type) text += " type=" + std::to_string(item.type);
  if (item.language) text += " language=" + std::to_string(item.language);
  if (!item.first) text += " again";
  return text + " " + Quote({reinterpret_cast<const char*>(item.value.data()), item.value.size()});
}

Lines DescribeAll(const Metadata& metadata) {
  Lines lines;
  for (const MetadataItem& item : metadata.items)
    lines.push_back(Describe(item));
  return lines;
}

Metadata UserData(const Buffer& body, Log* log = nullptr, const Limits& limits = {}) {
  return ParseUserData(body, 1000, limits, log);
}

struct Sample {
  const char* name;
  Buffer udta;
  Lines items;
};

void PrintTo(const Sample& sample, std::ostream* out) {
  *out << sample.name;
}

Buffer Meta(const Buffer& body) {
  return Box("meta", body);
}

std::vector<Sample> Samples() {
  return {
      {"Empty", {}, {}},
      {"Itunes",
       Meta(ItunesMeta({TextItem("\251nam", "Title"), Box("trkn", Data(0, Buffer{0, 0, 0, 3}))})),
       {"itunes .nam type=1 Title", "itunes trkn <00><00><00><03>"}},
      {"SeveralValues",
       Meta(ItunesMeta({Box("covr", Join({Data(13, "a"), Data(14, "b")}))})),
       {"itunes covr type=13 a", "itunes covr type=14 again b"}},
      {"Freeform",
       Meta(ItunesMeta({FreeformText("ISRC", "X1")})),
       {"freeform ---- mean=com.apple.iTunes name=ISRC type=1 X1"}},
      {"FreeformWithoutMean",
       Meta(ItunesMeta(
           {Box("----", Join({test::FullBox("name", 0, 0, TextBytes("N")), Data(1, "v")}))})),
       {"freeform ---- name=N type=1 v"}},
      {"Keys",
       Meta(KeysMeta({{"com.apple.quicktime.title", Data(1, "T")}, {"k2", Data(21, Buffer{7})}})),
       {"keys mdta name=com.apple.quicktime.title type=1 T", "keys mdta name=k2 type=21 <07>"}},
      {"QuickTimeMetaForm",
       Meta(Join({test::MetaHandler("mdir"), Box("ilst", TextItem("\251ART", "A"))})),
       {"itunes .ART type=1 A"}},
      {"ListWithoutMeta", Box("ilst", TextItem("\251ART", "A")), {"itunes .ART type=1 A"}},
      {"International",
       Box("\251nam", Join({LanguageText(0, "one"), LanguageText(1, "un")})),
       {"quicktime .nam one", "quicktime .nam language=1 again un"}},
      {"InternationalThenTerminator",
       Join({Box("\251cpy", LanguageText(0x55c4, "x")), Buffer(4, 0)}),
       {"quicktime .cpy language=21956 x"}},
      {"TerminatorEndsUserData",
       Join({Box("name", TextBytes("n")), Buffer(8, 0), Box("abcd", {})}),
       {"raw name n"}},
      {"ItunesFormInUserData", TextItem("\251nam", "T"), {"itunes .nam type=1 T"}},
      {"InternationalFormInList",
       Meta(ItunesMeta({Box("\251nam", LanguageText(0, "T"))})),
       {"quicktime .nam T"}},
      {"Assets",
       Join({AssetBox("titl", "T"), AssetBox("albm", ByteWriter().Text("A").U8(0).U8(4).bytes())}),
       {"3gpp titl language=5575 T<00>", "3gpp albm language=5575 A<00><04>"}},
      {"AssetsWithoutLeadingLanguage",
       Join({test::FullBox("yrrc", 0, 0, {7, 0xd8}), test::FullBox("clsf", 0, 0, TextBytes("x"))}),
       {"3gpp yrrc <07><d8>", "3gpp clsf x"}},
      {"Raw",
       Join({Box("chpl", {1, 2}),
             Box("ID32", TextBytes("i")),
             Box("XMP_", TextBytes("x")),
             Box("free", {1})}),
       {"raw chpl <01><02>", "raw ID32 i", "raw XMP_ x"}},
      {"XmpUuid",
       Box("uuid", Join({TextBytes(test::kXmpType), TextBytes("<x/>")})),
       {"raw XMP_ <x/>"}},
      {"LargeSize", Box("name", TextBytes("n"), true), {"raw name n"}},
      {"MixedSources",
       Join({Box("\251nam", LanguageText(0, "q")), Meta(ItunesMeta({TextItem("\251nam", "i")}))}),
       {"quicktime .nam q", "itunes .nam type=1 i"}},
  };
}

class MetadataSamples : public testing::TestWithParam<Sample> {};

TEST_P(MetadataSamples, BecomeItems) {
  Log log;
  EXPECT_EQ(DescribeAll(UserData(GetParam().udta, &log)), GetParam().items);
  EXPECT_TRUE(log.errors.empty());
}

/// Whatever is cut off, what lies whole before the cut is found.
TEST_P(MetadataSamples, SurviveTruncationAtEveryByte) {
  const Buffer& whole = GetParam().udta;
  for (size_t size = 0; size < whole.size(); ++size) {
    const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    Log log;
    const Metadata metadata = UserData(cut, &log);
    EXPECT_LE(metadata.items.size(), GetParam().items.size() + 1) << size;
    ParseMeta(cut, 0, {}, &log);
    ParseUuid(cut, 0, {}, &log);
  }
}

TEST_P(MetadataSamples, SurviveEveryFlippedByte) {
  for (size_t i = 0; i < GetParam().udta.size(); ++i) {
    for (const uint8_t flip : {0x01, 0x80, 0xff}) {
      Buffer damaged = GetParam().udta;
      damaged[i] = static_cast<uint8_t>(damaged[i] ^ flip);
      Log log;
      for (const MetadataItem& item : UserData(damaged, &log).items)
        Describe(item);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, MetadataSamples, testing::ValuesIn(Samples()), [](const auto& test) {
  return std::string(test.param.name);
});

TEST(Metadata, SurvivesRandomBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    Buffer bytes(random() % 300);
    for (uint8_t& byte : bytes) {
      const auto value = random();
      byte = value & 0x300 ? 0 : static_cast<uint8_t>(value);  // mostly small sizes
    }
    for (const MetadataItem& item : UserData(bytes).items)
      Describe(item);
    ParseMeta(bytes, 0, {}, nullptr);
  }
}

TEST(Metadata, DamageCostsOnlyTheItem) {
  const Buffer udta = Meta(ItunesMeta({Box("\251alb", Box("data", {0, 0})),
                                       Box("----", Data(1, "nameless")),
                                       TextItem("\251nam", "T")}));
  Log log;
  EXPECT_EQ(DescribeAll(UserData(udta, &log)).back(), "itunes .nam type=1 T");
  EXPECT_TRUE(log.Has(Errc::kMetadataInvalid));
}

TEST(Metadata, ReportsTellBoxAndPlace) {
  Log log;
  UserData(Join({Box("name", TextBytes("n")), Box("titl", {1, 2})}), &log);
  ASSERT_EQ(log.errors.size(), 1u);
  EXPECT_EQ(log.errors[0].code, Errc::kMetadataInvalid);
  EXPECT_EQ(log.errors[0].box, FourCC("titl"));
  EXPECT_EQ(log.errors[0].offset, 1009u);
}

TEST(Metadata, ChildLargerThanParentIsCut) {
  Buffer udta = Box("name", TextBytes("abc"));
  udta[3] = 200;
  Log log;
  EXPECT_EQ(DescribeAll(UserData(udta, &log)), Lines{"raw name abc"});
  EXPECT_TRUE(log.Has(Errc::kBoxExceedsParent));
}

TEST(Metadata, ChildSmallerThanItsHeaderEndsTheWalk) {
  Buffer udta = Join({Box("name", TextBytes("n")), Box("abcd", {}), Box("efgh", {})});
  udta[12] = 7;
  Log log;
  EXPECT_EQ(DescribeAll(UserData(udta, &log)), Lines{"raw name n"});
  EXPECT_TRUE(log.Has(Errc::kBoxTooSmall));
}

TEST(Metadata, TextSizeTooLargeIsCut) {
  Log log;
  const Buffer udta = Box("\251nam", ByteWriter().U16(99).U16(0).Text("abc").bytes());
  EXPECT_EQ(DescribeAll(UserData(udta, &log)), Lines{"quicktime .nam abc"});
  EXPECT_TRUE(log.Has(Errc::kMetadataInvalid));
}

TEST(Metadata, TextWithoutSizeIsTakenWhole) {
  Log log;
  EXPECT_EQ(DescribeAll(UserData(Box("\251nam", TextBytes("Plain text")), &log)),
            Lines{"quicktime .nam language=21956 Plain text"});
  EXPECT_TRUE(log.Has(Errc::kMetadataInvalid));
}

TEST(Metadata, KeysFewerThanAnnounced) {
  Buffer meta = KeysMeta({{"k1", Data(1, "a")}});
  const size_t count = test::MetaHandler("mdta").size() + 15;
  ASSERT_EQ(meta[count], 1);
  meta[count - 3] = 0xff;
  Log log;
  EXPECT_EQ(DescribeAll(ParseMeta(meta, 0, {}, &log)), Lines{"keys mdta name=k1 type=1 a"});
  EXPECT_TRUE(log.Has(Errc::kMetadataInvalid));
}

TEST(Metadata, KeysMayFollowTheList) {
  const Buffer keys =
      Box("keys", ByteWriter().U32(0).U32(1).Add(Box("mdta", TextBytes("k"))).bytes());
  const Buffer list = Box("ilst", ByteWriter().U32(8 + 17).U32(1).Add(Data(1, "v")).bytes());
  EXPECT_EQ(DescribeAll(ParseMeta(Join({Buffer(4, 0), list, keys}), 0, {}, nullptr)),
            Lines{"keys mdta name=k type=1 v"});
}

TEST(Metadata, ImageItemsAreNotMetadata) {
  const Buffer meta = Join({Buffer(4, 0),
                            test::MetaHandler("pict"),
                            Box("iloc", {1, 2, 3}),
                            Box("ID32", {1}),
                            Box("pitm", {0})});
  EXPECT_EQ(DescribeAll(ParseMeta(meta, 0, {}, nullptr)), Lines{"raw ID32 <01>"});
}

TEST(Metadata, ItemsAreLimited) {
  Limits limits;
  limits.max_boxes_per_parent = 10;
  std::vector<Buffer> many(100, Box("abcd", {}));
  Log log;
  EXPECT_EQ(UserData(Join(many), &log, limits).items.size(), 10u);
  EXPECT_TRUE(log.Has(Errc::kTooManyBoxes));

  std::vector<Buffer> lists(8, Box("ilst", Join(std::vector<Buffer>(8, TextItem("abcd", "x")))));
  EXPECT_EQ(UserData(Join(lists), &log, limits).items.size(), 10u);
}

TEST(Metadata, BytesAreLimited) {
  Limits limits;
  limits.max_metadata_bytes = 20;
  Log log;
  const Metadata metadata =
      UserData(Join({Box("name", TextBytes("n")), Box("abcd", Buffer(100))}), &log, limits);
  ASSERT_EQ(metadata.items.size(), 2u);
  EXPECT_EQ(metadata.items[1].value.size(), 3u);
  EXPECT_TRUE(log.Has(Errc::kBoxTooLarge));
}

TEST(Metadata, ItemsOutliveTheirInput) {
  Metadata all;
  {
    Buffer first = Box("name", TextBytes("one"));
    Buffer second = Box("name", TextBytes("two"));
    all.Append(UserData(first));
    all.Append(UserData(second));
    std::fill(first.begin(), first.end(), uint8_t{0});
  }
  const Metadata copy = all;
  all = {};
  EXPECT_EQ(DescribeAll(copy), (Lines{"raw name one", "raw name two"}));
}

TEST(Metadata, WholeBoxIsKept) {
  const Buffer box = TextItem("\251nam", "T");
  const Metadata metadata = UserData(Meta(ItunesMeta({box})));
  ASSERT_EQ(metadata.items.size(), 1u);
  EXPECT_EQ(Buffer(metadata.items[0].box.begin(), metadata.items[0].box.end()), box);
}

TEST(Metadata, OtherUuidIsNoItem) {
  EXPECT_TRUE(ParseUuid(Buffer(40, 1), 0, {}, nullptr).items.empty());
  EXPECT_TRUE(ParseUuid(Buffer(3, 1), 0, {}, nullptr).items.empty());
}

}  // namespace
}  // namespace iso
