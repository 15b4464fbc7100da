// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Leaks of the adaptive demuxers of GStreamer 1.22, for LeakSanitizer. They are named here and not
// in tests/support/lsan.supp, since the element under test runs on threads of theirs: in every
// other program such a leak counts.

extern "C" const char* __lsan_default_suppressions();

extern "C" const char* __lsan_default_suppressions() {
  return "leak:libgstadaptivedemux2\n"   // streams, caps
         "leak:libgsthls\n"              // URIs
         "leak:libgstsmoothstreaming\n"  // caps
         "leak:gst_structure_free\n";    // souphttpsrc's session, when its context is freed
}
