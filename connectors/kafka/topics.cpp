#include "connectors/kafka/topics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>

#include "connectors/kafka/client.h"
#include "connectors/kafka/errors.h"

namespace freshet {
namespace {

using namespace kafka;

constexpr std::chrono::milliseconds answer_wait{30'000};
// What a rejected record may gain over the record it copies: a sentence, a source, framing.
constexpr long rejected_margin_bytes = 64 << 10;
constexpr const char* rejected_limit_bytes = "2097152";

struct Wanted {
  const char* role;
  std::string TopicOptions::*name;
  bool compact;
};
constexpr std::array<Wanted, 5> wanted = {{
    {"events", &TopicOptions::events, false},
    {"catalog", &TopicOptions::catalog, true},
    {"recommendations", &TopicOptions::recommendations, true},
    {"similar_items", &TopicOptions::similar_items, true},
    {"rejected", &TopicOptions::rejected, false},
}};

struct TopicConfig {
  std::string cleanup_policy;
  long max_message_bytes = 0;
  std::string refused;  ///< why the broker does not tell
};

// Sends a request of the admin API and waits for its answer.
template <class Send>
Result<Event> ask(Client& client, const char* doing, Send send) {
  const Queue answers(rd_kafka_queue_new(client.get()));
  char text[256];
  const AdminOptions options(rd_kafka_AdminOptions_new(client.get(), RD_KAFKA_ADMIN_OP_ANY));
  const int wait_ms = static_cast<int>(answer_wait.count());
  rd_kafka_AdminOptions_set_request_timeout(options.get(), wait_ms, text, sizeof text);
  send(options.get(), answers.get());
  Event event(rd_kafka_queue_poll(answers.get(), wait_ms + 1'000));
  rd_kafka_poll(client.get(), 0);
  if (Status failed = client.failure(); failed.has_error()) return failed.error();
  if (!event) return kafka_error(doing, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return kafka_error(doing, rd_kafka_event_error(event.get()),
                       rd_kafka_event_error_string(event.get()));
  return event;
}

TopicConfig config_of(const rd_kafka_ConfigResource_t& resource) {
  TopicConfig config;
  if (const auto code = rd_kafka_ConfigResource_error(&resource);
      code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    config.refused = code_text(code);
    return config;
  }
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(&resource, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigEntry_name(entries[i]);
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value == nullptr) continue;
    if (name == "cleanup.policy") config.cleanup_policy = value;
    if (name == "max.message.bytes") config.max_message_bytes = std::strtol(value, nullptr, 10);
  }
  return config;
}

Result<std::map<std::string, TopicConfig>> configs(Client& client,
                                                   const std::vector<TopicStatus>& topics) {
  std::vector<ConfigResource> owned;
  std::vector<rd_kafka_ConfigResource_t*> asked;
  for (const TopicStatus& topic : topics) {
    if (!topic.exists) continue;
    owned.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
    asked.push_back(owned.back().get());
  }
  std::map<std::string, TopicConfig> found;
  if (asked.empty()) return found;
  auto event = ask(client, "asking for the topics' settings", [&](auto* options, auto* answers) {
    rd_kafka_DescribeConfigs(client.get(), asked.data(), asked.size(), options, answers);
  });
  if (event.has_error()) return event.error();
  std::size_t count = 0;
  const auto* result = rd_kafka_event_DescribeConfigs_result(event->get());
  const auto** resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
  for (std::size_t i = 0; i < count; ++i)
    found[rd_kafka_ConfigResource_name(resources[i])] = config_of(*resources[i]);
  return found;
}

std::string policy_problem(const Wanted& want, const TopicConfig& config) {
  if (!config.refused.empty()) return "its settings cannot be checked (" + config.refused + ")";
  const bool compacts = config.cleanup_policy.find("compact") != std::string::npos;
  if (want.compact && !compacts)
    return "cleanup.policy is '" + config.cleanup_policy +
           "', so a key's newest record is lost in time: set it to 'compact'";
  if (!want.compact && compacts)
    return "cleanup.policy is '" + config.cleanup_policy +
           "', so all but a key's newest record are lost: set it to 'delete'";
  return "";
}

Result<std::vector<TopicStatus>> check(Client& client, const TopicOptions& options) {
  auto cluster = client.topics(answer_wait);
  if (cluster.has_error()) return cluster.error();
  std::vector<TopicStatus> topics;
  for (const Wanted& want : wanted) {
    TopicStatus& topic = topics.emplace_back();
    topic.role = want.role;
    topic.name = options.*want.name;
    const auto at = cluster->find(topic.name);
    topic.exists = at != cluster->end();
    if (topic.exists) topic.partitions = at->second;
    if (!topic.exists) topic.problem = "does not exist: create it with `freshet topics create`";
  }
  auto found = configs(client, topics);
  if (found.has_error()) return found.error();
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (!topics[i].exists) continue;
    const TopicConfig& config = (*found)[topics[i].name];
    topics[i].cleanup_policy = config.cleanup_policy;
    topics[i].problem = policy_problem(wanted[i], config);
  }
  // Rejected records are copies of events with a reason, and must fit in.
  const long event_bytes = (*found)[options.events].max_message_bytes;
  const long rejected_bytes = (*found)[options.rejected].max_message_bytes;
  TopicStatus& rejected = topics.back();
  if (event_bytes > 0 && rejected_bytes > 0 && rejected.problem.empty() &&
      rejected_bytes < event_bytes + rejected_margin_bytes)
    rejected.problem = "max.message.bytes is " + std::to_string(rejected_bytes) +
                       ", so the largest events do not fit in: set it to at least " +
                       std::to_string(event_bytes + rejected_margin_bytes);
  return topics;
}

Result<NewTopic> new_topic(const Wanted& want, const std::string& name, int partitions,
                           int replication_factor) {
  char text[512];
  NewTopic topic(
      rd_kafka_NewTopic_new(name.c_str(), partitions, replication_factor, text, sizeof text));
  if (!topic) return error("kafka: topic '" + name + "' cannot be created: " + text);
  rd_kafka_NewTopic_set_config(topic.get(), "cleanup.policy", want.compact ? "compact" : "delete");
  if (std::string_view(want.role) == "rejected")
    rd_kafka_NewTopic_set_config(topic.get(), "max.message.bytes", rejected_limit_bytes);
  return topic;
}

/// What the broker said to each topic: "" created, otherwise why not.
Result<std::map<std::string, std::string>> create(Client& client,
                                                  const std::vector<TopicStatus>& topics,
                                                  int partitions, int replication_factor) {
  std::vector<NewTopic> owned;
  std::vector<rd_kafka_NewTopic_t*> asked;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (topics[i].exists) continue;
    auto topic = new_topic(wanted[i], topics[i].name, partitions, replication_factor);
    if (topic.has_error()) return topic.error();
    asked.push_back(topic->get());
    owned.push_back(std::move(*topic));
  }
  std::map<std::string, std::string> said;
  if (asked.empty()) return said;
  auto event = ask(client, "creating topics", [&](auto* options, auto* answers) {
    rd_kafka_CreateTopics(client.get(), asked.data(), asked.size(), options, answers);
  });
  if (event.has_error()) return event.error();
  std::size_t count = 0;
  const auto* result = rd_kafka_event_CreateTopics_result(event->get());
  const auto** results = rd_kafka_CreateTopics_result_topics(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    const char* why = rd_kafka_topic_result_error_string(results[i]);
    // Somebody else was quicker: it exists, which is what was wanted.
    const bool good =
        code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
    said[rd_kafka_topic_result_name(results[i])] = good             ? ""
                                                   : why != nullptr ? why
                                                                    : code_text(code);
  }
  return said;
}

// Waits until the cluster shows what was created; a broker may lag behind the controller.
Result<std::vector<TopicStatus>> check_created(Client& client, const TopicOptions& options,
                                               const std::map<std::string, std::string>& said,
                                               const Clock& clock) {
  const std::int64_t end_ns = clock.steady_ns() + 5'000'000'000;
  for (;;) {
    auto topics = check(client, options);
    if (topics.has_error()) return topics.error();
    bool all = true;
    for (TopicStatus& topic : *topics) {
      const auto at = said.find(topic.name);
      if (at == said.end()) continue;
      if (!at->second.empty()) topic.problem = "could not be created: " + at->second;
      topic.created = at->second.empty() && topic.exists;
      all = all && (topic.exists || !at->second.empty());
    }
    if (all || clock.steady_ns() >= end_ns) return topics;
    rd_kafka_poll(client.get(), 100);
  }
}

}  // namespace

Result<std::vector<TopicStatus>> topics_check(const KafkaOptions& options,
                                              const TopicOptions& topics, const KafkaLog& log,
                                              const Clock& clock) {
  auto client = Client::make(Client::Kind::producer, admin_properties(options), log, clock);
  if (client.has_error()) return client.error();
  return check(**client, topics);
}

Result<std::vector<TopicStatus>> topics_create(const KafkaOptions& options,
                                               const TopicOptions& topics, int partitions,
                                               int replication_factor, const KafkaLog& log,
                                               const Clock& clock) {
  auto client = Client::make(Client::Kind::producer, admin_properties(options), log, clock);
  if (client.has_error()) return client.error();
  auto before = check(**client, topics);
  if (before.has_error()) return before.error();
  auto said = create(**client, *before, partitions, replication_factor);
  if (said.has_error()) return said.error();
  return check_created(**client, topics, *said, clock);
}

}  // namespace freshet
