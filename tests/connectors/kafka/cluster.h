#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/log.h"
#include "connectors/kafka/options.h"
#include "stream/position.h"
#include "stream/record.h"

// A Kafka cluster as the tests see it, by means of their own: not through the code under test.

namespace freshet::test {

/// The broker that `tests/broker/kafka run` started for this program.
std::string bootstrap();

/// A name that no other test uses.
std::string unique(const std::string& stem);

/// Options for that broker, with a group of the test's own.
KafkaOptions kafka_options();

struct Stored {
  Record record;
  std::map<std::string, std::string> headers;
};

using TopicConfig = std::map<std::string, std::string>;
void create_topic(const std::string& brokers, const std::string& topic, int partitions,
                  const TopicConfig& config = {});
void grow_topic(const std::string& brokers, const std::string& topic, int partitions);
void delete_topic(const std::string& brokers, const std::string& topic);
std::string topic_config(const std::string& brokers, const std::string& topic,
                         const std::string& name);

/// Writes records to their partitions (-1: any, by key) and waits for the acknowledgement. With
/// `commit` they are one transaction, committed or aborted.
void produce(const std::string& brokers, const std::string& topic,
             const std::vector<Record>& records, std::optional<bool> commit = std::nullopt);

/// Everything in the topic now, partition by partition, in order.
enum class Isolation { read_committed, read_uncommitted };
std::vector<Stored> read_all(const std::string& brokers, const std::string& topic,
                             Isolation isolation = Isolation::read_committed);

/// The group's committed offsets in the partitions from 0 on.
Positions committed(const std::string& brokers, const std::string& group, const std::string& topic,
                    int partitions);
/// Commits as a group without members does.
void commit(const std::string& brokers, const std::string& group, const std::string& topic,
            const Positions& positions);

/// Deletes what is before `begin`.
void delete_before(const std::string& brokers, const std::string& topic, Partition partition,
                   Offset begin);

/// A consumer that is a member of the group while it lives.
class Member {
 public:
  Member(const std::string& brokers, const std::string& group, const std::string& topic,
         const std::map<std::string, std::string>& properties = {});
  ~Member();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A broker that the test may kill.
class OwnBroker {
 public:
  OwnBroker();
  ~OwnBroker();
  void kill();
  void restart();
  std::string bootstrap() const { return bootstrap_; }

 private:
  void command(const std::string& verb) const;
  std::string dir_;
  std::string bootstrap_;
};

/// Collects log lines.
class Log {
 public:
  KafkaLog sink();
  std::vector<std::string> lines(int level) const;
  int count(int level, std::string_view part) const;

 private:
  struct Shared {
    std::mutex mutex;
    std::vector<std::pair<int, std::string>> lines;
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

Record record(Partition partition, std::string key, std::optional<std::string> value,
              std::int64_t time_ms = -1);

}  // namespace freshet::test
