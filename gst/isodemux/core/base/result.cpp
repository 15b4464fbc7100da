// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/base/result.h"

#include <array>

namespace iso {
namespace {

struct Row {
  const char* name;
  Severity severity;
  const char* text;
  const char* source;
};

constexpr std::array kRows = {
#define ISO_ERROR(name, severity, text, source) Row{#name, Severity::severity, text, source},
#include "core/base/errors.def"
#undef ISO_ERROR
};

const Row& RowOf(Errc code) {
  return kRows[static_cast<size_t>(code)];
}

}  // namespace

Severity SeverityOf(Errc code) {
  return RowOf(code).severity;
}

const char* TextOf(Errc code) {
  return RowOf(code).text;
}

const char* SourceOf(Errc code) {
  return RowOf(code).source;
}

const char* NameOf(Errc code) {
  return RowOf(code).name;
}

std::string Describe(const Error& error) {
  std::string text = std::string(NameOf(error.code)) + ": " + TextOf(error.code);
  if (error.box) {
    text += " (box '" + error.box.Text() + "' at byte " + std::to_string(error.offset) + ")";
  } else {
    text += " (at byte " + std::to_string(error.offset) + ")";
  }
  return text;
}

}  // namespace iso
