// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/index_cache.h"

#include <algorithm>
#include <vector>

#include <glib/gstdio.h>

#include "element/log.h"
#include "element/ref.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {
namespace {

constexpr char kSuffix[] = ".isoindex";
constexpr size_t kMostEntries = 256;  ///< of 1 MiB at most each

GCharPtr UriOf(GstPad* sink) {
  const auto query = Ref<GstQuery>::Adopt(gst_query_new_uri());
  gchar* uri = nullptr;
  if (gst_pad_peer_query(sink, query.get())) gst_query_parse_uri(query.get(), &uri);
  return GCharPtr(uri);
}

/// 0 where that is not to be had.
int64_t ModifiedAt(const gchar* uri) {
  const GCharPtr path(g_filename_from_uri(uri, nullptr, nullptr));
  GStatBuf status;
  return path && g_stat(path.get(), &status) == 0 ? static_cast<int64_t>(status.st_mtime) : 0;
}

std::string PathIn(const std::string& directory, const gchar* uri) {
  const GCharPtr name(g_compute_checksum_for_string(G_CHECKSUM_SHA256, uri, -1));
  const GCharPtr path(
      g_build_filename(directory.c_str(), (std::string(name.get()) + kSuffix).c_str(), nullptr));
  return path.get();
}

struct Entry {
  std::string path;
  int64_t used_s;
};

std::vector<Entry> EntriesOf(const std::string& directory) {
  std::vector<Entry> entries;
  GDir* dir = g_dir_open(directory.c_str(), 0, nullptr);
  if (dir == nullptr) return entries;
  while (const gchar* name = g_dir_read_name(dir)) {
    if (!g_str_has_suffix(name, kSuffix)) continue;
    const GCharPtr path(g_build_filename(directory.c_str(), name, nullptr));
    GStatBuf status;
    if (g_lstat(path.get(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    entries.push_back({path.get(), static_cast<int64_t>(status.st_mtime)});
  }
  g_dir_close(dir);
  return entries;
}

void DropOldest(const std::string& directory) {
  std::vector<Entry> entries = EntriesOf(directory);
  if (entries.size() <= kMostEntries) return;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.used_s > b.used_s;
  });
  for (size_t i = kMostEntries; i < entries.size(); ++i)
    g_unlink(entries[i].path.c_str());
}

/// Empty where there is none, or none of ours.
std::vector<uint8_t> ReadEntry(const std::string& path) {
  GStatBuf status;
  if (g_stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if (static_cast<uint64_t>(status.st_size) > MostStoredBytes()) return {};
  gchar* content = nullptr;
  gsize length = 0;
  if (!g_file_get_contents(path.c_str(), &content, &length, nullptr)) return {};
  const GCharPtr owned(content);
  return {content, content + length};
}

}  // namespace

std::unique_ptr<IndexCache> IndexCache::For(GstPad* sink,
                                            const std::string& directory,
                                            std::shared_ptr<const FragmentIndex> fragments,
                                            std::optional<uint64_t> size) {
  const GCharPtr uri = UriOf(sink);
  const Result<uint64_t> header = fragments->HeaderHash();
  if (!uri || !size || !header.ok()) return nullptr;
  const FileIdentity file{*size, ModifiedAt(uri.get()), *header};
  return std::unique_ptr<IndexCache>(
      new IndexCache(directory, PathIn(directory, uri.get()), file, std::move(fragments)));
}

void IndexCache::Load() {
  const std::vector<uint8_t> stored = ReadEntry(path_);
  if (auto anchors = RestoreAnchors(stored, file_)) {
    GST_DEBUG("%zu places of fragments from %s", anchors->size(), path_.c_str());
    fragments_->AddAnchors(std::move(*anchors));
  }
  known_ = fragments_->KnownAnchors().size();
}

void IndexCache::Save() const {
  const std::vector<Anchor> anchors = fragments_->KnownAnchors();
  if (anchors.size() <= known_) return;
  const std::vector<uint8_t> stored = StoreAnchors(file_, anchors);
  GError* error = nullptr;
  g_mkdir_with_parents(directory_.c_str(), 0700);
  if (!g_file_set_contents(path_.c_str(),
                           reinterpret_cast<const gchar*>(stored.data()),
                           static_cast<gssize>(stored.size()),
                           &error)) {
    GST_WARNING("index not kept: %s", error->message);
    g_error_free(error);
    return;
  }
  DropOldest(directory_);
}

}  // namespace iso::gst
