#pragma once

#include <cstdint>

namespace freshet::test {

/// How many bugs this program can be given; 0: it is the program as it is.
extern const std::uint64_t planted_bugs;
/// From now on the program has this one; 0: none.
void plant(std::uint64_t bug);

}  // namespace freshet::test
