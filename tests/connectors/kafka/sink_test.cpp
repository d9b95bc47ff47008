#include "connectors/kafka/sink.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "connectors/kafka/writer.h"
#include "tests/connectors/kafka/cluster.h"

namespace freshet {
namespace {

using namespace test;
using namespace std::chrono_literals;

struct FixedClock final : Clock {
  std::int64_t wall_ms() const override { return 1'700'000'000'123; }
  std::int64_t steady_ns() const override { return system_clock().steady_ns(); }
};

TopicOptions make_topics(const std::string& brokers, int partitions,
                         const TopicConfig& recommendations = {},
                         const TopicConfig& rejected = {}) {
  TopicOptions topics;
  topics.recommendations = unique("recommendations");
  topics.similar_items = unique("similar");
  topics.rejected = unique("rejected");
  topics.events = unique("events");
  create_topic(brokers, topics.recommendations, partitions, recommendations);
  create_topic(brokers, topics.similar_items, partitions);
  create_topic(brokers, topics.rejected, 1, rejected);
  return topics;
}

Output list(std::string user, std::optional<std::string> value, Partition p = 0, Offset o = 0) {
  Output out;
  out.key = std::move(user);
  out.value = std::move(value);
  out.partition = p;
  out.offset = o;
  out.read_ms = 1'600'000'000'000;
  return out;
}

Output reject(std::string value, std::string reason) {
  Output out;
  out.channel = Channel::rejected;
  out.value = std::move(value);
  out.reason = std::move(reason);
  out.partition = 3;
  out.offset = 77;
  return out;
}

std::string random_bytes(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Every channel goes to its topic with key, value and headers") {
  const KafkaOptions options = kafka_options();
  const TopicOptions topics = make_topics(options.brokers, 1);
  const FixedClock clock;
  KafkaSink sink(options, topics, nullptr, clock);
  CHECK(sink.open("anything").value() == Sink::Kind::keeps);
  Output similar = list("i1", "items");
  similar.channel = Channel::similar_items;
  Output rejected = reject(std::string("\xff\0{", 3), "user: is missing");
  rejected.key = "k";
  std::vector<Output> outputs = {list("u1", "{}", 3, 1234), list("u2", std::nullopt, 0, 5), similar,
                                 rejected, reject("", "item: is empty")};
  REQUIRE(sink.write(outputs).has_value());
  CHECK(sink.flush({}).value().empty());

  const auto lists = read_all(options.brokers, topics.recommendations);
  REQUIRE(lists.size() == 2);
  CHECK(lists[0].record.key == "u1");
  CHECK(lists[0].record.value == "{}");
  CHECK(lists[0].headers ==
        std::map<std::string, std::string>{{"freshet-source", topics.events + "/3/1234"},
                                           {"freshet-read-ms", "1600000000000"},
                                           {"freshet-published-ms", "1700000000123"}});
  CHECK(lists[1].record.key == "u2");
  CHECK_FALSE(lists[1].record.value.has_value());

  const auto items = read_all(options.brokers, topics.similar_items);
  REQUIRE(items.size() == 1);
  CHECK(items[0].record.key == "i1");

  const auto refused = read_all(options.brokers, topics.rejected);
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].record.value == std::string("\xff\0{", 3));
  CHECK(refused[0].record.key == "k");
  CHECK(refused[0].headers ==
        std::map<std::string, std::string>{{"reason", "user: is missing"},
                                           {"source", topics.events + "/3/77"}});
  CHECK_FALSE(refused[1].record.key.has_value());
  CHECK(refused[1].record.value == "");
}

TEST_CASE("A key's partition is the one that Java clients choose, and its order is kept") {
  const KafkaOptions options = kafka_options();
  const TopicOptions topics = make_topics(options.brokers, 4);
  KafkaSink sink(options, topics, nullptr, system_clock());
  REQUIRE(sink.open("").has_value());
  std::vector<Output> outputs;
  for (int i = 0; i < 4000; ++i)
    outputs.push_back(list("u" + std::to_string(i % 40), std::to_string(i)));
  for (const char* key : {"21", "foobar", "a-little-bit-long-string"})
    outputs.push_back(list(key, "-1"));
  REQUIRE(sink.write(outputs).has_value());
  REQUIRE(sink.flush({}).has_value());

  std::map<std::string, int> last;
  std::map<std::string, Partition> partition;
  const auto stored = read_all(options.brokers, topics.recommendations);
  CHECK(stored.size() == 4003);
  for (const Stored& s : stored) {
    const auto [at, first] = partition.try_emplace(*s.record.key, s.record.partition);
    CHECK(at->second == s.record.partition);
    const int number = std::stoi(*s.record.value);
    const auto [before, fresh] = last.try_emplace(*s.record.key, -2);
    CHECK(before->second < number);
    before->second = number;
  }
  // Kafka's own test vectors of murmur2 (UtilsTest.testMurmur2), sign bit off, modulo 4.
  CHECK(partition["21"] == (-973932308 & 0x7fffffff) % 4);
  CHECK(partition["foobar"] == (-790332482 & 0x7fffffff) % 4);
  CHECK(partition["a-little-bit-long-string"] == (-985981536 & 0x7fffffff) % 4);
}

TEST_CASE("A full buffer makes the writer wait; nothing is dropped") {
  KafkaOptions options = kafka_options();
  options.properties = {{"queue.buffering.max.messages", "10"}};
  const TopicOptions topics = make_topics(options.brokers, 1);
  KafkaSink sink(options, topics, nullptr, system_clock());
  REQUIRE(sink.open("").has_value());
  std::vector<Output> outputs;
  for (int i = 0; i < 1000; ++i) outputs.push_back(list("u", std::to_string(i)));
  REQUIRE(sink.write(outputs).has_value());
  REQUIRE(sink.flush({}).has_value());
  const auto stored = read_all(options.brokers, topics.recommendations);
  REQUIRE(stored.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(stored[i].record.value == std::to_string(i));
}

TEST_CASE("A list that is too large is left out, noted and warned of; all others arrive") {
  KafkaOptions options = kafka_options();
  TopicConfig limit;
  SECTION("for the broker") { limit = {{"max.message.bytes", "3000"}}; }
  SECTION("for the client") { options.properties = {{"message.max.bytes", "3000"}}; }
  const bool transactional = GENERATE(false, true);
  CAPTURE(transactional);
  const TopicOptions topics = make_topics(options.brokers, 1, limit);
  create_topic(options.brokers, topics.events, 1);
  Log log;
  KafkaSink::Settings settings;
  settings.exactly_once = transactional;
  KafkaSink sink(options, topics, log.sink(), system_clock(), settings);
  REQUIRE(sink.open("").has_value());
  std::vector<Output> outputs;
  // Together in a batch they are more than the broker takes, one by one they are not.
  for (int i = 0; i < 20; ++i)
    outputs.push_back(list("u" + std::to_string(i), random_bytes(500), 0, i));
  outputs.push_back(list("u7", random_bytes(5000), 2, 99));
  outputs.push_back(list("u7", "newest", 2, 100));
  REQUIRE(sink.write(outputs).has_value());
  REQUIRE(sink.flush({{0, 20}}).has_value());

  std::map<std::string, std::string> newest;
  for (const Stored& s : read_all(options.brokers, topics.recommendations))
    newest[*s.record.key] = *s.record.value;
  CHECK(newest.size() == 20);
  for (const auto& [user, value] : newest)
    CHECK(value == (user == "u7" ? "newest" : random_bytes(500)));
  const auto noted = read_all(options.brokers, topics.rejected);
  REQUIRE(noted.size() == 1);
  CHECK(noted[0].record.key == "u7");
  CHECK(noted[0].record.value == "");
  CHECK(noted[0].headers.at("source") == topics.events + "/2/99");
  CHECK(noted[0].headers.at("reason") ==
        "a list of 5000 bytes for 'u7' is more than topic '" + topics.recommendations +
            "' takes: raise its max.message.bytes, or make lists shorter");
  CHECK(log.count(4, "it is left out, and noted in topic '" + topics.rejected + "'") == 1);
}

TEST_CASE("A rejected record that its topic cannot take is written without its value") {
  const KafkaOptions options = kafka_options();
  const TopicOptions topics = make_topics(options.brokers, 1, {}, {{"max.message.bytes", "2000"}});
  Log log;
  KafkaSink sink(options, topics, log.sink(), system_clock());
  REQUIRE(sink.open("").has_value());
  std::vector<Output> outputs = {reject(random_bytes(5000), "is no JSON"), list("u", "after")};
  REQUIRE(sink.write(outputs).has_value());
  REQUIRE(sink.flush({}).has_value());
  const auto stored = read_all(options.brokers, topics.rejected);
  REQUIRE(stored.size() == 1);
  CHECK(stored[0].record.value == "");
  CHECK(stored[0].headers.at("reason") == "is no JSON");
  CHECK(stored[0].headers.at("source") == topics.events + "/3/77");
  CHECK(contains(stored[0].headers.at("omitted"), "5000 bytes"));
  CHECK(log.count(4, topics.events + "/3/77") == 1);
  CHECK(read_all(options.brokers, topics.recommendations).size() == 1);
}

TEST_CASE("A sink does not open while one of its topics is missing") {
  const KafkaOptions options = kafka_options();
  TopicOptions topics = make_topics(options.brokers, 1);
  topics.similar_items = "missing-topic";
  KafkaSink sink(options, topics, nullptr, system_clock());
  const auto opened = sink.open("");
  REQUIRE(opened.has_error());
  CHECK(opened.error().message ==
        "kafka: there is no topic 'missing-topic': create it with `freshet topics create`");
}

TEST_CASE("A sink does not open without a broker") {
  KafkaOptions options;
  options.brokers = "127.0.0.1:1";
  KafkaSink::Settings settings;
  settings.open_timeout = 1s;
  KafkaSink sink(options, {}, nullptr, system_clock(), settings);
  const auto opened = sink.open("");
  REQUIRE(opened.has_error());
  CHECK(contains(opened.error().message, "no broker of 127.0.0.1:1 answered within 1000 ms"));
}

TEST_CASE("A writer gives records a key, a time and an order") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 1);
  KafkaWriter writer(options, topic, nullptr, system_clock());
  REQUIRE(writer.open().has_value());
  REQUIRE(writer.write("u1", "a", 1234).has_value());
  REQUIRE(writer.write("u2", std::nullopt, 1235).has_value());
  REQUIRE(writer.flush().has_value());
  const auto stored = read_all(options.brokers, topic);
  REQUIRE(stored.size() == 2);
  CHECK(stored[0].record.key == "u1");
  CHECK(stored[0].record.value == "a");
  CHECK(stored[0].record.time_ms == 1234);
  CHECK(stored[0].headers.empty());
  CHECK(stored[1].record.key == "u2");
  CHECK_FALSE(stored[1].record.value.has_value());
}

}  // namespace freshet
