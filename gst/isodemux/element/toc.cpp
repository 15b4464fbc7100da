// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/toc.h"

#include "element/tag_text.h"

namespace iso::gst {
namespace {

/// -1 is GStreamer's word for unknown.
gint64 Known(int64_t time_ns) {
  return time_ns == kTimeMax ? -1 : time_ns;
}

GstTocEntry* ChapterEntry(const Chapter& chapter, size_t number) {
  const GCharPtr uid(g_strdup_printf("chapter-%zu", number));
  GstTocEntry* entry = gst_toc_entry_new(GST_TOC_ENTRY_TYPE_CHAPTER, uid.get());
  gst_toc_entry_set_start_stop_times(entry, chapter.start_ns, Known(chapter.end_ns));
  const std::string title = AssetText(chapter.title);
  if (!title.empty()) {
    gst_toc_entry_set_tags(entry, gst_tag_list_new(GST_TAG_TITLE, title.c_str(), nullptr));
  }
  return entry;
}

}  // namespace

Ref<GstToc> MakeToc(const std::vector<Chapter>& chapters, int64_t duration_ns) {
  if (chapters.empty()) return nullptr;
  GstTocEntry* edition = gst_toc_entry_new(GST_TOC_ENTRY_TYPE_EDITION, "edition");
  gst_toc_entry_set_start_stop_times(edition, 0, Known(duration_ns));
  for (size_t i = 0; i < chapters.size(); ++i) {
    gst_toc_entry_append_sub_entry(edition, ChapterEntry(chapters[i], i + 1));
  }
  auto toc = Ref<GstToc>::Adopt(gst_toc_new(GST_TOC_SCOPE_GLOBAL));
  gst_toc_append_entry(toc.get(), edition);
  return toc;
}

}  // namespace iso::gst
