// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every C++ allocation of the program, counted as the allocator sees it: an opinion on
// memory that does not come from the code under test. Include it in one file of a program.

#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace iso::test {

inline std::atomic<int64_t> allocated_bytes{0};  ///< now
inline std::atomic<int64_t> allocated_peak{0};

inline void* Allocate(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  const int64_t now = allocated_bytes += static_cast<int64_t>(malloc_usable_size(memory));
  int64_t peak = allocated_peak;
  while (peak < now && !allocated_peak.compare_exchange_weak(peak, now)) {
  }
  return memory;
}

inline void Free(void* memory) {
  allocated_bytes -= static_cast<int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace iso::test

void* operator new(size_t size) {
  return iso::test::Allocate(size);
}

void* operator new[](size_t size) {
  return iso::test::Allocate(size);
}

void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return iso::test::Allocate(size);
}

void operator delete(void* memory) noexcept {
  iso::test::Free(memory);
}

void operator delete[](void* memory) noexcept {
  iso::test::Free(memory);
}

void operator delete(void* memory, size_t) noexcept {
  iso::test::Free(memory);
}

void operator delete[](void* memory, size_t) noexcept {
  iso::test::Free(memory);
}
