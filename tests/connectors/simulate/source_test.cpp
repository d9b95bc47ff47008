#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "config/read.h"
#include "connectors/simulate/simulate_source.h"
#include "tests/connectors/print.h"

namespace freshet {
namespace {

/// A clock that the test moves.
struct HandClock : Clock {
  std::int64_t now_ns = 5'000'000'000;
  std::int64_t wall_ms() const override { return now_ns / 1'000'000; }
  std::int64_t steady_ns() const override { return now_ns; }
};

std::vector<Record> poll(SimulateSource& source, std::size_t max_records) {
  std::vector<Record> records;
  REQUIRE(source.poll(max_records, {}, records));
  return records;
}

std::vector<Record> history(const SimulateOptions& options, const Positions& from = {}) {
  const HandClock clock;
  SimulateSource source(options, clock);
  REQUIRE(source.open(from, {}));
  std::vector<Record> records;
  while (*source.poll(100, {}, records) == Source::Polled::more) {
  }
  return records;
}

TEST_CASE("records look as Kafka would hold them") {
  const auto records = history({.events = 1000, .catalog = false});
  REQUIRE(records.size() == 1000);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    const auto value = nlohmann::json::parse(record.value.value());
    REQUIRE(record.partition == 0);
    REQUIRE(record.offset == static_cast<Offset>(i));
    REQUIRE(record.key == value["user"].get<std::string>());
    REQUIRE(record.time_ms == value["time"].get<std::int64_t>());
    REQUIRE(record.time_ms >= 1'704'067'200'000);
  }
}

TEST_CASE("a source that goes on at a position gives the same bytes") {
  const auto all = history({.events = 3000, .catalog = false});
  for (const std::size_t from : {0U, 1U, 100U, 1777U, 2999U, 3000U}) {
    const auto rest = history({.events = 3000, .catalog = false}, {{0, static_cast<Offset>(from)}});
    REQUIRE(rest.size() == all.size() - from);
    for (std::size_t i = 0; i < rest.size(); ++i) {
      REQUIRE(rest[i].offset == all[from + i].offset);
      REQUIRE(rest[i].value == all[from + i].value);
      REQUIRE(rest[i].key == all[from + i].key);
      REQUIRE(rest[i].time_ms == all[from + i].time_ms);
    }
  }
}

/// What the catalogue says by `records`: stock by item.
std::map<std::string, std::int64_t> stock_of(const std::vector<Record>& records) {
  std::map<std::string, std::int64_t> stock;
  for (const Record& record : records) {
    if (!is_catalog(record.partition)) continue;
    const auto value = nlohmann::json::parse(record.value.value());
    CHECK(record.key == value["item"].get<std::string>());
    stock[*record.key] = value["stock"].get<std::int64_t>();
  }
  return stock;
}

TEST_CASE("the catalogue comes first, then a record for each item that comes or goes") {
  // Few shoppers: 3,000 events are some months.
  const SimulateOptions options{.users = 20, .items = 200, .events = 3'000};
  const auto records = history(options);
  Offset entries = 0, events = 0;
  std::map<std::string, std::int64_t> stock;
  std::size_t first = 0, came = 0, sold_out = 0, back = 0;
  for (const Record& record : records) {
    if (!is_catalog(record.partition)) {
      REQUIRE(record.offset == events++);
      if (events == 1) first = stock.size();
      const auto value = nlohmann::json::parse(record.value.value());
      // Nobody looks at what the shop does not have; who bought it may still judge it.
      if (value["type"] == "cart") REQUIRE(stock.count(value["item"]) == 1);
      continue;
    }
    REQUIRE(record.partition == catalog_partition(0));
    REQUIRE(record.offset == entries++);
    const auto before = stock.find(*record.key);
    const std::int64_t now = stock_of({record}).begin()->second;
    if (events > 0) {
      came += before == stock.end();
      if (before != stock.end()) (now == 0 ? sold_out : back) += 1;
      if (before != stock.end()) CHECK((before->second == 0) != (now == 0));
    }
    stock[*record.key] = now;
  }
  CHECK(events == 3'000);
  CHECK(first > 140);
  CHECK(first < 180);
  CHECK(came > 10);
  CHECK(sold_out > 5);
  CHECK(back > 5);
}

TEST_CASE("with a catalogue too a source goes on at any place with the same bytes") {
  const SimulateOptions options{.users = 20, .items = 50, .events = 600};
  const auto all = history(options);
  Positions at;
  for (std::size_t n = 0; n <= all.size(); ++n) {
    if (n % 7 == 0 || n < 60) {
      const auto rest = history(options, at);
      REQUIRE(rest.size() == all.size() - n);
      for (std::size_t i = 0; i < rest.size(); ++i) {
        REQUIRE(rest[i].partition == all[n + i].partition);
        REQUIRE(rest[i].offset == all[n + i].offset);
        REQUIRE(rest[i].value == all[n + i].value);
      }
    }
    if (n < all.size()) at[all[n].partition] = all[n].offset + 1;
  }
  // A state of before the catalogue gets it whole, then goes on.
  const auto late = history(options, {{0, 500}});
  std::vector<Record> entries;
  for (const Record& record : all) {
    if (is_catalog(record.partition)) entries.push_back(record);
  }
  REQUIRE(late.size() == entries.size() + 100);
  CHECK(stock_of(late) == stock_of(entries));
  CHECK(history(options, {{0, 600}, {catalog_partition(0), entries.back().offset + 1}}).empty());
}

TEST_CASE("a position that the shop never has is refused") {
  const HandClock clock;
  for (const Positions& from : {Positions{{0, 11}}, Positions{{1, 0}}, Positions{{0, -1}}}) {
    SimulateSource source({.events = 10}, clock);
    CHECK_FALSE(source.open(from, {}));
  }
}

TEST_CASE("an endless shop does not end") {
  const HandClock clock;
  SimulateSource source({.users = 10, .items = 10, .catalog = false}, clock);
  REQUIRE(source.open({}, {}));
  for (int i = 0; i < 100; ++i) CHECK(poll(source, 1000).size() == 1000);
}

TEST_CASE("with a rate events come due as the clock goes") {
  HandClock clock;
  SimulateSource source({.events = 45, .rate = 10, .catalog = false}, clock);
  REQUIRE(source.open({{0, 20}}, {}));
  CHECK(poll(source, 100).empty());
  clock.now_ns += 99'999'999;
  CHECK(poll(source, 100).empty());
  clock.now_ns += 1;
  CHECK(poll(source, 100).size() == 1);
  CHECK(poll(source, 100).empty());
  clock.now_ns += 1'500'000'000;
  CHECK(poll(source, 10).size() == 10);
  CHECK(poll(source, 10).size() == 5);
  clock.now_ns += 60'000'000'000;
  std::vector<Record> last;
  CHECK(*source.poll(100, {}, last) == Source::Polled::end);
  CHECK(last.size() == 9);
  CHECK(last.back().offset == 44);
}

TEST_CASE("the options are declared") {
  SimulateOptions options;
  config::Layers layers;
  layers.file_name = "test.json";
  layers.file_text =
      R"({"seed":7,"users":3,"items":4,"events":5,"rate":6,"start_time":1600000000000,"catalog":false})";
  CHECK(config::read(describe_simulate(), layers, options).empty());
  CHECK(options.seed == 7);
  CHECK(options.users == 3);
  CHECK(options.items == 4);
  CHECK(options.events == 5);
  CHECK(options.rate == 6);
  CHECK_FALSE(options.catalog);
  CHECK(options.start_time == 1'600'000'000'000);
  layers.file_text = R"({"users":0,"items":0})";
  CHECK(config::read(describe_simulate(), layers, options).size() == 2);
}

}  // namespace
}  // namespace freshet
