#include "tests/bench/pauses.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "models/fusion/weighted.h"
#include "tests/bench/simulated_run.h"
#include "tests/bench/streams.h"
#include "tests/bench/temporary_directory.h"

namespace freshet::bench {
namespace {

constexpr std::uint32_t usual_rate = 10'000;
constexpr std::int64_t never_ms = 3'600'000;

/// What 10,000 events a second can be expected of on two cores: models that count, and fixed
/// weights.
void take_cheap_models(Settings& settings) {
  constexpr std::array<std::string_view, 5> kept = {"session_knn", "item_cf", "transitions",
                                                    "repeat", "popularity"};
  std::erase_if(settings.models, [&](const config::Tagged& model) {
    return std::find(kept.begin(), kept.end(), model.type()) == kept.end();
  });
  settings.fusion = config::Tagged("weighted", WeightedOptions{});
}

Figures measure(const std::string& name, bool all_models, SimulateOptions shop,
                std::int64_t interval_ms) {
  const TemporaryDirectory directory;
  Settings settings = bench_settings(0);
  if (!all_models) take_cheap_models(settings);
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
  const auto add = [&](const std::string& name, bool all_models, std::int64_t interval) {
    out["runs"].push_back(measure(name, all_models, shop, interval));
  };
  add("five models, 10,000 events/s", false, interval_ms);
  add("five models, 10,000 events/s, no checkpoints", false, never_ms);
  add("all models, 10,000 events/s", true, interval_ms);
  shop.rate = 0;
  add("five models, as fast as they can", false, interval_ms);
  return out;
}

}  // namespace freshet::bench
