#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/checkpoints.h"
#include "tests/bench/event_cost.h"
#include "tests/bench/isolated.h"
#include "tests/bench/logged_set.h"
#include "tests/bench/pauses.h"
#include "tests/bench/pipeline.h"
#include "tests/bench/report.h"
#include "tests/bench/serving.h"
#include "tests/bench/streams.h"

namespace freshet::bench {
namespace {

struct Arguments {
  std::uint64_t events = 1'000'000;
  std::string data = "../shared/data";
  std::string json;
  std::string only;
};

constexpr std::uint32_t shop_users = 20'000;
constexpr std::uint32_t pause_users = 200'000;
constexpr std::uint32_t many_users = 1'000'000;  // some 100,000 come by in the first 625,000 events

bool read_arguments(int argc, char** argv, Arguments& a) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--events") {
      a.events = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--data") {
      a.data = value;
    } else if (name == "--json") {
      a.json = value;
    } else if (name == "--only") {
      a.only = value;
    } else {
      return false;
    }
  }
  return argc % 2 == 1 && a.events >= 100;
}

/// The streams that are measured, by name, read when their case runs.
struct Stream {
  std::string name;
  std::function<std::vector<Record>()> records;
};

std::vector<Stream> streams(const Arguments& a) {
  std::vector<Stream> found;
  const std::string set = a.data + "/yoochoose_100k";
  if (std::filesystem::exists(set + ".train.jsonl.zst")) {
    found.push_back({"yoochoose_100k", [set] {
                       std::vector<Record> records;
                       read_records(set + ".train.jsonl.zst", records);
                       read_records(set + ".test.jsonl.zst", records);
                       return records;
                     }});
  } else {
    std::fprintf(stderr, "bench: yoochoose_100k is not in %s: left out (--data DIR)\n",
                 a.data.c_str());
  }
  found.push_back({"simulated", [n = a.events] { return simulated_records(n, shop_users); }});
  return found;
}

/// Runs the cases whose names hold `only`, one after another.
class Cases {
 public:
  explicit Cases(std::string only) : only_(std::move(only)) {}

  bool wanted(const std::string& name) const { return name.find(only_) != std::string::npos; }

  /// Null: left out or failed.
  Figures run(const std::string& name, const std::function<Figures()>& measure) {
    if (!wanted(name)) return nullptr;
    std::fprintf(stderr, "bench: %s\n", name.c_str());
    Figures figures = {{"name", name}};
    Figures measured = isolated(measure);
    failed_ = failed_ || measured.is_null();
    if (measured.is_null()) return nullptr;
    figures.update(measured);
    return figures;
  }
  bool failed() const { return failed_; }

 private:
  const std::string only_;
  bool failed_ = false;
};

void keep(Figures& list, Figures figures) {
  if (!figures.is_null()) list.push_back(std::move(figures));
}

/// A set that is absent is named among the figures.
Figures event_costs(const Arguments& a, Cases& cases) {
  Figures out = Figures::array();
  for (const LoggedSet& set : logged_sets()) {
    const std::string name = "cost of an event, " + set.name;
    if (present(set, a.data)) {
      keep(out, cases.run(name, [&] { return measure_event_cost(set, a.data, a.events); }));
    } else if (cases.wanted(name)) {
      std::fprintf(stderr, "bench: %s: not in %s (--data DIR)\n", name.c_str(), a.data.c_str());
      out.push_back({{"name", name}, {"absent_from", a.data}});
    }
  }
  return out;
}

int run(const Arguments& a) {
  Cases cases(a.only);
  Figures all = {{"serving", Figures::array()}, {"models", Figures::array()}};
  for (const Stream& stream : streams(a)) {
    for (const std::uint32_t threads : {1U, 2U}) {
      const std::string name = stream.name + ", threads " + std::to_string(threads);
      keep(all["serving"], cases.run(name, [&] {
        return measure_serving(bench_settings(threads), stream.records());
      }));
    }
    keep(all["models"], cases.run("models on " + stream.name, [&] {
      return measure_models(bench_settings(1), stream.records());
    }));
  }
  all["event_costs"] = event_costs(a, cases);
  all["pipeline"] =
      cases.run("pipeline end to end", [&] { return measure_pipeline(a.events, shop_users, 1); });
  all["checkpoints"] =
      cases.run("checkpoints", [&] { return measure_checkpoints(a.events, many_users); });
  all["pauses"] = cases.run("checkpoint pause at 10,000 events/s",
                            [&] { return measure_pauses(a.events * 3 / 5, pause_users); });
  std::fputs(report(all).c_str(), stdout);
  if (!a.json.empty() && !(std::ofstream(a.json) << all.dump(2) << '\n')) {
    std::fprintf(stderr, "bench: %s cannot be written\n", a.json.c_str());
    return 1;
  }
  return cases.failed() ? 1 : 0;
}

}  // namespace
}  // namespace freshet::bench

int main(int argc, char** argv) {
  freshet::bench::Arguments arguments;
  if (!freshet::bench::read_arguments(argc, argv, arguments)) {
    std::fprintf(stderr,
                 "usage: freshet_bench [--events N] [--data DIR] [--json FILE] "
                 "[--only PART_OF_A_CASE_NAME]\n");
    return 2;
  }
  return freshet::bench::run(arguments);
}
