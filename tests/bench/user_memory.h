#pragma once

#include <cstddef>
#include <vector>

#include "stream/engine.h"
#include "tests/bench/measure.h"

namespace freshet::bench {

/// Asked of a user beside his history.
inline constexpr std::size_t user_bytes_max = 4'096;

/// What one more user costs in memory. `engine` has learned `log`, which erases nobody; it takes
/// the same events once more, later and by as many new users on the items that it knows, and what
/// the process then holds more of the heap is theirs: the engine's rows, the models' and the
/// fusion's. Each side of it follows a checkpoint, so that no row waits to be saved.
Figures measure_user_memory(Engine& engine, std::vector<Decoded> log);

}  // namespace freshet::bench
