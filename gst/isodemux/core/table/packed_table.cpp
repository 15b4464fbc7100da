// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A block is, for each column: a byte (bits a number, and whether differences are coded),
// the first value (differences only), the least, the step (where there are bits), each in as
// many bytes as it takes, and the numbers, the low bits first. All of it is little-endian,
// as bits are easiest taken out that way.

#include "core/table/packed_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace iso {
namespace {

constexpr uint8_t kDifferences = 0x80;
constexpr size_t kSlack = 16;  ///< bytes behind the last number that may be looked at

using Values = std::array<uint64_t, PackedTable::kBlockEntries>;

/// How numbers become small ones.
struct Coding {
  uint64_t least = 0;
  uint64_t step = 1;
  unsigned bits = 0;
};

/// `Signed`: what "least" means for differences, which may be negative.
template <class Signed>
Coding FindCoding(const uint64_t* values, uint32_t count) {
  if (count == 0) return {};
  const auto [low, high] = std::minmax_element(values, values + count, [](uint64_t a, uint64_t b) {
    return static_cast<Signed>(a) < static_cast<Signed>(b);
  });
  Coding coding{*low, 0, 0};
  for (uint32_t i = 0; i < count && coding.step != 1; ++i)
    coding.step = std::gcd(coding.step, values[i] - *low);
  coding.step = std::max<uint64_t>(coding.step, 1);
  coding.bits = static_cast<unsigned>(std::bit_width((*high - *low) / coding.step));
  return coding;
}

uint64_t ZigZag(uint64_t value) {
  return value << 1 ^ (value >> 63 ? UINT64_MAX : 0);
}

uint64_t UnZigZag(uint64_t value) {
  return value >> 1 ^ (value & 1 ? UINT64_MAX : 0);
}

uint8_t* PutNumber(uint8_t* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    *out++ = static_cast<uint8_t>(value | 0x80);
  *out++ = static_cast<uint8_t>(value);
  return out;
}

const uint8_t* TakeNumber(const uint8_t* in, uint64_t* value) {
  *value = 0;
  for (unsigned shift = 0;; shift += 7) {
    *value |= uint64_t{*in & 0x7fu} << shift;
    if ((*in++ & 0x80) == 0) return in;
  }
}

uint64_t LoadLE64(const uint8_t* p) {
  uint64_t value;
  std::memcpy(&value, p, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  return value;
}

uint64_t LoadBE(const uint8_t* p, unsigned width) {
  uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i)
    value = value << 8 | p[i];
  return value;
}

/// The numbers' bits, the low ones first.
uint8_t* PutBits(uint8_t* out, const uint64_t* values, uint32_t count, const Coding& coding) {
  unsigned used = 8;  // bits of the byte before `out`
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t number = (values[i] - coding.least) / coding.step;
    for (unsigned left = coding.bits; left > 0;) {
      if (used == 8) {
        *out++ = 0;
        used = 0;
      }
      const unsigned taken = std::min(left, 8 - used);
      const auto low = static_cast<unsigned>(number & ((1u << taken) - 1));
      out[-1] = static_cast<uint8_t>(out[-1] | low << used);
      number >>= taken;
      used += taken;
      left -= taken;
    }
  }
  return out;
}

/// `count` numbers, each times step plus least. Looks at kSlack bytes behind them at most.
const uint8_t* TakeBits(const uint8_t* in, const Coding& coding, uint64_t* values, uint32_t count) {
  const unsigned bits = coding.bits;
  const uint64_t mask = bits == 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1;
  size_t at = 0;
  for (uint32_t i = 0; i < count; ++i, at += bits) {
    const uint8_t* p = in + at / 8;
    const unsigned shift = at % 8;
    uint64_t number = LoadLE64(p) >> shift;
    if (shift + bits > 64) number |= uint64_t{p[8]} << (64 - shift);
    values[i] = (number & mask) * coding.step + coding.least;
  }
  return in + (at + 7) / 8;
}

template <unsigned kWidth>
void StoreColumn(const uint64_t* values, uint32_t count, uint8_t* out, uint32_t stride) {
  for (uint32_t i = 0; i < count; ++i, out += stride) {
    for (unsigned k = 0; k < kWidth; ++k)
      out[k] = static_cast<uint8_t>(values[i] >> 8 * (kWidth - 1 - k));
  }
}

const uint8_t* TakeColumn(const uint8_t* in, uint64_t* values, uint32_t count) {
  const uint8_t head = *in++;
  const bool differences = (head & kDifferences) != 0;
  Coding coding;
  coding.bits = head & 0x7f;
  uint64_t first = 0;
  if (differences) in = TakeNumber(in, &first);
  in = TakeNumber(in, &coding.least);
  if (differences) coding.least = UnZigZag(coding.least);
  if (coding.bits > 0) in = TakeNumber(in, &coding.step);
  if (!differences) return TakeBits(in, coding, values, count);
  values[0] = first;
  in = TakeBits(in, coding, values + 1, count - 1);
  for (uint32_t i = 1; i < count; ++i)
    values[i] += values[i - 1];
  return in;
}

}  // namespace

/// A block is preceded by its number of entries, less one.
void PackedTable::AppendBlock(Bytes entries) {
  const auto count = static_cast<uint32_t>(entries.size() / stride());
  if (count == 0) return;
  // No block goes over the edge of a piece.
  const size_t most = 1 + size_t{shape_.columns} * (32 + kBlockEntries * shape_.width) + kSlack;
  if (growing_.size() + most > kPieceBytes) EndPiece();
  places_.push_back(static_cast<uint32_t>(pieces_.size() << 16 | growing_.size()));
  growing_.push_back(static_cast<uint8_t>(count - 1));
  for (uint32_t column = 0; column < shape_.columns; ++column) {
    Values values;
    for (uint32_t i = 0; i < count; ++i)
      values[i] = LoadBE(entries.data() + i * stride() + column * shape_.width, shape_.width);
    AppendColumn(values.data(), count);
  }
}

void PackedTable::AppendColumn(const uint64_t* values, uint32_t count) {
  Values steps = {};
  for (uint32_t i = 1; i < count; ++i)
    steps[i - 1] = values[i] - values[i - 1];
  const Coding plain = FindCoding<uint64_t>(values, count);
  const Coding differences = FindCoding<int64_t>(steps.data(), count - 1);
  std::array<uint8_t, 32 + kBlockEntries * 8> packed;
  uint8_t* out = packed.data();
  if (differences.bits < plain.bits) {
    *out++ = static_cast<uint8_t>(differences.bits | kDifferences);
    out = PutNumber(out, values[0]);
    out = PutNumber(out, ZigZag(differences.least));
    if (differences.bits > 0) out = PutNumber(out, differences.step);
    out = PutBits(out, steps.data(), count - 1, differences);
  } else {
    *out++ = static_cast<uint8_t>(plain.bits);
    out = PutNumber(out, plain.least);
    if (plain.bits > 0) out = PutNumber(out, plain.step);
    out = PutBits(out, values, count, plain);
  }
  growing_.insert(growing_.end(), packed.data(), out);
}

void PackedTable::EndPiece() {
  const size_t size = growing_.size() + kSlack;
  auto piece = std::make_unique<uint8_t[]>(size);
  std::memcpy(piece.get(), growing_.data(), growing_.size());
  pieces_.push_back(std::move(piece));
  stored_ += size;
  growing_.clear();
}

void PackedTable::Finish() {
  if (!growing_.empty()) EndPiece();
  growing_ = {};
  places_.shrink_to_fit();
}

size_t PackedTable::ReadBlock(size_t block, uint8_t* out) const {
  const uint32_t place = places_[block];
  const uint8_t* in = pieces_[place >> 16].get() + (place & 0xffff);
  const uint32_t count = *in++ + 1u;
  for (uint32_t column = 0; column < shape_.columns; ++column) {
    Values values;
    in = TakeColumn(in, values.data(), count);
    uint8_t* to = out + column * shape_.width;
    switch (shape_.width) {
      case 1:
        StoreColumn<1>(values.data(), count, to, stride());
        break;
      case 2:
        StoreColumn<2>(values.data(), count, to, stride());
        break;
      case 4:
        StoreColumn<4>(values.data(), count, to, stride());
        break;
      default:
        StoreColumn<8>(values.data(), count, to, stride());
        break;
    }
  }
  return size_t{count} * stride();
}

size_t PackedTable::bytes() const {
  return stored_ + growing_.capacity() + places_.capacity() * sizeof(places_[0]) +
         pieces_.capacity() * sizeof(pieces_[0]);
}

}  // namespace iso
