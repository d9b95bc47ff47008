#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

// Units of configuration: a duration and a size that cannot be taken for each other or for a plain
// number. Written as text with a unit ("30m", "512MiB"). Everything here is O(length of the text).

namespace freshet::config {

// A span of time in milliseconds.
struct Millis {
  std::int64_t count = 0;

  constexpr Millis() = default;
  constexpr explicit Millis(std::int64_t count_ms) : count(count_ms) {}
  friend constexpr auto operator<=>(Millis, Millis) = default;
};

// A size in bytes.
struct Bytes {
  std::uint64_t count = 0;

  constexpr Bytes() = default;
  constexpr explicit Bytes(std::uint64_t bytes) : count(bytes) {}
  friend constexpr auto operator<=>(Bytes, Bytes) = default;
};

// Reads digits and one unit of ms, s, m, h, d ("250ms", "7d"); "0" needs no unit. False, with `out`
// unchanged, for anything else: signs, blanks, fractions, other units, more than int64
// milliseconds.
[[nodiscard]] bool parse(std::string_view text, Millis& out);

// Reads digits and one unit of B, kB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (of 1024);
// "0" needs no unit. False, with `out` unchanged, for anything else or more than uint64 bytes.
[[nodiscard]] bool parse(std::string_view text, Bytes& out);

// The shortest exact text that parse() reads back (for durations not below zero): "90m", "1GiB".
[[nodiscard]] std::string to_text(Millis value);
[[nodiscard]] std::string to_text(Bytes value);

}  // namespace freshet::config
