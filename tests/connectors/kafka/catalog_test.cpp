#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/sink.h"
#include "connectors/kafka/source.h"
#include "tests/connectors/kafka/cluster.h"

namespace freshet {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr Partition c0 = catalog_partition(0), c1 = catalog_partition(1);

struct Fixture {
  explicit Fixture(int events = 2, int catalog = 2, const std::string& policy = "compact") {
    topics.events = unique("events");
    topics.catalog = unique("catalog");
    topics.recommendations = unique("recommendations");
    topics.similar_items = unique("similar");
    topics.rejected = unique("rejected");
    create_topic(options.brokers, topics.events, events);
    if (catalog > 0) make_catalog(catalog, policy);
    for (const auto& name : {topics.recommendations, topics.similar_items, topics.rejected})
      create_topic(options.brokers, name, 1);
    settings.catalog = topics.catalog;
    settings.partitions_interval = 50ms;
  }
  void make_catalog(int partitions, const std::string& policy) {
    create_topic(options.brokers, topics.catalog, partitions, {{"cleanup.policy", policy}});
  }
  std::unique_ptr<KafkaSource> source() {
    return std::make_unique<KafkaSource>(options, topics.events, log.sink(), system_clock(),
                                         settings);
  }
  void events(Partition partition, int count) { send(topics.events, partition, count); }
  void items(Partition partition, int count) { send(topics.catalog, partition, count); }
  void send(const std::string& topic, Partition partition, int count) {
    std::vector<Record> records;
    for (int i = 0; i < count; ++i)
      records.push_back(record(partition, "k" + std::to_string(i), std::to_string(i)));
    produce(options.brokers, topic, records);
  }
  Positions committed_in(const std::string& topic) const {
    return committed(options.brokers, options.group, topic, 2);
  }

  KafkaOptions options = kafka_options();
  TopicOptions topics;
  KafkaSource::Settings settings;
  Log log;
};

std::vector<Record> poll_records(KafkaSource& source, std::size_t count) {
  std::vector<Record> records;
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (records.size() < count) {
    const auto polled = source.poll(count - records.size(), 1s, records);
    if (polled.has_error()) FAIL(polled.error().message);
    if (std::chrono::steady_clock::now() >= end)
      FAIL(records.size() << " of " << count << " records came");
  }
  return records;
}

// Nothing more comes within a moment.
void check_silent(KafkaSource& source) {
  std::vector<Record> records;
  REQUIRE(source.poll(100, 500ms, records).has_value());
  CHECK(records.empty());
}

// How many records of the catalogue come before the first event.
std::ptrdiff_t catalog_before_events(const std::vector<Record>& records) {
  return std::find_if(records.begin(), records.end(),
                      [](const Record& r) { return !is_catalog(r.partition); }) -
         records.begin();
}

std::vector<Offset> offsets_of(const std::vector<Record>& records, Partition partition) {
  std::vector<Offset> offsets;
  for (const Record& r : records)
    if (r.partition == partition) offsets.push_back(r.offset);
  return offsets;
}

std::vector<Offset> range(Offset begin, Offset end) {
  std::vector<Offset> offsets;
  for (Offset o = begin; o < end; ++o) offsets.push_back(o);
  return offsets;
}

std::string open_error(KafkaSource& source, const Positions& from) {
  const Status opened = source.open(from, {});
  REQUIRE(opened.has_error());
  return opened.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("The catalogue comes before the first event, then both are followed together") {
  Fixture f;
  f.events(0, 50);
  f.events(1, 50);
  f.items(0, 300);
  f.items(1, 200);
  produce(f.options.brokers, f.topics.catalog, {record(1, "k7", std::nullopt, 5000)});
  const auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  const auto records = poll_records(*source, 601);
  CHECK(catalog_before_events(records) == 501);
  CHECK(offsets_of(records, c0) == range(0, 300));
  CHECK(offsets_of(records, c1) == range(0, 201));
  CHECK(offsets_of(records, 0) == range(0, 50));
  CHECK(offsets_of(records, 1) == range(0, 50));
  const auto withdrawn = std::find_if(records.begin(), records.end(), [](const Record& r) {
    return r.partition == c1 && r.offset == 200;
  });
  CHECK(withdrawn->key == "k7");
  CHECK_FALSE(withdrawn->value.has_value());
  CHECK(withdrawn->time_ms == 5000);

  f.items(1, 1);
  CHECK(poll_records(*source, 1)[0].partition == c1);
  f.events(1, 1);
  CHECK(poll_records(*source, 1)[0].partition == 1);
}

TEST_CASE("After a restart both topics go on where they were, what is new of the catalogue first") {
  Fixture f;
  f.events(0, 20);
  f.items(0, 10);
  f.items(1, 10);
  const auto source = f.source();
  REQUIRE(source->open({{0, 15}, {c0, 4}, {c1, 10}}, {}).has_value());
  const auto records = poll_records(*source, 11);
  CHECK(catalog_before_events(records) == 6);
  CHECK(offsets_of(records, c0) == range(4, 10));
  CHECK(offsets_of(records, 0) == range(15, 20));
  check_silent(*source);
}

TEST_CASE("A catalogue that was read in part before a crash is read to its end before the events") {
  Fixture f;
  f.events(0, 5);
  f.items(0, 10);
  f.items(1, 10);
  const auto source = f.source();
  REQUIRE(source->open({}, {{c1, 3}, {c0, 2}}).has_value());
  const auto records = poll_records(*source, 25);
  CHECK(catalog_before_events(records) == 20);
  for (int i = 0; i < 3; ++i) CHECK(records[i].partition == c1);
  for (int i = 3; i < 5; ++i) CHECK(records[i].partition == c0);
  CHECK(offsets_of(records, c0) == range(0, 10));
  CHECK(offsets_of(records, c1) == range(0, 10));
}

TEST_CASE("The noted order of both topics is kept") {
  Fixture f;
  f.events(0, 10);
  f.items(0, 10);
  const auto source = f.source();
  REQUIRE(source->open({{0, 2}, {c0, 5}}, {{0, 6}, {c0, 7}, {0, 8}}).has_value());
  const auto records = poll_records(*source, 13);
  std::vector<Partition> order;
  for (const Record& r : records) order.push_back(r.partition);
  CHECK(order == std::vector<Partition>{0, 0, 0, 0, c0, c0, 0, 0, c0, c0, c0, 0, 0});
}

TEST_CASE("Without the catalogue's topic one line says so; it is read when it is there") {
  Fixture f(1, 0);
  f.events(0, 3);
  {
    const auto source = f.source();
    REQUIRE(source->open({}, {}).has_value());
    CHECK(poll_records(*source, 3).size() == 3);
    REQUIRE(source->commit({{0, 3}}).has_value());
  }
  CHECK(f.log.count(6, "there is no topic '" + f.topics.catalog + "'") == 1);
  f.make_catalog(1, "compact");
  f.items(0, 4);
  f.events(0, 1);
  const auto source = f.source();
  const Status opened = source->open({{0, 3}}, {});
  if (opened.has_error()) FAIL(opened.error().message);
  const auto records = poll_records(*source, 5);
  CHECK(catalog_before_events(records) == 4);
  CHECK(source->committed().value() == Positions{{0, 3}});
}

TEST_CASE("New partitions of the catalogue are read from their beginning") {
  Fixture f(1, 1);
  const auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  grow_topic(f.options.brokers, f.topics.catalog, 2);
  f.items(1, 2);
  CHECK(offsets_of(poll_records(*source, 2), c1) == range(0, 2));
  CHECK(f.log.count(6, "topic '" + f.topics.catalog + "' has grown from 1 to 2 partitions") == 1);
}

TEST_CASE("A catalogue whose log begins behind the position is no gap; one of events is") {
  Fixture f(1, 1, "compact,delete");  // the first alone has nothing deleted by hand
  f.events(0, 10);
  f.items(0, 10);
  delete_before(f.options.brokers, f.topics.catalog, 0, 6);
  {
    const auto source = f.source();
    REQUIRE(source->open({{0, 10}, {c0, 3}}, {{c0, 5}}).has_value());
    CHECK(offsets_of(poll_records(*source, 4), c0) == range(6, 10));
    check_silent(*source);
  }
  CHECK(f.log.count(6, f.topics.catalog + "/0 begins at offset 6, and was read to") >= 1);
  delete_before(f.options.brokers, f.topics.events, 0, 6);
  CHECK(contains(open_error(*f.source(), {{0, 3}, {c0, 10}}), f.topics.events + "/0 begins at"));
}

TEST_CASE("A catalogue that is not the one the state was made from is an Error") {
  Fixture f(1, 1);
  f.items(0, 2);
  CHECK(contains(open_error(*f.source(), {{c0, 7}}),
                 f.topics.catalog + "/0 ends at offset 2, but reading must go on at 7"));
  CHECK(contains(open_error(*f.source(), {{c1, 7}}),
                 f.topics.catalog + "/1, but topic '" + f.topics.catalog + "' has 1 partitions"));
  delete_topic(f.options.brokers, f.topics.catalog);
  CHECK(contains(open_error(*f.source(), {{c0, 1}}),
                 f.topics.catalog + "/0, but there is no topic '" + f.topics.catalog + "'"));
}

TEST_CASE("Offsets of both topics are committed, and found by the next process") {
  Fixture f;
  f.events(0, 5);
  f.items(1, 5);
  const Positions done = {{0, 5}, {c1, 4}};
  {
    const auto source = f.source();
    REQUIRE(source->open({}, {}).has_value());
    poll_records(*source, 10);
    SECTION("by the source") { REQUIRE(source->commit(done).has_value()); }
    SECTION("by the sink, in a transaction, which tells where a rejected record was") {
      KafkaSink::Settings s;
      s.exactly_once = true;
      s.source = source.get();
      KafkaSink sink(f.options, f.topics, f.log.sink(), system_clock(), s);
      REQUIRE(sink.open("").has_value());
      std::vector<Output> outputs(1);
      outputs[0].channel = Channel::rejected;
      outputs[0].value = "{";
      outputs[0].partition = c1;
      outputs[0].offset = 3;
      outputs[0].reason = "no JSON";
      REQUIRE(sink.write(outputs).has_value());
      CHECK(f.committed_in(f.topics.catalog).empty());
      REQUIRE(sink.flush(done).has_value());
      const auto rejected = read_all(f.options.brokers, f.topics.rejected);
      REQUIRE(rejected.size() == 1);
      CHECK(rejected[0].headers.at("source") == f.topics.catalog + "/1/3");
    }
  }
  CHECK(f.committed_in(f.topics.events) == Positions{{0, 5}});
  CHECK(f.committed_in(f.topics.catalog) == Positions{{1, 4}});
  const auto next = f.source();
  REQUIRE(next->open({}, {}).has_value());
  CHECK(next->committed().value() == done);
}

}  // namespace freshet
