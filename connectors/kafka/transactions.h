#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "connectors/kafka/client.h"
#include "connectors/kafka/options.h"
#include "stream/clock.h"
#include "stream/position.h"
#include "stream/result.h"

namespace freshet::kafka {

/// The transactions of one producer, one after another. Knows which errors are tried again, which
/// abort a transaction, and which end the producer.
///
/// Called by the producer's one thread. A broker that is away is waited for, however long it takes,
/// unless the program is to stop. After an Error the client is over.
class Transactions {
 public:
  /// How a transaction ended. `aborted`: nothing of it is visible; send it all again.
  enum class End { committed, aborted };

  /// `client` is transactional and must outlive this.
  Transactions(Client& client, const Clock& clock, const KafkaOptions& options);

  /// Takes over the transactional id: an earlier process's open transaction is aborted, and that
  /// process can commit nothing any more. Waits for the coordinator until `timeout` is over.
  Status init(std::chrono::milliseconds timeout);

  Status begin();
  bool is_open() const { return open_; }

  /// Commits the records sent since `begin` and, with them, `offsets` of the group. The offsets
  /// count only if `group` is (still) what the group's coordinator knows. Every record must have
  /// been delivered or have failed.
  Result<End> commit(const rd_kafka_topic_partition_list_t& offsets,
                     const rd_kafka_consumer_group_metadata_t& group);

  /// Aborts the open transaction.
  Status abort();

  /// The code that aborted the latest transaction.
  int aborted_by() const { return aborted_by_; }

  /// The sentence for an error that ends the producer; "": the usual one.
  std::string explain(int code) const;

 private:
  enum class Step { done, must_abort };
  template <class Call>
  Result<Step> drive(const char* doing, std::int64_t end_ns, Call call);
  Status pause(const char* doing, int code);

  Client& client_;
  const Clock& clock_;
  const std::string id_;
  const KafkaOptions options_;
  std::int64_t timeout_ms_ = 0;  ///< of a transaction, at the broker

  bool open_ = false;
  std::int64_t began_ns_ = 0;  ///< the latest transaction
  int aborted_by_ = 0;
  std::int64_t waiting_since_ns_ = 0;  ///< in the call that is being tried again
  std::int64_t probed_ns_ = 0;
  bool told_ = false;  ///< the log knows that it is waited for
};

}  // namespace freshet::kafka
