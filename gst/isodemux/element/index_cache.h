// SPDX-License-Identifier: LGPL-2.1-or-later
//
// IndexCache: where a file's fragments are, as found by playing it, kept in a directory for the
// next time it is played. The application names the directory; without one there is no cache.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include <gst/gst.h>

#include "core/fragment/fragment_index.h"
#include "core/fragment/stored_anchors.h"

namespace iso::gst {

/// One file's entry. What is in it only says where to look first: a wrong one, or one that somebody
/// has made up, costs time and changes nothing.
class IndexCache {
 public:
  /// Null where upstream does not say what file it is, or how large.
  static std::unique_ptr<IndexCache> For(GstPad* sink,
                                         const std::string& directory,
                                         std::shared_ptr<const FragmentIndex> fragments,
                                         std::optional<uint64_t> size);

  /// Hands the index what an earlier session found.
  void Load();

  /// Writes what is known now, if that is more than there was, and lets the entries used longest
  /// ago go.
  void Save() const;

 private:
  IndexCache(std::string directory,
             std::string path,
             const FileIdentity& file,
             std::shared_ptr<const FragmentIndex> fragments)
      : directory_(std::move(directory)),
        path_(std::move(path)),
        file_(file),
        fragments_(std::move(fragments)) {}

  const std::string directory_;
  const std::string path_;
  const FileIdentity file_;
  const std::shared_ptr<const FragmentIndex> fragments_;
  size_t known_ = 0;  ///< anchors when the file was opened
};

}  // namespace iso::gst
