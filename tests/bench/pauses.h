#pragma once

#include <cstdint>

#include "tests/bench/measure.h"

namespace freshet::bench {

/// What checkpoints do to the lists of a shop: the real pipeline on all cores, at 10,000 events a
/// second with five cheap models, with checkpoints and without, and with all models; and as fast as
/// it can. `events` is the length of each run.
Figures measure_pauses(std::uint64_t events, std::uint32_t users);

}  // namespace freshet::bench
