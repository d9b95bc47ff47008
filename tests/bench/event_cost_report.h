#pragma once

#include <string>

#include "tests/bench/measure.h"

namespace freshet::bench {

/// The tables of what events and users of the real streams cost, beside what is asked.
std::string event_cost_text(const Figures& cases);

}  // namespace freshet::bench
