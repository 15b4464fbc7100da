// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Error and Result: what a core function answers when it cannot answer. The rows of
// errors.def are the only errors there are.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/base/fourcc.h"

namespace iso {

enum class Errc : uint16_t {
#define ISO_ERROR(name, severity, text, source) name,
#include "core/base/errors.def"
#undef ISO_ERROR
};

enum class Severity : uint8_t { kWait, kFatal, kTrack, kRecoverable, kNote };

/// What went wrong, in which box, and where in the file (bytes from its start).
/// For kNotYet, [offset, offset + length) are the bytes that are needed: the same
/// request, made again once they are there, continues as if nothing had happened.
struct Error {
  Errc code;
  FourCC box = {};
  uint64_t offset = 0;
  uint64_t length = 0;

  bool operator==(const Error&) const = default;
};

Severity SeverityOf(Errc code);

/// One plain sentence in English, without box and offset.
const char* TextOf(Errc code);

/// The clause or document that asks for it; "" where there is none.
const char* SourceOf(Errc code);

/// The row's name: "kNoMovieBox".
const char* NameOf(Errc code);

/// "NAME: text (box 'moov' at byte 123)".
std::string Describe(const Error& error);

/// A value or an Error. What is asked for must be there: ok() tells which.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor)

  Result(Error error) : error_(error) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }

  explicit operator bool() const { return ok(); }

  T& operator*() { return *value_; }

  const T& operator*() const { return *value_; }

  T* operator->() { return &*value_; }

  const T* operator->() const { return &*value_; }

  const Error& error() const { return error_; }

 private:
  std::optional<T> value_;
  Error error_{Errc::kNotYet};
};

/// Done, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;

  Status(Error error) : error_(error), ok_(false) {}  // NOLINT

  bool ok() const { return ok_; }

  explicit operator bool() const { return ok_; }

  const Error& error() const { return error_; }

 private:
  Error error_{Errc::kNotYet};
  bool ok_ = true;
};

#define ISO_CONCAT_(a, b) a##b
#define ISO_CONCAT(a, b) ISO_CONCAT_(a, b)

/// ISO_TRY(auto x, F()): returns F()'s error from this function, or binds x to its value.
#define ISO_TRY(decl, expr) ISO_TRY_(decl, expr, ISO_CONCAT(iso_try_, __LINE__))
#define ISO_TRY_(decl, expr, name) \
  auto name = (expr);              \
  if (!name.ok()) {                \
    return name.error();           \
  }                                \
  decl = std::move(*name)

/// ISO_CHECK(F()): returns F()'s error from this function; goes on when it is done.
#define ISO_CHECK(expr)                                              \
  do {                                                               \
    if (auto iso_check_status = (expr); !iso_check_status.ok()) {    \
      return iso_check_status.error();                               \
    }                                                                \
  } while (false)

/// Hears what is wrong with the input but does not stop it. Called on the thread that
/// parses. The core never logs: whoever owns the sink decides what becomes of it.
class Diagnostics {
 public:
  virtual ~Diagnostics() = default;

  virtual void Report(const Error& error) = 0;
};

}  // namespace iso
