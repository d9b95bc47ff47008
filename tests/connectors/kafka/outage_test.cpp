#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "connectors/kafka/sink.h"
#include "connectors/kafka/source.h"
#include "tests/connectors/kafka/cluster.h"

namespace freshet {
namespace {

using namespace test;
using namespace std::chrono_literals;

Output list(std::string user, std::string value) {
  Output out;
  out.key = std::move(user);
  out.value = std::move(value);
  return out;
}

TopicOptions make_topics(const std::string& brokers) {
  TopicOptions topics;
  create_topic(brokers, topics.events, 1);
  create_topic(brokers, topics.recommendations, 2);
  create_topic(brokers, topics.similar_items, 1);
  create_topic(brokers, topics.rejected, 1);
  return topics;
}

}  // namespace

TEST_CASE("A broker that is killed while lists are written: all arrive, in order, once") {
  OwnBroker broker;
  const TopicOptions topics = make_topics(broker.bootstrap());
  KafkaOptions options;
  options.brokers = broker.bootstrap();
  options.properties = {{"queue.buffering.max.messages", "500"}};  // the outage is felt by `write`
  Log log;
  KafkaSink sink(options, topics, log.sink(), system_clock());
  REQUIRE(sink.open("").has_value());

  constexpr int before = 300, after = 3000;
  const auto write = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      std::vector<Output> outputs = {list("u" + std::to_string(i % 10), std::to_string(i))};
      if (const Status s = sink.write(outputs); s.has_error()) return s.error().message;
    }
    const auto flushed = sink.flush({});
    return flushed.has_error() ? flushed.error().message : std::string();
  };
  REQUIRE(write(0, before).empty());
  // Part of these is under way when the broker dies, the rest is written while it is dead.
  auto writing = std::async(std::launch::async, [&] { return write(before, after); });
  broker.kill();
  broker.restart();
  REQUIRE(writing.wait_for(120s) == std::future_status::ready);
  REQUIRE(writing.get().empty());

  std::map<std::string, int> last;
  const auto stored = read_all(broker.bootstrap(), topics.recommendations);
  CHECK(stored.size() == after);
  for (const Stored& s : stored) {
    const int number = std::stoi(*s.record.value);
    const auto [at, first] = last.try_emplace(*s.record.key, number - 10);
    CHECK(at->second + 10 == number);
    at->second = number;
  }
  CHECK(log.lines(3).empty());
  CHECK(log.lines(4).size() <= 1);
}

TEST_CASE(
    "A broker that goes and comes back: reading and committing go on, with two lines in the log") {
  OwnBroker broker;
  const TopicOptions topics = make_topics(broker.bootstrap());
  KafkaOptions options;
  options.brokers = broker.bootstrap();
  Log log;
  KafkaSource::Settings settings;
  settings.commit_timeout = 200ms;
  KafkaSource source(options, topics.events, log.sink(), system_clock(), settings);
  produce(broker.bootstrap(), topics.events, {record(0, "u", "before")});
  REQUIRE(source.open({}, {}).has_value());

  std::vector<Record> records;
  const auto poll_until = [&](auto done) {
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      REQUIRE(source.poll(10, 100ms, records).has_value());
    }
  };
  poll_until([&] { return records.size() == 1; });
  REQUIRE(source.commit({{0, 1}}).has_value());

  broker.kill();
  poll_until([&] { return log.count(4, "can be reached") == 1; });
  CHECK(source.commit({{0, 1}}).has_value());
  CHECK(log.count(4, "cannot be committed for now") == 1);
  broker.restart();
  poll_until([&] { return log.count(6, "can be reached again") == 1; });
  produce(broker.bootstrap(), topics.events, {record(0, "u", "after")});
  poll_until([&] { return records.size() == 2; });
  CHECK(records[1].value == "after");
  CHECK(records[1].offset == 1);
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (log.count(6, "are committed again") == 0) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    REQUIRE(source.commit({{0, 2}}).has_value());
  }
  CHECK(source.committed().value() == Positions{{0, 2}});
  CHECK(log.lines(3).empty());
  CHECK(log.lines(4).size() == 2);
}

TEST_CASE("At an idle rate source and sink rest") {
  const KafkaOptions options = kafka_options();
  TopicOptions topics;
  for (std::string* name :
       {&topics.events, &topics.recommendations, &topics.similar_items, &topics.rejected}) {
    *name = unique(*name);
    create_topic(options.brokers, *name, 1);
  }
  KafkaSource source(options, topics.events, nullptr, system_clock());
  KafkaSink sink(options, topics, nullptr, system_clock());
  REQUIRE(source.open({}, {}).has_value());
  REQUIRE(sink.open("").has_value());
  const auto round = [&](int i) {
    std::vector<Record> records;
    REQUIRE(source.poll(10, 100ms, records).has_value());
    std::vector<Output> outputs = {list("u", std::to_string(i))};
    REQUIRE(sink.write(outputs).has_value());
    REQUIRE(sink.flush({}).has_value());
  };
  round(0);
  const std::clock_t cpu = std::clock();
  for (int i = 1; i <= 20; ++i) round(i);
  const double seconds = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  CHECK(seconds < 1.0);  // of at least two
}

}  // namespace freshet
