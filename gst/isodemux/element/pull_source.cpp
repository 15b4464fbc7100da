// SPDX-License-Identifier: LGPL-2.1-or-later

#include "element/pull_source.h"

#include "element/log.h"

#define GST_CAT_DEFAULT isodemux_io_debug

namespace iso::gst {
namespace {

Errc ErrorOf(GstFlowReturn flow) {
  switch (flow) {
    case GST_FLOW_EOS:
      return Errc::kEndOfData;
    case GST_FLOW_FLUSHING:
      return Errc::kInterrupted;
    default:
      return Errc::kReadFailed;
  }
}

}  // namespace

PullSource::PullSource(GstPad* sink) : sink_(Ref<GstPad>::Share(sink)) {
  AskSize();
  const auto query = Ref<GstQuery>::Adopt(gst_query_new_scheduling());
  if (!gst_pad_peer_query(sink, query.get())) return;
  GstSchedulingFlags flags{};
  gst_query_parse_scheduling(query.get(), &flags, nullptr, nullptr, nullptr);
  limited_ = (flags & (GST_SCHEDULING_FLAG_BANDWIDTH_LIMITED | GST_SCHEDULING_FLAG_SEQUENTIAL)) != 0;
}

bool PullSource::AskSize() {
  gint64 size = -1;
  if (!gst_pad_peer_query_duration(sink_.get(), GST_FORMAT_BYTES, &size) || size < 0) return false;
  return size_.exchange(size, std::memory_order_relaxed) < size;
}

std::optional<uint64_t> PullSource::size() const {
  const int64_t size = size_.load(std::memory_order_relaxed);
  return size < 0 ? std::nullopt : std::optional<uint64_t>(static_cast<uint64_t>(size));
}

GstFlowReturn PullSource::PullRange(uint64_t offset, guint size, GstBuffer** buffer) {
  const GstFlowReturn flow = gst_pad_pull_range(sink_.get(), offset, size, buffer);
  if (flow != GST_FLOW_OK) {
    GST_DEBUG_OBJECT(sink_.get(),
                     "%u bytes at %" G_GUINT64_FORMAT ": %s",
                     size,
                     offset,
                     gst_flow_get_name(flow));
    last_failure_.store(flow, std::memory_order_relaxed);
    return flow;
  }
  reads_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(size, std::memory_order_relaxed);
  return flow;
}

Status PullSource::Read(uint64_t offset, std::span<uint8_t> out) {
  const Error fail{Errc::kEndOfData, {}, offset, out.size()};
  const auto known = size();
  if (known && (offset > *known || out.size() > *known - offset)) return fail;
  if (out.empty()) return {};
  if (out.size() > G_MAXUINT) return fail;
  // Upstream fills this memory itself; the wrapper is gone before it is.
  auto buffer = Ref<GstBuffer>::Adopt(gst_buffer_new_wrapped_full(
      static_cast<GstMemoryFlags>(0), out.data(), out.size(), 0, out.size(), nullptr, nullptr));
  GstBuffer* filled = buffer.get();
  const GstFlowReturn flow = PullRange(offset, static_cast<guint>(out.size()), &filled);
  if (flow != GST_FLOW_OK) return Error{ErrorOf(flow), {}, offset, out.size()};
  const gsize got = gst_buffer_get_size(filled);
  if (filled != buffer.get()) {
    // Upstream insisted on a buffer of its own.
    const auto other = Ref<GstBuffer>::Adopt(filled);
    gst_buffer_extract(filled, 0, out.data(), out.size());
  }
  if (got < out.size()) return fail;
  return {};
}

GstFlowReturn PullSource::Pull(uint64_t offset, Ref<GstBuffer>* buffer) {
  GstBuffer* filled = buffer->get();
  const auto size = static_cast<guint>(gst_buffer_get_size(filled));
  const GstFlowReturn flow = PullRange(offset, size, &filled);
  if (flow == GST_FLOW_OK && filled != buffer->get()) *buffer = Ref<GstBuffer>::Adopt(filled);
  return flow;
}

SourceStats PullSource::stats() const {
  return {reads_.load(std::memory_order_relaxed),
          bytes_.load(std::memory_order_relaxed),
          held_.load(std::memory_order_relaxed)};
}

}  // namespace iso::gst
