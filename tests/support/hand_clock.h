#pragma once

#include <atomic>
#include <cstdint>

#include "stream/clock.h"

namespace freshet::test {

/// A clock that moves only when told to, or by a fixed step at each reading.
/// Threads: any.
class HandClock final : public Clock {
 public:
  explicit HandClock(std::int64_t step_ms = 0) : step_ns_(step_ms * 1'000'000) {}

  void advance_ms(std::int64_t ms) { now_ns_ += ms * 1'000'000; }
  std::int64_t wall_ms() const override { return start_ms + now_ns_ / 1'000'000; }
  std::int64_t steady_ns() const override { return now_ns_ += step_ns_; }

  static constexpr std::int64_t start_ms = 1'800'000'000'000;

 private:
  const std::int64_t step_ns_;
  mutable std::atomic<std::int64_t> now_ns_{0};
};

}  // namespace freshet::test
