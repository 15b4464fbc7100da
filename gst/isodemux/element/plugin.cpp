// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The plugin: registration, debug categories, translations.

#include <gst/gst.h>

#include "config.h"
#include "element/i18n.h"
#include "element/isodemux.h"
#include "element/log.h"

GST_DEBUG_CATEGORY(isodemux_debug);
GST_DEBUG_CATEGORY(isodemux_core_debug);
GST_DEBUG_CATEGORY(isodemux_io_debug);

static gboolean plugin_init(GstPlugin* plugin) {
  GST_DEBUG_CATEGORY_INIT(isodemux_debug, "isodemux", 0, "ISO media demuxer");
  GST_DEBUG_CATEGORY_INIT(isodemux_core_debug, "isodemux-core", 0, "what is odd in the input");
  GST_DEBUG_CATEGORY_INIT(isodemux_io_debug, "isodemux-io", 0, "reads from upstream");
#ifdef ENABLE_NLS
  bindtextdomain(GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
#endif
  return GST_ELEMENT_REGISTER(isodemux, plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR,
                  GST_VERSION_MINOR,
                  isodemux,
                  "Demuxer for ISO base media files (MP4, QuickTime, 3GP)",
                  plugin_init,
                  VERSION,
                  GST_LICENSE,
                  GST_PACKAGE_NAME,
                  GST_PACKAGE_ORIGIN)
