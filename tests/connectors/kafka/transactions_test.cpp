#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "connectors/kafka/sink.h"
#include "tests/connectors/kafka/cluster.h"

namespace freshet {
namespace {

using namespace test;
using namespace std::chrono_literals;

struct Fixture {
  explicit Fixture(KafkaOptions given = kafka_options(), const TopicConfig& recommendations = {})
      : options(std::move(given)) {
    topics.events = unique("events");
    topics.recommendations = unique("recommendations");
    topics.similar_items = unique("similar");
    topics.rejected = unique("rejected");
    create_topic(options.brokers, topics.events, 2);
    create_topic(options.brokers, topics.recommendations, 2, recommendations);
    create_topic(options.brokers, topics.similar_items, 1);
    create_topic(options.brokers, topics.rejected, 1);
  }
  std::unique_ptr<KafkaSink> make_sink() { return make_sink(options); }
  std::unique_ptr<KafkaSink> make_sink(const KafkaOptions& with) {
    KafkaSink::Settings settings;
    settings.exactly_once = true;
    return std::make_unique<KafkaSink>(with, topics, log.sink(), system_clock(), settings);
  }
  std::vector<Stored> lists(Isolation isolation = Isolation::read_committed) const {
    return read_all(options.brokers, topics.recommendations, isolation);
  }
  Positions offsets() const { return committed(options.brokers, options.group, topics.events, 2); }

  KafkaOptions options;
  TopicOptions topics;
  Log log;
};

Output list(std::string user, std::string value, Channel channel = Channel::recommendations) {
  Output out;
  out.channel = channel;
  out.key = std::move(user);
  out.value = std::move(value);
  out.reason = channel == Channel::rejected ? "a reason" : "";
  return out;
}

std::string random_bytes(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

std::string write(KafkaSink& sink, std::vector<Output> outputs) {
  const Status s = sink.write(outputs);
  return s.has_error() ? s.error().message : "";
}

std::string flush(KafkaSink& sink, const Positions& done) {
  const auto flushed = sink.flush(done);
  return flushed.has_error() ? flushed.error().message : "";
}

template <class Condition>
void wait_for(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) FAIL("waited in vain");
    std::this_thread::sleep_for(1ms);
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Outputs of all channels and the positions are seen together, and only after a flush") {
  Fixture f;
  const auto sink = f.make_sink();
  REQUIRE(sink->open("").value() == Sink::Kind::transactional);
  REQUIRE(write(*sink, {list("u1", "{}"), list("i1", "[]", Channel::similar_items),
                        list("u2", "raw", Channel::rejected)})
              .empty());
  // They are in the log already, and nobody who asks for committed records sees them.
  wait_for([&] { return f.lists(Isolation::read_uncommitted).size() == 1; });
  CHECK(f.lists().empty());
  CHECK(f.offsets().empty());

  REQUIRE(flush(*sink, {{0, 7}, {1, 3}}).empty());
  CHECK(f.lists().size() == 1);
  CHECK(read_all(f.options.brokers, f.topics.similar_items).size() == 1);
  CHECK(read_all(f.options.brokers, f.topics.rejected).size() == 1);
  CHECK(f.offsets() == Positions{{0, 7}, {1, 3}});
}

TEST_CASE("New positions are committed without outputs; without anything new nothing is") {
  Fixture f;
  const auto sink = f.make_sink();
  REQUIRE(sink->open("").has_value());
  REQUIRE(flush(*sink, {}).empty());
  CHECK(f.offsets().empty());
  REQUIRE(flush(*sink, {{0, 5}}).empty());
  CHECK(f.offsets() == Positions{{0, 5}});
  commit(f.options.brokers, f.options.group, f.topics.events, {{0, 1}});
  REQUIRE(flush(*sink, {{0, 5}}).empty());
  CHECK(f.offsets() == Positions{{0, 1}});
  REQUIRE(flush(*sink, {{0, 6}}).empty());
  CHECK(f.offsets() == Positions{{0, 6}});
}

TEST_CASE("What an earlier process left open is never seen; what the next one writes is, once") {
  Fixture f;
  auto first = f.make_sink();
  REQUIRE(first->open("").has_value());
  REQUIRE(write(*first, {list("u", "1")}).empty());
  REQUIRE(flush(*first, {{0, 1}}).empty());
  REQUIRE(write(*first, {list("u", "2")}).empty());
  wait_for([&] { return f.lists(Isolation::read_uncommitted).size() == 2; });

  const auto second = f.make_sink();
  REQUIRE(second->open("").has_value());
  CHECK(f.offsets() == Positions{{0, 1}});
  SECTION("the first is told so when it commits") {
    const std::string message = flush(*first, {{0, 2}});
    CHECK(contains(message, "another process with the same identity (kafka.group '" +
                                f.options.group + "', kafka.instance '0') has taken over"));
    CHECK(flush(*first, {{0, 3}}) == message);
    CHECK(write(*first, {list("u", "3")}) == message);
  }
  SECTION("the first is told so when it writes on") {
    std::string message;
    wait_for([&] {
      message = write(*first, {list("u", "3")});
      return !message.empty();
    });
    CHECK(contains(message, "has taken over; this one stops"));
  }
  REQUIRE(write(*second, {list("u", "2")}).empty());
  REQUIRE(flush(*second, {{0, 2}}).empty());
  const auto seen = f.lists();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].record.value == "1");
  CHECK(seen[1].record.value == "2");
  CHECK(f.offsets() == Positions{{0, 2}});
}

TEST_CASE("Processes of two instances do not stop each other") {
  Fixture f;
  const auto first = f.make_sink();
  KafkaOptions other = f.options;
  other.instance = "1";
  const auto second = f.make_sink(other);
  REQUIRE(first->open("").has_value());
  REQUIRE(second->open("").has_value());
  REQUIRE(write(*first, {list("u", "1")}).empty());
  CHECK(flush(*first, {{0, 1}}).empty());
}

TEST_CASE("An aborted transaction is sent again: each list is seen once, in order") {
  Fixture f(kafka_options(), {{"max.message.bytes", "3000"}});
  const auto sink = f.make_sink();
  REQUIRE(sink->open("").has_value());
  std::vector<Output> outputs;
  for (int i = 0; i < 20; ++i) outputs.push_back(list("u", std::to_string(i)));
  // The broker refuses this one, which aborts the transaction.
  outputs.push_back(list("large", random_bytes(5000)));
  for (int i = 20; i < 40; ++i) outputs.push_back(list("u", std::to_string(i)));
  REQUIRE(write(*sink, std::move(outputs)).empty());
  REQUIRE(flush(*sink, {{0, 41}}).empty());

  int next = 0;
  for (const Stored& s : f.lists()) CHECK(s.record.value == std::to_string(next++));
  CHECK(next == 40);
  CHECK(f.offsets() == Positions{{0, 41}});
  const auto rejected = read_all(f.options.brokers, f.topics.rejected);
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].record.key == "large");
  CHECK(contains(rejected[0].headers.at("reason"), "raise its max.message.bytes"));
  // The next transaction is none the worse for it.
  REQUIRE(write(*sink, {list("u", "40")}).empty());
  REQUIRE(flush(*sink, {{0, 42}}).empty());
  CHECK(f.lists().size() == 41);
}

TEST_CASE(
    "A transaction.timeout.ms that the broker does not allow is an Error that says what to do") {
  KafkaOptions options = kafka_options();
  options.properties = {{"transaction.timeout.ms", "100000000"}};
  Fixture f(options);
  const auto opened = f.make_sink()->open("");
  REQUIRE(opened.has_error());
  CHECK(contains(opened.error().message, "transaction.timeout.ms (100000000 ms)"));
  CHECK(contains(opened.error().message, "transaction.max.timeout.ms"));
}

TEST_CASE("A transaction that lasted longer than its timeout is an Error that says so") {
  KafkaOptions options = kafka_options();
  options.properties = {{"transaction.timeout.ms", "1000"}};
  Fixture f(options);
  const auto sink = f.make_sink();
  REQUIRE(sink->open("").has_value());
  REQUIRE(write(*sink, {list("u", "1")}).empty());
  wait_for([&] { return f.lists(Isolation::read_uncommitted).size() == 1; });
  // Once the broker has ended it, read_committed readers get past it.
  produce(f.options.brokers, f.topics.recommendations, {record(0, "u", "x"), record(1, "u", "x")});
  wait_for([&] { return f.lists().size() == 2; });
  const std::string message = flush(*sink, {{0, 1}});
  CHECK(contains(message, "open longer than transaction.timeout.ms (1000 ms)"));
  CHECK(f.offsets().empty());
}

TEST_CASE(
    "A broker that is killed amid transactions: each list is seen once, positions move along") {
  OwnBroker broker;
  KafkaOptions options;
  options.brokers = broker.bootstrap();
  options.properties = {{"queue.buffering.max.messages", "500"}};  // the outage is felt by `write`
  Fixture f(options);
  const auto sink = f.make_sink();
  REQUIRE(sink->open("").has_value());
  constexpr int total = 3000;
  std::atomic<int> written{0};
  auto writing = std::async(std::launch::async, [&]() -> std::string {
    for (int i = 0; i < total; ++i) {
      if (std::string e = write(*sink, {list("u" + std::to_string(i % 10), std::to_string(i))});
          !e.empty())
        return e;
      if (i % 100 == 99)
        if (std::string e = flush(*sink, {{0, i + 1}}); !e.empty()) return e;
      written = i + 1;
    }
    return "";
  });
  wait_for([&] { return written >= 500; });
  broker.kill();
  broker.restart();
  REQUIRE(writing.wait_for(120s) == std::future_status::ready);
  REQUIRE(writing.get() == "");

  std::map<std::string, int> last;
  const auto stored = f.lists();
  CHECK(stored.size() == total);
  for (const Stored& s : stored) {
    const int number = std::stoi(*s.record.value);
    const auto [at, first] = last.try_emplace(*s.record.key, number - 10);
    CHECK(at->second + 10 == number);
    at->second = number;
  }
  CHECK(f.offsets() == Positions{{0, total}});
  CHECK(f.log.lines(3).empty());
}

TEST_CASE("A program that is to stop does not wait for a broker that is gone") {
  OwnBroker broker;
  KafkaOptions options;
  options.brokers = broker.bootstrap();
  Fixture f(options);
  std::atomic<bool> stop = false;
  KafkaSink::Settings settings;
  settings.exactly_once = true;
  settings.stop = &stop;
  KafkaSink sink(options, f.topics, f.log.sink(), system_clock(), settings);
  REQUIRE(sink.open("").has_value());
  broker.kill();
  REQUIRE(write(sink, {list("u", "1")}).empty());
  auto flushing = std::async(std::launch::async, [&] { return flush(sink, {{0, 1}}); });
  wait_for([&] { return f.log.count(4, "can be reached") == 1; });
  CHECK(flushing.wait_for(0s) == std::future_status::timeout);
  stop = true;
  REQUIRE(flushing.wait_for(60s) == std::future_status::ready);
  CHECK(contains(flushing.get(), "stopped while waiting for a broker"));
}

}  // namespace freshet
