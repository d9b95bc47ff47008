#pragma once

#include <cstdint>

namespace freshet {

/// The two clocks of the outside world. Only stamps, metrics and intervals of I/O read them;
/// nothing in a list or in the state does.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t wall_ms() const = 0;    ///< since 1970 UTC
  virtual std::int64_t steady_ns() const = 0;  ///< never goes back
};

/// The machine's clocks.
const Clock& system_clock();

}  // namespace freshet
