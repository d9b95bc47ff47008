#include "tests/bench/pauses.h"

#include <algorithm>
#include <string>

#include "tests/bench/simulated_run.h"
#include "tests/bench/streams.h"
#include "tests/bench/temporary_directory.h"

namespace freshet::bench {
namespace {

constexpr std::uint32_t usual_rate = 10'000;
constexpr std::int64_t never_ms = 3'600'000;

Figures measure(const std::string& name, SimulateOptions shop, std::int64_t interval_ms) {
  const TemporaryDirectory directory;
  Settings settings = bench_settings(0);
  settings.state.path = directory.path() + "/state";
  settings.state.checkpoint_interval.count = interval_ms;
  const SimulatedRun ran = run_simulated(settings, shop);
  return {{"name", name},
          {"events_per_second", ran.events_per_second()},
          {"pieces", quantiles(ran.metrics.checkpoint_pieces)},
          {"longest", quantiles(ran.metrics.checkpoint_pause)},
          {"latency", quantiles(ran.metrics.latency)}};
}

}  // namespace

Figures measure_pauses(std::uint64_t events, std::uint32_t users) {
  SimulateOptions shop;
  shop.events = events;
  shop.users = users;
  shop.rate = usual_rate;
  // A short run has its checkpoints too.
  const auto run_ms = static_cast<std::int64_t>(events * 1'000 / usual_rate);
  const std::int64_t interval_ms =
      std::clamp<std::int64_t>(run_ms / 10, 10, StateOptions{}.checkpoint_interval.count);
  Figures out;
  out["events"] = events;
  out["users"] = users;
  out["interval_ms"] = interval_ms;
  out["runs"].push_back(measure("10,000 events/s", shop, interval_ms));
  out["runs"].push_back(measure("10,000 events/s, no checkpoints", shop, never_ms));
  shop.rate = 0;
  out["runs"].push_back(measure("as fast as it can", shop, interval_ms));
  return out;
}

}  // namespace freshet::bench
