// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sources for tests of the sample tables: one that fails when told to and counts what is
// read, and one whose bytes are computed, so that tables of any length cost no memory.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/source.h"

namespace iso::test {

/// Reads from memory. Read number `fail_at` (from 1) answers kNotYet, once; reads that touch the
/// byte at `bad_byte`, kReadFailed.
class FaultSource final : public ByteSource {
 public:
  explicit FaultSource(std::vector<uint8_t> bytes) : memory_(std::move(bytes)) {}

  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    ++reads;
    bytes_read += out.size();
    if (reads == fail_at) {
      ++failures;
      return Error{Errc::kNotYet, {}, offset, out.size()};
    }
    if (offset <= bad_byte && bad_byte - offset < out.size()) {
      return Error{Errc::kReadFailed, {}, offset, out.size()};
    }
    return memory_.Read(offset, out);
  }

  std::optional<uint64_t> size() const override { return memory_.size(); }

  uint64_t bad_byte = UINT64_MAX;
  std::atomic<uint64_t> reads = 0;
  std::atomic<uint64_t> bytes_read = 0;
  std::atomic<uint64_t> failures = 0;
  std::atomic<uint64_t> fail_at = 0;

 private:
  MemorySource memory_;
};

/// Big-endian 32-bit words computed from their number: word i lies at byte 4 * i. Reads
/// must be of whole words.
class FormulaSource final : public ByteSource {
 public:
  using Formula = std::function<uint32_t(uint64_t)>;

  FormulaSource(uint64_t words, Formula formula) : words_(words), formula_(std::move(formula)) {}

  Status Read(uint64_t offset, std::span<uint8_t> out) override {
    if (offset % 4 != 0 || out.size() % 4 != 0 || offset / 4 + out.size() / 4 > words_) {
      return Error{Errc::kEndOfData, {}, offset, out.size()};
    }
    ++reads;
    bytes_read += out.size();
    for (size_t i = 0; i < out.size(); i += 4) {
      const uint32_t word = formula_((offset + i) / 4);
      for (size_t k = 0; k < 4; ++k)
        out[i + k] = static_cast<uint8_t>(word >> (24 - 8 * k));
    }
    return {};
  }

  std::optional<uint64_t> size() const override { return words_ * 4; }

  std::atomic<uint64_t> reads = 0;
  std::atomic<uint64_t> bytes_read = 0;

 private:
  uint64_t words_;
  Formula formula_;
};

}  // namespace iso::test
