#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "connectors/kafka/client.h"

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
  static Result<std::unique_ptr<Producer>> make(const KafkaOptions& options, KafkaLog log,
                                                const Clock& clock);

  /// An Error names the topics that do not exist. Waits for a broker until `timeout` is over.
  Status require_topics(std::span<const std::string> names, std::chrono::milliseconds timeout);

  /// A topic whose records may be too large for the broker: instead of failing, such a record is
  /// sent again without its value, with a header `omitted` that says so.
  void may_omit_value(const std::string& topic) { may_omit_ = topic; }

  /// Copies the record. Waits, without spinning, while the buffer is full.
  Status send(const std::string& topic, const Outgoing& record);

  /// Looks at what has been delivered so far, without waiting.
  Status look();

  /// Returns when every record taken is acknowledged, or one has failed for good.
  Status flush();

 private:
  explicit Producer(const Clock& clock) : clock_(clock) {}
  void delivered(const rd_kafka_message_t& message) noexcept override;
  bool omit_value(const rd_kafka_message_t& message);
  Result<rd_kafka_topic_t*> topic_handle(const std::string& name);
  rd_kafka_resp_err_t produce(rd_kafka_topic_t* topic, const Outgoing& record);
  Status outcome() const;

  const Clock& clock_;
  std::string may_omit_;
  std::string failure_;  ///< the first record that failed for good
  std::int64_t probed_ns_ = 0;
  ClientPtr client_;
  std::map<std::string, TopicHandle, std::less<>> topics_;  ///< dropped before the client
};

}  // namespace freshet::kafka
