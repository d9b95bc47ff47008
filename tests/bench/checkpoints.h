#pragma once

#include <cstdint>

#include "tests/bench/measure.h"

namespace freshet::bench {

/// What a checkpoint of a shop with many users costs the engine, made in pieces between batches as
/// the pipeline makes it: with every row changed (the first one), and with what changes in five
/// seconds at 15,000 events a second. Each user has events at random, so not every user of the shop
/// is there. One thread.
Figures measure_checkpoints(std::uint64_t events, std::uint32_t users);

}  // namespace freshet::bench
