// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ByteSource: the core's only way to bytes, and MemorySource, one over memory.

#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.h"

namespace iso {

/// "Give me [a, b)". Implementations must be callable from several threads at once.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Fills all of `out` with the bytes from `offset` on, or fills nothing that counts
  /// and answers kNotYet (ask again later), kEndOfData (the range goes past the end),
  /// kInterrupted (flushing) or kReadFailed. Never partial.
  virtual Status Read(uint64_t offset, std::span<uint8_t> out) = 0;

  /// Bytes in all, where that is known.
  virtual std::optional<uint64_t> size() const = 0;

  /// The same also where nobody is to look for anything by it.
  virtual std::optional<uint64_t> stated_size() const { return size(); }

  /// Whether that may still rise.
  virtual bool may_grow() const { return false; }
};

/// A source over bytes that are all there, such as an inflated moov.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      return Error{Errc::kEndOfData, {}, offset, out.size()};
    }
    if (!out.empty()) {
      std::memcpy(out.data(), bytes_.data() + offset, out.size());
    }
    return {};
  }

  std::optional<uint64_t> size() const override { return bytes_.size(); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace iso
