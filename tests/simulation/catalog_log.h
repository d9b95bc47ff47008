#pragma once

#include <vector>

#include "stream/record.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/plan.h"

namespace freshet::test {

/// The log with the plan's catalogue among its records: items described, described anew, sold out,
/// withdrawn, some that no event names, and records that nobody can read.
std::vector<Record> with_catalog(const Plan& plan, const std::vector<Record>& log, Dice dice);

}  // namespace freshet::test
