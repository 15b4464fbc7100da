// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PackedSource and PackedTable: what goes in comes out, to the bit, whatever it is and
// however it is cut; and how little it takes.

#include "core/table/packed_source.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace iso {
namespace {

using Data = std::vector<uint8_t>;

void Put(Data* out, uint64_t value, unsigned width) {
  for (unsigned i = width; i-- > 0;)
    out->push_back(static_cast<uint8_t>(value >> 8 * i));
}

Data Box(const char* type, const Data& body) {
  Data box;
  Put(&box, 8 + body.size(), 4);
  box.insert(box.end(), type, type + 4);
  box.insert(box.end(), body.begin(), body.end());
  return box;
}

/// A table of `count` numbers of `width` bytes behind `fields` bytes of zeros.
Data TableBox(const char* type,
              size_t fields,
              unsigned width,
              size_t count,
              const std::function<uint64_t(size_t)>& number) {
  Data body(fields, 0);
  for (size_t i = 0; i < count; ++i)
    Put(&body, number(i), width);
  return Box(type, body);
}

Data operator+(Data a, const Data& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void Fill(PackedSource* source, uint64_t offset, const Data& data, size_t chunk) {
  for (size_t at = 0; at < data.size(); at += chunk) {
    const size_t size = std::min(chunk, data.size() - at);
    source->Append(offset + at, Bytes(data).subspan(at, size));
  }
}

/// Puts it in in chunks of several sizes; reads it in windows of several sizes.
void ExpectSame(const Data& data) {
  for (const size_t chunk : {size_t{1}, size_t{1000}, data.size()}) {
    PackedSource source;
    Fill(&source, 100, data, std::max<size_t>(chunk, 1));
    source.Finish();
    ASSERT_EQ(source.end(), 100 + data.size());
    for (const size_t window : {size_t{101}, size_t{3072}, data.size()}) {
      Data got(data.size());
      for (size_t at = 0; at < data.size(); at += window) {
        const size_t size = std::min(window, data.size() - at);
        ASSERT_TRUE(source.Read(100 + at, std::span(got).subspan(at, size)).ok());
      }
      ASSERT_TRUE(got == data) << "chunk " << chunk << " window " << window;
    }
  }
}

struct Kind {
  const char* type;
  size_t fields;
  unsigned width;
  unsigned columns;
};

constexpr Kind kKinds[] = {
    {"stts", 8, 4, 2},
    {"ctts", 8, 4, 2},
    {"stsc", 8, 4, 3},
    {"stsz", 12, 4, 1},
    {"stz2", 12, 2, 1},
    {"stco", 8, 4, 1},
    {"co64", 8, 8, 1},
    {"stss", 8, 4, 1},
    {"stps", 8, 4, 1},
    {"sdtp", 4, 1, 1},
    {"sbgp", 12, 4, 2},
};

TEST(PackedSource, EveryKindOfTableComesOutAsItWentIn) {
  std::mt19937_64 random(1);
  const std::vector<std::function<uint64_t(size_t)>> contents = {
      [](size_t) { return 0u; },
      [](size_t) { return UINT64_MAX; },
      [](size_t i) { return i; },
      [](size_t i) { return 1000000 - 512 * i; },
      [&](size_t) { return random(); },
      [&](size_t) { return random() % 3 * 512 - 512; },
      [](size_t i) { return i % 2 ? UINT64_MAX : 0; },
      [](size_t i) { return uint64_t{1} << 63 | i * 7; },
      [&](size_t i) { return i % 60 ? 1000 + random() % 500 : 40000; },
  };
  for (const Kind& kind : kKinds) {
    for (const auto& number : contents) {
      for (const size_t entries : {1, 200, 255, 256, 257, 700, 2048}) {
        SCOPED_TRACE(std::string(kind.type) + " " + std::to_string(entries));
        ExpectSame(TableBox(kind.type, kind.fields, kind.width, entries * kind.columns, number));
      }
    }
  }
}

TEST(PackedSource, HalfABoxAndOddRestsToo) {
  const Data table = TableBox("ctts", 8, 4, 2001, [](size_t i) { return i * i; });
  const Data movie =
      Box("moov", Box("trak", Box("mdia", Box("minf", Box("stbl", table + Data{1, 2, 3})))));
  ExpectSame(movie);
  for (size_t size = 1; size < movie.size(); size += 397)
    ExpectSame(Data(movie.begin(), movie.begin() + static_cast<ptrdiff_t>(size)));
}

TEST(PackedSource, NoiseThatLooksLikeBoxes) {
  std::mt19937 random(2);
  const std::string types[] = {"moov", "stbl", "stsz", "stz2", "co64", "stsc", "free"};
  for (int round = 0; round < 200; ++round) {
    Data data(random() % 6000 + 20);
    for (uint8_t& byte : data)
      byte = static_cast<uint8_t>(random());
    for (int i = 0; i < 4; ++i) {
      const size_t at = random() % (data.size() - 8);
      const uint32_t size = random() % 5 ? random() % 5000 : random() % 12;
      for (size_t k = 0; k < 4; ++k)
        data[at + k] = static_cast<uint8_t>(size >> (24 - 8 * k));
      std::copy_n(types[random() % 7].begin(), 4, data.begin() + static_cast<ptrdiff_t>(at + 4));
    }
    ExpectSame(data);
  }
}

TEST(PackedSource, WhatIsLeftOutReadsAsZeros) {
  const Data first = Box("ftyp", {1, 2, 3, 4});
  const Data second = TableBox("stco", 8, 4, 1000, [](size_t i) { return i * 1000; });
  PackedSource source;
  source.Append(0, first);
  source.Append(1000, second);
  source.Finish();
  EXPECT_TRUE(source.Holds(11));
  EXPECT_FALSE(source.Holds(12));
  EXPECT_FALSE(source.Holds(999));
  EXPECT_TRUE(source.Holds(1000));
  Data expected(1000 + second.size(), 0);
  std::copy(first.begin(), first.end(), expected.begin());
  std::copy(second.begin(), second.end(), expected.begin() + 1000);
  Data got(expected.size(), 0xee);
  ASSERT_TRUE(source.Read(0, got).ok());
  EXPECT_EQ(got, expected);
  EXPECT_EQ(source.Read(1, got).error().code, Errc::kEndOfData);
  EXPECT_EQ(source.Read(UINT64_MAX, got).error().code, Errc::kEndOfData);
}

/// A film of two hours: 25 pictures a second with B-frames, 48 kHz AAC, chunks of half a
/// second. Sizes scatter as an encoder's do.
TEST(PackedSource, TakesAtMostTwoAndAHalfBytesASample) {
  std::mt19937_64 random(3);
  constexpr size_t kPictures = 180000;
  constexpr size_t kPackets = 337500;
  constexpr int kOffsets[] = {1024, 2560, 1024, 0, 512};
  std::normal_distribution<> spread(0, 0.4);
  uint64_t place = 0;
  const auto chunk = [&](size_t) { return place += 60000 + random() % 20000; };
  const Data video =
      Box("stbl", TableBox("stts", 8, 4, 2, [](size_t i) {
                    return i ? 512 : kPictures;
                  }) + TableBox("ctts", 8, 4, 2 * kPictures, [&](size_t i) {
                    return i % 2 ? kOffsets[i / 2 % 5] : 1;
                  }) + TableBox("stsz", 12, 4, kPictures, [&](size_t i) {
                    const double mean = i % 250 == 0 ? 60000 : i % 3 == 0 ? 9000 : 3500;
                    return static_cast<uint64_t>(mean * std::exp(spread(random)));
                  }) + TableBox("stss", 8, 4, kPictures / 250, [](size_t i) {
                    return 1 + i * 250;
                  }) + TableBox("stco", 8, 4, 14400, chunk));
  place = 50000;
  const Data audio = Box("stbl", TableBox("stts", 8, 4, 2, [](size_t i) {
                                   return i ? 1024 : kPackets;
                                 }) + TableBox("stsc", 8, 4, 3 * 14400, [](size_t i) {
                                   return i % 3 == 0 ? 1 + i / 3 : i % 3 == 1 ? 23 + i / 3 % 2 : 1;
                                 }) + TableBox("stsz", 12, 4, kPackets, [&](size_t) {
                                   return static_cast<uint64_t>(340 * std::exp(spread(random) / 4));
                                 }) + TableBox("stco", 8, 4, 14400, chunk));
  const Data movie = Box("moov", Box("trak", video) + Box("trak", audio));
  PackedSource source;
  Fill(&source, 0, movie, 4096);
  source.Finish();
  Data got(movie.size());
  ASSERT_TRUE(source.Read(0, got).ok());
  EXPECT_TRUE(got == movie);
  const double each = static_cast<double>(source.bytes()) / (kPictures + kPackets);
  std::printf("%zu bytes for %zu samples, of %zu: %.2f each\n",
              source.bytes(),
              kPictures + kPackets,
              movie.size(),
              each);
  EXPECT_LE(each, 2.5);
}

}  // namespace
}  // namespace iso
