// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Metadata and header fields as tags: a table of boxes and what is expected of them, and
// what no input may do.

#include "element/tags.h"

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <gst/gst.h>
#include <gst/tag/tag.h>

#include "core/movie/metadata.h"
#include "metadata_samples.h"
#include "tag_lines.h"

namespace iso::gst {
namespace {

using test::AssetBox;
using test::Box;
using test::ByteWriter;
using test::Data;
using test::FreeformText;
using test::FullBox;
using test::ItunesMeta;
using test::Join;
using test::KeysMeta;
using test::LanguageText;
using test::Lines;
using test::TagLines;
using test::TextBytes;
using test::TextItem;
using Buffer = test::Bytes;

class Tags : public testing::Test {
 protected:
  void SetUp() override { RegisterTags(); }
};

/// The front of a picture; `salt` makes pictures differ.
Buffer Png(uint8_t salt) {
  Buffer png = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I',  'H',  'D',  'R', 0,
                0,    0,   1,   0,   0,  0,  1,  8,  0, 0, 0, 0,  0x3a, 0x7e, 0x9b, 0x55};
  png.push_back(salt);
  return png;
}

Buffer Itunes(const std::vector<Buffer>& items) {
  return Box("meta", ItunesMeta(items));
}

Buffer ItunesTexts(std::string_view code, std::string_view text) {
  return Itunes({TextItem(code, text)});
}

Buffer Keys(std::string_view key, std::string_view text) {
  return Box("meta", KeysMeta({{key, Data(1, text)}}));
}

Buffer QuickTime(std::string_view code, std::string_view text, uint16_t language = 0) {
  return Box(code, LanguageText(language, text));
}

Buffer Utf16(std::string_view ascii, bool mark) {
  ByteWriter w;
  if (mark) w.U16(0xfeff);
  for (const char c : ascii)
    w.U16(static_cast<uint8_t>(c));
  return w.bytes();
}

Buffer Place(std::string_view name, double longitude, double latitude, double altitude) {
  ByteWriter w;
  w.Text(name).U8(0).U8(0);
  for (const double value : {longitude, latitude, altitude}) {
    w.U32(static_cast<uint32_t>(static_cast<int32_t>(value * 65536)));
  }
  return AssetBox("loci", w.Text("earth").U8(0).U8(0).bytes());
}

Buffer Id3Title(std::string_view title) {
  ByteWriter frame;
  frame.Text("TIT2").U32(title.size() + 1).U16(0).U8(3).Text(title);
  ByteWriter tag;
  tag.Text("ID3").U8(3).U8(0).U8(0).U32(frame.size()).Add(frame.bytes());
  return FullBox("ID32", 0, 0, ByteWriter().U16(test::kEnglish).Add(tag.bytes()).bytes());
}

constexpr std::string_view kXmp =
    "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
    "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" "
    "xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title><rdf:Alt><rdf:li "
    "xml:lang=\"x-default\">X title</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF>"
    "</x:xmpmeta><?xpacket end=\"r\"?>";

struct Case {
  const char* name;
  Buffer udta;
  Lines tags;  ///< without container-format
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

std::vector<Case> TextCases() {
  return {
      {"Title", ItunesTexts("\251nam", "T"), {"title=T"}},
      {"Trimmed", ItunesTexts("\251nam", " T\n "), {"title=T"}},
      {"EmptyText", ItunesTexts("\251nam", " "), {}},
      {"InvalidUtf8", ItunesTexts("\251nam", "a\xe9z"), {"title=a\xc3\xa9z"}},
      {"Grouping", ItunesTexts("\251grp", "T"), {"grouping=T"}},
      {"Composer", ItunesTexts("\251wrt", "T"), {"composer=T"}},
      {"Artist", ItunesTexts("\251ART", "T"), {"artist=T"}},
      {"AlbumArtist", ItunesTexts("aART", "T"), {"album-artist=T"}},
      {"Album", ItunesTexts("\251alb", "T"), {"album=T"}},
      {"Copyright", ItunesTexts("cprt", "T"), {"copyright=T"}},
      {"Comment", ItunesTexts("\251cmt", "T"), {"comment=T"}},
      {"Description", ItunesTexts("desc", "T"), {"description=T"}},
      {"Lyrics", ItunesTexts("\251lyr", "T"), {"lyrics=T"}},
      {"Encoder", ItunesTexts("\251too", "T"), {"encoder=T"}},
      {"Genre", ItunesTexts("\251gen", "T"), {"genre=T"}},
      {"SortNames",
       Itunes({TextItem("sonm", "1"),
               TextItem("soal", "2"),
               TextItem("soar", "3"),
               TextItem("soaa", "4"),
               TextItem("soco", "5"),
               TextItem("sosn", "6")}),
       {"album-artist-sortname=4",
        "album-sortname=2",
        "artist-sortname=3",
        "composer-sortname=5",
        "show-sortname=6",
        "title-sortname=1"}},
      {"Show", ItunesTexts("tvsh", "T"), {"show-name=T"}},
      {"Keywords", ItunesTexts("keyw", "T"), {"keywords=T"}},
      {"Device",
       Join({QuickTime("\251mak", "A"), QuickTime("\251mod", "B"), QuickTime("\251swr", "C")}),
       {"application-name=C", "device-manufacturer=A", "device-model=B"}},
      {"SeveralArtists",
       Itunes({TextItem("\251ART", "A"), Box("\251ART", Join({Data(1, "B"), Data(1, "A")}))}),
       {"artist=A", "artist=B"}},
      {"FirstTitleWins", Itunes({TextItem("\251nam", "A"), TextItem("\251nam", "B")}), {"title=A"}},
      {"Utf16Value", Itunes({Box("\251nam", Data(2, Utf16("T", false)))}), {"title=T"}},
      {"Utf16WithMark", Itunes({Box("\251nam", Data(2, Utf16("T", true)))}), {"title=T"}},
      {"NumberIsNoText", Itunes({Box("\251nam", Data(21, Buffer{1}))}), {}},
      {"MacRoman", QuickTime("\251nam", "a\x8e"), {"title=a\xc3\xa9"}},
      {"MacCyrillic", QuickTime("\251nam", "\x80", 32), {"title=\xd0\x90"}},
      {"MacJapanese", QuickTime("\251nam", "\x82\xa0", 11), {"title=\xe3\x81\x82"}},
      {"Utf8InMacText", QuickTime("\251nam", "\xc3\xa9"), {"title=\xc3\xa9"}},
      {"FirstLanguage",
       Box("\251nam", Join({LanguageText(1, "un"), LanguageText(0, "one")})),
       {"title=un"}},
      {"ItunesBeforeQuickTime",
       Join({QuickTime("\251nam", "q"), ItunesTexts("\251nam", "i"), QuickTime("\251alb", "a")}),
       {"album=a", "title=i"}},
  };
}

std::vector<Case> NumberCases() {
  return {
      {"TrackAndCount",
       Itunes({Box("trkn", Data(0, Buffer{0, 0, 0, 3, 0, 9, 0, 0}))}),
       {"track-count=9", "track-number=3"}},
      {"TrackOnly", Itunes({Box("trkn", Data(0, Buffer{0, 0, 0, 3, 0, 0}))}), {"track-number=3"}},
      {"TrackTooShort", Itunes({Box("trkn", Data(0, Buffer{0, 0, 0}))}), {}},
      {"Disc",
       Itunes({Box("disk", Data(0, Buffer{0, 0, 0, 1, 0, 2}))}),
       {"album-disc-count=2", "album-disc-number=1"}},
      {"Tempo", Itunes({Box("tmpo", Data(21, Buffer{0, 120}))}), {"beats-per-minute=120"}},
      {"Season",
       Itunes({Box("tvsn", Data(21, Buffer{0, 0, 0, 4})), Box("tves", Data(21, Buffer{7}))}),
       {"show-episode-number=7", "show-season-number=4"}},
      {"ZeroSeason", Itunes({Box("tvsn", Data(21, Buffer{0}))}), {}},
      {"GenreNumber", Itunes({Box("gnre", Data(0, Buffer{0, 18}))}), {"genre=Rock"}},
      {"GenreOutOfRange", Itunes({Box("gnre", Data(0, Buffer{0xff, 0xff}))}), {}},
      {"GenreZero", Itunes({Box("gnre", Data(0, Buffer{0, 0}))}), {}},
      {"DateAndTime",
       ItunesTexts("\251day", "2009-03-04T05:06:07Z"),
       {"date=2009-03-04", "datetime=2009-03-04T05:06:07Z"}},
      {"Zone",
       ItunesTexts("\251day", "2019-09-03T14:45:22+0200"),
       {"date=2019-09-03", "datetime=2019-09-03T14:45:22+0200"}},
      {"Day", QuickTime("\251day", "2009-03-04"), {"date=2009-03-04", "datetime=2009-03-04"}},
      {"Month", ItunesTexts("\251day", "2009-03"), {"date=2009-03-01", "datetime=2009-03"}},
      {"Year", ItunesTexts("\251day", "2009"), {"date=2009-01-01", "datetime=2009"}},
      {"Slashes", ItunesTexts("\251day", "2009/03/04"), {"date=2009-03-04", "datetime=2009-03-04"}},
      {"Digits", ItunesTexts("\251day", "20090304"), {"date=2009-03-04", "datetime=2009-03-04"}},
      {"NoDay", ItunesTexts("\251day", "2009-02-31"), {}},
      {"NoMonth", ItunesTexts("\251day", "2009-13-01"), {}},
      {"NoYear", ItunesTexts("\251day", "0000"), {}},
      {"NoDate", ItunesTexts("\251day", "yesterday"), {}},
      {"Covers",
       Itunes(
           {Box("covr", Join({Data(14, Png(1)), Data(13, Png(2))})), Box("covr", Data(0, Png(3)))}),
       {"image=<image/png front-cover 34>",
        "image=<image/png undefined 34>",
        "image=<image/png undefined 34>"}},
      {"CoverOfNothing", Itunes({Box("covr", Data(13, "no picture"))}), {}},
  };
}

std::vector<Case> AssetCases() {
  return {
      {"AssetTexts",
       Join({AssetBox("titl", "1"),
             AssetBox("dscp", "2"),
             AssetBox("cprt", "3"),
             AssetBox("perf", "4"),
             AssetBox("auth", "5"),
             AssetBox("gnre", "6")}),
       {"artist=4", "composer=5", "copyright=3", "description=2", "genre=6", "title=1"}},
      {"AssetUtf16", AssetBox("titl", Utf16("T", true)), {"title=T"}},
      {"AssetAlbum",
       AssetBox("albm", ByteWriter().Text("A").U8(0).U8(5).bytes()),
       {"album=A", "track-number=5"}},
      {"AssetYear", FullBox("yrrc", 0, 0, {7, 0xd8}), {"date=2008-01-01"}},
      {"AssetYearTooSmall", FullBox("yrrc", 0, 0, {0, 8}), {}},
      {"AssetKeywords",
       AssetBox("kywd", ByteWriter().U8(2).U8(4).Text("foo").U8(0).U8(4).Text("bar").U8(0).bytes()),
       {"keywords=foo,bar"}},
      {"AssetKeywordsCut", AssetBox("kywd", Buffer{9, 2, 'a', 0, 99, 'b'}), {"keywords=a"}},
      {"AssetPlace",
       Place("Place", 12.5, -7.25, 100),
       {"geo-location-elevation=100",
        "geo-location-latitude=-7.25",
        "geo-location-longitude=12.5",
        "geo-location-name=Place"}},
      {"AssetPlaceImpossible", Place("Place", 200, 0, 0), {"geo-location-name=Place"}},
      {"AssetClassification",
       FullBox("clsf", 0, 0, ByteWriter().Text("ENTI").U16(1).U16(0).Text("Class").U8(0).bytes()),
       {"classification=ENTI://1/Class"}},
  };
}

std::vector<Case> PlaceCases() {
  return {
      {"PlaceDegrees",
       QuickTime("\251xyz", "+27.5+086.25+8850/", test::kEnglish),
       {"geo-location-elevation=8850",
        "geo-location-latitude=27.5",
        "geo-location-longitude=86.25"}},
      {"PlaceMinutes",
       Keys("com.apple.quicktime.location.ISO6709", "-2730.0+08615.0/"),
       {"geo-location-latitude=-27.5", "geo-location-longitude=86.25"}},
      {"PlaceSeconds",
       QuickTime("\251xyz", "+273000-0864500/"),
       {"geo-location-latitude=27.5", "geo-location-longitude=-86.75"}},
      {"PlaceImpossible", QuickTime("\251xyz", "+99.0+086.0/"), {}},
      {"PlaceHalf", QuickTime("\251xyz", "+27.5"), {}},
      {"PlaceSigns", QuickTime("\251xyz", "+-+-"), {}},
  };
}

std::vector<Case> NamedCases() {
  return {
      {"KeyTitle", Keys("com.apple.quicktime.title", "T"), {"title=T"}},
      {"KeyCreation",
       Keys("com.apple.quicktime.creationdate", "2020-01-02T03:04:05+0100"),
       {"date=2020-01-02", "datetime=2020-01-02T03:04:05+0100"}},
      {"KeyWithoutPrefix", Keys("artist", "A"), {"artist=A"}},
      {"KeysOfPhone",
       Box("meta",
           KeysMeta({{"com.apple.quicktime.make", Data(1, "Apple")},
                     {"com.apple.quicktime.model", Data(1, "iPhone")},
                     {"com.apple.quicktime.software", Data(1, "16.1")}})),
       {"application-name=16.1", "device-manufacturer=Apple", "device-model=iPhone"}},
      {"KeyUnknown", Keys("com.apple.quicktime.director", "D"), {"extended-comment=director=D"}},
      {"KeyUtf16", Box("meta", KeysMeta({{"title", Data(2, Utf16("T", false))}})), {"title=T"}},
      {"KeyOfContainer", Keys("major_brand", "isom"), {}},
      {"Gain",
       Itunes({FreeformText("replaygain_track_gain", "-3.25 dB"),
               FreeformText("REPLAYGAIN_ALBUM_PEAK", "0.5"),
               FreeformText("replaygain_album_gain", "none")}),
       {"replaygain-album-peak=0.5", "replaygain-track-gain=-3.25"}},
      {"MusicBrainz",
       Itunes({FreeformText("MusicBrainz Track Id", "1"),
               FreeformText("MusicBrainz Artist Id", "2"),
               FreeformText("MusicBrainz Album Id", "4"),
               FreeformText("MusicBrainz Album Artist Id", "5")}),
       {"musicbrainz-albumartistid=5",
        "musicbrainz-albumid=4",
        "musicbrainz-artistid=2",
        "musicbrainz-trackid=1"}},
      {"Isrc", Itunes({FreeformText("ISRC", "X")}), {"isrc=X"}},
      {"FreeformUnknown", Itunes({FreeformText("MOOD", "calm")}), {"extended-comment=MOOD=calm"}},
      {"FreeformOfNoType",
       Itunes({test::FreeformItem("com.apple.iTunes", "Encoding Params", Data(0, "vers"))}),
       {}},
      {"GaplessIsNoTag", Itunes({FreeformText("iTunSMPB", " 00000000 00000840")}), {}},
  };
}

std::vector<Case> ForeignCases() {
  return {
      {"Id3", Id3Title("I title"), {"title=I title"}},
      {"Xmp", Box("XMP_", TextBytes(kXmp)), {"title=X title"}},
      {"XmpUuid",
       Box("uuid", Join({TextBytes(test::kXmpType), TextBytes(kXmp)})),
       {"title=X title"}},
      {"XmpIsTrustedLast",
       Join({Box("XMP_", TextBytes(kXmp)), AssetBox("titl", "T")}),
       {"title=T"}},
      {"PrivateItunes",
       Itunes({Box("cpil", Data(21, Buffer{1}))}),
       {"private-qt-tag=<application/x-gst-qt-cpil-tag itunes 25>"}},
      {"PrivateIso",
       Box("zZ 1", TextBytes("hello")),
       {"private-qt-tag=<application/x-gst-qt-zz_1-tag iso 13>"}},
      {"PrivateTwice",
       Join({Box("abcd", {}), QuickTime("\251abc", "x")}),
       {"private-qt-tag=<application/x-gst-qt-_abc-tag iso 13>",
        "private-qt-tag=<application/x-gst-qt-abcd-tag iso 8>"}},
      {"PrivateTooLarge", Box("abcd", Buffer(300 << 10)), {}},
      {"Name", Box("name", TextBytes("N")), {"title=N"}},
  };
}

std::vector<Case> AllCases() {
  std::vector<Case> all;
  for (const auto& part :
       {TextCases(), NumberCases(), AssetCases(), PlaceCases(), NamedCases(), ForeignCases()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

Metadata Parse(const Buffer& udta) {
  return ParseUserData(udta, 0, {}, nullptr);
}

Lines LinesOf(const Buffer& udta) {
  const FileFacts facts = {.major_brand = "isom"};
  Lines lines = TagLines(GlobalTags(Parse(udta), facts).get());
  lines.erase(std::remove(lines.begin(), lines.end(), "container-format=ISO MP4/M4A"), lines.end());
  return lines;
}

class TagCases : public Tags, public testing::WithParamInterface<Case> {};

TEST_P(TagCases, GiveTags) {
  EXPECT_EQ(LinesOf(GetParam().udta), GetParam().tags);
}

/// No damage may make GStreamer complain (criticals are fatal here) or crash.
TEST_P(TagCases, SurviveDamage) {
  const Buffer& whole = GetParam().udta;
  const size_t step = std::max<size_t>(1, whole.size() / 500);
  for (size_t i = 0; i < whole.size(); i += step) {
    LinesOf(Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i)));
    Buffer damaged = whole;
    damaged[i] ^= 0xff;
    LinesOf(damaged);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, TagCases, testing::ValuesIn(AllCases()), [](const auto& test) {
  return std::string(test.param.name);
});

TEST_F(Tags, RandomValuesOfEveryKnownItem) {
  std::mt19937 random(2);
  for (const Case& c : AllCases()) {
    for (int round = 0; round < 20; ++round) {
      Buffer damaged = c.udta;
      for (size_t i = 0; i < damaged.size(); ++i) {
        if (random() % 16 == 0) damaged[i] = static_cast<uint8_t>(random());
      }
      LinesOf(damaged);
    }
  }
}

TEST_F(Tags, EncodingFromTheEnvironment) {
  g_setenv("GST_QT_TAG_ENCODING", "WINDOWS-1251", TRUE);
  const Lines lines = LinesOf(QuickTime("\251nam", "\xc0\xe1"));
  g_unsetenv("GST_QT_TAG_ENCODING");
  EXPECT_EQ(lines, Lines{"title=\xd0\x90\xd0\xb1"});
}

TEST_F(Tags, PrivateTagsAreBoundedInAll) {
  std::vector<Buffer> boxes;
  for (uint8_t i = 0; i < 20; ++i)
    boxes.push_back(Box("abcd", Buffer(200 << 10, i)));
  const Buffer udta = Join(boxes);
  EXPECT_EQ(LinesOf(udta).size(), 5u);
}

TEST_F(Tags, PrivateStyleOfQuickTime) {
  const auto tags = StreamTags(Parse(Box("abcd", {})), {.major_brand = "qt  "}, "");
  EXPECT_EQ(TagLines(tags.get()),
            Lines{"private-qt-tag=<application/x-gst-qt-abcd-tag quicktime 8>"});
}

TEST_F(Tags, Scopes) {
  EXPECT_EQ(gst_tag_list_get_scope(GlobalTags({}, {}).get()), GST_TAG_SCOPE_GLOBAL);
  EXPECT_EQ(gst_tag_list_get_scope(StreamTags({}, {}, "").get()), GST_TAG_SCOPE_STREAM);
}

TEST_F(Tags, RegisteringTwiceIsFine) {
  RegisterTags();
  EXPECT_EQ(gst_tag_get_type(kPrivateTag), GST_TYPE_SAMPLE);
  EXPECT_EQ(gst_tag_get_type("classification"), G_TYPE_STRING);
}

struct CreationCase {
  uint64_t seconds;
  Lines tags;
};

TEST_F(Tags, CreationTime) {
  const CreationCase cases[] = {
      {0, {"container-format=ISO MP4/M4A"}},
      {1000, {"container-format=ISO MP4/M4A"}},
      {2082844800, {"container-format=ISO MP4/M4A", "datetime=1970-01-01T00:00:00Z"}},
      {3313526400, {"container-format=ISO MP4/M4A", "datetime=2008-12-31T00:00:00Z"}},
      {9000000000, {"container-format=ISO MP4/M4A"}},
      {UINT64_MAX, {"container-format=ISO MP4/M4A"}},
  };
  for (const CreationCase& c : cases) {
    EXPECT_EQ(TagLines(GlobalTags({}, {.creation_time = c.seconds}).get()), c.tags) << c.seconds;
  }
}

TEST_F(Tags, MetadataDateBeforeCreationTime) {
  const FileFacts facts = {.creation_time = 3313526400};
  const Lines lines = TagLines(GlobalTags(Parse(ItunesTexts("\251day", "2001")), facts).get());
  EXPECT_EQ(lines.back(), "datetime=2001");
}

TEST_F(Tags, ContainerFormat) {
  EXPECT_STREQ(ContainerFormat({.major_brand = "mjp2"}), "Motion JPEG 2000");
  EXPECT_STREQ(ContainerFormat({.major_brand = "3gp4"}), "3GP");
  EXPECT_STREQ(ContainerFormat({.major_brand = "3g2a", .fragmented = true}), "3GP");
  EXPECT_STREQ(ContainerFormat({.major_brand = "qt  "}), "Quicktime");
  EXPECT_STREQ(ContainerFormat({.major_brand = "isom"}), "ISO MP4/M4A");
  EXPECT_STREQ(ContainerFormat({.major_brand = "iso6", .fragmented = true}), "ISO fMP4");
}

struct LanguageCase {
  uint16_t packed;
  const char* elng;
  const char* code;  ///< nullptr: none
};

constexpr uint16_t Packed(const char* code) {
  return static_cast<uint16_t>((code[0] - 0x60) << 10 | (code[1] - 0x60) << 5 | (code[2] - 0x60));
}

TEST_F(Tags, Language) {
  const LanguageCase cases[] = {
      {0, "", "en"},
      {1, "", "fr"},
      {11, "", "ja"},
      {94, "", "eo"},
      {95, "", nullptr},
      {138, "", "jv"},
      {0x3ff, "", nullptr},
      {0x7fff, "", nullptr},
      {Packed("eng"), "", "en"},
      {Packed("deu"), "", "de"},
      {Packed("gsw"), "", "gsw"},
      {Packed("und"), "", nullptr},
      {Packed("unk"), "", nullptr},
      {0x7ffe, "", nullptr},
      {Packed("eng"), "pt-BR", "pt"},
      {Packed("eng"), "FR", "fr"},
      {Packed("eng"), "und", nullptr},
      {Packed("eng"), "x-private", "en"},
      {Packed("eng"), "12", "en"},
  };
  for (const LanguageCase& c : cases) {
    const auto tags = Ref<GstTagList>::Adopt(gst_tag_list_new_empty());
    AddLanguage(tags.get(), c.packed, c.elng);
    const char* code = nullptr;
    gst_tag_list_peek_string_index(tags.get(), GST_TAG_LANGUAGE_CODE, 0, &code);
    EXPECT_STREQ(code, c.code) << c.packed << " " << c.elng;
  }
}

TEST_F(Tags, LanguageName) {
  const auto tags = Ref<GstTagList>::Adopt(gst_tag_list_new_empty());
  AddLanguage(tags.get(), Packed("eng"), "");
  EXPECT_EQ(TagLines(tags.get()).size(), 2u);
}

constexpr int32_t kOne = 0x10000;

Matrix MakeMatrix(int32_t a, int32_t b, int32_t c, int32_t d) {
  return {a, b, 0, c, d, 0, 99 * kOne, 99 * kOne, 0x40000000};
}

std::string Orientation(const Matrix& movie, const Matrix& track) {
  const auto tags = Ref<GstTagList>::Adopt(gst_tag_list_new_empty());
  AddOrientation(tags.get(), movie, track);
  const char* name = nullptr;
  gst_tag_list_peek_string_index(tags.get(), GST_TAG_IMAGE_ORIENTATION, 0, &name);
  return name ? name : "";
}

struct OrientationCase {
  int32_t a, b, c, d;
  const char* name;
};

TEST_F(Tags, Orientation) {
  const OrientationCase cases[] = {
      {kOne, 0, 0, kOne, ""},
      {0, kOne, -kOne, 0, "rotate-90"},
      {-kOne, 0, 0, -kOne, "rotate-180"},
      {0, -kOne, kOne, 0, "rotate-270"},
      {-kOne, 0, 0, kOne, "flip-rotate-0"},
      {0, -kOne, -kOne, 0, "flip-rotate-90"},
      {kOne, 0, 0, -kOne, "flip-rotate-180"},
      {0, kOne, kOne, 0, "flip-rotate-270"},
      {2 * kOne, 0, 0, 2 * kOne, ""},
      {0, kOne / 2, -kOne / 2, 0, "rotate-90"},
      {0, 3 * kOne / 2, -2 * kOne, 0, "rotate-90"},
      {1, kOne, -kOne, -1, "rotate-90"},
      {46341, 46341, -46341, 46341, ""},
      {0, 0, 0, 0, ""},
      {kOne, 0, 0, 0, ""},
      {INT32_MIN, 0, 0, INT32_MIN, "rotate-180"},
      {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, ""},
  };
  for (const OrientationCase& c : cases) {
    const Matrix matrix = MakeMatrix(c.a, c.b, c.c, c.d);
    EXPECT_EQ(Orientation(kIdentityMatrix, matrix), c.name) << c.a << " " << c.b;
    EXPECT_EQ(Orientation(matrix, kIdentityMatrix), c.name) << c.a << " " << c.b;
  }
}

TEST_F(Tags, OrientationOfBothMatrices) {
  const Matrix quarter = MakeMatrix(0, kOne, -kOne, 0);
  const Matrix mirror = MakeMatrix(-kOne, 0, 0, kOne);
  EXPECT_EQ(Orientation(quarter, quarter), "rotate-180");
  EXPECT_EQ(Orientation(quarter, mirror), "flip-rotate-90");  // mirrored, then turned
  EXPECT_EQ(Orientation(mirror, quarter), "flip-rotate-270");
  const Matrix extreme = MakeMatrix(INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN);
  EXPECT_EQ(Orientation(extreme, extreme), "");
}

TEST_F(Tags, PerspectiveHasNoOrientation) {
  Matrix matrix = MakeMatrix(0, kOne, -kOne, 0);
  matrix[2] = 1;
  EXPECT_EQ(Orientation(kIdentityMatrix, matrix), "");
}

std::string TitleOfHandler(std::string_view name) {
  const auto tags = StreamTags({}, {}, name);
  const char* title = nullptr;
  gst_tag_list_peek_string_index(tags.get(), GST_TAG_TITLE, 0, &title);
  return title ? title : "";
}

TEST_F(Tags, HandlerNamesThatAreTitles) {
  for (const char* name : {"Director's Commentary",
                           "English (5.1)",
                           "Fran\xc3\xa7"
                           "ais"}) {
    EXPECT_EQ(TitleOfHandler(name), name);
  }
}

TEST_F(Tags, HandlerNamesThatAreNot) {
  for (const char* name : {"",
                           "VideoHandler",
                           "SoundHandler",
                           "VideoHandle",
                           "Core Media Video",
                           "Stereo",
                           "soun",
                           "Apple Sound Media Handler",
                           "ISO Media file produced by Google Inc.",
                           "Bento4 Video Handler",
                           "GPAC ISO Video Handler",
                           "Appl",
                           "c/0",
                           "audio_track_0_0_nor",
                           "S",
                           "*vtt@GPAC0.6.2",
                           "foo.264#video:fps=25",
                           "Video",
                           "text-nor-0",
                           "MssGen[1,0]",
                           "\xff\xfe\xff"}) {
    EXPECT_EQ(TitleOfHandler(name), "") << name;
  }
}

TEST_F(Tags, TrackNameBeforeHandlerName) {
  const auto tags = StreamTags(Parse(Box("name", TextBytes("Track"))), {}, "Handler's Name");
  EXPECT_EQ(TagLines(tags.get()), Lines{"title=Track"});
}

}  // namespace
}  // namespace iso::gst
