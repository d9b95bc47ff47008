#pragma once

#include <cstdint>

#include "tests/bench/measure.h"

namespace freshet::bench {

/// The pipeline end to end: a simulated shop as fast as it can, no sink, the state in RocksDB in a
/// temporary directory with checkpoints at the default interval; then a restart from that state.
Figures measure_pipeline(std::uint64_t events, std::uint32_t users, std::uint32_t threads);

}  // namespace freshet::bench
