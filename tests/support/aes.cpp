// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The modes are spelled out here block by block, as the specification reads: only single
// blocks go to OpenSSL.

#include "aes.h"

#include <algorithm>
#include <array>
#include <cstring>

#ifdef ISODEMUX_TEST_CRYPTO
#include <openssl/evp.h>
#endif

namespace iso::test {
namespace {

constexpr size_t kBlock = 16;
using Block = std::array<uint8_t, kBlock>;

#ifdef ISODEMUX_TEST_CRYPTO
/// One block of AES-128.
class BlockCipher {
 public:
  BlockCipher(const Bytes& key, bool encrypt) : context_(EVP_CIPHER_CTX_new()) {
    EVP_CipherInit_ex(context_, EVP_aes_128_ecb(), nullptr, key.data(), nullptr, encrypt ? 1 : 0);
    EVP_CIPHER_CTX_set_padding(context_, 0);
  }

  ~BlockCipher() { EVP_CIPHER_CTX_free(context_); }

  BlockCipher(const BlockCipher&) = delete;
  BlockCipher& operator=(const BlockCipher&) = delete;

  Block operator()(const Block& in) {
    Block out;
    int size = 0;
    EVP_CipherUpdate(context_, out.data(), &size, in.data(), kBlock);
    return out;
  }

 private:
  EVP_CIPHER_CTX* context_;
};
#else
class BlockCipher {
 public:
  BlockCipher(const Bytes&, bool) {}

  Block operator()(const Block& in) { return in; }
};
#endif

Block Padded(const Bytes& iv) {
  Block block{};
  std::copy(iv.begin(), iv.end(), block.begin());
  return block;
}

/// The mode's state goes on from one piece to the next.
class Mode {
 public:
  virtual ~Mode() = default;

  /// Encrypts or decrypts in place. A piece of CBC is whole blocks.
  virtual void Apply(uint8_t* data, size_t size) = 0;

  virtual void Reset() = 0;
};

class CounterMode final : public Mode {
 public:
  CounterMode(const Bytes& key, const Bytes& iv) : cipher_(key, true), iv_(Padded(iv)) { Reset(); }

  void Apply(uint8_t* data, size_t size) override {
    for (size_t i = 0; i < size; ++i) {
      if (used_ == kBlock) Next();
      data[i] ^= stream_[used_++];
    }
  }

  void Reset() override {
    counter_ = iv_;
    used_ = kBlock;
  }

 private:
  void Next() {
    stream_ = cipher_(counter_);
    used_ = 0;
    for (size_t i = kBlock; i-- > 8 && ++counter_[i] == 0;) {
    }
  }

  BlockCipher cipher_;
  Block iv_;
  Block counter_{};
  Block stream_{};
  size_t used_ = kBlock;
};

class ChainMode final : public Mode {
 public:
  ChainMode(const Bytes& key, const Bytes& iv, bool encrypt)
      : cipher_(key, encrypt), iv_(Padded(iv)), last_(iv_), encrypt_(encrypt) {}

  void Apply(uint8_t* data, size_t size) override {
    for (; size >= kBlock; size -= kBlock, data += kBlock) {
      Block block;
      std::copy_n(data, kBlock, block.begin());
      const Block in = block;
      if (encrypt_) block = Mixed(block, last_);
      block = cipher_(block);
      if (!encrypt_) block = Mixed(block, last_);
      last_ = encrypt_ ? block : in;
      std::copy_n(block.begin(), kBlock, data);
    }
  }

  void Reset() override { last_ = iv_; }

 private:
  static Block Mixed(Block a, const Block& b) {
    for (size_t i = 0; i < kBlock; ++i)
      a[i] ^= b[i];
    return a;
  }

  BlockCipher cipher_;
  Block iv_;
  Block last_;
  bool encrypt_;
};

/// The encrypted part of a subsample: with a pattern only some of its blocks are.
void ApplyPattern(const SampleCipher& cipher, Mode& mode, uint8_t* data, size_t size) {
  const bool counter = cipher.scheme == "cenc";
  if (cipher.crypt == 0 && cipher.skip == 0) {
    mode.Apply(data, counter ? size : size / kBlock * kBlock);
    return;
  }
  while (size >= kBlock) {
    const size_t crypt = std::min(size / kBlock, size_t{cipher.crypt}) * kBlock;
    mode.Apply(data, crypt);
    const size_t step = std::min(size, crypt + cipher.skip * kBlock);
    data += step;
    size -= step;
  }
}

Bytes Run(const SampleCipher& cipher, Bytes data, Mode& mode) {
  auto parts = cipher.subsamples;
  if (parts.empty()) parts.emplace_back(0, data.size());
  uint8_t* at = data.data();
  for (const auto& [clear, encrypted] : parts) {
    // 23001-7 10.4: with cbcs each subsample begins anew.
    if (cipher.scheme == "cbcs") mode.Reset();
    ApplyPattern(cipher, mode, at + clear, encrypted);
    at += clear + encrypted;
  }
  return data;
}

Bytes Transform(const SampleCipher& cipher, const Bytes& data, bool encrypt) {
  if (cipher.scheme == "cenc" || cipher.scheme == "cens") {
    CounterMode mode(cipher.key, cipher.iv);
    return Run(cipher, data, mode);
  }
  ChainMode mode(cipher.key, cipher.iv, encrypt);
  return Run(cipher, data, mode);
}

}  // namespace

bool HaveAes() {
#ifdef ISODEMUX_TEST_CRYPTO
  return true;
#else
  return false;
#endif
}

Bytes Encrypt(const SampleCipher& cipher, const Bytes& clear) {
  return Transform(cipher, clear, true);
}

Bytes Decrypt(const SampleCipher& cipher, const Bytes& encrypted) {
  return Transform(cipher, encrypted, false);
}

}  // namespace iso::test
