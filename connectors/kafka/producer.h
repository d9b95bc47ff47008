#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/client.h"
#include "connectors/kafka/transactions.h"

namespace freshet::kafka {

struct Header {
  const char* name;
  std::string_view value;
};

struct Outgoing {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;  ///< absent: a tombstone
  std::span<const Header> headers;
  std::int64_t time_ms = -1;  ///< -1: now
};

/// An idempotent producer: what it takes arrives once, and in order per partition, or is reported.
/// Called by one thread.
class Producer final : private DeliveryListener {
 public:
  struct Settings {
    bool transactional = false;
    const std::atomic<bool>* stop = nullptr;  ///< set: an outage is not waited for
  };
  /// The number by which its owner knows a record; 0: none, so that whatever keeps it from being
  /// written is an Error.
  using Tag = std::uintptr_t;

  static Result<std::unique_ptr<Producer>> make(const KafkaOptions& options, KafkaLog log,
                                                const Clock& clock, Settings settings);
  static Result<std::unique_ptr<Producer>> make(const KafkaOptions& options, KafkaLog log,
                                                const Clock& clock) {
    return make(options, std::move(log), clock, Settings{});
  }

  /// An Error names the topics that do not exist. Waits for a broker until `timeout` is over.
  Status require_topics(std::span<const std::string> names, std::chrono::milliseconds timeout);

  /// Copies the record. Waits, without spinning, while the buffer is full. A record of a
  /// transaction that must be aborted is passed over.
  Status send(const std::string& topic, const Outgoing& record, Tag tag = 0);

  /// Looks at what has been delivered so far, without waiting.
  Status look();

  /// Returns when every record taken is acknowledged, or has failed. A transaction that must be
  /// aborted is found out by its commit.
  Status flush();

  /// The tagged records that are larger than the broker takes, since the last call, ascending.
  std::vector<Tag> take_too_large();

  /// Only with Settings::transactional.
  Transactions& transactions() { return *transactions_; }
  Monitor& monitor() { return client_->monitor(); }

 private:
  Producer(const Clock& clock, Settings settings) : clock_(clock), settings_(settings) {}
  void delivered(const rd_kafka_message_t& message) noexcept override;
  Result<rd_kafka_topic_t*> topic_handle(const std::string& name);
  rd_kafka_resp_err_t produce(rd_kafka_topic_t* topic, const Outgoing& record, Tag tag);
  Status outcome();

  const Clock& clock_;
  const Settings settings_;
  std::string failure_;  ///< the first record that failed for good
  std::vector<Tag> too_large_;
  std::int64_t probed_ns_ = 0;
  std::unique_ptr<Transactions> transactions_;  ///< the client's last words need them
  ClientPtr client_;
  std::map<std::string, TopicHandle, std::less<>> topics_;  ///< dropped before the client
};

}  // namespace freshet::kafka
