// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/movie/box_loader.h"

namespace iso {

bool IsSourceError(Errc code) {
  return code == Errc::kNotYet || code == Errc::kInterrupted || code == Errc::kReadFailed ||
         code == Errc::kOutOfMemory;
}

Result<std::vector<uint8_t>> BoxLoader::Body(const BoxHeader& box, uint64_t limit) {
  uint64_t size = box.body_size();
  if (const auto source_size = window_.source().size()) {
    size = std::min(size, *source_size - std::min(*source_size, box.body));
  }
  if (size > limit) {
    return Error{Errc::kBoxTooLarge, box.type, box.offset};
  }
  std::vector<uint8_t> body(static_cast<size_t>(size));
  if (const Status read = window_.source().Read(box.body, body); !read.ok()) {
    return Error{read.error().code, box.type, box.offset};
  }
  return body;
}

Status BoxLoader::Tolerate(const Status& status) const {
  if (status.ok() || IsSourceError(status.error().code)) return status;
  Report(status.error());
  return {};
}

}  // namespace iso
