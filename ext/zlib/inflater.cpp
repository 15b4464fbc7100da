// SPDX-License-Identifier: LGPL-2.1-or-later

#include "inflater.h"

#include <algorithm>

#include <zlib.h>

namespace iso {
namespace {

constexpr size_t kFirstChunk = 64 << 10;

/// Bytes that one packed byte can unpack to at most (zlib's own figure, rounded up).
constexpr uint64_t kLargestRatio = 1032;

/// A stream of zlib's, ended whatever happens.
class Stream {
 public:
  Stream() { ready_ = inflateInit(&z_) == Z_OK; }

  ~Stream() {
    if (ready_) inflateEnd(&z_);
  }

  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool ready() const { return ready_; }

  z_stream& z() { return z_; }

 private:
  z_stream z_ = {};
  bool ready_ = false;
};

class ZlibInflater final : public Inflater {
 public:
  Result<std::vector<uint8_t>> Inflate(Bytes packed, uint64_t announced, uint64_t limit) override {
    Stream stream;
    if (!stream.ready()) return Error{Errc::kOutOfMemory};
    z_stream& z = stream.z();
    z.next_in = const_cast<Bytef*>(packed.data());
    z.avail_in = static_cast<uInt>(std::min<size_t>(packed.size(), UINT32_MAX));
    limit = std::min(limit, packed.size() * kLargestRatio);
    std::vector<uint8_t> out;
    uint64_t chunk = std::clamp<uint64_t>(announced, kFirstChunk, std::max<uint64_t>(limit, kFirstChunk));
    int result = Z_OK;
    while (result == Z_OK && out.size() < limit) {
      const size_t before = out.size();
      out.resize(static_cast<size_t>(std::min<uint64_t>(before + chunk, limit)));
      z.next_out = out.data() + before;
      z.avail_out = static_cast<uInt>(out.size() - before);
      result = inflate(&z, Z_NO_FLUSH);
      out.resize(out.size() - z.avail_out);
    }
    // A stream cut short may still hold a whole movie header: that is for its reader.
    const bool usable = result == Z_STREAM_END || (result == Z_BUF_ERROR && !out.empty());
    if (!usable) return Error{Errc::kCompressedDamaged, FourCC("cmvd")};
    return out;
  }
};

}  // namespace

std::unique_ptr<Inflater> MakeInflater() {
  return std::make_unique<ZlibInflater>();
}

}  // namespace iso
