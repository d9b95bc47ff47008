#pragma once

#include <cstdint>

#include "tests/simulation/outside.h"
#include "tests/simulation/world.h"

namespace freshet::test {

/// What went wrong in the lives of many worlds, to see that the dice reach everything.
struct Tally {
  std::uint64_t lives = 0, steps = 0, records = 0, replayed = 0, outputs = 0;
  std::uint64_t ends[5] = {};
  std::uint64_t faults[static_cast<std::size_t>(Op::count) + 1] = {};
};

/// One life of the program in the world: from opening to its end, whatever that is. The `last` one
/// meets no fault and reads the log to its end. What was promised and is already seen to be broken
/// is told to the world.
void live(World& world, std::uint64_t number, bool last, Tally& tally);

}  // namespace freshet::test
