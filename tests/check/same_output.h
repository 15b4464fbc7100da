// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ExpectSame: two plays of one file that must have given the same, to the bit.

#pragma once

#include <vector>

#include <gtest/gtest.h>

#include "recorder.h"

namespace iso::test {

inline void ExpectSame(const std::vector<RecordedPad>& a, const std::vector<RecordedPad>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t p = 0; p < a.size(); ++p) {
    ASSERT_EQ(a[p].name, b[p].name);
    ASSERT_EQ(a[p].items.size(), b[p].items.size()) << a[p].name;
    for (size_t i = 0; i < a[p].items.size(); ++i) {
      const RecordedItem& x = a[p].items[i];
      const RecordedItem& y = b[p].items[i];
      ASSERT_EQ(x.event != nullptr, y.event != nullptr) << a[p].name << " " << i;
      ASSERT_TRUE(x.pts == y.pts && x.dts == y.dts && x.duration == y.duration &&
                  x.flags == y.flags && x.data == y.data && x.caps == y.caps)
          << a[p].name << " " << i << ": " << x.pts << "/" << y.pts << " " << x.dts << "/" << y.dts << " "
          << x.duration << "/" << y.duration << " flags " << x.flags << "/" << y.flags << " bytes "
          << x.data.size() << "/" << y.data.size() << (x.data == y.data ? "" : ", other content");
    }
  }
}

}  // namespace iso::test
