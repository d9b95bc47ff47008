#pragma once

#include <cstdint>
#include <initializer_list>

#include "tests/support/events.h"

namespace freshet::test {

/// Draws of one purpose. Each purpose has its own stream, so that a change in one place does not
/// change what the same seed means everywhere else.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t purpose) : random_(mixed(seed * 1'000'003 + purpose)) {}

  std::uint32_t below(std::uint32_t n) { return random_.below(n); }
  std::uint32_t between(std::uint32_t least, std::uint32_t most) {
    return least + below(most - least + 1);
  }
  bool chance(std::uint32_t percent) { return below(100) < percent; }
  template <class T>
  T pick(std::initializer_list<T> values) {
    return *(values.begin() + below(static_cast<std::uint32_t>(values.size())));
  }

 private:
  /// SplitMix64's finalizer: neighbouring seeds share nothing.
  static std::uint64_t mixed(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }

  Random random_;
};

}  // namespace freshet::test
