// SPDX-License-Identifier: LGPL-2.1-or-later

#include "chunk_source.h"

#include <algorithm>
#include <atomic>

#include <gst/base/gstbasesrc.h>

namespace iso::test {
namespace {

struct State {
  std::shared_ptr<const std::vector<uint8_t>> bytes;
  ChunkOptions options;
  std::atomic<uint64_t> seeks{0};
  std::atomic<uint64_t> pushed{0};
  std::atomic<uint64_t> reads{0};
  std::atomic<uint64_t> end{0};
};

struct ChunkSource {
  GstBaseSrc parent;
  State* state;
};

struct ChunkSourceClass {
  GstBaseSrcClass parent;
};

GstStaticPadTemplate source_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

G_DEFINE_TYPE(ChunkSource, iso_chunk_source, GST_TYPE_BASE_SRC)

State* StateOf(gpointer source) {
  return reinterpret_cast<ChunkSource*>(source)->state;
}

gboolean IsSeekable(GstBaseSrc* source) {
  return StateOf(source)->options.seekable;
}

gboolean GetSize(GstBaseSrc* source, guint64* size) {
  const State* state = StateOf(source);
  if (!state->options.size_known && !state->options.seekable) return FALSE;
  *size = state->options.announced > 0 ? state->options.announced : state->bytes->size();
  return TRUE;
}

gboolean DoSeek(GstBaseSrc* source, GstSegment* segment) {
  ++StateOf(source)->seeks;
  segment->time = segment->start;
  return TRUE;
}

GstFlowReturn Create(GstBaseSrc* source, guint64 offset, guint size, GstBuffer** buffer) {
  State* state = StateOf(source);
  const std::vector<uint8_t>& bytes = *state->bytes;
  if (offset >= bytes.size()) return GST_FLOW_EOS;
  const gsize length = std::min<gsize>(size, bytes.size() - offset);
  if (offset <= state->options.bad_byte && state->options.bad_byte - offset < length) {
    return GST_FLOW_ERROR;
  }
  state->pushed += length;
  ++state->reads;
  state->end = std::max<uint64_t>(state->end, offset + length);
  // The vector outlives every buffer: the tests see to it.
  *buffer = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY,
                                        const_cast<uint8_t*>(bytes.data()),
                                        bytes.size(),
                                        offset,
                                        length,
                                        nullptr,
                                        nullptr);
  GST_BUFFER_OFFSET(*buffer) = offset;
  GST_BUFFER_OFFSET_END(*buffer) = offset + length;
  return GST_FLOW_OK;
}

gboolean Query(GstBaseSrc* source, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_SCHEDULING) {
    return GST_BASE_SRC_CLASS(iso_chunk_source_parent_class)->query(source, query);
  }
  const ChunkOptions& options = StateOf(source)->options;
  const int own = options.seekable ? GST_SCHEDULING_FLAG_SEEKABLE : GST_SCHEDULING_FLAG_SEQUENTIAL;
  gst_query_set_scheduling(query, static_cast<GstSchedulingFlags>(own | options.flags), 1, -1, 0);
  if (options.pullable) gst_query_add_scheduling_mode(query, GST_PAD_MODE_PULL);
  gst_query_add_scheduling_mode(query, GST_PAD_MODE_PUSH);
  return TRUE;
}

void Finalize(GObject* object) {
  delete StateOf(object);
  G_OBJECT_CLASS(iso_chunk_source_parent_class)->finalize(object);
}

void iso_chunk_source_class_init(ChunkSourceClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = Finalize;
  GstBaseSrcClass* base = GST_BASE_SRC_CLASS(klass);
  base->is_seekable = IsSeekable;
  base->get_size = GetSize;
  base->do_seek = DoSeek;
  base->create = Create;
  base->query = Query;
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &source_template);
  gst_element_class_set_static_metadata(
      GST_ELEMENT_CLASS(klass), "Chunk source", "Source", "Pushes bytes in chunks", "tests");
}

void iso_chunk_source_init(ChunkSource* self) {
  self->state = new State;
}

}  // namespace

GstElement* MakeChunkSource(std::shared_ptr<const std::vector<uint8_t>> bytes,
                            const ChunkOptions& options) {
  auto* element = GST_ELEMENT(g_object_new(iso_chunk_source_get_type(), nullptr));
  State* state = StateOf(element);
  state->bytes = std::move(bytes);
  state->options = options;
  gst_base_src_set_blocksize(GST_BASE_SRC(element), static_cast<guint>(options.chunk));
  return element;
}

ChunkCounts CountsOf(GstElement* chunk_source) {
  const State* state = StateOf(chunk_source);
  return {state->seeks, state->pushed, state->reads, state->end};
}

bool IsPulled(GstElement* chunk_source) {
  return GST_PAD_MODE(GST_BASE_SRC_PAD(chunk_source)) == GST_PAD_MODE_PULL;
}

}  // namespace iso::test
