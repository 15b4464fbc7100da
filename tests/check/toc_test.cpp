// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Chapters as applications see them: the TOC event on every pad, the message, and playing
// from a chapter.

#include <algorithm>

#include <gtest/gtest.h>

#include "media_files.h"
#include "movie_catalog.h"
#include "recorder.h"

namespace iso::test {
namespace {

MovieSpec MovieWithChapters() {
  MovieSpec spec = PlainMovie();
  ByteWriter w;
  w.U32(0).U8(2);
  w.U64(0).U8(5).Text("Intro");
  w.U64(20'000'000).U8(4).Text("Rest");
  spec.udta = FullBox("chpl", 1, 0, w.bytes());
  return spec;
}

std::string TitleOf(const GstTocEntry* entry) {
  gchar* title = nullptr;
  const GstTagList* tags = gst_toc_entry_get_tags(entry);
  if (tags == nullptr || !gst_tag_list_get_string(tags, GST_TAG_TITLE, &title)) return "";
  std::string text = title;
  g_free(title);
  return text;
}

struct Line {
  GstTocEntryType type;
  std::string uid;
  std::string title;
  gint64 start;
  gint64 stop;
};

/// The edition, then its chapters.
std::vector<Line> Lines(GstToc* toc) {
  std::vector<Line> lines;
  const auto add = [&](GstTocEntry* entry) {
    Line line{
        gst_toc_entry_get_entry_type(entry), gst_toc_entry_get_uid(entry), TitleOf(entry), 0, 0};
    gst_toc_entry_get_start_stop_times(entry, &line.start, &line.stop);
    lines.push_back(line);
  };
  for (GList* edition = gst_toc_get_entries(toc); edition; edition = edition->next) {
    auto* const entry = static_cast<GstTocEntry*>(edition->data);
    add(entry);
    for (GList* sub = gst_toc_entry_get_sub_entries(entry); sub; sub = sub->next)
      add(static_cast<GstTocEntry*>(sub->data));
  }
  return lines;
}

void ExpectChapters(GstToc* toc) {
  EXPECT_EQ(gst_toc_get_scope(toc), GST_TOC_SCOPE_GLOBAL);
  const auto lines = Lines(toc);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].type, GST_TOC_ENTRY_TYPE_EDITION);
  EXPECT_EQ(lines[1].type, GST_TOC_ENTRY_TYPE_CHAPTER);
  EXPECT_EQ(lines[1].title, "Intro");
  EXPECT_EQ(lines[1].start, 0);
  EXPECT_EQ(lines[1].stop, 2 * static_cast<gint64>(GST_SECOND));
  EXPECT_EQ(lines[2].title, "Rest");
  EXPECT_EQ(lines[2].start, 2 * static_cast<gint64>(GST_SECOND));
  EXPECT_EQ(lines[2].stop, lines[0].stop);
  EXPECT_NE(lines[1].uid, lines[2].uid);
  EXPECT_NE(lines[0].uid, lines[1].uid);
}

TEST(Toc, IsAnEventOnEachPadBeforeItsFirstBuffer) {
  const TempFile file(BuildMovie(MovieWithChapters()));
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto pads = recorder.pads();
  ASSERT_EQ(pads.size(), 2u);
  for (const RecordedPad& pad : pads) {
    int tocs = 0;
    bool segment = false;
    bool buffer = false;
    for (const RecordedItem& item : pad.items) {
      if (!item.event) buffer = true;
      if (!item.event) continue;
      segment = segment || GST_EVENT_TYPE(item.event.get()) == GST_EVENT_SEGMENT;
      if (GST_EVENT_TYPE(item.event.get()) != GST_EVENT_TOC) continue;
      EXPECT_TRUE(segment && !buffer) << pad.name;
      GstToc* toc = nullptr;
      gboolean updated = TRUE;
      gst_event_parse_toc(item.event.get(), &toc, &updated);
      EXPECT_FALSE(updated);
      ExpectChapters(toc);
      gst_toc_unref(toc);
      ++tocs;
    }
    EXPECT_EQ(tocs, 1) << pad.name;
  }
}

TEST(Toc, IsAMessage) {
  const TempFile file(BuildMovie(MovieWithChapters()));
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  const auto messages = recorder.messages(GST_MESSAGE_TOC);
  ASSERT_EQ(messages.size(), 1u);
  GstToc* toc = nullptr;
  gst_message_parse_toc(messages[0].get(), &toc, nullptr);
  ExpectChapters(toc);
  gst_toc_unref(toc);
}

TEST(Toc, IsNotThereWithoutChapters) {
  const TempFile file(BuildMovie(PlainMovie()));
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  EXPECT_TRUE(recorder.messages(GST_MESSAGE_TOC).empty());
}

TEST(Toc, SelectingAChapterPlaysFromIt) {
  const TempFile file(BuildMovie(MovieWithChapters()));
  Recorder recorder;
  recorder.Start(file.path());
  ASSERT_EQ(recorder.WaitEos(), Outcome::kEos);
  GstPad* pad = recorder.SourcePad("video_0");
  ASSERT_NE(pad, nullptr);
  EXPECT_FALSE(gst_pad_send_event(pad, gst_event_new_toc_select("no such chapter")));
  EXPECT_TRUE(gst_pad_send_event(pad, gst_event_new_toc_select("chapter-2")));
  gst_object_unref(pad);
  EXPECT_TRUE(recorder.WaitFor([](const std::vector<const RecordedPad*>& pads) {
    return std::all_of(pads.begin(), pads.end(), [](const RecordedPad* each) {
      return each->flushes == 1 && each->segment.time == 2 * GST_SECOND && each->buffers > 0;
    });
  }));
}

/// The titles in a file's list, by the first `chpl` that is found.
std::vector<std::pair<gint64, std::string>> NaiveList(const std::vector<uint8_t>& file) {
  const std::string text(file.begin(), file.end());
  const auto* p = file.data() + text.find("chpl") + 4 + 4 + 4;
  std::vector<std::pair<gint64, std::string>> list(*p++);
  for (auto& [start, title] : list) {
    start = static_cast<gint64>(GST_READ_UINT64_BE(p) * 100);
    title.assign(reinterpret_cast<const char*>(p) + 9, p[8]);
    p += 9 + p[8];
  }
  return list;
}

class Real : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Books,
                         Real,
                         testing::Values("ep7.m4b", "ep9.m4b", "nero-chapters.m4b"),
                         [](const auto& test) { return TestName(test.param); });

/// These have both a list and a track, which should say the same.
TEST_P(Real, ChaptersAreThoseOfTheList) {
  const std::string path = MediaRoot() + "/real/quodlibet+mutagen/" + GetParam();
  if (MediaRoot().empty() || !g_file_test(path.c_str(), G_FILE_TEST_EXISTS)) GTEST_SKIP();
  Recorder recorder;
  recorder.Start(path);
  const Outcome outcome = recorder.WaitEos();
  ASSERT_NE(outcome, Outcome::kTimeout);
  if (outcome != Outcome::kEos) GTEST_SKIP() << "all header, and nothing to play";
  const auto messages = recorder.messages(GST_MESSAGE_TOC);
  ASSERT_EQ(messages.size(), 1u);
  GstToc* toc = nullptr;
  gst_message_parse_toc(messages[0].get(), &toc, nullptr);
  auto lines = Lines(toc);
  gst_toc_unref(toc);
  lines.erase(lines.begin());
  const auto list = NaiveList(ReadFile(path));
  ASSERT_EQ(lines.size(), list.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(lines[i].start), static_cast<double>(list[i].first), 2e6) << i;
    EXPECT_EQ(lines[i].title, list[i].second) << i;
  }
  for (const RecordedPad& pad : recorder.pads())
    EXPECT_NE(pad.name, "subtitle_0") << "titles are no subtitles";
}

}  // namespace
}  // namespace iso::test
