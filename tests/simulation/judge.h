#pragma once

#include <string>
#include <vector>

#include "tests/simulation/plan.h"
#include "tests/simulation/world.h"

namespace freshet::test {

/// What one engine makes of records in one order, without stores, crashes and haste.
struct Uninterrupted {
  std::vector<Shown> shown;
  std::string digest;
  std::string problem;  ///< a list with an item that the catalogue had taken off; "": none
};
Uninterrupted uninterrupted(const Plan& plan, const std::vector<const Record*>& order);

/// Cuts the world's order to what the state at `positions` is made of; the positions must be those
/// of a beginning of it. `rows_too`: the rows must be what an uninterrupted engine has there.
/// Error: they cannot be read.
Status check_prefix(World& world, const Positions& positions, bool rows_too);

/// After the last life: the outputs and the state, against the uninterrupted engine and, if the
/// models are the counting ones, against a recount. Tells the world what is wrong.
void judge(World& world);

}  // namespace freshet::test
