// SPDX-License-Identifier: LGPL-2.1-or-later
//
// BuildEncrypted: written from ISO/IEC 23001-7 and the PIFF specification.

#include "encryption.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace iso::test {
namespace {

const char* const kPiffTenc = "\x89\x74\xdb\xce\x7b\xe7\x4c\x51\x84\xf9\x71\x48\xf9\x88\x25\x54";
const char* const kPiffSenc = "\xa2\x39\x4f\x52\x5a\x9b\x4f\x14\xa2\x44\x6c\x42\x7c\x64\x8d\xf4";

constexpr uint32_t kLocalGroups = 0x10000;

bool IsPiff(const EncryptionSpec& spec) {
  return spec.form == RecordForm::kPiff || spec.form == RecordForm::kPiffOverride;
}

uint32_t PiffAlgorithm(const EncryptionSpec& spec) {
  return spec.scheme == "cbc1" ? 2 : 1;
}

Bytes UuidBox(const char* type, const Bytes& body) {
  return Box("uuid", ByteWriter().Text({type, 16}).Add(body).bytes());
}

Bytes ConstantIv(const KeySpec& key) {
  Bytes iv;
  for (uint8_t i = 0; i < key.constant_iv_size; ++i) {
    iv.push_back(static_cast<uint8_t>(0xc0 + i + key.id));
  }
  return iv;
}

/// From the pattern on, as tenc and seig have it.
ByteWriter Parameters(const KeySpec& key) {
  ByteWriter w;
  w.U8(key.crypt << 4 | key.skip).U8(key.is_protected).U8(key.is_protected ? key.iv_size : 0);
  w.Add(KeyIdOf(key));
  if (key.is_protected && key.iv_size == 0) w.U8(key.constant_iv_size).Add(ConstantIv(key));
  return w;
}

/// Distinct for each sample, and not zero in any byte a parser could lose.
Bytes OwnIv(size_t index, uint8_t size) {
  ByteWriter w;
  w.U32(0xa5000000 + index).U32(0x5a000001 + index);
  if (size == 16) w.U64(0xf0e0d0c000000000 + index);
  return w.bytes();
}

/// Two or three parts, the last one encrypted to the end in whole blocks.
std::vector<std::pair<uint32_t, uint32_t>> Split(size_t index, uint32_t size) {
  std::vector<std::pair<uint32_t, uint32_t>> parts;
  uint32_t left = size;
  for (uint32_t i = 0; i < 1 + index % 3 && left >= 48; ++i) {
    parts.emplace_back(5 + i, 32);
    left -= 37 + i;
  }
  const uint32_t encrypted = left / 16 * 16;
  parts.emplace_back(left - encrypted, encrypted);
  return parts;
}

bool InGroupTable(const EncryptionSpec& spec, size_t index, size_t samples) {
  return spec.default_group == 0 || index + samples / 4 < samples;
}

/// Records of one track at the end of the file: where each saio entry points, and the bytes.
struct Records {
  std::vector<uint64_t> offsets;
  Bytes bytes;
};

Records LayRecords(const EncryptionSpec& spec,
                   const TrackSpec& track,
                   const std::vector<SampleTruth>& truth) {
  Records records;
  size_t chunk = 0;
  size_t left = 0;
  for (const SampleTruth& sample : truth) {
    const bool starts = spec.form == RecordForm::kSaioPerChunk ? left == 0 : chunk == 0;
    if (starts) {
      if (chunk > 0) records.bytes.insert(records.bytes.end(), 5, uint8_t{0xee});
      left = track.chunk_pattern[chunk++ % track.chunk_pattern.size()];
      records.offsets.push_back(records.bytes.size());
    }
    const Bytes record = RecordOf(spec, sample);
    records.bytes.insert(records.bytes.end(), record.begin(), record.end());
    --left;
  }
  return records;
}

/// Where the body of the n-th box of this type lies.
uint64_t BodyOf(const Bytes& file, const char* type, size_t n) {
  auto at = file.begin();
  for (size_t i = 0; i <= n; ++i) {
    at = std::search(at, file.end(), type, type + 4) + 4;
  }
  return static_cast<uint64_t>(at - file.begin());
}

/// The boxes of one stbl. `base` is where the track's records begin in the file.
Bytes TableBoxes(const EncryptionSpec& spec,
                 const std::vector<SampleTruth>& truth,
                 std::vector<uint64_t> offsets,
                 uint64_t base) {
  for (uint64_t& offset : offsets) {
    offset += base;
  }
  ByteWriter w;
  if (!spec.groups.empty()) w.Add(SgpdBox(spec)).Add(SbgpBox(spec, truth.size(), false));
  const RecordForm form = spec.form;
  const bool has_saio = form == RecordForm::kSaio || form == RecordForm::kSaioPerChunk ||
                        form == RecordForm::kSencAndSaio;
  if (has_saio || form == RecordForm::kSencWithSizes) w.Add(SaizBox(spec, truth));
  if (has_saio) w.Add(SaioBox(spec, offsets));
  const bool has_senc = form == RecordForm::kSenc || form == RecordForm::kSencWithSizes ||
                        form == RecordForm::kSencAndSaio || IsPiff(spec);
  if (has_senc) w.Add(SencBox(spec, truth));
  return w.bytes();
}

}  // namespace

Bytes KeyIdOf(const KeySpec& key) {
  return Bytes(16, key.id);
}

SampleTruth TruthOf(const EncryptionSpec& spec, size_t index, uint32_t size) {
  SampleTruth truth;
  const uint32_t group = spec.group ? spec.group(index) : 0;
  truth.key = group == 0 ? spec.track : spec.groups[group - 1];
  if (spec.form == RecordForm::kPiffOverride) truth.key.id = 9;
  truth.encrypted = truth.key.is_protected;
  if (!truth.encrypted) return truth;
  truth.iv = truth.key.iv_size == 0 ? ConstantIv(truth.key) : OwnIv(index, truth.key.iv_size);
  if (spec.subsamples) truth.subsamples = Split(index, size);
  return truth;
}

Bytes RecordOf(const EncryptionSpec& spec, const SampleTruth& truth) {
  ByteWriter w;
  if (truth.encrypted && truth.key.iv_size != 0) w.Add(truth.iv);
  if (!spec.subsamples) return w.bytes();
  w.U16(truth.subsamples.size());
  for (const auto& [clear, encrypted] : truth.subsamples) {
    w.U16(clear).U32(encrypted);
  }
  return w.bytes();
}

Bytes TencBox(const KeySpec& key) {
  const int version = key.crypt != 0 ? 1 : 0;
  return FullBox("tenc", version, 0, ByteWriter().U8(0).Add(Parameters(key).bytes()).bytes());
}

Bytes EncryptEntry(const Bytes& entry, const EncryptionSpec& spec) {
  const std::string original(entry.begin() + 4, entry.begin() + 8);
  const ByteWriter scheme = ByteWriter().Text(IsPiff(spec) ? "piff" : spec.scheme).U32(0x10000);
  ByteWriter piff;
  piff.U32(0).U24(PiffAlgorithm(spec)).U8(spec.track.iv_size).Add(KeyIdOf(spec.track));
  const Bytes tenc = IsPiff(spec) ? UuidBox(kPiffTenc, piff.bytes()) : TencBox(spec.track);
  const Bytes sinf = Box("sinf",
                         ByteWriter()
                             .Add(Box("frma", ByteWriter().Text(original).bytes()))
                             .Add(FullBox("schm", 0, 0, scheme.bytes()))
                             .Add(Box("schi", tenc))
                             .bytes());
  const bool audio = original == "mp4a";
  const Bytes body(entry.begin() + 8, entry.end());
  return Box(audio ? "enca" : "encv", ByteWriter().Add(body).Add(sinf).bytes());
}

Bytes SgpdBox(const EncryptionSpec& spec) {
  ByteWriter entries;
  for (const KeySpec& key : spec.groups) {
    const Bytes entry = ByteWriter().U8(0).Add(Parameters(key).bytes()).bytes();
    if (spec.sgpd_version >= 1) entries.U32(entry.size());
    entries.Add(entry);
  }
  ByteWriter w;
  w.Text("seig");
  if (spec.sgpd_version >= 1) w.U32(0);
  if (spec.sgpd_version >= 2) w.U32(spec.default_group);
  w.U32(spec.groups.size()).Add(entries.bytes());
  return FullBox("sgpd", spec.sgpd_version, 0, w.bytes());
}

Bytes SbgpBox(const EncryptionSpec& spec, size_t samples, bool local) {
  std::vector<std::pair<uint32_t, uint32_t>> runs;
  for (size_t i = 0; i < samples && InGroupTable(spec, i, samples); ++i) {
    const uint32_t group = spec.group(i);
    const uint32_t index = group != 0 && local ? group + kLocalGroups : group;
    if (runs.empty() || runs.back().second != index) runs.emplace_back(0, index);
    ++runs.back().first;
  }
  ByteWriter w;
  w.Text("seig").U32(runs.size());
  for (const auto& [count, index] : runs) {
    w.U32(count).U32(index);
  }
  return FullBox("sbgp", 0, 0, w.bytes());
}

Bytes SaizBox(const EncryptionSpec& spec, const std::vector<SampleTruth>& truth) {
  Bytes sizes;
  for (const SampleTruth& sample : truth) {
    sizes.push_back(static_cast<uint8_t>(RecordOf(spec, sample).size()));
  }
  const bool same =
      !sizes.empty() && sizes[0] != 0 &&
      std::all_of(sizes.begin(), sizes.end(), [&](uint8_t s) { return s == sizes[0]; });
  ByteWriter w;
  if (spec.typed) w.Text(spec.scheme).U32(0);
  w.U8(same ? sizes[0] : 0).U32(sizes.size());
  if (!same) w.Add(sizes);
  return FullBox("saiz", 0, spec.typed ? 1 : 0, w.bytes());
}

Bytes SaioBox(const EncryptionSpec& spec, const std::vector<uint64_t>& offsets) {
  ByteWriter w;
  if (spec.typed) w.Text(spec.scheme).U32(0);
  w.U32(offsets.size());
  for (const uint64_t offset : offsets) {
    w.Wide(offset, spec.wide_saio);
  }
  return FullBox("saio", spec.wide_saio ? 1 : 0, spec.typed ? 1 : 0, w.bytes());
}

Bytes SencBox(const EncryptionSpec& spec, const std::vector<SampleTruth>& truth) {
  ByteWriter w;
  const bool overrides = spec.form == RecordForm::kPiffOverride;
  if (overrides) {
    w.U24(PiffAlgorithm(spec)).U8(spec.track.iv_size).Add(Bytes(16, uint8_t{9}));
  }
  w.U32(truth.size());
  for (const SampleTruth& sample : truth) {
    w.Add(RecordOf(spec, sample));
  }
  const uint32_t flags = (spec.subsamples ? 2u : 0u) | (overrides ? 1u : 0u);
  if (!IsPiff(spec)) return FullBox("senc", 0, flags, w.bytes());
  return UuidBox(kPiffSenc, ByteWriter().U8(0).U24(flags).Add(w.bytes()).bytes());
}

Bytes PsshBox(int version, uint8_t system, const Bytes& data) {
  ByteWriter w;
  w.Add(Bytes(16, system));
  if (version == 1) w.U32(2).Add(Bytes(32, uint8_t{7}));
  return FullBox("pssh", version, 0, w.U32(data.size()).Add(data).bytes());
}

EncryptedMovie BuildEncrypted(MovieSpec spec,
                              const EncryptionSpec& encryption,
                              const Cipher& cipher) {
  EncryptedMovie movie;
  std::vector<Records> records;
  Bytes tail;
  for (TrackSpec& track : spec.tracks) {
    std::vector<SampleTruth>& truth = movie.truth.emplace_back();
    for (size_t i = 0; i < track.samples.size(); ++i) {
      truth.push_back(TruthOf(encryption, i, track.samples[i].size));
    }
    records.push_back(LayRecords(encryption, track, truth));
    for (Bytes& entry : track.entries) {
      entry = EncryptEntry(entry, encryption);
    }
    if (!cipher) continue;
    track.payload = [clear = track, truth, encryption, cipher](size_t i) {
      const Bytes bytes = SamplePayload(clear, i);
      return truth[i].encrypted ? cipher(encryption.scheme, truth[i], bytes) : bytes;
    };
  }
  for (const Records& track : records) {
    tail.insert(tail.end(), track.bytes.begin(), track.bytes.end());
  }
  const bool at_end =
      encryption.form == RecordForm::kSaio || encryption.form == RecordForm::kSaioPerChunk;
  if (at_end) spec.tail = Box("mdat", tail);
  // The first pass finds out where everything lies: no size depends on an offset.
  for (int pass = 0; pass < 2; ++pass) {
    uint64_t base = movie.file.empty() ? 0 : movie.file.size() - tail.size();
    for (size_t t = 0; t < spec.tracks.size(); ++t) {
      if (encryption.form == RecordForm::kSencAndSaio && pass == 1)
        base = BodyOf(movie.file, "senc", t) + 8;
      spec.tracks[t].stbl = TableBoxes(encryption, movie.truth[t], records[t].offsets, base);
      base += records[t].bytes.size();
    }
    movie.file = BuildMovie(spec);
  }
  return movie;
}

}  // namespace iso::test
