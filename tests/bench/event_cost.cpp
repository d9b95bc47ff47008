#include "tests/bench/event_cost.h"

#include <algorithm>
#include <span>
#include <vector>

#include "tests/bench/list_encoder.h"
#include "tests/bench/simulated_run.h"
#include "tests/bench/streams.h"
#include "tests/bench/user_memory.h"

namespace freshet::bench {
namespace {

constexpr std::size_t batch_records = 256;  // as the pipeline's
constexpr std::size_t stretch_batches = 8;  // between two pieces of the calibration
constexpr std::size_t calibration_steps = 500'000;

Figures measure_stream(Engine& engine, std::span<const Decoded> log) {
  ListEncoder encoder(engine);
  std::vector<Outcome> outcomes;
  const Engine::Phases phases_before = engine.phases();
  Calibration calibration;
  std::int64_t wall = 0, cpu = 0;
  for (std::size_t i = 0, batches = 0; i < log.size(); i += batch_records, ++batches) {
    if (batches % stretch_batches == 0) calibration.run(calibration_steps);
    const auto batch = log.subspan(i, std::min(batch_records, log.size() - i));
    const std::int64_t wall_start = wall_ns(), cpu_start = cpu_ns();
    must(engine.process(batch, outcomes));
    encoder.encode(batch, outcomes);
    cpu += cpu_ns() - cpu_start;
    wall += wall_ns() - wall_start;
  }
  const auto us = [&](std::int64_t ns) {
    return static_cast<double>(ns) / 1e3 /
           static_cast<double>(std::max<std::size_t>(log.size(), 1));
  };
  const Engine::Phases phases = engine.phases();
  return {{"events", log.size()},
          {"lists", encoder.lists},
          {"epochs", engine.epochs()},
          {"cpu_us", us(cpu)},
          {"wall_us", us(wall)},
          {"rank_us", us(phases.rank_ns - phases_before.rank_ns)},
          {"learn_us", us(phases.learn_ns - phases_before.learn_ns)},
          {"encode_us", us(encoder.spent_ns)},
          {"calibration_among", calibration.rate()},
          {"steps_per_event", us(cpu) * calibration.rate()}};
}

}  // namespace

Figures measure_event_cost(const LoggedSet& set, const std::string& folder,
                           std::uint64_t events_max) {
  Settings settings;
  settings.engine.threads = 1;
  const auto engine = new_engine(settings);
  {
    std::vector<Outcome> outcomes;
    must(engine->process(logged_catalog(set, folder, settings.events, engine->types()), outcomes));
  }
  std::vector<Decoded> log =
      logged_events(set, folder, settings.events, engine->types(), events_max);
  Figures out = measure_stream(*engine, log);
  out["event_us_max"] = set.event_us_max;
  out["user_memory"] = measure_user_memory(*engine, std::move(log));
  return out;
}

}  // namespace freshet::bench
