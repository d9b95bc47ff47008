#include "tests/bench/pipeline.h"

#include <algorithm>

#include "app/wiring.h"
#include "connectors/simulate/simulate_options.h"
#include "state/digest.h"
#include "tests/bench/simulated_run.h"
#include "tests/bench/streams.h"
#include "tests/bench/temporary_directory.h"

namespace freshet::bench {
namespace {

std::uint64_t state_bytes(const RowReader& rows) {
  auto summary = summarise(rows);
  must(summary);
  std::uint64_t bytes = 0;
  for (const SpaceSize& space : summary->spaces) bytes += space.bytes;
  return bytes;
}

Figures restart(const Settings& settings) {
  const std::int64_t start = wall_ns();
  auto store = open_store(settings);
  must(store);
  const std::int64_t opened = wall_ns();
  auto engine = make_engine(settings, **store);
  must(engine);
  RowBatch stale;
  must((*engine)->restore(**store, stale));
  const std::int64_t restored = wall_ns();
  const auto bytes = static_cast<double>(state_bytes(**store));
  const double seconds = static_cast<double>(restored - opened) / 1e9;
  return {{"open_seconds", static_cast<double>(opened - start) / 1e9},
          {"restore_seconds", seconds},
          {"state_bytes", bytes},
          {"restore_seconds_per_gb", seconds * 1e9 / std::max(bytes, 1.0)}};
}

}  // namespace

Figures measure_pipeline(std::uint64_t events, std::uint32_t users, std::uint32_t threads) {
  const TemporaryDirectory directory;
  Settings settings = bench_settings(threads);
  SimulateOptions shop;
  shop.events = events;
  shop.users = users;
  settings.state.path = directory.path() + "/state";

  SimulatedRun ran = run_simulated(settings, shop);
  const LatencyHistogram& pause = ran.metrics.checkpoint_pause;
  Figures out;
  out["events"] = ran.metrics.records;
  out["events_per_second"] = ran.events_per_second();
  out["events_per_cpu_second"] =
      static_cast<double>(ran.metrics.records) * 1e9 / static_cast<double>(ran.cpu_ns);
  out["checkpoint_pause"] = quantiles(pause);
  out["checkpoint_write"] = quantiles(ran.writes_ns);
  out["checkpoint_bytes_max"] = *std::max_element(ran.write_bytes.begin(), ran.write_bytes.end());
  out["checkpoint_rows"] = ran.rows;
  out["peak_bytes"] = peak_resident_bytes();
  out["restart"] = restart(settings);
  return out;
}

}  // namespace freshet::bench
