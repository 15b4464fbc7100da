// SPDX-License-Identifier: LGPL-2.1-or-later
//
// EncryptedMovie: movies under common encryption in every form in which its auxiliary
// information can be stored, and the truth about each of their samples. The bytes are
// encrypted by whoever can (aes.h); without that they stay as they are.

#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "movie_builder.h"

namespace iso::test {

/// Of tenc or of one seig group.
struct KeySpec {
  bool is_protected = true;
  uint8_t iv_size = 8;           ///< 0: constant
  uint8_t constant_iv_size = 0;  ///< then 8 or 16
  uint8_t crypt = 0;
  uint8_t skip = 0;
  uint8_t id = 1;  ///< the key ID is 16 times this
};

enum class RecordForm {
  kNone,          ///< there are no records
  kSaio,          ///< saiz and one saio entry, records at the end of the file
  kSaioPerChunk,  ///< one saio entry a chunk, with something else between
  kSenc,
  kSencWithSizes,  ///< senc and saiz, but no saio
  kSencAndSaio,    ///< saio points into the senc
  kPiff,           ///< PIFF's uuid box
  kPiffOverride,   ///< likewise, with parameters of its own that hold instead of the track's
};

struct EncryptionSpec {
  std::string scheme = "cenc";
  KeySpec track;
  std::vector<KeySpec> groups;            ///< of a seig sgpd
  std::function<uint32_t(size_t)> group;  ///< of a sample, from 1; 0 or absent: none
  int sgpd_version = 1;
  uint32_t default_group = 0;  ///< sgpd version 2; then the last samples are not in the sbgp
  bool subsamples = false;
  RecordForm form = RecordForm::kSenc;
  bool typed = true;  ///< saiz and saio name their type
  bool wide_saio = false;
};

/// What a demuxer should say of a sample.
struct SampleTruth {
  bool encrypted = false;
  KeySpec key;
  Bytes iv;
  std::vector<std::pair<uint32_t, uint32_t>> subsamples;  ///< clear bytes, encrypted bytes
};

using Cipher =
    std::function<Bytes(const std::string& scheme, const SampleTruth& truth, const Bytes& clear)>;

struct EncryptedMovie {
  Bytes file;
  std::vector<std::vector<SampleTruth>> truth;  ///< by track
};

/// Encrypts every track of a movie whose tracks have one sample entry each.
EncryptedMovie BuildEncrypted(MovieSpec spec,
                              const EncryptionSpec& encryption,
                              const Cipher& cipher);

Bytes KeyIdOf(const KeySpec& key);

/// What the sample `index` with `size` bytes is.
SampleTruth TruthOf(const EncryptionSpec& spec, size_t index, uint32_t size);

/// Its auxiliary information.
Bytes RecordOf(const EncryptionSpec& spec, const SampleTruth& truth);

/// encv or enca around an entry that is not encrypted.
Bytes EncryptEntry(const Bytes& entry, const EncryptionSpec& spec);

// Whole boxes. `local` numbers groups as a traf does that has its own descriptions.
Bytes TencBox(const KeySpec& key);
Bytes SgpdBox(const EncryptionSpec& spec);
Bytes SbgpBox(const EncryptionSpec& spec, size_t samples, bool local);
Bytes SaizBox(const EncryptionSpec& spec, const std::vector<SampleTruth>& truth);
Bytes SaioBox(const EncryptionSpec& spec, const std::vector<uint64_t>& offsets);
Bytes SencBox(const EncryptionSpec& spec, const std::vector<SampleTruth>& truth);

/// A pssh box of version 0 or 1; `system` fills the system's ID.
Bytes PsshBox(int version, uint8_t system, const Bytes& data);

}  // namespace iso::test
