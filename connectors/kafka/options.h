#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/table.h"

namespace freshet {

/// How to reach Kafka. `properties` are librdkafka's own, passed to every client that knows them.
struct KafkaOptions {
  std::string brokers = "localhost:9092";
  std::string group = "freshet";
  std::string instance = "0";
  bool standby = false;
  std::map<std::string, std::string> properties;
};

/// The names of the topics, each with the role that the contract gives it.
struct TopicOptions {
  std::string events = "events";
  std::string catalog = "catalog";
  std::string recommendations = "recommendations";
  std::string similar_items = "similar-items";
  std::string rejected = "rejected";
};

/// Checks every property with librdkafka itself, without a broker: names, values, what Freshet
/// keeps to itself.
config::Table<KafkaOptions> describe_kafka();
/// Checks each name by Kafka's rules, and that no two roles share a topic.
config::Table<TopicOptions> describe_topics();

/// Whether a property's value must never be shown: passwords, secrets, private keys, tokens.
bool is_secret_property(std::string_view name);

/// "name=value" for each property, in order, for logs; secret values are "***".
std::vector<std::string> redacted(const std::map<std::string, std::string>& properties);

/// What is wrong with a property that a user set, as one sentence; empty when nothing is.
std::string property_problem(const std::string& name, const std::string& value);

}  // namespace freshet
