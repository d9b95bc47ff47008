#include "connectors/kafka/options.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace freshet {
namespace {

std::string topic_problem(const std::string& name) {
  if (name.empty() || name.size() > 249 || name == "." || name == "..")
    return "is no name for a Kafka topic";
  const bool good = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
  return good ? "" : "is no name for a Kafka topic";
}

std::string instance_problem(const std::string& name) {
  return topic_problem(name).empty() ? "" : "is no name for an instance";
}

config::CheckLimit<std::string (*)(const std::string&)> instance_name() {
  return config::check(&instance_problem, "1 to 249 letters, digits, '.', '_' and '-'");
}

config::CheckLimit<std::string (*)(const std::string&)> topic_name() {
  return config::check(&topic_problem, "1 to 249 letters, digits, '.', '_' and '-'");
}

std::vector<config::Finding> shared_topics(const TopicOptions& topics) {
  const std::array<std::pair<const char*, const std::string*>, 5> roles = {{
      {"events", &topics.events},
      {"catalog", &topics.catalog},
      {"recommendations", &topics.recommendations},
      {"similar_items", &topics.similar_items},
      {"rejected", &topics.rejected},
  }};
  std::vector<config::Finding> findings;
  for (std::size_t i = 0; i < roles.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (*roles[i].second == *roles[j].second)
        findings.push_back({roles[i].first, "names the same topic as topics." +
                                                std::string(roles[j].first) +
                                                "; each needs one of its own"});
  return findings;
}

std::vector<config::Finding> wrong_properties(const KafkaOptions& kafka) {
  std::vector<config::Finding> findings;
  for (const auto& [name, value] : kafka.properties)
    if (std::string problem = property_problem(name, value); !problem.empty())
      findings.push_back({"properties." + name, std::move(problem)});
  return findings;
}

}  // namespace

config::Table<KafkaOptions> describe_kafka() {
  return config::object<KafkaOptions>("How Kafka is reached.")
      .option("brokers", &KafkaOptions::brokers,
              "Brokers to ask first, as host:port, separated by commas.", config::not_empty())
      .option("group", &KafkaOptions::group,
              "Consumer group under which offsets are committed, where lag tools find them. Every "
              "state directory needs a group of its own.",
              config::not_empty())
      .option(
          "instance", &KafkaOptions::instance,
          "Name of this process within its group. A process started with the same group and "
          "instance takes over from one that died, at once, and ends one that lives; transactions "
          "go by the id `group/instance`.",
          instance_name())
      .option(
          "standby", &KafkaOptions::standby,
          "Wait while a process of another instance is in the group, and begin when it has left, "
          "instead of refusing to start. One that was stopped or killed has left when its "
          "session.timeout.ms is over, five minutes by default; a process of the same instance "
          "takes over at once.")
      .option("properties", &KafkaOptions::properties,
              "Any librdkafka property, TLS and SASL included. Consumer and producer each take "
              "those that concern them.",
              config::secret_keys(&is_secret_property))
      .check(&wrong_properties);
}

config::Table<TopicOptions> describe_topics() {
  return config::object<TopicOptions>("The names of the topics.")
      .option("events", &TopicOptions::events, "What users did; the key is the user.", topic_name())
      .option("catalog", &TopicOptions::catalog, "The items; the key is the item. Compacted.",
              topic_name())
      .option("recommendations", &TopicOptions::recommendations,
              "Each user's current list; the key is the user. Compacted.", topic_name())
      .option("similar_items", &TopicOptions::similar_items,
              "Each item's most similar items; the key is the item. Compacted.", topic_name())
      .option("rejected", &TopicOptions::rejected,
              "Records that could not be used, with the reason.", topic_name())
      .check(&shared_topics);
}

bool is_secret_property(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static constexpr std::array<std::string_view, 7> parts = {
      "password", "secret", "token", "key.pem", "private", "credential", "sasl.oauthbearer.config"};
  // The name of a token's endpoint is no token.
  if (lower.find("url") != std::string::npos) return false;
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

std::vector<std::string> redacted(const std::map<std::string, std::string>& properties) {
  std::vector<std::string> lines;
  lines.reserve(properties.size());
  for (const auto& [name, value] : properties)
    lines.push_back(name + "=" + (is_secret_property(name) ? "***" : value));
  return lines;
}

}  // namespace freshet
