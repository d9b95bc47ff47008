#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/source.h"
#include "tests/connectors/kafka/cluster.h"

namespace freshet {
namespace {

using namespace test;
using namespace std::chrono_literals;

using Place = std::pair<Partition, Offset>;

std::vector<Place> read_places(KafkaSource& source, std::size_t count, std::size_t at_once = 7) {
  std::vector<Record> records;
  while (records.size() < count) {
    const std::size_t before = records.size();
    const auto polled = source.poll(std::min(at_once, count - before), 30s, records);
    if (polled.has_error()) FAIL(polled.error().message);
    REQUIRE(records.size() > before);
  }
  std::vector<Place> places;
  for (const Record& r : records) places.emplace_back(r.partition, r.offset);
  return places;
}

// Runs of random lengths over logs of `size` records each, and the places in their order.
std::pair<Order, std::vector<Place>> random_order(int partitions, Offset size, unsigned seed) {
  std::mt19937 random(seed);
  std::map<Partition, Offset> next;
  Order order;
  std::vector<Place> places;
  while (places.size() < static_cast<std::size_t>(partitions * size)) {
    const Partition p = static_cast<Partition>(random() % partitions);
    if (next[p] == size) continue;
    const Offset end = std::min<Offset>(size, next[p] + 1 + random() % 40);
    for (Offset o = next[p]; o < end; ++o) places.emplace_back(p, o);
    next[p] = end;
    order.push_back({p, end});
  }
  return {order, places};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Records are read again in the noted order, whatever it was; then all others come once") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  constexpr int partitions = 4;
  constexpr Offset noted = 500, more = 20;
  create_topic(options.brokers, topic, partitions);
  std::vector<Record> sent;
  for (Offset o = 0; o < noted + more; ++o)
    for (Partition p = 0; p < partitions; ++p) sent.push_back(record(p, "u", std::to_string(o)));
  produce(options.brokers, topic, sent);

  for (const unsigned seed : {1u, 2u, 3u}) {
    CAPTURE(seed);
    const auto [order, places] = random_order(partitions, noted, seed);
    KafkaSource source(options, topic, nullptr, system_clock());
    REQUIRE(source.open({}, order).has_value());
    CHECK(read_places(source, places.size()) == places);
    std::map<Partition, std::vector<Offset>> rest;
    for (const auto& [p, o] : read_places(source, partitions * more)) rest[p].push_back(o);
    for (Partition p = 0; p < partitions; ++p) {
      REQUIRE(rest[p].size() == more);
      CHECK(rest[p].front() == noted);
      CHECK(rest[p].back() == noted + more - 1);
    }
  }
}

TEST_CASE(
    "A replay goes on from the state's positions, and needs no partition that it does not name") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 3);
  std::vector<Record> sent;
  for (int i = 0; i < 10; ++i)
    for (Partition p : {0, 1, 2}) sent.push_back(record(p, "u", std::to_string(i)));
  produce(options.brokers, topic, sent);
  KafkaSource source(options, topic, nullptr, system_clock());
  REQUIRE(source.open({{0, 8}, {1, 9}}, {{1, 10}, {0, 9}}).has_value());
  CHECK(read_places(source, 2) == std::vector<Place>{{1, 9}, {0, 8}});
  std::map<Partition, int> rest;
  for (const auto& place : read_places(source, 11)) ++rest[place.first];
  CHECK(rest == std::map<Partition, int>{{0, 1}, {2, 10}});
}

TEST_CASE("Runs end in the gaps that transactions and compaction leave") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 2);
  produce(options.brokers, topic, {record(0, "u", "a")}, true);         // 0, marker 1
  produce(options.brokers, topic, {record(0, "u", "aborted")}, false);  // 2, marker 3
  produce(options.brokers, topic, {record(0, "u", "b")}, true);         // 4, marker 5
  produce(options.brokers, topic, {record(1, "u", "c")}, true);         // 0, marker 1
  produce(options.brokers, topic, {record(1, "u", "aborted")}, false);  // 2, marker 3

  SECTION("before a record, and at the end of the log") {
    // {0,3} ends among aborted records, {1,3} behind the last record there is.
    KafkaSource source(options, topic, nullptr, system_clock());
    REQUIRE(source.open({}, {{0, 3}, {1, 3}, {0, 5}}).has_value());
    CHECK(read_places(source, 3) == std::vector<Place>{{0, 0}, {1, 0}, {0, 4}});
  }
  SECTION("at the end of the log, and then records arrive") {
    KafkaSource source(options, topic, nullptr, system_clock());
    REQUIRE(source.open({{0, 5}}, {{1, 4}}).has_value());
    CHECK(read_places(source, 1) == std::vector<Place>{{1, 0}});
    produce(options.brokers, topic, {record(1, "u", "d")});
    CHECK(read_places(source, 1) == std::vector<Place>{{1, 4}});
  }
}

TEST_CASE("A noted record that the log does not hold any more is an Error that names the gap") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 1);
  std::vector<Record> sent;
  for (int i = 0; i < 10; ++i) sent.push_back(record(0, "u", std::to_string(i)));
  produce(options.brokers, topic, sent);
  const auto error_of = [&](const Positions& from, const Order& order) {
    KafkaSource source(options, topic, nullptr, system_clock());
    const Status opened = source.open(from, order);
    REQUIRE(opened.has_error());
    return opened.error().message;
  };
  SECTION("it was made anew") {
    CHECK(contains(error_of({{0, 2}}, {{0, 14}}), topic + "/0 ends at offset 10"));
  }
  SECTION("it was deleted") {
    delete_before(options.brokers, topic, 0, 6);
    CHECK(contains(error_of({{0, 2}}, {{0, 8}}), topic + "/0 begins at offset 6"));
    CHECK(contains(error_of({}, {{0, 4}}), topic + "/0 begins at offset 6"));
  }
  SECTION("it was made anew, which nobody can accept") {
    KafkaSource::Settings settings;
    settings.accept_gap = true;
    KafkaSource source(options, topic, nullptr, system_clock(), settings);
    const Status opened = source.open({{0, 14}}, {});
    REQUIRE(opened.has_error());
    CHECK(contains(opened.error().message, topic + "/0 ends at offset 10"));
    CHECK(contains(opened.error().message, "another state.path and another kafka.group"));
  }
  SECTION("accepted, what is left is read") {
    delete_before(options.brokers, topic, 0, 6);
    KafkaSource::Settings settings;
    settings.accept_gap = true;
    KafkaSource source(options, topic, nullptr, system_clock(), settings);
    REQUIRE(source.open({{0, 2}}, {{0, 8}}).has_value());
    CHECK(read_places(source, 4) == std::vector<Place>{{0, 6}, {0, 7}, {0, 8}, {0, 9}});
  }
}

}  // namespace freshet
