// SPDX-License-Identifier: LGPL-2.1-or-later
//
// From stored samples to buffers.

#include "element/transform.h"

#include <string>

#include <gtest/gtest.h>

#include "../support/entry_builder.h"

namespace iso::test {
namespace {

using gst::Ref;
using gst::Buffers;
using gst::TransformRef;

Ref<GstBuffer> Sample(const Bytes& bytes) {
  auto buffer = Ref<GstBuffer>::Adopt(gst_buffer_new_allocate(nullptr, bytes.size(), nullptr));
  gst_buffer_fill(buffer.get(), 0, bytes.data(), bytes.size());
  GST_BUFFER_PTS(buffer.get()) = 2 * GST_SECOND;
  GST_BUFFER_DURATION(buffer.get()) = 500 * GST_MSECOND;
  return buffer;
}

Bytes Content(const Ref<GstBuffer>& buffer) {
  const gst::MapGuard map(buffer.get());
  return Bytes(map.span().begin(), map.span().end());
}

/// The only output, as text; "-" when there is none.
std::string TextFrom(const TransformRef& transform, const Bytes& sample) {
  const Buffers out = transform->Apply(Sample(sample));
  if (out.empty()) return "-";
  EXPECT_EQ(out.size(), 1u);
  EXPECT_EQ(GST_BUFFER_PTS(out[0].get()), 2 * GST_SECOND);
  EXPECT_EQ(GST_BUFFER_DURATION(out[0].get()), 500 * GST_MSECOND);
  const Bytes bytes = Content(out[0]);
  return std::string(bytes.begin(), bytes.end());
}

TEST(TextTransform, StripsLengthAndStyles) {
  const TransformRef text = gst::MakeTextTransform();
  EXPECT_EQ(TextFrom(text, Join({Raw({0, 5}), Text("hello")})), "hello");
  EXPECT_EQ(TextFrom(text, Join({Raw({0, 3}), Text("abc"), Box("styl", {})})), "abc");
  EXPECT_EQ(TextFrom(text, Join({Raw({0, 9}), Text("short")})), "short");
  EXPECT_EQ(TextFrom(text, Raw({0, 0})), "-");
  EXPECT_EQ(TextFrom(text, Raw({5})), "-");
}

TEST(TextTransform, ConvertsToUtf8) {
  const TransformRef text = gst::MakeTextTransform();
  EXPECT_EQ(TextFrom(text, Raw({0, 6, 0xfe, 0xff, 0, 'A', 0, 0xe9})), "A\xc3\xa9");
  EXPECT_EQ(TextFrom(text, Raw({0, 4, 0xff, 0xfe, 'A', 0})), "A");
  EXPECT_EQ(TextFrom(text, Raw({0, 2, 'A', 0x8e})), "A\xc3\xa9") << "Macintosh";
}

Bytes Cue(std::initializer_list<Bytes> boxes) {
  return Box("vttc", Join(boxes));
}

TEST(WebVttTransform, WritesCues) {
  const TransformRef vtt = gst::MakeWebVttTransform();
  EXPECT_EQ(TextFrom(vtt, Cue({Box("payl", Text("Hi"))})), "00:00:02.000 --> 00:00:02.500\nHi\n\n");
  const Bytes full =
      Cue({Box("iden", Text("one")), Box("sttg", Text("line:0")), Box("payl", Text("Hi"))});
  EXPECT_EQ(TextFrom(vtt, Join({full, Cue({Box("payl", Text("B"))})})),
            "one\n00:00:02.000 --> 00:00:02.500 line:0\nHi\n\n"
            "00:00:02.000 --> 00:00:02.500\nB\n\n");
}

TEST(WebVttTransform, SaysNothingWithoutCues) {
  const TransformRef vtt = gst::MakeWebVttTransform();
  EXPECT_EQ(TextFrom(vtt, Box("vtte", {})), "-");
  EXPECT_EQ(TextFrom(vtt, Box("vtta", Text("note"))), "-");
  EXPECT_EQ(TextFrom(vtt, Cue({})), "-");
  EXPECT_EQ(TextFrom(vtt, Raw({0, 0, 0})), "-");
}

TEST(CaptionTransform, TripletsOfBothFields) {
  const TransformRef captions = gst::MakeCea608Transform(GST_SECOND / 25);
  const Bytes sample = Join({Box("cdat", Raw({0x94, 0x2c})), Box("cdt2", Raw({0x11, 0x22}))});
  const Buffers out = captions->Apply(Sample(sample));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(Content(out[0]), Raw({0x80, 0x94, 0x2c, 0x00, 0x11, 0x22}));
  EXPECT_EQ(GST_BUFFER_DURATION(out[0].get()), 500 * GST_MSECOND);
}

TEST(CaptionTransform, OnePairAFrame) {
  const TransformRef captions = gst::MakeCea608Transform(GST_SECOND / 25);
  const Buffers out = captions->Apply(Sample(Box("cdat", Raw({1, 2, 3, 4, 5, 6, 7}))));
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(Content(out[2]), Raw({0x80, 5, 6}));
  EXPECT_EQ(GST_BUFFER_PTS(out[1].get()), 2040 * GST_MSECOND);
  EXPECT_EQ(GST_BUFFER_DURATION(out[1].get()), 40 * GST_MSECOND);
  EXPECT_EQ(GST_BUFFER_DURATION(out[2].get()), 420 * GST_MSECOND);
}

TEST(CaptionTransform, SharesTheSampleWhenItIsTooShort) {
  const TransformRef captions = gst::MakeCea608Transform(GST_SECOND);
  const Buffers out = captions->Apply(Sample(Box("cdat", Raw({1, 2, 3, 4}))));
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(GST_BUFFER_PTS(out[1].get()), 2250 * GST_MSECOND);
}

TEST(CaptionTransform, EmptyOrDamagedSaysNothing) {
  EXPECT_TRUE(gst::MakeCea608Transform(0)->Apply(Sample(Box("cdat", {}))).empty());
  EXPECT_TRUE(gst::MakeCea608Transform(0)->Apply(Sample(Raw({1, 2}))).empty());
  EXPECT_TRUE(gst::MakeCea708Transform()->Apply(Sample(Raw({1, 2}))).empty());
  const Buffers out = gst::MakeCea708Transform()->Apply(Sample(Box("ccdp", Text("packet"))));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(Content(out[0]), Text("packet"));
}

TEST(TrimTransform, DropsLeadingBytes) {
  const Buffers out = gst::MakeTrimTransform(1)->Apply(Sample(Text("ABC")));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(Content(out[0]), Text("BC"));
  EXPECT_TRUE(gst::MakeTrimTransform(1)->Apply(Sample({})).empty());
  EXPECT_TRUE(gst::MakeMinimumTransform(3)->Apply(Sample(Raw({0, 0}))).empty());
  EXPECT_EQ(gst::MakeMinimumTransform(3)->Apply(Sample(Raw({0, 0, 0}))).size(), 1u);
}

GstVideoInfo VideoInfo(GstVideoFormat format, guint width, guint height) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, width, height);
  return info;
}

TEST(RawVideoTransform, PadsTightRows) {
  // RGB of 3 pixels: rows of 9 bytes, 12 in GStreamer.
  const auto rgb = gst::MakeRawVideoTransform(VideoInfo(GST_VIDEO_FORMAT_RGB, 3, 2), {});
  const Buffers out = rgb->Apply(Sample(Text("aaabbbcccdddeeefff")));
  ASSERT_EQ(out.size(), 1u);
  const Bytes bytes = Content(out[0]);
  ASSERT_EQ(bytes.size(), 24u);
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 9), "aaabbbccc");
  EXPECT_EQ(std::string(bytes.begin() + 12, bytes.begin() + 21), "dddeeefff");
}

TEST(RawVideoTransform, FindsThePaddingFromTheSize) {
  const auto gray = gst::MakeRawVideoTransform(VideoInfo(GST_VIDEO_FORMAT_GRAY8, 4, 2), {});
  const Bytes bytes = Content(gray->Apply(Sample(Text("abcd....efgh....")))[0]);
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 8), "abcdefgh");
}

TEST(RawVideoTransform, HonoursRowAlignment) {
  gst::StoredPicture stored;
  stored.row_align = 8;
  const auto i420 = gst::MakeRawVideoTransform(VideoInfo(GST_VIDEO_FORMAT_I420, 4, 2), stored);
  const Bytes sample = Text("abcd....efgh....uu......vv......");
  const Bytes bytes = Content(i420->Apply(Sample(sample))[0]);
  ASSERT_GE(bytes.size(), 16u);
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 10), "abcdefghuu");
  EXPECT_EQ(std::string(bytes.begin() + 12, bytes.begin() + 14), "vv");
}

TEST(RawVideoTransform, ShortPicturesAreDropped) {
  const auto rgb = gst::MakeRawVideoTransform(VideoInfo(GST_VIDEO_FORMAT_RGB, 3, 2), {});
  EXPECT_TRUE(rgb->Apply(Sample(Text("aaabbbcccdddeee"))).empty());
  EXPECT_TRUE(rgb->Apply(Sample({})).empty());
  const auto i420 = gst::MakeRawVideoTransform(VideoInfo(GST_VIDEO_FORMAT_I420, 4, 4), {});
  EXPECT_TRUE(i420->Apply(Sample(Bytes(23))).empty());
}

TEST(RawVideoTransform, FixesPixels) {
  gst::StoredPicture swapped;
  swapped.swap_bytes = true;
  const auto rgb15 = gst::MakeRawVideoTransform(VideoInfo(GST_VIDEO_FORMAT_RGB15, 2, 1), swapped);
  EXPECT_EQ(Content(rgb15->Apply(Sample(Text("abcd")))[0]), Text("badc"));
  gst::StoredPicture chroma;
  chroma.signed_chroma = true;
  const auto yuy2 = gst::MakeRawVideoTransform(VideoInfo(GST_VIDEO_FORMAT_YUY2, 2, 1), chroma);
  EXPECT_EQ(Content(yuy2->Apply(Sample(Raw({1, 0, 2, 0xff})))[0]), Raw({1, 0x80, 2, 0x7f}));
}

TEST(RawVideoTransform, PutsLumaBeforeChroma) {
  gst::StoredPicture stored;
  stored.chroma_around = true;
  const auto v308 = gst::MakeRawVideoTransform(VideoInfo(GST_VIDEO_FORMAT_v308, 4, 2), stored);
  const Bytes sample = Text("vyuVYUvyuVYUvyuVYUvyuVYU");
  EXPECT_EQ(Content(v308->Apply(Sample(sample))[0]), Text("yuvYUVyuvYUVyuvYUVyuvYUV"));
}

TEST(RawVideoTransform, AppendsThePalette) {
  gst::StoredPicture stored;
  stored.palette = {0xff112233};
  const auto indexed = gst::MakeRawVideoTransform(VideoInfo(GST_VIDEO_FORMAT_RGB8P, 8, 2), stored);
  const Bytes bytes = Content(indexed->Apply(Sample(Text("0123456789abcdef")))[0]);
  ASSERT_EQ(bytes.size(), 16u + 1024u);
  EXPECT_EQ(bytes[0], '0');
  uint32_t color;
  memcpy(&color, &bytes[16], 4);
  EXPECT_EQ(color, 0xff112233u);
}

TEST(RawVideoTransform, AlignedPicturesPassAsTheyAre) {
  const GstVideoInfo info = VideoInfo(GST_VIDEO_FORMAT_GRAY8, 64, 1);
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  params.align = 31;
  auto buffer = Ref<GstBuffer>::Adopt(gst_buffer_new_allocate(nullptr, 64, &params));
  gst_buffer_memset(buffer.get(), 0, 7, 64);
  GstBuffer* const before = buffer.get();
  const Buffers out = gst::MakeRawVideoTransform(info, {})->Apply(std::move(buffer));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].get(), before);
}

TEST(PcmTransform, WholeAlignedFramesInOrder) {
  GstAudioInfo info;
  gst_audio_info_init(&info);
  const GstAudioChannelPosition ordered[] = {GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT,
                                             GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT,
                                             GST_AUDIO_CHANNEL_POSITION_FRONT_CENTER};
  gst_audio_info_set_format(&info, GST_AUDIO_FORMAT_S16LE, 48000, 3, ordered);
  const auto pcm = gst::MakePcmTransform(info, {ordered[2], ordered[0], ordered[1]});
  EXPECT_EQ(Content(pcm->Apply(Sample(Text("CCLLRRccllrr!")))[0]), Text("LLRRCCllrrcc"));
  EXPECT_TRUE(pcm->Apply(Sample(Text("CCLLR"))).empty());
}

TEST(PcmTransform, AlignsSamples) {
  GstAudioInfo info;
  gst_audio_info_init(&info);
  gst_audio_info_set_format(&info, GST_AUDIO_FORMAT_F64LE, 48000, 1, nullptr);
  auto buffer = Sample(Bytes(17));
  gst_buffer_resize(buffer.get(), 1, 16);
  const Buffers out = gst::MakePcmTransform(info, {})->Apply(std::move(buffer));
  ASSERT_EQ(out.size(), 1u);
  const gst::MapGuard map(out[0].get());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(map.span().data()) % 8, 0u);
  EXPECT_EQ(map.span().size(), 16u);
}

}  // namespace
}  // namespace iso::test
