// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Transforms of closed captions: QuickTime's boxes to the forms GStreamer's caps name.

#include <algorithm>
#include <array>

#include "core/codec/box_list.h"
#include "element/transform.h"

namespace iso::gst {
namespace {

/// SMPTE 334-1 annex A: which field, then a pair of bytes.
constexpr uint8_t kField1 = 0x80;
constexpr uint8_t kField2 = 0x00;
constexpr size_t kPairBytes = 2;

/// All bytes of the boxes of one type, one after the other.
std::vector<uint8_t> Collect(Bytes sample, FourCC type) {
  std::vector<uint8_t> bytes;
  BoxList boxes(sample);
  for (BoxView box; boxes.Next(&box);) {
    if (box.type == type) bytes.insert(bytes.end(), box.body.begin(), box.body.end());
  }
  return bytes;
}

void AppendTriplet(std::vector<uint8_t>& out, uint8_t field, Bytes pairs, size_t index) {
  const size_t offset = index * kPairBytes;
  if (offset + kPairBytes > pairs.size()) return;
  out.insert(out.end(), {field, pairs[offset], pairs[offset + 1]});
}

class Cea608Transform final : public SampleTransform {
 public:
  explicit Cea608Transform(GstClockTime frame) : frame_(frame) {}

  Buffers Apply(Ref<GstBuffer> sample) const override {
    const MapGuard map(sample.get());
    const std::vector<uint8_t> field1 = Collect(map.span(), "cdat");
    const std::vector<uint8_t> field2 = Collect(map.span(), "cdt2");
    const size_t count = std::max(field1.size(), field2.size()) / kPairBytes;
    Buffers samples;
    for (size_t i = 0; i < count; ++i) {
      std::vector<uint8_t> triplets;
      AppendTriplet(triplets, kField1, field1, i);
      AppendTriplet(triplets, kField2, field2, i);
      auto buffer = Ref<GstBuffer>::Adopt(gst_buffer_new_memdup(triplets.data(), triplets.size()));
      gst_buffer_copy_into(
          buffer.get(), sample.get(), GST_BUFFER_COPY_METADATA, 0, static_cast<gsize>(-1));
      Place(buffer.get(), sample.get(), i, count);
      samples.push_back(std::move(buffer));
    }
    return samples;
  }

 private:
  /// Pair `i` of `count` goes with the i-th video frame; where the sample is too short
  /// for that, its pairs share it.
  void Place(GstBuffer* buffer, GstBuffer* sample, size_t i, size_t count) const {
    if (count == 1 || !GST_BUFFER_PTS_IS_VALID(sample)) return;
    GstClockTime step = frame_;
    if (GST_BUFFER_DURATION_IS_VALID(sample)) {
      const GstClockTime share = GST_BUFFER_DURATION(sample) / count;
      step = step == 0 ? share : std::min(step, share);
    }
    GST_BUFFER_PTS(buffer) = GST_BUFFER_PTS(sample) + i * step;
    if (GST_BUFFER_DTS_IS_VALID(sample)) {
      GST_BUFFER_DTS(buffer) = GST_BUFFER_DTS(sample) + i * step;
    }
    const bool last = i + 1 == count && GST_BUFFER_DURATION_IS_VALID(sample);
    GST_BUFFER_DURATION(buffer) = last ? GST_BUFFER_DURATION(sample) - i * step : step;
  }

  GstClockTime frame_;
};

class Cea708Transform final : public SampleTransform {
 public:
  Buffers Apply(Ref<GstBuffer> sample) const override {
    std::vector<uint8_t> packets;
    if (const MapGuard map(sample.get()); map) packets = Collect(map.span(), "ccdp");
    if (packets.empty()) return {};
    auto buffer = Ref<GstBuffer>::Adopt(gst_buffer_new_memdup(packets.data(), packets.size()));
    gst_buffer_copy_into(
        buffer.get(), sample.get(), GST_BUFFER_COPY_METADATA, 0, static_cast<gsize>(-1));
    Buffers samples;
    samples.push_back(std::move(buffer));
    return samples;
  }
};

}  // namespace

TransformRef MakeCea608Transform(GstClockTime frame) {
  return std::make_shared<Cea608Transform>(frame);
}

TransformRef MakeCea708Transform() {
  return std::make_shared<Cea708Transform>();
}

}  // namespace iso::gst
