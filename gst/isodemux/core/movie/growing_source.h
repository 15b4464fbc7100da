// SPDX-License-Identifier: LGPL-2.1-or-later
//
// GrowingSource: a file that somebody still writes to.

#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "core/source.h"

namespace iso {

/// While it plays, the file has no size, and what lies behind its present end is not there yet:
/// so nobody takes that end for the last one. Searches need one; for them it is *sized*: the file
/// is what is there now. Thread-safe.
class GrowingSource final : public ByteSource {
 public:
  /// The size of `file` is the present one and may rise at any time.
  explicit GrowingSource(std::shared_ptr<ByteSource> file) : file_(std::move(file)) {}

  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    const Status read = file_->Read(offset, out);
    const bool wait = !read.ok() && read.error().code == Errc::kEndOfData && !has_size();
    return wait ? Status(Error{Errc::kNotYet, read.error().box, offset, out.size()}) : read;
  }

  std::optional<uint64_t> size() const override {
    return has_size() ? file_->size() : std::nullopt;
  }

  bool may_grow() const override { return !ended_; }

  std::optional<uint64_t> present_size() const { return file_->size(); }

  void SetSized(bool sized) { sized_ = sized; }

  /// Whether what is there is all there will be.
  void SetEnded(bool ended) { ended_ = ended; }

  /// Makes it sized for a while.
  class Sized {
   public:
    explicit Sized(GrowingSource& source) : source_(source), before_(source.sized_) {
      source_.sized_ = true;
    }

    ~Sized() { source_.sized_ = before_; }

    Sized(const Sized&) = delete;
    Sized& operator=(const Sized&) = delete;

   private:
    GrowingSource& source_;
    const bool before_;
  };

 private:
  bool has_size() const { return sized_ || ended_; }

  const std::shared_ptr<ByteSource> file_;
  std::atomic<bool> sized_{false};
  std::atomic<bool> ended_{false};
};

}  // namespace iso
