// SPDX-License-Identifier: LGPL-2.1-or-later

#include "test_decryptor.h"

#include <string>

#include <gst/gst.h>

namespace {

struct TestDecryptor {
  GstElement parent;
  GstPad* source;  ///< owned by the element
};

struct TestDecryptorClass {
  GstElementClass parent_class;
};

G_DEFINE_TYPE(TestDecryptor, test_decryptor, GST_TYPE_ELEMENT)

/// What the samples are without the encryption.
GstCaps* ClearCaps(GstCaps* encrypted) {
  GstCaps* caps = gst_caps_copy(encrypted);
  GstStructure* structure = gst_caps_get_structure(caps, 0);
  const std::string type = gst_structure_get_string(structure, "original-media-type");
  gst_structure_set_name(structure, type.c_str());
  gst_structure_remove_fields(
      structure, "original-media-type", "protection-system", "cipher-mode", nullptr);
  return caps;
}

GstFlowReturn Chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  return gst_pad_push(reinterpret_cast<TestDecryptor*>(parent)->source, buffer);
}

gboolean OnEvent(GstPad* pad, GstObject* parent, GstEvent* event) {
  if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return gst_pad_event_default(pad, parent, event);
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  GstCaps* clear = ClearCaps(caps);
  gst_event_unref(event);
  const gboolean taken = gst_pad_push_event(reinterpret_cast<TestDecryptor*>(parent)->source,
                                            gst_event_new_caps(clear));
  gst_caps_unref(clear);
  return taken;
}

/// Each pad takes what its template does, whatever the other one has.
gboolean OnQuery(GstPad* pad, GstObject* parent, GstQuery* query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_CAPS) {
    GstCaps* caps = gst_pad_get_pad_template_caps(pad);
    gst_query_set_caps_result(query, caps);
    gst_caps_unref(caps);
    return TRUE;
  }
  if (GST_QUERY_TYPE(query) == GST_QUERY_ACCEPT_CAPS) {
    gst_query_set_accept_caps_result(query, TRUE);
    return TRUE;
  }
  return gst_pad_query_default(pad, parent, query);
}

void test_decryptor_init(TestDecryptor* self) {
  GstElementClass* type = GST_ELEMENT_GET_CLASS(self);
  GstPad* sink =
      gst_pad_new_from_template(gst_element_class_get_pad_template(type, "sink"), "sink");
  self->source = gst_pad_new_from_template(gst_element_class_get_pad_template(type, "src"), "src");
  gst_pad_set_chain_function(sink, Chain);
  gst_pad_set_event_function(sink, OnEvent);
  gst_pad_set_query_function(sink, OnQuery);
  gst_pad_set_query_function(self->source, OnQuery);
  gst_element_add_pad(GST_ELEMENT(self), sink);
  gst_element_add_pad(GST_ELEMENT(self), self->source);
}

void AddPad(GstElementClass* type, const char* name, GstPadDirection direction, const char* text) {
  GstCaps* caps = gst_caps_from_string(text);
  gst_element_class_add_pad_template(type,
                                     gst_pad_template_new(name, direction, GST_PAD_ALWAYS, caps));
  gst_caps_unref(caps);
}

void test_decryptor_class_init(TestDecryptorClass* type) {
  GstElementClass* element = GST_ELEMENT_CLASS(type);
  const std::string encrypted =
      std::string("application/x-cenc, protection-system=(string)") + iso::test::kTestSystem;
  AddPad(element, "sink", GST_PAD_SINK, encrypted.c_str());
  AddPad(element, "src", GST_PAD_SRC, "video/x-h264; audio/mpeg");
  gst_element_class_set_static_metadata(element, "Test", "Decryptor", "Passes on", "isodemux");
}

}  // namespace

namespace iso::test {

void RegisterTestDecryptor() {
  gst_element_register(nullptr, "testdecryptor", GST_RANK_PRIMARY, test_decryptor_get_type());
}

}  // namespace iso::test
