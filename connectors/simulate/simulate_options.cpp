#include "connectors/simulate/simulate_options.h"

namespace freshet {

using config::object;
using config::range;

config::Table<SimulateOptions> describe_simulate() {
  constexpr std::int64_t latest_start_ms = 4'102'444'800'000;  // the beginning of 2100
  return object<SimulateOptions>(
             "A simulated shop: the same seed gives the same events everywhere.")
      .option("seed", &SimulateOptions::seed, "Which shop, and which history of it.")
      .option("users", &SimulateOptions::users, "Number of shoppers.", range(1, 50'000'000))
      .option("items", &SimulateOptions::items,
              "Number of items, those that appear later included.", range(1, 10'000'000))
      .option("events", &SimulateOptions::events, "How many events; 0 means without end.")
      .option("rate", &SimulateOptions::rate,
              "Events per second of wall clock; 0 means as fast as possible.", range(0, 10'000'000))
      .option("start_time", &SimulateOptions::start_time,
              "Time of the first events, in milliseconds since 1970 UTC.",
              range(std::int64_t{0}, latest_start_ms))
      .option("catalog", &SimulateOptions::catalog,
              "The shop's catalogue comes before the first event, and a record of it whenever an "
              "item comes into the shop, sells out or is back.");
}

}  // namespace freshet
