#include "tests/bench/report.h"

#include <string>
#include <vector>

#include "app/text.h"
#include "tests/bench/event_cost_report.h"

namespace freshet::bench {
namespace {

using Table = std::vector<std::vector<std::string>>;

std::string whole(const Figures& n) {
  return n.is_null() ? "-" : grouped(static_cast<std::uint64_t>(n.get<double>() + 0.5));
}

std::string us(const Figures& n) { return n.is_null() ? "-" : fixed(n.get<double>(), 2); }

std::string ms(const Figures& n) { return n.is_null() ? "-" : fixed(n.get<double>() / 1e3, 3); }

std::string mib(const Figures& n) { return fixed(n.get<double>() / (1 << 20), 1); }

/// Steps of the calibration loop that take as long as one event does: the number to compare across
/// machines.
std::string steps_per_event(const Figures& c) {
  const double steps = c["calibration"].get<double>() * 1e6;
  return whole(steps / c["events_per_cpu_second"].get<double>());
}

std::string serving_text(const Figures& cases) {
  Table rates = {{"serving path", "events", "events/s", "per CPU s", "p50 ms", "p99 ms", "max ms",
                  "MiB", "Msteps/s", "steps/event"}};
  Table phases = {{"us an event", "decode", "rank", "learn", "encode"}};
  for (const Figures& c : cases) {
    rates.push_back({c["name"], whole(c["events"]), whole(c["events_per_second"]),
                     whole(c["events_per_cpu_second"]), ms(c["latency"]["p50_us"]),
                     ms(c["latency"]["p99_us"]), ms(c["latency"]["max_us"]), mib(c["memory_bytes"]),
                     fixed(c["calibration"].get<double>(), 1), steps_per_event(c)});
    const Figures& p = c["phases_us"];
    phases.push_back({c["name"], us(p["decode"]), us(p["rank"]), us(p["learn"]), us(p["encode"])});
  }
  return text_table(rates) + "\n" + text_table(phases) + "\n";
}

std::string models_text(const Figures& c) {
  Table rows = {
      {c["name"].get<std::string>() + ", us an event", "candidates", "score", "explain", "learn"}};
  for (const auto& [name, m] : c["models_us"].items()) {
    rows.push_back({name, us(m["candidates"]), us(m["score"]), us(m["explain"]), us(m["learn"])});
  }
  return text_table(rows) + "fusion " + us(c["fusion_us"]) + " us, users and list around it " +
         us(c["around_us"]) + " us, ranker in all " + us(c["rank_us"]) + " us\n\n";
}

std::string pipeline_text(const Figures& c) {
  const Figures& pause = c["checkpoint_pause"];
  const Figures& restart = c["restart"];
  Table rows = {{c["name"], ""},
                {"events", whole(c["events"])},
                {"events/s", whole(c["events_per_second"])},
                {"events per CPU second", whole(c["events_per_cpu_second"])},
                {"calibration steps an event", steps_per_event(c)},
                {"checkpoints", whole(pause["count"])},
                {"checkpoint pause, ms: p50", ms(pause["p50_us"])},
                {"  p99", ms(pause["p99_us"])},
                {"  max", ms(pause["max_us"])},
                {"checkpoint write beside it, ms: max", ms(c["checkpoint_write"]["max_us"])},
                {"largest checkpoint, MiB", mib(c["checkpoint_bytes_max"])},
                {"peak resident memory, MiB", mib(c["peak_bytes"])},
                {"state, MiB", mib(restart["state_bytes"])},
                {"restart: store opened, s", fixed(restart["open_seconds"].get<double>(), 3)},
                {"  engine restored, s", fixed(restart["restore_seconds"].get<double>(), 3)},
                {"  a GB, s", fixed(restart["restore_seconds_per_gb"].get<double>(), 2)}};
  return text_table(rows) + "\n";
}

std::string checkpoints_text(const Figures& c) {
  Table rows = {{c["name"], "rows", "MiB", "pieces", "longest ms", "sum ms", "write ms"}};
  const auto add = [&](const std::string& name, const Figures& s) {
    rows.push_back({name, whole(s["rows"]), mib(s["bytes"]), whole(s["pieces"]),
                    ms(s["longest_us"]), ms(s["sum_us"]), ms(s["write_us"])});
  };
  add("all rows of " + whole(c["users"]) + " users", c["all_rows"]);
  for (const Figures& s : c["usual"]) add("after " + whole(c["between"]) + " events", s);
  return text_table(rows) + "\n";
}

std::string pauses_text(const Figures& c) {
  Table rows = {{c["name"], "events/s", "count", "p50 ms", "p99 ms", "max ms"}};
  for (const Figures& r : c["runs"]) {
    const auto add = [&](const std::string& name, const std::string& rate, const Figures& q) {
      rows.push_back(
          {name, rate, whole(q["count"]), ms(q["p50_us"]), ms(q["p99_us"]), ms(q["max_us"])});
    };
    add(r["name"].get<std::string>() + ": event to list", whole(r["events_per_second"]),
        r["latency"]);
    add("  a checkpoint's longest pause", "", r["longest"]);
    add("  every pause", "", r["pieces"]);
  }
  return text_table(rows) + whole(c["events"]) + " events each, " + whole(c["users"]) +
         " users, a checkpoint every " + whole(c["interval_ms"]) + " ms, all cores\n\n";
}

}  // namespace

std::string report(const Figures& cases) {
  std::string out;
  if (!cases["serving"].empty()) out += serving_text(cases["serving"]);
  for (const Figures& c : cases["models"]) out += models_text(c);
  if (!cases["event_costs"].empty()) out += event_cost_text(cases["event_costs"]);
  if (!cases["pipeline"].is_null()) out += pipeline_text(cases["pipeline"]);
  if (!cases["checkpoints"].is_null()) out += checkpoints_text(cases["checkpoints"]);
  if (!cases["pauses"].is_null()) out += pauses_text(cases["pauses"]);
  return out;
}

}  // namespace freshet::bench
