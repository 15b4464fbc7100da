// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Transforms of subtitles: timed text, WebVTT cues; and of samples that only lose bytes.

#include <algorithm>
#include <string>

#include "core/codec/box_list.h"
#include "element/transform.h"

namespace iso::gst {
namespace {

Buffers One(Ref<GstBuffer> buffer) {
  Buffers samples;
  samples.push_back(std::move(buffer));
  return samples;
}

/// A buffer with this text and everything but the bytes of `sample`.
Ref<GstBuffer> WithText(const std::string& text, GstBuffer* sample) {
  auto buffer = Ref<GstBuffer>::Adopt(gst_buffer_new_memdup(text.data(), text.size()));
  gst_buffer_copy_into(buffer.get(), sample, GST_BUFFER_COPY_METADATA, 0, static_cast<gsize>(-1));
  return buffer;
}

std::string Converted(Bytes bytes, const char* charset) {
  gsize length = 0;
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  const GCharPtr utf8(g_convert(
      text, static_cast<gssize>(bytes.size()), "UTF-8", charset, nullptr, &length, nullptr));
  return utf8 ? std::string(utf8.get(), length) : std::string();
}

/// 3GPP TS 26.245 5.17: UTF-8, or UTF-16 if a byte order mark says so. QuickTime's texts
/// may be in Macintosh's own encoding.
std::string ToUtf8(Bytes bytes) {
  if (bytes.size() >= 2) {
    const uint16_t mark = LoadBE16(bytes.data());
    if (mark == 0xfeff) return Converted(bytes.subspan(2), "UTF-16BE");
    if (mark == 0xfffe) return Converted(bytes.subspan(2), "UTF-16LE");
  }
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  if (g_utf8_validate(text, static_cast<gssize>(bytes.size()), nullptr)) {
    return std::string(text, bytes.size());
  }
  return Converted(bytes, "MACINTOSH");
}

class TextTransform final : public SampleTransform {
 public:
  Buffers Apply(Ref<GstBuffer> sample) const override {
    std::string text;
    if (const MapGuard map(sample.get()); map) {
      Reader r(map.span());
      const size_t length = r.U16();
      text = ToUtf8(r.Take(std::min(length, r.left())));
    }
    if (text.empty()) return {};
    return One(WithText(text, sample.get()));
  }
};

/// HH:MM:SS.mmm
std::string VttTime(GstClockTime time) {
  const GstClockTime ms = time / GST_MSECOND;
  const GCharPtr text(g_strdup_printf("%02u:%02u:%02u.%03u",
                                      static_cast<unsigned>(ms / 3'600'000),
                                      static_cast<unsigned>(ms / 60'000 % 60),
                                      static_cast<unsigned>(ms / 1000 % 60),
                                      static_cast<unsigned>(ms % 1000)));
  return text.get();
}

std::string TextOf(Bytes bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// A VTTCueBox as a cue block of a WebVTT file. Empty without a payload.
std::string CueBlock(Bytes cue, const std::string& times) {
  const Bytes payload = BoxList::Find(cue, "payl");
  if (payload.empty()) return {};
  std::string block;
  if (const Bytes id = BoxList::Find(cue, "iden"); !id.empty()) block += TextOf(id) + "\n";
  block += times;
  if (const Bytes settings = BoxList::Find(cue, "sttg"); !settings.empty()) {
    block.append(1, ' ').append(TextOf(settings));
  }
  return block.append(1, '\n').append(TextOf(payload)).append("\n\n");
}

class WebVttTransform final : public SampleTransform {
 public:
  Buffers Apply(Ref<GstBuffer> sample) const override {
    const MapGuard map(sample.get());
    const std::string times = Times(sample.get());
    std::string text;
    BoxList boxes(map.span());
    for (BoxView box; boxes.Next(&box);) {
      if (box.type == FourCC("vttc")) text += CueBlock(box.body, times);
    }
    if (text.empty()) return {};
    return One(WithText(text, sample.get()));
  }

 private:
  static std::string Times(GstBuffer* sample) {
    const GstClockTime start = GST_BUFFER_PTS_IS_VALID(sample) ? GST_BUFFER_PTS(sample) : 0;
    const GstClockTime duration =
        GST_BUFFER_DURATION_IS_VALID(sample) ? GST_BUFFER_DURATION(sample) : 0;
    return VttTime(start) + " --> " + VttTime(start + duration);
  }
};

class TrimTransform final : public SampleTransform {
 public:
  explicit TrimTransform(size_t bytes) : bytes_(bytes) {}

  Buffers Apply(Ref<GstBuffer> sample) const override {
    if (gst_buffer_get_size(sample.get()) < bytes_) return {};
    gst_buffer_resize(sample.writable(), static_cast<gssize>(bytes_), -1);
    return One(std::move(sample));
  }

 private:
  size_t bytes_;
};

class MinimumTransform final : public SampleTransform {
 public:
  explicit MinimumTransform(size_t bytes) : bytes_(bytes) {}

  Buffers Apply(Ref<GstBuffer> sample) const override {
    if (gst_buffer_get_size(sample.get()) < bytes_) return {};
    return One(std::move(sample));
  }

 private:
  size_t bytes_;
};

}  // namespace

TransformRef MakeTextTransform() {
  return std::make_shared<TextTransform>();
}

TransformRef MakeWebVttTransform() {
  return std::make_shared<WebVttTransform>();
}

TransformRef MakeTrimTransform(size_t bytes) {
  return std::make_shared<TrimTransform>(bytes);
}

TransformRef MakeMinimumTransform(size_t bytes) {
  return std::make_shared<MinimumTransform>(bytes);
}

}  // namespace iso::gst
