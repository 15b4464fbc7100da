// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Debug categories, and LogDiagnostics: what the core reports about its input, as
// warnings in the log. The categories are defined in plugin.cpp.

#pragma once

#include <gst/gst.h>

#include "core/base/result.h"

GST_DEBUG_CATEGORY_EXTERN(isodemux_debug);
GST_DEBUG_CATEGORY_EXTERN(isodemux_core_debug);
GST_DEBUG_CATEGORY_EXTERN(isodemux_io_debug);

namespace iso::gst {

/// Called on whichever thread parses. A damaged file can report a great deal: after
/// kMaxReports the rest is counted, not logged.
class LogDiagnostics final : public Diagnostics {
 public:
  explicit LogDiagnostics(GstObject* object) : object_(object) {}

  void Report(const Error& error) override {
    if (++reports_ > kMaxReports) return;
    const GstDebugLevel level =
        SeverityOf(error.code) == Severity::kNote ? GST_LEVEL_INFO : GST_LEVEL_WARNING;
    GST_CAT_LEVEL_LOG(
        isodemux_core_debug, level, object_, "%s", iso::Describe(error).c_str());
  }

 private:
  static constexpr int kMaxReports = 1000;

  GstObject* object_;
  int reports_ = 0;
};

}  // namespace iso::gst
