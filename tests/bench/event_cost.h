#pragma once

#include <cstdint>
#include <string>

#include "tests/bench/logged_set.h"
#include "tests/bench/measure.h"

namespace freshet::bench {

/// What an event of a real stream costs from decoded to its list encoded, learning included: the
/// defaults without exception, one thread, no checkpoints. After it, on the same engine, what a
/// user costs in memory.
Figures measure_event_cost(const LoggedSet& set, const std::string& folder,
                           std::uint64_t events_max);

}  // namespace freshet::bench
