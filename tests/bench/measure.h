#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

namespace freshet::bench {

/// What one case measured, and what the report and `--json` show.
using Figures = nlohmann::ordered_json;

std::int64_t wall_ns();
/// Of all threads of the process: what others do on the machine disturbs it little.
std::int64_t cpu_ns();

/// Resident memory of this process, now and at its peak.
std::size_t resident_bytes();
std::size_t peak_resident_bytes();
/// What the process holds of its heap, with the heap's own headers and without what is free.
std::size_t heap_bytes();

/// How fast this machine is: a fixed loop of dependent hashes and scattered additions to 8 MiB,
/// which is what ranking does most. It may run in pieces among what is measured, since a machine's
/// speed changes while others work on it.
class Calibration {
 public:
  void run(std::size_t steps);
  /// Millions of steps per CPU second, over all that ran.
  double rate() const;

 private:
  std::vector<float> table_ = std::vector<float>(std::size_t{1} << 21, 0.0F);
  std::uint64_t at_ = 1;
  std::uint64_t steps_ = 0;
  std::int64_t spent_ns_ = 0;
};

/// The rate of one run of about a quarter of a second.
double calibrate();

/// {"p50", "p99", "max", "count"} of durations; nulls if there are none. Sorts them.
Figures quantiles(std::vector<std::int64_t>& durations_ns);

}  // namespace freshet::bench
