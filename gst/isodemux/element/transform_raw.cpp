// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Transforms of raw pictures and sound: memory as downstream's SIMD code and GstVideoInfo
// want it. A sample that is so already goes out as it is.

#include <algorithm>
#include <cstring>

#include "element/transform.h"

namespace iso::gst {
namespace {

constexpr guint kAlignment = 32;
constexpr size_t kPaletteBytes = 1024;  // 256 colours of 32 bits

Buffers One(Ref<GstBuffer> buffer) {
  Buffers samples;
  samples.push_back(std::move(buffer));
  return samples;
}

bool IsAligned(Bytes bytes, size_t alignment) {
  return reinterpret_cast<uintptr_t>(bytes.data()) % alignment == 0;
}

Ref<GstBuffer> NewAligned(size_t size, GstBuffer* like) {
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  params.align = kAlignment - 1;
  auto buffer = Ref<GstBuffer>::Adopt(gst_buffer_new_allocate(nullptr, size, &params));
  if (!buffer) return buffer;
  gst_buffer_copy_into(buffer.get(), like, GST_BUFFER_COPY_METADATA, 0, static_cast<gsize>(-1));
  return buffer;
}

class RawVideoTransform final : public SampleTransform {
 public:
  RawVideoTransform(const GstVideoInfo& info, StoredPicture stored)
      : info_(info), stored_(std::move(stored)), picture_bytes_(PictureBytes()) {
    MeasureRows();
  }

  Buffers Apply(Ref<GstBuffer> sample) const override {
    {
      const MapGuard map(sample.get());
      if (IsReady(map.span())) return One(std::move(sample));
    }
    const MapGuard in(sample.get());
    auto picture = NewAligned(GST_VIDEO_INFO_SIZE(&info_), sample.get());
    if (!picture) return {};
    const MapGuard out(picture.get(), GST_MAP_WRITE);
    if (!out || !CopyPicture(in.span(), out.writable())) return {};
    FixPixels(out.writable().first(picture_bytes_));
    if (stored_.chroma_around) PutLumaFirst(out.writable());
    CopyPalette(out.writable());
    return One(std::move(picture));
  }

 private:
  struct Plane {
    size_t row_bytes = 0;  ///< that hold pixels
    size_t rows = 0;
  };

  /// The pixels' part of a picture: RGB8P has its palette behind it.
  size_t PictureBytes() const {
    return HasPalette() ? GST_VIDEO_INFO_PLANE_OFFSET(&info_, 1) : GST_VIDEO_INFO_SIZE(&info_);
  }

  bool HasPalette() const { return GST_VIDEO_INFO_FORMAT(&info_) == GST_VIDEO_FORMAT_RGB8P; }

  bool IsReady(Bytes stored) const {
    return stored.size() == GST_VIDEO_INFO_SIZE(&info_) && IsAligned(stored, kAlignment) &&
           stored_.row_align == 1 && !stored_.swap_bytes && !stored_.signed_chroma &&
           !stored_.chroma_around && !HasPalette();
  }

  void MeasureRows() {
    const GstVideoFormatInfo* format = info_.finfo;
    for (guint c = 0; c < GST_VIDEO_FORMAT_INFO_N_COMPONENTS(format); ++c) {
      const guint p = GST_VIDEO_FORMAT_INFO_PLANE(format, c);
      const int stride = GST_VIDEO_FORMAT_INFO_PSTRIDE(format, c);
      const int width = GST_VIDEO_INFO_COMP_WIDTH(&info_, c);
      const int rows = GST_VIDEO_INFO_COMP_HEIGHT(&info_, c);
      if (HasPalette() && c > 0) break;  // the others are of the palette
      // Formats whose pixels are no whole bytes (v210) are taken row by row.
      const int bytes = stride > 0 ? stride * width : GST_VIDEO_INFO_PLANE_STRIDE(&info_, p);
      planes_[p].row_bytes = std::max(planes_[p].row_bytes, static_cast<size_t>(bytes));
      planes_[p].rows = std::max(planes_[p].rows, static_cast<size_t>(rows));
    }
  }

  size_t PlaneCount() const { return HasPalette() ? 1 : GST_VIDEO_INFO_N_PLANES(&info_); }

  /// Bytes of a stored row with this padding.
  static size_t Padded(size_t row_bytes, size_t align) {
    return (row_bytes + align - 1) / align * align;
  }

  size_t StoredBytes(size_t align) const {
    size_t total = 0;
    for (size_t p = 0; p < PlaneCount(); ++p) {
      total += Padded(planes_[p].row_bytes, align) * planes_[p].rows;
    }
    return total;
  }

  /// From what the file says, or else from the sample's size, to the picture's layout.
  bool CopyPicture(Bytes stored, std::span<uint8_t> out) const {
    const bool as_caps_say = stored_.row_align == 1 && stored.size() >= picture_bytes_ &&
                             stored.size() != StoredBytes(1);
    if (as_caps_say && PlaneCount() > 1) {
      std::memcpy(out.data(), stored.data(), picture_bytes_);
      return true;
    }
    if (PlaneCount() == 1) return CopyPlane(0, stored, SinglePlaneStride(stored.size()), out);
    for (size_t p = 0; p < PlaneCount(); ++p) {
      const size_t stride = Padded(planes_[p].row_bytes, stored_.row_align);
      if (!CopyPlane(p, stored, stride, out)) return false;
      stored = stored.subspan(std::min(stride * planes_[p].rows, stored.size()));
    }
    return true;
  }

  /// QuickTime pads rows in ways it does not write down; the size tells.
  size_t SinglePlaneStride(size_t size) const {
    const Plane& plane = planes_[0];
    if (stored_.row_align > 1) return Padded(plane.row_bytes, stored_.row_align);
    const bool divides = plane.rows > 0 && size % plane.rows == 0;
    const size_t stride = divides ? size / plane.rows : plane.row_bytes;
    const bool credible = stride >= plane.row_bytes && stride < plane.row_bytes + 128;
    return credible ? stride : plane.row_bytes;
  }

  bool CopyPlane(size_t p, Bytes stored, size_t stride, std::span<uint8_t> out) const {
    const Plane& plane = planes_[p];
    const auto out_stride = static_cast<size_t>(GST_VIDEO_INFO_PLANE_STRIDE(&info_, p));
    const size_t out_offset = GST_VIDEO_INFO_PLANE_OFFSET(&info_, p);
    const size_t bytes = std::min(plane.row_bytes, out_stride);
    if (plane.rows == 0 || stride * (plane.rows - 1) + bytes > stored.size()) return false;
    if (out_offset + out_stride * (plane.rows - 1) + bytes > out.size()) return false;
    for (size_t row = 0; row < plane.rows; ++row) {
      std::memcpy(&out[out_offset + row * out_stride], &stored[row * stride], bytes);
    }
    return true;
  }

  void FixPixels(std::span<uint8_t> pixels) const {
    if (stored_.swap_bytes) {
      for (size_t i = 0; i + 1 < pixels.size(); i += 2)
        std::swap(pixels[i], pixels[i + 1]);
    }
    if (stored_.signed_chroma) {
      for (size_t i = 1; i < pixels.size(); i += 2)
        pixels[i] ^= 0x80;
    }
  }

  void PutLumaFirst(std::span<uint8_t> pixels) const {
    const auto stride = static_cast<size_t>(GST_VIDEO_INFO_PLANE_STRIDE(&info_, 0));
    for (size_t row = 0; row < planes_[0].rows; ++row) {
      uint8_t* pixel = &pixels[row * stride];
      for (size_t i = 0; i + 3 <= planes_[0].row_bytes; i += 3, pixel += 3) {
        std::rotate(pixel, pixel + 1, pixel + 3);
      }
    }
  }

  void CopyPalette(std::span<uint8_t> out) const {
    if (!HasPalette() || out.size() < picture_bytes_ + kPaletteBytes) return;
    std::memset(&out[picture_bytes_], 0, kPaletteBytes);
    const size_t bytes = std::min(stored_.palette.size() * 4, kPaletteBytes);
    if (bytes > 0) std::memcpy(&out[picture_bytes_], stored_.palette.data(), bytes);
  }

  GstVideoInfo info_;
  StoredPicture stored_;
  size_t picture_bytes_;
  Plane planes_[GST_VIDEO_MAX_PLANES];
};

class PcmTransform final : public SampleTransform {
 public:
  PcmTransform(const GstAudioInfo& info, std::vector<GstAudioChannelPosition> stored_order)
      : info_(info), stored_order_(std::move(stored_order)) {}

  Buffers Apply(Ref<GstBuffer> sample) const override {
    const auto frame_bytes = static_cast<size_t>(GST_AUDIO_INFO_BPF(&info_));
    const size_t size = gst_buffer_get_size(sample.get());
    const size_t whole = size - size % frame_bytes;
    if (whole == 0) return {};
    if (whole != size) gst_buffer_resize(sample.writable(), 0, static_cast<gssize>(whole));
    sample = Aligned(std::move(sample));
    if (!sample) return {};
    Reorder(sample);
    return One(std::move(sample));
  }

 private:
  Ref<GstBuffer> Aligned(Ref<GstBuffer> sample) const {
    const MapGuard in(sample.get());
    const auto sample_bytes = static_cast<size_t>(GST_AUDIO_INFO_WIDTH(&info_)) / 8;
    if (!in || sample_bytes == 3 || IsAligned(in.span(), std::max<size_t>(sample_bytes, 1))) {
      return sample;
    }
    auto copy = NewAligned(in.span().size(), sample.get());
    if (!copy) return copy;
    gst_buffer_fill(copy.get(), 0, in.span().data(), in.span().size());
    return copy;
  }

  void Reorder(Ref<GstBuffer>& sample) const {
    if (stored_order_.empty()) return;
    gst_audio_buffer_reorder_channels(sample.writable(),
                                      GST_AUDIO_INFO_FORMAT(&info_),
                                      GST_AUDIO_INFO_CHANNELS(&info_),
                                      stored_order_.data(),
                                      info_.position);
  }

  GstAudioInfo info_;
  std::vector<GstAudioChannelPosition> stored_order_;
};

}  // namespace

TransformRef MakeRawVideoTransform(const GstVideoInfo& info, StoredPicture stored) {
  return std::make_shared<RawVideoTransform>(info, std::move(stored));
}

TransformRef MakePcmTransform(const GstAudioInfo& info,
                              std::vector<GstAudioChannelPosition> stored_order) {
  return std::make_shared<PcmTransform>(info, std::move(stored_order));
}

}  // namespace iso::gst
