#include <cstdio>

#include "app/commands.h"
#include "app/text.h"
#include "app/wiring.h"
#include "connectors/kafka/topics.h"

namespace freshet {
namespace {

int print(const Result<std::vector<TopicStatus>>& topics) {
  if (!topics) return failed(topics.error().message);
  std::vector<std::vector<std::string>> rows = {
      {"role", "topic", "partitions", "cleanup", "state"}};
  bool good = true;
  for (const TopicStatus& t : *topics) {
    good = good && t.problem.empty();
    rows.push_back({t.role, t.name, t.exists ? std::to_string(t.partitions) : "", t.cleanup_policy,
                    !t.problem.empty() ? t.problem
                    : t.created        ? "created"
                                       : "good"});
  }
  std::fputs(text_table(rows).c_str(), stdout);
  return good ? exit_done : exit_failed;
}

}  // namespace

int topics_check_command(const Settings& settings) {
  return print(topics_check(settings.kafka, settings.topics, kafka_log(), system_clock()));
}

int topics_create_command(const Settings& settings, const TopicsArguments& a) {
  return print(topics_create(settings.kafka, settings.topics, a.partitions, a.replication_factor,
                             kafka_log(), system_clock()));
}

}  // namespace freshet
