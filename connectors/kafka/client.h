#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "connectors/kafka/handle.h"
#include "connectors/kafka/log.h"
#include "connectors/kafka/monitor.h"
#include "connectors/kafka/properties.h"
#include "stream/clock.h"
#include "stream/result.h"

namespace freshet::kafka {

/// Is told what became of each record of a producer; called from within its owner's calls.
class DeliveryListener {
 public:
  virtual ~DeliveryListener() = default;
  virtual void delivered(const rd_kafka_message_t& message) noexcept = 0;
};

/// Is told what the group gives and takes; called from within the polling of its consumer.
class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  /// `code` is RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS or __REVOKE_PARTITIONS.
  virtual void rebalanced(int code, const rd_kafka_topic_partition_list_t& partitions) noexcept = 0;
};

/// What a client's owner hears, and has a say in.
struct Hooks {
  DeliveryListener* deliveries = nullptr;   ///< must outlive the client
  RebalanceListener* rebalances = nullptr;  ///< must outlive the client
  /// The sentence for an error code that ends the client, "" for the usual one. Called from within
  /// the owner's calls.
  std::function<std::string(int code)> explain;
  /// Set: whatever waits for a broker gives up.
  const std::atomic<bool>* stop = nullptr;
};

class Client;

/// Drops a client within a few seconds, whatever happens. librdkafka 2.0.2 waits for ever for a
/// partition whose topic was deleted; such a client is left behind, mute, until the program ends.
struct DropClient {
  void operator()(Client* client) const noexcept;
};
using ClientPtr = std::unique_ptr<Client, DropClient>;

/// One librdkafka client with its callbacks. Logs and errors go to `monitor`; nothing goes to
/// stderr.
class Client {
 public:
  enum class Kind { consumer, producer };

  /// Error: a property is unknown or wrong; or a file that one names cannot be read.
  static Result<ClientPtr> make(Kind kind, const Properties& properties, KafkaLog log,
                                const Clock& clock, Hooks hooks = {});

  rd_kafka_t* get() const { return handle_.get(); }
  Monitor& monitor() { return *monitor_; }

  /// The Error that has ended the client, once there is one; to be fenced is none by itself.
  Status failure();
  /// Another client, or a join of this one whose answer was lost, has its group instance. It can do
  /// nothing more; what that means is the owner's to find out.
  bool fenced() const;
  /// An Error when waiting is over: the client has failed, or the program is to stop and no broker
  /// answers.
  Status may_wait();
  /// The id that the cluster gave itself; "" when no broker tells it within `timeout`.
  std::string cluster_id(std::chrono::milliseconds timeout);

  /// Asks the cluster until it answers, `timeout` is over, or waiting cannot cure what is wrong.
  /// `request` may take the milliseconds that it is given, and returns an rd_kafka_resp_err_t.
  /// Returns the last code. A topic that is not known is asked for again for a second, as a broker
  /// may be late to know one that was just created. Error: as of `may_wait`.
  Result<int> ask(std::chrono::milliseconds timeout,
                  const std::function<int(int wait_ms)>& request);
  /// Number of partitions of every topic of the cluster. Creates nothing.
  /// Waits for a broker until `timeout` is over.
  Result<std::map<std::string, int>> topics(std::chrono::milliseconds timeout);
  /// Number of partitions of one topic; 0 when there is no such topic, which takes a second to
  /// find out, as a broker may be late to know one that was just created.
  Result<int> find_partitions(const std::string& topic, std::chrono::milliseconds timeout);
  /// The same; an Error that says so when there is no such topic.
  Result<int> partitions(const std::string& topic, std::chrono::milliseconds timeout);
  /// Whether the cluster says that there is no such topic; false when it says nothing.
  bool gone(const std::string& topic, std::chrono::milliseconds timeout);
  /// Joins errors and records in the queue that rd_kafka_consumer_poll serves, and that alone from
  /// then on: rd_kafka_poll would abort the program when it meets a record there.
  void hand_over_to_consumer_poll();
  /// One short try to reach a broker, to notice the end of an outage. Waits at most `timeout`.
  void probe(std::chrono::milliseconds timeout);

 private:
  friend struct DropClient;

  Client(KafkaLog log, const Clock& clock, const Properties& properties, Hooks hooks);
  /// Runs the callbacks that are due, waiting for one at most `wait`.
  void serve(std::chrono::milliseconds wait);
  Result<MetadataHandle> metadata(rd_kafka_topic_t* topic, std::chrono::milliseconds timeout);
  Error unreachable(std::chrono::milliseconds timeout) const;

  static void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text);
  static void on_error(rd_kafka_t* client, int code, const char* reason, void* self);
  static void on_delivery(rd_kafka_t* client, const rd_kafka_message_t* message, void* self);
  static void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                           rd_kafka_topic_partition_list_t* partitions, void* self);

  const std::shared_ptr<Monitor> monitor_;  ///< shared with whoever drops this
  const Clock& clock_;
  const std::string brokers_;
  const Hooks hooks_;
  bool handed_over_ = false;  ///< fixed before a second thread comes in
  ClientHandle handle_;       ///< last: its threads use the members above
};

}  // namespace freshet::kafka
