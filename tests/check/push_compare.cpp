// SPDX-License-Identifier: LGPL-2.1-or-later

#include "push_compare.h"

#include <algorithm>
#include <sstream>

namespace iso::test {
namespace {

std::string TextOf(const GstSegment& s) {
  std::ostringstream out;
  out << s.rate << ' ' << s.applied_rate << ' ' << s.start << ' ' << s.stop << ' ' << s.time << ' '
      << s.base << ' ' << s.flags;
  return out.str();
}

std::string ProtectionOf(const RecordedItem& item) {
  if (!item.protection) return "none";
  gchar* text = gst_structure_to_string(item.protection.get());
  const std::string copy = text;
  g_free(text);
  return copy;
}

std::string TextOf(const RecordedItem& item) {
  std::ostringstream out;
  if (item.event) {
    out << GST_EVENT_TYPE_NAME(item.event.get());
    if (GST_EVENT_TYPE(item.event.get()) == GST_EVENT_SEGMENT) {
      const GstSegment* segment = nullptr;
      gst_event_parse_segment(item.event.get(), &segment);
      out << ' ' << TextOf(*segment);
    }
    return out.str();
  }
  out << "buffer protection " << ProtectionOf(item) << " pts " << item.pts << " dts " << item.dts
      << " duration " << item.duration << " offset " << item.offset << " flags " << item.flags
      << " bytes " << item.data.size() << " clip " << item.clip_start << '+' << item.clip_end
      << " caps " << item.caps;
  return out.str();
}

/// A file has no order of gaps, and what is pushed no stream collection: neither is compared.
std::vector<const RecordedItem*> Comparable(const RecordedPad& pad) {
  std::vector<const RecordedItem*> items;
  for (const RecordedItem& item : pad.items) {
    const GstEventType type = item.event ? GST_EVENT_TYPE(item.event.get()) : GST_EVENT_UNKNOWN;
    if (type == GST_EVENT_GAP || type == GST_EVENT_STREAM_COLLECTION) continue;
    items.push_back(&item);
  }
  return items;
}

/// A segment of no length: the track is known to be over by then.
bool IsOver(const RecordedItem& item) {
  if (!item.event || GST_EVENT_TYPE(item.event.get()) != GST_EVENT_SEGMENT) return false;
  const GstSegment* segment = nullptr;
  gst_event_parse_segment(item.event.get(), &segment);
  return segment->start == segment->stop;
}

/// Where a movie in fragments ends is not told beforehand when it is pushed.
bool OnlyEndUnknown(const RecordedItem& pulled, const RecordedItem& pushed) {
  const auto is_segment = [](const RecordedItem& item) {
    return item.event && GST_EVENT_TYPE(item.event.get()) == GST_EVENT_SEGMENT;
  };
  if (!is_segment(pulled) || !is_segment(pushed)) return false;
  GstSegment a;
  GstSegment b;
  gst_event_copy_segment(pulled.event.get(), &a);
  gst_event_copy_segment(pushed.event.get(), &b);
  if (b.stop != GST_CLOCK_TIME_NONE) return false;
  a.stop = b.stop;
  return TextOf(a) == TextOf(b);
}

/// Nor that a packet is the last one, of which less is heard than it decodes to.
bool OnlyPaddingUnknown(const RecordedPad& pad, const RecordedItem& pulled, RecordedItem pushed) {
  const auto last = std::find_if(
      pad.items.rbegin(), pad.items.rend(), [](const auto& item) { return !item.event; });
  if (&*last != &pulled || pushed.event || pushed.clip_end != 0) return false;
  pushed.clip_end = pulled.clip_end;
  return TextOf(pulled) == TextOf(pushed);
}

std::string Difference(const RecordedPad& pulled, const RecordedPad& pushed, bool failed) {
  if (pulled.name != pushed.name) return pulled.name + " became " + pushed.name;
  const auto a = Comparable(pulled);
  const auto b = Comparable(pushed);
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const std::string expected = TextOf(*a[i]);
    const std::string got = TextOf(*b[i]);
    // When that is not known, what leads in to nothing is pushed.
    if (expected != got && IsOver(*a[i])) return "";
    if (expected != got && !OnlyEndUnknown(*a[i], *b[i]) &&
        !OnlyPaddingUnknown(pulled, *a[i], *b[i])) {
      return pulled.name + " item " + std::to_string(i) + ": " + expected + " became " + got;
    }
    if (a[i]->data != b[i]->data) return pulled.name + " item " + std::to_string(i) + ": content";
  }
  // After an error there may still be events on their way.
  if (a.size() == b.size() || failed) return "";
  return pulled.name + ": " + std::to_string(a.size()) + " items became " +
         std::to_string(b.size());
}

}  // namespace

Played Play(Recorder* recorder, const std::string& path) {
  recorder->Start(path);
  Played played;
  played.outcome = recorder->WaitEos(60);
  played.errors = recorder->errors();
  played.pads = recorder->pads();
  return played;
}

Played Pull(const std::string& path) {
  Recorder recorder;
  return Play(&recorder, path);
}

std::string Difference(const Played& pulled, const Played& pushed) {
  if (pulled.outcome != pushed.outcome) {
    return "outcome " + std::to_string(static_cast<int>(pulled.outcome)) + " became " +
           std::to_string(static_cast<int>(pushed.outcome)) + " " +
           (pushed.errors.empty() ? "" : pushed.errors[0]);
  }
  if (pulled.pads.size() != pushed.pads.size()) return "number of pads";
  for (size_t i = 0; i < pulled.pads.size(); ++i) {
    const std::string difference =
        Difference(pulled.pads[i], pushed.pads[i], pulled.outcome == Outcome::kError);
    if (!difference.empty()) return difference;
  }
  return "";
}

}  // namespace iso::test
