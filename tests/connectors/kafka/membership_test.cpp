#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "connectors/kafka/sink.h"
#include "connectors/kafka/source.h"
#include "tests/connectors/kafka/cluster.h"

namespace freshet {
namespace {

using namespace test;
using namespace std::chrono_literals;

struct Fixture {
  explicit Fixture(int partitions = 2, KafkaOptions given = kafka_options())
      : options(std::move(given)) {
    topics.events = unique("events");
    topics.recommendations = unique("recommendations");
    topics.similar_items = unique("similar");
    topics.rejected = unique("rejected");
    create_topic(options.brokers, topics.events, partitions);
    for (const auto& name : {topics.recommendations, topics.similar_items, topics.rejected})
      create_topic(options.brokers, name, 1);
    settings.partitions_interval = 50ms;
  }
  std::unique_ptr<KafkaSource> source(const std::string& instance = "0", bool standby = false) {
    KafkaOptions with = options;
    with.instance = instance;
    with.standby = standby;
    return std::make_unique<KafkaSource>(with, topics.events, log.sink(), system_clock(), settings);
  }
  std::unique_ptr<KafkaSink> sink(const KafkaSource& source) {
    KafkaSink::Settings s;
    s.exactly_once = true;
    s.source = &source;
    return std::make_unique<KafkaSink>(options, topics, log.sink(), system_clock(), s);
  }
  void send(Partition partition, const std::string& value) {
    produce(options.brokers, topics.events, {record(partition, "u", value)});
  }
  Positions committed_offsets(int partitions) const {
    return committed(options.brokers, options.group, topics.events, partitions);
  }

  KafkaOptions options;
  TopicOptions topics;
  KafkaSource::Settings settings;
  Log log;
};

template <class Condition>
void wait_for(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) FAIL("waited in vain");
    std::this_thread::sleep_for(1ms);
  }
}

std::string poll(KafkaSource& source, std::vector<Record>& records,
                 std::chrono::milliseconds wait = 100ms) {
  const auto polled = source.poll(100, wait, records);
  return polled.has_error() ? polled.error().message : "";
}

std::vector<Record> poll_records(KafkaSource& source, std::size_t count) {
  std::vector<Record> records;
  wait_for([&] {
    REQUIRE(poll(source, records) == "");
    return records.size() >= count;
  });
  return records;
}

std::string poll_error(KafkaSource& source) {
  std::vector<Record> records;
  std::string message;
  wait_for([&] {
    message = poll(source, records);
    return !message.empty();
  });
  return message;
}

std::string open_error(KafkaSource& source) {
  const Status opened = source.open({}, {});
  return opened.has_error() ? opened.error().message : "";
}

Output list(const Record& cause) {
  Output out;
  out.key = cause.key;
  out.value = cause.value;
  out.partition = cause.partition;
  out.offset = cause.offset;
  return out;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("New partitions are read from their beginning, by either way to share them out") {
  Fixture f(1);
  f.options.properties["partition.assignment.strategy"] = GENERATE("range", "cooperative-sticky");
  CAPTURE(f.options.properties["partition.assignment.strategy"]);
  f.send(0, "a");
  const auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  REQUIRE(poll_records(*source, 1)[0].partition == 0);
  REQUIRE(source->commit({{0, 1}}).has_value());
  grow_topic(f.options.brokers, f.topics.events, 3);
  f.send(2, "b");
  const auto records = poll_records(*source, 1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].partition == 2);
  CHECK(records[0].offset == 0);
  CHECK(f.log.count(6, "has grown from 1 to 3 partitions") == 1);
  // The old one goes on where it was.
  f.send(0, "c");
  CHECK(poll_records(*source, 1)[0].offset == 1);
  REQUIRE(source->commit({{0, 2}, {2, 1}}).has_value());
  CHECK(f.committed_offsets(3) == Positions{{0, 2}, {2, 1}});
}

TEST_CASE("A topic that has grown while its reader was away is read whole") {
  Fixture f(1);
  f.options.properties["partition.assignment.strategy"] = GENERATE("range", "cooperative-sticky");
  CAPTURE(f.options.properties["partition.assignment.strategy"]);
  f.send(0, "a");
  auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  poll_records(*source, 1);
  REQUIRE(source->commit({{0, 1}}).has_value());
  source.reset();
  grow_topic(f.options.brokers, f.topics.events, 2);
  f.send(1, "b");
  const auto next = f.source();
  REQUIRE(next->open({{0, 1}}, {}).has_value());
  CHECK(poll_records(*next, 1)[0].value == "b");
}

TEST_CASE("A rebalance waits until what was read is confirmed, and nothing is read meanwhile") {
  Fixture f(1);
  f.send(0, "a");
  const auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  REQUIRE(poll_records(*source, 1).size() == 1);
  grow_topic(f.options.brokers, f.topics.events, 2);
  f.send(1, "b");
  std::vector<Record> records;
  const auto end = std::chrono::steady_clock::now() + 2s;
  while (std::chrono::steady_clock::now() < end) REQUIRE(poll(*source, records) == "");
  CHECK(records.empty());
  const bool by_the_sink = GENERATE(false, true);
  if (by_the_sink)
    source->settled({{0, 1}});
  else
    REQUIRE(source->commit({{0, 1}}).has_value());
  CHECK(poll_records(*source, 1)[0].value == "b");
}

TEST_CASE("What is never confirmed holds a rebalance up only so long") {
  Fixture f(1);
  f.settings.drain_timeout = 300ms;
  f.send(0, "a");
  const auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  REQUIRE(poll_records(*source, 1).size() == 1);
  grow_topic(f.options.brokers, f.topics.events, 2);
  f.send(1, "b");
  f.send(0, "c");
  std::set<std::string> values;
  for (const Record& r : poll_records(*source, 2)) values.insert(*r.value);
  CHECK(values == std::set<std::string>{"b", "c"});
  CHECK(f.log.count(4, "is not published within 300 ms") == 1);
}

TEST_CASE("A member of the group keeps a source out, and the sentence says what to do") {
  Fixture f;
  {
    const Member member(f.options.brokers, f.options.group, f.topics.events);
    const auto source = f.source();
    const std::string message = open_error(*source);
    CHECK(contains(message, "group '" + f.options.group +
                                "' has another member, client 'rdkafka' on 127.0.0.1"));
    CHECK(contains(message, "Stop the other, or give this one a kafka.group of its own"));
    CHECK(contains(message, "300000 ms (session.timeout.ms)"));
  }
  CHECK(open_error(*f.source()) == "");
}

TEST_CASE("A process of another instance keeps a source out, also just after its end") {
  Fixture f;
  auto first = f.source("1");
  REQUIRE(first->open({}, {}).has_value());
  CHECK(contains(open_error(*f.source("0")), "client 'freshet' (instance '1') on 127.0.0.1"));
  first.reset();
  CHECK(contains(open_error(*f.source("0")), "out of the group after 300000 ms"));
}

TEST_CASE("A consumer that joins while we read ends the reading, and is named") {
  Fixture f;
  const auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  auto reading = std::async(std::launch::async, [&] { return poll_error(*source); });
  const Member member(f.options.brokers, f.options.group, f.topics.events);
  CHECK(contains(reading.get(), "has another member, client 'rdkafka'"));
}

TEST_CASE("A process of the same instance takes over at once; the older one ends with the reason") {
  Fixture f;
  f.send(0, "a");
  const auto older = f.source();
  REQUIRE(older->open({}, {}).has_value());
  poll_records(*older, 1);
  const auto start = std::chrono::steady_clock::now();
  const auto newer = f.source();
  REQUIRE(newer->open({}, {}).has_value());
  CHECK(poll_records(*newer, 1).size() == 1);
  CHECK(std::chrono::steady_clock::now() - start < 10s);  // of 20 that a session lasts
  const std::string message = poll_error(*older);
  CHECK(contains(message, "another process with the same identity (kafka.group '" +
                              f.options.group + "', kafka.instance '0') has taken over"));
  const Status refused = older->commit({{0, 1}});
  REQUIRE(refused.has_error());
  CHECK(refused.error().message == message);
}

TEST_CASE("A process whose join a broker's end has cut off joins again when it is fenced") {
  OwnBroker broker;
  KafkaOptions options;
  options.brokers = broker.bootstrap();
  Fixture f(1, options);
  f.send(0, "a");
  const auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  auto records = poll_records(*source, 1);
  // It is to join anew, and waits until what it has read is confirmed.
  grow_topic(f.options.brokers, f.topics.events, 2);
  const auto end = std::chrono::steady_clock::now() + 2s;
  while (std::chrono::steady_clock::now() < end) REQUIRE(poll(*source, records) == "");
  const bool cut_off = GENERATE(true, false);
  CAPTURE(cut_off);
  if (cut_off) {
    broker.kill();
    wait_for([&] {
      REQUIRE(poll(*source, records) == "");
      return f.log.count(4, "can be reached") == 1;
    });
    broker.restart();
  }
  // A join of its instance whose answer it never saw.
  const Member lost(f.options.brokers, f.options.group, f.topics.events,
                    {{"group.instance.id", "0"}});
  source->settled({{0, 1}});
  if (!cut_off) {
    CHECK(contains(poll_error(*source), "has taken over; this one stops"));
    return;
  }
  f.send(0, "b");
  f.send(1, "c");
  records.clear();
  // As often as it can, to meet the client that is just being replaced.
  wait_for([&] {
    REQUIRE(poll(*source, records, 0ms) == "");
    return records.size() == 2;
  });
  CHECK(f.log.count(4, "has fenced this process, whose join a broker's end cut off") == 1);
  wait_for([&] {
    REQUIRE(source->commit({{0, 2}, {1, 1}}).has_value());
    return f.committed_offsets(2) == Positions{{0, 2}, {1, 1}};
  });
}

TEST_CASE("Of processes that start at once exactly one reads") {
  Fixture f;
  f.send(0, "a");
  f.send(1, "b");
  std::atomic<bool> stop = false;
  f.settings.stop = &stop;
  auto member = std::make_unique<Member>(f.options.brokers, f.options.group, f.topics.events);
  const auto a = f.source("a", true), b = f.source("b", true);
  std::atomic<int> ended = 0;
  const auto open = [&](KafkaSource& source) {
    std::string message = open_error(source);
    ++ended;
    return message;
  };
  auto opening_a = std::async(std::launch::async, [&] { return open(*a); });
  auto opening_b = std::async(std::launch::async, [&] { return open(*b); });
  wait_for([&] { return f.log.count(6, "standing by") == 2; });
  member.reset();
  wait_for([&] { return ended >= 1; });
  // The other one has failed too, or still stands by.
  const auto of_a = opening_a.wait_for(30s), of_b = opening_b.wait_for(1s);
  stop = of_a == std::future_status::timeout || of_b == std::future_status::timeout;
  const std::string message_a = opening_a.get(), message_b = opening_b.get();
  CAPTURE(message_a, message_b);
  CHECK((message_a == "") != (message_b == ""));
  stop = false;
  KafkaSource& reads = message_a.empty() ? *a : *b;
  CHECK(poll_records(reads, 2).size() == 2);
  const std::string& refused = message_a.empty() ? message_b : message_a;
  CHECK(
      (contains(refused, "has another member") || contains(refused, "stopped while standing by")));
}

TEST_CASE("A process that stands by begins when the group is free") {
  Fixture f;
  f.send(0, "a");
  auto member = std::make_unique<Member>(f.options.brokers, f.options.group, f.topics.events);
  const auto source = f.source("0", true);
  auto opening = std::async(std::launch::async, [&] { return open_error(*source); });
  wait_for([&] { return f.log.count(6, "standing by: group '" + f.options.group + "'") == 1; });
  CHECK(opening.wait_for(0s) == std::future_status::timeout);
  member.reset();
  CHECK(opening.get() == "");
  CHECK(poll_records(*source, 1).size() == 1);
}

TEST_CASE("A membership that the broker's absence has ended is taken up again, nothing is lost") {
  OwnBroker broker;
  KafkaOptions options;
  options.brokers = broker.bootstrap();
  options.properties = {{"session.timeout.ms", "6000"}};
  Fixture f(2, options);
  f.send(0, "a");
  const auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  const auto sink = f.sink(*source);
  REQUIRE(sink->open("").value() == Sink::Kind::transactional);
  auto records = poll_records(*source, 1);
  broker.kill();
  std::vector<Record> none;
  wait_for([&] {
    REQUIRE(poll(*source, none) == "");
    return f.log.count(4, "the membership in group '" + f.options.group + "' was lost") == 1;
  });
  CHECK(none.empty());
  // Sent as a member that the group has forgotten, until it is one again.
  std::vector<Output> outputs = {list(records[0])};
  auto flushing = std::async(std::launch::async, [&] {
    if (Status s = sink->write(outputs); s.has_error()) return s.error().message;
    const auto flushed = sink->flush({{0, 1}});
    return flushed.has_error() ? flushed.error().message : std::string();
  });
  broker.restart();
  f.send(0, "b");
  f.send(1, "c");
  std::set<std::string> values;
  for (const Record& r : poll_records(*source, 2)) values.insert(*r.value);
  CHECK(values == std::set<std::string>{"b", "c"});
  REQUIRE(flushing.get() == "");
  CHECK(read_all(f.options.brokers, f.topics.recommendations).size() == 1);
  CHECK(f.committed_offsets(2) == Positions{{0, 1}});
}

TEST_CASE("Transactions go on over a rebalance that nobody polls for: each list is seen once") {
  Fixture f(1);
  for (int i = 0; i < 5; ++i) f.send(0, "a" + std::to_string(i));
  const auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  const auto sink = f.sink(*source);
  REQUIRE(sink->open("").has_value());
  const auto records = poll_records(*source, 5);
  REQUIRE(records.size() == 5);
  grow_topic(f.options.brokers, f.topics.events, 2);
  // From here on the reader is held up, as by a full queue; the publisher goes on.
  std::size_t next = 0;
  wait_for([&] {
    if (next < records.size()) {
      std::vector<Output> outputs = {list(records[next])};
      REQUIRE(sink->write(outputs).has_value());
      ++next;
    }
    const Positions done = {{0, static_cast<Offset>(next)}};
    REQUIRE(sink->flush(done).has_value());
    source->settled(done);
    return f.log.count(6, "has grown from 1 to 2 partitions") == 1;
  });
  std::vector<Output> outputs;
  for (; next < records.size(); ++next) outputs.push_back(list(records[next]));
  REQUIRE(sink->write(outputs).has_value());
  REQUIRE(sink->flush({{0, 5}}).has_value());
  const auto seen = read_all(f.options.brokers, f.topics.recommendations);
  REQUIRE(seen.size() == 5);
  for (int i = 0; i < 5; ++i) CHECK(seen[i].record.value == "a" + std::to_string(i));
  CHECK(f.committed_offsets(2) == Positions{{0, 5}});
}

TEST_CASE("A transaction of a process that has lost its instance is refused") {
  Fixture f;
  const auto older = f.source();
  REQUIRE(older->open({}, {}).has_value());
  const auto sink = f.sink(*older);
  REQUIRE(sink->open("").has_value());
  f.send(0, "a");
  std::vector<Output> outputs = {list(poll_records(*older, 1)[0])};
  REQUIRE(sink->write(outputs).has_value());
  // Only the group is taken over: the newer process writes no lists.
  const auto newer = f.source();
  REQUIRE(newer->open({}, {}).has_value());
  const auto flushed = sink->flush({{0, 1}});
  REQUIRE(flushed.has_error());
  CHECK(contains(flushed.error().message, "has taken over"));
  CHECK(read_all(f.options.brokers, f.topics.recommendations).empty());
  CHECK(f.committed_offsets(2).empty());
}

TEST_CASE("Positions never go back before what was published, while records are learned again") {
  Fixture f;
  commit(f.options.brokers, f.options.group, f.topics.events, {{0, 7}});
  for (int i = 0; i < 10; ++i) f.send(0, std::to_string(i));
  const auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  REQUIRE(source->committed().value() == Positions{{0, 7}});
  SECTION("by the source") {
    REQUIRE(source->commit({{0, 3}}).has_value());
    CHECK(f.committed_offsets(1) == Positions{{0, 7}});
    REQUIRE(source->commit({{0, 9}}).has_value());
    CHECK(f.committed_offsets(1) == Positions{{0, 9}});
  }
  SECTION("by the sink") {
    const auto sink = f.sink(*source);
    REQUIRE(sink->open("").has_value());
    REQUIRE(sink->flush({{0, 3}}).has_value());
    CHECK(f.committed_offsets(1) == Positions{{0, 7}});
    REQUIRE(sink->flush({{0, 9}}).has_value());
    CHECK(f.committed_offsets(1) == Positions{{0, 9}});
  }
}

TEST_CASE("The source tells which log its positions are offsets of") {
  Fixture f;
  const auto source = f.source();
  REQUIRE(source->open({}, {}).has_value());
  const std::string identity = source->identity();
  CHECK(contains(identity, "topic '" + f.topics.events + "' of cluster "));
  CHECK(identity == f.source()->identity());
  OwnBroker other;
  create_topic(other.bootstrap(), f.topics.events, 1);
  KafkaOptions options;
  options.brokers = other.bootstrap();
  KafkaSource elsewhere(options, f.topics.events, nullptr, system_clock());
  REQUIRE(elsewhere.open({}, {}).has_value());
  CHECK(elsewhere.identity() != identity);
}

}  // namespace freshet
