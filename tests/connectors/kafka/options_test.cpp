#include "connectors/kafka/options.h"

#include <catch2/catch.hpp>
#include <string>

#include "config/describe.h"
#include "config/read.h"
#include "connectors/kafka/properties.h"

namespace freshet {
namespace {

template <class S>
std::vector<std::string> problems(const config::Table<S>& table, const std::string& json, S& into) {
  config::Layers layers;
  layers.file_name = "freshet.json";
  layers.file_text = json;
  std::vector<std::string> lines;
  for (const auto& problem : config::read(table, layers, into)) lines.push_back(problem.text());
  return lines;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("The consumer commits nothing by itself and reads committed records only") {
  KafkaOptions options;
  options.brokers = "a:1,b:2";
  options.group = "g";
  const auto p = kafka::consumer_properties(options, false);
  CHECK(p.at("bootstrap.servers") == "a:1,b:2");
  CHECK(p.at("group.id") == "g");
  CHECK(p.at("enable.auto.commit") == "false");
  CHECK(p.at("enable.auto.offset.store") == "false");
  CHECK(p.at("isolation.level") == "read_committed");
  CHECK(p.at("auto.offset.reset") == "error");
  CHECK(kafka::consumer_properties(options, true).at("auto.offset.reset") == "earliest");
}

TEST_CASE(
    "The consumer is a static member; how partitions are shared out is the user's to choose") {
  KafkaOptions options;
  options.instance = "blue";
  CHECK(kafka::consumer_properties(options, false).at("group.instance.id") == "blue");
  CHECK(kafka::consumer_properties(options, false).at("partition.assignment.strategy") == "range");
  CHECK(kafka::consumer_properties(options, false).at("session.timeout.ms") == "300000");
  options.properties = {{"partition.assignment.strategy", "cooperative-sticky"},
                        {"session.timeout.ms", "20000"}};
  CHECK(kafka::consumer_properties(options, false).at("partition.assignment.strategy") ==
        "cooperative-sticky");
  CHECK(kafka::consumer_properties(options, false).at("session.timeout.ms") == "20000");
  CHECK(property_problem("partition.assignment.strategy", "cooperative-sticky") == "");
  CHECK(property_problem("group.instance.id", "x") ==
        "cannot be set here: set kafka.instance instead");
}

TEST_CASE(
    "Transactions go by group and instance, and nothing in them waits longer than they may last") {
  KafkaOptions options;
  options.group = "shop";
  options.instance = "blue";
  CHECK(kafka::producer_properties(options).count("transactional.id") == 0);
  const auto p = kafka::producer_properties(options, true);
  CHECK(p.at("transactional.id") == "shop/blue");
  CHECK(p.at("transaction.timeout.ms") == "300000");
  CHECK(p.at("socket.timeout.ms") == "60000");
  CHECK(p.at("message.timeout.ms") == "0");
  options.properties = {{"transaction.timeout.ms", "10000"}};
  CHECK(kafka::producer_properties(options, true).at("transaction.timeout.ms") == "10000");
  CHECK(kafka::producer_properties(options, true).at("socket.timeout.ms") == "10000");
  options.properties["socket.timeout.ms"] = "5000";
  CHECK(kafka::producer_properties(options, true).at("socket.timeout.ms") == "5000");
}

TEST_CASE("The producer is idempotent, waits for all replicas and gives up on nothing") {
  const auto p = kafka::producer_properties({});
  CHECK(p.at("enable.idempotence") == "true");
  CHECK(p.at("acks") == "all");
  CHECK(p.at("message.timeout.ms") == "0");
  CHECK(p.at("partitioner") == "murmur2_random");
  CHECK(p.at("compression.type") == "lz4");
}

TEST_CASE("The user's properties win over defaults and lose against guarantees") {
  KafkaOptions options;
  options.properties = {{"compression.type", "zstd"},
                        {"queued.max.messages.kbytes", "1024"},
                        {"enable.idempotence", "false"},
                        {"enable.auto.commit", "true"},
                        {"security.protocol", "ssl"}};
  CHECK(kafka::producer_properties(options).at("compression.type") == "zstd");
  CHECK(kafka::producer_properties(options).at("enable.idempotence") == "true");
  CHECK(kafka::producer_properties(options).at("security.protocol") == "ssl");
  CHECK(kafka::consumer_properties(options, false).at("queued.max.messages.kbytes") == "1024");
  CHECK(kafka::consumer_properties(options, false).at("enable.auto.commit") == "false");
  CHECK(kafka::admin_properties(options).at("security.protocol") == "ssl");
}

TEST_CASE("Every default is a property that this librdkafka takes") {
  for (const auto& properties : {kafka::consumer_properties({}, false),
                                 kafka::producer_properties({}), kafka::admin_properties({})})
    for (const auto& [name, value] : properties) {
      CAPTURE(name);
      if (kafka::reserved_because(name) == nullptr) CHECK(property_problem(name, value) == "");
    }
}

TEST_CASE("Passwords, secrets, private keys and tokens are secret; names and places are not") {
  for (const char* name : {"sasl.password", "ssl.key.password", "ssl.keystore.password",
                           "ssl.key.pem", "sasl.oauthbearer.client.secret",
                           "sasl.oauthbearer.config", "some.token", "SASL.PASSWORD"}) {
    CAPTURE(name);
    CHECK(is_secret_property(name));
  }
  for (const char* name : {"sasl.username", "ssl.ca.location", "ssl.key.location", "client.id",
                           "ssl.certificate.pem", "sasl.oauthbearer.token.endpoint.url"}) {
    CAPTURE(name);
    CHECK_FALSE(is_secret_property(name));
  }
  CHECK(redacted({{"client.id", "x"}, {"sasl.password", "swordfish"}}) ==
        std::vector<std::string>{"client.id=x", "sasl.password=***"});
}

TEST_CASE("A wrong property is named with what is wrong, and a secret value is never quoted") {
  CHECK(property_problem("linger.ms", "5") == "");
  CHECK(contains(property_problem("linger.msec", "5"), "is no property of librdkafka"));
  CHECK(contains(property_problem("compression.type", "rar"), "Invalid value \"rar\""));
  CHECK(property_problem("enable.auto.commit", "true") ==
        "cannot be set here: offsets are committed only after their effect");
  CHECK(property_problem("bootstrap.servers", "x") ==
        "cannot be set here: set kafka.brokers instead");
  CHECK_FALSE(contains(property_problem("ssl.key.pem", "swordfish"), "swordfish"));
}

TEST_CASE("The configuration file is checked down to each property") {
  KafkaOptions options;
  CHECK(problems(describe_kafka(),
                 R"({"brokers": "b:9", "properties": {"linger.ms": 5, "sasl.password": "x"}})",
                 options)
            .empty());
  CHECK(options.brokers == "b:9");
  CHECK(options.group == "freshet");
  CHECK(options.properties.at("linger.ms") == "5");
  CHECK_FALSE(contains(config::dump(describe_kafka(), options), "\"x\""));

  const auto found =
      problems(describe_kafka(), R"({"properties": {"lingerms": 5, "acks": 1}})", options);
  REQUIRE(found.size() == 2);
  CHECK(contains(found[0], "properties.acks"));
  CHECK(contains(found[1], "properties.lingerms"));
}

TEST_CASE("Topics and instances have names that Kafka takes, and each topic its own") {
  TopicOptions topics;
  CHECK(problems(describe_topics(), R"({"events": "shop.events_v2-a"})", topics).empty());
  CHECK(topics.events == "shop.events_v2-a");
  CHECK(topics.similar_items == "similar-items");
  CHECK(problems(describe_topics(), R"({"events": "what a name"})", topics).size() == 1);
  CHECK(problems(describe_topics(), R"({"events": ""})", topics).size() == 1);
  KafkaOptions kafka;
  CHECK(problems(describe_kafka(), R"({"instance": "pod-3.a_b"})", kafka).empty());
  CHECK(kafka.instance == "pod-3.a_b");
  CHECK(problems(describe_kafka(), R"({"instance": "a/b"})", kafka).size() == 1);
  CHECK(problems(describe_kafka(), R"({"instance": ""})", kafka).size() == 1);
  const auto found = problems(describe_topics(), R"({"catalog": "events"})", topics);
  REQUIRE(found.size() == 1);
  CHECK(contains(found[0], "the same topic as topics.events"));
}

}  // namespace freshet
