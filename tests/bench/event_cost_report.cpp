#include "tests/bench/event_cost_report.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "app/text.h"

namespace freshet::bench {
namespace {

using Table = std::vector<std::vector<std::string>>;

std::string number(const Figures& n, int decimals) { return fixed(n.get<double>(), decimals); }

std::string whole(const Figures& n) {
  return grouped(static_cast<std::uint64_t>(std::llround(std::max(n.get<double>(), 0.0))));
}

std::vector<std::string> time_row(const Figures& c) {
  return {c["name"],
          whole(c["events"]),
          whole(c["lists"]),
          whole(c["epochs"]),
          number(c["cpu_us"], 1),
          whole(c["event_us_max"]),
          number(c["wall_us"], 1),
          number(c["rank_us"], 1),
          number(c["learn_us"], 1),
          number(c["encode_us"], 1),
          number(c["calibration_among"], 1),
          whole(c["steps_per_event"])};
}

std::vector<std::string> memory_row(const Figures& c) {
  const Figures& m = c["user_memory"];
  return {c["name"],
          whole(m["users"]),
          number(m["events_per_user"], 1),
          whole(m["history_bytes"]),
          whole(m["recent_bytes"]),
          whole(m["other_bytes"]),
          whole(m["other_bytes_max"]),
          whole(m["row_bytes"]),
          whole(m["example_bytes"]),
          whole(m["model_bytes"])};
}

}  // namespace

std::string event_cost_text(const Figures& cases) {
  Table times = {{"us an event, one thread", "events", "lists", "epochs", "CPU", "asked", "wall",
                  "rank", "learn", "encode", "Msteps/s", "steps/event"}};
  Table memory = {{"bytes a user", "users", "events each", "history", "of it events", "beside it",
                   "asked", "his row", "example", "models"}};
  std::string absent;
  for (const Figures& c : cases) {
    if (c.contains("absent_from")) {
      absent += c["name"].get<std::string>() + ": absent from " +
                c["absent_from"].get<std::string>() + ", not measured\n";
      continue;
    }
    times.push_back(time_row(c));
    memory.push_back(memory_row(c));
  }
  if (times.size() == 1) return absent + "\n";
  return text_table(times) + absent +
         "From an event decoded to its list encoded, learning included; the defaults, checkpoints\n"
         "left out. CPU and wall are means of the whole, the rest are its parts in wall time.\n\n" +
         text_table(memory) +
         "The heap's growth for each new user, when as many as the stream has come with its "
         "events\n"
         "once more on known items. History: his distinct items and his newest events. Beside it: "
         "his "
         "row\n"
         "without them, of which the fusion's learning example is shown, and the models, which is "
         "all\n"
         "else: models, fusion, indexes.\n\n";
}

}  // namespace freshet::bench
