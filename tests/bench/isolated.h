#pragma once

#include <functional>

#include "tests/bench/measure.h"

namespace freshet::bench {

/// Runs a case in a process of its own, so that no case inherits another's memory, and adds to its
/// figures the calibration before and after it. Null: the case failed and said why on standard
/// error.
Figures isolated(const std::function<Figures()>& run);

}  // namespace freshet::bench
