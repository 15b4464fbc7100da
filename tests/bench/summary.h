// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Results as tables for people: ratios first, since they hold on any machine, then what this
// machine took. And what of the project's goals is reached.

#pragma once

#include <cstdio>
#include <vector>

#include "results.h"

namespace iso::bench {

std::vector<Goal> EvaluateGoals(const Results& results);

void PrintSummary(const Results& results, const std::vector<Goal>& goals, std::FILE* out);

}  // namespace iso::bench
