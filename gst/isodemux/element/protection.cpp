// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/protection.h"

#include <algorithm>

#include "element/caps_draft.h"
#include "element/log.h"

#define GST_CAT_DEFAULT isodemux_debug

namespace iso::gst {
namespace {

constexpr const char* kContextType = "drm-preferred-decryption-system-id";

using StringVector = Unique<gchar*, g_strfreev>;

void SetBytes(GstStructure* structure, const char* field, Bytes bytes) {
  const Ref<GstBuffer> buffer = NewBuffer(bytes);
  gst_structure_set(structure, field, GST_TYPE_BUFFER, buffer.get(), nullptr);
}

void SetNumber(GstStructure* structure, const char* field, guint value) {
  gst_structure_set(structure, field, G_TYPE_UINT, value, nullptr);
}

std::string UuidText(const Uuid& id) {
  constexpr size_t kHyphens[] = {4, 6, 8, 10};
  std::string text;
  for (size_t i = 0; i < id.size(); ++i) {
    if (std::find(std::begin(kHyphens), std::end(kHyphens), i) != std::end(kHyphens)) text += '-';
    constexpr const char* kDigits = "0123456789abcdef";
    text += kDigits[id[i] >> 4];
    text += kDigits[id[i] & 15];
  }
  return text;
}

gboolean CollectProtection(GstPad*, GstEvent** event, gpointer list) {
  if (GST_EVENT_TYPE(*event) == GST_EVENT_PROTECTION) {
    static_cast<std::vector<Ref<GstEvent>>*>(list)->push_back(Ref<GstEvent>::Share(*event));
  }
  return TRUE;
}

/// Each once, in order.
std::vector<std::string> SystemsOf(const std::vector<Ref<GstEvent>>& events) {
  std::vector<std::string> systems;
  for (const Ref<GstEvent>& event : events) {
    const gchar* id = nullptr;
    gst_event_parse_protection(event.get(), &id, nullptr, nullptr);
    if (std::find(systems.begin(), systems.end(), id) == systems.end()) systems.emplace_back(id);
  }
  return systems;
}

/// The same, ended by a null. Good as long as `systems` is.
std::vector<const gchar*> Pointers(const std::vector<std::string>& systems) {
  std::vector<const gchar*> pointers;
  for (const std::string& system : systems) {
    pointers.push_back(system.c_str());
  }
  pointers.push_back(nullptr);
  return pointers;
}

/// What whoever decides has to know.
void DescribeQuestion(GstStructure* structure,
                      const gchar* const* systems,
                      const std::vector<Ref<GstEvent>>& events,
                      guint track_id) {
  gst_structure_set(structure,
                    "track-id",
                    G_TYPE_UINT,
                    track_id,
                    "available-stream-encryption-systems",
                    G_TYPE_STRV,
                    systems,
                    nullptr);
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_LIST);
  for (const Ref<GstEvent>& event : events) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_EVENT);
    g_value_set_boxed(&value, event.get());
    gst_value_list_append_and_take_value(&list, &value);
  }
  gst_structure_take_value(structure, "stream-encryption-events", &list);
}

std::string AnswerIn(GstContext* context) {
  if (context == nullptr) return {};
  const gchar* id =
      gst_structure_get_string(gst_context_get_structure(context), "decryption-system-id");
  return id == nullptr ? "" : id;
}

/// The element's own context first, then upstream's answer, then the application's. Downstream
/// is not asked: nothing can be linked to a pad that is not there yet.
std::string PreferredSystem(GstElement* element,
                            GstPad* sink,
                            const gchar* const* systems,
                            const std::vector<Ref<GstEvent>>& events,
                            guint track_id) {
  auto known = Ref<GstContext>::Adopt(gst_element_get_context(element, kContextType));
  if (known) return AnswerIn(known.get());
  const auto query = Ref<GstQuery>::Adopt(gst_query_new_context(kContextType));
  DescribeQuestion(gst_query_writable_structure(query.get()), systems, events, track_id);
  if (gst_pad_peer_query(sink, query.get())) {
    GstContext* context = nullptr;
    gst_query_parse_context(query.get(), &context);
    if (context != nullptr) {
      gst_element_set_context(element, context);
      return AnswerIn(context);
    }
  }
  GstMessage* message = gst_message_new_need_context(GST_OBJECT(element), kContextType);
  DescribeQuestion(gst_message_writable_structure(message), systems, events, track_id);
  gst_element_post_message(element, message);
  known = Ref<GstContext>::Adopt(gst_element_get_context(element, kContextType));
  return AnswerIn(known.get());
}

}  // namespace

void ProtectionMetas::Attach(const SampleProtection& protection, GstBuffer* buffer) {
  if (!common_ || scheme_ != protection.scheme || parameters_ != *protection.parameters) {
    Describe(protection);
  }
  GstStructure* info = gst_structure_copy(common_.get());
  if (protection.state == SampleProtection::State::kEncrypted) {
    if (protection.parameters->iv_size != 0) SetBytes(info, "iv", protection.iv);
    SetNumber(info,
              "subsample_count",
              static_cast<guint>(protection.subsamples.size() / kSubsampleBytes));
    if (!protection.subsamples.empty()) SetBytes(info, "subsamples", protection.subsamples);
  }
  gst_buffer_add_protection_meta(buffer, info);
}

void ProtectionMetas::Describe(const SampleProtection& protection) {
  const EncryptionParameters& p = *protection.parameters;
  scheme_ = protection.scheme;
  parameters_ = p;
  common_.reset(gst_structure_new("application/x-cenc",
                                  "iv_size",
                                  G_TYPE_UINT,
                                  static_cast<guint>(p.iv_size),
                                  "encrypted",
                                  G_TYPE_BOOLEAN,
                                  static_cast<gboolean>(p.is_protected),
                                  "cipher-mode",
                                  G_TYPE_STRING,
                                  scheme_.Text().c_str(),
                                  nullptr));
  GstStructure* info = common_.get();
  if (p.has_key_id) SetBytes(info, "kid", p.key_id);
  if (p.crypt_blocks != 0 || p.skip_blocks != 0) {
    SetNumber(info, "crypt_byte_block", p.crypt_blocks);
    SetNumber(info, "skip_byte_block", p.skip_blocks);
  }
  if (p.constant_iv_size != 0) {
    SetNumber(info, "constant_iv_size", p.constant_iv_size);
    SetBytes(info, "iv", p.ConstantIv());
  }
  if (p.piff_algorithm != 0) SetNumber(info, "piff_algorithm_id", p.piff_algorithm);
}

Ref<GstEvent> ProtectionEvent(const ProtectionSystem& system, const char* origin) {
  const Ref<GstBuffer> box = NewBuffer(system.box);
  return Ref<GstEvent>::Adopt(
      gst_event_new_protection(UuidText(system.system_id).c_str(), box.get(), origin));
}

std::vector<Ref<GstEvent>> ProtectionEvents(GstPad* sink,
                                            const std::vector<ProtectionSystem>& systems) {
  std::vector<Ref<GstEvent>> events;
  gst_pad_sticky_events_foreach(sink, CollectProtection, &events);
  for (const ProtectionSystem& system : systems) {
    events.push_back(ProtectionEvent(system, "isobmff/moov"));
  }
  return events;
}

std::string ChooseProtectionSystem(GstElement* element,
                                   GstPad* sink,
                                   const std::vector<Ref<GstEvent>>& events,
                                   guint track_id) {
  const std::vector<std::string> systems = SystemsOf(events);
  if (systems.empty()) return {};
  std::vector<const gchar*> pointers = Pointers(systems);
  const StringVector usable(gst_protection_filter_systems_by_available_decryptors(pointers.data()));
  const gchar* const* offered = usable ? usable.get() : pointers.data();
  const std::string preferred = PreferredSystem(element, sink, offered, events, track_id);
  if (std::find(systems.begin(), systems.end(), preferred) != systems.end()) return preferred;
  const gchar* selected = gst_protection_select_system(pointers.data());
  GST_INFO_OBJECT(element,
                  "track %u: %zu DRM systems, to be decrypted by %s",
                  track_id,
                  systems.size(),
                  selected == nullptr ? "none" : selected);
  return selected == nullptr ? "" : selected;
}

}  // namespace iso::gst
