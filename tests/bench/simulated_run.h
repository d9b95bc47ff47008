#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "app/settings.h"
#include "connectors/simulate/simulate_options.h"
#include "stream/live_metrics.h"
#include "tests/bench/measure.h"

namespace freshet::bench {

template <class T>
void must(const T& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

/// What a run of the pipeline over a simulated shop came to.
struct SimulatedRun {
  LiveMetrics::Snapshot metrics;
  std::int64_t wall_ns = 0, cpu_ns = 0;
  std::vector<std::int64_t> writes_ns;   ///< of each checkpoint, by the store
  std::vector<std::size_t> write_bytes;  ///< the same
  std::size_t rows = 0;

  double events_per_second() const;
};

/// The pipeline as `freshet run` has it, no sink, the state where the settings say.
SimulatedRun run_simulated(Settings settings, const SimulateOptions& shop);

/// As `quantiles` of durations, rounded up to the borders of the histogram's buckets.
Figures quantiles(const LatencyHistogram& histogram);

}  // namespace freshet::bench
