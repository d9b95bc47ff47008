#include "connectors/kafka/source.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/connectors/kafka/cluster.h"

namespace freshet {
namespace {

using namespace test;
using namespace std::chrono_literals;

// Polls until `count` records are there; gives up after half a minute without any.
std::vector<Record> poll_records(KafkaSource& source, std::size_t count) {
  std::vector<Record> records;
  while (records.size() < count) {
    const std::size_t before = records.size();
    const auto polled = source.poll(count - before, 30s, records);
    if (polled.has_error()) FAIL(polled.error().message);
    REQUIRE(records.size() > before);
  }
  return records;
}

std::string open_error(KafkaSource& source, const Positions& from = {}) {
  const Status opened = source.open(from, {});
  REQUIRE(opened.has_error());
  return opened.error().message;
}

// The first Error that polling meets; gives up after half a minute.
std::string poll_error(KafkaSource& source) {
  const auto end = std::chrono::steady_clock::now() + 30s;
  std::vector<Record> records;
  while (std::chrono::steady_clock::now() < end) {
    const auto polled = source.poll(100, 100ms, records);
    if (polled.has_error()) return polled.error().message;
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A record comes with partition, offset, timestamp, key and value; a tombstone has none") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 1);
  Record keyless = record(0, "", "no key", 3000);
  keyless.key.reset();
  produce(options.brokers, topic,
          {record(0, "u1", "one", 1000), record(0, "u2", std::nullopt, 2000), keyless,
           record(0, "u3", "", 4000)});

  KafkaSource source(options, topic, nullptr, system_clock());
  REQUIRE(source.open({}, {}).has_value());
  const auto records = poll_records(source, 4);
  for (Offset o = 0; o < 4; ++o) {
    CHECK(records[o].partition == 0);
    CHECK(records[o].offset == o);
    CHECK(records[o].time_ms == (o + 1) * 1000);
  }
  CHECK(records[0].key == "u1");
  CHECK(records[0].value == "one");
  CHECK(records[1].key == "u2");
  CHECK_FALSE(records[1].value.has_value());
  CHECK_FALSE(records[2].key.has_value());
  CHECK(records[3].value == "");
}

TEST_CASE("All partitions are read, each in its order, and never more than asked for") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 4);
  std::vector<Record> sent;
  for (int i = 0; i < 2000; ++i)
    sent.push_back(record(-1, "u" + std::to_string(i % 50), std::to_string(i)));
  produce(options.brokers, topic, sent);

  KafkaSource source(options, topic, nullptr, system_clock());
  REQUIRE(source.open({}, {}).has_value());
  std::vector<Record> records;
  while (records.size() < sent.size()) {
    const std::size_t before = records.size();
    REQUIRE(source.poll(7, 30s, records).has_value());
    REQUIRE(records.size() > before);
    REQUIRE(records.size() <= before + 7);
  }
  std::map<std::string, int> last_of_user;
  std::map<Partition, Offset> next;
  for (const Record& r : records) {
    CHECK(r.offset == next[r.partition]++);
    const int number = std::stoi(*r.value);
    const auto [at, first] = last_of_user.try_emplace(*r.key, -1);
    CHECK(at->second < number);
    at->second = number;
  }
  CHECK(next.size() == 4);
  CHECK(last_of_user.size() == 50);
}

TEST_CASE(
    "Reading goes on at the positions given; partitions without one start at their beginning") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 2);
  std::vector<Record> sent;
  for (int i = 0; i < 5; ++i)
    for (Partition p : {0, 1}) sent.push_back(record(p, "u", std::to_string(i)));
  produce(options.brokers, topic, sent);

  KafkaSource source(options, topic, nullptr, system_clock());
  REQUIRE(source.open({{1, 3}}, {}).has_value());
  std::map<Partition, std::vector<Offset>> offsets;
  for (const Record& r : poll_records(source, 7)) offsets[r.partition].push_back(r.offset);
  CHECK(offsets[0] == std::vector<Offset>{0, 1, 2, 3, 4});
  CHECK(offsets[1] == std::vector<Offset>{3, 4});
}

TEST_CASE("Aborted records are not read, and the gaps of transactions are none") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 1);
  produce(options.brokers, topic, {record(0, "u", "kept")}, true);      // offset 0, marker 1
  produce(options.brokers, topic, {record(0, "u", "aborted")}, false);  // offset 2, marker 3
  produce(options.brokers, topic, {record(0, "u", "kept too")}, true);  // offset 4, marker 5

  KafkaSource source(options, topic, nullptr, system_clock());
  REQUIRE(source.open({}, {}).has_value());
  const auto records = poll_records(source, 2);
  CHECK(records[0].value == "kept");
  CHECK(records[1].value == "kept too");
  CHECK(records[1].offset == 4);
  // The position after the last record lies before its marker: still inside the log.
  KafkaSource again(options, topic, nullptr, system_clock());
  CHECK(again.open({{0, 5}}, {}).has_value());
}

TEST_CASE("What was committed is what the next process finds; nothing else is ever committed") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 3);
  produce(options.brokers, topic, {record(0, "u", "a"), record(0, "u", "b"), record(1, "u", "c")});
  {
    KafkaSource source(options, topic, nullptr, system_clock());
    REQUIRE(source.open({}, {}).has_value());
    CHECK(source.committed().value().empty());
    poll_records(source, 3);
    CHECK(source.committed().value().empty());
    REQUIRE(source.commit({{0, 1}}).has_value());
    REQUIRE(source.commit({{0, 2}, {1, 1}}).has_value());
  }
  KafkaSource next(options, topic, nullptr, system_clock());
  REQUIRE(next.open({{0, 1}}, {}).has_value());
  CHECK(next.committed().value() == Positions{{0, 2}, {1, 1}});
  // The state's position wins over the committed one.
  CHECK(poll_records(next, 2).size() == 2);
}

TEST_CASE("A position whose records were deleted is an Error that names the gap") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 1);
  std::vector<Record> sent;
  for (int i = 0; i < 10; ++i) sent.push_back(record(0, "u", std::to_string(i)));
  produce(options.brokers, topic, sent);
  delete_before(options.brokers, topic, 0, 6);

  SECTION("named") {
    KafkaSource source(options, topic, nullptr, system_clock());
    const std::string message = open_error(source, {{0, 2}});
    CHECK(contains(message, topic + "/0 begins at offset 6"));
    CHECK(contains(message, "go on at 2"));
    CHECK(contains(message, "4 offsets"));
  }
  SECTION("a position at the beginning is none") {
    KafkaSource source(options, topic, nullptr, system_clock());
    REQUIRE(source.open({{0, 6}}, {}).has_value());
    CHECK(poll_records(source, 4)[0].offset == 6);
  }
  SECTION("without a position there is no gap") {
    KafkaSource source(options, topic, nullptr, system_clock());
    REQUIRE(source.open({}, {}).has_value());
    CHECK(poll_records(source, 4)[0].offset == 6);
  }
  SECTION("accepted with a warning") {
    Log log;
    KafkaSource::Settings settings;
    settings.accept_gap = true;
    KafkaSource source(options, topic, log.sink(), system_clock(), settings);
    REQUIRE(source.open({{0, 2}}, {}).has_value());
    CHECK(poll_records(source, 4)[0].offset == 6);
    CHECK(log.count(4, "gap accepted, going on at 6") == 1);
  }
}

TEST_CASE("Records deleted before a slow reader came to them are an Error, not a skip") {
  KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 1);
  std::vector<Record> sent;
  // Together more than is fetched at once, each more than is kept in the queue.
  for (int i = 0; i < 12; ++i) sent.push_back(record(0, "u", std::string(250'000, 'x')));
  produce(options.brokers, topic, sent);
  options.properties = {{"queued.max.messages.kbytes", "100"}};

  KafkaSource source(options, topic, nullptr, system_clock());
  REQUIRE(source.open({}, {}).has_value());
  CHECK(poll_records(source, 1)[0].offset == 0);
  delete_before(options.brokers, topic, 0, 11);
  const std::string message = poll_error(source);
  CHECK(contains(message, topic + "/0 begins at offset 11"));
  CHECK(contains(message, "deleted before they were read"));
}

TEST_CASE("A position that is not of this log is an Error") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 1);
  produce(options.brokers, topic, {record(0, "u", "a")});
  KafkaSource beyond(options, topic, nullptr, system_clock());
  CHECK(contains(open_error(beyond, {{0, 9}}),
                 topic + "/0 ends at offset 1, but reading must go on at 9"));
  KafkaSource other(options, topic, nullptr, system_clock());
  CHECK(contains(open_error(other, {{3, 9}}),
                 topic + "/3, but topic '" + topic + "' has 1 partitions"));
}

TEST_CASE("A log that holds another record where the last one was read is an Error") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events"), catalog = unique("catalog");
  create_topic(options.brokers, topic, 2);
  create_topic(options.brokers, catalog, 1, {{"cleanup.policy", "compact,delete"}});
  const auto write = [&](const std::string& to, Partition partition, const std::string& value) {
    std::vector<Record> records;
    for (int i = 0; i < 10; ++i)
      records.push_back(record(partition, "u", value + std::to_string(i), 1000 + i));
    produce(options.brokers, to, records);
  };
  write(topic, 0, "a");
  write(topic, 1, "a");
  write(catalog, 0, "a");
  constexpr Partition c0 = catalog_partition(0);
  const Positions from = {{0, 10}, {1, 4}, {c0, 10}};
  Fingerprints last;
  for (const auto& [partition, position] : from) {
    Record read = record(partition, "u", "a" + std::to_string(position - 1), 999 + position);
    read.offset = position - 1;
    last[partition] = fingerprint(read);
  }
  Log log;
  const auto open = [&](bool accept_gap) {
    KafkaSource::Settings settings;
    settings.catalog = catalog;
    settings.accept_gap = accept_gap;
    KafkaSource source(options, topic, log.sink(), system_clock(), settings);
    source.expect(last);
    const Status opened = source.open(from, {});
    return opened.has_error() ? opened.error().message : "";
  };
  const auto made_anew = [&](const std::string& name, int partitions, const TopicConfig& config) {
    delete_topic(options.brokers, name);
    for (int tries = 0;; ++tries) try {  // a topic's end takes a moment
        return create_topic(options.brokers, name, partitions, config);
      } catch (const std::exception&) {
        if (tries == 100) throw;
        std::this_thread::sleep_for(100ms);
      }
  };
  CHECK(open(false) == "");

  SECTION("its events were made anew, and are as many or more") {
    made_anew(topic, 2, {});
    write(topic, 0, "b");
    write(topic, 0, "b");
    write(topic, 1, "a");
    const std::string message = open(false);
    CHECK(contains(message, topic + "/0 holds another record at offset 9"));
    CHECK(contains(message, "another state.path and another kafka.group; --accept-gap goes on"));
    CHECK(open(true) == "");
    CHECK(log.count(4, topic + "/0 holds another record at offset 9") == 1);
  }
  SECTION("its catalogue was") {
    made_anew(catalog, 1, {});
    write(catalog, 0, "b");
    CHECK(contains(open(false), catalog + "/0 holds another record at offset 9"));
  }
  SECTION("a record that is gone cannot be compared") {
    delete_before(options.brokers, topic, 0, 10);
    delete_before(options.brokers, catalog, 0, 10);
    CHECK(open(false) == "");
  }
}

TEST_CASE("A topic that does not exist is an Error that says how to create it") {
  KafkaSource source(kafka_options(), "no-such-topic", nullptr, system_clock());
  CHECK(open_error(source) ==
        "kafka: there is no topic 'no-such-topic': create it with `freshet topics create`");
}

TEST_CASE("A topic that is deleted under the reader is an Error") {
  const KafkaOptions options = kafka_options();
  const std::string topic = unique("events");
  create_topic(options.brokers, topic, 1);
  KafkaOptions quick = options;
  quick.properties = {{"topic.metadata.refresh.interval.ms", "500"},
                      {"topic.metadata.propagation.max.ms", "1000"}};
  KafkaSource source(quick, topic, nullptr, system_clock());
  REQUIRE(source.open({}, {}).has_value());
  delete_topic(options.brokers, topic);
  CHECK(contains(poll_error(source), "there is no topic '" + topic + "'"));
}

TEST_CASE("A broker that is not there is an Error of opening that says so") {
  KafkaOptions options;
  options.brokers = "127.0.0.1:1";
  Log log;
  KafkaSource::Settings settings;
  settings.open_timeout = 1500ms;
  KafkaSource source(options, "events", log.sink(), system_clock(), settings);
  const std::string message = open_error(source);
  CHECK(contains(message, "no broker of 127.0.0.1:1 answered within 1500 ms"));
  CHECK(contains(message, "Connection refused"));
  CHECK(log.lines(4).size() == 1);
  CHECK(log.lines(3).empty());
}

TEST_CASE("A login that the broker does not take is an Error, and no password is shown") {
  KafkaOptions options = kafka_options();
  options.properties = {{"security.protocol", "sasl_plaintext"},
                        {"sasl.mechanisms", "PLAIN"},
                        {"sasl.username", "freshet"},
                        {"sasl.password", "swordfish"}};
  Log log;
  KafkaSource source(options, "events", log.sink(), system_clock());
  const std::string message = open_error(source);
  CHECK(contains(message, "check the sasl.* entries"));
  for (int level = 0; level <= 7; ++level) CHECK(log.count(level, "swordfish") == 0);
}

TEST_CASE("A property that librdkafka does not know is an Error of opening") {
  KafkaOptions options = kafka_options();
  options.properties = {{"fetch.wait.maximum", "1"}};
  KafkaSource source(options, "events", nullptr, system_clock());
  CHECK(contains(open_error(source), "kafka.properties.fetch.wait.maximum"));
  CHECK(source.committed().has_error());
}

}  // namespace freshet
