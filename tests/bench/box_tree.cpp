// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Writing of box_tree.h.

#include "box_tree.h"

#include <algorithm>
#include <numeric>
#include <unistd.h>

namespace iso::bench {

namespace {

constexpr size_t kBufferBytes = 4 << 20;
constexpr uint64_t kEntriesAtOnce = 1 << 16;
constexpr uint64_t kSmallHeader = 8;
constexpr uint64_t kWideHeader = 16;

bool WriteAll(int fd, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, data, size);
    if (written <= 0) return false;
    data += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

}  // namespace

ByteSink::ByteSink(int fd) : fd_(fd) {
  buffer_.reserve(kBufferBytes);
}

void ByteSink::Write(const void* data, size_t size) {
  if (buffer_.size() + size > kBufferBytes) Flush();
  const char* bytes = static_cast<const char*>(data);
  buffer_.insert(buffer_.end(), bytes, bytes + size);
}

void ByteSink::Flush() {
  failed_ = failed_ || !WriteAll(fd_, buffer_.data(), buffer_.size());
  buffer_.clear();
}

bool ByteSink::Finish() {
  Flush();
  return !failed_;
}

std::string BoxHeader(std::string_view type, uint64_t size, bool wide) {
  if (!wide && size <= UINT32_MAX) {
    return Fields().U32(static_cast<uint32_t>(size)).Text(type).Take();
  }
  return Fields().U32(1).Text(type).U64(size).Take();
}

uint64_t Box::BodySize() const {
  return std::accumulate(children.begin(),
                         children.end(),
                         fields.size() + table.Bytes(),
                         [](uint64_t sum, const Box& child) { return sum + child.Size(); });
}

uint64_t Box::Size() const {
  const uint64_t body = BodySize();
  return body + (body + kSmallHeader <= UINT32_MAX ? kSmallHeader : kWideHeader);
}

void Box::Write(ByteSink& sink) const {
  const std::string header = BoxHeader(type, Size(), false);
  sink.Write(header.data(), header.size());
  sink.Write(fields.data(), fields.size());
  for (const Box& child : children) {
    child.Write(sink);
  }
  std::vector<uint8_t> entries(std::min(table.count, kEntriesAtOnce) * table.stride);
  for (uint64_t first = 0; first < table.count; first += kEntriesAtOnce) {
    const uint64_t count = std::min(kEntriesAtOnce, table.count - first);
    table.fill(first, count, entries.data());
    sink.Write(entries.data(), count * table.stride);
  }
}

}  // namespace iso::bench
