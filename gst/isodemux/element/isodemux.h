// SPDX-License-Identifier: LGPL-2.1-or-later
//
// GstIsoDemux: the element's GObject shell: class, pads' functions, properties, states.

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_ISO_DEMUX (gst_iso_demux_get_type())
G_DECLARE_FINAL_TYPE(GstIsoDemux, gst_iso_demux, GST, ISO_DEMUX, GstElement)

GST_ELEMENT_REGISTER_DECLARE(isodemux)

G_END_DECLS
