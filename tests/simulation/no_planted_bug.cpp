#include "tests/simulation/planted_bug.h"

namespace freshet::test {

const std::uint64_t planted_bugs = 0;
void plant(std::uint64_t) {}

}  // namespace freshet::test
