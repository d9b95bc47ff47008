#pragma once

#include <string>
#include <vector>

#include "connectors/kafka/log.h"
#include "connectors/kafka/options.h"
#include "stream/clock.h"
#include "stream/result.h"

namespace freshet {

/// One of Freshet's topics as the cluster has it.
struct TopicStatus {
  std::string role;  ///< the option's name: "events", "similar_items", …
  std::string name;
  bool exists = false;
  bool created = false;  ///< by this very call
  int partitions = 0;
  std::string cleanup_policy;  ///< "delete", "compact" or both; empty: the broker does not tell
  std::string problem;         ///< one sentence on what to do; empty: none
};

/// Looks at all five topics, in the order of TopicOptions. Error: the cluster cannot be asked.
Result<std::vector<TopicStatus>> topics_check(const KafkaOptions& options,
                                              const TopicOptions& topics, const KafkaLog& log,
                                              const Clock& clock);

/// Creates those that are missing, leaves the others as they are, and checks all. -1: the broker's
/// default. What the broker refuses is a `problem` of its topic.
Result<std::vector<TopicStatus>> topics_create(const KafkaOptions& options,
                                               const TopicOptions& topics, int partitions,
                                               int replication_factor, const KafkaLog& log,
                                               const Clock& clock);

}  // namespace freshet
