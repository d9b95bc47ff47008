#pragma once

#include <cstdint>
#include <cstdlib>

namespace freshet::test {

/// Under a sanitizer everything takes several times as long, so tests that try many cases of one
/// kind try one of `share` there, and all of them elsewhere.
inline std::uint32_t one_of(std::uint32_t share) {
  return std::getenv("FRESHET_TEST_SLOW") != nullptr ? share : 1;
}

}  // namespace freshet::test
