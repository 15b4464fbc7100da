// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Runs one measurement in a process of its own, under a time limit, and reads what it says.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "measurements.h"

namespace iso::bench {

struct MeasurementResult {
  std::map<std::string, double> values;
  std::string refused;  // the element said no, and this is how
  std::string wrong;    // the first wrong answer
  std::string failure;  // died, hung, or could not go on
};

/// The request as arguments of this very program, and back. False: these are no request.
std::vector<std::string> ToArguments(const MeasurementRequest& request);
bool FromArguments(int argc, char** argv, MeasurementRequest& request);

MeasurementResult RunInChild(const MeasurementRequest& request);

}  // namespace iso::bench
