#pragma once

#include <string>

#include "tests/bench/measure.h"

namespace freshet::bench {

/// All cases as tables for people. `cases`: {"serving": [...], "models": [...], "pipeline": …,
/// "checkpoints": …, "pauses": …}.
std::string report(const Figures& cases);

}  // namespace freshet::bench
