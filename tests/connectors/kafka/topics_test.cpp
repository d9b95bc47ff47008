#include "connectors/kafka/topics.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/connectors/kafka/cluster.h"

namespace freshet {
namespace {

using namespace test;

TopicOptions unique_topics() {
  TopicOptions topics;
  topics.events = unique("events");
  topics.catalog = unique("catalog");
  topics.recommendations = unique("recommendations");
  topics.similar_items = unique("similar");
  topics.rejected = unique("rejected");
  return topics;
}

}  // namespace

TEST_CASE("The missing topics are created with their policies; those that exist are left alone") {
  const KafkaOptions options = kafka_options();
  const TopicOptions topics = unique_topics();
  create_topic(options.brokers, topics.events, 7);

  const auto before = topics_check(options, topics, nullptr, system_clock()).value();
  REQUIRE(before.size() == 5);
  CHECK(before[0].exists);
  CHECK(before[0].problem.empty());
  CHECK_FALSE(before[2].exists);
  CHECK(before[2].problem == "does not exist: create it with `freshet topics create`");

  const auto made = topics_create(options, topics, 3, 1, nullptr, system_clock()).value();
  REQUIRE(made.size() == 5);
  const char* roles[] = {"events", "catalog", "recommendations", "similar_items", "rejected"};
  const char* policies[] = {"delete", "compact", "compact", "compact", "delete"};
  for (std::size_t i = 0; i < made.size(); ++i) {
    CAPTURE(i);
    CHECK(made[i].role == roles[i]);
    CHECK(made[i].exists);
    CHECK(made[i].created == (i != 0));
    CHECK(made[i].partitions == (i == 0 ? 7 : 3));
    CHECK(made[i].cleanup_policy == policies[i]);
    CHECK(made[i].problem.empty());
    CHECK(topic_config(options.brokers, made[i].name, "cleanup.policy") == policies[i]);
  }
  const auto again = topics_create(options, topics, 3, 1, nullptr, system_clock()).value();
  for (const TopicStatus& topic : again) CHECK_FALSE(topic.created);
}

TEST_CASE("A topic that would lose what Freshet needs is a problem") {
  const KafkaOptions options = kafka_options();
  const TopicOptions topics = unique_topics();
  create_topic(options.brokers, topics.events, 1, {{"cleanup.policy", "compact"}});
  create_topic(options.brokers, topics.recommendations, 1, {{"cleanup.policy", "delete"}});
  create_topic(options.brokers, topics.catalog, 1, {{"cleanup.policy", "compact,delete"}});
  create_topic(options.brokers, topics.rejected, 1, {{"max.message.bytes", "1000"}});
  const auto found = topics_check(options, topics, nullptr, system_clock()).value();
  CHECK(
      found[0].problem ==
      "cleanup.policy is 'compact', so all but a key's newest record are lost: set it to 'delete'");
  CHECK(found[1].problem.empty());
  CHECK(
      found[2].problem ==
      "cleanup.policy is 'delete', so a key's newest record is lost in time: set it to 'compact'");
  CHECK(found[4].problem.find("max.message.bytes is 1000") == 0);
}

TEST_CASE("What the broker refuses is said with its topic") {
  const KafkaOptions options = kafka_options();
  const TopicOptions topics = unique_topics();
  const auto made = topics_create(options, topics, 1, 3, nullptr, system_clock()).value();
  for (const TopicStatus& topic : made) {
    CHECK_FALSE(topic.created);
    CHECK(topic.problem.find("could not be created: ") == 0);
  }
}

}  // namespace freshet
