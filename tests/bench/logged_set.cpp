#include "tests/bench/logged_set.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "app/read_log.h"
#include "stream/position.h"
#include "tests/bench/simulated_run.h"

namespace freshet::bench {

std::span<const LoggedSet> logged_sets() {
  static const std::vector<LoggedSet> sets = {
      {"yoochoose_100k",
       {"yoochoose_100k.train.jsonl.zst", "yoochoose_100k.test.jsonl.zst"},
       {},
       150},
      {"retailrocket_mb", {"retailrocket_mb.jsonl.zst"}, {}, 150},
      {"online_retail", {"online_retail.jsonl.zst"}, "online_retail.catalog.jsonl.zst", 450},
      {"globo_48h", {"globo_48h.jsonl.zst"}, {}, 300},
  };
  return sets;
}

bool present(const LoggedSet& set, const std::string& folder) {
  const auto there = [&](const std::string& file) {
    return std::filesystem::exists(folder + "/" + file);
  };
  return std::all_of(set.events.begin(), set.events.end(), there) &&
         (!set.catalog || there(*set.catalog));
}

std::vector<Decoded> logged_events(const LoggedSet& set, const std::string& folder,
                                   const EventOptions& options, const EventTypes& types,
                                   std::uint64_t events_max) {
  std::vector<Decoded> log;
  for (const std::string& file : set.events) {
    auto part = read_log(folder + "/" + file, options, types);
    must(part);
    log.insert(log.end(), std::move_iterator(part->begin()), std::move_iterator(part->end()));
  }
  log.resize(std::min<std::size_t>(log.size(), events_max));
  for (std::size_t i = 0; i < log.size(); ++i) log[i].offset = static_cast<Offset>(i);
  return log;
}

std::vector<Decoded> logged_catalog(const LoggedSet& set, const std::string& folder,
                                    const EventOptions& options, const EventTypes& types) {
  if (!set.catalog) return {};
  auto log = read_log(folder + "/" + *set.catalog, options, types, catalog_partition(0));
  must(log);
  return std::move(*log);
}

}  // namespace freshet::bench
