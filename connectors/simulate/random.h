#pragma once

#include <bit>
#include <cstdint>

namespace freshet {

/// One round of splitmix64 (Steele, Lea, Flood 2014): spreads the bits of a number. Also a hash.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// xoshiro256** (Blackman, Vigna 2018). The standard library's distributions differ between
/// machines; here everything is whole numbers, so a seed gives the same draws everywhere.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = seed = mix(seed);
  }

  constexpr std::uint64_t next() {
    const std::uint64_t drawn = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return drawn;
  }

  /// From 0 to `bound` - 1; 0 if `bound` is 0. Uneven by at most bound / 2^64.
  constexpr std::uint64_t below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }
  /// The same for a number that is a 32-bit one.
  constexpr std::uint32_t index(std::uint32_t bound) {
    return static_cast<std::uint32_t>(below(bound));
  }
  constexpr std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    return low + index(high - low + 1);
  }
  constexpr bool percent(std::uint32_t chance) { return below(100) < chance; }

 private:
  std::uint64_t state_[4];
};

}  // namespace freshet
